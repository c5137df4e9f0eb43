// The seven features that the heads estimate, each on 0 to 1, and the tags behind them.

import { shareBelow } from "../reference.js";
import { card, h } from "./dom.js";

const SHOWN_TAGS = 10;

/** Where a quarter and three quarters of the songs lie among the listed percentiles. */
const QUARTERS = [5, 15];

/** @param {import("../reference.js").Population[]} populations all songs and, where known, those of its genre */
export function featuresView(features, populations, t) {
  const nearest = populations.at(-1);
  return card(
    "features",
    t.featuresTitle,
    t.featuresHint({ population: t.population(nearest) }),
    h(
      "dl",
      { class: "bars" },
      Object.entries(t.features).map(([name, [title, definition]]) =>
        h(
          "div",
          { class: "bar-row", part: "feature", "data-feature": name },
          h("dt", { class: "bar-name" }, title),
          h(
            "dd",
            { class: "bar-value" },
            h("span", { class: "bar-number" }, t.percent(features[name])),
            h("span", { class: "bar", vars: barOf(features[name], nearest.featurePercentiles[name]) }),
          ),
          h("dd", { class: "bar-definition" }, definition, " ", h("span", { class: "standing" }, standingOf(name, features, populations, t))),
        ),
      ),
    ),
  );
}

function barOf(value, percentiles) {
  const [quarter, threeQuarters] = QUARTERS.map((index) => percentiles[index]);
  return { share: value, quarter, "three-quarters": threeQuarters };
}

/** Where the song stands among others, in a sentence. */
export function standingOf(name, features, populations, t) {
  const [percentOfAll, percent] = populations.map(({ featurePercentiles }) =>
    t.percent(shareBelow(featurePercentiles[name], features[name])),
  );
  const genre = t.genreGroups[populations[1]?.genreGroup];
  return genre ? t.standingBoth({ percent, genre, percentOfAll }) : t.standing({ percent: percentOfAll });
}

export function tagsView(tags, t) {
  return card(
    "tags",
    t.tagsTitle,
    t.tagsHint,
    h(
      "ul",
      { class: "tag-list" },
      tags.slice(0, SHOWN_TAGS).map(([name, score]) =>
        h(
          "li",
          { class: "tag", part: "tag", vars: { share: score } },
          h("span", { class: "tag-name" }, t.tagName(name)),
          " ",
          h("span", { class: "tag-score" }, t.percent(score)),
        ),
      ),
    ),
  );
}
