// From audio and labels to the page: the documented sequence of commands at reduced size, and then
// the page with the model that came of it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { startServer } from "../../xtask/serve.mjs";
import { openBrowser, PredictorPage } from "./browser.mjs";
import { realSite, siteWithModels } from "./site.mjs";

const JOURNEY = fileURLToPath(new URL("../../train/journey.sh", import.meta.url));
const SONGS = 90;

/** A network that learns little, in seconds. */
const CONFIG = {
  seed: 1,
  split: { calibrate: 0.2, test: 0.2 },
  genre_minimum: 5,
  scale_bins: 4,
  stream: "spectrogram",
  patches: { per_song: 2, frames: 128, pool_frames: 4, pool_bands: 3 },
  network: {
    stem: 4,
    blocks: [{ expansion: 2, channels: 8, stride: 2 }],
    width: 8,
    genre_width: 2,
    hidden: 8,
    dropout: 0,
  },
  fit: { epochs: 3, batch_size: 16, learning_rate: 0.01, weight_decay: 0.01, patience: 3 },
};

let folder, told, server, browser;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretune-journey-"));
  const config = join(folder, "config.json");
  await writeFile(config, JSON.stringify(CONFIG));
  const environment = { ...process.env, CATALOGUE_CONFIG: config };
  const words = [JOURNEY, folder, String(SONGS), "4"];
  told = await promisify(execFile)("bash", words, { env: environment, maxBuffer: 1 << 24 });
});

after(async () => {
  await browser?.close();
  await server?.close();
  if (folder) await rm(folder, { recursive: true });
});

test("every step leaves what the next one reads", async () => {
  const report = JSON.parse(await readFile(join(folder, "catalogue/report.json"), "utf8"));
  assert.equal(report.collected, SONGS);
  assert.equal(report.with_audio, report.kept);
  assert.match(told.stdout, new RegExp(`folder: ${SONGS} records`));
  assert.match(told.stdout, new RegExp(`${report.kept} songs extracted, 0 were already, 0 cannot be heard`));
  const heard = (await readFile(join(folder, "catalogue/heard.csv"), "utf8")).trim().split("\n");
  assert.equal(heard.length, report.kept + 1);
  assert.ok(heard.slice(1).every((row) => row.includes("foretune")), "features are marked as estimated");
  const trained = JSON.parse(await readFile(join(folder, "two-streams/report.json"), "utf8"));
  assert.ok(trained.test_songs > 0);
  // In points: what was exported answers as what was trained.
  assert.ok(trained.onnx_difference < 0.01, `${trained.onnx_difference}`);
  const datasheet = await readFile(join(folder, "catalogue/datasheet.md"), "utf8");
  assert.match(datasheet, /rendered by foretune-train, invented labels/);
});

test("the page answers with the model that was trained", async () => {
  const site = join(folder, "site");
  await siteWithModels(join(folder, "models"), site);
  server = await startServer({ directory: site });
  browser = await openBrowser();
  const page = new PredictorPage(browser.driver, server.url);
  await page.open();
  await page.prepared();
  const { phase, result, error } = await page.answerTo(join(folder, "audio/0000.wav"));
  assert.equal(phase, "ready", error?.message);
  // The native program answered the same song with the same models at the end of the sequence.
  const native = Number(told.stdout.match(/0000\.wav: popularity (\d+)/)[1]);
  assert.ok(Math.abs(result.popularity.p50 - native) <= 1, `${result.popularity.p50}, natively ${native}`);
  const shipped = JSON.parse(await readFile(join(realSite(), "models/manifest.json"), "utf8"));
  const made = JSON.parse(await readFile(join(folder, "models/manifest.json"), "utf8"));
  assert.notEqual(made.popularity.sha256, shipped.popularity.sha256);
});
