// What the native program and the page say to files: each is answered with a result or a coded error,
// or it broke something.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

import { startServer } from "../../../xtask/serve.mjs";
import { openBrowser, PredictorPage } from "../browser.mjs";

const MODELS = fileURLToPath(new URL("../../../models/", import.meta.url));

// Ten times what the slowest file takes here; what has said nothing by then is not going to.
const HANG_MS = 120_000;

// What the native program may take, its models included: it holds a file, its decoded half hour and
// the stages' memory. An allocation beyond it fails, and so shows as a crash.
const NATIVE_MEMORY_KB = 6 * 1024 * 1024;

const FILES_AT_ONCE = 25;

/** @typedef {{outcome: "answered" | "refused" | "crashed" | "hung", code?: string, detail?: string}} Answer */

/** @returns {Promise<Answer[]>} in the order of `paths` */
export async function nativeAnswers(binary, paths) {
  const answers = [];
  for (let at = 0; at < paths.length; at += FILES_AT_ONCE) {
    const some = paths.slice(at, at + FILES_AT_ONCE);
    const together = await predict(binary, some);
    if (together.every(({ outcome }) => outcome === "answered" || outcome === "refused")) {
      answers.push(...together);
      continue;
    }
    // Who it was shows one by one.
    for (const path of some) answers.push(...(await predict(binary, [path])));
  }
  return answers;
}

async function predict(binary, paths) {
  const program = spawn("bash", [
    "-c",
    `ulimit -v ${NATIVE_MEMORY_KB} -c 0; exec "$@"`,
    "bash",
    binary,
    ...["predict", "--json", "--models", MODELS],
    ...paths,
  ]);
  let [stdout, stderr, hung] = ["", "", false];
  const timer = setTimeout(() => {
    hung = true;
    program.kill("SIGKILL");
  }, HANG_MS);
  program.stdout.on("data", (chunk) => {
    stdout += chunk;
    timer.refresh();
  });
  program.stderr.on("data", (chunk) => (stderr += chunk));
  const [status, signal] = await new Promise((ended) => program.on("close", (...how) => ended(how)));
  clearTimeout(timer);
  const lines = stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  return paths.map((path, index) => {
    const line = lines[index];
    if (line?.file === path) {
      return line.error ? { outcome: "refused", code: line.error.code, detail: line.error.message } : { outcome: "answered" };
    }
    return { outcome: hung ? "hung" : "crashed", detail: `${signal ?? `status ${status}`}: ${stderr.slice(-300)}` };
  });
}

/**
 * The page's own answers, in the order of `paths`. A page that is gone or silent is opened anew.
 * @returns {Promise<{answers: Answer[], requests: string[]}>} `requests`: what was asked for while songs
 *   were analysed, but for whether there is a new version, which the browser asks when it sees fit
 */
export async function pageAnswers(site, paths, report = () => {}) {
  const log = [];
  const server = await startServer({ directory: site, onRequest: ({ path }) => log.push(path) });
  let browser;
  let page;
  const requests = [];
  const open = async () => {
    await browser?.close().catch(() => {});
    browser = await openBrowser();
    page = new PredictorPage(browser.driver, server.url);
    await page.open();
    await page.prepared();
    await page.keptOffline();
    log.length = 0;
  };
  const answers = [];
  try {
    await open();
    for (const [index, path] of paths.entries()) {
      const answer = await pageAnswer(page, path);
      answers.push(answer);
      report(index, answer);
      requests.push(...log.filter((asked) => !/^\/(service-worker|precache)\.js$/.test(asked)));
      log.length = 0;
      if (answer.outcome === "crashed" || answer.outcome === "hung") await open();
    }
    return { answers, requests };
  } finally {
    await browser?.close().catch(() => {});
    await server.close();
  }
}

async function pageAnswer(page, path) {
  try {
    const { phase, error } = await page.answerTo(path, HANG_MS);
    if (phase === "ready") return { outcome: "answered" };
    return error?.code && error.message.endsWith(".")
      ? { outcome: "refused", code: error.code, detail: error.message }
      : { outcome: "crashed", detail: `an error without a code: ${error?.message}` };
  } catch (thrown) {
    const hung = /timed out/.test(thrown.message);
    return { outcome: hung ? "hung" : "crashed", detail: thrown.message.split("\n")[0] };
  }
}
