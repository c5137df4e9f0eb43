// One contestant in a browser, off the main thread as ours runs too.

import { host } from "./contestants.mjs";

const absolute = (path) => new URL(`../${path}`, import.meta.url).href;

const LOADERS = {
  "modules/onnxruntime-web": () => import(absolute("modules/onnxruntime-web/dist/ort.wasm.min.mjs")),
  "modules/essentia.js": async () => {
    const [wasm, core] = await Promise.all([
      import(absolute("modules/essentia.js/dist/essentia-wasm.es.js")),
      import(absolute("modules/essentia.js/dist/essentia.js-core.es.js")),
    ]);
    return { Essentia: core.default, EssentiaWASM: wasm.EssentiaWASM };
  },
  "modules/meyda": async () => {
    await import(absolute("modules/meyda/dist/web/meyda.min.js"));
    return globalThis.Meyda;
  },
};

const place = {
  bytes: async (path) => new Uint8Array(await (await fetch(absolute(path))).arrayBuffer()),
  load: (path) => LOADERS[path]?.() ?? import(absolute(path)),
  wasmPaths: absolute("modules/onnxruntime-web/dist/"),
};

const answerTo = host(place);

addEventListener("message", async ({ data: { id, ...message } }) => {
  try {
    postMessage({ id, answer: await answerTo(message) });
  } catch (thrown) {
    postMessage({ id, error: thrown?.stack ?? String(thrown) });
  }
});
