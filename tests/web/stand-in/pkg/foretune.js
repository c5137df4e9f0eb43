// Stands in for the compiled core where a test is about the page and its workers rather than
// about the answer: it can be slow, hang, trap or end on demand, by the name of the genre; and a song of
// thirteen seconds traps.

const WINDOW_FRAMES = 187;

export default async function init({ module_or_path }) {
  if (!(module_or_path instanceof WebAssembly.Module)) throw new Error("expected a compiled module");
}

export function check_file_size(bytes) {
  if (bytes === 0) throw failure("empty_file", "The file is empty. Choose the file again.");
  if (bytes > 2 ** 25) throw failure("file_too_large", "The file is too large. Export it as MP3.");
}

export function check_samples(channels, samples, rate) {
  if (channels < 1 || channels > 8) throw failure("channel_count", "Too many channels. Export it as stereo.");
  if (samples / rate > 1800) throw failure("too_long", "Too long. Choose a single song.");
}

export function genre_group(genre) {
  return ["pop", "rock"].find((group) => genre.includes(group));
}

export function era(year) {
  return year < 2000 ? "1980_1999" : "2000_2014";
}

export function inspect(bytes) {
  check_file_size(bytes);
}

export function decode_error() {
  return failure("undecodable", "The file could not be decoded. Export it again.", { container: "WAV", reason: "no samples" });
}

export function check_announced() {}

export function truncation_warnings() {
  return [];
}

export class FrontEnd {
  bands = 4;
  duration = 0;

  constructor(channels, sampleRate) {
    this.sampleRate = sampleRate;
  }

  frames(samples) {
    return Math.floor(samples / this.sampleRate / 0.016);
  }

  push([samples]) {
    const before = this.frames(this.duration * this.sampleRate);
    busy(60);
    this.duration += samples.length / this.sampleRate;
    return new Float32Array((this.frames(this.duration * this.sampleRate) - before) * this.bands);
  }

  so_far() {
    return JSON.stringify({ duration_seconds: this.duration });
  }

  finish() {
    const { duration } = this;
    if (duration === 13) throw new WebAssembly.RuntimeError("unreachable");
    // The last window is filled up.
    const frames = this.frames(duration * this.sampleRate);
    const rows = new Float32Array((Math.ceil(frames / WINDOW_FRAMES) * WINDOW_FRAMES - frames) * this.bands);
    return { rows, frames, measurements: this.so_far(), spectrogram: picture(duration), waveform: outline(duration) };
  }

  free() {}
}

export class Analyzer {
  constructor(manifest, files) {
    if (JSON.parse(new TextDecoder().decode(manifest)).refuse) {
      throw failure("model_integrity", "The model file is not the one the manifest names. Reload the page.");
    }
    this.files = files;
  }

  window_frames = WINDOW_FRAMES;

  window_starts(frames) {
    return Uint32Array.from({ length: Math.max(1, Math.ceil(frames / WINDOW_FRAMES)) }, (_, index) => index * WINDOW_FRAMES);
  }

  listen(window) {
    if (window.length !== WINDOW_FRAMES * 4) throw failure("invalid_input", "Not a window.");
    // Longer than a piece takes to come, so that windows are left for every worker.
    busy(40);
    return new Float32Array(3);
  }

  conclude(measurements, starts, embeddings, context) {
    if (context.genre === "trap") throw new WebAssembly.RuntimeError("unreachable");
    if (context.genre === "no memory") throw new RangeError("Array buffer allocation failed");
    for (;;) if (context.genre !== "hang") break;
    // As when a system that is short of memory ends it.
    if (context.genre === "gone") return self.close(), new Promise(() => {});
    if (embeddings.length !== 3 * starts.length) throw failure("invalid_input", "Not the embeddings.");
    if (context.genre === "slow") busy(4000);
    const { duration_seconds } = JSON.parse(measurements);
    const windows = [...starts].map((start, index) => ({
      start_seconds: start * 0.016,
      end_seconds: Math.min(duration_seconds, (start + 187) * 0.016),
      p50: 34 + 8 * Math.sin(index),
    }));
    return {
      ...ANSWER,
      duration_seconds,
      windows,
      curves: curves(duration_seconds),
      popularity: this.predict_features(null, duration_seconds, null, context),
    };
  }

