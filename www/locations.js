// Where the worker, the core and the models lie when nobody says: beside this module. The npm
// package has its own of this module (xtask/src/npm.rs), with every address written out, since
// bundlers rewrite only addresses that they can read.

/** What pkg/build.json says, where it is known beforehand; else null, and it is fetched. */
export const BUILD = null;

/**
 * @param {string} path such as `models/backbone.onnx`
 * @returns {URL}
 */
export function locate(path) {
  return new URL(path, import.meta.url);
}
