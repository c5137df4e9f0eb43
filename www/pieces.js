// A song in pieces: samples that are there as a whole are cut, so that no other thread ever has to hold
// more than a few seconds of them.

/**
 * @typedef {object} Song
 * @property {number} sampleRate
 * @property {number} expectedSamples a channel; fewer or more may come
 * @property {Iterable<Float32Array[]> | AsyncIterable<Float32Array[]>} pieces planar, in the order of
 *   time, each given away
 */

/** Long enough that the messages about a piece cost little beside the work on it. */
const PIECE_SECONDS = 10;

/**
 * @param {number} samples a channel, at `sampleRate`
 * @param {(start: number, end: number) => Float32Array[]} copy of every channel
 * @returns {Song}
 */
export function inPieces(samples, sampleRate, copy) {
  return { sampleRate, expectedSamples: samples, pieces: cut(samples, PIECE_SECONDS * sampleRate, copy) };
}

function* cut(samples, length, copy) {
  let start = 0;
  do {
    yield copy(start, Math.min(start + length, samples));
    start += length;
  } while (start < samples);
}
