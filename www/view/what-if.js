// What the model would say of a song that differs in one thing: sliders, and the forecast that
// follows them.

import { card, h } from "./dom.js";

// Where real songs are; the model knows little beyond.
const RANGES = {
  danceability: [0, 1, 0.01],
  energy: [0, 1, 0.01],
  valence: [0, 1, 0.01],
  acousticness: [0, 1, 0.01],
  instrumentalness: [0, 1, 0.01],
  liveness: [0, 1, 0.01],
  speechiness: [0, 1, 0.01],
  loudness: [-40, 0, 0.1],
  tempo: [40, 220, 1],
};
const YEARS = [1950, new Date().getFullYear(), 1];
// The genres offered: the list of all is long, and these are the ones the model knows best.
const MOST_GENRES = 40;

export class WhatIfView {
  element;
  #t;
  #features;
  #context;
  #estimate;
  #answer = h("p", { class: "what-if-answer", "aria-live": "polite" });
  #rows = h("div", { class: "sliders" });
  #moved = new Map();
  #controls;
  #ask;

  /**
   * @param {object} song
   * @param {Record<string, number>} song.features
   * @param {object} song.context
   * @param {number} song.p50
   * @param {string[]} genres offered
   * @param {(features: Record<string, number>, context: object) => void} ask answered by `update`
   */
  constructor({ features, context, p50 }, genres, ask, t) {
    this.#t = t;
    this.#features = features;
    this.#context = context;
    this.#estimate = p50;
    this.#ask = () => ask(this.features, this.context);
    this.#controls = [
      ...Object.entries(RANGES).map(([name, range]) =>
        this.#slider(name, t.featureName(name), range, {
          known: () => this.#features[name],
          words: (value) => t.featureValue(name, { [name]: value }),
        }),
      ),
      this.#slider("year", t.whatIfYear, YEARS, {
        known: () => this.#context.year,
        words: (value) => (value === undefined ? t.whatIfUnknown : t.year(value)),
      }),
      this.#choice("key", t.featureName("key"), t.notes.map((note, key) => [key, note]), () => this.#features.key),
      this.#choice("mode", t.featureName("mode"), t.modes.map((mode, index) => [index, mode]), () => this.#features.mode),
      this.#choice("genre", t.whatIfGenre, [["", t.whatIfGenreKept], ...genres.slice(0, MOST_GENRES).map((name) => [name, name])], () => ""),
    ];
    this.element = card(
      "what-if",
      t.whatIfTitle,
      t.whatIfHint,
      h(
        "div",
        { class: "what-if-head" },
        this.#answer,
        h(
          "button",
          { type: "button", class: "quiet", part: "button", "data-action": "reset-what-if", onclick: () => this.#reset() },
          t.whatIfReset,
        ),
      ),
      this.#rows,
    );
    this.update(p50);
  }

  /** The song's features, and those that were moved as they stand. */
  get features() {
    const moved = Object.keys(this.#features).filter((name) => this.#moved.has(name));
    return { ...this.#features, ...Object.fromEntries(moved.map((name) => [name, this.#moved.get(name)])) };
  }

  /** The same of the context. */
  get context() {
    const moved = ["year", "genre"].filter((name) => this.#moved.has(name));
    return { ...this.#context, ...Object.fromEntries(moved.map((name) => [name, this.#moved.get(name)])) };
  }

  /** The forecast for the sliders as they stand. */
  update(p50) {
    const t = this.#t;
    const change = p50 - this.#estimate;
    this.#answer.replaceChildren(
      h("span", { class: "what-if-number" }, t.whole(p50)),
      " ",
      h("span", {}, Math.abs(change) < 0.05 ? t.whatIfSame : t.whatIfChange({ count: change, change: t.signed(change) })),
    );
  }

  /** What the sliders are compared with from now on; asks for an answer to them. */
  rebase(context, p50) {
    this.#context = context;
    this.#estimate = p50;
    for (const control of this.#controls) control.show();
    this.#ask();
  }

  #reset() {
    this.#moved.clear();
    for (const control of this.#controls) control.show();
    this.#ask();
  }

  #slider(name, title, [min, max, step], { known, words }) {
    const output = h("output", { class: "slider-value", for: `what-if-${name}` });
    const input = h("input", {
      id: `what-if-${name}`,
      class: "slider",
      part: "slider",
      type: "range",
      name,
      min,
      max,
      step,
      oninput: () => {
        this.#moved.set(name, input.valueAsNumber);
        show();
        this.#ask();
      },
    });
    const show = () => {
      const value = this.#moved.get(name) ?? known();
      input.value = value ?? max;
      input.classList.toggle("unknown", value === undefined);
      output.textContent = words(value);
      input.setAttribute("aria-valuetext", output.textContent);
    };
    show();
    this.#rows.append(h("div", { class: "slider-row" }, h("label", { for: input.id }, title), input, output));
    return { show };
  }

  /** One of several values; the known one, chosen again, is no change. */
  #choice(name, title, options, known) {
    const select = h(
      "select",
      {
        id: `what-if-${name}`,
        class: "slider-choice",
        name,
        onchange: () => {
          const [value] = options[select.selectedIndex];
          if (value === known()) this.#moved.delete(name);
          else this.#moved.set(name, value);
          this.#ask();
        },
      },
      options.map(([value, words]) => h("option", { value: String(value) }, words)),
    );
    this.#rows.append(h("div", { class: "slider-row" }, h("label", { for: select.id }, title), select));
    const show = () => (select.selectedIndex = options.findIndex(([value]) => value === (this.#moved.get(name) ?? known())));
    show();
    return { show };
  }
}
