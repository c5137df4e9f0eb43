// Figures into tables, for a terminal or for a document.

export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { min: sorted[0], median, max: sorted.at(-1) };
}

/** The ratios of two contestants' times, round by round, since both met the same machine in it. */
export function ratios(ours, theirs) {
  return ours.map((value, round) => value / theirs[round]);
}

export class Report {
  #markdown;
  #missed = [];

  constructor({ markdown }) {
    this.#markdown = markdown;
  }

  heading(words) {
    console.log(this.#markdown ? `\n### ${words}\n` : `\n${words}`);
  }

  note(words) {
    console.log(this.#markdown ? `\n${words}` : `  ${words}`);
  }

  /** `rows` of cells under `columns`. */
  table(columns, rows) {
    if (this.#markdown) {
      const line = (cells) => `| ${cells.join(" | ")} |`;
      console.log([line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n"));
      return;
    }
    const widths = columns.map((title, column) => Math.max(...[title, ...rows.map((row) => row[column])].map((cell) => cell.length)));
    for (const row of [columns, ...rows]) {
      console.log(`  ${row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[0]))).join("  ")}`);
    }
  }

  /** A row of `what`, its values and, where there is one, the bar its median is held to. */
  row(what, values, digits, bar) {
    return this.#row(what, values, digits, (median) => (bar === undefined ? "" : this.#judged(what, median <= bar, `≤ ${bar}`)));
  }

  /** The same where more is better. */
  rowAtLeast(what, values, digits, bar) {
    return this.#row(what, values, digits, (median) => this.#judged(what, median >= bar, `≥ ${bar}`));
  }

  #row(what, values, digits, judged) {
    const { min, median, max } = summary(values);
    return [what, ...[min, median, max].map((value) => value.toFixed(digits)), judged(median)];
  }

  #judged(what, met, bar) {
    if (!met) this.#missed.push(what);
    return `${bar}: ${met ? "met" : "missed"}`;
  }

  close() {
    this.note(this.#missed.length === 0 ? "Every bar was met." : `Missed: ${this.#missed.join("; ")}.`);
  }
}
