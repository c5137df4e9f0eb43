// The answer to one song, top down: the forecast, what would narrow it, how it came about, and what
// it rests on.

import { ContextForm } from "./context-form.js";
import { ContributionsView } from "./contributions.js";
import { h } from "./dom.js";
import { estimateView } from "./estimate.js";
import { featuresView, tagsView } from "./features.js";
import { latest } from "./latest.js";
import { measuresView } from "./measures.js";
import { drawPicture } from "./picture.js";
import { canShareFiles, exportsView, share } from "./save.js";
import { timelineView } from "./timeline.js";
import { WhatIfView } from "./what-if.js";

export class ResultView {
  element;
  #t;
  #estimate;
  #heading;
  #timeline;
  #population;
  #standings = [];
  #name;
  #result;
  #context;
  #stopped = false;

  /**
   * @param {object} song
   * @param {string} song.name
   * @param {import("../foretune.js").Result} song.result
   * @param {Blob | string | URL | null} song.source to play it from
   * @param {object} song.context what is known of it
   * @param {import("./forecast.js").Forecast | null} song.forecast null where the model that answered
   *   is no longer there: then nothing can be asked of it
   * @param {boolean} [song.fromHistory] kept from an earlier visit, without the sound
   * @param {object} known
   * @param {string[]} known.genres offered
   * @param {(context: object) => import("../reference.js").Population} known.population
   * @param {object} actions
   * @param {() => void} actions.another
   * @param {(context: object, popularity: object) => void} actions.contextChanged
   * @param {(thrown: any) => void} actions.failed
   */
  constructor({ name, result, source, context, forecast, fromHistory = false }, { genres, population }, actions, t) {
    this.#t = t;
    this.#population = population;
    this.#name = name;
    this.#result = result;
    this.#context = context;
    this.#heading = h("h2", { class: "song-name", tabindex: -1 }, h("bdi", {}, name));
    this.#estimate = estimateView({ popularity: result.popularity, informed: isInformed(context) }, population(context), t);
    const keptWords = fromHistory && (forecast ? t.keptWithoutSound : t.keptByEarlierModel);

    const button = (action, words, onclick) =>
      h("button", { type: "button", class: "quiet", part: "button", "data-action": action, onclick }, words);
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
          keptWords && h("p", { class: "song-details kept-words" }, keptWords),
        ),
        h(
          "div",
          { class: "actions" },
          button("share", canShareFiles() ? t.sharePicture : t.savePicture, () => this.#sharePicture()),
          button("another", t.chooseAnother, actions.another),
        ),
      ),
      warningsView(result.warnings, t),
      this.#estimate,
      h("slot", { name: "result" }),
    );
    let asked;
    this.#addInTasks(
      () => {
        asked = forecast && this.#asking(context, forecast, genres, actions);
        return [asked?.form.element];
      },
      () => {
        this.#timeline = timelineView({ result, source }, t);
        return [this.#timeline.element];
      },
      () => [asked?.contributions.element, asked?.whatIf.element],
      () => {
        this.#standings = this.#standingsIn(this.#context);
        return this.#standings;
      },
      () => [
        tagsView(result.tags, t),
        exportsView([{ name, result }], name, "song", t),
        h("p", { class: "spotify-note" }, t.spotifyNote),
      ],
    ).catch(actions.failed);
  }

  /** Adds what follows the forecast, each part by a task of its own: all at once would block the page. */
  async #addInTasks(...parts) {
    for (const part of parts) {
      await new Promise((resolve) => setTimeout(resolve));
      if (this.#stopped) return;
      this.element.append(...part().filter(Boolean));
    }
  }

  /** What can be asked of the forecast beyond its answer: with something known, why, and what if. */
  #asking(context, forecast, genres, actions) {
    const t = this.#t;
    const { features, popularity } = this.#result;
    const contributions = new ContributionsView(features, t);
    const explain = latest(
      (known) => forecast.explanation(known),
      (explanation) => contributions.update(explanation),
      actions.failed,
    );

    let known = context;
    let soundAlone = isInformed(context) ? null : popularity;
    const form = new ContextForm(context, genres, (next) => answer(next), t);
    const showEffects = latest(
      (of, popularity) => forecast.effects(of, popularity),
      (effects, of) => of === known && form.showEffects(effects),
      actions.failed,
    );
    const whatIf = new WhatIfView(
      { features, context, p50: popularity.p50 },
      genres,
      latest(
        (features, wished) => forecast.popularity(wished, features),
        ({ p50 }) => whatIf.update(p50),
        actions.failed,
      ),
      t,
    );
    const answer = latest(
      async (next) => {
        soundAlone ??= await forecast.popularity({});
        return isInformed(next) ? forecast.popularity(next) : soundAlone;
      },
      (popularity, next) => {
        known = next;
        this.#showEstimate(popularity, next, soundAlone);
        showEffects(next, popularity);
        explain(next);
        actions.contextChanged(next, popularity);
        whatIf.rebase(next, popularity.p50);
      },
      actions.failed,
    );
    explain(context);
    if (isInformed(context)) answer(context);
    return { form, contributions, whatIf };
  }

  focus() {
    this.#heading.focus({ preventScroll: true });
  }

  stop() {
    this.#stopped = true;
    this.#timeline?.stop();
  }

  async #sharePicture() {
    const song = { name: this.#name, popularity: this.#result.popularity, informed: isInformed(this.#context) };
    const picture = await drawPicture(song, this.#population(this.#context), this.element, this.#t);
    picture.toBlob((png) => share(png, this.#name, "png"), "image/png");
  }

  #showEstimate(popularity, context, soundAlone) {
    this.#context = context;
    const informed = isInformed(context);
    const withoutContext = informed ? soundAlone : undefined;
    const next = estimateView({ popularity, informed, withoutContext }, this.#population(context), this.#t);
    this.#estimate.replaceWith(next);
    this.#estimate = next;
    const standings = this.#standingsIn(context);
    this.#standings.forEach((view, index) => view.replaceWith(standings[index]));
    this.#standings = standings;
  }

  /** What compares the song's features with those of all songs and, where it is known, of its genre. */
  #standingsIn({ genre }) {
    const near = this.#population({ genre });
    const populations = [this.#population({}), ...(near.genreGroup ? [near] : [])];
    return [measuresView(this.#result, populations, this.#t), featuresView(this.#result.features, populations, this.#t)];
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
    h("ul", {}, warnings.map((warning) => h("li", { "data-code": warning.code }, t.warning(warning)))),
  );
}
