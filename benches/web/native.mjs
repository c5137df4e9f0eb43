// What criterion has measured natively, from the files it leaves.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Milliseconds, by criterion's groups. */
export async function reportNative(report, folder) {
  const rows = [];
  for (const file of (await readdir(folder, { recursive: true })).sort()) {
    if (!file.endsWith(join("new", "sample.json"))) continue;
    const { title } = JSON.parse(await readFile(join(folder, file, "../benchmark.json"), "utf8"));
    const { iters, times } = JSON.parse(await readFile(join(folder, file), "utf8"));
    rows.push(report.row(title, times.map((nanoseconds, sample) => nanoseconds / iters[sample] / 1e6), 2));
  }
  report.heading("Natively, in the tests' profile: milliseconds");
  report.table(["", "min", "median", "max", "bar"], rows);
}
