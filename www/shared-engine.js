// One engine for all elements of a page that load from the same place, ended with the last of them.

import { Foretune } from "./foretune.js";

const engines = new Map();

/**
 * Joins, or starts, the engine of `baseUrl`.
 * @returns {{ready: Promise<Foretune>, release: () => void}}
 */
export function acquireEngine(baseUrl, onProgress) {
  const key = baseUrl ? new URL(baseUrl, document.baseURI).href : "";
  const engine = engines.get(key) ?? startEngine(key, baseUrl);
  engine.listeners.add(onProgress);
  let held = true;
  return {
    ready: engine.ready,
    release() {
      if (!held) return;
      held = false;
      engine.listeners.delete(onProgress);
      if (engine.listeners.size > 0) return;
      if (engines.get(key) === engine) engines.delete(key);
      engine.loading.abort();
      engine.ready.then((foretune) => foretune.dispose(), () => {});
    },
  };
}

function startEngine(key, baseUrl) {
  const listeners = new Set();
  const loading = new AbortController();
  const ready = Foretune.load({
    baseUrl,
    signal: loading.signal,
    onProgress: (progress) => {
      for (const listener of listeners) listener(progress);
    },
  });
  const engine = { ready, listeners, loading };
  engines.set(key, engine);
  // What failed to load is not kept: the next to ask tries again.
  ready.catch(() => {
    if (engines.get(key) === engine) engines.delete(key);
  });
  return engine;
}
