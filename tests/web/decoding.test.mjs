// Files that are decoded in pieces: to the same samples as the whole, never more than a few pieces at a
// time, and as the whole where pieces do not join. With the real core.

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { By } from "selenium-webdriver";

import { inPage } from "./browser.mjs";
import { realSite } from "./site.mjs";
import { ffmpeg, tune, wav } from "./songs.mjs";
import { visitNoPage } from "./visit.mjs";

const SECONDS = 65;

let site, visit;

before(async () => {
  site = await mkdtemp(join(tmpdir(), "foretune-decoding-"));
  await cp(realSite(), site, { recursive: true });
  // Something else in every second, so that nothing joins by chance; and a silence where pieces meet.
  const channel = (factor) => tune(SECONDS, 44_100).map((sample, index) => {
    const seconds = index / 44_100;
    return seconds > 19 && seconds < 21 ? 0 : sample * (0.6 + 0.4 * Math.sin(factor * seconds)) + 0.1 * Math.sin(index * (0.02 + 1e-8 * index));
  });
  await writeFile(join(site, "song.wav"), wav([channel(0.7), channel(1.1)], 44_100));
  visit = await visitNoPage(site);
});

after(() => visit?.close());

const made = (name, ...options) => ffmpeg("-i", join(site, "song.wav"), ...options, join(site, name));

/** In the page: a file's bytes, and what the core says of where to cut it. */
const CUT = `
  const bytesOf = async (name) => (await fetch(name)).arrayBuffer();
  const inspect = (bytes) => core.inspect(bytes.byteLength, (start, end) => new Uint8Array(bytes, start, end - start));
  const core = await import("./pkg/foretune.js");
  await core.default({ module_or_path: await WebAssembly.compileStreaming(fetch("./pkg/foretune_bg.wasm")) });
  const { decodedInPieces } = await import("./decoding.js");`;

