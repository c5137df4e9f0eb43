// Hands the answers to the reader: as files, to whatever she shares with, or on paper.

import { asCsv, asJson } from "../compare.js";
import { h } from "./dom.js";

/** Long enough for any browser to have begun the download. */
const KEEP_ADDRESS_MS = 10_000;

/**
 * Buttons that print what is shown and save it as files.
 * @param {{name: string, result?: object, error?: object}[]} songs as they are when a button is pressed
 * @param {string} title of the files
 * @param {"song" | "songs"} of which of them, for who looks for a button
 */
export function exportsView(songs, title, of, t) {
  const button = (action, words, onclick) =>
    h("button", { type: "button", class: "quiet", part: "button", "data-action": `${action}-${of}`, onclick }, words);
  const file = (kind, type, write) =>
    button(kind, t.exportAs({ kind: kind.toUpperCase() }), () => save(new Blob([write(songs)], { type }), title, kind));
  return h(
    "div",
    { class: "exports" },
    button("print", t.print, () => print()),
    file("csv", "text/csv", asCsv),
    file("json", "application/json", asJson),
  );
}

/** @param {string} title of a song; empty where it is of several */
function save(blob, title, extension) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: fileName(title, extension) }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_ADDRESS_MS);
}

/** Shares where the device can share files; saves where it cannot, or refuses. */
export async function share(blob, title, extension) {
  const file = new File([blob], fileName(title, extension), { type: blob.type });
  if (!canShareFiles()) return save(blob, title, extension);
  try {
    await navigator.share({ files: [file], title });
  } catch (thrown) {
    // The reader changed her mind.
    if (thrown?.name === "AbortError") return;
    save(blob, title, extension);
  }
}

export function canShareFiles() {
  const probe = new File([], "foretune.png", { type: "image/png" });
  return Boolean(navigator.canShare?.({ files: [probe] }));
}

/** What file systems do not take is left out of a song's name. */
function fileName(title, extension) {
  const plain = title.replace(/[\\/:*?"<>|\u0000-\u001f]+/g, " ").trim().slice(0, 80);
  return `foretune${plain && ` ${plain}`}.${extension}`;
}
