// Which of the two compiled cores a browser fetches.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { standInSite } from "./site.mjs";
import { visitNoPage } from "./visit.mjs";

const requests = [];
let visit;

before(async () => {
  const site = await standInSite({ relaxed: true });
  visit = await visitNoPage(site, { onRequest: ({ path }) => requests.push(path) });
});

after(() => visit?.close());

/** Loads Foretune where `WebAssembly.validate` is `validate`; gives the cores that were fetched. */
async function coresFetched(validate) {
  requests.length = 0;
  const thrown = await visit.driver.executeAsyncScript(
    `
    const done = arguments[arguments.length - 1];
    const { validate } = WebAssembly;
    WebAssembly.validate = ${validate};
    import(arguments[0])
      .then(({ Foretune }) => Foretune.load())
      .then((foretune) => foretune.dispose())
      .then(() => done(null), (error) => done(String(error)))
      .finally(() => (WebAssembly.validate = validate));`,
    new URL("foretune.js", visit.url).href,
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
