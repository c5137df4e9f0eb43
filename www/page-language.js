// The words of the page around the element. English is what index.html holds; the other languages
// are in locales/page/. The element follows the language that the page names.

const NAMES = { en: "English", es: "Español", fr: "Français", de: "Deutsch", ar: "العربية" };
const KEY = "foretune-language";

const root = document.documentElement;
const marked = [...document.querySelectorAll("[data-words]")];
const english = Object.fromEntries(marked.map((element) => [element.dataset.words, wordsOf(element)]));
const menu = document.getElementById("language");

for (const [language, name] of Object.entries(NAMES)) {
  const option = new Option(name, language);
  option.lang = language;
  menu.append(option);
}
menu.value = root.lang;
menu.addEventListener("change", () => {
  try {
    localStorage.setItem(KEY, menu.value);
  } catch {
    // It is chosen again next time.
  }
  speak(menu.value);
});
if (root.lang !== "en") speak(root.lang);

/** The browser's preference decides again, from the next visit on. */
export function forgetLanguage() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Nothing could be kept either.
  }
}

async function speak(language) {
  let words = english;
  try {
    if (language !== "en") words = (await import(`./locales/page/${language}.js`)).default;
  } catch {
    language = "en";
  }
  for (const element of marked) {
    const text = words[element.dataset.words];
    if (element.tagName === "META") element.content = text;
    else element.textContent = text;
  }
  root.lang = menu.value = language;
  root.dir = language === "ar" ? "rtl" : "ltr";
  root.classList.remove("unspoken");
}

function wordsOf(element) {
  return element.tagName === "META" ? element.content : element.textContent;
}
