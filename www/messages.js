// The words of the element in the reader's language, with her locale's numbers, plurals and
// direction. The words themselves are in locales/, one file a language.

import ENGLISH from "./locales/en.js";

// Written out, since bundlers look for exactly this.
const FILES = {
  es: () => import("./locales/es.js"),
  fr: () => import("./locales/fr.js"),
  de: () => import("./locales/de.js"),
  ar: () => import("./locales/ar.js"),
};

/** The languages there are. English is here already, the others are fetched when they are spoken. */
export const LANGUAGES = ["en", ...Object.keys(FILES)];

const RIGHT_TO_LEFT = new Set(["ar"]);
const RIGHT_TO_LEFT_LETTERS = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const [ISOLATE, POP_ISOLATE] = ["\u2068", "\u2069"];

const loaded = new Map([["en", ENGLISH]]);
const spoken = new Map();

/**
 * The locale to speak to the reader of `element` in: the language that its closest ancestor names
 * and, where that is not among ours, one that the browser asks for.
 */
export function localeFor(element) {
  const preferred = [declaredLanguage(element), ...navigator.languages].filter(Boolean);
  const locale = preferred.find((tag) => LANGUAGES.includes(baseOf(tag))) ?? "en";
  // A page says "de", and its reader "de-CH": her numbers are written as she writes them.
  return navigator.languages.find((tag) => tag.startsWith(`${locale}-`)) ?? locale;
}

function declaredLanguage(element) {
  for (let node = element; node; ) {
    const closest = node.closest?.("[lang]");
    if (closest) return closest.getAttribute("lang");
    node = node.getRootNode().host;
  }
  return null;
}

function baseOf(tag) {
  return tag.toLowerCase().split("-")[0];
}

/** Whether `messagesFor(locale)` has its words already. */
export function isLoaded(locale) {
  return loaded.has(baseOf(locale));
}

/** Fetches the words of `locale`; where they do not come, English stands in for them. */
export async function loadMessages(locale) {
  const base = baseOf(locale);
  try {
    if (!loaded.has(base)) loaded.set(base, (await FILES[base]()).default);
  } catch {
    // Tried again with the next language that is asked for.
  }
  return messagesFor(locale);
}

/**
 * The words of `locale`, English where they are not loaded. A message without parameters is a
 * string, any other a function of them.
 */
export function messagesFor(locale) {
  const known = isLoaded(locale) ? locale : "en";
  if (!spoken.has(known)) spoken.set(known, speak(known, loaded.get(baseOf(known))));
  return spoken.get(known);
}

