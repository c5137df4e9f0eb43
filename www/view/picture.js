// The forecast as a picture to share, drawn here on the device in the page's own type and colours.

import { pointsOf, shapesOf } from "./distribution.js";
import { inWords } from "./estimate.js";

// What social sites crop to, twice as fine.
const WIDTH = 1200;
const HEIGHT = 630;
const SCALE = 2;
const EDGE = 64;
/** Where the shape of the forecast stands, beside the number; mirrored for right-to-left languages. */
const PLOT = { left: 520, top: 236, width: 616, height: 190 };
const TICKS = [0, 20, 40, 60, 80, 100];
const COLOURS = ["paper", "ink", "ink-soft", "hairline", "control", "ember", "ember-wash", "reference"];

/**
 * @param {object} song
 * @param {string} song.name
 * @param {import("../foretune.js").Popularity} song.popularity
 * @param {boolean} song.informed by more than the sound
 * @param {import("../reference.js").Population} population
 * @param {Element} styled whose custom properties are the colours and typefaces
 * @returns {Promise<HTMLCanvasElement>}
 */
export async function drawPicture({ name, popularity, informed }, population, styled, t) {
  const look = lookOf(styled);
  // A canvas draws with what is there: a typeface that is still to come would be left out.
  await Promise.allSettled([document.fonts.load(`400 32px ${look.display}`, name), document.fonts.load(`400 32px ${look.text}`, name)]);
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH * SCALE, height: HEIGHT * SCALE });
  const context = canvas.getContext("2d");
  context.scale(SCALE, SCALE);
  const pen = new Pen(context, look, t.direction === "rtl");
  const words = inWords(popularity, t);

  pen.fill("paper", 0, 0, WIDTH, HEIGHT);
  drawStrings(pen);
  pen.write("Foretune", EDGE + 58, 84, { font: "500 30px", face: "display" });
  drawName(pen, name);

  pen.write(t.estimateTitle, EDGE, 226, { colour: "ink-soft", font: "400 22px" });
  const wide = pen.write(words.estimate, EDGE - 6, 414, { font: "380 220px", face: "display" });
  pen.write(t.outOfHundred, EDGE + wide + 8, 414, { colour: "ink-soft", font: "400 28px", face: "display" });
  pen.write(t.intervalLabel, EDGE, 470, { colour: "ink-soft", font: "400 22px" });
  pen.write(t.interval(words), EDGE, 508, { colour: "ember", font: "500 32px", face: "display" });

  drawShapes(pen, popularity, population, words, t);
  pen.line("hairline", 1, [[EDGE, 540], [WIDTH - EDGE, 540]]);
  pen.lines(informed ? t.pictureKnown : t.pictureSound, EDGE, 572, {
    colour: "ink-soft", font: "400 19px", most: WIDTH - 2 * EDGE, lines: 2, leading: 27,
  });
  return canvas;
}

/** In one line, smaller where that is what it takes. */
function drawName(pen, name) {
  const most = WIDTH - 2 * EDGE;
  const sizes = [50, 44, 38];
  const fitting = sizes.find((size) => pen.width(name, { font: `400 ${size}px`, face: "display" }) <= most) ?? sizes.at(-1);
  pen.lines(name, EDGE, 158, { font: `400 ${fitting}px`, face: "display", most, lines: 1 });
}

/** The wordmark's five strings, one of them plucked. */
function drawStrings(pen) {
  const left = pen.mirrored ? WIDTH - EDGE - 44 : EDGE;
  for (const at of [60, 67, 81, 88]) pen.line("control", 1, [[left, at], [left + 44, at]]);
  const wave = Array.from({ length: 45 }, (_, x) => [left + x, 74 - 14 * Math.sin((x / 44) * 2 * Math.PI) * Math.sin((x / 44) * Math.PI)]);
  pen.line("ember", 3, wave);
}

