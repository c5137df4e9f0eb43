// The answer to one song, top down: the forecast, what would narrow it, and what it rests on.

import { contextForm } from "./context-form.js";
import { h } from "./dom.js";
import { estimateView } from "./estimate.js";
import { featuresView, tagsView } from "./features.js";
import { measuresView } from "./measures.js";
import { spectrogramView } from "./spectrogram.js";

export class ResultView {
  element;
  #t;
  #estimate;
  #heading;
  #spectrogram;
  #referenceCounts;

  /**
   * @param {{name: string, result: import("../foretune.js").Result, context: object, genres: string[],
   *   referenceCounts: number[]}} answer
   * @param {{another: () => void, changeContext: (context: object) => void}} actions
   */
  constructor({ name, result, context, genres, referenceCounts }, actions, t) {
    this.#t = t;
    this.#referenceCounts = referenceCounts;
    this.#heading = h("h2", { class: "song-name", tabindex: -1 }, name);
    this.#estimate = estimateView(
      { popularity: result.popularity, informed: isInformed(context) },
      referenceCounts,
      t,
    );
    this.#spectrogram = spectrogramView(result.spectrogram, result.duration_seconds, t);
    this.element = h(
      "div",
      { class: "result", part: "result" },
      h(
        "header",
        { class: "result-header" },
        h(
          "div",
          {},
          this.#heading,
          h("p", { class: "song-details" }, `${t.time(result.duration_seconds)} · ${t.modelVersion({ version: result.model })}`),
        ),
        h("button", { type: "button", class: "quiet", part: "button", "data-action": "another", onclick: actions.another }, t.chooseAnother),
      ),
      warningsView(result.warnings, t),
      this.#estimate,
      contextForm(context, genres, actions.changeContext, t),
      this.#spectrogram.element,
      measuresView(result.signal, t),
      featuresView(result.features, t),
      tagsView(result.tags, t),
      h("p", { class: "spotify-note" }, t.spotifyNote),
    );
  }

  /** Replaces the forecast alone; `soundAlone` is what it is without `context`. */
  updateEstimate(popularity, context, soundAlone) {
    const informed = isInformed(context);
    const withoutContext = informed ? soundAlone : undefined;
    const next = estimateView({ popularity, informed, withoutContext }, this.#referenceCounts, this.#t);
    this.#estimate.replaceWith(next);
    this.#estimate = next;
  }

  focus() {
    this.#heading.focus({ preventScroll: true });
  }

  stop() {
    this.#spectrogram.stop();
  }
}

function isInformed(context) {
  return Object.keys(context).length > 0;
}

function warningsView(warnings, t) {
  if (warnings.length === 0) return null;
  return h(
    "aside",
    { class: "warnings", part: "warnings", "aria-label": t.warningsTitle },
    h("ul", {}, warnings.map(({ code, message }) => h("li", { "data-code": code }, message))),
  );
}
