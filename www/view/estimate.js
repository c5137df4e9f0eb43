// The number, its 80 % interval, and the shape of the whole predicted distribution.

import { shareOfSongsBelow } from "../reference.js";
import { h, setVars, svg } from "./dom.js";

const WIDTH = 400;
const HEIGHT = 100;
const TICKS = [0, 20, 40, 60, 80, 100];
// Standard deviation by which shapes are smoothed, in points of popularity: the quantiles are some
// ten or twenty, and the steps between them say nothing.
const SMOOTHING = 3.5;

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

/** The three figures that every sentence is made of. */
export function inWords({ p10, p50, p90 }, t) {
  return { low: t.whole(p10), estimate: t.whole(p50), high: t.whole(p90) };
}

function scaleView(popularity, population, words, t) {
  const { p10, p50, p90 } = popularity;
  const predicted = densityOf(cumulativeOf(popularity.quantiles));
  const among = densityOf(cumulativeOfCounts(population.popularityCounts));
  const top = Math.max(...predicted, ...among);
  const [heights, reference] = [predicted, among].map((density) => density.map((height) => height / top));
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

/** The predicted share of songs below a popularity. */
function cumulativeOf(quantiles) {
  const known = quantiles.filter(({ level }) => level > 0 && level < 1);
  const [lowest, highest] = [known[0], known.at(-1)];
  return (value) => {
    // Beyond the outermost quantiles only the ends of the scale are known: the density is taken
    // to fall evenly to nothing there.
    if (value < lowest.value) return lowest.level * (value / lowest.value) ** 2;
    if (value >= highest.value) {
      const left = 100 - highest.value;
      return left > 0 ? 1 - (1 - highest.level) * ((100 - value) / left) ** 2 : 1;
    }
    const above = known.findIndex((quantile) => quantile.value > value);
    const [a, b] = [known[above - 1], known[above]];
    return a.level + ((b.level - a.level) * (value - a.value)) / (b.value - a.value);
  };
}

/** The same of songs counted by whole points, each spread over the point that begins with it. */
function cumulativeOfCounts(counts) {
  const sums = [0];
  for (const count of counts) sums.push(sums.at(-1) + count);
  const total = sums.at(-1);
  // 101 points on a scale that is 100 long.
  return (value) => {
    const at = (value / 100) * counts.length;
    const below = Math.min(counts.length - 1, Math.floor(at));
    return (sums[below] + (sums[below + 1] - sums[below]) * (at - below)) / total;
  };
}

/** Smoothed density at every half point from 0 to 100. */
function densityOf(cumulative) {
  // The first bin takes what lies at 0 itself, where many songs do.
  const masses = Array.from({ length: 200 }, (_, bin) =>
    cumulative((bin + 1) / 2) - (bin === 0 ? 0 : cumulative(bin / 2)),
  );
  const reach = Math.ceil(3 * 2 * SMOOTHING);
  const weights = Array.from({ length: reach }, (_, bin) =>
    Math.exp(-0.5 * ((bin + 0.5) / (2 * SMOOTHING)) ** 2),
  );
  // Mirrored at both ends, so that nothing is smoothed off the scale.
  const mirrored = (bin) => (bin < 0 ? -1 - bin : bin > 199 ? 399 - bin : bin);
  return Array.from({ length: 201 }, (_, edge) =>
    weights.reduce(
      (sum, weight, away) => sum + weight * (masses[mirrored(edge + away)] + masses[mirrored(edge - 1 - away)]),
      0,
    ),
  );
}

function lineOf(heights, from, to) {
  const points = [from];
  for (let index = Math.ceil(from * 2 + 1e-9); index < to * 2; index++) points.push(index / 2);
  points.push(to);
  return points
    .map((at, index) => {
      const below = Math.min(199, Math.floor(at * 2));
      const height = heights[below] + (heights[below + 1] - heights[below]) * (at * 2 - below);
      const [x, y] = [(at / 100) * WIDTH, HEIGHT - height * (HEIGHT - 4)];
      return `${index === 0 ? "M" : "L"}${x.toFixed(2)} ${y.toFixed(2)}`;
    })
    .join("");
}

function areaOf(heights, from, to) {
  const x = (at) => ((at / 100) * WIDTH).toFixed(2);
  return `${lineOf(heights, from, to)}L${x(to)} ${HEIGHT}L${x(from)} ${HEIGHT}Z`;
}
