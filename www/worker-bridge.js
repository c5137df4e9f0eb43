// The main thread's end of the analysis worker: a queue of jobs with ids, progress, cancellation,
// a watchdog, and a fresh worker whenever the old one crashed, stalled or had to be stopped.

import { asForetuneError, cancelled, ForetuneError } from "./errors.js";

// Ticks are counted rather than the clock read, so that a laptop's sleep is not taken for a stall.
const TICK_MS = 1000;

export class WorkerBridge {
  #createWorker;
  #startArgs;
  #stallSeconds;
  #worker = null;
  #queue = [];
  #active = null;
  #nextId = 1;
  #disposed = false;

  /**
   * @param {() => Worker} createWorker
   * @param {object} startArgs sent to every new worker as its first job
   * @param {number} stallSeconds without a word from a busy worker before it is given up
   */
  constructor(createWorker, startArgs, stallSeconds) {
    this.#createWorker = createWorker;
    this.#startArgs = startArgs;
    this.#stallSeconds = stallSeconds;
  }

  /** Starts the worker ahead of the first job; rejects if it cannot start. */
  prepare() {
    return this.#enqueue({ method: "prepare" });
  }

  /** Runs one job after those before it. Aborting a running one ends its worker. */
  run(method, args, { transfer = [], onProgress, signal } = {}) {
    return this.#enqueue({ method, args, transfer, onProgress, signal });
  }

  /** Ends the worker and rejects what is left to do. */
  dispose() {
    this.#disposed = true;
    const left = [this.#active, ...this.#queue].filter(Boolean);
    this.#queue = [];
    this.#active = null;
    this.#endWorker();
    for (const job of left) this.#settle(job, "reject", disposed());
  }

  #enqueue(job) {
    return new Promise((resolve, reject) => {
      Object.assign(job, { id: this.#nextId++, resolve, reject });
      if (this.#disposed) return reject(disposed());
      if (job.signal?.aborted) return reject(cancelled());
      job.abort = () => this.#abort(job);
      job.signal?.addEventListener("abort", job.abort, { once: true });
      this.#queue.push(job);
      this.#next();
    });
  }

  #next() {
    if (this.#active || this.#queue.length === 0) return;
    const job = this.#queue.shift();
    this.#active = job;
    this.#watch(job);
    if (this.#worker) return this.#post(job);
    try {
      this.#worker = this.#createWorker();
    } catch (thrown) {
      return this.#fail(asForetuneError(thrown, "unsupported_browser"));
    }
    const worker = this.#worker;
    worker.addEventListener("message", ({ data }) => {
      if (worker === this.#worker) this.#receive(data);
    });
    // A worker whose script cannot be fetched or parsed says only this.
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      if (worker === this.#worker) {
        this.#fail(asForetuneError(new Error(event.message || "the worker did not start"), "crashed"));
      }
    });
    worker.addEventListener("messageerror", () => {
      if (worker === this.#worker) this.#fail(asForetuneError(new Error("unreadable answer"), "crashed"));
    });
    worker.postMessage({ id: 0, method: "start", args: this.#startArgs });
  }

  #post(job) {
    if (job.method === "prepare") return this.#finish("resolve");
    const { id, method, args, transfer } = job;
    try {
      this.#worker.postMessage({ id, method, args }, transfer);
    } catch (thrown) {
      return this.#finish("reject", asForetuneError(thrown, "unexpected"));
    }
    // The samples are the worker's now; holding them here too would double the memory.
    job.args = job.transfer = null;
  }

  #receive({ id, type, progress, result, fatal, code, message }) {
    const job = this.#active;
    if (!job) return;
    job.silentSeconds = 0;
    if (id === 0 && type === "result") return this.#post(job);
    if (id !== 0 && id !== job.id) return;
    if (type === "progress") return job.onProgress?.(progress);
    if (type === "result") return this.#finish("resolve", result);
    const error = fatal
      ? asForetuneError(new Error(message), code)
      : new ForetuneError(code, message);
    if (fatal || id === 0) this.#fail(error);
    else this.#finish("reject", error);
  }

  #watch(job) {
    job.silentSeconds = 0;
    job.watchdog = setInterval(() => {
      job.silentSeconds += TICK_MS / 1000;
      if (job.silentSeconds < this.#stallSeconds) return;
      this.#fail(
        new ForetuneError(
          "unresponsive",
          `The analysis gave no sign of life for ${this.#stallSeconds} seconds and was stopped. Close other tabs and try again, or choose a shorter song.`,
        ),
      );
    }, TICK_MS);
  }

  #abort(job) {
    if (job === this.#active) return this.#fail(cancelled());
    this.#queue = this.#queue.filter((queued) => queued !== job);
    this.#settle(job, "reject", cancelled());
  }

  /** The active job cannot go on and its worker is not to be used again. */
  #fail(error) {
    this.#endWorker();
    if (this.#active) this.#finish("reject", error);
  }

  #finish(outcome, value) {
    const job = this.#active;
    this.#active = null;
    this.#settle(job, outcome, value);
    this.#next();
  }

  #settle(job, outcome, value) {
    clearInterval(job.watchdog);
    job.signal?.removeEventListener("abort", job.abort);
    job[outcome](value);
  }

  #endWorker() {
    this.#worker?.terminate();
    this.#worker = null;
  }
}

function disposed() {
  return new ForetuneError("disposed", "This Foretune was disposed of. Load another one.");
}
