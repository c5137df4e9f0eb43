// Short-term loudness over the song, against the level that streaming plays at.

import { TARGET_LUFS } from "./measures.js";
import { h, svg } from "./dom.js";

// Finished music lives here; what is quieter is drawn on the floor.
const QUIETEST_LUFS = -40;
const WIDTH = 1000;
const HEIGHT = 100;

/** @param {{step_seconds: number, loudness_lufs: number[]}} curves */
export function loudnessLane(curves, duration, t) {
  const { step_seconds: step, loudness_lufs: loudness } = curves;
  const y = (lufs) => HEIGHT * Math.min(1, Math.max(0, lufs / QUIETEST_LUFS));
  const x = (seconds) => (WIDTH * Math.min(seconds, duration)) / duration;
  const points = loudness.map((lufs, index) => `${x((index + 0.5) * step).toFixed(1)} ${y(lufs).toFixed(1)}`);
  const ends = [`0 ${y(loudness[0]).toFixed(1)}`, `${WIDTH} ${y(loudness.at(-1)).toFixed(1)}`];
  const line = [ends[0], ...points, ends[1]].join("L");
  return h(
    "div",
    { class: "loudness-lane", role: "img", "aria-label": loudnessInWords(curves, t) },
    svg(
      "svg",
      { class: "curve-shape", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" },
      svg("path", { class: "loudness-area", d: `M${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z` }),
      svg("path", { class: "loudness-line", d: `M${line}` }),
      svg("path", { class: "loudness-target", d: `M0 ${y(TARGET_LUFS)}H${WIDTH}` }),
    ),
    h("span", { class: "loudness-mark", vars: { y: y(TARGET_LUFS) / HEIGHT } }, t.whole(TARGET_LUFS)),
  );
}

/** Where it is quietest and loudest, in a sentence. */
export function loudnessInWords({ step_seconds: step, loudness_lufs: loudness }, t) {
  const at = (value) => t.time((loudness.indexOf(value) + 0.5) * step);
  const [quietest, loudest] = [Math.min(...loudness), Math.max(...loudness)];
  return t.loudnessAlternative({
    quietest: t.whole(quietest),
    quietestAt: at(quietest),
    loudest: t.whole(loudest),
    loudestAt: at(loudest),
  });
}
