// Everything that is ever fetched: the compiled core and the models it names. Fetched once, before
// a song is chosen; after that nothing goes over the network.

import { asForetuneError, ForetuneError } from "./errors.js";

/**
 * @param {URL} baseUrl the folder that holds pkg/ and models/
 * @param {(loadedBytes: number, totalBytes: number) => void} onBytes
 * @returns {Promise<{module: WebAssembly.Module, manifest: Uint8Array, files: Record<string, Uint8Array>,
 *   description: object}>} `description` is the parsed manifest
 */
export async function loadAssets(baseUrl, { onBytes = () => {}, signal } = {}) {
  const tally = new Tally(onBytes);
  try {
    const [module, models] = await Promise.all([
      compile(new URL("pkg/foretune_bg.wasm", baseUrl), tally, signal),
      loadModels(new URL("models/", baseUrl), tally, signal),
    ]);
    return { module, ...models };
  } catch (thrown) {
    if (thrown instanceof WebAssembly.CompileError) {
      throw new ForetuneError(
        "unsupported_browser",
        "This browser cannot run Foretune's WebAssembly. Open the page in a current Firefox, Chrome, Edge or Safari.",
        { cause: thrown },
      );
    }
    throw asForetuneError(thrown, "network");
  }
}

async function compile(url, tally, signal) {
  const response = await fetchCounted(url, tally, signal);
  // Streaming insists on the type; hosts that do not send it are many.
  const typed = response.headers.get("Content-Type")?.startsWith("application/wasm");
  return typed && WebAssembly.compileStreaming
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}

async function loadModels(folder, tally, signal) {
  // The manifest is small and says which files belong together, so a stale one is never used.
  const response = await fetchCounted(new URL("manifest.json", folder), tally, signal, "no-cache");
  const manifest = new Uint8Array(await response.arrayBuffer());
  let description;
  try {
    description = JSON.parse(new TextDecoder().decode(manifest));
  } catch (thrown) {
    throw new ForetuneError(
      "model_incompatible",
      "The models' manifest is not readable. Reload the page, or restore the models folder.",
      { cause: thrown },
    );
  }
  const files = await Promise.all(
    fileEntries(description).map(async ({ file, bytes, sha256 }) => {
      const url = new URL(file, folder);
      // Part of the content's hash in the address: a cache cannot answer with an older model.
      url.searchParams.set("sha256", sha256.slice(0, 16));
      const body = await fetchCounted(url, tally, signal, "default", bytes);
      return [file, new Uint8Array(await body.arrayBuffer())];
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

/** Fetches, and counts the body's bytes as they come. */
async function fetchCounted(url, tally, signal, cache = "default", bytes = 0) {
  tally.expect(url.href, bytes);
  const response = await fetch(url, { cache, signal, credentials: "same-origin" });
  if (!response.ok) {
    throw new Error(`${url.pathname} was answered with status ${response.status}`);
  }
  tally.expect(url.href, bytes || Number(response.headers.get("Content-Length")) || 0);
  if (!response.body) return response;
  const counter = new TransformStream({
    transform(chunk, controller) {
      tally.add(chunk.byteLength);
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(counter), { headers: response.headers });
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
