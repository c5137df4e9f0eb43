/**
 * What every promise of Foretune rejects with. `code` is stable across versions and is what a page
 * should decide on; `message` is an English sentence that says what is wrong and what to do, and
 * `details` holds the values that it names, for those who say it in their own words.
 *
 * The core's own codes (`empty_file`, `not_audio`, `too_short`, …) come from src/error.rs. Made in
 * the browser are: `cancelled`, `crashed`, `disposed`, `network`, `song_unavailable`, `unexpected`,
 * `unreadable_file`, `unresponsive`, `unsupported_browser`, `invalid_input` for a wrong argument, and
 * `out_of_memory`, which the core has too.
 *
 * @typedef {import("./results.js").CoreErrorCode | "cancelled" | "crashed" | "disposed" | "network"
 *   | "song_unavailable" | "unexpected" | "unreadable_file" | "unresponsive" | "unsupported_browser"} ErrorCode
 */
export class ForetuneError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} message
   * @param {{details?: Record<string, any>, cause?: unknown}} [options]
   */
  constructor(code, message, { details = {}, ...options } = {}) {
    super(message, options);
    this.name = "ForetuneError";
    /** @readonly */
    this.code = code;
    /** @readonly */
    this.details = details;
  }
}

/** `thrown` as a ForetuneError; what has no code of its own gets `fallbackCode`. */
export function asForetuneError(thrown, fallbackCode = "unexpected") {
  if (thrown instanceof ForetuneError) return thrown;
  if (thrown?.name === "AbortError") return cancelled();
  const reason = thrown?.message || String(thrown);
  if (thrown?.name === "ForetuneError" && typeof thrown.code === "string") {
    return new ForetuneError(thrown.code, reason, { cause: thrown, details: thrown.details });
  }
  if (isLackOfMemory(thrown)) fallbackCode = "out_of_memory";
  const sentences = {
    crashed: `The analysis stopped unexpectedly (${reason}). Try the song again; if it happens again, close other tabs or reload the page.`,
    network: `A part of Foretune could not be loaded (${reason}). Check the connection and try again.`,
    out_of_memory: `There is not enough memory for this song (${reason}). Close other tabs and programs, or choose a shorter song.`,
    unexpected: `Something went wrong that Foretune has no name for (${reason}). Reload the page; if it happens again, please report it.`,
  };
  return new ForetuneError(fallbackCode, sentences[fallbackCode] ?? reason, { cause: thrown, details: { reason } });
}

/** Browsers name it by a RangeError, Firefox by an InternalError too, each in words of its own. */
function isLackOfMemory(thrown) {
  return ["RangeError", "InternalError"].includes(thrown?.name) && /memory|allocat/i.test(thrown.message);
}

export function unreadableFile(cause) {
  return new ForetuneError(
    "unreadable_file",
    "The file could not be read; it may have been moved, changed, or need permission. Choose it again.",
    { cause },
  );
}

export function cancelled() {
  return new ForetuneError("cancelled", "The analysis was cancelled.");
}

/** Rejects as soon as `signal` aborts, whether or not `promise` can be stopped. */
export function abortable(promise, signal) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(cancelled());
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
