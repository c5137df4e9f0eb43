// The examples that need no build, as they stand, but for the address of the copy they load from.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { By } from "selenium-webdriver";

import { startServer } from "../../xtask/serve.mjs";
import { consoleErrors, openBrowser } from "./browser.mjs";
import { npmPackage } from "./npm.mjs";
import { tune, wav } from "./songs.mjs";

const EXAMPLES = new URL("examples/", import.meta.url);

let pages, cdnFolder, song, cdn, host, driver, browser;
let policy = null;

before(async () => {
  [pages, cdnFolder] = await Promise.all([mkdtemp(join(tmpdir(), "foretune-host-")), mkdtemp(join(tmpdir(), "foretune-cdn-"))]);
  // The package is served as it is, by the site itself and by another origin.
  for (const folder of [pages, cdnFolder]) await symlink(npmPackage(), join(folder, "foretune"));
  const uploads = join(pages, "wp-content/uploads/2026/11");
  await mkdir(uploads, { recursive: true });
  song = join(uploads, "our-single.wav");
  await writeFile(song, wav([tune(12, 22050)], 22050));
  cdn = await startServer({ directory: cdnFolder, headers: { "Access-Control-Allow-Origin": "*" } });
  await writePages();
  browser = await openBrowser();
  driver = browser.driver;
});

after(async () => {
  await browser?.close();
  for (const server of [cdn, host]) await server?.close();
  for (const folder of [pages, cdnFolder]) if (folder) await rm(folder, { recursive: true });
});

