// What is timed, the same in a browser's worker and in Node: each contestant gets ready once and is
// then `{task: (inputs) => value}`. How files are read differs, and `place` knows:
// `{bytes(path), load(path), wasmPaths?}` with paths below `site/` and `modules/`.

/** Answers one message at a time: `{ready: {contestant, options}}`, `{given: inputs}` or `{task}`. */
export function host(place) {
  let tasks;
  let inputs;
  return async ({ ready, given, task }) => {
    if (ready) tasks = await CONTESTANTS[ready.contestant](place, ready.options);
    if (given) inputs = given;
    if (!task) return null;
    const began = performance.now();
    const value = await tasks[task](inputs);
    const milliseconds = performance.now() - began;
    return { milliseconds, value: COMPARED.has(task) ? value : null };
  };
}

/** Tasks whose answers are looked at, not only timed. */
const COMPARED = new Set(["windows", "backbone", "everything"]);

/** Our core, on this thread alone. `core` names its file in pkg/. */
async function foretune(place, { core }) {
  const { default: init, Analyzer, FrontEnd } = await place.load("site/pkg/foretune.js");
  const module = await WebAssembly.compile(await place.bytes(`site/pkg/${core}`));
  await init({ module_or_path: module });
  const manifest = await place.bytes("site/models/manifest.json");
  const description = JSON.parse(new TextDecoder().decode(manifest));
  const files = {};
  for (const { file } of [description.backbone, description.heads, description.popularity, description.reference]) {
    files[file] = await place.bytes(`site/models/${file}`);
  }
  const start = () => new Analyzer(manifest, files);
  const analyzer = start();
  const process = ({ channels, sampleRate }) => {
    const frontEnd = new FrontEnd(channels.length, sampleRate, channels[0].length);
    const { bands } = frontEnd;
    const first = frontEnd.push(channels);
    const { rows, frames, measurements } = frontEnd.finish();
    const logMel = new Float32Array(first.length + rows.length);
    logMel.set(first);
    logMel.set(rows, first.length);
    const starts = analyzer.window_starts(frames);
    const length = analyzer.window_frames * bands;
    const windows = Array.from(starts, (start) => logMel.slice(start * bands, start * bands + length));
    return { starts, windows, measurements };
  };
  const backbone = (windows) => windows.map((window) => analyzer.listen(window));
  const conclude = ({ measurements, starts }, heard) =>
    analyzer.conclude(measurements, starts, Float32Array.from(heard.flatMap((embedding) => [...embedding])), {});
  return {
    start: () => start().free(),
    windows: ({ song }) => process(song).windows,
    signal: ({ song }) => process(song),
    backbone: ({ windows }) => backbone(windows),
    everything: ({ song }) => {
      const processed = process(song);
      return conclude(processed, backbone(processed.windows));
    },
  };
}

/** The same ONNX files in onnxruntime-web. */
async function onnxruntime(place, { threads }) {
  const ort = await place.load("modules/onnxruntime-web");
  ort.env.wasm.numThreads = threads;
  if (place.wasmPaths) ort.env.wasm.wasmPaths = place.wasmPaths;
  const content = await place.bytes("site/models/backbone.onnx");
  const start = () => ort.InferenceSession.create(content, { executionProviders: ["wasm"] });
  const session = await start();
  const manifest = JSON.parse(new TextDecoder().decode(await place.bytes("site/models/manifest.json")));
  const shape = [1, manifest.backbone.window_frames, manifest.backbone.mel.n_mels];
  return {
    start: async () => (await start()).release(),
    backbone: async ({ windows }) => {
      const answers = [];
      for (const window of windows) {
        const { logits, max_pool, mean_pool } = await session.run({ mel: new ort.Tensor("float32", window, shape) });
        answers.push(Float32Array.of(...logits.data, ...max_pool.data, ...mean_pool.data));
      }
      return answers;
    },
  };
}

/** Key and tempo by essentia.js, on the mean of the channels as it asks for. */
async function essentia(place) {
  const { Essentia, EssentiaWASM } = await place.load("modules/essentia.js");
  const essentia = new Essentia(EssentiaWASM);
  const withSignal = (mono, algorithm) => {
    const signal = essentia.arrayToVector(mono);
    const answer = algorithm(signal);
    signal.delete();
    return answer;
  };
  return {
    key: ({ mono }) => withSignal(mono, (signal) => essentia.KeyExtractor(signal).key),
    tempo: ({ mono }) => withSignal(mono, (signal) => essentia.PercivalBpmEstimator(signal).bpm),
  };
}

/** What Meyda shares with our measurements: spectral shape, timbre, chroma and level of every frame. */
async function meyda(place) {
  const Meyda = await place.load("modules/meyda");
  const shared = ["rms", "zcr", "spectralCentroid", "spectralRolloff", "spectralFlatness", "mfcc", "chroma"];
  const [length, hop] = [2048, 1024];
  return {
    features: ({ mono }) => {
      Object.assign(Meyda, { bufferSize: length, sampleRate: 44_100, windowingFunction: "hanning" });
      let frames = 0;
      for (let first = 0; first + length <= mono.length; first += hop, frames++) {
        Meyda.extract(shared, mono.subarray(first, first + length));
      }
      return frames;
    },
  };
}

const CONTESTANTS = { foretune, onnxruntime, essentia, meyda };
