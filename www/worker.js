// The core's stages, off the main thread. One message in, and one `result` or `error` out; see
// worker-pool.js for the other end and analysis.js for the order of the stages.

import init, { Analyzer } from "./pkg/foretune.js";

let analyzer;

const METHODS = {
  async start({ module, manifest, files }) {
    await init({ module_or_path: module });
    analyzer = new Analyzer(manifest, files);
  },
  spectrogram({ channels, sampleRate }) {
    // The samples go back, for whoever measures them.
    return { ...analyzer.spectrogram(channels, sampleRate), channels };
  },
  measure({ channels, sampleRate }) {
    return analyzer.measure(channels, sampleRate);
  },
  listen({ window }) {
    return analyzer.listen(window);
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
    // Anything but the core's own errors is a trap, after which its memory cannot be trusted.
    const known = thrown?.name === "ForetuneError";
    postMessage({
      id,
      type: "error",
      fatal: !known,
      code: known ? thrown.code : "crashed",
      details: thrown?.details,
      message: thrown?.message ?? String(thrown),
    });
  }
});

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
