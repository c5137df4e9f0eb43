// A corpus of hostile files: every supported container, mutated in every way that has ever broken a
// decoder, and bombs made by hand. The same seed gives the same mutations of the same encodings.

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ffmpeg, tune, wav } from "../songs.mjs";
import { bombs } from "./bombs.mjs";
import { fieldsOf, fieldValue, withField, withOggChecksums } from "./fields.mjs";
import { randomOf } from "./random.mjs";

export const ENCODINGS = {
  mp3: ["mp3", "-codec:a", "libmp3lame", "-b:a", "128k"],
  m4a: ["m4a", "-codec:a", "aac", "-b:a", "128k"],
  alac: ["m4a", "-codec:a", "alac"],
  aac: ["aac", "-codec:a", "aac", "-b:a", "128k"],
  flac: ["flac", "-codec:a", "flac"],
  ogg: ["ogg", "-codec:a", "libvorbis", "-q:a", "4"],
  opus: ["opus", "-codec:a", "libopus", "-b:a", "96k"],
  wav: ["wav", "-codec:a", "pcm_s16le"],
  aiff: ["aiff", "-codec:a", "pcm_s16be"],
  webm: ["webm", "-codec:a", "libopus", "-b:a", "96k"],
};

/** Whole files of four seconds, by container. */
export async function seedFiles() {
  const folder = await mkdtemp(join(tmpdir(), "foretune-seeds-"));
  try {
    const source = join(folder, "source.wav");
    await writeFile(source, wav([tune(4, 44_100), tune(4, 44_100).reverse()], 44_100));
    const seeds = {};
    for (const [container, [extension, ...options]] of Object.entries(ENCODINGS)) {
      const path = join(folder, `${container}.${extension}`);
      // Bit-exact: without dates, versions and random serial numbers.
      await ffmpeg("-i", source, "-metadata", "title=Hostile", ...options, "-fflags", "+bitexact", "-flags", "+bitexact", path);
      seeds[container] = await readFile(path);
    }
    return seeds;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What may be done to a file, by name; each gives as many variants as it is asked for. */
const MUTATIONS = {
  "cut off": (bytes, random, variant) => bytes.subarray(0, [1, 4, 12, 40, 100, bytes.length >> 2, bytes.length >> 1, bytes.length - 1][variant]),
  "bits flipped in the header": (bytes, random) => flipped(bytes, random, 1 + random.below(8), Math.min(512, bytes.length)),
  "bits flipped everywhere": (bytes, random, variant) => flipped(bytes, random, Math.ceil(bytes.length * [0.0001, 0.001, 0.01, 0.1][variant]), bytes.length),
  "a field that lies": (bytes, random, variant, container) => {
    const field = random.pick(fieldsOf(container, bytes));
    const value = fieldValue(bytes, field);
    const top = 1n << BigInt(field.size * 8 - 1);
    return withField(bytes, field, random.pick([0n, 1n, -1n, top, top - 1n, value + 1n, value - 1n, value * 2n]));
  },
  overwritten: (bytes, random, variant) => {
    const [from, to] = [[0, 64], [bytes.length >> 1, bytes.length], [64, 1_024], [bytes.length >> 2, bytes.length >> 1]][variant];
    return Buffer.from(bytes).fill(variant % 2 ? 0x00 : 0xff, from, to);
  },
  rearranged: (bytes, random, variant) => {
    const [third, size] = [Math.floor(bytes.length / 3), Math.min(1_000, bytes.length >> 3)];
    return [
      () => Buffer.concat([bytes.subarray(0, third), bytes.subarray(third + size)]),
      () => Buffer.concat([bytes.subarray(0, third), random.bytes(size), bytes.subarray(third)]),
      () => Buffer.concat([bytes.subarray(0, third), bytes.subarray(2 * third), bytes.subarray(third, 2 * third)]),
      () => Buffer.concat([bytes, bytes]),
      () => Buffer.concat([random.bytes(size), bytes]),
    ][variant]();
  },
};

/** How many of each a container gets, at most as many as there are. */
const VARIANTS = { "cut off": 8, "bits flipped in the header": 6, "bits flipped everywhere": 4, "a field that lies": 10, overwritten: 4, rearranged: 5 };

/**
 * @param {object} options
 * @param {string} [options.seed]
 * @param {number} [options.every] only each so-manieth file, for a soon answer
 * @returns {Promise<{name: string, container: string, fault: string, content: Buffer}[]>}
 */
export async function corpus({ seed = "foretune", every = 1 } = {}) {
  const seeds = await seedFiles();
  const files = [];
  for (const [container, bytes] of Object.entries(seeds)) {
    const [extension] = ENCODINGS[container];
    const add = (fault, variant, content, ending = extension) =>
      files.push({ name: `${container}-${fault.replaceAll(" ", "-")}-${variant}.${ending}`, container, fault, content });
    for (const [fault, mutate] of Object.entries(MUTATIONS)) {
      for (let variant = 0; variant < VARIANTS[fault]; variant++) {
        const random = randomOf(`${seed} ${container} ${fault} ${variant}`);
        const changed = mutate(bytes, random, variant, container);
        const signed = ["ogg", "opus"].includes(container) && variant % 2 ? withOggChecksums(changed) : changed;
        add(fault, variant, signed);
      }
    }
    const others = Object.keys(seeds).filter((other) => other !== container);
    const other = randomOf(`${seed} ${container} other`).pick(others);
    add("another extension", 0, bytes, ENCODINGS[other][0] === extension ? "txt" : ENCODINGS[other][0]);
    add("two containers in one", 0, Buffer.concat([bytes.subarray(0, bytes.length >> 1), seeds[other].subarray(seeds[other].length >> 1)]));
  }
  for (const [name, content] of bombs(seeds)) files.push({ name, container: "by hand", fault: "by hand", content });
  return files.filter((_, index) => index % every === 0);
}

/** Writes `files` to `folder`; gives their paths, and one hash over all of them. */
export async function write(files, folder) {
  await mkdir(folder, { recursive: true });
  const hash = createHash("sha256");
  const paths = [];
  for (const { name, content } of files) {
    const path = join(folder, name);
    await writeFile(path, content);
    hash.update(name).update(content);
    paths.push(path);
  }
  return { paths, sha256: hash.digest("hex") };
}

function flipped(bytes, random, count, within) {
  const changed = Buffer.from(bytes);
  for (let flip = 0; flip < count; flip++) changed[random.below(within)] ^= 1 << random.below(8);
  return changed;
}
