// The element's styles. Its tokens come first; a site changes them from outside by the custom
// properties `--foretune-*`, or goes further with `::part()`.

const TOKENS = `
:host {
  color-scheme: light dark;
  --paper: var(--foretune-surface, light-dark(#fffdf8, #1e1c26));
  --sunken: var(--foretune-sunken, light-dark(#f1ebdf, #16151c));
  --ink: var(--foretune-ink, light-dark(#1c1a24, #f2ede3));
  --ink-soft: var(--foretune-ink-soft, light-dark(#5b5566, #b3acbd));
  --hairline: var(--foretune-hairline, light-dark(#dfd7c7, #37333f));
  --control: var(--foretune-control, light-dark(#8a8172, #7d7689));
  --ember: var(--foretune-accent, light-dark(#bd3d0e, #ff9060));
  --on-ember: var(--foretune-on-accent, light-dark(#fffaf3, #241009));
  --ember-wash: color-mix(in srgb, var(--ember) 20%, transparent);
  --reference: light-dark(#e4dccb, #33303c);
  --teal: light-dark(#0d6a67, #6cc7bf);
  --white-key: light-dark(#fffdf8, #e6e0d5);
  --black-key: #1c1a24;
  --heat-0: light-dark(#f6f1e6, #131219);
  --heat-1: light-dark(#f0bf8d, #3b2a5c);
  --heat-2: light-dark(#bd3d0e, #e2603a);
  --heat-3: light-dark(#2a0d1c, #ffe9c4);
  --display: var(--foretune-font-display, "Fraunces", ui-serif, Georgia, "Times New Roman", serif);
  --text: var(--foretune-font, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif);
  --radius: var(--foretune-radius, 18px);
  --space: clamp(1rem, 0.6rem + 1.6cqi, 1.75rem);
  display: block;
  container-type: inline-size;
  color: var(--ink);
  font: 400 1rem/1.5 var(--text);
}
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
`;

const BASE = `
*, ::before, ::after { box-sizing: border-box; }
h2, h3, h4, p, dl, dd, ul, figure { margin: 0; padding: 0; }
ul { list-style: none; }
button, input, select { font: inherit; color: inherit; }
:focus-visible { outline: 3px solid var(--teal); outline-offset: 3px; }
:focus:not(:focus-visible), [tabindex="-1"]:focus { outline: none; }
.visually-hidden, .file-input {
  position: absolute; width: 1px; height: 1px; margin: -1px; padding: 0;
  overflow: hidden; clip-path: inset(50%); white-space: nowrap; border: 0;
}
button {
  min-height: 2.75rem; padding: 0.55rem 1.35rem; border-radius: 999px; border: 1px solid transparent;
  font-weight: 600; cursor: pointer; transition: background-color .15s, border-color .15s;
}
button.primary { background: var(--ember); color: var(--on-ember); }
button.primary:hover { background: color-mix(in srgb, var(--ember) 88%, var(--ink)); }
button.quiet { background: var(--paper); border-color: var(--control); }
button.quiet:hover { border-color: var(--ink); }
.actions { display: flex; flex-wrap: wrap; gap: 0.75rem; justify-content: center; }
`;

