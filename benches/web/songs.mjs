// The songs that are timed: rendered by our own program, so that nothing unlicensed is needed.

import { execFile } from "node:child_process";
import { access, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { ffmpeg } from "../../tests/web/songs.mjs";

const run = promisify(execFile);
const RENDERED_SECONDS = 210;

/** A stereo MP3 at 192 kbit/s of any length, made once a folder; longer ones repeat the song. */
export async function mp3(folder, seconds) {
  const path = join(folder, `${seconds} seconds.mp3`);
  if (await there(path)) return path;
  const made = join(folder, "making.mp3");
  await ffmpeg(
    "-stream_loop", "-1", "-i", await rendered(folder), "-t", String(seconds),
    "-ac", "2", "-ar", "44100", "-codec:a", "libmp3lame", "-b:a", "192k", made,
  );
  await rename(made, path);
  return path;
}

/** The same as a WAV of 16 bits. */
export async function wav(folder, seconds) {
  const path = join(folder, `${seconds} seconds.wav`);
  if (await there(path)) return path;
  const made = join(folder, "making.wav");
  await ffmpeg(
    "-stream_loop", "-1", "-i", await rendered(folder), "-t", String(seconds), "-ac", "2", "-ar", "44100", made,
  );
  await rename(made, path);
  return path;
}

/** An MP3's samples, `{channels, sampleRate}`, as ffmpeg decodes them. */
export async function samples(path) {
  const { stdout } = await run("ffmpeg", ["-loglevel", "error", "-i", path, "-f", "f32le", "-"], {
    encoding: "buffer",
    maxBuffer: 1 << 30,
  });
  const interleaved = new Float32Array(stdout.buffer, stdout.byteOffset, stdout.byteLength / 4);
  const channels = [0, 1].map((channel) =>
    Float32Array.from({ length: interleaved.length / 2 }, (_, frame) => interleaved[2 * frame + channel]),
  );
  return { channels, sampleRate: 44_100 };
}

async function rendered(folder) {
  const path = join(folder, "0000.wav");
  if (!(await there(path))) {
    const binary = process.env.FORETUNE_TRAIN_BIN;
    if (!binary) throw new Error("FORETUNE_TRAIN_BIN names no program. Run the bench by `cargo xtask bench`.");
    await run(binary, ["render", "--out", folder, "--count", "1", "--seconds", String(RENDERED_SECONDS)]);
  }
  return path;
}

const there = (path) => access(path).then(() => true, () => false);
