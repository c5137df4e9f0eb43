// One song over several workers. The stages are the core's (src/engine.rs); here is only who does
// what when: one worker draws the spectrogram and hands the samples on, from which another measures
// tempo, key and loudness meanwhile. Whoever is free listens to windows. The first estimate is from
// the first windows and from what is measured on the song's middle.

import { abortable } from "./errors.js";

/** Of the windows, after which the first estimate is given: enough to hear every part of a song. */
const FIRST_WINDOWS = 8;

/** Windows a worker is given at a time: while a message travels it has nothing to do. */
const WINDOWS_AT_ONCE = 4;

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
  const { sampleRate } = song;
  let measurements = null;
  let measuring = null;
  const measure = (channels) => {
    measuring = pool
      .run("measure", { channels, sampleRate }, { transfer: samplesOf, signal })
      .then((measured) => {
        measurements = measured;
        report("listening", MEASURE_SHARE);
      });
    // Whoever waits for the song hears of it.
    measuring.catch(() => {});
  };
  // A single worker had better listen first: an estimate needs no more measurements.
  let samples = null;
  const drawn = await pool.run("spectrogram", song, {
    transfer: samplesOf,
    signal,
    onProgress: ({ channels }) => (pool.workers > 1 ? measure(channels) : (samples = channels)),
  });
  report("signal", SPECTROGRAM_SHARE);

  const { log_mel, starts, bands, window_frames, middle } = drawn;
  const heard = new Array(starts.length);
  const windowShare = (1 - SPECTROGRAM_SHARE - MEASURE_SHARE) / starts.length;
  let heardWindows = 0;
  let estimating = null;
  const conclude = (measured, indices, options) =>
    pool.run(
      "conclude",
      {
        measurements: measured,
        starts: indices.map((index) => starts[index]),
        embeddings: indices.map((index) => heard[index]),
        context,
      },
      { signal, ...options },
    );
  const listen = async (indices) => {
    const windows = () => ({
      windows: indices.map((index) => {
        const first = starts[index] * bands;
        return log_mel.slice(first, first + window_frames * bands);
      }),
    });
    const embeddings = await pool.run("listen", windows, {
      transfer: (args) => args.windows.map(({ buffer }) => buffer),
      signal,
    });
    indices.forEach((index, place) => (heard[index] = embeddings[place]));
    heardWindows += indices.length;
    report("listening", windowShare * indices.length);
    const known = measurements ?? middle;
    const enough = heardWindows >= FIRST_WINDOWS && heardWindows < starts.length;
    if (known && enough && !estimating) {
      const soFar = [...starts.keys()].filter((index) => heard[index]);
      estimating = conclude(known, soFar, { urgent: true }).then(({ popularity }) =>
        report("listening", 0, popularity),
      );
    }
  };
  const listening = portions(spread(starts.length), WINDOWS_AT_ONCE).map((indices, portion) => {
    if (samples && portion * WINDOWS_AT_ONCE === FIRST_WINDOWS) measure(samples);
    return listen(indices);
  });
  if (!measuring) measure(samples);
  samples = null;
  await Promise.all([measuring, ...listening]);
  await estimating;
  report("predicting", 0);
  const prediction = await conclude(measurements, [...starts.keys()]);
  return { ...prediction, spectrogram: drawn.spectrogram, waveform: drawn.waveform };
}

function portions(values, size) {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
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
