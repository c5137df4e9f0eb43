// Everything that is ever fetched: the compiled core and the models it names. Fetched once, before
// a song is chosen; after that nothing goes over the network.

import { suitableCore } from "./core.js";
import { asForetuneError, ForetuneError } from "./errors.js";

// What has been fetched and found whole is kept here, under addresses that hold the content's hash.
const CACHE = "foretune-assets";

/**
 * @param {(path: string) => URL} locate where a file of pkg/ or models/ is
 * @param {(loadedBytes: number, totalBytes: number) => void} onBytes
 * @returns {Promise<{module: WebAssembly.Module, manifest: Uint8Array, files: Record<string, Uint8Array>,
 *   description: object}>} `description` is the parsed manifest
 */
export async function loadAssets(locate, { build, onBytes = () => {}, signal, fetch }) {
  const loading = new Loading(await openCache(), new Tally(onBytes), { locate, signal, fetch });
  try {
    const [module, models] = await Promise.all([
      loadCore(build, loading),
      loadModels(loading),
    ]);
    await loading.forgetTheRest();
    return { module, ...models };
  } catch (thrown) {
    if (thrown instanceof WebAssembly.CompileError) {
      throw new ForetuneError(
        "unsupported_browser",
        "This browser cannot run Foretune's WebAssembly. Open the page in a current Firefox, Chrome, Edge or Safari.",
        { cause: thrown, details: { missing: "WebAssembly" } },
      );
    }
    throw asForetuneError(thrown, "network");
  }
}

/** Forgets everything kept, so that the next load fetches it again. */
export async function forgetAssets() {
  await globalThis.caches?.delete(CACHE).catch(() => {});
}

/** None where storage is denied, or the page is not on a secure origin. */
async function openCache() {
  try {
    return await globalThis.caches?.open(CACHE);
  } catch {
    return undefined;
  }
}

async function loadCore(build, loading) {
  const core = suitableCore(build ?? (await loading.description("pkg/build.json")).description);
  const { response, checked } = await loading.file("pkg/", core, "application/wasm");
  // Compiled while it comes; used once it is known to be whole.
  const compiling = WebAssembly.compileStreaming
    ? WebAssembly.compileStreaming(response)
    : response.arrayBuffer().then((bytes) => WebAssembly.compile(bytes));
  const [module] = await Promise.all([compiling, checked]);
  return module;
}

async function loadModels(loading) {
  const { bytes: manifest, description } = await loading.description("models/manifest.json");
  const files = await Promise.all(
    fileEntries(description).map(async (entry) => {
      const { response, checked } = await loading.file("models/", entry, "application/octet-stream");
      const [bytes] = await Promise.all([response.arrayBuffer(), checked]);
      return [entry.file, new Uint8Array(bytes)];
    }),
  );
  return { manifest, description, files: Object.fromEntries(files) };
}

/** Every `{file, bytes, sha256}` of the manifest, however deep. The core verifies the hashes. */
function fileEntries(node, found = []) {
  if (node === null || typeof node !== "object") return found;
  if (typeof node.file === "string" && typeof node.sha256 === "string") found.push(node);
  for (const child of Object.values(node)) fileEntries(child, found);
  return found;
}

/** One load: what it fetches, keeps and counts. */
class Loading {
  #cache;
  #tally;
  #options;
  #wanted = new Set();

  constructor(cache, tally, options) {
    this.#cache = cache;
    this.#tally = tally;
    this.#options = options;
  }

  /** A small JSON file that says which others belong together, so a stale one is never used. */
  async description(path) {
    const url = this.#options.locate(path);
    const response = await this.#fetch(url, { cache: "no-cache" });
    const bytes = new Uint8Array(await response.arrayBuffer());
    try {
      return { bytes, description: JSON.parse(new TextDecoder().decode(bytes)) };
    } catch (thrown) {
      throw new ForetuneError(
        "model_incompatible",
        `${url.pathname} is not readable. Reload the page, or restore the file.`,
        { cause: thrown, details: { what: url.pathname } },
      );
    }
  }

