// The styles of the answer itself: the forecast, what is known of the song, its measures.

export const RESULT = `
.result { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--space); }
.result-header { display: flex; flex-wrap: wrap; gap: 0.75rem 1.5rem; align-items: end; justify-content: space-between; }
.song-name { font: 400 clamp(1.6rem, 1.1rem + 2cqi, 2.5rem)/1.15 var(--display); letter-spacing: -0.015em; overflow-wrap: anywhere; }
.song-details, .spotify-note { color: var(--ink-soft); font-size: 0.9375rem; }
.warnings { padding: 0.9rem 1.2rem; border-radius: calc(var(--radius) * 0.6); background: var(--ember-wash); border-inline-start: 4px solid var(--ember); }
.card { padding: var(--space); background: var(--paper); border: 1px solid var(--hairline); border-radius: var(--radius); min-width: 0; }
.card-title { font: 600 1rem/1.3 var(--text); }
.card-hint { color: var(--ink-soft); font-size: 0.9375rem; margin-top: 0.2rem; max-width: 84ch; text-wrap: pretty; }

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
.effect { min-height: 1.3em; font-size: 0.8125rem; line-height: 1.3; color: var(--ember); font-variant-numeric: tabular-nums; }
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

.context-form { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 8.25rem), 1fr)); gap: 0.9rem 1rem; align-items: start; margin-top: 1rem; }
.field { display: grid; grid-template-rows: subgrid; grid-row: span 3; row-gap: 0.3rem; }
.field label { align-self: end; }
.context-form .clear { grid-row: span 3; align-self: center; justify-self: start; }
.field label { font-size: 0.9375rem; color: var(--ink-soft); }
.field input, .field select { width: 100%; min-height: 2.75rem; padding: 0.4rem 0.75rem; background: var(--paper); border: 1px solid var(--control); border-radius: 10px; }
.field input::placeholder { color: var(--ink-soft); opacity: 1; }
.field input:user-invalid { border-color: var(--ember); box-shadow: 0 0 0 1px var(--ember); }

.tiles { display: grid; gap: var(--space); margin-top: 1rem; }
.tile { display: flex; flex-direction: column; gap: 0.55rem; min-width: 0; }
.tile + .tile { border-top: 1px solid var(--hairline); padding-top: var(--space); }
.tile-head { min-height: 1.6rem; display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; align-items: center; justify-content: space-between; }
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
.bar { position: relative; grid-column: 1; grid-row: 1; height: 0.65rem; border-radius: 3px; background: var(--sunken); border: 1px solid var(--hairline); }
.bar::before { content: ""; display: block; height: 100%; width: calc(var(--share) * 100%); border-radius: 2px; background: var(--teal); }
.bar::after {
  content: ""; position: absolute; inset-block: -0.3rem; border: 1.5px solid var(--control); border-block-start: 0;
  inset-inline: calc(var(--quarter) * 100%) calc((1 - var(--three-quarters)) * 100%);
}
.bar-definition { font-size: 0.9375rem; color: var(--ink-soft); }
.standing { color: var(--ink); }

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
  .result > *, .result ::slotted(*) { grid-column: 1 / -1; }
  .result > .features { grid-column: 1; }
  .result > .tags { grid-column: 2; }
  .bar-row { grid-template-columns: 10rem 1fr; column-gap: 1rem; }
  .bar-definition { grid-column: 2; }
}
`;
