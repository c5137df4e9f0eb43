// One file over a network that may be slow, stall or break off: what has come stays, the rest is
// asked for again, and only when nothing more comes is it given up.

/** Attempts in a row that bring nothing before the transfer is given up. */
const FRUITLESS_ATTEMPTS = 4;

// Doubled with every fruitless attempt: a router that restarts is back within the sum of these.
const FIRST_PAUSE_MS = 500;

/**
 * The body of `url`. Whoever reads it gets every byte once, over however many attempts.
 *
 * @param {URL} url
 * @param {object} options
 * @param {typeof globalThis.fetch} [options.fetch]
 * @param {RequestInit} [options.request]
 * @param {AbortSignal} [options.signal]
 * @param {number} options.stallSeconds without a byte after which an attempt is given up
 * @param {(bytes: number) => void} [options.onLength] what the server announces
 * @param {(bytes: number) => void} [options.onBytes]
 * @param {() => void} [options.onRetry] the connection was lost, and is tried again
 * @param {(thrown: Error) => void} [options.onFailure] why it was given up, which those who read the
 *   stream by way of a Response are not told
 * @returns {ReadableStream<Uint8Array>}
 */
export function bodyOf(url, options) {
  const transfer = new Transfer(url, options);
  return new ReadableStream({
    pull: (controller) => transfer.pull(controller),
    cancel: () => transfer.stop(),
  });
}

class Transfer {
  #url;
  #options;
  #received = 0;
  #fruitless = 0;
  #attempt = null;
  #tag = null;

  constructor(url, options) {
    this.#url = url;
    this.#options = options;
  }

  async pull(controller) {
    const { signal, onBytes, onRetry, onFailure } = this.#options;
    for (;;) {
      try {
        signal?.throwIfAborted();
        this.#attempt ??= await this.#begin();
        const { done, value } = await this.#inTime(this.#attempt.reader.read());
        if (done) return controller.close();
        const fresh = this.#fresh(value);
        if (fresh.byteLength === 0) continue;
        this.#received += fresh.byteLength;
        this.#fruitless = 0;
        onBytes?.(fresh.byteLength);
        return controller.enqueue(fresh);
      } catch (thrown) {
        this.stop();
        this.#fruitless += 1;
        const final = signal?.aborted || thrown instanceof Refusal || thrown?.name === "ForetuneError";
        if (final || this.#fruitless === FRUITLESS_ATTEMPTS) {
          onFailure?.(thrown);
          throw thrown;
        }
        onRetry?.();
        await pause(FIRST_PAUSE_MS * 2 ** (this.#fruitless - 1), signal);
      }
    }
  }

  stop() {
    this.#attempt?.abort();
    this.#attempt = null;
  }

  async #begin() {
    const { fetch = globalThis.fetch, request, signal, onLength } = this.#options;
    const controller = new AbortController();
    const abort = () => controller.abort();
    signal?.addEventListener("abort", abort, { once: true });
    const attempt = {
      // What is left to skip of an answer that begins again at the beginning.
      skip: 0,
      abort: () => {
        signal?.removeEventListener("abort", abort);
        controller.abort();
      },
    };
    // Known already to `stop`, so that an attempt that never answers is ended too.
    this.#attempt = attempt;
    const headers = this.#received > 0 ? { Range: `bytes=${this.#received}-` } : {};
    const answer = fetch(this.#url, {
      credentials: "same-origin",
      ...request,
      headers,
      signal: controller.signal,
    });
    const response = await this.#inTime(answer);
    if (!response.ok) throw refusal(this.#url, response.status);
    const tag = response.headers.get("ETag");
    if (this.#received === 0) {
      this.#tag = tag;
      onLength?.(Number(response.headers.get("Content-Length")));
    } else if (tag && this.#tag && tag !== this.#tag) {
      throw new Refusal(`${this.#url.pathname} changed while it was read`);
    } else if (response.status !== 206) {
      attempt.skip = this.#received;
    }
    attempt.reader = response.body.getReader();
    return attempt;
  }

  /** What `chunk` holds beyond what came before the connection was lost. */
  #fresh(chunk) {
    const known = Math.min(this.#attempt.skip, chunk.byteLength);
    this.#attempt.skip -= known;
    return chunk.subarray(known);
  }

  #inTime(promise) {
    const { stallSeconds } = this.#options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`nothing came for ${stallSeconds} seconds`));
      }, stallSeconds * 1000);
      promise.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}

/** An answer that asking again will not change. */
class Refusal extends Error {}

function refusal(url, status) {
  const message = `${url.pathname} was answered with status ${status}`;
  const passing = status >= 500 || status === 408 || status === 429;
  return passing ? new Error(message) : new Refusal(message);
}

/** Ends early, without an error, when `signal` aborts: the next attempt tells. */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done, { once: true });
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
  });
}
