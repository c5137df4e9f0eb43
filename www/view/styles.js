// The element's styles. Its tokens come first; a site changes them from outside by the custom
// properties `--foretune-*`, or goes further with `::part()`.

import { DEPTH } from "./depth-styles.js";
import { HISTORY } from "./history-styles.js";
import { PRINT } from "./print-styles.js";
import { RESULT } from "./result-styles.js";

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
/* Letters that join are not to be set apart or together. */
.frame:lang(ar) * { letter-spacing: 0; }
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
.frame.unspoken { visibility: hidden; }
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
.panel-first { min-height: 1.5em; font: 400 1.1875rem/1.35 var(--display); }
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

const PREFERENCES = `
@media (prefers-reduced-motion: reduce) {
  *, ::before, ::after { animation: none !important; transition: none !important; }
}
:host([compact]) .result > :not(.result-header, .warnings, .estimate, slot, .spotify-note) { display: none; }
@media (prefers-contrast: more) {
  :host {
    --paper: light-dark(#fff, #000); --sunken: light-dark(#eee, #1a1a1a); --ink: light-dark(#000, #fff); --ink-soft: var(--ink);
    --hairline: light-dark(#555, #bbb); --control: var(--ink); --ember: light-dark(#8c2500, #ffb08a); --on-ember: var(--paper);
    --teal: light-dark(#00403e, #8ff0e6); --reference: light-dark(#bbb, #555);
  }
}
/* The charts are drawn in the reader's own colours; without that their fills would be left out. */
@media (forced-colors: active) {
  :host {
    --paper: Canvas; --sunken: Canvas; --ink: CanvasText; --ink-soft: CanvasText; --hairline: color-mix(in srgb, CanvasText 60%, Canvas); --control: CanvasText;
    --ember: Highlight; --on-ember: HighlightText; --teal: LinkText; --reference: color-mix(in srgb, CanvasText 25%, Canvas); --white-key: Canvas; --black-key: CanvasText;
    --heat-0: Canvas; --heat-1: color-mix(in srgb, CanvasText 33%, Canvas); --heat-2: color-mix(in srgb, CanvasText 66%, Canvas); --heat-3: CanvasText;
  }
  .bar, .bar::before, .meter-level, .meter-target, .ruler, .ruler-mark, .ruler-other, .interval-bar, .interval-bar::before, .contribution-bar,
  .contribution-bar span, .range, .range::before, .range::after, .playhead, .swatch, .clip, .tag::before, .progress, .legend-this::before,
  .legend-reference::before { forced-color-adjust: none; }
  .range, .interval-bar { border: 1px solid CanvasText; }
}
`;

let sheet = null;

/** One sheet for all elements of a page; a strict policy allows it where `<style>` is not. */
export function elementStyles() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(TOKENS + BASE + STAGE + RESULT + DEPTH + HISTORY + PRINT + PREFERENCES);
  }
  return sheet;
}
