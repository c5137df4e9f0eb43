// Hostile files through the native program and through the page, with the real core and models: each
// is answered with a result or a coded error. Here a share of them; all by `cargo xtask harden files`.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { nativeAnswers, pageAnswers } from "./hostile/answers.mjs";
import { corpus, write } from "./hostile/corpus.mjs";
import { realSite } from "./site.mjs";

const ALL = Boolean(process.env.FORETUNE_HARDEN);
// No divisor of how many files a container has, so that each is met in other faults.
const EVERY = ALL ? 1 : 7;
const FILES_AT_LEAST = ALL ? 300 : 60;
const TRAIN = process.env.FORETUNE_TRAIN_BIN;

let folder, files, paths;

before(async () => {
  if (!TRAIN) throw new Error("FORETUNE_TRAIN_BIN names no program. Run these tests by `cargo xtask test`.");
  folder = await mkdtemp(join(tmpdir(), "foretune-hostile-"));
  files = await corpus({ every: EVERY });
  const written = await write(files, folder);
  paths = written.paths;
  console.log(`${files.length} files, SHA-256 of all of them ${written.sha256}`);
});

after(() => folder && rm(folder, { recursive: true }));

/** Prints what became of the files by what was done to them, and fails where one was not answered. */
function judge(where, answers) {
  const codes = {};
  const tally = {};
  for (const [index, { outcome, code }] of answers.entries()) {
    const row = (tally[files[index].fault] ??= { answered: 0, refused: 0, crashed: 0, hung: 0 });
    row[outcome] += 1;
    if (code) codes[code] = (codes[code] ?? 0) + 1;
  }
  console.log(where);
  console.table(tally);
  console.log(JSON.stringify(codes));
  const broken = answers
    .map((answer, index) => ({ name: files[index].name, ...answer }))
    .filter(({ outcome }) => outcome === "crashed" || outcome === "hung");
  assert.deepEqual(broken, []);
  // A code that says only that something is wrong with Foretune is no answer.
  const unexplained = answers.filter(({ code }) => ["unexpected", "crashed"].includes(code));
  assert.deepEqual(unexplained, []);
  assert.equal(answers.length, files.length);
  // A corpus of which everything, or nothing, is refused would say nothing.
  for (const outcome of ["answered", "refused"]) assert.ok(answers.some((answer) => answer.outcome === outcome), outcome);
}

test("the corpus has files of every container and is the same each time", async () => {
  assert.ok(files.length >= FILES_AT_LEAST, `${files.length} files`);
  assert.equal(new Set(files.map(({ container }) => container)).size, 11);
  assert.equal(new Set(paths).size, files.length);
  const again = await corpus({ every: EVERY });
  assert.ok(again.every(({ name, content }, index) => name === files[index].name && content.equals(files[index].content)));
});

test("the native program answers every file", async () => {
  judge("native program", await nativeAnswers(TRAIN, paths));
});

test("the page answers every file, and asks nobody for anything", async () => {
  const { answers, requests } = await pageAnswers(realSite(), paths);
  judge("page", answers);
  assert.deepEqual(requests, []);
});
