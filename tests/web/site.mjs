// The folders that are served to the browser.

import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const WWW = fileURLToPath(new URL("../../www/", import.meta.url));
const STAND_IN = fileURLToPath(new URL("stand-in/", import.meta.url));

/** The assembled site with the real core and models. */
export function realSite() {
  const folder = process.env.FORETUNE_SITE;
  if (!folder) throw new Error("FORETUNE_SITE names no folder. Run these tests by `cargo xtask test`.");
  return folder;
}

/** The page with a stand-in for the core, in a new temporary folder. */
export async function standInSite() {
  const folder = await mkdtemp(join(tmpdir(), "foretune-stand-in-"));
  await cp(WWW, folder, { recursive: true });
  await cp(STAND_IN, folder, { recursive: true });
  const described = async (path) => {
    const content = await readFile(join(folder, path));
    return { bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
  };
  const wasm = { file: "foretune_bg.wasm", ...(await described("pkg/foretune_bg.wasm")) };
  await writeFile(join(folder, "pkg/build.json"), JSON.stringify({ wasm }));
  const path = join(folder, "models/manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  for (const entry of [manifest.popularity, manifest.reference]) {
    Object.assign(entry, await described(`models/${entry.file}`));
  }
  await writeFile(path, JSON.stringify(manifest));
  return folder;
}
