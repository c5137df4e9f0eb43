// The styles of what the forecast rests on: the song over time, contributions, and what-if.

export const DEPTH = `
.transport { display: flex; flex-wrap: wrap; gap: 0.75rem 1rem; align-items: center; margin-top: 1rem; }
.transport:empty { display: none; }
.player { display: flex; gap: 0.9rem; align-items: center; }
.play { min-width: 6.5rem; }
.clock { font-variant-numeric: tabular-nums; color: var(--ink-soft); }
.lanes { position: relative; margin-top: 1rem; border: 1px solid var(--hairline); border-radius: 10px; overflow: clip; background: var(--sunken); }
.lane { position: relative; }
.lane > :first-child { display: block; }
.lane + .lane { border-top: 1px solid var(--hairline); }
/* On a patch of the ground, so that it can be read over any picture. */
.lane-name { position: absolute; inset-block-start: 0.3rem; left: 0.3rem; padding: 0 0.4rem; border-radius: 4px; background: color-mix(in srgb, var(--paper) 86%, transparent); font-size: 0.75rem; line-height: 1.5; color: var(--ink-soft); pointer-events: none; }
.curve { position: relative; height: clamp(6rem, 14cqi, 8rem); background: var(--paper); overflow: clip; }
.loudness-lane { position: relative; height: clamp(3.5rem, 9cqi, 5.5rem); background: var(--paper); overflow: clip; }
.loudness-area { fill: color-mix(in srgb, var(--teal) 22%, transparent); }
.loudness-line { fill: none; stroke: var(--teal); stroke-width: 1.75; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.loudness-target { stroke: var(--ink-soft); stroke-width: 1; stroke-dasharray: 3 4; vector-effect: non-scaling-stroke; }
.loudness-mark { position: absolute; right: 0.3rem; top: calc(var(--y) * 100%); transform: translateY(-50%); padding: 0 0.3rem; border-radius: 4px; background: var(--paper); font-size: 0.75rem; line-height: 1.3; color: var(--ink-soft); font-variant-numeric: tabular-nums; }
.curve-shape { position: absolute; inset: 0; width: 100%; height: 100%; }
.curve-line { fill: none; stroke: var(--ember); stroke-width: 2; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.clip { position: absolute; inset-block: 0; left: calc(var(--from) * 100%); right: calc((1 - var(--to)) * 100%); background: var(--ember-wash); border-inline: 1.5px solid var(--ember); }
.clip-name { position: absolute; inset-block-end: 0.15rem; left: 0.4rem; font-size: 0.75rem; font-weight: 600; color: var(--ember); }
.curve-label {
  position: absolute; left: clamp(1.1rem, var(--x) * 100%, 100% - 1.1rem); top: calc(var(--y) * 100%); padding: 0 0.3rem; border-radius: 4px; background: var(--paper);
  font-weight: 600; font-size: 0.875rem; line-height: 1.25; font-variant-numeric: tabular-nums; color: var(--ember);
}
.curve-label.highest { transform: translate(-50%, calc(-100% - 0.3rem)); }
.curve-label.lowest { transform: translate(-50%, 0.3rem); }
.spectrogram { width: 100%; height: clamp(8rem, 18cqi, 13rem); background: var(--heat-0); }
.waveform { width: 100%; height: clamp(3.5rem, 8cqi, 5rem); background: var(--paper); }
.waveform path { fill: var(--control); }
.playhead { position: absolute; z-index: 1; inset-block: 0; left: calc(var(--at) * 100%); width: 2px; margin-left: -1px; background: var(--ink); box-shadow: 0 0 0 1px var(--paper); pointer-events: none; }
.seek { position: absolute; z-index: 2; inset: 0; width: 100%; height: 100%; margin: 0; appearance: none; background: none; cursor: pointer; border-radius: inherit; }
.seek::-webkit-slider-thumb { appearance: none; width: 1px; height: 100%; opacity: 0; }
.seek::-webkit-slider-runnable-track { height: 100%; }
.seek::-moz-range-thumb { width: 1px; height: 100%; opacity: 0; border: 0; }
.seek:focus-visible { outline-offset: -3px; }
.time-axis { position: relative; height: 1.6rem; }
.time-tick { position: absolute; left: calc(var(--share) * 100%); top: 0.3rem; padding-left: 0.3rem; font-size: 0.8125rem; color: var(--ink-soft); font-variant-numeric: tabular-nums; }
.time-tick::before { content: ""; position: absolute; left: 0; top: -0.3rem; height: 1.2rem; border-left: 1px solid var(--hairline); }
.legend { display: flex; flex-wrap: wrap; gap: 0.6rem 2rem; justify-content: space-between; margin-top: 0.5rem; font-size: 0.9375rem; color: var(--ink-soft); }
.legend-words { max-width: 68ch; display: grid; gap: 0.4rem; }
.curve-words { color: var(--ink); }
.legend-scale { display: flex; flex-wrap: wrap; gap: 0 0.5rem; align-items: center; align-self: start; }
.legend-pitch { margin-inline-start: 0.6rem; }
.swatches { display: inline-flex; border-radius: 3px; overflow: hidden; border: 1px solid var(--hairline); }
.swatch { width: 1.1rem; height: 0.7rem; background: var(--heat-0); }
.swatch:nth-child(2) { background: var(--heat-1); }
.swatch:nth-child(3) { background: var(--heat-2); }
.swatch:nth-child(4) { background: var(--heat-3); }

.contributions-body { margin-top: 1rem; display: grid; gap: 0.6rem; }
.contributions-words { text-wrap: pretty; }
.contributions-start { color: var(--ink-soft); }
.contributions-sum { font-weight: 600; border-top: 1px solid var(--hairline); padding-top: 0.7rem; }
.contribution-list { display: grid; gap: 0.15rem; }
.contribution { display: grid; grid-template-columns: minmax(0, 1fr) 3.4rem; column-gap: 0.75rem; align-items: center; }
.contribution-name { grid-column: 1; grid-row: 1; line-height: 1.35; }
.contribution-points { grid-column: 2; grid-row: 1; }
.contribution-bar { grid-column: 1 / -1; grid-row: 2; margin-block-end: 0.4rem; }
.contribution-value { color: var(--ink-soft); font-variant-numeric: tabular-nums; }
.contribution-bar { position: relative; height: 1rem; background: linear-gradient(var(--control), var(--control)) center / 1px 100% no-repeat; }
.contribution-bar span { position: absolute; inset-block: 0.15rem; width: calc(var(--share) * 50%); }
.raises .contribution-bar span { left: 50%; background: var(--ember); border-radius: 0 3px 3px 0; }
.lowers .contribution-bar span { right: 50%; background: var(--teal); border-radius: 3px 0 0 3px; }
.contribution-points { text-align: end; font-variant-numeric: tabular-nums; }

.sliders { display: grid; gap: 0.35rem; margin-top: 1rem; }
/* What has the focus must not hide behind the answer that stays in sight. */
.slider, .slider-choice { scroll-margin-block: 8rem 2rem; }
.slider-row { display: grid; grid-template-columns: 1fr auto; align-items: center; column-gap: 0.75rem; }
.slider { grid-column: 1 / -1; grid-row: 2; width: 100%; height: 1.75rem; margin: 0; accent-color: var(--ember); cursor: pointer; }
.slider.unknown:not(:hover, :focus-visible) { opacity: .5; }
.slider-value { text-align: end; white-space: nowrap; color: var(--ink-soft); font-variant-numeric: tabular-nums; }
.slider-choice { grid-column: 1 / -1; min-height: 2.5rem; padding: 0.3rem 0.6rem; background: var(--paper); border: 1px solid var(--control); border-radius: 10px; }
/* It stays in sight while a slider far below it is moved. */
.what-if-head { position: sticky; z-index: 1; top: 0; display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; align-items: center; justify-content: space-between; padding-block: 0.75rem; background: var(--paper); border-bottom: 1px solid var(--hairline); }
.what-if-answer { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.6rem; }
.what-if-number { font: 400 2.25rem/1.1 var(--display); color: var(--ember); font-variant-numeric: lining-nums tabular-nums; }

.compare-table { margin-top: 1rem; overflow-x: auto; }
.compare table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
.compare th, .compare td { padding-block: 0.35rem; padding-inline: 0 0.75rem; text-align: start; border-bottom: 1px solid var(--hairline); font-weight: 400; }
.compare thead th { vertical-align: bottom; }
.compare-table td, .compare-table tbody th { vertical-align: middle; }
.sort { min-height: 1.75rem; padding: 0; border: 0; border-radius: 4px; background: none; font-weight: 400; font-size: 0.9375rem; color: var(--ink-soft); text-align: start; }
[aria-sort="ascending"] .sort::after { content: " ↑"; }
[aria-sort="descending"] .sort::after { content: " ↓"; }
[aria-sort="ascending"] .sort, [aria-sort="descending"] .sort { color: var(--ink); }
.song-link { min-height: 2rem; padding: 0.1rem 0; border: 0; border-radius: 4px; background: none; font-weight: 400; text-align: start; text-decoration: underline; text-decoration-color: var(--control); text-underline-offset: 0.2em; overflow-wrap: anywhere; }
.opened .song-link { color: var(--ember); font-weight: 600; text-decoration-color: currentColor; }
.compare-number { font: 400 1.375rem/1.2 var(--display); }
.compare-state { color: var(--ink-soft); }
.compare tbody th { min-width: 7.5rem; }
.compare-range { min-width: 6rem; }
.range { position: relative; display: block; height: 0.65rem; border-radius: 3px; background: var(--sunken); }
.range::before { content: ""; position: absolute; inset-block: 0; left: calc(var(--low) * 1%); right: calc(100% - var(--high) * 1%); border-radius: 3px; background: color-mix(in srgb, var(--ember) 45%, var(--paper)); }
.range::after { content: ""; position: absolute; inset-block: -0.2rem; left: calc(var(--at) * 1% - 1px); width: 2px; background: var(--ink); }
.range-words { font-size: 0.8125rem; color: var(--ink-soft); }
.column-tempo, .column-key, .column-loudness, .column-energy { display: none; }
.verdict { margin-top: 1rem; max-width: 68ch; font: 400 1.1875rem/1.35 var(--display); text-wrap: pretty; }
.multiples { margin-top: calc(var(--space) * 1.2); padding-top: var(--space); border-top: 1px solid var(--hairline); }
.multiples-title { font: 600 1rem/1.3 var(--text); }
.multiple-list { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 11.5rem), 1fr)); gap: 1.25rem var(--space); margin-top: 1rem; }
.multiple { min-width: 0; }
.multiple-name { font-weight: 500; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.multiple-pictures { display: grid; margin-block: 0.35rem; border-block: 1px solid var(--hairline); }
.multiple-pictures svg { display: block; width: 100%; height: 3.25rem; }
/* The quarters of the scale. */
.multiple-forecast { background: linear-gradient(90deg, var(--hairline) 1px, transparent 0) 0 0 / 25% 100%; }
.multiple-curve { border-top: 1px solid var(--hairline); }
.multiple-middle { stroke: var(--ink); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.multiple-verdict { font-size: 0.8125rem; line-height: 1.4; color: var(--ink-soft); text-wrap: pretty; }
.exports { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1rem; }
.exports[hidden] { display: none; }
.panel-which { color: var(--ink-soft); font-variant-numeric: tabular-nums; }
.compare { margin-block: var(--space); }

@container (max-width: 30rem) {
  .compare th, .compare td { padding-inline-end: 0.5rem; }
  .compare th:last-child, .compare td:last-child { padding-inline-end: 0; }
  .compare tbody th { min-width: 5rem; }
  .compare-range { min-width: 3.75rem; }
  .sort { font-size: 0.8125rem; }
}
@container (max-width: 42rem) {
  .clip-name { display: none; }
}
@container (min-width: 42rem) {
  .column-tempo, .column-key, .column-loudness, .column-energy { display: table-cell; }
}
@container (min-width: 30rem) {
  .contribution { grid-template-columns: minmax(0, 15rem) minmax(0, 1fr) 3.4rem; padding-block: 0.15rem; }
  .contribution-bar { grid-column: 2; grid-row: 1; margin: 0; }
  .contribution-points { grid-column: 3; }
  .slider-row { grid-template-columns: 9.5rem minmax(0, 1fr) 4.75rem; }
  .slider { grid-column: 2; grid-row: 1; }
  .slider-choice { grid-column: 2 / -1; }
  .slider-value { grid-column: 3; grid-row: 1; }
}
@container (min-width: 56rem) {
  .result > .contributions { grid-column: 1; }
  .result > .what-if { grid-column: 2; }
  .what-if .slider-row { grid-template-columns: 8.25rem minmax(0, 1fr) 4.75rem; column-gap: 0.75rem; font-size: 0.9375rem; }
}
`;
