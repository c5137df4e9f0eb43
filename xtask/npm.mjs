// Makes the npm package out of an assembled site: its scripts bundled into a few modules, the types
// of their JSDoc, a description of the element, and beside them the files that they fetch.
//
//   node xtask/npm.mjs SITE OUT VERSION

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const NPM = join(ROOT, "www/npm");
const TOOLS = join(ROOT, "tests/web/node_modules/.bin");
const { build } = createRequire(join(ROOT, "tests/web/package.json"))("esbuild");

const [site, out] = process.argv.slice(2, 4).map((folder) => resolve(folder));
const version = process.argv[4];

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const assets = await assetPaths();
await copyAssets(assets);
await bundle(await locations(assets));
await declareTypes();
await describeElement();
await describePackage();

/** What is fetched at run time, as paths below the site's folder. */
async function assetPaths() {
  const core = (await readdir(join(site, "pkg"))).filter((name) => name.endsWith(".wasm"));
  const models = (await readdir(join(site, "models"))).filter((name) => !name.endsWith(".md"));
  return ["pkg/build.json", ...core.map((name) => `pkg/${name}`), ...models.map((name) => `models/${name}`)];
}

async function copyAssets(paths) {
  for (const path of [...paths, "models/NOTICE.md", "models/MODEL_CARD.md"]) {
    await cp(join(site, path), join(out, "assets", path));
  }
  for (const name of ["LICENSE-APACHE", "LICENSE-MIT"]) await cp(join(ROOT, name), join(out, name));
  // The page for frames is served from the package as from the site.
  for (const name of ["embed.html", "embed.css", "embed.js", "foretune-iframe.js", "language.js", "fonts"]) {
    await cp(join(site, name), join(out, name), { recursive: true });
  }
  for (const name of ["README.md", "node-worker.js", "element.d.ts", "foretune-iframe.d.ts", "react.d.ts"]) {
    await cp(join(NPM, name), join(out, name));
  }
}

/** In place of www/locations.js: every address where a bundler can read it. */
async function locations(paths) {
  const described = JSON.parse(await readFile(join(site, "pkg/build.json"), "utf8"));
  // Asked for one by one, so that a script without an address of its own can still be given one.
  const fetched = paths.filter((path) => path !== "pkg/build.json");
  const addresses = ["worker.js", ...fetched].map(
    (path) => `  ${JSON.stringify(path)}: () => new URL("./assets/${path}", import.meta.url),`,
  );
  return `import { ForetuneError } from "./errors.js";

export const BUILD = ${JSON.stringify(described)};

const ADDRESSES = {
${addresses.join("\n")}
};

export function locate(path) {
  try {
    return ADDRESSES[path]();
  } catch (thrown) {
    throw new ForetuneError(
      "invalid_input",
      "This bundle does not know its own address. Build it as an ES module, or give the address of Foretune's assets as baseUrl.",
      { cause: thrown },
    );
  }
}
`;
}

async function bundle(locationsSource) {
  // Chunks are named by what is in them and by where that was.
  const options = { absWorkingDir: site, bundle: true, format: "esm", charset: "utf8", target: "es2023", logLevel: "warning", external: ["node:*"] };
  const ofSite = {
    name: "of-site",
    setup({ onLoad, onResolve }) {
      onLoad({ filter: /[\\/]locations\.js$/ }, () => ({ contents: locationsSource, resolveDir: site }));
      // What www/npm/ imports of www/ is the site's.
      onResolve({ filter: /^\.\.\// }, ({ path, resolveDir }) =>
        resolveDir.startsWith(NPM) ? { path: join(site, path.slice(3)) } : undefined,
      );
    },
  };
  const entries = ["foretune", "foretune-element"].map((name) => [name, join(site, `${name}.js`)]);
  await build({
    ...options,
    entryPoints: Object.fromEntries([...entries, ["node", join(NPM, "node.js")]]),
    splitting: true,
    outdir: out,
    chunkNames: "[name]-[hash]",
    plugins: [ofSite],
  });
  // Without imports, it is an asset like any other, and any origin can start it.
  await build({ ...options, entryPoints: [join(site, "worker.js")], outfile: join(out, "assets/worker.js") });
}

/** The declarations that the public ones lead to. */
async function declareTypes() {
  const declared = await mkdtemp(join(tmpdir(), "foretune-types-"));
  const options = "--allowJs --declaration --emitDeclarationOnly --strict --skipLibCheck --types --target es2024";
  await run(join(TOOLS, "tsc"), [
    ...["foretune.js", "foretune-element.js"].map((name) => join(site, name)),
    ...options.split(" ").flatMap((option) => (option === "--types" ? [option, ""] : [option])),
    ...["--module", "nodenext", "--lib", "es2024,dom,dom.iterable", "--rootDir", site, "--outDir", declared],
  ]).catch(({ stdout }) => {
    throw new Error(stdout);
  });
  const wanted = ["foretune.d.ts", "foretune-element.d.ts"];
  for (const name of wanted) {
    const source = await readFile(join(declared, name), "utf8").catch(() => readFile(join(site, name), "utf8"));
    await writeFile(join(out, name), source);
    for (const [, imported] of source.matchAll(/(?:from |import\()"\.\/([\w-]+)\.js"/g)) {
      if (!wanted.includes(`${imported}.d.ts`)) wanted.push(`${imported}.d.ts`);
    }
  }
  await rm(declared, { recursive: true });
}

/** custom-elements.json, from the element's JSDoc. */
async function describeElement() {
  const outputs = ["--outdir", relative(site, out), "--quiet"];
  await run(join(TOOLS, "custom-elements-manifest"), ["analyze", "--globs", "foretune-element.js", ...outputs], {
    cwd: site,
  });
  const path = join(out, "custom-elements.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  const [described] = manifest.modules;
  const ours = described.declarations.find(({ tagName }) => tagName);
  described.declarations = [ours];
  ours.superclass = { name: "HTMLElement", package: "global:" };
  // What no one outside can reach, and what the analyser takes for an event or a field.
  const inner = ["connectedCallback", "disconnectedCallback", "attributeChangedCallback", "observedAttributes", "adoptedStyleSheets"];
  ours.members = ours.members.filter(({ name }) => !name.startsWith("#") && !inner.includes(name));
  ours.events = ours.events.filter(({ description }) => description);
  await writeFile(path, `${JSON.stringify(manifest, null, 2)}\n`);
}

async function describePackage() {
  const described = JSON.parse(await readFile(join(NPM, "package.json"), "utf8"));
  const { name, ...rest } = described;
  await writeFile(join(out, "package.json"), `${JSON.stringify({ name, version, ...rest }, null, 2)}\n`);
  // What an import map may ask of a module before it is run (Subresource Integrity).
  const scripts = (await readdir(out)).filter((file) => file.endsWith(".js") && !/^(node|language)/.test(file));
  const integrity = {};
  for (const file of scripts.sort()) {
    const hash = createHash("sha384").update(await readFile(join(out, file)));
    integrity[file] = `sha384-${hash.digest("base64")}`;
  }
  await writeFile(join(out, "integrity.json"), `${JSON.stringify(integrity, null, 2)}\n`);
}
