// The npm package as its users get it: packed, and installed into copies of the examples.

import { execFile } from "node:child_process";
import { cp, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const EXAMPLES = fileURLToPath(new URL("examples/", import.meta.url));

/** The folder that `cargo xtask` made the package in. */
export function npmPackage() {
  const folder = process.env.FORETUNE_NPM;
  if (!folder) throw new Error("FORETUNE_NPM names no folder. Run these tests by `cargo xtask test`.");
  return folder;
}

/** Packs it into `folder`; gives the tarball's path. */
export async function pack(folder) {
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: npmPackage() });
  return join(folder, JSON.parse(stdout)[0].filename);
}

/** A copy of an example in a new temporary folder. */
export async function copyOf(example) {
  const folder = await mkdtemp(join(tmpdir(), `foretune-${example}-`));
  await cp(join(EXAMPLES, example), folder, { recursive: true });
  return folder;
}

/** The example with what its lock file names and the packed package installed, as a stranger would have it. */
export async function installed(example, tarball) {
  const folder = await copyOf(example);
  const npm = (...args) => run("npm", [...args, "--no-audit", "--no-fund", "--prefer-offline"], { cwd: folder });
  if (example !== "node") await npm("ci");
  await npm("install", "--no-save", "--no-package-lock", tarball);
  return folder;
}

/** Runs a script of the example's package.json; fails with what it printed. */
export async function script(folder, name) {
  await run("npm", ["run", name], { cwd: folder }).catch(({ stdout, stderr }) => {
    throw new Error(`npm run ${name}: ${stdout}${stderr}`);
  });
}
