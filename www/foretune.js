/**
 * Foretune in the browser: where a song is likely to land on Spotify's popularity scale, computed
 * on the device. Importing this module fetches and starts nothing; `Foretune.load` does.
 *
 *   import { Foretune } from "./foretune.js";
 *   const foretune = await Foretune.load();
 *   const { popularity } = await foretune.predict(file);
 *
 * @typedef {File | Blob | ArrayBuffer | ArrayBufferView | AudioBuffer
 *   | {channels: Float32Array[], sampleRate: number} | string | URL} SongInput
 *
 * @typedef {import("./results.js").Context} Context
 * @typedef {import("./results.js").Features} Features
 * @typedef {import("./results.js").Popularity} Popularity
 * @typedef {import("./results.js").Explanation} Explanation
 *
 * @typedef {object} Pictures what a page draws of a song
 * @property {import("./results.js").SpectrogramImage} spectrogram
 * @property {import("./results.js").Waveform} waveform
 *
 * @typedef {import("./results.js").Prediction & Pictures} Result
 *
 * @typedef {object} Sound
 * @property {number} [durationSeconds] of the whole song; what is under 60 is taken for an excerpt
 * @property {import("./results.js").Heard | null} [heard] of the song's `Result`
 * @property {AbortSignal} [signal]
 *
 * @typedef {object} Progress
 * @property {"loading" | "decoding" | "analyzing"} phase
 * @property {string} [stage] of the analysis
 * @property {number | null} fraction done of this phase, 0–1; null where it cannot be known
 * @property {Popularity} [estimate] a first one, from the windows heard so far
 */

import { analyze } from "./analysis.js";
import { forgetAssets, loadAssets } from "./assets.js";
import { BROWSER } from "./browser.js";
import { decodedInPieces, decodedWhole, patience, Seam } from "./decoding.js";
import { abortable, asForetuneError, ForetuneError } from "./errors.js";
import { genresOf } from "./genres.js";
import { BUILD, locate } from "./locations.js";
import { Reference } from "./reference.js";
import { readSong } from "./song-input.js";
import { WorkerPool } from "./worker-pool.js";

export { ForetuneError };

// The longest silent stage, key and tempo of half an hour, takes a slow phone a good minute.
const STALL_SECONDS = 120;

// A phone on the slowest of networks still gets a packet every few seconds.
const NETWORK_STALL_SECONDS = 20;

export class Foretune {
  #core;
  #pool;
  #loadedBytes;
  #stallSeconds;
  #description;
  #reference;
  #lastSong = Promise.resolve();

  /**
   * Use `Foretune.load`.
   * @private
   */
  constructor(core, pool, { loadedBytes, stallSeconds, description, reference }) {
    this.#core = core;
    this.#pool = pool;
    this.#loadedBytes = loadedBytes;
    this.#stallSeconds = stallSeconds;
    this.#description = description;
    this.#reference = reference;
  }

  /**
   * Fetches the core and the models, and gets a worker ready.
   * @param {object} [options]
   * @param {string | URL} [options.baseUrl] the folder of worker.js, pkg/ and models/, of this version;
   *   beside this module
   * @param {(progress: Progress & {loadedBytes: number, retrying?: boolean}) => void} [options.onProgress]
   *   `retrying` where the connection was lost and is tried again
   * @param {AbortSignal} [options.signal]
   * @param {number} [options.workers] to share a song among; by default as many as fit the machine
   * @param {number} [options.stallSeconds] after which a silent worker, decoder or transfer is given up
   * @param {import("./browser.js").Platform} [options.platform] a browser without it
   * @returns {Promise<Foretune>}
   */
  static async load({
    baseUrl,
    onProgress,
    signal,
    workers,
    stallSeconds = STALL_SECONDS,
    platform = BROWSER,
  } = {}) {
    platform.requireFeatures();
    let loadedBytes = 0;
    let fraction = 0;
    const report = (step) => onProgress?.({ phase: "loading", fraction, loadedBytes, ...step });
    const onBytes = (loaded, total) => {
      loadedBytes = loaded;
      fraction = loaded / total;
      report();
    };
    const onRetry = () => report({ retrying: true });
    const base = baseUrl && platform.resolve(baseUrl);
    const place = base ? (path) => new URL(path, base) : locate;
    const loading = loadAssets(place, {
      build: base ? null : BUILD,
      fetch: platform.fetch,
      onBytes,
      onRetry,
      signal,
      stallSeconds: Math.min(stallSeconds, NETWORK_STALL_SECONDS),
    });
    const startArgs = loading.then(({ module, manifest, files }) => ({ module, manifest, files }));
    // Who waits for the assets hears of it.
    startArgs.catch(() => {});
    const pool = new WorkerPool({
      createWorker: () => platform.startWorker(place("worker.js")),
      startArgs,
      workers: workers ?? platform.suitableWorkers(),
      stallSeconds,
    });
    let core, assets;
    try {
      // A worker fetches its scripts meanwhile.
      const prepared = pool.prepare();
      prepared.catch(() => {});
      const script = import("./pkg/foretune.js").catch((thrown) => {
        throw asForetuneError(thrown, "network");
      });
      [core, assets] = await abortable(Promise.all([script, loading]), signal);
      const instance = core.default({ module_or_path: assets.module });
      await abortable(Promise.all([instance, prepared]), signal);
    } catch (thrown) {
      pool.dispose();
      // Kept files that are no longer whole must not be met again.
      if (assets && thrown?.code?.startsWith("model_")) await forgetAssets();
      throw asForetuneError(thrown);
    }
    const { description, files } = assets;
    const tables = JSON.parse(new TextDecoder().decode(files[description.reference.file]));
    const reference = new Reference(tables, core);
    return new this(core, pool, { loadedBytes, stallSeconds, description, reference });
  }

