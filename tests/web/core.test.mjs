// Which of the two compiled cores a browser fetches.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";

import { startServer } from "../../xtask/serve.mjs";
import { openBrowser } from "./browser.mjs";
import { standInSite } from "./site.mjs";

const requests = [];
let site, server, browser;

before(async () => {
  site = await standInSite({ relaxed: true });
  server = await startServer({ directory: site, onRequest: ({ path }) => requests.push(path) });
  browser = await openBrowser();
  // An icon: a page of this origin that loads nothing itself.
  await browser.driver.get(new URL("icon.svg", server.url).href);
});

after(async () => {
  await browser?.close();
  await server?.close();
  if (site) await rm(site, { recursive: true });
});

/** Loads Foretune where `WebAssembly.validate` is `validate`; gives the cores that were fetched. */
async function coresFetched(validate) {
  requests.length = 0;
  const thrown = await browser.driver.executeAsyncScript(
    `
    const done = arguments[arguments.length - 1];
    const { validate } = WebAssembly;
    WebAssembly.validate = ${validate};
    import(arguments[0])
      .then(({ Foretune }) => Foretune.load())
      .then((foretune) => foretune.dispose())
      .then(() => done(null), (error) => done(String(error)))
      .finally(() => (WebAssembly.validate = validate));`,
    new URL("foretune.js", server.url).href,
  );
  assert.equal(thrown, null);
  return requests.filter((path) => path.endsWith(".wasm"));
}

test("a browser with relaxed SIMD fetches the core that uses it, and only that", async () => {
  assert.deepEqual(await coresFetched("validate.bind(WebAssembly)"), ["/pkg/foretune_relaxed_bg.wasm"]);
});

test("any other browser fetches the plain one", async () => {
  assert.deepEqual(await coresFetched("() => false"), ["/pkg/foretune_bg.wasm"]);
});
