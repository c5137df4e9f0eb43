// `<foretune-predictor>`, the page's own building block and anyone's; documented at its class.

import { asForetuneError } from "./errors.js";
import { keepAnswer, keptAnswer } from "./history.js";
import { isLoaded, loadMessages, localeFor, messagesFor } from "./messages.js";
import { acquireEngine } from "./shared-engine.js";
import { CompareView } from "./view/compare.js";
import { h } from "./view/dom.js";
import { takeDrops } from "./view/drops.js";
import { rememberContext, rememberedContext } from "./remembered.js";
import { inWords } from "./view/estimate.js";
import { Forecast } from "./view/forecast.js";
import { HistoryView } from "./view/history.js";
import { ResultView } from "./view/result.js";
import { Stage } from "./view/stage.js";
import { elementStyles } from "./view/styles.js";

// Failures of loading, which trying again may mend; those of a song, another song mends.
const RETRIABLE = new Set([
  "network",
  "model_integrity",
  "model_missing",
  "crashed",
  "unresponsive",
  "song_unavailable",
  "unexpected",
]);

/** Songs that are compared at once: more would take long, and a table to read. */
const MOST_SONGS = 50;

/** Which attribute tells what of a song. */
const CONTEXT_ATTRIBUTES = {
  "release-year": ["year", Number],
  genre: ["genre", String],
  explicit: ["explicit", (value) => value !== "false"],
  "artist-usual-popularity": ["artist_usual_popularity", Number],
  "artist-other-songs": ["artist_other_songs", Number],
};

// Importing this where there are no elements, as on a server, does nothing.
const Element = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (class {});

/**
 * Drop a song, get its forecast, on the device.
 *
 *   <script type="module" src="foretune-element.js"></script>
 *   <foretune-predictor src="song.mp3" release-year="2024" genre="indie pop"></foretune-predictor>
 *
 * @tagname foretune-predictor
 *
 * @attr {string} src - a song that is offered beside the reader's own; fetched when she asks for it.
 *   Another origin must allow it (CORS)
 * @attr {string} demo-src - a song to try it with
 * @attr {number} release-year - of the songs, 1900 to 2100
 * @attr {string} genre - of the songs
 * @attr {boolean} explicit - whether their lyrics are; "false" says that they are not
 * @attr {number} artist-usual-popularity - mean popularity of the artist's other songs, 0 to 100
 * @attr {number} artist-other-songs - how many songs that mean is over
 * @attr {boolean} compact - the forecast alone, without what it rests on
 * @attr {"eager" | "lazy"} loading - `eager`, the default: get ready once the page has been painted;
 *   `lazy`: with the first song
 * @attr {string} lang - `en`, `es`, `fr`, `de` or `ar`; without it the language of the closest ancestor
 *   that names one, or one that the browser asks for; it may change at any time
 * @attr {"light" | "dark"} theme - the reader's own choice without it
 * @attr {boolean} remember - keep what is told of the songs, and what came of them, on this device, and
 *   list the songs to open again; nothing is kept without it
 * @attr {string} base-url - the folder of worker.js, pkg/ and models/; beside this script without it
 *
 * @fires {CustomEvent<{loadedBytes: number}>} foretune-prepared - core and models are loaded
 * @fires {CustomEvent<{phase: string}>} foretune-phase - it does something else now; this and the
 *   others bubble and cross shadow roots
 * @fires {CustomEvent<{name: string, result: Result}>} foretune-result - a song is answered
 * @fires {CustomEvent<{name: string, error: ForetuneError}>} foretune-error - it is not
 * @fires {CustomEvent<{}>} foretune-forgotten - the reader had everything deleted that was kept
 *
 * @slot heading - instead of "Drop a song here"
 * @slot hint - instead of the line on formats
 * @slot result - below an answer: what a reader may do next
 *
 * @csspart stage - the panel that a song is dropped on
 * @csspart readiness - the line below it
 * @csspart button - every button
 * @csspart choose - the button that opens a file
 * @csspart error - what went wrong, in words
 * @csspart result - everything about one song
 * @csspart card - each of its sections, which is a part of its own name too
 * @csspart number - the forecast's middle
 * @csspart interval - where eight of ten such songs land
 * @csspart warnings - what should be known of the answer
 * @csspart compare - the table of several songs
 *
 * @cssprop [--foretune-surface] - behind everything
 * @cssprop [--foretune-sunken] - behind what lies deeper
 * @cssprop [--foretune-ink] - of the text
 * @cssprop [--foretune-ink-soft] - of the less important text
 * @cssprop [--foretune-hairline] - of thin lines
 * @cssprop [--foretune-control] - around what can be used
 * @cssprop [--foretune-accent] - of buttons and of the forecast
 * @cssprop [--foretune-on-accent] - of text on it
 * @cssprop [--foretune-font] - family of the text
 * @cssprop [--foretune-font-display] - family of titles and of the number
 * @cssprop [--foretune-radius] - of the panel's and the cards' corners
 */
