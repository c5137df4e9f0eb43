// The page and the native program on the same songs: one core behind two decoders.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { startServer } from "../../xtask/serve.mjs";
import { openBrowser, PredictorPage } from "./browser.mjs";
import { realSite } from "./site.mjs";
import { ffmpeg } from "./songs.mjs";

const run = promisify(execFile);
const MODELS = fileURLToPath(new URL("../../models/", import.meta.url));

// The browser decodes everything to 44.1 kHz and the native program to the file's own rate, with
// other resamplers and other lossy decoders; these are the bars within which nobody can tell.
const POPULARITY_POINTS = 1.0;
const FEATURE = 0.02;
const TEMPO_SHARE = 0.005;
const LOUDNESS_DB = 0.2;

// Freely licensed recordings: the music of Extreme Tux Racer, Ogg Vorbis in a Debian package.
const PACKAGE = "extremetuxracer-data";
const MUSIC = "usr/share/games/etr/music";

let files, server, browser, page, songs;

before(async () => {
  files = await mkdtemp(join(tmpdir(), "foretune-songs-"));
  songs = await encode(await recordings());
  server = await startServer({ directory: realSite() });
  browser = await openBrowser();
  page = new PredictorPage(browser.driver, server.url);
  await page.open();
  await page.prepared();
});

after(async () => {
  await browser?.close();
  await server?.close();
  if (files) await rm(files, { recursive: true });
});

function trainBinary() {
  const binary = process.env.FORETUNE_TRAIN_BIN;
  if (!binary) throw new Error("FORETUNE_TRAIN_BIN names no program. Run these tests by `cargo xtask test`.");
  return binary;
}

/** Five recordings: real ones where the package can be had, else rendered by our own program. */
async function recordings() {
  const kept = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "foretune", "songs");
  const music = join(kept, MUSIC);
  const found = () => readdir(music).catch(() => []);
  if ((await found()).length === 0) {
    try {
      await mkdir(kept, { recursive: true });
      await run("apt-get", ["download", "-qq", PACKAGE], { cwd: kept });
      const [archive] = (await readdir(kept)).filter((name) => name.endsWith(".deb"));
      await run("dpkg-deb", ["--extract", join(kept, archive), kept]);
      await rm(join(kept, archive));
    } catch (failure) {
      console.log(`${PACKAGE} cannot be had here (${failure.message.trim()}): comparing rendered songs`);
    }
  }
  const names = await found();
  if (names.length > 0) {
    return ["race1-jt.ogg", "spunkyrace-ks.ogg", "freezingpoint.ogg", "calmrace-ks.ogg", "start1-jt.ogg"].map(
      (name) => join(music, name),
    );
  }
  await run(trainBinary(), ["render", "--out", files, "--count", "5", "--seconds", "45"]);
  return Array.from({ length: 5 }, (_, index) => join(files, `${String(index).padStart(4, "0")}.wav`));
}

/** The recordings in the forms that songs come in. */
async function encode(sources) {
  const forms = [
    ["stereo at 44.1 kHz.mp3", "-ac", "2", "-ar", "44100", "-codec:a", "libmp3lame", "-q:a", "2"],
    ["stereo at 48 kHz.mp3", "-ac", "2", "-ar", "48000", "-codec:a", "libmp3lame", "-b:a", "192k"],
    ["mono at 44.1 kHz.wav", "-ac", "1", "-ar", "44100", "-codec:a", "pcm_s16le"],
    ["stereo at 48 kHz.wav", "-ac", "2", "-ar", "48000", "-codec:a", "pcm_s24le"],
    ["stereo at 44.1 kHz.ogg", "-ac", "2", "-ar", "44100", "-codec:a", "libvorbis", "-q:a", "6"],
  ];
  return Promise.all(
    forms.map(async ([name, ...options], index) => {
      const path = join(files, name);
      await ffmpeg("-i", sources[index], "-map", "0:a", "-t", "90", ...options, path);
      return path;
    }),
  );
}

test("the page and the native program agree on five songs", async (t) => {
  const { stdout } = await run(trainBinary(), ["predict", "--json", "--models", MODELS, ...songs], {
    maxBuffer: 1 << 26,
  });
  const native = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(native.map(({ file }) => file), songs);
  for (const [index, song] of songs.entries()) {
    await t.test(song.slice(files.length + 1), async () => {
      const { phase, result, error } = await page.answerTo(song);
      assert.equal(phase, "ready", error?.message);
      const apart = differences(result, native[index]);
      console.log(JSON.stringify(apart));
      assert.ok(apart.p50 <= POPULARITY_POINTS, `p50 differs by ${apart.p50}`);
      assert.ok(apart.loudness <= LOUDNESS_DB, `loudness differs by ${apart.loudness} dB`);
      assert.ok(apart.tempo <= TEMPO_SHARE, `tempo differs by ${apart.tempo} of itself`);
      assert.equal(result.features.key, native[index].features.key);
      assert.equal(result.features.mode, native[index].features.mode);
      for (const [name, difference] of Object.entries(apart.features)) {
        assert.ok(difference <= FEATURE, `${name} differs by ${difference}`);
      }
      assert.equal(result.model, native[index].model);
    });
  }
});

function differences(web, native) {
  const between = (name) => Math.abs(web.features[name] - native.features[name]);
  const perceptual = Object.keys(native.features).filter(
    (name) => !["key", "mode", "tempo", "loudness"].includes(name),
  );
  return {
    p50: Math.abs(web.popularity.p50 - native.popularity.p50),
    loudness: between("loudness"),
    tempo: between("tempo") / native.features.tempo,
    features: Object.fromEntries(perceptual.map((name) => [name, between(name)])),
  };
}
