// Loading over a network that fails, and files that are not what they should be: what can be mended
// is mended, the rest is refused by name, and a later try is answered.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { inPage as runInPage } from "./browser.mjs";
import { visitStandIn } from "./visit.mjs";

/** Every file that a visit loads and that is checked. */
const FILES = [
  "pkg/build.json",
  "pkg/foretune_bg.wasm",
  "models/manifest.json",
  "models/stand-in.onnx",
  "models/stand-in-reference.json",
];

let visit, browser, page;

// What happens to requests for a file: `faults[path](request, response, attempt)`.
let faults = {};
let attempts = {};

before(async () => {
  visit = await visitStandIn(
    {},
    {
      intercept(path, request, response) {
        const file = path?.slice(1);
        if (!faults[file]) return false;
        attempts[file] = (attempts[file] ?? 0) + 1;
        return faults[file](request, response, attempts[file]) !== false;
      },
    },
  );
  ({ browser, page } = visit);
  await page.open();
  // What the page fetches for itself must not meet the faults that are meant for a test's own load.
  await page.prepared();
});

after(() => visit?.close());

beforeEach(async () => {
  faults = {};
  attempts = {};
  await forget();
});

const inPage = (body) => runInPage(browser.driver, body);
const forget = () => inPage("return caches.delete('foretune-assets')");

/** `[code, message]` of a load; "answered" and what it has to say of the network on the way. */
const load = (options = {}) =>
  inPage(`
    let retries = 0;
    const onProgress = ({ retrying }) => { if (retrying) retries++; };
    try {
      const foretune = await Foretune.load({ onProgress, ...${JSON.stringify(options)} });
      const { p50 } = (await foretune.predict(song)).popularity;
      foretune.dispose();
      return ["answered", retries, p50];
    } catch ({ code, message }) {
      return [code, message];
    }`);

const content = (file) => readFile(join(visit.site, file));

/** Half of the file, then the connection is lost; a range is answered as the server does. */
const breaksOff = (file) => async (request, response, attempt) => {
  if (attempt > 1) return;
  const whole = await content(file);
  response.writeHead(200, { "Content-Length": whole.length });
  response.write(whole.subarray(0, whole.length / 2), () => setTimeout(() => response.destroy(), 50));
};

// An async fault has taken the request, whatever it gives; only the first is to be taken.
const firstOnly = (fault) => (request, response, attempt) => attempt === 1 && (fault(request, response, attempt), true);

for (const file of FILES) {
  test(`${file}: a connection that is lost half-way is taken up again`, async () => {
    faults[file] = firstOnly(breaksOff(file));
    const [code, retries] = await load();
    assert.equal(code, "answered");
    assert.equal(retries, 1);
    assert.equal(attempts[file], 2);
  });

  test(`${file}: a server that fails at first is asked again`, async () => {
    faults[file] = (_request, response, attempt) => attempt <= 2 && response.writeHead(503).end("Later.");
    const [code, retries] = await load();
    assert.equal(code, "answered");
    assert.equal(retries, 2);
  });

  test(`${file}: missing, it is named, and asked for once`, async () => {
    faults[file] = (_request, response) => response.writeHead(404).end("There is no such file.");
    const [code, message] = await load();
    assert.equal(code, "network");
    assert.ok(message.includes(file), message);
    assert.equal(attempts[file], 1);
  });

  test(`${file}: a sign-in page in its place is refused by name`, async () => {
    faults[file] = (_request, response) =>
      response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>Sign in</title>");
    const [code, message] = await load();
    assert.match(code, /^model_(incompatible|integrity)$/);
    assert.ok(message.includes(file.split("/")[1]), message);
  });

  test(`${file}: changed in one place, it is refused by name until it is mended`, async () => {
    const whole = await content(file);
    // Within JSON a hash is changed, so that it still can be read.
    const changed = Buffer.from(whole);
    const at = file.endsWith(".json") ? whole.lastIndexOf(`"sha256":"`) + 10 : whole.length - 2;
    const place = file.endsWith("reference.json") ? whole.length - 2 : at;
    changed[place] = changed[place] === 0x30 ? 0x31 : 0x30;
    await writeFile(join(visit.site, file), changed);
    const [code, message] = await load();
    await writeFile(join(visit.site, file), whole);
    assert.match(code, /^model_(integrity|incompatible)$/);
    // build.json is where trust begins: that it was changed shows in what it names.
    const named = file === "pkg/build.json" ? "manifest.json" : file.split("/")[1];
    assert.ok(message.startsWith(named), message);
    assert.equal((await load())[0], "answered");
  });

  test(`${file}: cut short where it is published, it is refused by name`, async () => {
    const whole = await content(file);
    await writeFile(join(visit.site, file), whole.subarray(0, whole.length - 1));
    const [code, message] = await load();
    await writeFile(join(visit.site, file), whole);
    assert.match(code, /^model_(integrity|incompatible)$/);
    assert.ok(message.startsWith(file.split("/")[1]), message);
  });
}