  explain(features, duration, heard, context) {
    const { p50 } = this.predict_features(features, duration, heard, context);
    const contributions = Object.keys(ANSWER.features).map((input, index) => ({ input, points: index - 5 }));
    return { average: 30, context: p50 - 30, contributions, p50 };
  }

  predict_features(features, duration, _heard, context) {
    const { artist_usual_popularity: usual, year } = context;
    const danceability = features?.danceability ?? ANSWER.features.danceability;
    const sound = 34 + 20 * (danceability - ANSWER.features.danceability) + (year === undefined ? 0 : (year - 2000) / 2) + Math.max(0, (duration ?? 0) - 60);
    return usual === undefined ? popularity(sound, 17) : popularity(0.3 * sound + 0.7 * usual, 9);
  }

  free() {}
}

function failure(code, message, details) {
  return Object.assign(new Error(message), { name: "ForetuneError", code, details });
}

function busy(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

function popularity(middle, spread) {
  const levels = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];
  const quantiles = levels.map((level) => {
    const deviation = Math.log(level / (1 - level)) / 1.7;
    const skewed = deviation * (deviation > 0 ? 1.15 : 0.9);
    return { level, value: Math.min(100, Math.max(0, middle + spread * skewed)) };
  });
  const at = (level) => quantiles.find((quantile) => quantile.level === level).value;
  return { mean: middle + 1, p10: at(0.1), p50: at(0.5), p90: at(0.9), percentile: 46, quantiles };
}

/** Louder in the middle, quietest at the very beginning. */
function curves(duration) {
  const seconds = Math.max(1, Math.round(duration));
  const loudness_lufs = Array.from({ length: seconds }, (_, second) => -26 + 18 * Math.sin((Math.PI * second) / seconds));
  return { step_seconds: 1, loudness_lufs };
}

/** Its waveform. */
function outline(duration) {
  const columns = 512;
  const level = (column) => 30 + 60 * Math.abs(Math.sin(column / 40)) * ((column % 8) / 8);
  return {
    column_seconds: duration / columns,
    minimum: Int8Array.from({ length: columns }, (_, column) => -level(column)),
    maximum: Int8Array.from({ length: columns }, (_, column) => level(column)),
  };
}

/** Something that looks like music: bars, a beat, and a chorus. */
function picture(duration) {
  const [bands, frame_seconds] = [96, 0.016 * 4];
  const frames = Math.floor(duration / frame_seconds);
  const data = new Uint8Array(frames * bands);
  for (let frame = 0; frame < frames; frame++) {
    const seconds = frame * frame_seconds;
    const chorus = 0.65 + 0.35 * (Math.sin((2 * Math.PI * seconds) / 24 - 1.4) > 0);
    const beat = Math.exp(-((seconds * 2) % 1) * 5);
    const note = [0, 5, 7, 3][Math.floor(seconds / 2) % 4];
    for (let band = 0; band < bands; band++) {
      const harmonic = Math.max(0, Math.cos(((band - note) * Math.PI) / 6)) ** 6;
      const slope = Math.exp(-band / 42);
      const noise = ((frame * 73 + band * 151) % 97) / 97;
      const level = slope * (0.35 + 0.5 * harmonic + 0.5 * beat * noise) + 0.12 * beat * noise;
      data[frame * bands + band] = 255 * Math.min(1, level * chorus);
    }
  }
  return { bands, frames, frame_seconds, data };
}

const ANSWER = {
  features: {
    danceability: 0.71, energy: 0.64, key: 1, loudness: -9.2, mode: 0, speechiness: 0.06,
    acousticness: 0.18, instrumentalness: 0.03, liveness: 0.11, valence: 0.48, tempo: 118.02,
  },
  signal: {
    tempo: { bpm: 118.02, confidence: 0.82, alternates_bpm: [59.01] },
    key: { pitch_class: 1, mode: 0, name: "C♯ minor", camelot: "12A", confidence: 0.55, tuning_cents: -4.2 },
    loudness: { integrated_lufs: -9.4, short_term_max_lufs: -7.1, range_lu: 5.2, true_peak_dbtp: -0.3, spotify_db: -9.2 },
  },
  tags: [
    ["electronic", 0.62], ["pop", 0.44], ["dance", 0.41], ["female vocalists", 0.27], ["House", 0.19],
    ["chillout", 0.12], ["indie", 0.09], ["beautiful", 0.06], ["party", 0.05],
  ],
  warnings: [],
  model: "stand-in",
};