const FILES = {
  "constant rate.mp3": ["-codec:a", "libmp3lame", "-b:a", "192k"],
  "variable rate.mp3": ["-codec:a", "libmp3lame", "-q:a", "4"],
  "a lot of reservoir.mp3": ["-ac", "1", "-codec:a", "libmp3lame", "-b:a", "32k", "-ar", "44100"],
  "no tag.mp3": ["-codec:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "0", "-write_id3v1", "1"],
  "48 kHz.mp3": ["-ar", "48000", "-codec:a", "libmp3lame", "-b:a", "128k"],
  "22.05 kHz.mp3": ["-ar", "22050", "-codec:a", "libmp3lame", "-b:a", "64k"],
  "16 bits.wav": [],
  "24 bits.wav": ["-codec:a", "pcm_s24le"],
  "floats at 96 kHz.wav": ["-codec:a", "pcm_f32le", "-ar", "96000"],
  "8 bits in mono.wav": ["-codec:a", "pcm_u8", "-ac", "1", "-ar", "8000"],
};

test("pieces of MP3 and WAV files have the samples of the whole, to the last bit", async (t) => {
  for (const [name, options] of Object.entries(FILES)) {
    await t.test(name, async () => {
      await made(name, ...options);
      const found = await inPage(visit.driver, `${CUT}
        const bytes = await bytesOf(${JSON.stringify(name)});
        const cut = decodedInPieces(new Blob([bytes]), inspect(bytes), (decoding) => decoding);
        const whole = await new OfflineAudioContext(1, 1, cut.sampleRate).decodeAudioData(bytes.slice());
        let [start, differences, pieces] = [0, 0, 0];
        for await (const piece of cut.pieces) {
          pieces += 1;
          if (piece.length !== whole.numberOfChannels) throw new Error(piece.length + " channels");
          piece.forEach((samples, channel) => {
            const expected = whole.getChannelData(channel).subarray(start, start + samples.length);
            differences += samples.reduce((sum, sample, index) => sum + (sample !== expected[index]), 0);
          });
          start += piece[0].length;
        }
        return { pieces, differences, samples: [start, cut.expectedSamples, whole.length] };`);
      assert.equal(found.differences, 0, JSON.stringify(found));
      assert.equal(new Set(found.samples).size, 1, JSON.stringify(found));
      assert.equal(found.pieces, 3);
    });
  }
});

test("what is no plain MP3 or WAV, is damaged or was cut off is decoded as a whole", async () => {
  await made("song.mp3", "-codec:a", "libmp3lame", "-b:a", "128k");
  for (const [name, ...options] of [["song.m4a"], ["song.ogg"], ["song.flac"]]) await made(name, ...options);
  const mp3 = await readFile(join(site, "song.mp3"));
  await writeFile(join(site, "cut off.mp3"), mp3.subarray(0, mp3.length / 2));
  await writeFile(join(site, "cut off.wav"), (await readFile(join(site, "song.wav"))).subarray(0, 5_000_001));
  await writeFile(join(site, "damaged.mp3"), Buffer.from(mp3).fill(7, 400_000, 401_000));
  const names = ["song.m4a", "song.ogg", "song.flac", "cut off.mp3", "cut off.wav", "damaged.mp3"];
  const found = await inPage(visit.driver, `${CUT}
    const foretune = await Foretune.load();
    const found = {};
    for (const name of ${JSON.stringify(names)}) {
      const cuts = inspect(await bytesOf(name));
      found[name] = [cuts === undefined, await codeOf(foretune.predict(name))];
    }
    foretune.dispose();
    return found;`);
  assert.deepEqual(found, Object.fromEntries(names.map((name) => [name, [true, "answered"]])));
});

test("where pieces do not join, all of it is decoded again, and the answer is that of the whole", async () => {
  const found = await inPage(visit.driver, `
    const foretune = await Foretune.load();
    const { decodeAudioData } = BaseAudioContext.prototype;
    const { copyFromChannel } = AudioBuffer.prototype;
    const whole = await decodeAudioData.call(new OfflineAudioContext(1, 1, 44100), await (await fetch("song.mp3")).arrayBuffer());
    const channels = [0, 1].map((channel) => whole.getChannelData(channel));
    const expected = await foretune.predict({ channels, sampleRate: 44100 });
    const answers = [];
    for (const spoilt of [
      // A decoder that leaves out what it cannot decode for lack of what came before.
      (piece) => {
        const shorter = new AudioBuffer({ numberOfChannels: 2, length: piece.length - 1152, sampleRate: 44100 });
        for (const channel of [0, 1]) shorter.copyToChannel(piece.getChannelData(channel).subarray(1152), channel);
        return shorter;
      },
      // One that is late by a few samples.
      (piece) => {
        for (const channel of [0, 1]) piece.getChannelData(channel).copyWithin(5, 0);
        return piece;
      },
      // One that fails.
      () => Promise.reject(new DOMException("no", "EncodingError")),
    ]) {
      const sizes = [];
      BaseAudioContext.prototype.decodeAudioData = async function (bytes) {
        const third = sizes.push(bytes.byteLength) === 3;
        const piece = await decodeAudioData.call(this, bytes);
        return third ? spoilt(piece) : piece;
      };
      const answer = await foretune.predict("song.mp3");
      answers.push([sizes.at(-1) > 2 * sizes[0], answer.popularity.p50 === expected.popularity.p50, answer.windows.length === expected.windows.length]);
    }
    BaseAudioContext.prototype.decodeAudioData = decodeAudioData;
    foretune.dispose();
    return answers;`);
  assert.deepEqual(found, Array(3).fill([true, true, true]));
});

test("of a long file no more than a few pieces are there at a time", async () => {
  const minutes = 12;
  await made("long.wav", "-af", `aloop=-1:size=${SECONDS * 44_100}`, "-t", String(60 * minutes), "-ac", "1", "-ar", "8000");
  const { largest, most, processed, code } = await inPage(visit.driver, `
    let [decoded, processed, most, largest] = [0, 0, 0, 0];
    const RealWorker = Worker;
    window.Worker = class extends RealWorker {
      constructor(...args) {
        super(...args);
        this.addEventListener("message", () => {
          if (this.doing === "piece") processed += 1;
          this.doing = null;
        });
      }
      postMessage(message, ...rest) { this.doing = message.method; super.postMessage(message, ...rest); }
    };
    const { decodeAudioData } = BaseAudioContext.prototype;
    BaseAudioContext.prototype.decodeAudioData = async function (bytes) {
      decoded += 1;
      most = Math.max(most, decoded - processed);
      const piece = await decodeAudioData.call(this, bytes);
      largest = Math.max(largest, piece.duration);
      return piece;
    };
    const foretune = await Foretune.load({ workers: 2 });
    const code = await codeOf(foretune.predict("long.wav"));
    foretune.dispose();
    window.Worker = RealWorker;
    BaseAudioContext.prototype.decodeAudioData = decodeAudioData;
    return { largest, most, processed, code };`);
  assert.equal(code, "answered");
  assert.equal(processed, (60 * minutes) / 20);
  assert.ok(largest <= 30, `a piece of ${largest} s`);
  // One is processed, and three are decoded.
  assert.ok(most <= 4, `${most} pieces at once`);
});

test("a file is read piece by piece, and never as a whole", async () => {
  const { size, read, code } = await inPage(visit.driver, `
    const file = new File([await (await fetch("long.wav")).blob()], "long.wav");
    const { arrayBuffer } = Blob.prototype;
    const read = [];
    Blob.prototype.arrayBuffer = function () {
      read.push(this.size);
      return arrayBuffer.call(this);
    };
    const foretune = await Foretune.load();
    const code = await codeOf(foretune.predict(file));
    foretune.dispose();
    Blob.prototype.arrayBuffer = arrayBuffer;
    return { size: file.size, read, code };`);
  assert.equal(code, "answered");
  assert.ok(read.length > 1 && Math.max(...read) < size / (read.length - 1), `${read} of ${size}`);
});

test("a file that was changed, or goes while it is read, is answered with a code, and the next one with a result", async () => {
  const chosen = join(site, "chosen.wav");
  await cp(join(site, "song.wav"), chosen);
  await visit.driver.executeScript(`
    const input = document.createElementNS("http://www.w3.org/1999/xhtml", "input");
    document.documentElement.append(Object.assign(input, { type: "file", id: "chosen" }));`);
  await visit.driver.findElement(By.id("chosen")).sendKeys(chosen);
  await writeFile(chosen, "changed");
  const codes = await inPage(visit.driver, `
    const foretune = await Foretune.load();
    const changed = await codeOf(foretune.predict(document.getElementById("chosen").files[0]));
    const { arrayBuffer } = Blob.prototype;
    let reads = 0;
    Blob.prototype.arrayBuffer = function () {
      reads += 1;
      return reads < 3 ? arrayBuffer.call(this) : Promise.reject(new DOMException("gone", "NotReadableError"));
    };
    const going = await codeOf(foretune.predict("song.wav"));
    Blob.prototype.arrayBuffer = arrayBuffer;
    const next = await codeOf(foretune.predict("song.wav"));
    foretune.dispose();
    return { changed, going, next };`);
  assert.deepEqual(codes, { changed: "unreadable_file", going: "unreadable_file", next: "answered" });
});

test("a song that is stopped while its pieces are decoded is let go, and the next one is answered", async () => {
  const found = await inPage(visit.driver, `
    const foretune = await Foretune.load();
    const { decodeAudioData } = BaseAudioContext.prototype;
    const stop = new AbortController();
    let started = 0;
    // Two pieces come, the third never does.
    BaseAudioContext.prototype.decodeAudioData = function (bytes) {
      started += 1;
      if (started < 3) return decodeAudioData.call(this, bytes);
      setTimeout(() => stop.abort());
      return new Promise(() => {});
    };
    const stopped = await codeOf(foretune.predict("song.mp3", { signal: stop.signal }));
    BaseAudioContext.prototype.decodeAudioData = decodeAudioData;
    const next = await codeOf(foretune.predict("song.mp3"));
    foretune.dispose();
    return [stopped, next];`);
  assert.deepEqual(found, ["cancelled", "answered"]);
});

test("a decoder that never answers for a piece is given up", async () => {
  const code = await inPage(visit.driver, `
    const foretune = await Foretune.load({ stallSeconds: 1 });
    const { decodeAudioData } = BaseAudioContext.prototype;
    BaseAudioContext.prototype.decodeAudioData = () => new Promise(() => {});
    const code = await codeOf(foretune.predict("song.mp3"));
    BaseAudioContext.prototype.decodeAudioData = decodeAudioData;
    foretune.dispose();
    return code;`);
  assert.equal(code, "unresponsive");
});
