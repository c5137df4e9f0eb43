// The main thread's end of the analysis workers: one queue of jobs for several workers,
// cancellation, a watchdog, and a fresh worker whenever one crashed, stalled or had to be stopped.
// Workers share nothing, so that no page needs the headers that shared memory asks for.

import { asForetuneError, cancelled, ForetuneError } from "./errors.js";

// Ticks are counted rather than the clock read, so that a laptop's sleep is not taken for a stall.
const TICK_MS = 1000;

export class WorkerPool {
  #lanes;
  #queue = [];
  #nextId = 1;
  #disposed = false;

  /**
   * @param {object} options
   * @param {() => Worker} options.createWorker
   * @param {Promise<object>} options.startArgs sent to every new worker as its first job
   * @param {number} options.workers how many at most
   * @param {number} options.stallSeconds without a word from a worker that starts or does a job,
   *   before it is given up
   */
  constructor({ workers, ...options }) {
    this.#lanes = Array.from({ length: workers }, () => new Lane(options, () => this.#next()));
  }

  get workers() {
    return this.#lanes.length;
  }

  /**
   * A place for jobs that have to follow each other on one worker, which keeps what they make between
   * them. Once that worker has ended, what it kept is lost, and whoever asks for it is told.
   */
  seat() {
    return { lane: null };
  }

  /** Starts every worker ahead of the first job; resolves once one of them is ready. */
  async prepare() {
    const [first, ...others] = this.#lanes;
    const startOthers = () => (this.#disposed ? [] : others.map((lane) => lane.prepare()));
    try {
      await first.prepare();
    } catch (thrown) {
      await Promise.any(startOthers()).catch(() => {
        throw thrown;
      });
      return;
    }
    // Not before: they would be in the way of the first, with which a song can begin.
    startOthers();
  }

  /**
   * Runs one job on the worker of its seat, or on the first that is free, in the order asked; urgent
   * ones before all that wait, and those with a seat before those without. `args` may be a function,
   * called once a worker is free. Aborting a running job ends its worker.
   */
  run(method, args, { transfer = () => [], signal, urgent = false, seat = null } = {}) {
    return new Promise((resolve, reject) => {
      const rank = urgent ? 0 : seat ? 1 : 2;
      const job = { id: this.#nextId++, method, args, transfer, signal, seat, rank, resolve, reject };
      if (this.#disposed) return reject(disposed());
      if (signal?.aborted) return reject(cancelled());
      job.abort = () => this.#abort(job);
      signal?.addEventListener("abort", job.abort, { once: true });
      const place = this.#queue.findIndex((queued) => queued.rank > rank);
      this.#queue.splice(place < 0 ? this.#queue.length : place, 0, job);
      this.#next();
    });
  }

  /** Ends the workers and rejects what is left to do. */
  dispose() {
    this.#disposed = true;
    const waiting = this.#queue;
    this.#queue = [];
    for (const job of waiting) settle(job, "reject", disposed());
    for (const lane of this.#lanes) lane.fail(disposed());
  }

  #next() {
    for (;;) {
      const place = this.#queue.findIndex(({ seat }) => this.#laneFor(seat));
      if (place < 0) return;
      const [job] = this.#queue.splice(place, 1);
      const lane = this.#laneFor(job.seat);
      if (job.seat) job.seat.lane = lane;
      lane.take(job);
    }
  }

  #laneFor(seat) {
    const free = this.#lanes.filter((lane) => !lane.busy);
    // The first lanes have seats, whose jobs others wait for.
    if (!seat) free.reverse();
    if (seat?.lane) return free.find((lane) => lane === seat.lane);
    // One that is started already answers sooner.
    return free.find((lane) => lane.ready) ?? free[0];
  }

  #abort(job) {
    const lane = this.#lanes.find((candidate) => candidate.holds(job));
    if (lane) return lane.fail(cancelled());
    this.#queue = this.#queue.filter((queued) => queued !== job);
    settle(job, "reject", cancelled());
  }
}

/** A place for one worker, which is replaced as often as need be. */
class Lane {
  #options;
  #onFree;
  #worker = null;
  #started = null;
  #job = null;
  #silentSeconds = 0;
  #watchdog = null;

