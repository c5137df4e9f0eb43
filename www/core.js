// Which of the compiled cores a browser is to fetch.

/**
 * The entry of pkg/build.json, `{file, bytes, sha256}`, whose core runs fastest here. A build need
 * not have one for relaxed SIMD.
 */
export function suitableCore({ wasm, relaxed_simd }) {
  return relaxed_simd && runsRelaxedSimd() ? relaxed_simd : wasm;
}

/** Asked by a module of one function, of three vectors, which is nothing but f32x4.relaxed_madd. */
function runsRelaxedSimd() {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const [v128, functionType, get, end] = [0x7b, 0x60, 0x20, 0x0b];
  const types = [1, 8, 1, functionType, 3, v128, v128, v128, 1, v128];
  const functions = [3, 2, 1, 0];
  const body = [0, get, 0, get, 1, get, 2, 0xfd, 0x85, 0x02, end];
  const code = [10, body.length + 2, 1, body.length, ...body];
  return WebAssembly.validate(Uint8Array.from([...header, ...types, ...functions, ...code]));
}
