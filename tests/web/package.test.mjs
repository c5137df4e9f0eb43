// The npm package before anyone builds with it: what is in it, its types, its description, Node.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { publint } from "publint";

import { installed, npmPackage, pack } from "./npm.mjs";
import { tune, wav } from "./songs.mjs";

const run = promisify(execFile);
const WWW = new URL("../../www/", import.meta.url);
const MODELS = fileURLToPath(new URL("../../models/", import.meta.url));
const TOOLS = fileURLToPath(new URL("node_modules/.bin/", import.meta.url));

let scratch, tarball, consumer;

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), "foretune-package-"));
  tarball = await pack(scratch);
  consumer = await installed("node", tarball);
});

after(async () => {
  for (const folder of [scratch, consumer]) if (folder) await rm(folder, { recursive: true });
});

test("publint and arethetypeswrong find nothing to say", async () => {
  const { messages } = await publint({ pkgDir: npmPackage(), strict: true });
  assert.deepEqual(messages, []);
  // ES modules alone are meant: what has no use for them is not asked.
  await run(join(TOOLS, "attw"), [tarball, "--profile", "esm-only", "--no-emoji"]).catch(({ stdout }) => assert.fail(stdout));
});

test("it can be published, and holds what it needs and no more", async () => {
  const { stdout } = await run("npm", ["publish", "--dry-run", "--json"], { cwd: npmPackage() });
  const published = JSON.parse(stdout);
  const files = (published.foretune ?? published).files.map(({ path }) => path);
  for (const needed of ["README.md", "LICENSE-MIT", "assets/worker.js", "assets/models/NOTICE.md", "custom-elements.json"]) {
    assert.ok(files.includes(needed), `${needed} is missing among ${files}`);
  }
  assert.deepEqual(files.filter((file) => /test|demo|screenshot|node_modules/.test(file)), []);
  const { version } = JSON.parse(await readFile(join(npmPackage(), "package.json"), "utf8"));
  assert.match(await readFile(new URL("../Cargo.toml", WWW), "utf8"), new RegExp(`^version = "${version}"$`, "m"));
});

test("its types say what is so, and refuse what is not", async () => {
  await writeFile(
    join(consumer, "types.ts"),
    `import { Foretune, ForetuneError, type Result } from "foretune";
     import { ForetunePredictor } from "foretune/element";
     import "foretune/iframe";

     async function forecast(song: File, signal: AbortSignal): Promise<Result> {
       const foretune = await Foretune.load({ workers: 2, signal, onProgress: ({ fraction }) => fraction?.toFixed() });
       const sampled = await foretune.predict({ channels: [new Float32Array(9)], sampleRate: 44100 });
       const { p50 } = await foretune.predictFeatures(sampled.features, { year: 2026 }, { heard: sampled.heard });
       const tempo: number = sampled.signal.tempo.alternates_bpm[0] + sampled.features.tempo + p50;
       const names: "C" | string = sampled.signal.key.name + tempo;
       const picture: Uint8Array = sampled.spectrogram.data;
       // @ts-expect-error: a year is a number
       await foretune.predict(song, { context: { year: "2026" } });
       // @ts-expect-error: the core knows no such field
       await foretune.predict(song, { context: { label: "none" } });
       // @ts-expect-error: a number is no song
       await foretune.predict(17);
       return foretune.predict(song, { context: { explicit: true, genre: names + picture.length }, signal });
     }

     function advice(error: unknown): string {
       if (!(error instanceof ForetuneError)) throw error;
       switch (error.code) {
         case "too_short": return "longer";
         case "network": return "again";
         // @ts-expect-error: there is no such code
         case "too_loud": return "never";
         default: return error.message;
       }
     }

     const element: ForetunePredictor = document.createElement("foretune-predictor");
     element.addEventListener("foretune-result", ({ detail }) => detail.result.popularity.p50.toFixed());
     element.addEventListener("foretune-error", ({ detail }) => advice(detail.error));
     element.context = { artist_usual_popularity: 40 };
     // @ts-expect-error: it is read-only
     element.phase = "ready";
     export { forecast };`,
  );
  // Without skipLibCheck: the declarations themselves are checked too.
  const options = "--strict --noEmit --module nodenext --target es2024 --lib es2024,dom,dom.iterable --ignoreConfig types.ts";
  await run(join(TOOLS, "tsc"), options.split(" "), { cwd: consumer }).catch(({ stdout }) => assert.fail(stdout));
});

test("importing it has no effect, and does not fail on a server", async () => {
  const { stdout } = await run(
    "node",
    ["--conditions=browser", "--input-type=module", "--eval", `
      const before = Object.keys(globalThis).length;
      const names = [];
      for (const entry of ["foretune", "foretune/element"]) names.push(...Object.keys(await import(entry)));
      console.log(JSON.stringify({ names, added: Object.keys(globalThis).length - before }));`],
    { cwd: consumer },
  );
  assert.deepEqual(JSON.parse(stdout), { names: ["Foretune", "ForetuneError", "ForetunePredictor"], added: 0 });
});

