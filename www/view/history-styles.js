// The styles of the list of songs on this device.

export const HISTORY = `
.history { margin-top: calc(var(--space) * 1.25); }
.history[hidden], .frame:not([data-phase="idle"], [data-phase="error"]) .history { display: none; }
.history-list { margin-top: 0.75rem; }
.history-song {
  display: grid; grid-template-columns: minmax(0, 1fr) 2.25rem 2rem; gap: 0.25rem 0.75rem; align-items: center;
  padding-block: 0.5rem; border-bottom: 1px solid var(--hairline);
}
.history-what { display: grid; justify-items: start; }
.history-link { min-height: 2rem; padding: 0.1rem 0; border: 0; border-radius: 4px; background: none; font-weight: 500; text-align: start; text-decoration: underline; text-decoration-color: var(--control); text-underline-offset: 0.2em; overflow-wrap: anywhere; }
.history-date { font-size: 0.8125rem; color: var(--ink-soft); }
.history-estimate { text-align: end; font: 400 1.5rem/1.1 var(--display); font-variant-numeric: lining-nums tabular-nums; }
.history-range { display: none; }
.history-delete {
  min-height: 2rem; width: 2rem; padding: 0; border: 0; border-radius: 50%; background: none;
  font-size: 1.25rem; line-height: 1; font-weight: 400; color: var(--ink-soft);
}
.history-delete:hover { background: var(--sunken); color: var(--ink); }
.history-actions { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1rem; }
.history-actions [hidden] { display: none; }
.history-note { margin-top: 0.75rem; color: var(--ink-soft); }
.history-note:empty { display: none; }
.history-dialog {
  max-width: min(30rem, 100% - 2rem); padding: var(--space); color: var(--ink); background: var(--paper);
  border: 1px solid var(--hairline); border-radius: var(--radius);
}
.history-dialog[open] { display: grid; gap: 1rem; }
.history-dialog::backdrop { background: rgb(10 8 14 / 0.5); }
.history-dialog .actions { justify-content: end; }
@container (min-width: 42rem) {
  .history-song { grid-template-columns: minmax(0, 1fr) 2.5rem 15rem 2rem; column-gap: 1.25rem; }
  .history-range { display: grid; grid-template-columns: minmax(0, 1fr) 4.5rem; gap: 0.75rem; align-items: center; }
}
`;
