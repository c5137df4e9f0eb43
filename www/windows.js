// The windows of a song that is still coming in: which there are, which can be heard already, and what
// was heard in them.

export class Windows {
  #bands;
  #length;
  /** Rows of the log mel spectrogram, and the first frame of each piece of them. */
  #pieces = [];
  #frames = 0;
  #starts = [];
  #order = [];
  #asked = new Set();
  #embeddings = new Map();

  /** @param {{bands: number, window_frames: number, starts: Uint32Array}} plan */
  constructor({ bands, window_frames, starts }) {
    this.#bands = bands;
    this.#length = window_frames;
    this.plan(starts);
  }

  /** The first frames of the windows to hear; those heard already are heard. */
  plan(starts) {
    this.#starts = [...starts];
    this.#order = spread(starts.length).map((index) => starts[index]);
  }

  /** The next rows of the spectrogram. */
  add(rows) {
    this.#pieces.push({ first: this.#frames, rows });
    this.#frames += rows.length / this.#bands;
  }

  get planned() {
    return this.#starts.length;
  }

  get heard() {
    return this.#starts.filter((start) => this.#embeddings.has(start)).length;
  }

  get asked() {
    return this.#asked.size;
  }

  /** How many can be heard and are not yet asked for. */
  get waiting() {
    return this.#order.filter((start) => this.#isWaiting(start)).length;
  }

  /** The next to hear, whose every beginning is spread over what there is. */
  take(count) {
    const taken = this.#order.filter((start) => this.#isWaiting(start)).slice(0, count);
    for (const start of taken) this.#asked.add(start);
    return taken;
  }

  /** Row-major `[frames, bands]`. */
  window(start) {
    const window = new Float32Array(this.#length * this.#bands);
    for (const { first, rows } of this.#pieces) {
      const from = (start - first) * this.#bands;
      const part = rows.subarray(Math.max(0, from), Math.max(0, from + window.length));
      if (part.length > 0) window.set(part, Math.max(0, -from));
    }
    return window;
  }

  hear(starts, embeddings) {
    starts.forEach((start, index) => this.#embeddings.set(start, embeddings[index]));
  }

  /** Those heard, in the order of time. */
  inTime() {
    const starts = this.#starts.filter((start) => this.#embeddings.has(start));
    return { starts, embeddings: starts.map((start) => this.#embeddings.get(start)) };
  }

  #isWaiting(start) {
    return start + this.#length <= this.#frames && !this.#asked.has(start);
  }
}

/** 0 to count - 1 in an order whose every beginning is spread over the whole (van der Corput). */
export function spread(count) {
  const bits = Math.max(1, Math.ceil(Math.log2(Math.max(1, count))));
  return Array.from({ length: 2 ** bits }, (_, index) => {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit++) reversed |= ((index >> bit) & 1) << (bits - 1 - bit);
    return reversed;
  }).filter((index) => index < count);
}