  /**
   * A file whose content is known by its hash: as it was kept, or fetched, checked and kept.
   * @returns {Promise<{response: Response, checked: Promise<void>}>}
   */
  async file(folder, { file, bytes, sha256 }, type) {
    const url = new URL(this.#options.locate(`${folder}${file}`));
    // Part of the content's hash in the address: no cache can answer with an older file.
    url.searchParams.set("sha256", sha256.slice(0, 16));
    this.#wanted.add(url.href);
    this.#tally.expect(url.href, bytes);
    const kept = await this.#cache?.match(url.href).catch(() => undefined);
    if (kept) {
      this.#tally.add(bytes);
      return { response: kept, checked: Promise.resolve() };
    }
    const fetched = await this.#fetch(url, {}, bytes);
    const headers = { "Content-Type": type };
    const response = new Response(fetched.body, { headers });
    const checked = this.#checkAndKeep(url, response.clone(), headers, file, sha256);
    // Whoever waits for it hears of it; unless the transfer fails first.
    checked.catch(() => {});
    return { response, checked };
  }

  async #checkAndKeep(url, response, headers, file, sha256) {
    const content = await response.arrayBuffer();
    await checkContent(file, content, sha256);
    // A full disk is no reason to fail.
    this.#cache?.put(url.href, new Response(content, { headers })).catch(() => {});
  }

  /** Drops what earlier versions kept under the same folders. */
  async forgetTheRest() {
    try {
      const folders = [...this.#wanted].map((href) => href.slice(0, href.lastIndexOf("/") + 1));
      // Where a service worker keeps the page, it drops them: it knows what a version to come needs.
      const kept = (await caches.keys()).filter((name) => name.startsWith("foretune-page "));
      if (kept.some((name) => folders[0].startsWith(name.split(" ")[1]))) return;
      for (const request of (await this.#cache?.keys()) ?? []) {
        const ours = folders.some((folder) => request.url.startsWith(folder));
        if (ours && !this.#wanted.has(request.url)) await this.#cache.delete(request);
      }
    } catch {
      // Old files take room, no more.
    }
  }

  /** Fetches, and counts the body's bytes as they come. */
  async #fetch(url, options, bytes = 0) {
    this.#tally.expect(url.href, bytes);
    const { signal, fetch } = this.#options;
    const response = await fetch(url, { signal, credentials: "same-origin", ...options });
    if (!response.ok) {
      throw new Error(`${url.pathname} was answered with status ${response.status}`);
    }
    this.#tally.expect(url.href, bytes || Number(response.headers.get("Content-Length")) || 0);
    if (!response.body) return response;
    const tally = this.#tally;
    const counter = new TransformStream({
      transform(chunk, controller) {
        tally.add(chunk.byteLength);
        controller.enqueue(chunk);
      },
    });
    return new Response(response.body.pipeThrough(counter), { headers: response.headers });
  }
}

/** Refuses what is not the named content. Without a secure origin only the core checks models. */
async function checkContent(file, content, sha256) {
  if (!globalThis.crypto?.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const actual = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (actual === sha256) return;
  throw new ForetuneError(
    "model_integrity",
    `${file} is damaged or has been changed (SHA-256 ${actual} instead of ${sha256}). Reload the page; if that does not help, publish the file again.`,
    { details: { file } },
  );
}

/** Bytes expected and come, over all files. */
class Tally {
  #expected = new Map();
  #loaded = 0;
  #onBytes;

  constructor(onBytes) {
    this.#onBytes = onBytes;
  }

  expect(key, bytes) {
    this.#expected.set(key, bytes);
  }

  add(bytes) {
    this.#loaded += bytes;
    let total = 0;
    for (const expected of this.#expected.values()) total += expected;
    // A compressed transfer announces fewer bytes than it unpacks to.
    this.#onBytes(this.#loaded, Math.max(total, this.#loaded));
  }
}