/** The examples' pages, with the address of this run's other origin. */
async function writePages() {
  for (const example of ["html", "headless", "iframe"]) {
    await writeFile(join(pages, `${example}.html`), await source(`${example}/index.html`));
  }
  // As WordPress wraps a block, in a theme that styles what it can reach.
  const pasted = await source("wordpress/paste-in.html");
  await writeFile(
    join(pages, "wordpress.html"),
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Our blog</title>
     <link rel="stylesheet" href="theme.css">
     <article class="post"><h1>New single</h1><div class="entry-content is-layout-flow wp-block-post-content">
     <p>Here it is.</p>${pasted}<p>What do you think?</p></div></article></html>`,
  );
  await writeFile(
    join(pages, "theme.css"),
    `* { letter-spacing: 4px; } button, input, p, h2, div { all: revert; background: lime !important; color: yellow; }`,
  );
}

async function source(path) {
  return (await readFile(new URL(path, EXAMPLES), "utf8")).replaceAll("https://cdn.example/", cdn.url);
}

async function open(path, contentSecurityPolicy) {
  if (!host || contentSecurityPolicy !== policy) {
    await host?.close();
    policy = contentSecurityPolicy;
    const headers = policy ? { "Content-Security-Policy": policy } : {};
    host = await startServer({ directory: pages, headers });
  }
  await driver.get(new URL(path, host.url).href);
}

async function choose(element) {
  const root = await element.getShadowRoot();
  await (await root.findElement(By.css("input[type=file]"))).sendKeys(song);
}

/** Waits until the page says something that matches. */
async function said(selector, pattern) {
  let text;
  const matches = async () => {
    text = await driver.executeScript("return document.querySelector(arguments[0])?.textContent ?? ''", selector);
    return pattern.test(text);
  };
  await driver.wait(matches, 90_000).catch(() => assert.fail(`${selector} says “${text}”`));
  return text;
}

async function noComplaints() {
  assert.deepEqual((await consoleErrors(driver)).filter((line) => !line.includes("/favicon.ico")), []);
}

test("plain HTML: slots, custom properties, parts and events", async () => {
  await open("html.html");
  const element = await driver.findElement(By.css("foretune-predictor"));
  const shown = await driver.executeScript(`
    const root = arguments[0].shadowRoot;
    const slotted = (name) => root.querySelector("slot[name=" + name + "]").assignedElements().map(({ textContent }) => textContent);
    const button = getComputedStyle(root.querySelector("[part~=choose]"));
    return [slotted("heading"), slotted("hint"), button.backgroundColor, button.textTransform];`, element);
  assert.deepEqual(shown, [["Try it with one of yours"], ["It stays on your computer."], "rgb(122, 31, 162)", "uppercase"]);
  await choose(element);
  assert.match(await said("#forecast", /our-single/), /^our-single: \d+ \(\d+ to \d+\)$/);
  const link = await driver.findElement(By.css("[slot=result] a"));
  assert.ok(await link.isDisplayed());
  await noComplaints();
});

test("pasted into WordPress, from another origin and under a strict policy", async () => {
  const { origin } = new URL(cdn.url);
  // The minimal policy that README.md gives.
  await open(
    "wordpress.html",
    `default-src 'none'; script-src 'self' ${origin} 'wasm-unsafe-eval'; worker-src blob: ${origin}; connect-src 'self' ${origin}; media-src 'self' blob:; style-src 'self'`,
  );
  const element = await driver.findElement(By.css("foretune-predictor"));
  const inShadow = (script) => driver.executeScript(`const root = arguments[0].shadowRoot; ${script}`, element);
  await driver.wait(() => inShadow("return !!root?.querySelector('[data-action=src]')"), 10_000);
  // The theme stays outside, and the element inside.
  assert.notEqual(await inShadow("return getComputedStyle(root.querySelector('[data-action=choose]')).backgroundColor"), "rgb(0, 255, 0)");
  assert.equal(await driver.executeScript("return getComputedStyle(document.querySelector('.entry-content p')).color"), "rgb(255, 255, 0)");
  await inShadow("root.querySelector('[data-action=src]').click()");
  await driver.wait(() => driver.executeScript("return arguments[0].phase === 'ready'", element), 90_000, "an answer");
  await noComplaints();
});

test("in a frame: it tells the page around it, fits its height, and listens to no one else", async () => {
  await open("iframe.html");
  const frame = await driver.findElement(By.css("iframe"));
  const height = () => driver.executeScript("return arguments[0].getBoundingClientRect().height", frame);
  await driver.wait(async () => (await height()) !== 480, 20_000, "the height of what it shows");
  const before = await height();
  await driver.switchTo().frame(frame);
  const element = await driver.findElement(By.css("foretune-predictor"));
  assert.deepEqual(await driver.executeScript("return [arguments[0].context.year, arguments[0].getAttribute('theme')]", element), [2026, "light"]);
  await choose(element);
  await driver.switchTo().defaultContent();
  assert.match(await said("#forecast", /our-single/), /^our-single: \d+$/);
  await driver.wait(async () => (await height()) > before + 500, 5_000, "a higher frame for the result");

  // The same frame from a page that it was not made for neither tells nor obeys.
  const told = await driver.executeAsyncScript(`
    const [address, done] = arguments;
    const heard = [];
    addEventListener("message", ({ data, source }) => source === frame.contentWindow && heard.push(data.type));
    const frame = document.createElement("iframe");
    frame.src = address;
    frame.onload = () => {
      frame.contentWindow.postMessage({ type: "foretune-context", context: { year: 1999 } }, "*");
      frame.contentWindow.postMessage({ type: "foretune-hello" }, "*");
      setTimeout(() => done(heard), 1000);
    };
    document.body.append(frame);`, `${cdn.url}foretune/embed.html?origin=https://band.example`);
  assert.deepEqual(told, []);
  // It says so in the console, as browsers do of messages to another origin than the page's.
  const complaints = (await consoleErrors(driver)).filter((line) => !/favicon|target origin provided/.test(line));
  assert.deepEqual(complaints, []);
  const frames = await driver.findElements(By.css("iframe"));
  await driver.switchTo().frame(frames[1]);
  assert.deepEqual(await driver.executeScript("return document.querySelector('foretune-predictor').context"), {});
  await driver.switchTo().defaultContent();
});