test("a server that knows no ranges sends all of it again, and nothing is counted twice", async () => {
  const file = "models/stand-in.onnx";
  const whole = await content(file);
  faults[file] = (request, response, attempt) => {
    response.writeHead(200, { "Content-Length": whole.length });
    if (attempt > 1) response.end(whole);
    else response.write(whole.subarray(0, 5), () => setTimeout(() => response.destroy(), 50));
    return true;
  };
  const loaded = await inPage(`
    const foretune = await Foretune.load();
    const { loadedBytes } = foretune;
    foretune.dispose();
    return loadedBytes;`);
  const sizes = await Promise.all(FILES.map(async (name) => (await content(name)).length));
  assert.equal(loaded, sizes.reduce((sum, size) => sum + size, 0));
});

test("a transfer that stalls is begun again, and one that always stalls is given up in words", async () => {
  const file = "models/stand-in.onnx";
  const whole = await content(file);
  const stalls = (_request, response) => {
    response.writeHead(200, { "Content-Length": whole.length });
    response.write(whole.subarray(0, 5));
  };
  faults[file] = firstOnly(stalls);
  assert.equal((await load({ stallSeconds: 1 }))[0], "answered");
  await forget();
  faults[file] = (request, response) => (stalls(request, response), true);
  const [code, message] = await load({ stallSeconds: 1 });
  assert.equal(code, "network");
  assert.match(message, /nothing came for 1 seconds.*Check the connection and try again/);
});

test("a slow transfer is waited for", async () => {
  const file = "models/stand-in.onnx";
  const whole = await content(file);
  faults[file] = (_request, response) => {
    response.writeHead(200, { "Content-Length": whole.length });
    let sent = 0;
    const timer = setInterval(() => {
      response.write(whole.subarray(sent, sent + Math.ceil(whole.length / 5)));
      sent += Math.ceil(whole.length / 5);
      if (sent >= whole.length) response.end(() => clearInterval(timer));
    }, 400);
    return true;
  };
  // Longer in all than the silence that is borne.
  const [code, retries] = await load({ stallSeconds: 1 });
  assert.deepEqual([code, retries], ["answered", 0]);
});

test("the page says that the connection is lost, and goes on by itself once it is back", async () => {
  let down = true;
  faults["models/stand-in.onnx"] = (_request, response) => down && (response.destroy(), true);
  await page.open();
  await page.until("it says so", 10_000, async () => /connection was lost/.test((await page.text(".readiness"))[0]));
  down = false;
  await page.prepared();
});

test("what was kept and is no longer whole is fetched again", async () => {
  await load();
  const codes = await inPage(`
    const cache = await caches.open("foretune-assets");
    for (const request of await cache.keys()) await cache.put(request, new Response("not what it was"));
    performance.clearResourceTimings();
    const code = await codeOf(Foretune.load().then((foretune) => foretune.dispose()));
    const fetched = performance.getEntriesByType("resource").filter(({ name }) => /onnx|wasm|reference/.test(name));
    return [code, fetched.length];`);
  assert.deepEqual(codes, ["answered", 3]);
});

test("a song's address is read over a bad network too, and never beyond the limit", async () => {
  const song = Buffer.alloc(100_000, 1);
  faults["song.wav"] = (request, response, attempt) => {
    if (attempt === 1) {
      response.writeHead(200, { "Content-Length": song.length });
      response.write(song.subarray(0, 5000), () => setTimeout(() => response.destroy(), 50));
    } else {
      assert.equal(request.headers.range, "bytes=5000-");
      response.writeHead(206, { "Content-Range": `bytes 5000-99999/100000` }).end(song.subarray(5000));
    }
    return true;
  };
  // Announces a terabyte; and one that announces nothing and never ends.
  faults["terabyte.wav"] = (_request, response) => {
    response.writeHead(200, { "Content-Length": 2 ** 40 });
    response.write("RIFF");
    return true;
  };
  faults["endless.wav"] = (_request, response) => {
    const pour = () => {
      while (!response.destroyed && response.write(Buffer.alloc(1 << 16)));
      if (!response.destroyed) response.once("drain", pour);
    };
    pour();
    return true;
  };
  const codes = await inPage(`
    const foretune = await Foretune.load();
    const codes = [];
    for (const name of ["song.wav", "terabyte.wav", "endless.wav"]) codes.push(await codeOf(foretune.predict(name)));
    foretune.dispose();
    return codes;`);
  assert.deepEqual(codes, ["undecodable", "file_too_large", "file_too_large"]);
  assert.equal(attempts["song.wav"], 2);
});