  /**
   * How much was loaded, in bytes; nothing more will be.
   * @returns {number}
   */
  get loadedBytes() {
    return this.#loadedBytes;
  }

  /**
   * Genres the model has met, most frequent first; words of others are looked up one by one.
   * @returns {string[]}
   */
  get genres() {
    return genresOf(this.#description);
  }

  /** Tells popularity models apart: what one of them answered, another cannot explain or continue. */
  get popularityModel() {
    return this.#description.popularity.sha256;
  }

  /**
   * The songs that one of which `context` is known is best compared with.
   * @param {Context} [context]
   * @returns {import("./reference.js").Population}
   */
  population(context = {}) {
    return this.#reference.population(context);
  }

  /**
   * Decodes and analyses one song. Songs are analysed one after another, in the order asked.
   * @param {SongInput} input
   * @param {{context?: Context, onProgress?: (progress: Progress) => void, signal?: AbortSignal}} [options]
   * @returns {Promise<Result>}
   */
  async predict(input, { context = {}, onProgress, signal } = {}) {
    // Decoded songs are large: only one at a time is held.
    const before = this.#lastSong;
    let finished;
    const finishing = new Promise((resolve) => (finished = resolve));
    this.#lastSong = Promise.all([before, finishing]);
    try {
      await abortable(before, signal);
      onProgress?.({ phase: "decoding", fraction: null });
      const { check_file_size: checkFileSize, check_samples: checkSamples } = this.#core;
      const song = await readSong(
        input,
        { checkFileSize, checkSamples },
        { signal, stallSeconds: Math.min(this.#stallSeconds, NETWORK_STALL_SECONDS) },
      );
      const answer = async ({ warnings = [], ...decoded }) => {
        const result = await analyze(this.#pool, decoded, context, {
          onProgress: (progress) => onProgress?.({ phase: "analyzing", ...progress }),
          signal,
        });
        return { ...result, warnings: [...warnings, ...result.warnings] };
      };
      return song.file ? await this.#decoded(song.file, signal, answer) : await answer(song);
    } catch (thrown) {
      throw asForetuneError(thrown, thrown instanceof WebAssembly.RuntimeError ? "crashed" : undefined);
    } finally {
      finished();
    }
  }

  /**
   * The popularity of a song whose eleven features are known already.
   * @param {Features} features
   * @param {Context} [context]
   * @param {Sound} [sound]
   * @returns {Promise<Popularity>}
   */
  async predictFeatures(features, context = {}, { durationSeconds, heard, signal } = {}) {
    return this.#pool.run(
      "predictFeatures",
      { features, durationSeconds, heard, context },
      { signal, urgent: true },
    );
  }

  /**
   * How many points each feature adds to what `predictFeatures` answers.
   * @param {Features} features
   * @param {Context} [context]
   * @param {Sound} [sound]
   * @returns {Promise<Explanation>}
   */
  async explain(features, context = {}, { durationSeconds, heard, signal } = {}) {
    return this.#pool.run("explain", { features, durationSeconds, heard, context }, { signal, urgent: true });
  }

  /** Ends the workers and frees their memory. What is still asked rejects with `disposed`. */
  dispose() {
    this.#pool.dispose();
  }

  /** What `answer` makes of a file's samples: as they are decoded piece by piece, or of the whole. */
  async #decoded(file, signal, answer) {
    const patiently = patience(this.#stallSeconds);
    const cuts = await this.#pool.run("inspect", { file }, { signal });
    if (cuts) {
      try {
        return await answer(decodedInPieces(file, cuts, patiently));
      } catch (thrown) {
        if (!(thrown instanceof Seam)) throw thrown;
      }
    }
    return answer(await abortable(decodedWhole(file, this.#core, patiently), signal));
  }
}
