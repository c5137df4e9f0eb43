// The folders that are served to the browser.

import { cp, mkdtemp } from "node:fs/promises";
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
  return folder;
}
