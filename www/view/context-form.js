// What may be known of a song beside its sound. Every change is answered at once.

import { card, h } from "./dom.js";

// Where the effect of each field of the context is shown.
const CONTROLS = { year: "year", genre: "genre", explicit: "explicit", artist_usual_popularity: "usual" };

export class ContextForm {
  element;
  #effects = {};
  #t;

  /**
   * @param {string[]} genres offered; any other may be typed
   * @param {(context: import("../foretune.js").Context) => void} onChange
   */
  constructor(context, genres, onChange, t) {
    this.#t = t;
    const number = (name, min, max, value, placeholder) =>
      h("input", { id: `context-${name}`, name, type: "number", inputmode: "numeric", min, max, step: 1, value, placeholder });
    const field = (name, label, control) => {
      this.#effects[name] = h("output", { class: "effect", for: control.id });
      return h("div", { class: "field" }, h("label", { for: control.id }, label), control, this.#effects[name]);
    };
    const explicit = h(
      "select",
      { id: "context-explicit", name: "explicit" },
      Object.entries(t.contextExplicitChoices).map(([value, label]) =>
        h("option", { value, selected: String(context.explicit ?? "") === value }, label),
      ),
    );
    const genre = h("input", {
      id: "context-genre",
      name: "genre",
      type: "text",
      list: "context-genres",
      autocomplete: "off",
      maxlength: 60,
      value: context.genre,
      placeholder: t.contextGenreUnknown,
    });
    const form = h(
      "form",
      {
        class: "context-form",
        onsubmit: (event) => event.preventDefault(),
        oninput: () => onChange(contextOf(form)),
      },
      field("year", t.contextYear, number("year", 1900, 2100, context.year)),
      field("genre", t.contextGenre, genre),
      h("datalist", { id: "context-genres" }, genres.map((name) => h("option", { value: name }))),
      field("explicit", t.contextExplicit, explicit),
      field("usual", t.contextUsual, number("usual", 0, 100, context.artist_usual_popularity, `${t.whole(0)}–${t.whole(100)}`)),
      field("others", t.contextOthers, number("others", 1, 10000, context.artist_other_songs)),
      h("button", { type: "button", class: "quiet clear", onclick: () => clear(form, onChange) }, t.contextClear),
    );
    this.element = card("context", t.contextTitle, t.contextHint, form);
  }

  /** @param {Record<string, number>} effects in points, by field of the context */
  showEffects(effects) {
    for (const [field, control] of Object.entries(CONTROLS)) {
      const points = effects[field];
      this.#effects[control].textContent = points === undefined ? "" : this.#t.effect({ count: points, points: this.#t.signed(points) });
    }
  }
}

/** The answers that are whole and in range; a half-typed year is not one. */
function contextOf(form) {
  const context = {};
  const number = (control, name) => {
    if (control.value !== "" && control.validity.valid) context[name] = control.valueAsNumber;
  };
  const { year, genre, explicit, usual, others } = form.elements;
  number(year, "year");
  if (genre.value.trim() !== "") context.genre = genre.value.trim();
  if (explicit.value !== "") context.explicit = explicit.value === "true";
  number(usual, "artist_usual_popularity");
  number(others, "artist_other_songs");
  return context;
}

function clear(form, onChange) {
  for (const control of form.elements) if (control.type !== "button") control.value = "";
  onChange({});
}
