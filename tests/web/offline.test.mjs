// The page without a network, its next version, and songs that other apps share with it.

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { By } from "selenium-webdriver";

import { startServer } from "../../xtask/serve.mjs";
import { consoleErrors, openBrowser, PredictorPage } from "./browser.mjs";
import { drawIcon, ICONS } from "./icons.mjs";
import { realSite, standInSite, writePrecache } from "./site.mjs";
import { tune, wav } from "./songs.mjs";

let files, song, other, site, requests, server, browser, page;

before(async () => {
  files = await mkdtemp(join(tmpdir(), "foretune-songs-"));
  [song, other] = ["A song.wav", "Another.wav"].map((name) => join(files, name));
  await writeFile(song, wav([tune(20, 8000)], 8000));
  await writeFile(other, wav([tune(30, 8000)], 8000));
});

after(() => rm(files, { recursive: true }));

// A service worker outlives a page: each test has a browser and an origin of its own.
beforeEach(async () => {
  site = await standInSite();
  await serve();
  browser = await openBrowser();
  page = new PredictorPage(browser.driver, server.url);
});

afterEach(async () => {
  await browser?.close();
  await server?.close();
  await rm(site, { recursive: true });
});

async function serve(directory = site) {
  requests = [];
  server = await startServer({ directory, onRequest: ({ path }) => requests.push(path) });
}

/** Opens the page and waits until it would open without a network. */
async function openAndKeep() {
  await page.open();
  await page.prepared();
  await page.keptOffline();
}

const notice = () => browser.driver.executeScript("return document.getElementById('notice').innerText");

/** What lies in the caches, by the names of caches without their versions. */
function cached() {
  return browser.driver.executeAsyncScript(`
    const done = arguments[arguments.length - 1];
    (async () => {
      const found = {};
      for (const name of await caches.keys()) {
        const keys = await (await caches.open(name)).keys();
        found[name.split(" ")[0]] = [...(found[name.split(" ")[0]] ?? []), ...keys.map(({ url }) => url.slice(location.href.length))].sort();
      }
      done(found);
    })();`);
}

/** Publishes another version over the one that is served, and has the page look for it. */
async function publish(change) {
  await change();
  await writePrecache(site);
}

const lookForNews = () =>
  browser.driver.executeAsyncScript(`
    const done = arguments[arguments.length - 1];
    navigator.serviceWorker.getRegistration().then((registration) => registration.update()).then(() => done("looked"), (error) => done(String(error)));`);

const rename = (word) => async () => {
  for (const [file, before] of [["index.html", /A forecast for your song<\/h1>|Version .<\/h1>/], ["pkg/foretune.js", /^/]]) {
    const path = join(site, file);
    await writeFile(path, (await readFile(path, "utf8")).replace(before, file === "index.html" ? `Version ${word}</h1>` : `// ${word}\n`));
  }
};

const heading = () => browser.driver.executeScript("return document.querySelector('h1').innerText");

test("the demo song is analysed without a network, by the real core", async () => {
  await server.close();
  await serve(realSite());
  page = new PredictorPage(browser.driver, server.url);
  await openAndKeep();
  const online = (await page.answerTo(join(realSite(), "demo/demo.mp3"))).result.popularity;
  await server.close();
  await page.open();
  await page.prepared();
  await page.click("[data-action=demo-src]");
  const { phase, result, error } = await page.answered();
  assert.equal(phase, "ready", error?.message);
  assert.deepEqual(result.popularity, online);
  // Playing it asks for ranges of a file that only the service worker has.
  await page.press("[data-action=play]");
  await page.until("it plays", 10_000, async () => /^0:0[1-9]/.test((await page.text(".clock"))[0]));
  await page.run(`
    const seek = element.shadowRoot.querySelector(".seek");
    seek.valueAsNumber = 20;
    seek.dispatchEvent(new Event("input", { bubbles: true }));`);
  await page.until("it plays from there", 10_000, async () => /^0:2[1-9]/.test((await page.text(".clock"))[0]));
  await server.close().catch(() => {});
});

