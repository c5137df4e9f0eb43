// Plays the listener's own file, from the device it lies on.

import { h } from "./dom.js";

/** How near to the end of a passage counts as its end: `timeupdate` comes four times a second. */
const TICK_SECONDS = 0.25;

export class Player {
  /** The element to show, or null where there is nothing to play. */
  element = null;
  #audio = null;
  #url = null;
  #button;
  #clock;
  #durationSeconds;
  #passageEnd = Infinity;
  #onTime;
  #t;
  #frame = 0;

  /**
   * @param {Blob | string | URL | null} source a file, or the address of one
   * @param {(seconds: number) => void} onTime follows what is playing, frame by frame
   */
  constructor(source, durationSeconds, onTime, t) {
    this.#durationSeconds = durationSeconds;
    this.#onTime = onTime;
    this.#t = t;
    if (!source) return;
    if (source instanceof Blob) this.#url = URL.createObjectURL(source);
    this.#audio = h("audio", { preload: "metadata", src: this.#url ?? source });
    for (const name of ["play", "pause", "ended"]) this.#audio.addEventListener(name, () => this.#show());
    this.#audio.addEventListener("timeupdate", () => this.#follow());
    // What the analysis could decode, the player might still refuse: then there is just no player.
    this.#audio.addEventListener("error", () => this.element.remove());
    this.#button = h("button", { type: "button", class: "quiet play", part: "button", "data-action": "play", onclick: () => this.toggle() });
    this.#clock = h("span", { class: "clock" });
    this.element = h("div", { class: "player" }, this.#button, this.#clock);
    this.#show();
  }

  toggle() {
    if (!this.#audio.paused) return this.#audio.pause();
    this.#passageEnd = Infinity;
    this.#audio.play().catch(() => {});
  }

  /** Plays from one second to another and stops there. */
  playPassage(startSeconds, endSeconds) {
    if (!this.#audio) return;
    this.#audio.currentTime = startSeconds;
    this.#passageEnd = endSeconds;
    this.#audio.play().catch(() => {});
  }

  seek(seconds) {
    this.#passageEnd = Infinity;
    if (this.#audio) this.#audio.currentTime = seconds;
    this.#onTime(seconds);
    this.#show(seconds);
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#audio?.pause();
    this.#audio?.removeAttribute("src");
    if (this.#url) URL.revokeObjectURL(this.#url);
  }

  #follow() {
    const { currentTime, paused } = this.#audio;
    if (currentTime >= this.#passageEnd - TICK_SECONDS / 2) {
      this.#passageEnd = Infinity;
      this.#audio.pause();
    }
    this.#onTime(currentTime);
    this.#show(currentTime);
    cancelAnimationFrame(this.#frame);
    if (!paused) this.#frame = requestAnimationFrame(() => this.#follow());
  }

  #show(seconds = this.#audio?.currentTime ?? 0) {
    if (!this.element) return;
    const words = this.#audio.paused ? this.#t.play : this.#t.pause;
    if (this.#button.textContent !== words) this.#button.textContent = words;
    const clock = this.#t.clock({ at: this.#t.time(seconds), of: this.#t.time(this.#durationSeconds) });
    if (this.#clock.textContent !== clock) this.#clock.textContent = clock;
  }
}
