// What a musician told of her songs, kept on the device between visits.

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