function drawShapes(pen, popularity, population, words, t) {
  const { p10, p50, p90 } = popularity;
  const { predicted, among } = shapesOf(popularity, population);
  const left = pen.mirrored ? WIDTH - PLOT.left - PLOT.width : PLOT.left;
  const base = PLOT.top + PLOT.height;
  const x = (at) => left + (at / 100) * PLOT.width;
  const points = (heights, from, to) => pointsOf(heights, from, to).map(([at, height]) => [x(at), base - height * PLOT.height]);
  const area = (colour, heights, from, to) => pen.area(colour, [...points(heights, from, to), [x(to), base], [x(from), base]]);
  area("reference", among, 0, 100);
  area("ember-wash", predicted, p10, p90);
  pen.line("ember", 3, points(predicted, 0, 100));
  pen.line("hairline", 6, [[x(0), base + 3], [x(100), base + 3]]);
  pen.line("ember", 6, [[x(p10), base + 3], [x(p90), base + 3]]);
  pen.line("ember", 3, [[x(p50), PLOT.top - 14], [x(p50), base]]);
  const label = { font: "600 22px", centred: true };
  pen.write(words.estimate, x(p50), PLOT.top - 24, { ...label, colour: "ember" });
  for (const at of TICKS) pen.write(t.whole(at), x(at), base + 36, { font: "400 18px", colour: "ink-soft", centred: true });
  let at = PLOT.left;
  const legend = (colour, text) => {
    pen.fill(colour, pen.mirrored ? WIDTH - at - 14 : at, base + 65, 14, 14);
    const most = PLOT.left + PLOT.width - at - 24;
    at += 24 + 28 + pen.lines(text, at + 24, base + 78, { font: "400 18px", colour: "ink-soft", most, lines: 1 });
  };
  legend("ember", t.scaleThis);
  legend("reference", t.population(population));
}

/** Draws in the colours and faces of a look, from the other side where the language begins there. */
class Pen {
  #context;
  #look;

  constructor(context, look, mirrored) {
    this.#context = context;
    this.#look = look;
    this.mirrored = mirrored;
    context.direction = mirrored ? "rtl" : "ltr";
    context.lineJoin = context.lineCap = "round";
  }

  fill(colour, x, y, width, height) {
    this.#context.fillStyle = this.#look[colour];
    this.#context.fillRect(x, y, width, height);
  }

  line(colour, width, points) {
    Object.assign(this.#context, { strokeStyle: this.#look[colour], lineWidth: width });
    this.#trace(points);
    this.#context.stroke();
  }

  area(colour, points) {
    this.#context.fillStyle = this.#look[colour];
    this.#trace(points);
    this.#context.fill();
  }

  width(words, { font, face = "text" }) {
    this.#context.font = `${font} ${this.#look[face]}`;
    return this.#context.measureText(words).width;
  }

  /** One line of words, from `x` as the language begins; gives its width. */
  write(words, x, y, { colour = "ink", centred = false, ...style }) {
    const width = this.width(words, style);
    Object.assign(this.#context, { fillStyle: this.#look[colour], textAlign: centred ? "center" : "start" });
    this.#context.fillText(words, this.mirrored && !centred ? WIDTH - x : x, y);
    return width;
  }

  /**
   * As many lines as are allowed, each at most `most` wide; what is left over is cut off visibly. Gives
   * the width of the widest.
   */
  lines(words, x, y, { most, lines, leading = 0, ...style }) {
    const fits = (text) => this.width(text, style) <= most;
    let rest = words;
    let widest = 0;
    for (let line = 0; line < lines && rest !== ""; line++) {
      let text = rest;
      const last = line === lines - 1;
      while (!fits(last && text !== rest ? `${text}…` : text)) {
        const space = text.lastIndexOf(" ");
        // A line may end within a word only where that is all there is.
        text = space > 0 && !last ? text.slice(0, space) : [...text].slice(0, -1).join("");
      }
      const cut = text !== rest;
      rest = rest.slice(text.length).trimStart();
      const shown = last && cut ? `${text.trimEnd()}…` : text;
      // Isolated: a name reads in its own direction, with its end where that ends.
      widest = Math.max(widest, this.write(`\u2068${shown}\u2069`, x, y + line * leading, style));
    }
    return widest;
  }

  #trace(points) {
    this.#context.beginPath();
    for (const [x, y] of points) this.#context.lineTo(x, y);
  }
}

/** The colours and typefaces of an element, as a canvas understands them. */
function lookOf(styled) {
  const probe = styled.appendChild(document.createElement("span"));
  const computed = getComputedStyle(probe);
  const look = {};
  for (const name of COLOURS) {
    probe.style.color = `var(--${name})`;
    look[name] = computed.color;
  }
  for (const face of ["display", "text"]) {
    probe.style.fontFamily = `var(--${face})`;
    look[face] = computed.fontFamily;
  }
  probe.remove();
  return look;
}
