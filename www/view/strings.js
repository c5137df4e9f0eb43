// Five strings, the element's one ornament: still while it waits, plucked when a file hovers,
// sounding while a song is analysed, coloured as far as the analysis has come.

import { h, setVars, svg } from "./dom.js";

const COUNT = 5;
const POINTS = 96;
const WIDTH = 960;
const HEIGHT = 200;
// Each string sounds in its own mode and at its own pace, so that they never move as one.
const MODES = [2, 3, 5, 4, 7];
const RADIANS_PER_SECOND = [9.1, 11.3, 14.9, 12.7, 17.5];
const AMPLITUDES = [15, 12, 9, 10, 7];
// Share of the way to its goal that the swing covers in a second: fast to sound, slow to die away.
const ATTACK = 5;
const DECAY = 1.6;

export class Strings {
  element;
  #paths;
  #swing = 0;
  #goal = 0;
  #front = 0;
  #progress = null;
  #frame = 0;
  #last = 0;

  constructor() {
    const layer = (name) => {
      const paths = Array.from({ length: COUNT }, () => svg("path", { class: "string" }));
      const drawing = svg(
        "svg",
        { class: `strings-${name}`, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" },
        ...paths,
      );
      return { drawing, paths };
    };
    const [still, sounding] = [layer("still"), layer("sounding")];
    this.element = h("div", { class: "strings", "aria-hidden": "true" }, still.drawing, sounding.drawing);
    this.#paths = [still.paths, sounding.paths];
    this.#draw(0);
  }

  /** Sets the strings sounding, or lets them die away. */
  set sounding(wanted) {
    this.#goal = wanted ? 1 : 0;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    if (!this.#frame && (wanted || this.#swing > 0)) {
      this.#last = performance.now();
      this.#frame = requestAnimationFrame((now) => this.#tick(now));
    }
  }

  /** Colours the strings up to `fraction`; null for none. */
  set progress(fraction) {
    this.#progress = fraction;
    setVars(this.element, { done: fraction ?? 0 });
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #tick(now) {
    const elapsed = Math.min(0.1, (now - this.#last) / 1000);
    this.#last = now;
    const rate = this.#goal > this.#swing ? ATTACK : DECAY;
    this.#swing += (this.#goal - this.#swing) * Math.min(1, rate * elapsed);
    this.#front += ((this.#progress ?? 0.5) - this.#front) * Math.min(1, 3 * elapsed);
    const still = this.#goal === 0 && this.#swing < 0.01;
    if (still) this.#swing = 0;
    this.#draw(now / 1000);
    this.#frame = still ? 0 : requestAnimationFrame((next) => this.#tick(next));
  }

  #draw(seconds) {
    for (let string = 0; string < COUNT; string++) {
      const rest = ((string + 1) * HEIGHT) / (COUNT + 1);
      const swing = this.#swing * AMPLITUDES[string] * Math.cos(RADIANS_PER_SECOND[string] * seconds);
      let path = "";
      for (let point = 0; point <= POINTS; point++) {
        const x = point / POINTS;
        // Loudest where the analysis is, and fixed at both ends.
        const near = 0.35 + 0.65 * Math.exp(-(((x - this.#front) / 0.16) ** 2));
        const y = rest + swing * near * Math.sin(Math.PI * MODES[string] * x);
        path += `${point === 0 ? "M" : "L"}${(x * WIDTH).toFixed(1)} ${y.toFixed(2)}`;
        if (this.#swing === 0 && point === 0) {
          path += `L${WIDTH} ${rest.toFixed(2)}`;
          break;
        }
      }
      for (const paths of this.#paths) paths[string].setAttribute("d", path);
    }
  }
}
