// Tempo, key with mode, and loudness, which are computed from the signal rather than estimated.

import { card, h, svg } from "./dom.js";
import { standingOf } from "./features.js";

// What Spotify plays songs at by default, and the peaks it asks masters to keep below, lower for
// those louder than its target (its "Loudness normalization" guide for artists).
export const TARGET_LUFS = -14;
const PEAK_LIMIT_DBTP = -1;
const LOUD_PEAK_LIMIT_DBTP = -2;
// Confidences are shares among many candidates (24 keys, dozens of tempos): half of it all is far
// more than any other has, a fifth a good deal more than most.
const CLEAR = 0.5;
const LIKELY = 0.2;
// Differences smaller than this are hardly heard.
const NEAR_DB = 1;
// Readings of a tempo nearer than this to half or double are just that.
const SAME_TEMPO = 0.03;
// The part of the scale where finished music lives.
const METER_LUFS = [-30, 0];
const TEMPO_BPM = [40, 220];
const BLACK_KEYS = new Set([1, 3, 6, 8, 10]);
const SCALE_STEPS = [
  [0, 2, 3, 5, 7, 8, 10],
  [0, 2, 4, 5, 7, 9, 11],
];

export function measuresView({ signal: { tempo, key, loudness }, features }, populations, t) {
  const standing = (name) => h("p", { class: "tile-details standing" }, standingOf(name, features, populations, t));
  return card(
    "measures",
    t.measuresTitle,
    null,
    h("div", { class: "tiles" }, tempoTile(tempo, standing("tempo"), t), keyTile(key, t), loudnessTile(loudness, standing("loudness"), t)),
  );
}

function tile({ name, title, confidence, value, graphic, definition }, ...notes) {
  return h(
    "div",
    { class: `tile ${name}`, part: `tile ${name}` },
    h(
      "div",
      { class: "tile-head" },
      h("h4", { class: "tile-title" }, title),
      confidence && h("span", { class: "confidence" }, confidence),
    ),
    h("p", { class: "tile-value" }, value),
    graphic,
    h("p", { class: "tile-definition" }, definition),
    ...notes,
  );
}

function valueWithUnit(value, unit) {
  return [h("span", { class: "figure" }, value), " ", h("span", { class: "unit" }, unit)];
}

function confidenceWord(confidence, t) {
  const { high, middle, low } = t.confidence;
  return confidence >= CLEAR ? high : confidence >= LIKELY ? middle : low;
}

function details(...sentences) {
  return h("p", { class: "tile-details" }, sentences.filter(Boolean).join(" "));
}

function tempoTile(tempo, standing, t) {
  const [half, double] = [tempo.bpm / 2, tempo.bpm * 2];
  const others = tempo.alternates_bpm.filter((bpm) =>
    [half, double].every((related) => Math.abs(bpm / related - 1) > SAME_TEMPO),
  );
  const at = (bpm) => share(bpm, TEMPO_BPM);
  return tile(
    {
      name: "tempo",
      title: t.tempoTitle,
      confidence: confidenceWord(tempo.confidence, t),
      value: valueWithUnit(t.tenths(tempo.bpm), t.tempoUnit),
      graphic: h(
        "div",
        { class: "ruler", "aria-hidden": "true", dir: "ltr" },
        tempo.alternates_bpm.map((bpm) => h("span", { class: "ruler-other", vars: { share: at(bpm) } })),
        h("span", { class: "ruler-mark", vars: { share: at(tempo.bpm) } }),
      ),
      definition: t.tempoDefinition,
    },
    details(
      t.tempoHalfDouble({ half: t.whole(half), double: t.whole(double) }),
      others.length > 0 && t.tempoAlternates({ list: t.either(others.map((bpm) => t.whole(bpm))) }),
    ),
    standing,
  );
}

function keyTile(key, t) {
  const cents = Math.round(key.tuning_cents);
  return tile(
    {
      name: "key",
      title: t.keyTitle,
      confidence: confidenceWord(key.confidence, t),
      value: h("span", { class: "figure" }, t.keyName({ note: t.notes[key.pitch_class], mode: t.modes[key.mode] })),
      graphic: octaveView(key),
      definition: t.keyDefinition,
    },
    details(
      t.camelot({ code: key.camelot }),
      cents !== 0 && (cents > 0 ? t.tunedAbove : t.tunedBelow)({ count: Math.abs(cents) }),
    ),
  );
}

/** An octave of a keyboard with the home note and the notes of the scale marked. */
function octaveView({ pitch_class, mode }) {
  const scale = new Set(SCALE_STEPS[mode].map((step) => (pitch_class + step) % 12));
  const white = [];
  const black = [];
  for (let note = 0; note < 12; note++) {
    const isBlack = BLACK_KEYS.has(note);
    const x = isBlack ? white.length * 20 - 6 : white.length * 20;
    const marked = note === pitch_class ? " home" : scale.has(note) ? " in-scale" : "";
    const shape = svg("rect", {
      class: `piano-key${isBlack ? " black" : ""}${marked}`,
      x: x + 0.5,
      y: 0.5,
      width: isBlack ? 12 : 19,
      height: isBlack ? 26 : 43,
      rx: 2,
    });
    (isBlack ? black : white).push(shape);
  }
  return svg("svg", { class: "octave", viewBox: "0 0 140 44", "aria-hidden": "true" }, white, black);
}

function loudnessTile(loudness, standing, t) {
  const { integrated_lufs, range_lu, true_peak_dbtp } = loudness;
  const change = TARGET_LUFS - integrated_lufs;
  const advice =
    change < -NEAR_DB
      ? t.loudnessDown({ change: t.tenths(-change) })
      : change > NEAR_DB
        ? t.loudnessUp({ change: t.tenths(change) })
        : t.loudnessFits;
  const limit = change < 0 ? LOUD_PEAK_LIMIT_DBTP : PEAK_LIMIT_DBTP;
  return tile(
    {
      name: "loudness",
      title: t.loudnessTitle,
      value: valueWithUnit(t.tenths(integrated_lufs), t.loudnessUnit),
      graphic: h(
        "div",
        { class: "ruler meter", "aria-hidden": "true", dir: "ltr" },
        h("span", { class: "meter-level", vars: { share: share(integrated_lufs, METER_LUFS) } }),
        h("span", { class: "meter-target", vars: { share: share(TARGET_LUFS, METER_LUFS) } }),
      ),
      definition: t.loudnessDefinition,
    },
    details(t.loudnessNumbers({ range: t.tenths(range_lu), peak: t.tenths(true_peak_dbtp), target: TARGET_LUFS })),
    standing,
    h("p", { class: "tile-advice" }, advice),
    true_peak_dbtp > limit && h("p", { class: "tile-advice" }, t.loudnessClips({ limit })),
  );
}

function share(value, [from, to]) {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}