test("in Node, the example agrees with the native program", async () => {
  const song = join(consumer, "song.wav");
  const tones = tune(30, 44100);
  await writeFile(song, wav([tones, tones.map((sample, index) => 0.5 * sample + 0.1 * Math.sin(index / 7))], 44100));
  const binary = process.env.FORETUNE_TRAIN_BIN;
  const [node, native] = await Promise.all([
    run("node", ["predict.js", song], { cwd: consumer }),
    run(binary, ["predict", "--json", "--models", MODELS, song], { maxBuffer: 1 << 26 }),
  ]);
  const [ours, theirs] = [node, native].map(({ stdout }) => JSON.parse(stdout));
  // The bars of native-agreement.test.mjs, though here both are given the very same samples.
  assert.ok(Math.abs(ours.popularity.p50 - theirs.popularity.p50) <= 1, "p50");
  for (const [name, value] of Object.entries(theirs.features)) {
    const bar = { key: 0, mode: 0, tempo: 0.005 * value, loudness: 0.2 }[name] ?? 0.02;
    assert.ok(Math.abs(ours.features[name] - value) <= bar, `${name}: ${ours.features[name]} and ${value}`);
  }
  assert.equal(ours.model, theirs.model);
  const refused = await run("node", ["--input-type=module", "--eval", `
    import { Foretune } from "foretune";
    const foretune = await Foretune.load({ workers: 1 });
    const codeOf = (song) => foretune.predict(song).then(() => "answered", ({ code }) => code);
    console.log(await codeOf(new Blob(["x"])), await codeOf({ channels: [new Float32Array(44100)], sampleRate: 44100 }));
    foretune.dispose();`], { cwd: consumer });
  assert.equal(refused.stdout.trim(), "invalid_input too_short");
});

test("custom-elements.json says what the element has, all of it and no more", async () => {
  const manifest = JSON.parse(await readFile(join(npmPackage(), "custom-elements.json"), "utf8"));
  const [{ declarations, exports }] = manifest.modules;
  const [element] = declarations;
  assert.equal(element.tagName, "foretune-predictor");
  assert.ok(exports.some(({ kind }) => kind === "custom-element-definition"));
  const names = (of) => [...new Set(of.map(({ name }) => name))].sort();

  const sources = await Promise.all(
    (await readdir(WWW, { recursive: true }))
      .filter((path) => /^(foretune-element|view\/.*)\.js$/.test(path))
      .map((path) => readFile(new URL(path, WWW), "utf8")),
  );
  // The class's own documentation is what is held against the rest.
  const code = sources.join("\n").replaceAll(/\/\*\*[^]*?\*\//g, "");
  const found = (pattern) => [...new Set([...code.matchAll(pattern)].map(([, name]) => name))].sort();
  assert.deepEqual(names(element.cssProperties), found(/var\((--foretune-[a-z-]+)/g));
  assert.deepEqual(names(element.slots), found(/h\("slot", \{ name: "([a-z-]+)"/g));
  assert.deepEqual(names(element.events), found(/"(foretune-(?:prepared|phase|result|error|forgotten))"/g));
  const attributes = [
    ...found(/(?:get|has)Attribute\("([a-z-]+)"\)/g),
    ...found(/offered\("([a-z-]+)"/g),
    ...found(/:host\(\[([a-z-]+)/g),
    ...found(/^ {2}"?([a-z-]+)"?: \["/gm),
    "lang",
  ];
  assert.deepEqual(names(element.attributes), [...new Set(attributes)].filter((name) => name !== "hidden").sort());
  const parts = found(/part: "([a-z ]+)"/g).flatMap((list) => list.split(" "));
  for (const part of names(element.cssParts)) assert.ok(parts.includes(part) || code.includes(`"${part}"`), `no part ${part}`);
  assert.deepEqual(
    names(element.members),
    ["context", "error", "phase", "predict", "predictAll", "reset", "result"],
  );
});

test("integrity.json holds the hashes of the modules that are there", async () => {
  const integrity = JSON.parse(await readFile(join(npmPackage(), "integrity.json"), "utf8"));
  const modules = (await readdir(npmPackage())).filter((file) => /^(foretune|chunk|embed|[a-z]{2}-).*\.js$/.test(file));
  assert.deepEqual(Object.keys(integrity).sort(), modules.sort());
  const { createHash } = createRequire(import.meta.url)("node:crypto");
  for (const [file, expected] of Object.entries(integrity)) {
    const hash = createHash("sha384").update(await readFile(join(npmPackage(), file))).digest("base64");
    assert.equal(expected, `sha384-${hash}`, file);
  }
});
