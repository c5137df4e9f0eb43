// Browsers on a site that is served: on its page, over a stand-in for the core and with songs to drop; or on
// nothing of it, for tests that run scripts of their own.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startServer } from "../../xtask/serve.mjs";
import { openBrowser, PredictorPage } from "./browser.mjs";
import { standInSite } from "./site.mjs";
import { tune, wav } from "./songs.mjs";

/**
 * `songs` are files by name: a tune of so many seconds, or what else is in them. Gives their paths in
 * the same order. `close()` the visit when done. `intercept(path, request, response)` may answer in the
 * server's place, as xtask/serve.mjs has it; then nothing is kept for offline use, which would answer
 * in its place.
 * @param {Record<string, number | string | Uint8Array>} songs
 */
export async function visitStandIn(songs, { intercept } = {}) {
  const folders = [await standInSite(), await mkdtemp(join(tmpdir(), "foretune-songs-"))];
  const [site, files] = folders;
  const paths = [];
  for (const [name, content] of Object.entries(songs)) {
    paths.push(join(files, name));
    await writeFile(paths.at(-1), typeof content === "number" ? wav([tune(content, 8000)], 8000) : content);
  }
  const server = await startServer({
    directory: site,
    intercept: (path, request, response) => {
      if (!intercept) return false;
      if (path === "/service-worker.js") return response.writeHead(404).end();
      return intercept(path, request, response);
    },
  });
  const browser = await openBrowser();
  return {
    songs: paths,
    site,
    files,
    browser,
    page: new PredictorPage(browser.driver, server.url),
    async close() {
      await browser.close();
      await server.close();
      for (const folder of folders) await rm(folder, { recursive: true });
    },
  };
}

/**
 * A browser in `site`, a temporary folder that goes with it, on an icon: a page of this origin that loads
 * nothing itself. `serving` is for xtask/serve.mjs. `close()` the visit when done.
 */
export async function visitNoPage(site, serving) {
  const server = await startServer({ directory: site, ...serving });
  const browser = await openBrowser();
  await browser.driver.get(new URL("icon.svg", server.url).href);
  return {
    driver: browser.driver,
    url: server.url,
    async close() {
      await browser.close();
      await server.close();
      await rm(site, { recursive: true });
    },
  };
}
