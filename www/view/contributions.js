// What raises the forecast and what lowers it: the Shapley value of every feature, in points, which
// add up to the difference between this song and one of which nothing is known.

import { card, h } from "./dom.js";

/** Bars smaller than this are drawn as nothing, and said so. */
const NOTHING = 0.05;
/** Of those that raise the forecast, and of those that lower it, as many are named in words. */
const MOST_NAMED = 3;

export class ContributionsView {
  element;
  #body = h("div", { class: "contributions-body", "aria-live": "off" });
  #t;
  #features;

  constructor(features, t) {
    this.#t = t;
    this.#features = features;
    this.element = card("contributions", t.contributionsTitle, t.contributionsHint, this.#body);
  }

  /** @param {import("../foretune.js").Explanation} explanation */
  update({ average, context, contributions, p50 }) {
    const t = this.#t;
    const ordered = contributions.toSorted((a, b) => Math.abs(b.points) - Math.abs(a.points));
    const largest = Math.max(1, Math.abs(context), ...ordered.map(({ points }) => Math.abs(points)));
    const row = (name, title, value, points) =>
      h(
        "li",
        { class: `contribution ${points < 0 ? "lowers" : "raises"}`, part: "contribution", "data-input": name, "data-points": points },
        h("span", { class: "contribution-name" }, title, value && [" ", h("span", { class: "contribution-value" }, value)]),
        h(
          "span",
          { class: "contribution-bar", "aria-hidden": "true", dir: "ltr", vars: { share: Math.abs(points) / largest } },
          Math.abs(points) >= NOTHING && h("span", {}),
        ),
        h("span", { class: "contribution-points" }, t.signed(points)),
      );
    const named = (sign) =>
      ordered.filter(({ points }) => points * sign >= NOTHING).slice(0, MOST_NAMED).map(({ input }) => t.featureName(input));
    const [raising, lowering] = [named(+1), named(-1)];
    this.#body.replaceChildren(
      h(
        "p",
        { class: "contributions-words" },
        raising.length > 0 && t.contributionsRaise({ list: t.all(raising) }),
        " ",
        lowering.length > 0 && t.contributionsLower({ list: t.all(lowering) }),
      ),
      h("p", { class: "contributions-start" }, t.contributionsStart({ average: t.tenths(average) })),
      h(
        "ul",
        { class: "contribution-list" },
        row("context", t.contributionsContext, null, context),
        ordered.map(({ input, points }) => row(input, t.featureName(input), t.featureValue(input, this.#features), points)),
      ),
      h("p", { class: "contributions-sum" }, t.contributionsSum({ estimate: t.tenths(p50) })),
    );
  }
}
