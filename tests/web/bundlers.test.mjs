// The packed package, installed into fresh projects with Vite, webpack and esbuild, built without any
// configuration of theirs for it, and opened in a browser.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { By } from "selenium-webdriver";

import { startServer } from "../../xtask/serve.mjs";
import { consoleErrors, openBrowser } from "./browser.mjs";
import { installed, pack, script } from "./npm.mjs";
import { tune, wav } from "./songs.mjs";

let scratch, song, tarball, browser;

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), "foretune-bundlers-"));
  song = join(scratch, "song.wav");
  await writeFile(song, wav([tune(12, 22050)], 22050));
  tarball = await pack(scratch);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  if (scratch) await rm(scratch, { recursive: true });
});

/** Builds an example, opens what came out, hands a song to `input` and waits for the forecast. */
async function forecastIn(example, { served, input }) {
  const folder = await installed(example, tarball);
  await script(folder, "build");
  const paths = [];
  const server = await startServer({
    directory: join(folder, served),
    headers: { "Content-Security-Policy": "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'" },
    onRequest: ({ path, status }) => paths.push(`${status} ${path}`),
  });
  const { driver } = browser;
  try {
    await driver.get(server.url);
    await (await input(driver)).sendKeys(song);
    const said = () => driver.executeScript("return document.getElementById('forecast')?.textContent ?? ''");
    await driver.wait(async () => /of 100/.test(await said()), 90_000, `a forecast: ${await said()}`);
    const complaints = (await consoleErrors(driver)).filter((line) => !line.includes("/favicon.ico"));
    assert.deepEqual(complaints, []);
    const refused = paths.filter((line) => !/^(200|206|304) /.test(line) && !line.endsWith("/favicon.ico"));
    assert.deepEqual(refused, []);
    // The models came from where the bundler put them.
    assert.ok(paths.some((line) => line.endsWith(".onnx")), paths.join());
    return await said();
  } finally {
    await driver.get("about:blank");
    await server.close();
    await rm(folder, { recursive: true });
  }
}

async function ofElement(driver) {
  const element = await driver.findElement(By.css("foretune-predictor"));
  return (await element.getShadowRoot()).findElement(By.css("input[type=file]"));
}

test("Vite with React and TypeScript", async () => {
  assert.match(await forecastIn("vite-react", { served: "dist", input: ofElement }), /^\d+ of 100, at \d+ BPM$/);
});

test("webpack, without the element", async () => {
  const input = (driver) => driver.findElement(By.id("song"));
  assert.match(await forecastIn("webpack", { served: ".", input }), /^\d+ of 100$/);
});

test("esbuild, with the assets copied beside the bundle", async () => {
  assert.match(await forecastIn("esbuild", { served: ".", input: ofElement }), /^\d+ of 100$/);
});