  constructor(options, onFree) {
    this.#options = options;
    this.#onFree = onFree;
  }

  get busy() {
    return this.#job !== null;
  }

  /** Whether a worker is there and has its models. */
  get ready() {
    return this.#started?.done === true;
  }

  holds(job) {
    return this.#job === job;
  }

  prepare() {
    if (!this.#worker) this.#start();
    return this.#started.promise;
  }

  take(job) {
    this.#job = job;
    if (!this.#worker) this.#start();
    else this.#watch();
    if (this.ready) this.#post();
  }

  /** What is being done cannot go on, and its worker is not to be used again. */
  fail(error) {
    this.#worker?.terminate();
    this.#worker = null;
    const started = this.#started;
    this.#started = null;
    clearInterval(this.#watchdog);
    started?.reject(error);
    if (this.#job) this.#finish("reject", error);
  }

  #start() {
    const started = { done: false };
    started.promise = new Promise((resolve, reject) => Object.assign(started, { resolve, reject }));
    // Whoever waits for the worker hears of it; when nobody does, the next job will.
    started.promise.catch(() => {});
    this.#started = started;
    let worker;
    try {
      worker = this.#options.createWorker();
    } catch (thrown) {
      return queueMicrotask(() => this.fail(asForetuneError(thrown, "unsupported_browser")));
    }
    this.#worker = worker;
    const failed = (message) => {
      if (worker === this.#worker) this.fail(asForetuneError(new Error(message), "crashed"));
    };
    worker.addEventListener("message", ({ data }) => {
      if (worker === this.#worker) this.#receive(data);
    });
    // A worker whose script cannot be fetched or parsed says only this.
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      failed(event.message || "the worker did not start");
    });
    worker.addEventListener("messageerror", () => failed("unreadable answer"));
    // Where it does not come to that, whoever waits for it disposes of the worker.
    this.#options.startArgs.then((args) => {
      if (worker !== this.#worker) return;
      this.#watch();
      worker.postMessage({ id: 0, method: "start", args });
    }, () => {});
  }

  #post() {
    const job = this.#job;
    try {
      const args = typeof job.args === "function" ? job.args() : job.args;
      this.#worker.postMessage({ id: job.id, method: job.method, args }, job.transfer(args));
    } catch (thrown) {
      return this.#finish("reject", asForetuneError(thrown, "unexpected"));
    }
    // The samples are the worker's now; holding them here too would double the memory.
    job.args = null;
  }

  #receive({ id, type, result, fatal, code, message, details }) {
    this.#silentSeconds = 0;
    const job = this.#job;
    if (id === 0 && type === "result") {
      this.#started.done = true;
      this.#started.resolve();
      if (job) return this.#post();
      clearInterval(this.#watchdog);
      return this.#onFree();
    }
    if (id !== 0 && id !== job?.id) return;
    if (type === "result") return this.#finish("resolve", result);
    const error = new ForetuneError(code, message, { details });
    if (fatal || id === 0) this.fail(error);
    else this.#finish("reject", error);
  }

  #watch() {
    clearInterval(this.#watchdog);
    this.#silentSeconds = 0;
    const { stallSeconds } = this.#options;
    this.#watchdog = setInterval(() => {
      this.#silentSeconds += TICK_MS / 1000;
      if (this.#silentSeconds < stallSeconds) return;
      this.fail(
        new ForetuneError(
          "unresponsive",
          `The analysis gave no sign of life for ${stallSeconds} seconds and was stopped. Close other tabs and try again, or choose a shorter song.`,
          { details: { seconds: stallSeconds } },
        ),
      );
    }, TICK_MS);
  }

  #finish(outcome, value) {
    const job = this.#job;
    this.#job = null;
    clearInterval(this.#watchdog);
    settle(job, outcome, value);
    this.#onFree();
  }
}

function settle(job, outcome, value) {
  job.signal?.removeEventListener("abort", job.abort);
  job[outcome](value);
}

function disposed() {
  return new ForetuneError("disposed", "This Foretune was disposed of. Load another one.");
}
