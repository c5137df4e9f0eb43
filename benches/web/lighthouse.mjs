// The published page as Lighthouse grades it: a phone on a slow network, then a desktop computer.

import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";

import { CHROMIUM } from "../../tests/web/browser.mjs";
import { startServer, TYPES } from "../../xtask/serve.mjs";

const CATEGORIES = ["performance", "accessibility", "best-practices"];
const LEAST = 95;
const ROUNDS = 3;
// What hosts send compressed.
const COMPRESSED = [".html", ".css", ".js", ".json", ".svg", ".wasm", ".onnx", ".webmanifest"];

export async function grade(report, { site }) {
  const server = await startServer({ directory: site, intercept: compressing(site) });
  const rows = [];
  try {
    for (const [device, config] of [["phone", undefined], ["desktop", desktopConfig]]) {
      const grades = [];
      for (let round = 0; round < ROUNDS; round++) grades.push(await visit(server.url, config));
      for (const category of CATEGORIES) {
        rows.push(report.rowAtLeast(`${category}, ${device}`, grades.map((of) => of[category]), 0, LEAST));
      }
      rows.push(report.row(`first contentful paint, ${device}, ms`, grades.map((of) => of.paint), 0));
    }
  } finally {
    await server.close();
  }
  report.heading(`Lighthouse, ${ROUNDS} visits each, of 100`);
  report.table(["", "min", "median", "max", "bar"], rows);
}

async function visit(url, config) {
  const chromium = await launch({ chromePath: CHROMIUM, chromeFlags: ["--headless=new", "--no-sandbox"] });
  try {
    const { lhr } = await lighthouse(url, { port: chromium.port, onlyCategories: CATEGORIES, logLevel: "error" }, config);
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    const grades = Object.fromEntries(CATEGORIES.map((name) => [name, lhr.categories[name].score * 100]));
    for (const { id, title, score, scoreDisplayMode } of Object.values(lhr.audits)) {
      if (score !== null && score < 0.9 && scoreDisplayMode !== "informative") console.log(`    ${id}: ${title} (${score})`);
    }
    return { ...grades, paint: lhr.audits["first-contentful-paint"].numericValue };
  } finally {
    await chromium.kill();
  }
}

function compressing(site) {
  const kept = new Map();
  const compressed = (file) => {
    if (!kept.has(file)) {
      const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
      kept.set(file, readFile(file).then((content) => brotliCompressSync(content, { params })));
    }
    return kept.get(file);
  };
  return (path, request, response) => {
    const file = join(site, path?.endsWith("/") ? `${path}index.html` : (path ?? ""));
    if (request.method !== "GET" || !COMPRESSED.includes(extname(file))) return false;
    compressed(file).then(
      (content) => {
        response.writeHead(200, {
          "Content-Type": TYPES[extname(file)],
          "Content-Encoding": "br",
          "Content-Length": content.length,
          "Cache-Control": "max-age=3600",
        });
        response.end(content);
      },
      () => response.writeHead(404).end(),
    );
    return true;
  };
}
