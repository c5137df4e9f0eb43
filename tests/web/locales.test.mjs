// Every language says everything: the same keys, the same parameters, every plural form it has.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";

import { LANGUAGES, loadMessages } from "../../www/messages.js";

const WWW = new URL("../../www/", import.meta.url);
const wordsOf = async (language) => (await import(new URL(`locales/${language}.js`, WWW).href)).default;
// What need not be translated, because the word itself is shown where it is missing.
const OPTIONAL = ["tags", "found"];

/** `[path, message]` of everything that is said; a plural is one message. */
function messages(words, path = []) {
  if (typeof words === "string" || "other" in words) return [[path.join("."), words]];
  return Object.entries(words).flatMap(([key, value]) =>
    path.length === 0 && OPTIONAL.includes(key) ? [] : messages(value, [...path, key]),
  );
}

function parameters(message) {
  const forms = typeof message === "string" ? [message] : Object.values(message);
  return [...new Set(forms.flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();
}

const english = new Map(messages(await wordsOf("en")));

test("there is a file for every language, and a language for every file", async () => {
  const files = async (folder) => (await readdir(new URL(folder, WWW))).filter((file) => file.endsWith(".js")).sort();
  assert.deepEqual(await files("locales"), LANGUAGES.map((language) => `${language}.js`).sort());
  const others = LANGUAGES.filter((language) => language !== "en");
  assert.deepEqual(await files("locales/page"), others.map((language) => `${language}.js`).sort());
});

for (const language of LANGUAGES) {
  test(`${language} has every message, with its parameters and plural forms`, async () => {
    const said = new Map(messages(await wordsOf(language)));
    assert.deepEqual([...said.keys()].sort(), [...english.keys()].sort());
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    for (const [path, message] of said) {
      assert.equal(typeof message, typeof english.get(path), `${path}: one is a plural, the other is not`);
      if (typeof message !== "string") {
        // French, Spanish and others count millions by a form of their own, which nothing here reaches.
        const needed = pluralCategories.filter((form) => form !== "many" || language === "ar");
        assert.deepEqual(Object.keys(message).sort(), needed.sort(), path);
      }
      // A plural may count by its words alone, as "both songs" does.
      const [ours, theirs] = [message, english.get(path)].map(parameters);
      const counted = (names) => (typeof message === "string" ? names : names.filter((name) => name !== "{count}"));
      assert.deepEqual(counted(ours), counted(theirs), path);
      for (const form of typeof message === "string" ? [message] : Object.values(message)) {
        assert.ok(form.trim() === form && form !== "", `${path}: “${form}”`);
        assert.doesNotMatch(form, /['"]|\.\.\.| -- /, `${path}: typewriter's punctuation in “${form}”`);
      }
    }
    if (language === "en") return;
    const same = [...said].filter(([path, message]) => message === english.get(path) && /\p{L}{4,}/u.test(message) && !/^\W*\{/.test(message));
    // Names and words that are the same in both; were half a file left in English, it would show.
    assert.ok(same.length < 0.15 * said.size, `left in English: ${same.map(([path]) => path).join(", ")}`);
  });
}

test("what is left untranslated is a label of the network, or the core's", async () => {
  const manifest = JSON.parse(await readFile(new URL("../models/manifest.json", WWW), "utf8"));
  const container = await readFile(new URL("../src/container.rs", WWW), "utf8");
  for (const language of LANGUAGES) {
    const { tags, found } = await wordsOf(language);
    for (const tag of Object.keys(tags)) assert.ok(manifest.backbone.tags.includes(tag), `${language}: ${tag} is no tag`);
    for (const kind of Object.keys(found)) assert.ok(container.includes(`"${kind}"`), `${language}: ${kind} is not said by the core`);
  }
});

test("every code of the core and of the page has words, and no other has", async () => {
  const rust = await readFile(new URL("../src/error.rs", WWW), "utf8");
  const script = await readFile(new URL("errors.js", WWW), "utf8");
  const codes = [...rust.matchAll(/Self::\w+(?: \{ \.\. \})? => "(\w+)"/g), ...script.split("*/")[0].split("the browser are:")[1].matchAll(/`(\w+)`/g)];
  const known = new Set(codes.map(([, code]) => code));
  assert.ok(known.has("too_short") && known.has("unresponsive"), [...known].join());
  assert.deepEqual(Object.keys((await wordsOf("en")).errors).sort(), [...known].sort());
});

test("the page's words are those of index.html", async () => {
  const html = await readFile(new URL("index.html", WWW), "utf8");
  const keys = [...new Set([...html.matchAll(/data-words="(\w+)"/g)].map(([, key]) => key))].sort();
  assert.ok(keys.length > 15);
  for (const language of LANGUAGES.filter((other) => other !== "en")) {
    const words = (await import(new URL(`locales/page/${language}.js`, WWW).href)).default;
    assert.deepEqual(Object.keys(words).sort(), keys, language);
  }
});

test("numbers, plurals and errors are said as the reader says them", async () => {
  const [en, fr, de, ar] = await Promise.all(["en", "fr", "de-CH", "ar-EG"].map(loadMessages));
  assert.equal(en.effect({ count: -1, points: en.signed(-1) }), "−1.0 point");
  assert.equal(fr.effect({ count: 0.4, points: fr.signed(0.4) }), "+0,4 point");
  assert.equal(de.tenths(-9.44), "−9.4");
  assert.equal((await loadMessages("de")).tenths(-9.44), "−9,4");
  assert.equal(ar.direction, "rtl");
  assert.equal(ar.whole(42), "٤٢");
  assert.equal(ar.time(95), "١:٣٥");
  assert.equal(ar.outOfHundred, "من ١٠٠");
  assert.match(ar.dropHint, /^MP3 أو M4A .* ٣٠ دقيقة$/);
  assert.match(ar.loudnessDefinition, /EBU\sR\s128/);
  assert.match(ar.errors.sample_rate[1]({ actual_hz: 1, minimum_hz: 2, limit_hz: 3 }), /٤٤٫١ أو ٤٨/);
  // Isolated, so that neither name nor number turns the sentence around.
  assert.match(ar.analyseGiven({ name: "Song 2 (mix).wav" }), /\u2068Song 2 \(mix\)\.wav\u2069/);
  assert.equal(en.analyseGiven({ name: "أغنية" }), "Analyse \u2068أغنية\u2069");

  const error = { code: "too_short", message: "English.", details: { seconds: 0.21, minimum_seconds: 3 } };
  assert.match(en.error(error).words, /^It lasts 0\.2 seconds; at least 3 seconds are needed/);
  assert.match(fr.error(error).words, /^Cela dure 0,2\sseconde/);
  // Without the values that a sentence names there is only the English one.
  assert.deepEqual(fr.error({ ...error, details: {} }), { title: "C’est trop court", words: "English." });
  assert.match(de.error({ code: "not_audio", details: { found: "a picture" } }).words, /nach einem Bild aus/);
  const cut = { code: "truncated", message: "", details: { announced_seconds: 240, decoded_seconds: 90 } };
  assert.match(en.warning(cut), /announces 4 minutes but holds 90 seconds/);
});

test("a language that there is no file for is answered in English", async () => {
  assert.equal((await loadMessages("tlh")).cancel, "Cancel");
});
