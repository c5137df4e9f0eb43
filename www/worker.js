// The core's stages, off the main thread. One message in, and one `result` or `error` out; see
// worker-pool.js for the other end and analysis.js for the order of the stages.

import { asForetuneError, unreadableFile } from "./errors.js";
import init, { Analyzer, FrontEnd, inspect } from "./pkg/foretune.js";

let analyzer;

/** The song that is coming in, and its number. */
let current = { song: 0, frontEnd: null };

const METHODS = {
  async start({ module, manifest, files }) {
    await init({ module_or_path: module });
    analyzer = new Analyzer(manifest, files);
  },
  // Counting what a long file holds takes a moment, in which a page must not stand still.
  inspect({ file }) {
    const reader = new FileReaderSync();
    return inspect(file.size, (start, end) => {
      try {
        return new Uint8Array(reader.readAsArrayBuffer(file.slice(start, end)));
      } catch (thrown) {
        throw unreadableFile(thrown);
      }
    });
  },
  piece({ song, begins, channels, sampleRate, expectedSamples }) {
    if (!begins) return { rows: of(song).push(channels) };
    const frontEnd = begin(song, new FrontEnd(channels.length, sampleRate, expectedSamples));
    return {
      rows: frontEnd.push(channels),
      bands: frontEnd.bands,
      window_frames: analyzer.window_frames,
      starts: analyzer.window_starts(frontEnd.frames(expectedSamples)),
    };
  },
  measureSoFar({ song }) {
    return of(song).so_far();
  },
  end({ song }) {
    const frontEnd = of(song);
    // To finish it is to free it.
    current.frontEnd = null;
    const processed = frontEnd.finish();
    return { ...processed, starts: analyzer.window_starts(processed.frames) };
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
    const result = await METHODS[method](args);
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

/** What another song left half-way, as one that was stopped does, is freed first. */
function begin(song, frontEnd) {
  current.frontEnd?.free();
  current = { song, frontEnd };
  return frontEnd;
}

function of(song) {
  if (current.song === song && current.frontEnd) return current.frontEnd;
  throw new Error("the worker that had the song's beginning is gone");
}

/** The buffers of the arrays that `value` is or holds, which are moved rather than copied. */
function transferable(value) {
  const buffers = new Set();
  const visit = (part) => {
    if (ArrayBuffer.isView(part)) buffers.add(part.buffer);
    else if (part instanceof ArrayBuffer) buffers.add(part);
    else if (Array.isArray(part)) part.forEach(visit);
  };
  visit(value);
  if (value?.constructor === Object) {
    for (const part of Object.values(value)) visit(part);
  }
  return [...buffers];
}
