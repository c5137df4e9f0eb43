// The answer on paper: one song to a page, black on white, without what only a screen can do.

export const PRINT = `
@media print {
  :host { color-scheme: only light; --paper: #fff; --sunken: #fff; --radius: 8px; --space: 0.9rem; }
  * { print-color-adjust: exact; }
  .stage, .readiness, .history, .context, .what-if, .transport, .playhead, .seek, .exports, .actions,
  .lane:has(.spectrogram, .loudness-lane), .legend-scale, .legend-words > :not(.curve-words), .tile .standing, .tile-definition, .bar-definition,
  .ends, .card-hint, .contributions-words { display: none !important; }
  .card { break-inside: avoid; padding: 0.5rem 0.8rem; }
  .result { grid-template-columns: 6fr 5fr; grid-auto-flow: dense; gap: 0.6rem; }
  .tile { row-gap: 0.2rem; }
  .tile-value .figure { font-size: 1.6rem; }
  .result > .contributions { grid-column: 1; grid-row: span 2; }
  .result > :is(.features, .tags) { grid-column: 2; }
  .estimate { gap: 0.6rem; }
  .estimate-words { padding-top: 0.6rem; }
  .number-value { font-size: 5.5rem; }
  .shape { height: 5.5rem; }
  .marker.middle { height: 6.1rem; }
  .lanes { margin-top: 0.6rem; }
  .curve { height: 5rem; }
  .waveform { height: 3rem; }
  .legend-words { max-width: none; }
  .contribution { grid-template-columns: minmax(0, 15rem) minmax(0, 1fr) 3.4rem; padding-block: 0; }
  .bars, .contributions-body { gap: 0.5rem; margin-top: 0.6rem; }
  .tag-list { display: flex; flex-wrap: wrap; margin-top: 0.6rem; }
  .tag { gap: 0.5rem; padding-block: 0.15rem; border: 1px solid var(--hairline); }
  .bar-row { grid-template-columns: 9rem 1fr; }
  .compare + .result, .result + .compare { break-before: page; }
  .sort::after { content: none !important; }
  .compare-table { overflow: visible; }
}
`;
