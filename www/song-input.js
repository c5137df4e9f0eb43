// What `predict` accepts, brought to one of two forms: bytes to decode, or samples as they are.

import { abortable, asForetuneError, ForetuneError } from "./errors.js";

/**
 * @param {(bytes: number) => void} checkFileSize throws before a file too large is read
 * @returns {Promise<{bytes: ArrayBuffer} | {channels: Float32Array[], sampleRate: number}>}
 *   never sharing memory with `input`: both forms are given away to other threads
 */
export async function readSong(input, checkFileSize, signal) {
  if (input instanceof Blob) return { bytes: await readBlob(input, checkFileSize, signal) };
  if (input instanceof ArrayBuffer || ArrayBuffer.isView(input)) {
    checkFileSize(input.byteLength);
    if (input instanceof ArrayBuffer) return { bytes: input.slice() };
    const { buffer, byteOffset, byteLength } = input;
    return { bytes: buffer.slice(byteOffset, byteOffset + byteLength) };
  }
  if (typeof AudioBuffer !== "undefined" && input instanceof AudioBuffer) {
    const channels = Array.from({ length: input.numberOfChannels }, (_, channel) =>
      input.getChannelData(channel).slice(),
    );
    return { channels, sampleRate: input.sampleRate };
  }
  if (Array.isArray(input?.channels)) {
    const { channels, sampleRate } = input;
    if (!channels.every((samples) => samples instanceof Float32Array) || !(sampleRate > 0)) {
      throw invalid("channels must be Float32Arrays, with a sampleRate in hertz");
    }
    return { channels: channels.map((samples) => samples.slice()), sampleRate };
  }
  if (typeof input === "string" || input instanceof URL) {
    return { bytes: await fetchSong(input, checkFileSize, signal) };
  }
  throw invalid(
    "expected a File, Blob, ArrayBuffer, AudioBuffer, {channels, sampleRate} or URL",
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

async function fetchSong(address, checkFileSize, signal) {
  const unavailable = (reason, cause) =>
    new ForetuneError(
      "song_unavailable",
      `The song could not be fetched (${reason}). Check its address, or choose a file instead.`,
      { cause, details: { reason } },
    );
  let response;
  try {
    response = await fetch(new URL(address, document.baseURI), { signal });
  } catch (thrown) {
    if (thrown?.name === "AbortError") throw asForetuneError(thrown);
    throw unavailable(thrown.message, thrown);
  }
  if (!response.ok) throw unavailable(`status ${response.status}`);
  const announced = Number(response.headers.get("Content-Length"));
  if (announced > 0) checkFileSize(announced);
  try {
    const bytes = await response.arrayBuffer();
    checkFileSize(bytes.byteLength);
    return bytes;
  } catch (thrown) {
    if (thrown?.name === "AbortError" || thrown?.code) throw asForetuneError(thrown);
    throw unavailable(thrown.message, thrown);
  }
}

function invalid(expected) {
  return new ForetuneError("invalid_input", `This is not a song: ${expected}.`);
}