const STAGE = `
.stage {
  position: relative; overflow: hidden; isolation: isolate;
  display: grid; grid-template-columns: minmax(0, 1fr); place-items: center;
  min-height: clamp(19rem, 34cqi, 24rem); padding: var(--space);
  background: var(--paper); border: 1px solid var(--hairline); border-radius: var(--radius);
  transition: border-color .2s, box-shadow .2s;
}
.stage.hovered { border-color: var(--ember); box-shadow: 0 0 0 3px var(--ember-wash); }
.frame[data-phase="ready"] .stage, .frame[data-phase="ready"] .readiness { display: none; }
.frame[data-phase="ready"].hovered .stage { display: grid; margin-bottom: var(--space); }
.strings, .strings svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.strings { z-index: -1; }
.string { fill: none; stroke: var(--hairline); stroke-width: 1.25; vector-effect: non-scaling-stroke; }
.strings-sounding { clip-path: inset(0 calc((1 - var(--done, 0)) * 100%) 0 0); }
.strings-sounding .string { stroke: var(--ember); stroke-width: 1.5; }
.stage.hovered .strings-still .string { stroke: color-mix(in srgb, var(--ember) 55%, var(--hairline)); }
.panel {
  display: grid; gap: 1rem; justify-items: center; text-align: center; width: max-content; max-width: min(100%, 44rem);
  padding: 0.25rem 1rem; background: var(--paper); box-shadow: 0 0 1rem 0.75rem var(--paper);
}
.panel-title, .panel-song {
  font: 400 clamp(1.75rem, 1.2rem + 2.4cqi, 2.6rem)/1.12 var(--display); letter-spacing: -0.015em; text-wrap: balance;
}
.panel-song { overflow-wrap: anywhere; font-size: clamp(1.4rem, 1.1rem + 1.4cqi, 2rem); }
.panel-hint, .panel-stage { color: var(--ink-soft); }
.panel-hint { font-size: 0.9375rem; }
.panel-message { max-width: 32rem; text-wrap: pretty; }
.panel-code { font: 0.8125rem/1.4 ui-monospace, "Liberation Mono", monospace; color: var(--ink-soft); }
.progress {
  appearance: none; width: min(20rem, 60cqi); height: 6px; border: 0; border-radius: 3px;
  background: var(--hairline); overflow: hidden;
}
.progress::-webkit-progress-bar { background: var(--hairline); border-radius: 3px; }
.progress::-webkit-progress-value { background: var(--ember); border-radius: 3px; transition: inline-size .2s linear; }
.progress::-moz-progress-bar { background: var(--ember); border-radius: 3px; }
.progress:indeterminate { background: linear-gradient(90deg, var(--hairline) 30%, var(--ember) 50%, var(--hairline) 70%) 0 0 / 300% 100%; animation: sweep 1.6s linear infinite; }
.progress:indeterminate::-webkit-progress-bar { background: transparent; }
@keyframes sweep { from { background-position: 100% 0; } to { background-position: -50% 0; } }
.readiness { margin-top: 0.85rem; text-align: center; font-size: 0.9375rem; color: var(--ink-soft); text-wrap: balance; }
.readiness.prepared::before {
  content: ""; display: inline-block; width: 0.55em; height: 0.55em; margin-inline-end: 0.5em; border-radius: 50%; background: var(--teal);
}
`;

