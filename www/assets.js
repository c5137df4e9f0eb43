// Everything that is ever fetched: the compiled core and the models it names. Fetched once, before
// a song is chosen; after that nothing goes over the network.

import { suitableCore } from "./core.js";
import { asForetuneError, cancelled, ForetuneError } from "./errors.js";
import { bodyOf } from "./transfer.js";

// What has been fetched and found whole is kept here, under addresses that hold the content's hash.
const CACHE = "foretune-assets";

/**
 * @param {(path: string) => URL} locate where a file of pkg/ or models/ is
 * @param {object} options
 * @param {object | null} options.build what pkg/build.json says, where it is known
 * @param {typeof fetch} options.fetch
 * @param {(loadedBytes: number, totalBytes: number) => void} [options.onBytes]
 * @param {() => void} [options.onRetry] the connection was lost, and is tried again
 * @param {number} options.stallSeconds without a byte after which an attempt is given up
 * @param {AbortSignal} [options.signal]
 * @returns {Promise<{module: WebAssembly.Module, manifest: Uint8Array, files: Record<string, Uint8Array>,
 *   description: object}>} `description` is the parsed manifest
 */
export async function loadAssets(locate, { build: known, onBytes = () => {}, signal, ...options }) {
  const loading = new Loading(await openCache(), new Tally(onBytes), { locate, signal, ...options });
  try {
    const build = known
      ? Promise.resolve(known)
      : loading.description("pkg/build.json").then(({ description }) => description);
    const [module, models] = await Promise.all([
      loadCore(build, loading),
      loadModels(build, loading),
    ]);
    await loading.forgetTheRest();
    return { module, ...models };
  } catch (thrown) {
    if (signal?.aborted) throw cancelled();
    if (loading.failure && !(thrown instanceof ForetuneError)) throw asForetuneError(loading.failure, "network");
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
  const core = entryOf(suitableCore(await build), "build.json");
  return loading.file("pkg/", core, "application/wasm", (response) =>
    WebAssembly.compileStreaming
      ? WebAssembly.compileStreaming(response)
      : response.arrayBuffer().then((bytes) => WebAssembly.compile(bytes)),
  );
}

async function loadModels(build, loading) {
  const manifest = await loading.description("models/manifest.json");
  const expected = entryOf((await build).manifest, "build.json");
  await checkContent("manifest.json", manifest.bytes, expected.sha256);
  const entries = fileEntries(manifest.description).map((entry) => entryOf(entry, "manifest.json"));
  const files = await Promise.all(
    entries.map(async (entry) => {
      const read = (response) => response.arrayBuffer();
      const bytes = await loading.file("models/", entry, "application/octet-stream", read);
      return [entry.file, new Uint8Array(bytes)];
    }),
  );
  return { manifest: manifest.bytes, description: manifest.description, files: Object.fromEntries(files) };
}

/** `{file, bytes, sha256}`, if that is what `entry` is. */
function entryOf(entry, describedBy) {
  const { file, bytes, sha256 } = entry ?? {};
  if (typeof file === "string" && Number.isSafeInteger(bytes) && /^[0-9a-f]{64}$/.test(sha256)) return entry;
  throw unreadable(describedBy);
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
  /** Why a file could not be fetched. */
  failure = null;
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
    const file = path.split("/").at(-1);
    const body = this.#fetch(this.#options.locate(path), { request: { cache: "no-cache" } });
    const bytes = new Uint8Array(await new Response(body).arrayBuffer());
    try {
      const description = JSON.parse(new TextDecoder().decode(bytes));
      if (description !== null && typeof description === "object") return { bytes, description };
    } catch (thrown) {
      throw unreadable(file, thrown);
    }
    throw unreadable(file);
  }

  /**
   * What `use` makes of a file whose content is known by its hash: as it was kept, or fetched, checked
   * and kept. It is begun while the file comes and is checked, and given once that is known to be whole.
   * @template Used
   * @param {(response: Response) => Promise<Used>} use
   * @returns {Promise<Used>}
   */
  async file(folder, { file, bytes, sha256 }, type, use) {
    const url = new URL(this.#options.locate(`${folder}${file}`));
    // Part of the content's hash in the address: no cache can answer with an older file.
    url.searchParams.set("sha256", sha256.slice(0, 16));
    this.#wanted.add(url.href);
    this.#tally.expect(url.href, bytes);
    // What was kept, if it still is what it was: other scripts of this origin could have changed it.
    const kept = await this.#cache?.match(url.href).catch(() => undefined);
    if (kept) {
      try {
        const content = kept.clone();
        const used = await onceChecked(use(kept), content.arrayBuffer().then((found) => checkContent(file, found, sha256)));
        this.#tally.add(bytes);
        return used;
      } catch {
        await this.#cache.delete(url.href).catch(() => {});
      }
    }
    const headers = { "Content-Type": type };
    const response = new Response(this.#fetch(url, { expectedBytes: bytes }), { headers });
    const checked = this.#checkAndKeep(url, response.clone(), headers, file, sha256);
    return onceChecked(use(response), checked);
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

  /** A body whose bytes are counted as they come. */
  #fetch(url, { request, expectedBytes = 0 }) {
    this.#tally.expect(url.href, expectedBytes);
    return bodyOf(url, {
      ...this.#options,
      request,
      onLength: (bytes) => this.#tally.expect(url.href, expectedBytes || bytes),
      onBytes: (bytes) => this.#tally.add(bytes),
      onFailure: (thrown) => (this.failure ??= thrown),
    });
  }
}

/** What is damaged can rarely be used, and then it is the damage that has to be told. */
async function onceChecked(using, checked) {
  // Whoever waits for it hears of it.
  using.catch(() => {});
  await checked;
  return using;
}

function unreadable(file, cause) {
  return new ForetuneError(
    "model_incompatible",
    `${file} is not readable. Reload the page, or publish the file again.`,
    { cause, details: { what: file } },
  );
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
