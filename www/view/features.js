// The seven features that the heads estimate, each on 0 to 1, and the tags behind them.

import { card, h } from "./dom.js";

const SHOWN_TAGS = 10;

export function featuresView(features, t) {
  return card(
    "features",
    t.featuresTitle,
    null,
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
            h("span", { class: "bar", vars: { share: features[name] } }),
          ),
          h("dd", { class: "bar-definition" }, definition),
        ),
      ),
    ),
  );
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
          h("span", { class: "tag-name" }, name),
          " ",
          h("span", { class: "tag-score" }, t.percent(score)),
        ),
      ),
    ),
  );
}
