// One song over several workers. The stages are the core's (src/engine.rs); here is only who does
// what when: one worker draws the spectrogram, then one measures tempo, key and loudness while the
// others listen to the windows, and the one that measured helps them as soon as it is done.

import { abortable } from "./errors.js";

/** Of the windows, after which the first estimate is given: enough to hear every part of a song. */
const FIRST_WINDOWS = 8;

// Shares of the work, as measured on songs of three minutes; only the progress bar depends on them.
const SPECTROGRAM_SHARE = 0.15;
const MEASURE_SHARE = 0.25;

/**
 * @param {import("./worker-pool.js").WorkerPool} pool
 * @param {{channels: Float32Array[], sampleRate: number}} song given away
 * @param {object} context
 * @param {{onProgress?: (progress: {stage: string, fraction: number, estimate?: object}) => void,
 *   signal?: AbortSignal}} options
 */
export async function analyze(pool, song, context, { onProgress = () => {}, signal } = {}) {
  // Whatever fails ends the rest of the song's jobs.
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await abortable(runStages(pool, song, context, onProgress, stop.signal), signal);
  } catch (thrown) {
    stop.abort();
    throw thrown;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

async function runStages(pool, song, context, onProgress, signal) {
  let fraction = 0;
  const report = (stage, share, estimate) => {
    fraction += share;
    onProgress({ stage, fraction: Math.min(fraction, 1), ...(estimate && { estimate }) });
  };
  report("spectrogram", 0);
  const { channels, sampleRate } = song;
  const drawn = await pool.run("spectrogram", { channels, sampleRate }, { transfer: samplesOf, signal });
  report("signal", SPECTROGRAM_SHARE);

  let measurements = null;
  const measuring = pool
    .run("measure", { channels: drawn.channels, sampleRate }, { transfer: samplesOf, signal })
    .then((measured) => {
      measurements = measured;
      report("listening", MEASURE_SHARE);
    });

  const { log_mel, starts, bands, window_frames } = drawn;
  const heard = new Array(starts.length);
  const windowShare = (1 - SPECTROGRAM_SHARE - MEASURE_SHARE) / starts.length;
  let heardWindows = 0;
  let estimating = null;
  const conclude = (indices, options) =>
    pool.run(
      "conclude",
      {
        measurements,
        starts: indices.map((index) => starts[index]),
        embeddings: indices.map((index) => heard[index]),
        context,
      },
      { signal, ...options },
    );
  const listening = spread(starts.length).map(async (index) => {
    const window = () => {
      const first = starts[index] * bands;
      return { window: log_mel.slice(first, first + window_frames * bands) };
    };
    heard[index] = await pool.run("listen", window, {
      transfer: (args) => [args.window.buffer],
      signal,
    });
    heardWindows += 1;
    report("listening", windowShare);
    const enough = heardWindows >= FIRST_WINDOWS && heardWindows < starts.length;
    if (measurements && enough && !estimating) {
      const soFar = [...starts.keys()].filter((known) => heard[known]);
      estimating = conclude(soFar, { urgent: true }).then(({ popularity }) =>
        report("listening", 0, popularity),
      );
    }
  });
  await Promise.all([measuring, ...listening]);
  await estimating;
  report("predicting", 0);
  const prediction = await conclude([...starts.keys()]);
  return { ...prediction, spectrogram: drawn.spectrogram, waveform: drawn.waveform };
}

/** 0 to count - 1 in an order whose every beginning is spread over the whole (van der Corput). */
export function spread(count) {
  const bits = Math.max(1, Math.ceil(Math.log2(Math.max(1, count))));
  return Array.from({ length: 2 ** bits }, (_, index) => {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit++) reversed |= ((index >> bit) & 1) << (bits - 1 - bit);
    return reversed;
  }).filter((index) => index < count);
}

function samplesOf({ channels }) {
  return [...new Set(channels.map((samples) => samples.buffer))];
}
