// One song over several workers. The stages are the core's (src/engine.rs); here is only who does
// what when: one worker is given all pieces of the song, and draws and measures it; whoever is free listens
// to windows of its spectrogram. The first estimate is from the first windows and from what has been measured
// by then.

import { abortable } from "./errors.js";
import { Windows } from "./windows.js";

/** Windows after which an estimate is given, and then each time there are so many times more. */
const FIRST_WINDOWS = 8;
const REFINED_EVERY = 4;

/** Windows a worker is given at a time: while a message travels it has nothing to do. */
const WINDOWS_AT_ONCE = 4;

// Shares of the work, as measured on songs of three minutes; only the progress bar depends on them.
const FRONT_END_SHARE = 0.3;
const LISTEN_SHARE = 0.7;

let songs = 0;

/**
 * @param {import("./worker-pool.js").WorkerPool} pool
 * @param {import("./pieces.js").Song} song
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

async function runStages(pool, { sampleRate, expectedSamples, pieces }, context, onProgress, signal) {
  const song = ++songs;
  const seat = pool.seat();
  const run = (method, args, options) => pool.run(method, args, { signal, ...options });
  const follow = (method, args) => run(method, { song, ...args }, { seat, transfer: samplesOf });

  let fail;
  const failed = new Promise((_, reject) => (fail = reject));
  // What goes on beside the pieces; each of it that fails fails the song.
  const others = [];
  const beside = (task) => {
    const done = task();
    done.catch(fail);
    others.push(done);
    return done;
  };

  let windows = null;
  let processed = 0;
  let fraction = 0;
  const report = (stage, estimate) => {
    const share = expectedSamples > 0 ? Math.min(1, processed / expectedSamples) : 1;
    // What is too short has none.
    const listened = windows?.planned > 0 ? windows.heard / windows.planned : 0;
    fraction = Math.max(fraction, Math.min(1, FRONT_END_SHARE * share + LISTEN_SHARE * listened));
    onProgress({ stage, fraction, ...(estimate && { estimate }) });
  };

  const conclude = (measurements, options) =>
    run("conclude", { measurements, ...windows.inTime(), context }, options);

  let ending = null;
  let estimating = false;
  let enoughWindows = FIRST_WINDOWS;
  const estimate = async () => {
    if (estimating || windows.heard < enoughWindows || windows.heard >= windows.planned) return;
    estimating = true;
    const known = ending ? (await ending).measurements : await follow("measureSoFar");
    // None where the middle of what there is is silent.
    if (known) {
      enoughWindows = REFINED_EVERY * windows.heard;
      const { popularity } = await conclude(known, { urgent: true });
      report("listening", popularity);
    }
    estimating = false;
  };

  let portions = 0;
  const listen = async () => {
    let starts;
    const next = () => {
      portions -= 1;
      starts = windows.take(WINDOWS_AT_ONCE);
      return { windows: starts.map((start) => windows.window(start)) };
    };
    const transfer = (args) => args.windows.map(({ buffer }) => buffer);
    const embeddings = await run("listen", next, { transfer });
    windows.hear(starts, embeddings);
    report("listening");
    beside(estimate);
  };
  const listenToMore = () => {
    // While pieces come, one of two workers and the decoder have enough to do: what listens is in their way.
    const most = ending || pool.workers > 2 ? Infinity : FIRST_WINDOWS;
    const ready = Math.min(windows.waiting, most - windows.asked);
    // Counted once: a free worker takes its windows at once.
    for (let left = ready - portions * WINDOWS_AT_ONCE; left > 0; left -= WINDOWS_AT_ONCE) {
      portions += 1;
      beside(listen);
    }
  };

  const followPieces = async () => {
    for await (const channels of pieces) {
      if (!windows) report("spectrogram");
      const samples = channels[0].length;
      const made = await follow("piece", { begins: !windows, channels, sampleRate, expectedSamples });
      windows ??= new Windows(made);
      windows.add(made.rows);
      processed += samples;
      report(windows.heard > 0 ? "listening" : "spectrogram");
      listenToMore();
    }
    report("signal");
    ending = follow("end");
    listenToMore();
    const { rows, starts, ...ended } = await ending;
    windows.add(rows);
    windows.plan(starts);
    listenToMore();
    return ended;
  };

  const { measurements, spectrogram, waveform } = await Promise.race([followPieces(), failed]);
  // Some begin others.
  while (others.length > 0) await Promise.race([Promise.all(others.splice(0)), failed]);
  report("predicting");
  return { ...(await conclude(measurements)), spectrogram, waveform };
}

function samplesOf({ channels = [] }) {
  return [...new Set(channels.map((samples) => samples.buffer))];
}