const RESULT = `
.result { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--space); }
.result-header { display: flex; flex-wrap: wrap; gap: 0.75rem 1.5rem; align-items: end; justify-content: space-between; }
.song-name { font: 400 clamp(1.6rem, 1.1rem + 2cqi, 2.5rem)/1.15 var(--display); letter-spacing: -0.015em; overflow-wrap: anywhere; }
.song-details, .spotify-note { color: var(--ink-soft); font-size: 0.9375rem; }
.warnings { padding: 0.9rem 1.2rem; border-radius: calc(var(--radius) * 0.6); background: var(--ember-wash); border-inline-start: 4px solid var(--ember); }
.card { padding: var(--space); background: var(--paper); border: 1px solid var(--hairline); border-radius: var(--radius); min-width: 0; }
.card-title { font: 600 1rem/1.3 var(--text); }
.card-hint { color: var(--ink-soft); font-size: 0.9375rem; margin-top: 0.2rem; max-width: 60ch; text-wrap: balance; }

.estimate { display: grid; gap: calc(var(--space) * 1.1); }
.number { font-family: var(--display); line-height: 0.95; margin: 0.6rem 0 0.9rem; white-space: nowrap; }
.number-value { font-size: clamp(6.5rem, 4rem + 11cqi, 10.5rem); font-weight: 380; letter-spacing: -0.02em; font-variant-numeric: lining-nums; }
.number-unit { font-size: 1.25rem; color: var(--ink-soft); font-style: normal; }
.interval { display: flex; flex-wrap: wrap; gap: 0 0.6rem; align-items: baseline; }
.interval-label { color: var(--ink-soft); }
.interval-value { font: 500 1.375rem/1.2 var(--display); color: var(--ember); }
.estimate-words { display: grid; gap: 0.75rem calc(var(--space) * 2); align-items: start; text-wrap: pretty; }
.percentile { font: 400 1.1875rem/1.35 var(--display); }
.trust { max-width: 66ch; }
.trust-words { display: grid; gap: 0.6rem; color: var(--ink-soft); }
.without-context { padding-inline-start: 0.8rem; border-inline-start: 3px solid var(--control); }

.scale { align-self: end; margin-inline: 0.75rem; }
.plot { position: relative; padding-top: 1.9rem; }
.shape { display: block; width: 100%; height: clamp(7rem, 16cqi, 11rem); overflow: visible; }
.shape-reference { fill: var(--reference); }
.scale-legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.25rem; justify-content: center; margin-top: 0.5rem; font-size: 0.8125rem; color: var(--ink-soft); }
.scale-legend span::before { content: ""; display: inline-block; width: 1.1em; height: 0.6em; margin-inline-end: 0.5em; border-radius: 2px; }
.legend-this::before { background: var(--ember-wash); border: 1.5px solid var(--ember); }
.legend-reference::before { background: var(--reference); }
.shape-interval { fill: var(--ember-wash); }
.shape-line { fill: none; stroke: var(--ember); stroke-width: 1.75; vector-effect: non-scaling-stroke; }
.interval-bar { position: relative; height: 5px; border-radius: 3px; background: var(--hairline); }
.interval-bar::before {
  content: ""; position: absolute; inset-block: 0; border-radius: 3px; background: var(--ember);
  left: calc(var(--low) * 1%); right: calc(100% - var(--high) * 1%);
}
.marker { position: absolute; left: calc(var(--at) * 1%); bottom: 0; width: 0; border-left: 1.5px solid var(--ember); }
.marker.middle { height: clamp(7.6rem, 16cqi + 0.6rem, 11.6rem); border-left-width: 2px; }
.marker.low, .marker.high { height: 1.1rem; }
.marker-label { position: absolute; bottom: 100%; left: 0; transform: translateX(-50%); padding: 0 0.25rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.marker.middle .marker-label { color: var(--ember); font-size: 1.0625rem; }
.ticks { position: relative; height: 1.6rem; }
.tick { position: absolute; left: calc(var(--at) * 1%); top: 0.35rem; transform: translateX(-50%); font-size: 0.8125rem; color: var(--ink-soft); font-variant-numeric: tabular-nums; }
.ends { display: flex; justify-content: space-between; height: 1.25rem; font-size: 0.8125rem; color: var(--ink-soft); margin-inline: -0.4rem; }

.context-form { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 7rem), 1fr)); gap: 0.9rem 1rem; align-items: end; margin-top: 1rem; }
.field { display: grid; gap: 0.3rem; }
.field label { font-size: 0.9375rem; color: var(--ink-soft); }
.field input, .field select { width: 100%; min-height: 2.75rem; padding: 0.4rem 0.75rem; background: var(--paper); border: 1px solid var(--control); border-radius: 10px; }
.field input::placeholder { color: var(--ink-soft); opacity: 1; }
.field input:user-invalid { border-color: var(--ember); box-shadow: 0 0 0 1px var(--ember); }

.spectrogram { display: block; width: 100%; height: clamp(9rem, 20cqi, 15rem); margin-top: 1rem; border-radius: 8px; background: var(--heat-0); }
.time-axis { position: relative; height: 1.6rem; }
.time-tick { position: absolute; left: calc(var(--share) * 100%); top: 0.3rem; padding-left: 0.3rem; font-size: 0.8125rem; color: var(--ink-soft); font-variant-numeric: tabular-nums; }
.time-tick::before { content: ""; position: absolute; left: 0; top: -0.3rem; height: 1.2rem; border-left: 1px solid var(--hairline); }
.legend { display: flex; flex-wrap: wrap; gap: 0.4rem 2rem; justify-content: space-between; margin-top: 0.5rem; font-size: 0.9375rem; color: var(--ink-soft); }
.legend-words { max-width: 62ch; }
.legend-scale { display: flex; flex-wrap: wrap; gap: 0 0.5rem; align-items: center; }
.legend-pitch { margin-inline-start: 0.6rem; }
.swatches { display: inline-flex; border-radius: 3px; overflow: hidden; border: 1px solid var(--hairline); }
.swatch { width: 1.1rem; height: 0.7rem; background: var(--heat-0); }
.swatch:nth-child(2) { background: var(--heat-1); }
.swatch:nth-child(3) { background: var(--heat-2); }
.swatch:nth-child(4) { background: var(--heat-3); }

.tiles { display: grid; gap: var(--space); margin-top: 1rem; }
.tile { display: flex; flex-direction: column; gap: 0.55rem; min-width: 0; }
.tile + .tile { border-top: 1px solid var(--hairline); padding-top: var(--space); }
.tile-head { display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; align-items: center; justify-content: space-between; }
.tile-title { font: 400 0.9375rem/1.3 var(--text); color: var(--ink-soft); }
.confidence { padding: 0.05rem 0.6rem; border: 1px solid var(--hairline); border-radius: 999px; font-size: 0.8125rem; color: var(--ink-soft); }
.tile-value { line-height: 1.1; }
.figure { font: 400 2.25rem/1.1 var(--display); letter-spacing: -0.015em; font-variant-numeric: lining-nums; }
.unit { color: var(--ink-soft); }
.tile-details, .tile-definition { font-size: 0.9375rem; color: var(--ink-soft); }
.tile-advice { font-size: 0.9375rem; }
.ruler { position: relative; height: 2.75rem; background: repeating-linear-gradient(90deg, var(--hairline) 0 1px, transparent 1px calc((100% - 1px) / 18)) bottom / 100% 0.7rem no-repeat; border-bottom: 1px solid var(--control); }
.ruler-mark, .ruler-other { position: absolute; bottom: 0; left: calc(var(--share) * 100%); width: 3px; margin-left: -1.5px; border-radius: 2px 2px 0 0; background: var(--ember); height: 2.1rem; }
.ruler-other { background: var(--control); height: 1.2rem; opacity: .8; }
.meter { background: none; border: 0; display: flex; align-items: center; }
.meter::before { content: ""; position: absolute; inset-inline: 0; height: 0.8rem; border-radius: 3px; background: var(--sunken); border: 1px solid var(--hairline); }
.meter-level { position: absolute; left: 0; height: 0.8rem; width: calc(var(--share) * 100%); border-radius: 3px; background: var(--ember); }
.meter-target { position: absolute; left: calc(var(--share) * 100%); height: 1.9rem; width: 2px; background: var(--ink); }
.octave { display: block; width: 8.75rem; height: 2.75rem; }
.piano-key { fill: var(--white-key); stroke: var(--control); }
.piano-key.black { fill: var(--black-key); stroke: var(--black-key); }
.piano-key.in-scale { fill: color-mix(in srgb, var(--ember) 34%, var(--white-key)); }
.piano-key.black.in-scale { fill: color-mix(in srgb, var(--ember) 50%, var(--black-key)); }
.piano-key.home, .piano-key.black.home { fill: var(--ember); stroke: var(--ember); }

.bars { display: grid; gap: 1.1rem; margin-top: 1rem; }
.bar-row { display: grid; grid-template-columns: 1fr; gap: 0.15rem; }
.bar-name { font-weight: 500; }
.bar-value { display: grid; grid-template-columns: 1fr 3.2rem; align-items: center; gap: 0.75rem; }
.bar-number { grid-column: 2; grid-row: 1; text-align: end; font-variant-numeric: tabular-nums; }
.bar { grid-column: 1; grid-row: 1; height: 0.65rem; border-radius: 3px; background: var(--sunken); overflow: hidden; border: 1px solid var(--hairline); }
.bar::before { content: ""; display: block; height: 100%; width: calc(var(--share) * 100%); background: var(--teal); }
.bar-definition { font-size: 0.9375rem; color: var(--ink-soft); }

.tag-list { display: grid; margin-top: 1rem; gap: 0.35rem; }
.tag { position: relative; isolation: isolate; display: flex; justify-content: space-between; gap: 1rem; padding: 0.4rem 0.75rem; border-radius: 8px; overflow: hidden; background: var(--sunken); }
.tag::before { content: ""; position: absolute; z-index: -1; inset-block: 0; inset-inline-start: 0; width: calc(var(--share) * 100%); background: var(--ember-wash); }
.tag-name::first-letter { text-transform: uppercase; }
.tag-name { display: inline-block; }
.tag-score { color: var(--ink-soft); font-variant-numeric: tabular-nums; }

@container (min-width: 42rem) {
  .panel { box-shadow: 0 0 1.75rem 1.75rem var(--paper); }
  .estimate { grid-template-columns: minmax(12rem, 3fr) 7fr; column-gap: calc(var(--space) * 2); }
  .estimate-words { grid-column: 1 / -1; grid-template-columns: subgrid; border-top: 1px solid var(--hairline); padding-top: var(--space); }
  .tiles { grid-template-columns: 1fr 1fr 1fr; }
  .tile + .tile { border-top: 0; padding-top: 0; border-inline-start: 1px solid var(--hairline); padding-inline-start: var(--space); }
}
@container (min-width: 56rem) {
  .result { grid-template-columns: 7fr 5fr; }
  .result > * { grid-column: 1 / -1; }
  .result > .features { grid-column: 1; }
  .result > .tags { grid-column: 2; }
  .bar-row { grid-template-columns: 10rem 1fr; column-gap: 1rem; }
  .bar-definition { grid-column: 2; }
}
@media (prefers-reduced-motion: reduce) {
  *, ::before, ::after { animation: none !important; transition: none !important; }
}
@media (forced-colors: active) {
  .bar::before, .meter-level, .ruler-mark, .interval-bar::before { background: Highlight; forced-color-adjust: none; }
  .bar, .interval-bar { border: 1px solid CanvasText; }
}
`;

let sheet = null;

/** One sheet for all elements of a page; a strict policy allows it where `<style>` is not. */
export function elementStyles() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(TOKENS + BASE + STAGE + RESULT);
  }
  return sheet;
}
