// The analysis, off the main thread. One message in, `progress` messages and one `result` or
// `error` out; see worker-bridge.js for the other end.

import init, { Analyzer } from "./pkg/foretune.js";

let analyzer;

const METHODS = {
  async start({ module, manifest, files }) {
    await init({ module_or_path: module });
    analyzer = new Analyzer(manifest, files);
  },
  analyze({ channels, sampleRate, context }, report) {
    return analyzer.analyze(channels, sampleRate, context, (stage, fraction) =>
      report({ stage, fraction }),
    );
  },
  predictFeatures({ features, durationSeconds, context }) {
    return analyzer.predict_features(features, durationSeconds, context);
  },
};

addEventListener("message", async ({ data: { id, method, args } }) => {
  try {
    const report = (progress) => postMessage({ id, type: "progress", progress });
    const result = await METHODS[method](args, report);
    const pixels = result?.spectrogram?.data;
    postMessage({ id, type: "result", result }, pixels ? [pixels.buffer] : []);
  } catch (thrown) {
    // Anything but the core's own errors is a trap, after which its memory cannot be trusted.
    const known = thrown?.name === "ForetuneError";
    postMessage({
      id,
      type: "error",
      fatal: !known,
      code: known ? thrown.code : "crashed",
      message: thrown?.message ?? String(thrown),
    });
  }
});
