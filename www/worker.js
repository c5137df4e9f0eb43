// The core's stages, off the main thread. One message in, and one `result` or `error` out; see
// worker-pool.js for the other end and analysis.js for the order of the stages.

import { asForetuneError } from "./errors.js";
import init, { Analyzer, Song } from "./pkg/foretune.js";

let analyzer;

const METHODS = {
  async start({ module, manifest, files }) {
    await init({ module_or_path: module });
    analyzer = new Analyzer(manifest, files);
  },
  spectrogram({ channels, sampleRate }, progress) {
    return withSong(channels, sampleRate, (song) => {
      // The samples go back at once, for whoever measures them.
      progress({ channels });
      return { ...analyzer.spectrogram(song), middle: analyzer.measure_middle(song) };
    });
  },
  measure({ channels, sampleRate }) {
    return withSong(channels, sampleRate, (song) => analyzer.measure(song));
  },
  listen({ windows }) {
    return windows.map((window) => analyzer.listen(window));
  },
  conclude({ measurements, starts, embeddings, context }) {
    const width = embeddings[0]?.length ?? 0;
    const flat = new Float32Array(width * embeddings.length);
    embeddings.forEach((embedding, index) => flat.set(embedding, index * width));
    return analyzer.conclude(measurements, Uint32Array.from(starts), flat, context);
  },
  predictFeatures({ features, durationSeconds, heard, context }) {
    return analyzer.predict_features(features, durationSeconds, heard, context);
  },
  explain({ features, durationSeconds, heard, context }) {
    return analyzer.explain(features, durationSeconds, heard, context);
  },
};

addEventListener("message", async ({ data: { id, method, args } }) => {
  try {
    const progress = (value) => postMessage({ id, type: "progress", progress: value }, transferable(value));
    const result = await METHODS[method](args, progress);
    postMessage({ id, type: "result", result }, transferable(result));
  } catch (thrown) {
    const error = asForetuneError(thrown, "crashed");
    postMessage({
      id,
      type: "error",
      // Anything but the core's own errors is a trap, after which its memory cannot be trusted; and
      // memory that wasm has taken is given back by its end alone.
      fatal: thrown?.name !== "ForetuneError" || error.code === "out_of_memory",
      code: error.code,
      details: error.details,
      message: error.message,
    });
  }
});

function withSong(channels, sampleRate, work) {
  const song = new Song(channels, sampleRate);
  const value = work(song);
  // After an error the collector frees it, after a trap nobody may touch it.
  song.free();
  return value;
}

/** The buffers of the arrays that `value` is or holds, which are moved rather than copied. */
function transferable(value) {
  const buffers = new Set();
  const visit = (part) => {
    if (ArrayBuffer.isView(part)) buffers.add(part.buffer);
    else if (Array.isArray(part)) part.forEach(visit);
  };
  visit(value);
  if (value?.constructor === Object) {
    for (const part of Object.values(value)) visit(part);
  }
  return [...buffers];
}