test("in a frame: a song and what is known of it can be handed over", async () => {
  await open("iframe.html");
  const frame = await driver.findElement(By.css("iframe"));
  await driver.wait(async () => (await frame.getRect()).height !== 480, 20_000);
  await driver.executeAsyncScript(`
    const [origin, done] = arguments;
    const frame = document.querySelector("iframe");
    fetch("wp-content/uploads/2026/11/our-single.wav").then((response) => response.blob()).then((song) => {
      frame.contentWindow.postMessage({ type: "foretune-context", context: { year: 2001 } }, origin);
      frame.contentWindow.postMessage({ type: "foretune-predict", song, name: "Handed over" }, origin);
      done();
    });`, new URL(cdn.url).origin);
  assert.match(await said("#forecast", /Handed over/), /^Handed over: \d+$/);
  await driver.switchTo().frame(frame);
  assert.deepEqual(await driver.executeScript("return document.querySelector('foretune-predictor').context"), { year: 2001 });
  await driver.switchTo().defaultContent();
});

test("without the element: an AudioBuffer, what if, and an explanation", async () => {
  await open("headless.html");
  await driver.findElement(By.id("listen")).click();
  const answer = JSON.parse(await said("#answer", /^\{[^]*\}$/));
  assert.ok(Math.abs(answer.features.tempo - 120) < 2, `tempo ${answer.features.tempo}`);
  assert.equal(answer.contributions.length, 11);
  assert.notEqual(answer.faster.p50, answer.popularity.p50);
  await noComplaints();
});

test("two elements and a frame beside each other all answer", async () => {
  await writeFile(
    join(pages, "three.html"),
    `<!doctype html><html lang="en"><title>Three</title>
     <foretune-predictor id="one" genre="rock"></foretune-predictor><foretune-predictor id="two" genre="jazz"></foretune-predictor>
     <iframe src="${cdn.url}foretune/embed.html" title="Another"></iframe>
     <p id="forecast"></p>
     <script type="module" src="${cdn.url}foretune/foretune-iframe.js"></script>
     <script type="module" src="/foretune/foretune-element.js"></script>
     <script type="module">
       const answered = new Set();
       document.addEventListener("foretune-result", ({ target }) => {
         answered.add(target.id || target.localName);
         document.getElementById("forecast").textContent = [...answered].sort().join();
       });
     </script>`,
  );
  await open("three.html");
  for (const id of ["one", "two"]) await choose(await driver.findElement(By.id(id)));
  await driver.switchTo().frame(await driver.findElement(By.css("iframe")));
  await choose(await driver.findElement(By.css("foretune-predictor")));
  await driver.switchTo().defaultContent();
  await said("#forecast", /^iframe,one,two$/);
  await noComplaints();
});

test("an import map's integrity is kept, and a module that was changed does not run", async () => {
  const integrity = JSON.parse(await readFile(join(npmPackage(), "integrity.json"), "utf8"));
  const page = (hashes) => {
    const map = Object.fromEntries(Object.entries(hashes).map(([file, hash]) => [`${cdn.url}foretune/${file}`, hash]));
    return `<!doctype html><html lang="en"><title>Checked</title>
      <script type="importmap">${JSON.stringify({ integrity: map })}</script>
      <script type="module" src="${cdn.url}foretune/foretune-element.js"></script>
      <foretune-predictor></foretune-predictor>`;
  };
  const other = Object.values(integrity).reverse();
  const swapped = Object.fromEntries(Object.keys(integrity).map((file, index) => [file, other[index]]));
  await writeFile(join(pages, "whole.html"), page(integrity));
  await writeFile(join(pages, "changed.html"), page(swapped));
  const defined = () => driver.executeScript("return !!customElements.get('foretune-predictor')");
  await open("whole.html");
  await driver.wait(defined, 10_000, "the element");
  await noComplaints();
  await open("changed.html");
  await driver.wait(async () => (await consoleErrors(driver)).some((line) => /integrity/.test(line)), 10_000, "a complaint");
  assert.equal(await defined(), false);
});
