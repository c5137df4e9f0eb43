// What leaves the page by the reader's own hand: a picture, files, paper. Over a stand-in for the core.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { consoleErrors } from "./browser.mjs";
import { visitStandIn } from "./visit.mjs";

const NAME = "A rather long name of a song that goes on and on (final mix 3, mastered)";

let visit, browser, page, songs;

before(async () => {
  visit = await visitStandIn({ [`${NAME}.wav`]: 60, "Second.wav": 70, "Third.wav": 80 });
  ({ browser, page, songs } = visit);
});

after(() => visit?.close());

beforeEach(async () => {
  await page.open();
  await page.prepared();
  await page.answerTo(songs[0]);
});

/** Presses a button and gives the file that is offered: its name, its type, and what `read` finds in it. */
function offered(action, read, { share } = {}) {
  return browser.driver.executeAsyncScript(
    `const [action, share, done] = arguments;
     const root = document.querySelector("foretune-predictor").shadowRoot;
     const read = async (blob) => { ${read} };
     const give = async (by, name, blob) => done({ by, name, type: blob.type, found: await read(blob) });
     let last;
     const create = URL.createObjectURL;
     URL.createObjectURL = (blob) => create.call(URL, (last = blob));
     HTMLAnchorElement.prototype.click = function () { give("download", this.download, last); };
     navigator.canShare = share ? () => true : undefined;
     navigator.share = async ({ files: [file] }) => {
       if (share === "refuses") throw new DOMException("not now", "NotAllowedError");
       give("share", file.name, file);
     };
     root.querySelector("[data-action=" + action + "]").click();`,
    action,
    share ?? null,
  );
}

const PIXELS = `
  const image = await createImageBitmap(blob);
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const colours = new Map();
  const { data } = context.getImageData(0, 0, image.width, image.height);
  for (let at = 0; at < data.length; at += 4) {
    const colour = [data[at], data[at + 1], data[at + 2], data[at + 3]].join();
    colours.set(colour, (colours.get(colour) ?? 0) + 1);
  }
  const share = (colour) => (colours.get(colour) ?? 0) / (data.length / 4);
  const [ground] = [...colours].sort((a, b) => b[1] - a[1])[0];
  return { size: [image.width, image.height], ground, covered: 1 - share(ground), ember: share("189,61,14,255") };`;

test("the picture is of the size that sites show, in the page's colours, with something in it", async () => {
  const { by, name, type, found } = await offered("share", PIXELS);
  assert.deepEqual([by, type], ["download", "image/png"]);
  assert.equal(name, `foretune ${NAME}.png`);
  assert.deepEqual(found.size, [2400, 1260]);
  assert.equal(found.ground, "255,253,248,255");
  // The number, the shapes and the words are a good part of it, and its accent is the page's.
  assert.ok(found.covered > 0.08 && found.covered < 0.6, `${found.covered} of the picture is drawn on`);
  assert.ok(found.ember > 0.002, `${found.ember} of the picture is of the accent's colour`);
  assert.deepEqual(await consoleErrors(browser.driver), []);
});

test("in the dark the picture is dark", async () => {
  await page.run("element.setAttribute('theme', 'dark')");
  assert.equal((await offered("share", PIXELS)).found.ground, "30,28,38,255");
});

test("it is shared where the device can, and saved where sharing is refused", async () => {
  const { by, name } = await offered("share", "return blob.size", { share: "works" });
  assert.deepEqual([by, name], ["share", `foretune ${NAME}.png`]);
  assert.equal((await offered("share", "return blob.size", { share: "refuses" })).by, "download");
});

test("one song is saved as a table and as an object, like several", async () => {
  const csv = await offered("csv-song", "return blob.text()");
  assert.equal(csv.name, `foretune ${NAME}.csv`);
  assert.equal(csv.found.trimEnd().split("\r\n").length, 2);
  const [song] = JSON.parse((await offered("json-song", "return blob.text()")).found);
  assert.equal(song.song, NAME);
  assert.ok(song.popularity.p10 < song.popularity.p90);
});

async function pagesOnPaper() {
  const { data } = await browser.driver.sendAndGetDevToolsCommand("Page.printToPDF", { preferCSSPageSize: true });
  const pdf = Buffer.from(data, "base64").toString("latin1");
  const boxes = [...pdf.matchAll(/\/Type \/Page\b[^]*?\/MediaBox \[([^\]]*)\]/g)].map(([, box]) => box.split(" ").map(Math.round));
  return boxes;
}

// In points, as PDF counts: 210 mm and 297 mm.
const A4 = [0, 0, 595, 842];

test("a song is printed on one sheet", async () => {
  await page.until("the contributions are there", 5_000, async () => (await page.text(".contribution")).length > 0);
  assert.deepEqual(await pagesOnPaper(), [A4]);
});

test("several songs are printed as a table, and the one that is open on a sheet of its own", async () => {
  await page.answerTo(songs.join("\n"));
  await page.until("the contributions are there", 5_000, async () => (await page.text(".contribution")).length > 0);
  assert.deepEqual(await pagesOnPaper(), [A4, A4]);
});
