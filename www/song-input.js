// What `predict` accepts, brought to one of two forms: a file to decode, or samples in pieces.

import { asForetuneError, cancelled, ForetuneError, unreadableFile } from "./errors.js";
import { inPieces } from "./pieces.js";
import { bodyOf } from "./transfer.js";

/**
 * @param {{checkFileSize: (bytes: number) => void,
 *   checkSamples: (channels: number, samples: number, rateHz: number) => void}} limits each throws
 *   before memory is taken for what is too large
 * @param {{signal?: AbortSignal, stallSeconds: number}} options
 * @returns {Promise<{file: Blob} | import("./pieces.js").Song>} a file, of which nothing has been read
 *   yet, or pieces that are copied from `input` as they are asked for
 */
export async function readSong(input, { checkFileSize, checkSamples }, options) {
  if (input instanceof Blob) {
    checkFileSize(input.size);
    return { file: input };
  }
  if (input instanceof ArrayBuffer || ArrayBuffer.isView(input)) {
    checkFileSize(input.byteLength);
    // Copied: what the caller does with it from here on is nothing to us.
    return { file: new Blob([input]) };
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
    return { file: await fetchSong(input, checkFileSize, options) };
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

/** @param {Blob} file or a part of one */
export async function bytesOf(file) {
  try {
    return await file.arrayBuffer();
  } catch (thrown) {
    throw unreadableFile(thrown);
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
      if (done) return new Blob(chunks);
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

function invalid(expected) {
  return new ForetuneError("invalid_input", `This is not a song: ${expected}.`);
}
