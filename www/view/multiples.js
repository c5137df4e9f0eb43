// The compared songs as small pictures on the same scales: the forecast from 0 to 100, and how it
// goes over the song's time.

import { densityOfForecast, pointsOf } from "./distribution.js";
import { h, svg } from "./dom.js";
import { inWords } from "./estimate.js";

const WIDTH = 200;
const HEIGHT = 60;

/** @param {{song: {name: string, result: object}, behind: number, told: boolean}[]} ranked best first */
export function multiplesView(ranked, t) {
  const results = ranked.map(({ song }) => song.result);
  const shapes = results.map(({ popularity }) => densityOfForecast(popularity));
  const top = Math.max(...shapes.flat());
  const longest = Math.max(...results.map(({ duration_seconds }) => duration_seconds));
  const passages = results.flatMap(({ windows }) => windows.map(({ p50 }) => p50));
  const [lowest, highest] = [Math.min(...passages), Math.max(...passages)];
  // Flat where there is nothing to tell apart.
  const range = Math.max(1, highest - lowest);
  const curveOf = ({ windows }) =>
    windows
      .map(({ start_seconds, end_seconds, p50 }, index) => {
        const x = (WIDTH * (start_seconds + end_seconds)) / 2 / longest;
        return `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${(HEIGHT * (0.9 - (0.8 * (p50 - lowest)) / range)).toFixed(1)}`;
      })
      .join("");
  const one = ({ song, behind, told }, index) => {
    const words = inWords(song.result.popularity, t);
    return h(
      "li",
      { class: "multiple", part: "multiple" },
      h("p", { class: "multiple-name" }, h("bdi", {}, song.name)),
      h(
        "div",
        { class: "multiple-pictures", dir: "ltr", role: "img", "aria-label": t.scaleAlternative(words) },
        forecastPicture(song.result.popularity, shapes[index].map((height) => height / top)),
        picture("multiple-curve", svg("path", { class: "curve-line", d: curveOf(song.result) })),
      ),
      h("p", { class: "multiple-verdict" }, index === 0 ? t.multipleFirst : (told ? t.multipleTold : t.multipleTied)({ cases: t.percent(behind) })),
    );
  };
  return h(
    "section",
    { class: "multiples", "aria-labelledby": "multiples-title" },
    h("h3", { class: "multiples-title", id: "multiples-title" }, t.multiplesTitle),
    h("p", { class: "card-hint" }, t.multiplesHint),
    h("ul", { class: "multiple-list" }, ranked.map(one)),
  );
}

function forecastPicture({ p10, p50, p90 }, heights) {
  const x = (at) => ((at / 100) * WIDTH).toFixed(1);
  const line = (from, to) =>
    pointsOf(heights, from, to).map(([at, height]) => `${x(at)} ${(HEIGHT - height * (HEIGHT - 4)).toFixed(1)}`).join("L");
  return picture(
    "multiple-forecast",
    svg("path", { class: "shape-interval", d: `M${line(p10, p90)}L${x(p90)} ${HEIGHT}L${x(p10)} ${HEIGHT}Z` }),
    svg("path", { class: "shape-line", d: `M${line(0, 100)}` }),
    svg("path", { class: "multiple-middle", d: `M${x(p50)} 0V${HEIGHT}` }),
  );
}

function picture(name, ...shapes) {
  return svg("svg", { class: name, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" }, ...shapes);
}
