// The songs that were analysed on this device, to open again or to delete.

import { forgetSong, keptSongs } from "../history.js";
import { forgetEverything } from "../remembered.js";
import { h } from "./dom.js";

/** As many are listed before one has to ask for the others. */
const FIRST_SONGS = 6;

export class HistoryView {
  element;
  #t;
  #actions;
  #songs = [];
  #all = false;
  #list = h("ul", { class: "history-list" });
  #more;
  #everything;
  #note = h("p", { class: "history-note", role: "status" });
  #dialog;

  /**
   * @param {object} actions
   * @param {(song: import("../history.js").KeptSong) => void} actions.open
   * @param {() => void} actions.forgotten everything that was kept is gone
   */
  constructor(actions, t) {
    this.#t = t;
    this.#actions = actions;
    const button = (action, words, onclick, kind = "quiet") =>
      h("button", { type: "button", class: kind, part: "button", "data-action": action, onclick }, words);
    this.#more = button("history-more", "", () => this.#showAll());
    this.#everything = button("forget-everything", t.historyForget, () => this.#dialog.showModal());
    this.#dialog = h(
      "dialog",
      { class: "history-dialog", "aria-labelledby": "forget-title" },
      h("h2", { class: "card-title", id: "forget-title" }, t.historyForgetTitle),
      h("p", {}, t.historyForgetWords),
      h(
        "div",
        { class: "actions" },
        button("forget-cancel", t.cancel, () => this.#dialog.close()),
        button("forget-confirm", t.historyForget, () => this.#forgetEverything(), "primary"),
      ),
    );
    this.element = h(
      "section",
      { class: "card history", part: "card history", "aria-labelledby": "history-title", hidden: true },
      h("h2", { class: "card-title", id: "history-title", tabindex: -1 }, t.historyTitle),
      h("p", { class: "card-hint" }, t.historyHint),
      this.#list,
      h("div", { class: "history-actions" }, this.#more, this.#everything),
      this.#note,
      this.#dialog,
    );
  }

  /** Shows what is kept by now. */
  async refresh() {
    try {
      this.#songs = await keptSongs();
    } catch {
      // Private windows and strict settings allow no storage: then there is nothing to list.
      this.#songs = [];
    }
    this.#draw();
  }

  /** Says why the last song is not among those kept. */
  failed(thrown) {
    this.#note.textContent = thrown?.name === "QuotaExceededError" ? this.#t.historyFull : this.#t.historyDenied;
    this.#draw();
  }

  #draw() {
    const t = this.#t;
    const shown = this.#all ? this.#songs : this.#songs.slice(0, FIRST_SONGS);
    this.#list.replaceChildren(...shown.map((song, at) => this.#row(song, at)));
    this.#more.hidden = shown.length === this.#songs.length;
    this.#more.textContent = t.historyMore({ count: this.#songs.length });
    this.#everything.hidden = this.#songs.length === 0;
    this.element.hidden = this.#songs.length === 0 && this.#note.textContent === "";
  }

  #row(song, at) {
    const t = this.#t;
    const { name, analysed, p10, p50, p90 } = song;
    const words = { low: t.whole(p10), estimate: t.whole(p50), high: t.whole(p90) };
    return h(
      "li",
      { class: "history-song" },
      h(
        "div",
        { class: "history-what" },
        h("button", { type: "button", class: "history-link", "data-action": `open-${at}`, onclick: () => this.#actions.open(song) }, name),
        h("time", { class: "history-date", datetime: new Date(analysed).toISOString() }, t.moment(analysed)),
      ),
      h("span", { class: "history-estimate" }, words.estimate),
      h(
        "span",
        { class: "history-range" },
        h("span", { class: "range", dir: "ltr", "aria-hidden": "true", vars: { low: p10, at: p50, high: p90 } }),
        h("span", { class: "range-words" }, t.interval(words)),
      ),
      h(
        "button",
        { type: "button", class: "history-delete", "data-action": `delete-${at}`, "aria-label": t.historyDelete({ name }), onclick: () => this.#delete(song) },
        "×",
      ),
    );
  }

  async #delete({ id }) {
    const at = this.#songs.findIndex((song) => song.id === id);
    await forgetSong(id).catch(() => {});
    await this.refresh();
    // The focus goes to what took its place, or else to what heads the list.
    const next = this.#list.querySelectorAll(".history-delete")[at] ?? this.element.querySelector("h2");
    next.focus({ preventScroll: true });
  }

  #showAll() {
    this.#all = true;
    this.#draw();
    this.#list.querySelectorAll(".history-link")[FIRST_SONGS]?.focus();
  }

  async #forgetEverything() {
    this.#dialog.close();
    await forgetEverything();
    this.#note.textContent = this.#t.historyForgotten;
    await this.refresh();
    this.#actions.forgotten();
  }
}
