// `cargo xtask bench` after the native part: our pipeline as a person meets it, and its parts beside the
// libraries that do the same, in one run. Ratios are of neighbouring measurements; what a machine does
// beside them, both feel.
//
//   node run.mjs [--markdown] [--only native,lighthouse,page,parts,node]

import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { cpus, homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { grade } from "./lighthouse.mjs";
import { inChromium, inNode, measureParts } from "./parts.mjs";
import { reportNative } from "./native.mjs";
import { measurePage } from "./visit.mjs";
import { Report } from "./report.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const site = process.env.FORETUNE_SITE;
if (!site) throw new Error("FORETUNE_SITE names no folder. Run the bench by `cargo xtask bench`.");

const { values: options } = parseArgs({
  options: { markdown: { type: "boolean" }, only: { type: "string", default: "native,lighthouse,page,parts,node" } },
});
const parts = options.only.split(",");
const report = new Report(options);
const songs = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "foretune", "bench-songs");
await mkdir(songs, { recursive: true });

// All that the browser is served, side by side.
const root = await mkdtemp(join(tmpdir(), "foretune-bench-"));
for (const [name, target] of Object.entries({ site, songs, bench: here, modules: join(here, "node_modules") })) {
  await symlink(target, join(root, name));
}

try {
  const [{ model }] = cpus();
  report.heading(`Chromium and Node ${process.version} on ${cpus().length} × ${model.trim()}, ${new Date().toISOString().slice(0, 10)}`);
  if (parts.includes("native")) await reportNative(report, process.env.FORETUNE_CRITERION);
  if (parts.includes("lighthouse")) await grade(report, { site });
  if (parts.includes("page")) await measurePage(report, { root, songs });
  if (parts.includes("parts")) await measureParts(report, await inChromium({ root, songs }));
  if (parts.includes("node")) await measureParts(report, await inNode({ site, songs }));
  report.close();
} finally {
  await rm(root, { recursive: true });
}
