// What `predict` accepts, brought to one of two forms: bytes to decode, or samples in pieces.

import { abortable, asForetuneError, cancelled, ForetuneError } from "./errors.js";
import { inPieces } from "./pieces.js";
import { bodyOf } from "./transfer.js";

/**
 * @param {{checkFileSize: (bytes: number) => void,
 *   checkSamples: (channels: number, samples: number, rateHz: number) => void}} limits each throws
 *   before memory is taken for what is too large
 * @param {{signal?: AbortSignal, stallSeconds: number}} options
 * @returns {Promise<{bytes: ArrayBuffer} | import("./pieces.js").Song>} bytes that are nobody else's, or
 *   pieces that are copied from `input` as they are asked for
 */
export async function readSong(input, { checkFileSize, checkSamples }, options) {
  if (input instanceof Blob) return { bytes: await readBlob(input, checkFileSize, options.signal) };
  if (input instanceof ArrayBuffer || ArrayBuffer.isView(input)) {
    checkFileSize(input.byteLength);
    if (input instanceof ArrayBuffer) return { bytes: input.slice() };
    const { buffer, byteOffset, byteLength } = input;
    return { bytes: buffer.slice(byteOffset, byteOffset + byteLength) };
  }
  if (typeof AudioBuffer !== "undefined" && input instanceof AudioBuffer) {
    checkSamples(input.numberOfChannels, input.length, input.sampleRate);
    return ofAudioBuffer(input);
  }
  if (Array.isArray(input?.channels)) {
    const { channels, sampleRate } = input;
    const planar = channels.every((samples) => samples instanceof Float32Array);
    // A browser's rates are whole numbers too; 2³² and more would be taken for another rate.
    if (!planar || !Number.isInteger(sampleRate) || sampleRate < 0 || sampleRate >= 2 ** 32) {
      throw invalid("channels must be Float32Arrays, with a sampleRate in whole hertz");
    }
    const longest = Math.max(0, ...channels.map(({ length }) => length));
    checkSamples(channels.length, longest, sampleRate);
    return inPieces(longest, sampleRate, (start, end) => channels.map((samples) => samples.slice(start, end)));
  }
  if (typeof input === "string" || input instanceof URL) {
    return { bytes: await fetchSong(input, checkFileSize, options) };
  }
  throw invalid(
    "expected a File, Blob, ArrayBuffer, AudioBuffer, {channels, sampleRate} or URL",
  );
}

/** @param {AudioBuffer} buffer */
export function ofAudioBuffer(buffer) {
  return inPieces(buffer.length, buffer.sampleRate, (start, end) =>
    Array.from({ length: buffer.numberOfChannels }, (_, channel) => {
      const samples = new Float32Array(end - start);
      buffer.copyFromChannel(samples, channel, start);
      return samples;
    }),
  );
}

async function readBlob(blob, checkFileSize, signal) {
  checkFileSize(blob.size);
  try {
    return await abortable(blob.arrayBuffer(), signal);
  } catch (thrown) {
    if (thrown?.code === "cancelled") throw thrown;
    throw new ForetuneError(
      "unreadable_file",
      "The file could not be read; it may have been moved, changed, or need permission. Choose it again.",
      { cause: thrown },
    );
  }
}

async function fetchSong(address, checkFileSize, { signal, stallSeconds }) {
  const chunks = [];
  let received = 0;
  const reader = bodyOf(new URL(address, document.baseURI), {
    signal,
    stallSeconds,
    onLength: (announced) => announced > 0 && checkFileSize(announced),
  }).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return joined(chunks, received);
      received += value.byteLength;
      // What is announced may be wrong, or nothing.
      checkFileSize(received);
      chunks.push(value);
    }
  } catch (thrown) {
    reader.cancel().catch(() => {});
    if (signal?.aborted) throw cancelled();
    if (thrown?.name === "ForetuneError" || thrown instanceof RangeError) throw asForetuneError(thrown);
    throw new ForetuneError(
      "song_unavailable",
      `The song could not be fetched (${thrown.message}). Check its address, or choose a file instead.`,
      { cause: thrown, details: { reason: thrown.message } },
    );
  }
}

function joined(chunks, length) {
  const bytes = new Uint8Array(length);
  let end = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, end);
    end += chunk.byteLength;
  }
  return bytes.buffer;
}

function invalid(expected) {
  return new ForetuneError("invalid_input", `This is not a song: ${expected}.`);
}
