// What Foretune asks of its surroundings, as a browser has it. npm/node.js has Node's.

import { ForetuneError } from "./errors.js";

// Each worker holds the core, the models and, for a moment, the song: more of them cost memory and
// gain little, as reading and measuring do not get faster.
const MAX_WORKERS = 4;

/**
 * @typedef {object} Platform
 * @property {() => void} requireFeatures throws where something is missing
 * @property {typeof fetch} fetch of the core and the models
 * @property {(baseUrl: string | URL) => URL} resolve
 * @property {(worker: URL) => Worker} startWorker
 * @property {() => number} suitableWorkers
 */

/** @type {Platform} */
export const BROWSER = {
  requireFeatures() {
    const missing = Object.entries({
      WebAssembly: typeof WebAssembly === "object",
      "Web Workers": typeof Worker === "function",
      "Web Audio": typeof OfflineAudioContext === "function",
    })
      .filter(([, present]) => !present)
      .map(([name]) => name);
    if (missing.length > 0) {
      throw new ForetuneError(
        "unsupported_browser",
        `This browser lacks ${missing.join(" and ")}. Open the page in a current Firefox, Chrome, Edge or Safari.`,
        { details: { missing: missing.join(", ") } },
      );
    }
  },

  fetch: (url, options) => fetch(url, options),

  resolve(baseUrl) {
    const url = new URL(baseUrl, document.baseURI);
    // A folder, also where it is written without the last slash.
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    return url;
  },

  startWorker(url) {
    if (url.origin === location.origin) return new Worker(url, { type: "module" });
    // A worker must be of the page's own origin; the modules that it imports need not be.
    const shim = URL.createObjectURL(
      new Blob([`import ${JSON.stringify(url.href)};`], { type: "text/javascript" }),
    );
    const worker = new Worker(shim, { type: "module" });
    worker.addEventListener("message", () => URL.revokeObjectURL(shim), { once: true });
    return worker;
  },

  suitableWorkers() {
    // Browsers say neither exactly; a machine with 2 GiB or less has no room for several.
    const { hardwareConcurrency = 2, deviceMemory = 4 } = /** @type {any} */ (navigator);
    return Math.max(1, Math.min(deviceMemory > 2 ? MAX_WORKERS : 2, hardwareConcurrency));
  },
};
