// Parts of the pipeline beside the libraries that do the same, each contestant on a worker of its own,
// one at a time, round after round.

import { cpus } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

import { openBrowser } from "../../tests/web/browser.mjs";
import { startServer } from "../../xtask/serve.mjs";
import { ratios } from "./report.mjs";
import { mp3, samples } from "./songs.mjs";

const SECONDS = 210;
const ROUNDS = 5;
/** essentia.js takes ten times as long as all else together. */
const SLOW_ROUNDS = 3;
const WINDOWS = 20;

const PLAIN = "foretune_bg.wasm";
const RELAXED = "foretune_relaxed_bg.wasm";

/** Two contestants may differ by the rounding of sums of some hundred products of single precision. */
const AGREEMENT = 1e-3;

/** Contestants in Chromium's workers: `{where, cores, ask(name, message), close()}`. */
export async function inChromium({ root, songs }) {
  // Shared memory, which onnxruntime's threads need, asks for these.
  const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
  const server = await startServer({ directory: root, headers });
  const browser = await openBrowser();
  const { driver } = browser;
  await driver.get(new URL("bench/page.html", server.url).href);
  const inPage = async (body, ...args) => {
    const { value, error } = await driver.executeAsyncScript(
      `const done = arguments[arguments.length - 1];
       (async (...args) => { ${body} })(...arguments).then((value) => done({ value }), (error) => done({ error: error.stack }));`,
      ...args,
    );
    if (error) throw new Error(error);
    return value;
  };
  await inPage("while (!window.bench) await new Promise((resolve) => setTimeout(resolve, 10));");
  await mp3(songs, SECONDS);
  await inPage(
    `const song = await bench.decode("/songs/${SECONDS} seconds.mp3");
     const [left, right] = song.channels;
     Object.assign(bench.kept, { song, mono: left.map((sample, index) => (sample + right[index]) / 2) });`,
  );
  return {
    where: "in Chromium",
    cores: [PLAIN, RELAXED],
    ready: (name, ready) => inPage("await bench.ask(args[0], { ready: args[1] })", name, ready),
    give: (name, ...inputs) =>
      inPage(
        `const [name, inputs] = args;
         await bench.ask(name, { given: Object.fromEntries(inputs.map((input) => [input, bench.kept[input]])) });`,
        name,
        inputs,
      ),
    keep: (name, task, count) =>
      inPage(
        `const [name, task, count] = args;
         bench.kept[task] = (await bench.ask(name, { task })).value.slice(0, count);`,
        name,
        task,
        count,
      ),
    time: (name, task) => inPage("return (await bench.ask(args[0], { task: args[1] })).milliseconds", name, task),
    answer: (name, task) =>
      inPage(
        `const { value } = await bench.ask(args[0], { task: args[1] });
         return Array.isArray(value) ? value.map((part) => [...part]) : value;`,
        name,
        task,
      ),
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

/** The same in Node's worker threads; Node 20 has no relaxed SIMD. */
export async function inNode({ site, songs }) {
  const song = await samples(await mp3(songs, SECONDS));
  const [left, right] = song.channels;
  const kept = { song, mono: left.map((sample, index) => (sample + right[index]) / 2) };
  const workers = new Map();
  let nextId = 1;
  const ask = (name, message) => {
    const worker = workers.get(name) ?? start(name);
    return new Promise((resolve, reject) => {
      const id = nextId++;
      const receive = (data) => {
        if (data.id !== id) return;
        worker.off("message", receive);
        if (data.error) reject(new Error(`${name}: ${data.error}`));
        else resolve(data.answer);
      };
      worker.on("message", receive);
      worker.postMessage({ id, ...message });
    });
  };
  const start = (name) => {
    const worker = new Worker(new URL("worker-node.mjs", import.meta.url), { workerData: { site } });
    workers.set(name, worker);
    return worker;
  };
  return {
    where: "in Node",
    cores: [PLAIN],
    ready: (name, ready) => ask(name, { ready }),
    give: (name, ...inputs) => ask(name, { given: Object.fromEntries(inputs.map((input) => [input, kept[input]])) }),
    keep: async (name, task, count) => {
      kept[task] = (await ask(name, { task })).value.slice(0, count);
    },
    time: async (name, task) => (await ask(name, { task })).milliseconds,
    answer: async (name, task) => (await ask(name, { task })).value,
    close: () => Promise.all([...workers.values()].map((worker) => worker.terminate())),
  };
}

export async function measureParts(report, contest) {
  try {
    await backbone(report, contest);
    await signal(report, contest);
  } finally {
    await contest.close();
  }
}

/** One ONNX file in tract and in onnxruntime-web. */
async function backbone(report, contest) {
  const threads = cpus().length;
  const contestants = [
    ...contest.cores.map((core) => [core === RELAXED ? "ours, relaxed SIMD" : "ours", "foretune", { core }]),
    ["onnxruntime-web, one thread", "onnxruntime", { threads: 1 }],
    [`onnxruntime-web, ${threads} threads`, "onnxruntime", { threads }],
  ];
  for (const [name, contestant, options] of contestants) await contest.ready(name, { contestant, options });
  await contest.give("ours", "song");
  await contest.keep("ours", "windows", WINDOWS);
  const answers = {};
  for (const [name] of contestants) {
    await contest.give(name, "song", "windows");
    answers[name] = await contest.answer(name, "backbone");
  }
  for (const [name] of contestants) agree(name, answers[name], answers.ours);
  const times = Object.fromEntries(contestants.map(([name]) => [name, []]));
  const starts = Object.fromEntries(contestants.map(([name]) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name] of contestants) {
      times[name].push((await contest.time(name, "backbone")) / WINDOWS);
      starts[name].push(await contest.time(name, "start"));
    }
  }
  const single = "onnxruntime-web, one thread";
  report.heading(`The backbone ${contest.where}: milliseconds a window of 3 s`);
  report.table(
    ["", "min", "median", "max", "bar"],
    contestants.map(([name]) => report.row(name, times[name], 2)),
  );
  report.heading(`The backbone ${contest.where}: time as a ratio to onnxruntime-web on one thread`);
  report.table(
    ["", "min", "median", "max", "bar"],
    contestants
      .filter(([name]) => name !== single)
      .map(([name]) => report.row(name, ratios(times[name], times[single]), 2, name.startsWith("ours") ? 0.9 : undefined)),
  );
  report.heading(`Loading ${contest.where}: milliseconds; ours loads all models, onnxruntime-web the backbone alone`);
  report.table(
    ["", "min", "median", "max", "bar"],
    contestants.map(([name]) => report.row(name, starts[name], 0)),
  );
}

function agree(name, answers, expected) {
  const largest = Math.max(
    ...answers.flatMap((answer, window) => Array.from(answer, (value, at) => Math.abs(value - expected[window][at]))),
  );
  if (!(largest <= AGREEMENT)) throw new Error(`${name} differs by ${largest}`);
}

/** Everything, and the signal processing alone, on one thread, beside key and tempo alone and Meyda's features. */
async function signal(report, contest) {
  const ours = contest.cores.includes(RELAXED) ? "ours, relaxed SIMD" : "ours";
  await contest.ready("essentia.js", { contestant: "essentia" });
  await contest.give("essentia.js", "mono");
  await contest.ready("Meyda", { contestant: "meyda" });
  await contest.give("Meyda", "mono");
  const times = { everything: [], signal: [], essentia: [], meyda: [] };
  for (let round = 0; round < SLOW_ROUNDS; round++) {
    for (const task of ["everything", "signal"]) times[task].push(await contest.time(ours, task));
    times.essentia.push((await contest.time("essentia.js", "key")) + (await contest.time("essentia.js", "tempo")));
    times.meyda.push(await contest.time("Meyda", "features"));
  }
  report.heading(`A song of ${SECONDS} s ${contest.where}, on one thread: milliseconds`);
  report.table(
    ["", "min", "median", "max", "bar"],
    [
      ["ours: everything, every window heard", "everything"],
      ["ours: resampling, mel, tempo, key, loudness, statistics, structure", "signal"],
      ["essentia.js: KeyExtractor and PercivalBpmEstimator", "essentia"],
      ["Meyda: level, spectral shape, timbre and chroma of every frame", "meyda"],
    ].map(([words, task]) => report.row(words, times[task], 0)),
  );
  report.heading(`The same ${contest.where} as ratios of time`);
  report.table(
    ["", "min", "median", "max", "bar"],
    [
      report.row("everything, to essentia.js", ratios(times.everything, times.essentia), 3, 0.2),
      report.row("signal alone, to essentia.js", ratios(times.signal, times.essentia), 3, 0.05),
      report.row("signal alone, to Meyda", ratios(times.signal, times.meyda), 3),
    ],
  );
}
