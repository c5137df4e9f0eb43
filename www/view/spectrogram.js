// The mel spectrogram as the network saw it, on a canvas, and in words.

import { h } from "./dom.js";

// The loudest place is sought over this long, so that no single drum hit is called the chorus.
const LOUDEST_SECONDS = 8;
const COLOURS = 4;

export function spectrogramCanvas(spectrogram, t) {
  const canvas = h("canvas", { class: "spectrogram", part: "spectrogram", role: "img" });
  const swatches = Array.from({ length: COLOURS }, () => h("span", { class: "swatch" }));

  // The colours are the legend's own, which follow the theme.
  const paint = () => paintSpectrogram(canvas, spectrogram, swatches.map(colourOf));
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const resized = new ResizeObserver(paint);
  resized.observe(canvas);
  scheme.addEventListener("change", paint);

  const legend = h(
    "p",
    { class: "legend-scale" },
    h("span", {}, t.spectrogramQuiet),
    h("span", { class: "swatches", "aria-hidden": "true" }, swatches),
    h("span", {}, t.spectrogramLoud),
    h("span", { class: "legend-pitch" }, t.spectrogramPitch),
  );
  const stop = () => {
    resized.disconnect();
    scheme.removeEventListener("change", paint);
  };
  return { canvas, legend, stop };
}

function colourOf(swatch) {
  const channels = getComputedStyle(swatch).backgroundColor.match(/[\d.]+/g) ?? [0, 0, 0];
  return channels.slice(0, 3).map(Number);
}

function paintSpectrogram(canvas, { bands, frames, data }, colours) {
  const scale = devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * scale);
  const height = Math.round(canvas.clientHeight * scale);
  if (width === 0 || height === 0) return;
  canvas.width = width;
  canvas.height = height;
  const palette = paletteOf(colours);
  const columns = Math.min(frames, width);
  const image = new ImageData(columns, bands);
  for (let column = 0; column < columns; column++) {
    // A song has more frames than a screen has columns: each column is the mean of its frames.
    const first = Math.floor((column * frames) / columns);
    const last = Math.max(first + 1, Math.floor(((column + 1) * frames) / columns));
    for (let band = 0; band < bands; band++) {
      let sum = 0;
      for (let frame = first; frame < last; frame++) sum += data[frame * bands + band];
      const level = Math.round(sum / (last - first)) * 3;
      const pixel = ((bands - 1 - band) * columns + column) * 4;
      image.data[pixel] = palette[level];
      image.data[pixel + 1] = palette[level + 1];
      image.data[pixel + 2] = palette[level + 2];
      image.data[pixel + 3] = 255;
    }
  }
  const small = new OffscreenCanvas(columns, bands);
  small.getContext("2d").putImageData(image, 0, 0);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, width, height);
}

/** 256 colours, by way of the given ones at equal distances. */
function paletteOf(colours) {
  const palette = new Uint8ClampedArray(256 * 3);
  for (let level = 0; level < 256; level++) {
    const at = (level / 255) * (colours.length - 1);
    const below = Math.min(colours.length - 2, Math.floor(at));
    for (let channel = 0; channel < 3; channel++) {
      const [from, to] = [colours[below][channel], colours[below + 1][channel]];
      palette[level * 3 + channel] = from + (to - from) * (at - below);
    }
  }
  return palette;
}

/** What the picture shows, in a sentence. */
export function describeSpectrogram({ bands, frames, frame_seconds, data }, durationSeconds, t) {
  const perFrame = new Float64Array(frames);
  const perThird = [0, 0, 0];
  for (let frame = 0; frame < frames; frame++) {
    for (let band = 0; band < bands; band++) {
      const level = data[frame * bands + band];
      perFrame[frame] += level;
      perThird[Math.floor((band * 3) / bands)] += level;
    }
  }
  const span = Math.min(frames, Math.max(1, Math.round(LOUDEST_SECONDS / frame_seconds)));
  let sum = perFrame.subarray(0, span).reduce((total, level) => total + level, 0);
  let [most, mostAt] = [sum, 0];
  for (let start = 1; start + span <= frames; start++) {
    sum += perFrame[start + span - 1] - perFrame[start - 1];
    if (sum > most) [most, mostAt] = [sum, start];
  }
  return t.spectrogramAlternative({
    duration: t.time(durationSeconds),
    loudest: t.time((mostAt + span / 2) * frame_seconds),
    balance: t.spectrogramBands[perThird.indexOf(Math.max(...perThird))],
  });
}