test("what the site's own list says is what lies there", async () => {
  const copy = await mkdtemp(join(tmpdir(), "foretune-site-"));
  await cp(realSite(), copy, { recursive: true });
  const written = await readFile(join(copy, "precache.js"), "utf8");
  const { files, assets } = JSON.parse(written.match(/= (\{.*\});/)[1]);
  const expected = await writePrecache(copy);
  await rm(copy, { recursive: true });
  assert.deepEqual({ files, assets }, { files: expected.files, assets: expected.assets });
  assert.ok(Object.keys(assets).length >= 5 && "./" in files && "view/result.js" in files);
});

test("a first visit fetches core and models once, and keeps one copy of them and none of a song", async () => {
  await openAndKeep();
  await page.answerTo(song);
  for (const file of ["/pkg/foretune_bg.wasm", "/models/stand-in.onnx"]) {
    assert.equal(requests.filter((path) => path === file).length, 1, file);
  }
  // Registered only when the page had everything.
  assert.ok(requests.indexOf("/service-worker.js") > requests.indexOf("/models/stand-in.onnx"));
  const list = (await readFile(join(site, "precache.js"), "utf8")).match(/= (\{.*\});/)[1];
  const { files: kept, assets } = JSON.parse(list);
  const names = (paths) => Object.keys(paths).map((path) => path.replace(/^\.\//, "")).sort();
  assert.deepEqual(await cached(), { "foretune-page": names(kept), "foretune-assets": names(assets) });
  // Reloaded, nothing is asked of the network but whether there is a new version.
  requests.length = 0;
  await page.open();
  await page.prepared();
  assert.equal((await page.answerTo(song)).phase, "ready");
  assert.deepEqual(requests.filter((path) => !/service-worker\.js|precache\.js/.test(path)), []);
  assert.deepEqual(await consoleErrors(browser.driver), []);
});

test("a new version waits beside the one in use, and comes whole when it is asked for", async () => {
  await openAndKeep();
  await publish(rename("B"));
  assert.equal(await lookForNews(), "looked");
  await page.until("the page says so", 10_000, async () => /new version/.test(await notice()));
  // Opened once more, it is still the old one in every part.
  await page.open();
  await page.prepared();
  assert.equal(await heading(), "A forecast for your song");
  const core = "return fetch('pkg/foretune.js').then((response) => response.text()).then((text) => text.slice(0, 4))";
  assert.notEqual(await browser.driver.executeScript(core), "// B");
  await page.until("it says so again", 10_000, async () => /new version/.test(await notice()));
  await browser.driver.findElement(By.css(".notice-action")).click();
  await page.until("the new one is there", 20_000, async () => (await heading().catch(() => "")) === "Version B");
  await page.prepared();
  assert.equal(await browser.driver.executeScript(core), "// B");
  assert.equal((await page.answerTo(song)).phase, "ready");
  assert.equal(await notice(), "");
  assert.equal((await browser.driver.executeScript("return caches.keys()")).length, 2);
});

test("with another tab open the new version does not come in between", async () => {
  await openAndKeep();
  const first = await browser.driver.getWindowHandle();
  await browser.driver.switchTo().newWindow("tab");
  await page.open();
  await page.prepared();
  await publish(rename("C"));
  await lookForNews();
  await page.until("the page says so", 10_000, async () => /new version/.test(await notice()));
  await browser.driver.findElement(By.css(".notice-action")).click();
  await page.until("it asks to close the other", 10_000, async () => /another tab/.test(await notice()));
  assert.equal(await heading(), "A forecast for your song");
  const second = await browser.driver.getWindowHandle();
  await browser.driver.switchTo().window(first);
  await browser.driver.close();
  await browser.driver.switchTo().window(second);
});

test("half a deployment is refused, and the page stays as it was", async () => {
  await openAndKeep();
  await publish(rename("D"));
  await writeFile(join(site, "page.css"), "body { display: none }");
  // What is installing fails later, or at once.
  await lookForNews();
  await page.until("it is given up", 10_000, () =>
    browser.driver.executeScript(
      "return navigator.serviceWorker.getRegistration().then(({ installing, waiting }) => !installing && !waiting)",
    ),
  );
  await server.close();
  await page.open();
  await page.prepared();
  assert.equal(await heading(), "A forecast for your song");
  assert.equal((await page.answerTo(song)).phase, "ready");
});

test("songs shared from another app are analysed, and nothing of them is kept", async () => {
  await openAndKeep();
  const before = await cached();
  const app = await mkdtemp(join(tmpdir(), "foretune-app-"));
  await writeFile(
    join(app, "index.html"),
    `<!doctype html><form method="post" enctype="multipart/form-data" action="${server.url}share-target">
     <input type="file" name="songs" multiple><button>Share</button></form>`,
  );
  const sharing = await startServer({ directory: app });
  const share = async (...paths) => {
    await browser.driver.get(sharing.url);
    if (paths.length > 0) await browser.driver.findElement(By.css("input")).sendKeys(paths.join("\n"));
    await browser.driver.findElement(By.css("button")).click();
    await page.until("the page is open", 10_000, async () => (await browser.driver.getCurrentUrl()) === server.url);
  };
  await share(song);
  assert.equal((await page.answered()).phase, "ready");
  assert.deepEqual(await page.text(".song-name"), ["A song"]);
  await share(song, other);
  await page.answered();
  assert.equal((await page.text(".compare .song-link")).length, 2);
  await share();
  await page.until("it says what is missing", 10_000, async () => /audio file itself/.test(await notice()));
  assert.deepEqual(await cached(), before);
  await sharing.close();
  await rm(app, { recursive: true });
});

test("a file is pasted anywhere on the page, and so are several", async () => {
  await page.open();
  await page.prepared();
  const paste = (...names) =>
    page.run(
      `element.reset();
       const clipboardData = new DataTransfer();
       const bytes = Uint8Array.from(atob(arguments[0]), (character) => character.charCodeAt(0));
       for (const name of arguments[1]) clipboardData.items.add(new File([bytes], name));
       document.querySelector("h1").dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));`,
      wav([tune(4, 8000)], 8000).toString("base64"),
      names,
    );
  await paste("Pasted.wav");
  assert.equal((await page.answered()).phase, "ready");
  assert.deepEqual(await page.text(".song-name"), ["Pasted"]);
  await paste("One.wav", "Two.wav");
  await page.answered();
  assert.deepEqual((await page.text(".compare .song-link")).sort(), ["One", "Two"]);
});

test("it can be installed: the browser finds nothing amiss, and the icons are today's drawing", async () => {
  await openAndKeep();
  const { installabilityErrors } = await browser.driver.sendAndGetDevToolsCommand("Page.getInstallabilityErrors", {});
  // Where the browser keeps nothing for long, as here, it installs nothing.
  assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito"), []);
  const { errors, data } = await browser.driver.sendAndGetDevToolsCommand("Page.getAppManifest", {});
  assert.deepEqual(errors, []);
  const { icons, share_target, file_handlers } = JSON.parse(data);
  assert.ok(share_target.action && file_handlers.length > 0);
  // The page's own policy would not let the drawing in.
  await browser.driver.get("about:blank");
  for (const icon of ICONS) {
    assert.ok(icons.some(({ src, sizes }) => src === icon.file && sizes === `${icon.size}x${icon.size}`), icon.file);
    const committed = await readFile(join(site, icon.file));
    const drawn = await drawIcon(browser.driver, icon);
    const difference = await browser.driver.executeAsyncScript(
      `const [one, other, size, done] = arguments;
       const pixels = async (png) => {
         const context = new OffscreenCanvas(size, size).getContext("2d");
         const bytes = Uint8Array.from(atob(png), (character) => character.charCodeAt(0));
         context.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0);
         return context.getImageData(0, 0, size, size).data;
       };
       Promise.all([pixels(one), pixels(other)]).then(([a, b]) =>
         done(a.reduce((sum, value, index) => sum + Math.abs(value - b[index]), 0) / a.length));`,
      committed.toString("base64"),
      drawn.toString("base64"),
      icon.size,
    );
    // Another version of the browser may smooth edges differently; another drawing is far off.
    assert.ok(difference < 1, `${icon.file} differs by ${difference} of 255: run node tests/web/icons.mjs`);
  }
});
