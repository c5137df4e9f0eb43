// Chooses the page's language before anything is painted: the reader's own choice, or the first
// that her browser asks for. The file page.js puts the words in; until then they are not shown,
// so that nobody sees another language come and go.

{
  const languages = ["en", "es", "fr", "de", "ar"];
  let chosen = null;
  try {
    chosen = localStorage.getItem("foretune-language");
  } catch {
    // Storage is denied: the browser's preference decides.
  }
  const wanted = [chosen, ...navigator.languages].filter(Boolean).map((tag) => tag.toLowerCase().split("-")[0]);
  const language = wanted.find((tag) => languages.includes(tag)) ?? "en";
  const root = document.documentElement;
  root.lang = language;
  root.dir = language === "ar" ? "rtl" : "ltr";
  if (language !== "en") {
    root.classList.add("unspoken");
    // Should the words never come, English is better than nothing.
    setTimeout(() => root.classList.remove("unspoken"), 3000);
  }
}
