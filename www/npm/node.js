/**
 * Foretune in Node: samples in, result out. The same core and the same workers as in a browser;
 * only decoding is left to the caller, since Node has no decoder.
 */

import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

import { Foretune as AnyForetune, ForetuneError } from "../foretune.js";

export { ForetuneError };

const MAX_WORKERS = 4;

/** A thread with the face of a browser's worker. */
class NodeWorker extends EventTarget {
  #thread;

  constructor(url) {
    super();
    // Options that the program was started with, such as --input-type, are not meant for it.
    const options = { workerData: url.href, execArgv: [] };
    this.#thread = new Worker(new URL("./node-worker.js", import.meta.url), options);
    const tell = (event, properties) => this.dispatchEvent(Object.assign(event, properties));
    this.#thread.on("message", (data) => tell(new MessageEvent("message", { data })));
    this.#thread.on("messageerror", () => tell(new Event("messageerror")));
    this.#thread.on("error", ({ message }) => tell(new Event("error"), { message }));
  }

  postMessage(message, transfer) {
    this.#thread.postMessage(message, transfer);
  }

  terminate() {
    this.#thread.terminate();
  }
}

/** @type {import("../browser.js").Platform} */
const NODE = {
  requireFeatures() {},

  async fetch(url, options) {
    if (url.protocol !== "file:") return fetch(url, options);
    // The query holds the content's hash, which is checked after reading.
    const bytes = await readFile(new URL(url.pathname, url));
    return new Response(bytes, { headers: { "Content-Length": String(bytes.length) } });
  },

  resolve(baseUrl) {
    const url = URL.canParse(baseUrl) ? new URL(baseUrl) : pathToFileURL(String(baseUrl));
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    return url;
  },

  startWorker: (url) => /** @type {any} */ (new NodeWorker(url)),

  suitableWorkers: () => Math.min(MAX_WORKERS, availableParallelism()),
};

export class Foretune extends AnyForetune {
  static load(options = {}) {
    return super.load({ platform: NODE, ...options });
  }

  async predict(input, options) {
    if (!Array.isArray(input?.channels)) {
      throw new ForetuneError(
        "invalid_input",
        "In Node a song is {channels: Float32Array[], sampleRate}: decode the file first, for example with ffmpeg.",
      );
    }
    return super.predict(input, options);
  }
}
