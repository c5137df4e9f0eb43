// The number, its 80 % interval, and the shape of the whole predicted distribution.

import { valueAt } from "../compare.js";
import { shareOfSongsBelow } from "../reference.js";
import { pointsOf, shapesOf } from "./distribution.js";
import { h, setVars, svg } from "./dom.js";

const WIDTH = 400;
const HEIGHT = 100;
const TICKS = [0, 20, 40, 60, 80, 100];

/**
 * @param {object} answer
 * @param {import("../foretune.js").Popularity} answer.popularity
 * @param {boolean} answer.informed by more than the sound
 * @param {import("../foretune.js").Popularity} [answer.withoutContext] shown for comparison
 * @param {import("../reference.js").Population} population drawn behind
 */
export function estimateView({ popularity, informed, withoutContext }, population, t) {
  const words = inWords(popularity, t);
  const below = shareOfSongsBelow(population.popularityCounts, popularity.p50);
  return h(
    "section",
    { class: "card estimate", part: "card estimate", "aria-labelledby": "estimate-title" },
    h(
      "div",
      { class: "estimate-number" },
      h("h3", { class: "card-title", id: "estimate-title" }, t.estimateTitle),
      h(
        "p",
        { class: "number", part: "number" },
        h("span", { class: "number-value" }, words.estimate),
        " ",
        h("span", { class: "number-unit" }, t.outOfHundred),
      ),
      h(
        "p",
        { class: "interval", part: "interval" },
        h("span", { class: "interval-label" }, t.intervalLabel),
        " ",
        h("span", { class: "interval-value" }, t.interval(words)),
      ),
    ),
    scaleView(popularity, population, words, t),
    h(
      "div",
      { class: "estimate-words" },
      h("p", { class: "percentile" }, t.percentile({ percent: t.percent(below), population: t.population(population) })),
      h(
        "div",
        { class: "trust-words" },
        h("p", { class: "trust" }, informed ? t.trustKnown(words) : t.trust(words)),
        withoutContext && h("p", { class: "without-context" }, t.withoutContext(inWords(withoutContext, t))),
      ),
    ),
  );
}

/** The figures that every sentence is made of: the middle, and where half and eight in ten songs land. */
export function inWords({ p10, p50, p90, quantiles }, t) {
  const [halfLow, halfHigh] = [0.25, 0.75].map((share) => t.whole(valueAt(quantiles, share)));
  return { low: t.whole(p10), estimate: t.whole(p50), high: t.whole(p90), halfLow, halfHigh };
}

function scaleView(popularity, population, words, t) {
  const { p10, p50, p90 } = popularity;
  const { predicted: heights, among: reference } = shapesOf(popularity, population);
  const marker = (name, at, label) =>
    h("span", { class: `marker ${name}`, vars: { at } }, h("span", { class: "marker-label" }, label));
  const scale = h(
    "div",
    { class: "scale", part: "scale", dir: "ltr", role: "img", "aria-label": t.scaleAlternative(words) },
    h(
      "div",
      { class: "plot" },
      svg(
        "svg",
        { class: "shape", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" },
        svg("path", { class: "shape-reference", d: areaOf(reference, 0, 100) }),
        svg("path", { class: "shape-interval", d: areaOf(heights, p10, p90) }),
        svg("path", { class: "shape-line", d: lineOf(heights, 0, 100) }),
      ),
      h("div", { class: "interval-bar" }),
      marker("low", p10, words.low),
      marker("middle", p50, words.estimate),
      marker("high", p90, words.high),
    ),
    h(
      "div",
      { class: "ticks" },
      TICKS.map((at) => h("span", { class: "tick", vars: { at } }, t.whole(at))),
    ),
    h("div", { class: "ends" }, h("span", {}, t.scaleLow), h("span", {}, t.scaleHigh)),
    h(
      "div",
      { class: "scale-legend" },
      h("span", { class: "legend-this" }, t.scaleThis),
      h("span", { class: "legend-reference" }, t.population(population)),
    ),
  );
  setVars(scale, { low: p10, high: p90 });
  return scale;
}

function lineOf(heights, from, to) {
  return pointsOf(heights, from, to)
    .map(([at, height], index) => {
      const [x, y] = [(at / 100) * WIDTH, HEIGHT - height * (HEIGHT - 4)];
      return `${index === 0 ? "M" : "L"}${x.toFixed(2)} ${y.toFixed(2)}`;
    })
    .join("");
}

function areaOf(heights, from, to) {
  const x = (at) => ((at / 100) * WIDTH).toFixed(2);
  return `${lineOf(heights, from, to)}L${x(to)} ${HEIGHT}L${x(from)} ${HEIGHT}Z`;
}
