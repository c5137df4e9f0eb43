// Several songs in a table that can be sorted and taken away; each of them opens.

import { ranking } from "../compare.js";
import { h } from "./dom.js";
import { multiplesView } from "./multiples.js";
import { exportsView } from "./save.js";

export class CompareView {
  element;
  #t;
  #songs;
  #open;
  #sort = { column: "estimate", descending: true };
  #opened = null;
  #body = h("tbody");
  #headers = {};
  #multiples = h("div", { class: "multiples-place" });
  #verdict = h("p", { class: "verdict", "aria-live": "polite" });
  #exports;

  /**
   * @param {{name: string, result?: object, error?: object}[]} songs filled in as they are answered
   * @param {(song: object) => void} open
   */
  constructor(songs, open, t) {
    this.#songs = songs;
    this.#open = open;
    this.#t = t;
    const header = ({ name, title }) => {
      this.#headers[name] = h(
        "th",
        { scope: "col", class: `column-${name}` },
        h("button", { type: "button", class: "sort", "data-column": name, onclick: () => this.#sortBy(name) }, title),
      );
      return this.#headers[name];
    };
    this.#exports = exportsView(songs, "", "songs", t);
    this.element = h(
      "section",
      { class: "card compare", part: "card compare", "aria-labelledby": "compare-title" },
      h("h2", { class: "card-title", id: "compare-title" }, t.compareTitle),
      h("p", { class: "card-hint" }, t.compareHint),
      h(
        "div",
        { class: "compare-table", role: "region", tabindex: 0, "aria-label": t.compareTable },
        h("table", {}, h("thead", {}, h("tr", {}, this.#columns().map(header))), this.#body),
      ),
      this.#verdict,
      this.#multiples,
      this.#exports,
    );
    this.update();
  }

  /** Shows what is known by now. */
  update() {
    const { column, descending } = this.#sort;
    const { value } = this.#columns().find(({ name }) => name === column);
    for (const [name, header] of Object.entries(this.#headers)) {
      header.setAttribute("aria-sort", name !== column ? "none" : descending ? "descending" : "ascending");
    }
    const known = this.#songs.filter(({ result }) => result);
    const rest = this.#songs.filter(({ result }) => !result);
    const ordered = known.toSorted((a, b) => order(value(a), value(b)) * (descending ? -1 : 1));
    const focused = this.#body.getRootNode().activeElement?.dataset?.song;
    this.#body.replaceChildren(...[...ordered, ...rest].map((song) => this.#row(song)));
    if (focused !== undefined) this.#body.querySelector(`[data-song="${focused}"]`)?.focus();
    const ranked = ranking(known);
    this.#verdict.textContent = this.#verdictOf(ranked);
    this.#multiples.replaceChildren(...(known.length > 1 ? [multiplesView(ranked, this.#t)] : []));
    this.#exports.hidden = known.length === 0;
  }

  /** Marks the song whose answer is shown. */
  opened(song) {
    this.#opened = song;
    this.update();
  }

  #columns() {
    const t = this.#t;
    return [
      { name: "song", title: t.compareSong, value: ({ name }) => name },
      { name: "estimate", title: t.estimateTitle, value: ({ result }) => result.popularity.p50 },
      { name: "range", title: t.intervalLabel, value: ({ result }) => result.popularity.p90 - result.popularity.p10 },
      { name: "tempo", title: t.tempoTitle, value: ({ result }) => result.features.tempo },
      { name: "key", title: t.keyTitle, value: ({ result }) => result.signal.key.camelot },
      { name: "loudness", title: t.loudnessTitle, value: ({ result }) => result.signal.loudness.integrated_lufs },
      { name: "energy", title: t.featureName("energy"), value: ({ result }) => result.features.energy },
    ];
  }

  #row(song) {
    const t = this.#t;
    const { name, result, error } = song;
    if (!result) {
      const state = error ? t.error(error).title : song.busy ? t.compareBusy : t.compareWaiting;
      return h(
        "tr",
        { class: error ? "failed" : "waiting" },
        h("th", { scope: "row" }, h("bdi", {}, name)),
        h("td", { colspan: 6, class: "compare-state", title: error && t.error(error).words }, state),
      );
    }
    const { popularity, features, signal } = result;
    const { p10, p50, p90 } = popularity;
    const range = t.interval({ low: t.whole(p10), high: t.whole(p90) });
    return h(
      "tr",
      { class: song === this.#opened ? "opened" : null },
      h(
        "th",
        { scope: "row" },
        h(
          "button",
          {
            type: "button",
            class: "song-link",
            "data-song": this.#songs.indexOf(song),
            "aria-pressed": String(song === this.#opened),
            onclick: () => this.#open(song),
          },
          h("bdi", {}, name),
        ),
      ),
      h("td", { class: "compare-number" }, t.whole(p50)),
      h(
        "td",
        { class: "compare-range" },
        h("span", { class: "range", dir: "ltr", "aria-hidden": "true", vars: { low: p10, at: p50, high: p90 } }),
        h("span", { class: "range-words" }, range),
      ),
      h("td", { class: "column-tempo" }, t.whole(features.tempo)),
      h(
        "td",
        { class: "column-key" },
        t.keyName({ note: t.notes[signal.key.pitch_class], mode: t.modes[signal.key.mode] }),
      ),
      h("td", { class: "column-loudness" }, t.tenths(signal.loudness.integrated_lufs)),
      h("td", { class: "column-energy" }, t.percent(features.energy)),
    );
  }

  #verdictOf([first, second, ...rest]) {
    if (!second) return "";
    const tied = [second, ...rest].filter(({ told }) => !told);
    if (tied.length > 1) return this.#t.verdictTied({ first: first.song.name, count: tied.length });
    const words = { first: first.song.name, second: second.song.name, cases: this.#t.percent(second.behind) };
    return second.told ? this.#t.verdictTold(words) : this.#t.verdictUntold(words);
  }

  #sortBy(name) {
    const { column, descending } = this.#sort;
    // Names begin with A, numbers with the highest.
    this.#sort = { column: name, descending: column === name ? !descending : !["song", "key"].includes(name) };
    this.update();
  }
}

function order(a, b) {
  return typeof a === "string" ? a.localeCompare(b, undefined, { numeric: true }) : a - b;
}
