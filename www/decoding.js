// A file's samples. The Web Audio API decodes, piece by piece where the core says how a file can be cut;
// so a page never holds more than seconds of them, nor of the file, and analyses some while others are
// decoded.

import { ForetuneError } from "./errors.js";
import { bytesOf, ofAudioBuffer } from "./song-input.js";

/** Of the whole of a file: the rate that every engine's decoder accepts; Safari has refused others. */
const WHOLE_RATE = 44_100;

/** As much of a file's beginning as tells what kind it is. */
const HEAD_BYTES = 8192;

/** Pieces that are decoded while others are analysed. */
const PIECES_AHEAD = 2;

/** Engines that decode to 16 bits carry their rounding on from sample to sample: one step of them. */
const ROUNDING = 1.01 / 32768;

/** Thrown on the way where pieces do not join as they should: the file has to be decoded as a whole. */
export class Seam extends Error {}

/**
 * @param {Blob} file
 * @param {object} cuts what the core's `inspect` gives
 * @param {(decoding: Promise<AudioBuffer>) => Promise<AudioBuffer>} patiently gives up what never settles
 * @returns {import("./pieces.js").Song}
 */
export function decodedInPieces(file, { sample_rate_hz: sampleRate, samples, pieces }, patiently) {
  return { sampleRate, expectedSamples: samples, pieces: decodePieces(file, sampleRate, pieces, patiently) };
}

async function* decodePieces(file, sampleRate, cuts, patiently) {
  const decoding = [];
  let end = null;
  for (let index = 0; index < cuts.length; index++) {
    while (decoding.length <= PIECES_AHEAD && index + decoding.length < cuts.length) {
      const started = patiently(decodePiece(file, sampleRate, cuts[index + decoding.length]));
      // Whoever waits for it hears of it.
      started.catch(() => {});
      decoding.push(started);
    }
    const { skip, drop, common, ...cut } = cuts[index];
    const buffer = await decoding.shift();
    const channels = buffer.numberOfChannels;
    if (buffer.length !== cut.samples || buffer.sampleRate !== sampleRate || (end && channels !== end.length)) {
      throw new Seam(`${buffer.length} samples of ${channels} channels where ${cut.samples} were to come`);
    }
    const decoded = Array.from({ length: channels }, (_, channel) => buffer.getChannelData(channel));
    const part = (start, stop) => decoded.map((samples) => samples.subarray(start, stop));
    if (end && !alike(part(skip - common, skip), end)) throw new Seam("other samples at a join");
    const next = cuts[index + 1]?.common ?? 0;
    end = part(cut.samples - next, cut.samples).map((samples) => samples.slice());
    yield taken(decoded).map((samples) => samples.subarray(skip, cut.samples - drop));
  }
}

/** What a decoder made, moved rather than copied: garbage of this size is not soon collected. */
function taken(channels) {
  try {
    return structuredClone(channels, { transfer: channels.map(({ buffer }) => buffer) });
  } catch {
    // Some browsers do not let go of a decoder's memory.
    return channels.map((samples) => samples.slice());
  }
}

async function decodePiece(file, sampleRate, { header, start, end }) {
  const bytes = await bytesOf(new Blob([header, file.slice(start, end)]));
  try {
    return await new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(bytes);
  } catch (thrown) {
    // A rate that this browser does not know, or damage, of which the whole may have more to say.
    throw new Seam(String(thrown), { cause: thrown });
  }
}

function alike(channels, others) {
  return channels.every((samples, channel) =>
    samples.every((sample, index) => Math.abs(sample - others[channel][index]) <= ROUNDING),
  );
}

/**
 * @param {Blob} file
 * @param {object} core
 * @param {(decoding: Promise<AudioBuffer>) => Promise<AudioBuffer>} patiently
 * @returns {Promise<import("./pieces.js").Song & {warnings: object[]}>}
 */
export async function decodedWhole(file, core, patiently) {
  const head = new Uint8Array(await bytesOf(file.slice(0, HEAD_BYTES)));
  // The decoder takes memory for the whole song at once, so what is too long is refused before.
  const announced = await announcedSeconds(file);
  if (announced !== null) core.check_announced(announced);
  const bytes = await bytesOf(file);
  const decoding = new OfflineAudioContext(1, 1, WHOLE_RATE).decodeAudioData(bytes).catch((thrown) => {
    // Safari has rejected with null.
    throw core.decode_error(head, thrown?.message ?? "the browser's decoder refused it");
  });
  const buffer = await patiently(decoding);
  core.check_samples(buffer.numberOfChannels, buffer.length, buffer.sampleRate);
  const warnings = announced === null ? [] : core.truncation_warnings(announced, buffer.duration);
  return { ...ofAudioBuffer(buffer), warnings };
}

/** The duration that a file's own header gives, as a media element reads it; null where it cannot tell. */
async function announcedSeconds(file) {
  // Without the type that it was given by its name, so that its content is looked at.
  const url = URL.createObjectURL(file.slice());
  const audio = new Audio();
  await new Promise((resolve) => {
    audio.onloadedmetadata = resolve;
    audio.onerror = resolve;
    audio.preload = "metadata";
    audio.src = url;
    // A policy without `media-src blob:` may leave the element silent for ever.
    setTimeout(resolve, 3000);
  });
  const { duration } = audio;
  audio.onloadedmetadata = audio.onerror = null;
  audio.removeAttribute("src");
  URL.revokeObjectURL(url);
  return Number.isFinite(duration) ? duration : null;
}

/** Rejects where a browser's decoder never settles, as has been seen on odd files. */
export function patience(stallSeconds) {
  return async (decoding) => {
    let timer;
    const stalled = new Promise((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new ForetuneError(
            "unresponsive",
            `The browser did not decode the file within ${stallSeconds} seconds. Export the song again as MP3, FLAC or WAV.`,
            { details: { seconds: stallSeconds } },
          ),
        );
      }, stallSeconds * 1000);
    });
    try {
      return await Promise.race([decoding, stalled]);
    } finally {
      clearTimeout(timer);
    }
  };
}
