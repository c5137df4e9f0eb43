// The page without a network, once it has been opened: its files of one version, kept whole and
// checked, and never those of two versions side by side. No song is ever kept here.

/* global self, caches, clients */

// Written by `cargo xtask site` (xtask/src/site.rs): which files, and their hashes.
importScripts("precache.js");
const { version, files, assets } = self.FORETUNE_PRECACHE;

const SCOPE = new URL("./", self.location).href;
const OURS = `foretune-page ${SCOPE} `;
const PAGE_CACHE = OURS + version;
// Core and models are kept under addresses that hold their hashes, by www/assets.js just as here:
// one copy, whoever comes first.
const ASSET_CACHE = "foretune-assets";
/** A shared song waits this long in memory for the page to be opened, and is then let go. */
const SHARED_SECONDS = 60;

const TYPES = { wasm: "application/wasm", json: "application/json" };

self.addEventListener("install", (event) => event.waitUntil(keepVersion()));
self.addEventListener("activate", (event) => event.waitUntil(dropOtherVersions().then(takeFirstVisit)));

async function keepVersion() {
  const page = await caches.open(PAGE_CACHE);
  const kept = await caches.open(ASSET_CACHE);
  const wanted = await suitable(assets, kept);
  await Promise.all([
    ...Object.entries(files).map(async ([path, integrity]) => page.put(new URL(path, SCOPE), await fetched(path, integrity))),
    ...wanted.map(async ([path, integrity]) => {
      const url = new URL(path, SCOPE);
      if (await kept.match(url)) return;
      const response = await fetched(path, integrity);
      const type = TYPES[url.pathname.split(".").at(-1)] ?? "application/octet-stream";
      await kept.put(url, new Response(await response.arrayBuffer(), { headers: { "Content-Type": type } }));
    }),
  ]);
}

/**
 * Of several cores, the one that the page has chosen (www/core.js) and kept, be it in another version.
 * Before that there is none: the page keeps it when it fetches it.
 */
async function suitable(assets, kept) {
  const entries = Object.entries(assets);
  const isCore = ([path]) => path.startsWith("pkg/");
  if (entries.filter(isCore).length === 1) return entries;
  const paths = new Set((await kept.keys()).map(({ url }) => new URL(url).pathname));
  return entries.filter((entry) => !isCore(entry) || paths.has(new URL(entry[0], SCOPE).pathname));
}

/** Half a deployment, or another version's file, is refused by the hash: the next visit tries again. */
async function fetched(path, integrity) {
  const response = await fetch(new URL(path, SCOPE), { integrity, cache: "no-cache" });
  if (!response.ok) throw new Error(`${path} was answered with status ${response.status}`);
  // A page that was redirected on its way here could not be opened from here.
  return response.redirected ? new Response(response.body, { headers: response.headers }) : response;
}

/** Drops what earlier versions kept, which no page shows any more; true where there were any. */
async function dropOtherVersions() {
  const others = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== PAGE_CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
  const wanted = new Set(Object.keys(assets).map((path) => new URL(path, SCOPE).href));
  const folders = new Set([...wanted].map((href) => href.slice(0, href.lastIndexOf("/") + 1)));
  const kept = await caches.open(ASSET_CACHE);
  for (const { url } of await kept.keys()) {
    const ours = folders.has(url.slice(0, url.lastIndexOf("/") + 1));
    if (ours && !wanted.has(url)) await kept.delete(url);
  }
  return others.length > 0;
}

/** The page of a first visit came from the network; from now on a new version waits for it as well. */
async function takeFirstVisit(wasThereBefore) {
  if (!wasThereBefore) await clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (!url.href.startsWith(SCOPE)) return;
  const path = url.pathname.slice(new URL(SCOPE).pathname.length);
  if (request.method === "POST" && path === "share-target") return event.respondWith(receiveShared(event));
  if (request.method !== "GET") return;
  const name = path === "" || path === "index.html" ? "./" : path;
  if (name in files) event.respondWith(answer(request, name));
});

async function answer(request, name) {
  const kept = await caches.match(new URL(name, SCOPE), { cacheName: PAGE_CACHE });
  // Gone only if the reader had everything deleted.
  if (!kept) return fetch(request);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("Range") ?? "");
  return range ? part(kept, Number(range[1]), range[2]) : kept;
}

/** A player seeks by asking for ranges of bytes. */
async function part(response, first, last) {
  const whole = await response.blob();
  const end = Math.min(last === "" ? whole.size : Number(last) + 1, whole.size);
  if (first >= end) return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${whole.size}` } });
  const headers = { "Content-Type": whole.type, "Content-Range": `bytes ${first}-${end - 1}/${whole.size}` };
  return new Response(whole.slice(first, end, whole.type), { status: 206, headers });
}

// Songs that another app shared, in memory alone, until the page that was opened for them asks.
const shared = new Map();

async function receiveShared(event) {
  const id = crypto.randomUUID();
  const form = await event.request.formData().catch(() => new FormData());
  let taken;
  // A worker without anything to wait for would be stopped, and the songs lost.
  event.waitUntil(new Promise((resolve) => (taken = resolve)));
  shared.set(id, { songs: form.getAll("songs").filter((entry) => entry instanceof File && entry.size > 0), taken });
  setTimeout(() => take(id), SHARED_SECONDS * 1000);
  return Response.redirect(new URL(`./?shared=${id}`, SCOPE), 303);
}

function take(id) {
  const waiting = shared.get(id);
  shared.delete(id);
  waiting?.taken();
  return waiting?.songs ?? [];
}

self.addEventListener("message", (event) => {
  const { type, id } = event.data ?? {};
  if (type === "take-shared") event.ports[0].postMessage(take(id));
  if (type === "take-over") event.waitUntil(takeOver(event.ports[0]));
});

/** Becomes the version in use, unless other tabs still show the one before. */
async function takeOver(port) {
  const open = (await clients.matchAll({ type: "window", includeUncontrolled: true })).filter(({ url }) => url.startsWith(SCOPE));
  const alone = open.length < 2;
  if (alone) await self.skipWaiting();
  port.postMessage({ alone });
}