function speak(locale, words) {
  const direction = RIGHT_TO_LEFT.has(baseOf(locale)) ? "rtl" : "ltr";
  const number = (digits, style) =>
    new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits, ...style });
  const [whole, tenths, percent] = [number(0), number(1), number(0, { style: "percent" })];
  const plain = new Intl.NumberFormat(locale, { useGrouping: false });
  const [signed, year, twoDigits] = [
    number(1, { signDisplay: "exceptZero" }),
    number(0, { useGrouping: false }),
    number(0, { minimumIntegerDigits: 2 }),
  ];
  const plural = new Intl.PluralRules(locale);
  const listOf = (type) => new Intl.ListFormat(locale, { type });
  const [disjunction, conjunction] = [listOf("disjunction"), listOf("conjunction")];
  const moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  // The typographic minus lines up with digits; screen readers say it.
  const minus = (text) => text.replace("-", "−");
  const isolate = (text) =>
    direction === "rtl" || RIGHT_TO_LEFT_LETTERS.test(text) ? ISOLATE + text + POP_ISOLATE : text;
  const fill = (text, parameters) =>
    text.replace(/\{(\w+)\}/g, (_, name) => {
      const value = parameters[name];
      return isolate(typeof value === "number" ? minus(whole.format(value)) : String(value));
    });

  // Written with Latin digits, shown with the reader's; those of names, as in MP3 and R 128, stay.
  const inDigits = (text) =>
    year.format(1) === "1" ? text : text.replace(/(?<![\w.]|[A-Z]\s)\d+(\.\d+)?(?!\w)/g, (digits) => plain.format(digits));

  const compile = (message) => {
    if (typeof message === "string") {
      const text = inDigits(message);
      return text.includes("{") ? (parameters) => fill(text, parameters) : text;
    }
    if (Array.isArray(message)) return message.map(compile);
    if ("other" in message) {
      const forms = Object.fromEntries(Object.entries(message).map(([form, text]) => [form, inDigits(text)]));
      return (parameters) => fill(forms[plural.select(Math.abs(parameters.count))] ?? forms.other, parameters);
    }
    return Object.fromEntries(Object.entries(message).map(([key, value]) => [key, compile(value)]));
  };
  const t = compile(words);

  const unit = (value, name, digits = 0) => number(digits, { style: "unit", unit: name, unitDisplay: "long" }).format(value);
  /** What the core tells of an error or a warning, by the unit that the name of the detail ends in. */
  const inUnits = (details) =>
    Object.fromEntries(
      Object.entries(details ?? {}).map(([name, value]) => {
        if (typeof value !== "number") return [name, t.found[value] ?? value];
        if (name.endsWith("seconds")) {
          return [name, value < 120 ? unit(value, "second", Number.isInteger(value) ? 0 : 1) : unit(value / 60, "minute")];
        }
        if (name.endsWith("bytes")) return [name, `${whole.format(value / 1e6)}\u00a0MB`];
        if (name.endsWith("hz")) return [name, `${whole.format(value)}\u00a0Hz`];
        if (name.endsWith("dbfs")) return [name, `${minus(whole.format(value))}\u00a0dBFS`];
        return [name, value];
      }),
    );
  /** A message with its details; without all that it names, the English sentence that came along. */
  const detailed = (source, message, { details, message: english }) => {
    if (typeof message !== "function") return message ?? english;
    const names = [...source.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    return names.every((name) => details?.[name] !== undefined) ? message(inUnits(details)) : english;
  };

  return {
    ...t,
    locale,
    direction,
    isolate,
    whole: (value) => minus(whole.format(value)),
    tenths: (value) => minus(tenths.format(value)),
    percent: (share) => percent.format(share),
    year: (value) => year.format(value),
    /** A change, with its sign; nothing is neither up nor down. */
    signed: (change) => minus(signed.format(change)),
    either: (items) => disjunction.format(items),
    all: (items) => conjunction.format(items),
    /** A date and the time of that day, from milliseconds since 1970. */
    moment: (milliseconds) => moments.format(milliseconds),
    time: (seconds) => {
      const rounded = Math.round(seconds);
      return `${year.format(Math.floor(rounded / 60))}:${twoDigits.format(rounded % 60)}`;
    },
    population: ({ genreGroup, era }) =>
      genreGroup
        ? t.songsOfGenre({ genre: t.genreGroups[genreGroup] })
        : era
          ? t.songsOfEra({ era: t.eras[era] })
          : t.everySong,
    featureName: (name) => t.features[name]?.[0] ?? t.otherFeatures[name],
    featureValue: (name, features) => {
      const value = features[name];
      if (name === "key") return t.notes[value];
      if (name === "mode") return t.modes[value];
      if (name === "loudness") return `${minus(tenths.format(value))}\u00a0dB`;
      if (name === "tempo") return `${whole.format(value)}\u00a0${t.tempoUnit}`;
      return percent.format(value);
    },
    tagName: (tag) => t.tags[tag] ?? tag,
    /** What an error means and what to do about it. */
    error: (error) => {
      const code = error.code in t.errors ? error.code : "unexpected";
      return { title: t.errors[code][0], words: detailed(words.errors[code][1], t.errors[code][1], error) };
    },
    warning: (warning) => detailed(words.warnings[warning.code] ?? "", t.warnings[warning.code], warning),
  };
}
