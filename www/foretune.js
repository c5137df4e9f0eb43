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
 * @typedef {object} Context what may be known of a song beside its sound; all of it optional
 * @property {number} [year] of release
 * @property {boolean} [explicit]
 * @property {string} [genre]
 * @property {number} [artist_usual_popularity] mean popularity of the artist's other songs, 0–100
 * @property {number} [artist_other_songs] how many songs that mean is over
 *
 * @typedef {object} Popularity all on Spotify's scale, 0–100
 * @property {number} mean
 * @property {number} p10
 * @property {number} p50
 * @property {number} p90
 * @property {number} percentile share of the reference songs below p50, 0–100
 * @property {{level: number, value: number}[]} quantiles ascending; levels 0–1
 *
 * @typedef {object} Result
 * @property {number} duration_seconds
 * @property {Popularity} popularity
 * @property {Record<string, number>} features the eleven, in Spotify's units
 * @property {object} signal tempo, key and loudness in full
 * @property {{start_seconds: number, end_seconds: number, p50: number}[]} windows what each passage
 *   alone would be given, in the order of time
 * @property {{step_seconds: number, loudness_lufs: number[]}} curves the sound over time; also onset
 *   density, brightness and energy, see src/features/curves.rs
 * @property {object} structure the passages that represent the song, and that have most energy
 * @property {[string, number][]} tags strongest first; scores 0–1
 * @property {object | null} heard opaque: goes back into `predictFeatures` and `explain`
 * @property {{code: string, message: string, details: object}[]} warnings
 * @property {string} model version of the models
 * @property {{bands: number, frames: number, frame_seconds: number, data: Uint8Array}} spectrogram
 *   row-major [frames][bands], lowest band first, 0–255
 * @property {{column_seconds: number, minimum: Int8Array, maximum: Int8Array}} waveform full scale
 *   is ±127
 *
 * @typedef {object} Sound
 * @property {number} [durationSeconds]
 * @property {object | null} [heard] of the song's `Result`
 * @property {AbortSignal} [signal]
 *
 * @typedef {object} Explanation in points of popularity; average + context + all points = p50
 * @property {number} average p50 of a song of which nothing is known
 * @property {number} context what year, genre, duration, explicit, the artist and what is heard add
 * @property {{input: string, points: number}[]} contributions one a feature: its Shapley value
 * @property {number} p50
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
import { abortable, asForetuneError, ForetuneError } from "./errors.js";
import { BUILD, locate } from "./locations.js";
import { Reference } from "./reference.js";
import { readSong } from "./song-input.js";
import { WorkerPool } from "./worker-pool.js";

export { ForetuneError };

// The longest silent stage, key and tempo of half an hour, takes a slow phone a good minute.
const STALL_SECONDS = 120;

export class Foretune {
  #core;
  #pool;
  #loadedBytes;
  #stallSeconds;
  #description;
  #reference;
  #lastSong = Promise.resolve();

  /** Use `Foretune.load`. */
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
   * @param {(progress: Progress & {loadedBytes: number}) => void} [options.onProgress]
   * @param {AbortSignal} [options.signal]
   * @param {number} [options.workers] to share a song among; by default as many as fit the machine
   * @param {number} [options.stallSeconds] after which a silent worker is given up
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
    const onBytes = (loaded, total) => {
      loadedBytes = loaded;
      onProgress?.({ phase: "loading", fraction: loaded / total, loadedBytes: loaded });
    };
    const base = baseUrl && platform.resolve(baseUrl);
    const place = base ? (path) => new URL(path, base) : locate;
    const [core, assets] = await Promise.all([
      import("./pkg/foretune.js").catch((thrown) => {
        throw asForetuneError(thrown, "network");
      }),
      loadAssets(place, { build: base ? null : BUILD, onBytes, signal, fetch: platform.fetch }),
    ]);
    const pool = new WorkerPool({
      createWorker: () => platform.startWorker(place("worker.js")),
      startArgs: { module: assets.module, manifest: assets.manifest, files: assets.files },
      workers: workers ?? platform.suitableWorkers(),
      stallSeconds,
    });
    try {
      const instance = core.default({ module_or_path: assets.module });
      await abortable(Promise.all([instance, pool.prepare()]), signal);
    } catch (thrown) {
      pool.dispose();
      // Kept files that are no longer whole must not be met again.
      if (thrown?.code?.startsWith("model_")) await forgetAssets();
      throw asForetuneError(thrown);
    }
    const { description, files } = assets;
    const tables = JSON.parse(new TextDecoder().decode(files[description.reference.file]));
    const reference = new Reference(tables, core);
    return new this(core, pool, { loadedBytes, stallSeconds, description, reference });
  }

  /** How much was loaded, in bytes; nothing more will be. */
  get loadedBytes() {
    return this.#loadedBytes;
  }

  /** Genres the model has met, most frequent first; words of others are looked up one by one. */
  get genres() {
    // The vocabulary marks whole names by "=", see src/popularity/columns.rs.
    return this.#description.popularity.genre_terms
      .filter((term) => term.startsWith("="))
      .map((term) => term.slice(1));
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
      const song = await readSong(input, this.#core.check_file_size, signal);
      const { channels, sampleRate, warnings } = song.bytes
        ? await this.#decode(song.bytes, signal)
        : { ...song, warnings: [] };
      onProgress?.({ phase: "analyzing", fraction: 0 });
      const result = await analyze(this.#pool, { channels, sampleRate }, context, {
        onProgress: (progress) => onProgress?.({ phase: "analyzing", ...progress }),
        signal,
      });
      return { ...result, warnings: [...warnings, ...result.warnings] };
    } catch (thrown) {
      throw asForetuneError(thrown, thrown instanceof WebAssembly.RuntimeError ? "crashed" : undefined);
    } finally {
      finished();
    }
  }

  /**
   * The popularity of a song whose eleven features are known already.
   * @param {Record<string, number>} features
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
   * @param {Record<string, number>} features
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

  async #decode(bytes, signal) {
    // Browsers have been seen never to settle decodeAudioData on odd files.
    let timer;
    const stalled = new Promise((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new ForetuneError(
            "unresponsive",
            `The browser did not decode the file within ${this.#stallSeconds} seconds. Export the song again as MP3, FLAC or WAV.`,
            { details: { seconds: this.#stallSeconds } },
          ),
        );
      }, this.#stallSeconds * 1000);
    });
    try {
      const decoding = this.#core.decode(bytes);
      const decoded = await abortable(Promise.race([decoding, stalled]), signal);
      return { ...decoded, sampleRate: decoded.sample_rate_hz };
    } finally {
      clearTimeout(timer);
    }
  }
}
