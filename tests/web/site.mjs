// The folders that are served to the browser.

import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const WWW = fileURLToPath(new URL("../../www/", import.meta.url));
const STAND_IN = fileURLToPath(new URL("stand-in/", import.meta.url));

/** The assembled site with the real core and models. */
export function realSite() {
  const folder = process.env.FORETUNE_SITE;
  if (!folder) throw new Error("FORETUNE_SITE names no folder. Run these tests by `cargo xtask test`.");
  return folder;
}

/** The same with its scripts bundled, as it is published. */
export function publishedSite() {
  const folder = process.env.FORETUNE_PUBLISHED;
  if (!folder) throw new Error("FORETUNE_PUBLISHED names no folder. Run these tests by `cargo xtask test`.");
  return folder;
}

/** The real one with other models, in `folder`: what xtask/src/site.rs makes of them. */
export async function siteWithModels(models, folder) {
  await cp(realSite(), folder, { recursive: true });
  await cp(models, join(folder, "models"), { recursive: true });
  const manifest = await readFile(join(folder, "models/manifest.json"));
  const build = JSON.parse(await readFile(join(folder, "pkg/build.json"), "utf8"));
  build.manifest.bytes = manifest.length;
  build.manifest.sha256 = createHash("sha256").update(manifest).digest("hex");
  await writeFile(join(folder, "pkg/build.json"), JSON.stringify(build));
  await writePrecache(folder);
}

/** The page with a stand-in for the core, or `relaxed` for both, in a new temporary folder. */
export async function standInSite({ relaxed = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "foretune-stand-in-"));
  await cp(WWW, folder, { recursive: true });
  await cp(STAND_IN, folder, { recursive: true });
  const described = async (path) => {
    const content = await readFile(join(folder, path));
    return { bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
  };
  const path = join(folder, "models/manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  for (const entry of [manifest.popularity, manifest.reference]) {
    Object.assign(entry, await described(`models/${entry.file}`));
  }
  await writeFile(path, JSON.stringify(manifest));
  const core = async (file) => ({ file, ...(await described(`pkg/${file}`)) });
  const build = {
    wasm: await core("foretune_bg.wasm"),
    manifest: { file: "manifest.json", ...(await described("models/manifest.json")) },
  };
  if (relaxed) {
    await cp(join(folder, "pkg/foretune_bg.wasm"), join(folder, "pkg/foretune_relaxed_bg.wasm"));
    build.relaxed_simd = await core("foretune_relaxed_bg.wasm");
  }
  await writeFile(join(folder, "pkg/build.json"), JSON.stringify(build));
  await writePrecache(folder);
  return folder;
}

/** What xtask/src/precache.rs writes; tests that change a site make its next version by this. */
export async function writePrecache(site) {
  const files = {};
  for (const path of (await readdir(site, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(site, join(entry.parentPath, entry.name)))
    .sort()) {
    if (/\.(md|txt|ts)$|^(screenshot\.png|service-worker\.js|precache\.js)$/.test(path)) continue;
    const digest = createHash("sha256").update(await readFile(join(site, path))).digest("base64");
    files[path === "index.html" ? "./" : path] = `sha256-${digest}`;
  }
  const assets = {};
  for (const description of ["pkg/build.json", "models/manifest.json"]) {
    const entries = Object.values(JSON.parse(await readFile(join(site, description), "utf8")));
    for (const { file, sha256 } of entries.filter((entry) => entry?.file && entry.file !== "manifest.json")) {
      const path = `${description.split("/")[0]}/${file}`;
      assets[`${path}?sha256=${sha256.slice(0, 16)}`] = files[path];
      delete files[path];
    }
  }
  const version = createHash("sha256").update(JSON.stringify({ files, assets })).digest("hex").slice(0, 16);
  const precache = { version, files, assets };
  await writeFile(join(site, "precache.js"), `self.FORETUNE_PRECACHE = ${JSON.stringify(precache)};\n`);
  return precache;
}
