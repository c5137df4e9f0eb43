// One contestant in Node, on a thread of its own.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";

import { host } from "./contestants.mjs";

const require = createRequire(import.meta.url);
const site = (path) => join(workerData.site, path.replace(/^site\//, ""));

const place = {
  bytes: async (path) => new Uint8Array(await readFile(site(path))),
  load: async (path) => {
    if (path.startsWith("modules/")) return require(path.replace("modules/", ""));
    // The script is a module for browsers, in a folder that does not tell Node so.
    const script = await readFile(site(path), "utf8");
    return import(`data:text/javascript,${encodeURIComponent(script)}`);
  },
};

const answerTo = host(place);

parentPort.on("message", async ({ id, ...message }) => {
  try {
    parentPort.postMessage({ id, answer: await answerTo(message) });
  } catch (thrown) {
    parentPort.postMessage({ id, error: thrown?.stack ?? String(thrown) });
  }
});
