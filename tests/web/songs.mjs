// Files to hand to the page: made here where a few lines can, so that nothing large is committed.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A 16-bit WAV of `channels`, arrays of samples within ±1. */
export function wav(channels, sampleRate) {
  const [count, frames] = [channels.length, channels[0].length];
  const bytes = Buffer.alloc(44 + frames * count * 2);
  bytes.write("RIFF", 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write("WAVEfmt ", 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(count, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * count * 2, 28);
  bytes.writeUInt16LE(count * 2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36);
  bytes.writeUInt32LE(frames * count * 2, 40);
  for (let frame = 0; frame < frames; frame++) {
    for (let channel = 0; channel < count; channel++) {
      const sample = Math.max(-1, Math.min(1, channels[channel][frame]));
      bytes.writeInt16LE(Math.round(sample * 32767), 44 + (frame * count + channel) * 2);
    }
  }
  return bytes;
}

/** A chord with a beat at 120 BPM: enough to be answered, in a file of `seconds`. */
export function tune(seconds, sampleRate) {
  const chord = [220, 277.18, 329.63, 440];
  return Float32Array.from({ length: Math.round(seconds * sampleRate) }, (_, index) => {
    const at = index / sampleRate;
    const tones = chord.reduce((sum, hertz) => sum + Math.sin(2 * Math.PI * hertz * at), 0) / chord.length;
    const beat = Math.sin(2 * Math.PI * 60 * at) * Math.exp(-((at * 2) % 1) * 10);
    return 0.4 * tones + 0.4 * beat;
  });
}

/**
 * A silent MP3 of any length in no time: MPEG-2.5 layer III frames at 8 kbit/s and 8 kHz, mono, hold
 * 576 samples in 72 bytes, and one whose side information is all zeros is valid and silent.
 */
export function silentMp3(seconds) {
  const [frameBytes, frameSeconds] = [72, 576 / 8000];
  const frames = Math.ceil(seconds / frameSeconds);
  const bytes = Buffer.alloc(frames * frameBytes);
  for (let frame = 0; frame < frames; frame++) bytes.writeUInt32BE(0xffe318c0, frame * frameBytes);
  return bytes;
}

/** Runs ffmpeg, which encodes in the formats that musicians use. */
export async function ffmpeg(...args) {
  await run("ffmpeg", ["-hide_banner", "-loglevel", "error", "-y", ...args]);
}