export class ForetunePredictor extends Element {
  static observedAttributes = ["lang", ...Object.keys(CONTEXT_ATTRIBUTES)];

  /** @type {"idle" | "loading" | "decoding" | "analyzing" | "ready" | "error"} */
  #phase = "idle";
  #result = null;
  #error = null;
  #context = {};
  #again = null;
  #job = null;
  #engine = null;
  #preparedBy = null;
  #t;
  #frame;
  #stage;
  #readiness;
  #status = h("p", { class: "visually-hidden", role: "status" });
  #view = null;
  #compared = null;
  #history = null;
  /** The song that is being analysed, and its place among several. */
  #busyWith = null;
  /** Shows the open result again, in other words. */
  #reopen = null;
  /** How far the models are, in words. */
  #readyWords = (t) => t.preparingModel;
  #languages = new MutationObserver(() => this.#speak());

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [elementStyles()];
  }

  /** @returns {"idle" | "loading" | "decoding" | "analyzing" | "ready" | "error"} */
  get phase() {
    return this.#phase;
  }

  /**
   * The last result, or null.
   * @returns {import("./foretune.js").Result | null}
   */
  get result() {
    return this.#result;
  }

  /**
   * The last failure, or null.
   * @returns {import("./errors.js").ForetuneError | null}
   */
  get error() {
    return this.#error;
  }

  /**
   * What is known of the song beside its sound; used from the next analysis on.
   * @type {import("./foretune.js").Context}
   */
  get context() {
    return { ...this.#context };
  }

  set context(context) {
    this.#context = { ...context };
    if (this.hasAttribute("remember")) rememberContext(this.#context);
  }

  attributeChangedCallback(attribute, _before, value) {
    if (attribute === "lang") return this.#speak();
    const [name, parse] = CONTEXT_ATTRIBUTES[attribute];
    const { [name]: _replaced, ...others } = this.#context;
    const known = value === null ? undefined : parse(value);
    // What is no number tells nothing.
    this.#context = known === undefined || Number.isNaN(known) ? others : { ...others, [name]: known };
  }

  connectedCallback() {
    if (!this.#frame) {
      if (this.hasAttribute("remember")) this.#context = { ...rememberedContext(), ...this.#context };
      this.#upgrade("context");
      this.#build();
    }
    this.#languages.observe(document, { subtree: true, attributeFilter: ["lang"] });
    this.#speak();
    if (this.getAttribute("loading") !== "lazy") this.#afterFirstPaint(() => this.#prepare());
  }

  disconnectedCallback() {
    // Moved elsewhere in the document, it is connected again by now.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#languages.disconnect();
      this.reset();
      this.#stage.stop();
      this.#engine?.release();
      this.#engine = null;
    });
  }

  /**
   * Analyses a song as if it had been dropped. Resolves when it is answered, well or not.
   * @param {import("./foretune.js").SongInput} input
   * @param {{name?: string}} [options]
   */
  async predict(input, { name = titleOf(input?.name) } = {}) {
    const job = this.#begin(() => this.predict(input, { name }));
    this.#showBusy({ name });
    this.#enter("loading");
    try {
      const foretune = await this.#prepare();
      if (job.signal.aborted) return;
      const result = await this.#answer(job, foretune, input);
      if (job !== this.#job) return;
      const song = { name, source: playable(input), context: this.#context, analysed: Date.now() };
      this.#keep(song, result, foretune);
      this.#showResult(song, result, foretune);
      this.#emit("foretune-result", { name, result });
    } catch (thrown) {
      if (job === this.#job) this.#showError(name, asForetuneError(thrown));
    }
  }

  /**
   * Analyses several songs, one after another, and shows them beside each other; a single one as
   * `predict` does. Of more than 50 the first 50 are taken.
   * @param {Iterable<import("./foretune.js").SongInput>} inputs
   */
  async predictAll(inputs) {
    const chosen = [...inputs];
    if (chosen.length < 2) return chosen.length === 1 ? this.predict(chosen[0]) : undefined;
    const job = this.#begin(() => this.predictAll(chosen));
    const songs = chosen
      .slice(0, MOST_SONGS)
      .map((input) => ({ input, name: titleOf(input?.name), source: playable(input) }));
    const compared = { songs, foretune: null, view: null };
    this.#showComparison(compared);
    if (chosen.length > MOST_SONGS) this.#status.textContent = this.#t.onlyFirst({ count: MOST_SONGS });
    for (const [index, song] of songs.entries()) {
      this.#showBusy({ name: song.name, at: index + 1, of: songs.length });
      this.#enter("loading");
      song.busy = true;
      compared.view.update();
      try {
        compared.foretune = await this.#prepare();
      } catch (thrown) {
        // Without the models no song can be answered.
        if (job === this.#job) this.#showError(song.name, asForetuneError(thrown));
        return;
      }
      try {
        if (!job.signal.aborted) song.result = await this.#answer(job, compared.foretune, song.input);
      } catch (thrown) {
        if (!job.signal.aborted) song.error = asForetuneError(thrown);
      }
      song.busy = false;
      if (job !== this.#job) return;
      compared.view.update();
      if (job.signal.aborted) break;
      const { name, result, error } = song;
      if (result) {
        Object.assign(song, { context: this.#context, analysed: Date.now() });
        this.#keep(song, result, compared.foretune);
      }
      this.#emit(result ? "foretune-result" : "foretune-error", result ? { name, result } : { name, error });
    }
    this.#endComparison(compared);
  }

  /** A new question, in place of what is being done or shown. */
  #begin(again) {
    this.#job?.abort();
    this.#job = new AbortController();
    this.#again = again;
    this.#result = this.#error = null;
    this.#closeView();
    this.#closeComparison();
    return this.#job;
  }

  #answer(job, foretune, input) {
    return foretune.predict(input, {
      context: this.#context,
      signal: job.signal,
      onProgress: (progress) => {
        if (job === this.#job && !job.signal.aborted) this.#showProgress(progress);
      },
    });
  }

  #endComparison(compared) {
    const { songs } = compared;
    const answered = songs.filter(({ result }) => result);
    const best = answered.toSorted((a, b) => b.result.popularity.p50 - a.result.popularity.p50)[0];
    if (!best) {
      const { name, error } = songs.find(({ error }) => error) ?? {};
      if (error) this.#showError(name, error);
      else this.reset();
      return;
    }
    this.#stage.idle();
    this.#enter("ready");
    if (!this.#view) this.#openCompared(compared, best);
    this.#status.textContent = this.#t.allAnswered({ answered: answered.length, count: songs.length });
  }

  /** Shows the answer to one of several songs, below their table. */
  #openCompared(compared, song) {
    this.#closeView();
    this.#result = song.result;
    this.#openView({ ...song, context: this.#context }, song.result, compared.foretune);
    compared.opened = song;
    compared.view.opened(song);
  }

  /** What is told of one of several songs counts for all of them. */
  async #tellAll({ songs, foretune, view }, context, told) {
    for (const { result } of songs) {
      if (result && result !== told) result.popularity = await new Forecast(foretune, result).popularity(context);
    }
    view.update();
  }

  #cancel() {
    if (this.#compared?.songs.some(({ result }) => result)) {
      // What is answered already stays.
      this.#job.abort();
      return;
    }
    this.reset();
    this.#stage.focus();
  }

  /** Keeps an answer on the device where the page asks for that; failing to is no failure of the song. */
  async #keep({ name, analysed, context }, result, { popularityModel }) {
    // It may have been said, or taken back, since the element was drawn.
    if (!this.#remembersSongs()) return;
    if (!this.#history) this.#listHistory();
    try {
      await keepAnswer({ name, analysed, result, context, popularityModel });
      await this.#history.refresh();
    } catch (thrown) {
      this.#history.failed(thrown);
    }
  }

  /** Shows an answer that was kept, as it was when the song was last open. */
  async #openKept(kept) {
    const { id, name, analysed } = kept;
    const job = this.#begin(() => this.#openKept(kept));
    this.#showBusy({ name });
    this.#enter("loading");
    try {
      const [foretune, answer] = await Promise.all([this.#prepare(), keptAnswer(id)]);
      if (job !== this.#job) return;
      if (answer) {
        const { result, context, popularityModel } = answer;
        this.#showResult({ name, analysed, context, source: null, fromHistory: { popularityModel } }, result, foretune);
      } else {
        // Deleted meanwhile, in another tab.
        this.reset();
        await this.#history.refresh();
      }
    } catch (thrown) {
      if (job === this.#job) this.#showError(name, asForetuneError(thrown));
    }
  }

  /** Stops what is being done and waits for a song again. */
  reset() {
    this.#job?.abort();
    this.#job = null;
    this.#again = this.#result = this.#error = null;
    this.#closeView();
    this.#closeComparison();
    this.#stage.idle();
    this.#enter("idle");
  }

  /** A property that was set before the element was defined hides the one it is meant for. */
  #upgrade(property) {
    if (!Object.hasOwn(this, property)) return;
    const value = this[property];
    delete this[property];
    this[property] = value;
  }

  #build() {
    this.#frame = h("div", { class: "frame", "data-phase": "idle" });
    takeDrops(this, {
      hover: (over) => {
        this.#stage.hover(over || this.#isBusy());
        this.#frame.classList.toggle("hovered", over);
      },
      drop: (files) => this.predictAll(files),
    });
    this.shadowRoot.append(this.#frame);
    this.#t = messagesFor(localeFor(this));
    this.#render();
  }

  /** Speaks the reader's language from now on, whatever is being shown. */
  async #speak() {
    if (!this.#frame) return;
    const locale = localeFor(this);
    // A reader of Arabic should not see English come and go.
    this.#frame.classList.toggle("unspoken", !isLoaded(locale));
    const t = await loadMessages(locale);
    if (locale !== localeFor(this)) return;
    this.#frame.classList.remove("unspoken");
    if (t === this.#t) return;
    this.#t = t;
    this.#render();
  }

  /** Shows everything there is to show, in the words of now. */
  #render() {
    this.#frame.lang = this.#t.locale;
    this.#frame.dir = this.#t.direction;
    this.#stage?.stop();
    const offered = (attribute, name, words) => {
      const url = this.getAttribute(attribute) && new URL(this.getAttribute(attribute), document.baseURI);
      return url && { name: attribute, words: words(name(url)), choose: () => this.predict(url, { name: name(url) }) };
    };
    this.#stage = new Stage(this.#t, {
      choose: (files) => this.predictAll(files),
      offered: [
        offered("src", nameOf, (name) => this.#t.analyseGiven({ name })),
        offered("demo-src", () => this.#t.demoName, () => this.#t.tryDemo),
      ].filter(Boolean),
      cancel: () => this.#cancel(),
      retry: () => this.#again(),
    });
    const prepared = this.#readiness?.classList.contains("prepared");
    this.#readiness = h("p", { class: "readiness", part: "readiness" });
    this.#readiness.classList.toggle("prepared", !!prepared);
    this.#showReadiness(this.#readyWords);
    this.#frame.replaceChildren(this.#stage.element, this.#readiness, this.#status);
    if (this.#remembersSongs()) this.#listHistory();
    if (this.#isBusy()) this.#showBusy(this.#busyWith);
    else if (this.#error) this.#stage.error(this.#error, RETRIABLE.has(this.#error.code), { focus: false });
    else this.#stage.idle();
    if (this.#compared) this.#showComparison(this.#compared);
    this.#reopen?.();
  }

  #remembersSongs() {
    return this.hasAttribute("remember") && !this.hasAttribute("compact");
  }

  #listHistory() {
    const forgotten = () => {
      this.#context = {};
      this.#emit("foretune-forgotten", {});
    };
    this.#history = new HistoryView({ open: (song) => this.#openKept(song), forgotten }, this.#t);
    this.#frame.append(this.#history.element);
    this.#history.refresh();
  }

  #showReadiness(words) {
    this.#readyWords = words;
    this.#readiness.textContent = words(this.#t);
  }

  #showBusy(song) {
    this.#busyWith = song;
    const { name, at, of } = song;
    this.#stage.busy(name, of && this.#t.songOfMany({ at, of }));
    this.#stage.progress(this.#t.phases.loading, null);
  }

  #showComparison(compared) {
    compared.view?.element.remove();
    compared.view = new CompareView(compared.songs, (song) => this.#openCompared(compared, song), this.#t);
    if (compared.opened) compared.view.opened(compared.opened);
    this.#compared = compared;
    this.#frame.append(compared.view.element);
  }

  #isBusy() {
    return ["loading", "decoding", "analyzing"].includes(this.#phase);
  }

  #afterFirstPaint(start) {
    requestAnimationFrame(() => setTimeout(() => this.isConnected && start().catch(() => {}), 0));
  }

  /** The engine, started if it is not yet; what went wrong is shown when a song needs it. */
  async #prepare() {
    this.#engine ??= acquireEngine(this.getAttribute("base-url"), (progress) =>
      this.#showLoading(progress),
    );
    const engine = this.#engine;
    try {
      const foretune = await engine.ready;
      if (this.#preparedBy !== engine) {
        this.#preparedBy = engine;
        this.#emit("foretune-prepared", { loadedBytes: foretune.loadedBytes });
      }
      this.#showReadiness((t) => t.prepared({ megabytes: t.tenths(foretune.loadedBytes / 1e6) }));
      this.#readiness.classList.add("prepared");
      return foretune;
    } catch (thrown) {
      engine.release();
      if (this.#engine === engine) this.#engine = null;
      this.#showReadiness((t) => t.error(asForetuneError(thrown)).words);
      throw thrown;
    }
  }

  #showLoading({ fraction, loadedBytes, retrying }) {
    this.#showReadiness((t) => {
      const megabytes = t.tenths(loadedBytes / 1e6);
      if (retrying) return t.reconnecting({ megabytes });
      return fraction < 1 ? t.preparing({ megabytes }) : t.preparingModel;
    });
    if (this.#phase !== "loading") return;
    const { loading, reconnecting } = this.#t.phases;
    this.#stage.progress(retrying ? reconnecting : loading, fraction < 1 ? fraction : null);
  }

  #showProgress({ phase, stage, fraction, estimate }) {
    this.#enter(phase);
    if (estimate) this.#stage.firstEstimate(this.#t.firstEstimate(inWords(estimate, this.#t)));
    this.#stage.progress(this.#t.phases[stage ?? phase] ?? this.#t.phases.decoding, fraction);
  }

  #showResult(song, result, foretune) {
    this.#result = result;
    this.#stage.idle();
    this.#openView(song, result, foretune);
    this.#enter("ready");
    this.#announce(song.name, result.popularity);
    this.#view.focus();
  }

  #announce(name, popularity) {
    this.#status.textContent = this.#t.announceReady({ name, ...inWords(popularity, this.#t) });
  }

  #openView(song, result, foretune) {
    this.#reopen = () => {
      this.#view.stop();
      this.#view.element.remove();
      this.#openView(song, result, foretune);
    };
    const { name, source, context, fromHistory } = song;
    // Another model than the one that answered cannot go on where that one ended.
    const outdated = fromHistory && fromHistory.popularityModel !== foretune.popularityModel;
    const forecast = outdated ? null : new Forecast(foretune, result);
    this.#view = new ResultView(
      { name, result, source, context, forecast, fromHistory: Boolean(fromHistory) },
      { genres: foretune.genres, population: (context) => foretune.population(context) },
      {
        another: () => {
          this.reset();
          this.#stage.focus();
        },
        contextChanged: (context, popularity) => {
          if (this.#result !== result) return;
          // What is told of an earlier song is told of that one alone.
          if (!fromHistory) this.context = context;
          song.context = context;
          result.popularity = popularity;
          this.#announce(name, popularity);
          this.#keep(song, result, foretune);
          if (this.#compared) this.#tellAll(this.#compared, context, result);
        },
        failed: (thrown) => {
          if (this.#result === result) this.#showError(name, asForetuneError(thrown));
        },
      },
      this.#t,
    );
    this.#frame.append(this.#view.element);
  }

  #showError(name, error) {
    this.#error = error;
    this.#closeView();
    this.#closeComparison();
    this.#enter("error");
    this.#stage.error(error, RETRIABLE.has(error.code), { focus: true });
    this.#status.textContent = this.#t.announceError({ title: this.#t.error(error).title });
    this.#emit("foretune-error", { name, error });
  }

  #closeView() {
    this.#view?.stop();
    this.#view?.element.remove();
    this.#view = this.#reopen = null;
  }

  #closeComparison() {
    this.#compared?.view.element.remove();
    this.#compared = null;
  }

  #enter(phase) {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#frame.dataset.phase = phase;
    // Results and errors are announced in their own words.
    const words = { loading: "loading", decoding: "decoding", analyzing: "listening" }[phase];
    if (words) this.#status.textContent = this.#t.phases[words];
    this.#emit("foretune-phase", { phase });
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

/** What an audio element could play `input` from. */
function playable(input) {
  return input instanceof Blob || typeof input === "string" || input instanceof URL ? input : null;
}

/** What a song at an address is called. */
function nameOf({ pathname }) {
  const file = pathname.split("/").at(-1);
  try {
    return titleOf(decodeURIComponent(file));
  } catch {
    // A percent sign that means itself.
    return titleOf(file);
  }
}

/** A file's name as a song's: without the extension. */
function titleOf(fileName = "") {
  return fileName.replace(/\.[a-z0-9]{2,5}$/i, "");
}

if (globalThis.customElements && !customElements.get("foretune-predictor")) {
  customElements.define("foretune-predictor", ForetunePredictor);
}
