// What is kept on the device between visits: what a musician told of her songs, and, by history.js,
// what came of them. One place forgets all of it.

import { forgetAssets } from "./assets.js";
import { forgetSongs } from "./history.js";

const KEY = "foretune-context";

export function rememberedContext() {
  try {
    const context = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return context !== null && typeof context === "object" && !Array.isArray(context) ? context : {};
  } catch {
    // Storage is denied, or holds something else: nothing is remembered.
    return {};
  }
}

export function rememberContext(context) {
  try {
    if (Object.keys(context).length > 0) localStorage.setItem(KEY, JSON.stringify(context));
    else localStorage.removeItem(KEY);
  } catch {
    // Full or denied: it is asked again next time.
  }
}

/** Everything that the element keeps here: songs, what was told of them, core and models. */
export async function forgetEverything() {
  rememberContext({});
  // Each of them for itself: what one store denies, another still does.
  await Promise.allSettled([forgetSongs(), forgetAssets()]);
}
