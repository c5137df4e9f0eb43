// The panel a song is dropped on. It is the same panel, with the same strings, while it waits, while
// it listens and when it has to say that something is wrong.

import { h } from "./dom.js";
import { Strings } from "./strings.js";

const ACCEPTED = "audio/*,.mp3,.m4a,.aac,.flac,.ogg,.oga,.opus,.wav,.mp4,.webm";

export class Stage {
  element;
  input;
  #strings = new Strings();
  #panel;
  #t;
  #actions;
  #progressBar;
  #progressWords;
  #firstWords;

  /**
   * @param {object} actions
   * @param {(files: File[]) => void} actions.choose
   * @param {{name: string, words: string, choose: () => void}[]} actions.offered songs beside the reader's own
   * @param {() => void} actions.cancel
   * @param {() => void} actions.retry
   */
  constructor(t, actions) {
    this.#t = t;
    this.#actions = actions;
    this.input = h("input", {
      type: "file",
      class: "file-input",
      accept: ACCEPTED,
      multiple: true,
      tabindex: -1,
      "aria-hidden": "true",
      onchange: () => {
        const files = [...this.input.files];
        // The same file must be choosable again.
        this.input.value = "";
        actions.choose(files);
      },
    });
    this.#panel = h("div", { class: "panel" });
    this.element = h(
      "div",
      { class: "stage", part: "stage" },
      this.#strings.element,
      this.#panel,
      this.input,
    );
  }

  idle() {
    this.#quiet();
    const t = this.#t;
    this.#panel.replaceChildren(
      h("p", { class: "panel-title" }, h("slot", { name: "heading" }, matchMedia("(pointer: coarse)").matches ? t.touchTitle : t.dropTitle)),
      h("div", { class: "actions" }, ...this.#choices()),
      h("p", { class: "panel-hint" }, h("slot", { name: "hint" }, t.dropHint)),
    );
  }

  /** `which`: its place among several. */
  busy(name, which) {
    this.#strings.progress = 0;
    this.#strings.sounding = true;
    this.#progressBar = h("progress", { class: "progress", max: 1, "aria-labelledby": "stage-words" });
    this.#progressWords = h("p", { class: "panel-stage", id: "stage-words" });
    this.#firstWords = h("p", { class: "panel-first", "aria-live": "polite" });
    this.#panel.replaceChildren(
      ...(which ? [h("p", { class: "panel-which" }, which)] : []),
      h("p", { class: "panel-song" }, h("bdi", {}, name)),
      this.#progressWords,
      this.#progressBar,
      this.#firstWords,
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", class: "quiet", part: "button", onclick: this.#actions.cancel }, this.#t.cancel),
      ),
    );
  }

  /** What the first windows say, before all are heard. */
  firstEstimate(words) {
    this.#firstWords.textContent = words;
  }

  /** `fraction` null: for as long as it takes. */
  progress(words, fraction) {
    if (this.#progressWords.textContent !== words) this.#progressWords.textContent = words;
    if (fraction === null) this.#progressBar.removeAttribute("value");
    else this.#progressBar.value = fraction;
    this.#strings.progress = fraction;
  }

  /** Says what is wrong; the next song can be chosen right there. Gives its title the focus if asked to. */
  error(error, canRetry, { focus }) {
    this.#quiet();
    const t = this.#t;
    const { title: what, words } = t.error(error);
    const title = h("p", { class: "panel-title", tabindex: -1 }, what);
    const retry = canRetry && this.#button("primary", t.tryAgain, this.#actions.retry);
    this.#panel.replaceChildren(
      title,
      h("p", { class: "panel-message", part: "error" }, words),
      h("div", { class: "actions" }, ...[retry, ...this.#choices(retry ? "quiet" : "primary")].filter(Boolean)),
      h("p", { class: "panel-code" }, error.code),
    );
    if (focus) title.focus({ preventScroll: true });
  }

  /** A file hovers over the panel, or no longer does. */
  hover(hovering) {
    this.element.classList.toggle("hovered", hovering);
    this.#strings.sounding = hovering;
  }

  openFileDialog() {
    this.input.click();
  }

  focus() {
    this.#panel.querySelector("button")?.focus({ preventScroll: true });
  }

  stop() {
    this.#strings.stop();
  }

  #quiet() {
    this.#strings.progress = null;
    this.#strings.sounding = false;
  }

  #choices(kind = "primary") {
    return [
      this.#button(kind, this.#t.chooseFile, () => this.openFileDialog(), "choose"),
      ...this.#actions.offered.map(({ name, words, choose }) => this.#button("quiet", words, choose, name)),
    ];
  }

  #button(kind, words, onclick, name) {
    return h("button", { type: "button", class: kind, part: `button ${name ?? ""}`, "data-action": name, onclick }, words);
  }
}
