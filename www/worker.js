// The core's stages, off the main thread. One message in, and one `result` or `error` out; see
// worker-pool.js for the other end and analysis.js for the order of the stages.

import { asForetuneError, unreadableFile } from "./errors.js";
import init, { Analyzer, Drawing, inspect, Measuring } from "./pkg/foretune.js";

let analyzer;

/** The song that is coming in: by its number, what is being made of it here. */
let current = { song: 0 };

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
  // A piece of a song; the samples go back, for whoever measures them.
  spectrogram({ song, begins, channels, sampleRate, expectedSamples }) {
    if (!begins) return { channels, rows: of(song, "drawing").push(channels) };
    const drawing = begin(song, "drawing", new Drawing(channels.length, sampleRate));
    return {
      channels,
      rows: drawing.push(channels),
      bands: drawing.bands,
      window_frames: analyzer.window_frames,
      starts: analyzer.window_starts(drawing.frames(expectedSamples)),
    };
  },
  endSpectrogram({ song }) {
    const drawn = end(song, "drawing");
    return { ...drawn, starts: analyzer.window_starts(drawn.frames) };
  },
  measure({ song, begins, channels, sampleRate, expectedSamples }) {
    const measuring = begins
      ? begin(song, "measuring", new Measuring(channels.length, sampleRate, expectedSamples))
      : of(song, "measuring");
    measuring.push(channels);
  },
  measureSoFar({ song }) {
    return of(song, "measuring").so_far();
  },
  endMeasure({ song }) {
    return end(song, "measuring");
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
function begin(song, what, made) {
  if (current.song !== song) {
    const { drawing, measuring } = current;
    current = { song };
    drawing?.free();
    measuring?.free();
  }
  return (current[what] = made);
}

function of(song, what) {
  if (current.song === song && current[what]) return current[what];
  throw new Error("the worker that had the song's beginning is gone");
}

function end(song, what) {
  const made = of(song, what);
  // To finish it is to free it.
  current[what] = null;
  return made.finish();
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
