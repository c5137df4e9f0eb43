// Sets up the element for someone else's page: what the form says becomes the lines to copy and, at
// once, the preview.

import "./foretune-element.js";
import "./foretune-iframe.js";
import { genresOf } from "./genres.js";
import { locate } from "./locations.js";
import { h } from "./view/dom.js";

const HINTS = {
  element: "Fits into any page, also where a site builder takes a block of HTML.",
  frame: "For sites that take a frame but no element. It grows with what it shows.",
  npm: "For sites that are built. The bundler brings the files along.",
};
// Of the element's attributes, those whose control says the value itself.
const PLAIN = ["src", "release-year", "genre", "explicit", "artist-usual-popularity", "artist-other-songs", "theme", "lang"];
// Its height follows what it shows (foretune-iframe.js).
const FRAME = `title="Song forecast" style="width: 100%; border: 0"`;

const form = document.getElementById("options");
const { address, accent } = form.elements;
const preview = document.getElementById("preview");
const HERE = new URL("./", location).href;

/** `[attributes, properties]` as the form says them; what is invalid is left out, as an element would. */
function setUp() {
  const attributes = {};
  for (const name of PLAIN) {
    const control = form.elements[name];
    const value = control.value.trim();
    if (value !== "" && control.validity.valid) attributes[name] = value;
  }
  if (form.elements.compact.checked) attributes.compact = "";
  if (form.elements.lazy.checked) attributes.loading = "lazy";
  if (form.elements.remember.checked) attributes.remember = "";
  const properties = {};
  if (form.elements["own-accent"].checked) properties.accent = accent.value;
  const { radius } = form.elements;
  if (radius.value !== "" && radius.validity.valid) properties.radius = `${radius.value}px`;
  return [attributes, properties];
}

/** Where the files will lie; what is no address yet is this site's. */
const folder = () => (address.value && address.validity.valid ? new URL(address.value.replace(/\/?$/, "/")).href : HERE);

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

function elementLine([attributes, properties]) {
  const said = Object.entries(attributes).map(([name, value]) => (value === "" ? name : `${name}="${escaped(value)}"`));
  const style = Object.entries(properties).map(([name, value]) => `--foretune-${name}: ${value}`);
  if (style.length > 0) said.push(`style="${style.join("; ")}"`);
  const line = `<foretune-predictor ${said.join(" ")}></foretune-predictor>`.replace(" >", ">");
  return line.length <= 80 ? line : `<foretune-predictor\n${said.map((part) => `  ${part}`).join("\n")}></foretune-predictor>`;
}

function frameAddress([attributes, properties], base) {
  const url = new URL("embed.html", base);
  for (const [name, value] of Object.entries({ ...attributes, ...properties })) url.searchParams.set(name, value);
  return url.href;
}

function linesFor(way, setting) {
  const base = folder();
  if (way === "element") return `<script type="module" src="${escaped(base)}foretune-element.js"></script>\n${elementLine(setting)}`;
  if (way === "npm") return `npm install foretune\n\nimport "foretune/element";\n\n${elementLine(setting)}`;
  return `<iframe src="${escaped(frameAddress(setting, base))}"\n  ${FRAME}></iframe>\n<script type="module" src="${escaped(base)}foretune-iframe.js"></script>`;
}

/** What the page around has to allow, and no more. */
function policyFor(way) {
  const { origin } = new URL(folder());
  if (way === "frame") return `frame-src ${origin};\nscript-src ${origin};`;
  if (way === "npm") return `script-src 'self' 'wasm-unsafe-eval';\nworker-src 'self';\nconnect-src 'self';\nmedia-src 'self' blob:;`;
  return `script-src ${origin} 'wasm-unsafe-eval';\nworker-src ${origin} blob:;\nconnect-src 'self' ${origin};\nmedia-src 'self' blob:;`;
}

function show() {
  const way = form.elements.way.value;
  const setting = setUp();
  document.getElementById("way-hint").textContent = HINTS[way];
  document.getElementById("address-field").hidden = way === "npm";
  document.getElementById("lines").textContent = linesFor(way, setting);
  document.getElementById("policy").textContent = policyFor(way);
  document.getElementById("copied").textContent = "";
  showPreview(way, setting);
}

// What is shown already, so that a preview is not begun again when nothing of it has changed.
let shown = "";

function showPreview(way, setting) {
  const [attributes, properties] = setting;
  const wanted = JSON.stringify([way === "frame", attributes, properties]);
  if (wanted === shown) return;
  shown = wanted;
  if (way === "frame") {
    preview.replaceChildren(h("iframe", { src: frameAddress(setting, HERE), title: "Song forecast" }));
    return;
  }
  // The preview keeps nothing on the device of whoever sets it up.
  const { remember, ...others } = attributes;
  const element = document.createElement("foretune-predictor");
  for (const [name, value] of Object.entries(others)) element.setAttribute(name, value);
  for (const [name, value] of Object.entries(properties)) element.style.setProperty(`--foretune-${name}`, value);
  preview.replaceChildren(element);
}

/** Genres that the model knows; any other may be typed. */
async function offerGenres() {
  const manifest = await (await fetch(locate("models/manifest.json"))).json();
  document.getElementById("genres").append(...genresOf(manifest).map((value) => h("option", { value })));
}

async function copy() {
  const copied = document.getElementById("copied");
  try {
    await navigator.clipboard.writeText(document.getElementById("lines").textContent);
    copied.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(document.getElementById("lines"));
    copied.textContent = "The browser does not let this page copy. The lines are marked: copy them by the keyboard or the menu.";
  }
}

function begin() {
  address.value = HERE;
  accent.value = matchMedia("(prefers-color-scheme: dark)").matches ? "#ff9060" : "#bd3d0e";
  show();
}

form.addEventListener("submit", (event) => event.preventDefault());
// While a number or an address is typed, each key would begin the preview again.
form.addEventListener("change", show);
accent.addEventListener("input", () => (form.elements["own-accent"].checked = true));
form.addEventListener("reset", () => setTimeout(begin));
document.getElementById("copy").addEventListener("click", copy);
begin();
// Without the list any genre can still be typed.
offerGenres().catch(() => {});
