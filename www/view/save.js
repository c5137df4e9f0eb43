// Hands files to the reader: as a download, or to whatever she shares with.

import { h } from "./dom.js";

/** Long enough for any browser to have begun the download. */
const KEEP_ADDRESS_MS = 10_000;

/** @param {Blob} blob @param {string} title of a song, or of what else it holds */
export function save(blob, title, extension) {
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
