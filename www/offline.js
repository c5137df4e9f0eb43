// The page's end of its service worker: registered once the page is at rest, told apart from one that
// an embedding site may have, and replaced only when the reader says so.

/** How often a page that stays open looks for a new version. */
const LOOK_EVERY_MS = 60 * 60 * 1000;

const SCRIPT = new URL("./service-worker.js", import.meta.url).href;

/**
 * Makes the page open without a network from the next visit on.
 * @param {(takeOver: () => Promise<boolean>) => void} onNewVersion once one waits; `takeOver` reloads
 *   the page with it, or answers false where other tabs still show the one before
 */
export async function keepOffline(onNewVersion) {
  let registration;
  try {
    registration = await navigator.serviceWorker?.register(SCRIPT, { updateViaCache: "none" });
  } catch {
    // Storage is denied, or the site was assembled without its list: then there is only no offline.
  }
  if (!registration) return;
  const offer = (worker) => {
    // The first one replaces nothing.
    if (navigator.serviceWorker.controller) onNewVersion(() => takeOver(worker));
  };
  if (registration.waiting) offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker.addEventListener("statechange", () => worker.state === "installed" && offer(worker));
  });
  let looked = Date.now();
  const look = () => {
    if (document.hidden || Date.now() - looked < LOOK_EVERY_MS) return;
    looked = Date.now();
    // Without a network there is nothing new.
    registration.update().catch(() => {});
  };
  addEventListener("visibilitychange", look);
  setInterval(look, LOOK_EVERY_MS / 4);
}

async function takeOver(worker) {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  return (await ask(worker, { type: "take-over" })).alone;
}

/** The songs that another app shared with the page, by the name the worker gave them. */
export async function takeShared(id) {
  const worker = navigator.serviceWorker?.controller;
  return worker ? ask(worker, { type: "take-shared", id }) : [];
}

function ask(worker, message) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    worker.postMessage(message, [port2]);
  });
}

/** Ends the service worker and drops what it kept, until the page is opened again. */
export async function forgetOffline() {
  const registrations = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  for (const registration of registrations) {
    const { scriptURL } = registration.active ?? registration.waiting ?? registration.installing ?? {};
    if (scriptURL === SCRIPT) await registration.unregister();
  }
  for (const name of await caches.keys()) if (name.startsWith("foretune-page")) await caches.delete(name);
}
