// Makes the site as it is published out of an assembled one: scripts bundled and minified, so that a
// first visit asks for few files, at their documented names where others refer to them.
//
//   node xtask/bundle.mjs SITE OUT

import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const { build, transform } = createRequire(join(ROOT, "tests/web/package.json"))("esbuild");
const [site, out] = process.argv.slice(2, 4).map((folder) => resolve(folder));

/** What pages, embedders and workers start from. */
const MODULES = ["page.js", "embedding.js", "embed.js", "foretune-element.js", "foretune.js", "foretune-iframe.js", "worker.js"];
/** The core's script, which both cores share, scripts that are no modules, and styles: one by one. */
const ALONE = ["pkg/foretune.js", "language.js", "service-worker.js", "page.css", "embedding.css", "embed.css"];
const OPTIONS = { charset: "utf8", target: "es2023", minify: true, logLevel: "warning" };

await rm(out, { recursive: true, force: true });
await cp(site, out, {
  recursive: true,
  filter: (path) => {
    const name = relative(site, path);
    return name.startsWith("pkg") || !(/^(view|locales|screenshot\.png)$/.test(name) || /\.(js|ts)$/.test(name));
  },
});
await build({
  ...OPTIONS,
  // Chunks are named by what is in them and by where that was.
  absWorkingDir: site,
  entryPoints: MODULES.map((name) => join(site, name)),
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  chunkNames: "[name]-[hash]",
  external: ["./pkg/foretune.js"],
});
for (const name of ALONE) {
  const source = await readFile(join(site, name), "utf8");
  const { code } = await transform(source, { ...OPTIONS, loader: extname(name).slice(1) });
  await writeFile(join(out, name), code);
}
