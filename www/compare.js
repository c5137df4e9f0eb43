// Several songs beside each other: which of them the model rates higher, and whether that can be told.

// Popularities at these shares of a forecast stand for the whole of it.
const SHARES = Array.from({ length: 50 }, (_, index) => (index + 0.5) / 50);

/** Below this share of cases, in either direction, an order is a guess. */
const TELLING = 0.8;

/**
 * In what share of cases `a` would reach a higher popularity than `b`, if what the model cannot
 * know befell them independently.
 * @param {import("./foretune.js").Popularity} a
 * @param {import("./foretune.js").Popularity} b
 */
export function shareAbove(a, b) {
  const [ofA, ofB] = [a, b].map(({ quantiles }) => SHARES.map((share) => valueAt(quantiles, share)));
  let above = 0;
  for (const one of ofA) for (const other of ofB) above += one > other ? 1 : one === other ? 0.5 : 0;
  return above / SHARES.length ** 2;
}

/**
 * The songs from the highest estimate down, each with the share of cases in which the first of them
 * does better, and whether that can be told.
 * @template {{result: import("./foretune.js").Result}} Song
 * @param {Song[]} songs
 * @returns {{song: Song, behind: number, told: boolean}[]}
 */
export function ranking(songs) {
  const ordered = songs.toSorted((a, b) => b.result.popularity.p50 - a.result.popularity.p50);
  return ordered.map((song) => {
    const behind = shareAbove(ordered[0].result.popularity, song.result.popularity);
    return { song, behind, told: canBeTold(behind) };
  });
}

/** Whether the model can tell which of the two is the more popular. */
export function canBeTold(share) {
  return share >= TELLING || share <= 1 - TELLING;
}

/** The popularity that `share` of a forecast is below. */
export function valueAt(quantiles, share) {
  const above = quantiles.findIndex(({ level }) => level > share);
  if (above === 0) return quantiles[0].value;
  if (above < 0) return quantiles.at(-1).value;
  const [from, to] = [quantiles[above - 1], quantiles[above]];
  return from.value + ((to.value - from.value) * (share - from.level)) / (to.level - from.level);
}

const FEATURES = [
  "danceability",
  "energy",
  "key",
  "loudness",
  "mode",
  "speechiness",
  "acousticness",
  "instrumentalness",
  "liveness",
  "valence",
  "tempo",
];

/**
 * A table of the answers (RFC 4180), one line a song, numbers as a computer reads them.
 * @param {{name: string, result?: import("./foretune.js").Result, error?: {code: string}}[]} songs
 */
export function asCsv(songs) {
  const header = ["song", "duration_seconds", "mean", "p10", "p50", "p90", ...FEATURES, "integrated_lufs", "error"];
  const lines = songs.map(({ name, result, error }) => {
    if (!result) return [name, ...Array(header.length - 2).fill(""), error?.code ?? "cancelled"];
    const { duration_seconds, popularity: { mean, p10, p50, p90 }, features, signal } = result;
    const numbers = [duration_seconds, mean, p10, p50, p90, ...FEATURES.map((feature) => features[feature])];
    return [name, ...numbers, signal.loudness.integrated_lufs, ""];
  });
  return [header, ...lines].map((cells) => cells.map(cell).join(",")).join("\r\n") + "\r\n";
}

function cell(value) {
  // A spreadsheet would run what begins like a formula.
  const text = typeof value === "string" && /^[=+@\t\r-]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The answers without their pictures, which are large and follow from the song. */
export function asJson(songs) {
  const plain = songs.map(({ name, result, error }) => {
    if (!result) return { song: name, error: { code: error?.code ?? "cancelled", message: error?.message } };
    const { spectrogram, waveform, heard, ...rest } = result;
    return { song: name, ...rest };
  });
  return JSON.stringify(plain, null, 2) + "\n";
}
