// The real core where there is no more memory: its own limit is lowered, so that a song does not fit.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { inPage } from "./browser.mjs";
import { realSite } from "./site.mjs";
import { visitNoPage } from "./visit.mjs";

const PAGE_BYTES = 65_536;

// Of a song its mean channel is held while it is measured, at half the usual
// rate: 159 MB for half an hour.
const CORE_BYTES = 64 * 1024 * 1024;

// In the page: some minutes of a tone that swells and fades, in stereo.
const TONE = `
  const second = Float32Array.from({ length: 44100 }, (_, index) => 0.4 * Math.sin(index / 20) * Math.sin(index / 14000));
  const of = (seconds) => {
    const samples = new Float32Array(44100 * seconds);
    for (let at = 0; at < seconds; at++) samples.set(second, 44100 * at);
    return { channels: [samples, samples], sampleRate: 44100 };
  };`;

let visit;

before(async () => {
  const site = await mkdtemp(join(tmpdir(), "foretune-memory-"));
  await cp(realSite(), site, { recursive: true });
  const path = join(site, "pkg/foretune_bg.wasm");
  const core = withMemory(await readFile(path), CORE_BYTES / PAGE_BYTES);
  await writeFile(path, core);
  const build = JSON.parse(await readFile(join(site, "pkg/build.json"), "utf8"));
  Object.assign(build.wasm, { bytes: core.length, sha256: createHash("sha256").update(core).digest("hex") });
  await writeFile(join(site, "pkg/build.json"), JSON.stringify(build));
  visit = await visitNoPage(site);
});

after(() => visit?.close());

/** The module with a maximum of `pages` for its memory: section 5 is `count, flags, minimum, maximum?`. */
function withMemory(wasm, pages) {
  const number = (at) => {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = wasm[at++];
      value += (byte & 0x7f) * 2 ** shift;
      shift += 7;
      if (byte < 0x80) return [value, at];
    }
  };
  const coded = (value) => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...coded(value >>> 7)]);
  for (let at = 8; at < wasm.length; ) {
    const [size, content] = number(at + 1);
    if (wasm[at] === 5) {
      const [minimum] = number(content + 2);
      const section = [1, 1, ...coded(minimum), ...coded(pages)];
      return Buffer.concat([wasm.subarray(0, at), Buffer.from([5, ...coded(section.length), ...section]), wasm.subarray(content + size)]);
    }
    at = content + size;
  }
  throw new Error("the core has no memory of its own");
}

test("a song that does not fit is refused by name, and the next one is answered by a fresh worker", async () => {
  const found = await inPage(visit.driver, `${TONE}
    const foretune = await Foretune.load({ workers: 2 });
    const found = [];
    for (const seconds of [5, 900, 5, 1200, 5]) {
      const { code, message, popularity } = await foretune.predict(of(seconds)).catch((error) => error);
      found.push(code ? [code, message] : ["answered", popularity.p50]);
    }
    foretune.dispose();
    return found;`);
  assert.deepEqual(found.map(([code]) => code), ["answered", "out_of_memory", "answered", "out_of_memory", "answered"]);
  assert.match(found[1][1], /not enough memory.*Close other tabs/);
  assert.deepEqual(found[2], found[0]);
  assert.deepEqual(found[4], found[0]);
});

test("one that fits at first and fails on the way is answered with a coded error too", async () => {
  const found = await inPage(visit.driver, `${TONE}
    const foretune = await Foretune.load({ workers: 1 });
    const found = [];
    // From what just fits to what just does not, wherever the stages' own memory runs out.
    for (const seconds of [60, 520, 550, 580, 610, 640, 670, 4]) found.push(await codeOf(foretune.predict(of(seconds))));
    foretune.dispose();
    return found;`);
  console.log(JSON.stringify(found));
  assert.deepEqual(found.filter((code) => !["answered", "out_of_memory", "crashed"].includes(code)), []);
  assert.ok(found.slice(0, -1).some((code) => code !== "answered"));
  assert.equal(found.at(-1), "answered");
});
