// The song over time: what each passage alone would be given, the spectrogram, the waveform, and a
// place to listen from.

import { card, h, setVars, svg } from "./dom.js";
import { loudnessInWords, loudnessLane } from "./loudness-lane.js";
import { Player } from "./player.js";
import { describeSpectrogram, spectrogramCanvas } from "./spectrogram.js";

// Tick distances that divide minutes; the first that leaves labels apart is used.
const TICK_SECONDS = [5, 10, 15, 30, 60, 120, 300];
const MOST_TICKS = 7;
// A tick nearer to the end would push its label out of the picture.
const LAST_TICK = 0.92;
// What is asked for as a teaser.
const CLIP_SECONDS = [30, 15];
// A curve's lane is at least this many points high: less would make hills of what means nothing.
const LEAST_SPAN = 12;
const ROOM_FOR_LABELS = 2;
const WIDTH = 1000;
const HEIGHT = 100;
const SEEK_STEPS = 1000;

/** `source`: what can be played, see Player. */
export function timelineView({ result, source }, t) {
  const { duration_seconds: duration, windows, spectrogram, waveform, curves } = result;
  const { canvas, legend, stop: stopCanvas } = spectrogramCanvas(spectrogram, t);
  const description = describeSpectrogram(spectrogram, duration, t);
  canvas.setAttribute("aria-label", description);

  const lanes = h("div", { class: "lanes", dir: "ltr" });
  const seek = h("input", {
    class: "seek",
    type: "range",
    min: 0,
    max: duration,
    step: duration / SEEK_STEPS,
    value: 0,
    "aria-label": t.seek,
    oninput: () => player.seek(seek.valueAsNumber),
  });
  const showTime = (seconds) => {
    setVars(lanes, { at: seconds / duration });
    seek.valueAsNumber = seconds;
    seek.setAttribute("aria-valuetext", t.clock({ at: t.time(seconds), of: t.time(duration) }));
  };
  const player = new Player(source, duration, showTime, t);
  const curve = curveOf(windows, duration);
  const clips = CLIP_SECONDS.map((seconds) => strongestPassage(windows, duration, seconds)).filter(Boolean);
  lanes.append(
    ...(curve ? [lane(t.laneForecast, curveLane(curve, clips, duration, t))] : []),
    lane(t.laneSpectrogram, canvas),
    lane(t.waveform, waveformLane(waveform, t)),
    lane(t.laneLoudness, loudnessLane(curves, duration, t)),
    ...(player.element ? [h("div", { class: "playhead", "aria-hidden": "true" }), seek] : []),
  );
  showTime(0);

  const clipWords = clips.map(({ start, end, seconds }) =>
    t.clip({ from: t.time(start), to: t.time(end), count: seconds }),
  );
  const element = card(
    "timeline",
    t.timelineTitle,
    t.timelineHint,
    h(
      "div",
      { class: "transport" },
      player.element,
      player.element && clips.map(({ start, end, seconds }) =>
        h(
          "button",
          { type: "button", class: "quiet", part: "button", "data-action": `clip-${seconds}`, onclick: () => player.playPassage(start, end) },
          t.playClip({ count: seconds }),
        ),
      ),
    ),
    lanes,
    h(
      "div",
      { class: "time-axis", dir: "ltr", "aria-hidden": "true" },
      timeTicks(duration).map((at) => h("span", { class: "time-tick", vars: { share: at / duration } }, t.time(at))),
    ),
    h(
      "div",
      { class: "legend" },
      h(
        "div",
        { class: "legend-words" },
        curve && h("p", { class: "curve-words" }, [curveInWords(curve, t), ...clipWords].join(" ")),
        h("p", {}, loudnessInWords(curves, t)),
        h("p", {}, description),
      ),
      legend,
    ),
  );
  const stop = () => {
    stopCanvas();
    player.stop();
  };
  return { element, stop };
}

/** A picture over time, and what it is of. */
function lane(name, picture) {
  return h("div", { class: "lane" }, picture, h("span", { class: "lane-name", "aria-hidden": "true", dir: "auto" }, name));
}

function timeTicks(durationSeconds) {
  const apart = TICK_SECONDS.find((seconds) => durationSeconds / seconds <= MOST_TICKS) ?? 300;
  const count = Math.floor((durationSeconds * LAST_TICK) / apart) + 1;
  return Array.from({ length: count }, (_, index) => index * apart);
}

/** Passages as points of a curve, each averaged with its neighbours: three seconds say little. */
function curveOf(windows, duration) {
  if (windows.length < 3) return null;
  return windows.map(({ start_seconds, end_seconds }, index) => {
    const near = windows.slice(Math.max(0, index - 1), index + 2);
    return {
      at: Math.min(duration, (start_seconds + end_seconds) / 2),
      p50: near.reduce((sum, window) => sum + window.p50, 0) / near.length,
    };
  });
}

/** The `seconds` whose passages have the highest mean; null where that is about the whole song. */
function strongestPassage(windows, duration, seconds) {
  if (duration <= seconds * 1.2) return null;
  const within = windows.filter(({ start_seconds }) => start_seconds + seconds <= duration);
  let best = null;
  for (const { start_seconds: start } of within) {
    const end = start + seconds;
    let [sum, covered] = [0, 0];
    for (const window of windows) {
      if (window.start_seconds >= end) break;
      const overlap = Math.min(end, window.end_seconds) - Math.max(start, window.start_seconds);
      if (overlap <= 0) continue;
      sum += window.p50 * overlap;
      covered += overlap;
    }
    if (!best || sum / covered > best.mean) best = { start, end, seconds, mean: sum / covered };
  }
  return best;
}

function extremesOf(curve) {
  const ordered = curve.toSorted((a, b) => a.p50 - b.p50);
  return [ordered[0], ordered.at(-1)];
}

function curveInWords(curve, t) {
  const [lowest, highest] = extremesOf(curve);
  return t.curveAlternative({
    lowest: t.whole(lowest.p50),
    lowestAt: t.time(lowest.at),
    highest: t.whole(highest.p50),
    highestAt: t.time(highest.at),
  });
}

function curveLane(curve, clips, duration, t) {
  const [lowest, highest] = extremesOf(curve);
  const middle = (lowest.p50 + highest.p50) / 2;
  const span = Math.max(LEAST_SPAN, highest.p50 - lowest.p50) * ROOM_FOR_LABELS;
  const y = (p50) => HEIGHT * (0.5 - (p50 - middle) / span);
  const x = (seconds) => (WIDTH * seconds) / duration;
  const points = [{ ...curve[0], at: 0 }, ...curve, { ...curve.at(-1), at: duration }];
  const line = points
    .map(({ at, p50 }, index) => `${index === 0 ? "M" : "L"}${x(at).toFixed(1)} ${y(p50).toFixed(1)}`)
    .join("");
  const label = (name, { at, p50 }) =>
    h("span", { class: `curve-label ${name}`, vars: { x: at / duration, y: y(p50) / HEIGHT } }, t.whole(p50));
  return h(
    "div",
    { class: "curve", role: "img", "aria-label": curveInWords(curve, t) },
    clips.map(({ start, end, seconds }) =>
      h("div", { class: "clip", vars: { from: start / duration, to: end / duration } }, h("span", { class: "clip-name", dir: "auto" }, t.clipName({ count: seconds }))),
    ),
    svg(
      "svg",
      { class: "curve-shape", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" },
      svg("path", { class: "curve-line", d: line }),
    ),
    label("lowest", lowest),
    label("highest", highest),
  );
}

function waveformLane({ minimum, maximum }, t) {
  const columns = Math.min(maximum.length, WIDTH);
  const edge = (values, pick) =>
    Array.from({ length: columns }, (_, column) => {
      const first = Math.floor((column * values.length) / columns);
      const last = Math.max(first + 1, Math.floor(((column + 1) * values.length) / columns));
      return pick(...values.subarray(first, last));
    });
  const x = (column) => ((column + 0.5) * WIDTH) / columns;
  const y = (level) => 50 - (level * 48) / 127;
  const upper = edge(maximum, Math.max).map((level, column) => `${x(column).toFixed(1)} ${y(level).toFixed(1)}`);
  const lower = edge(minimum, Math.min).map((level, column) => `${x(column).toFixed(1)} ${y(level).toFixed(1)}`);
  return svg(
    "svg",
    { class: "waveform", viewBox: `0 0 ${WIDTH} 100`, preserveAspectRatio: "none", role: "img", "aria-label": t.waveform },
    svg("path", { d: `M${upper.join("L")}L${lower.reverse().join("L")}Z` }),
  );
}
