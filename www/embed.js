// The element as a page of its own, for sites that take an <iframe> and no script. The address says
// how it is set up, as the element's attributes would, and by `accent` and `radius` its custom properties:
//
//   embed.html?release-year=2026&genre=indie+pop&theme=dark&accent=%237a1fa2&origin=https://band.example
//
// It tells the page around it what happens, by messages to one origin alone: the one that the address
// names, else the one that the browser names as its referrer. They are `foretune-height` (`height` in
// pixels), and the element's events: `foretune-phase` (`phase`), `foretune-result` (`name`, `result`)
// and `foretune-error` (`name`, `error` as `{code, message}`). From that origin it takes
// `foretune-predict` (`song`, a Blob, and `name`), `foretune-context` (`context`) and `foretune-hello`,
// which asks for the height.

import "./foretune-element.js";

// Not `base-url`: an address must not decide whose scripts run here.
const ATTRIBUTES = [
  "src",
  "release-year",
  "genre",
  "explicit",
  "artist-usual-popularity",
  "artist-other-songs",
  "compact",
  "loading",
  "theme",
  "remember",
];

const asked = new URLSearchParams(location.search);
const host = hostOrigin();
const predictor = document.createElement("foretune-predictor");
for (const name of ATTRIBUTES) {
  if (asked.has(name)) predictor.setAttribute(name, asked.get(name));
}
// A style of the page around does not reach into its frames.
for (const name of ["accent", "radius"]) {
  if (asked.has(name)) predictor.style.setProperty(`--foretune-${name}`, asked.get(name));
}
if (asked.has("lang")) document.documentElement.lang = asked.get("lang");
if (["light", "dark"].includes(asked.get("theme"))) {
  document.documentElement.style.colorScheme = asked.get("theme");
}
document.body.append(predictor);

if (host !== null) {
  const tell = (message) => parent.postMessage(message, host);
  predictor.addEventListener("foretune-phase", ({ type, detail }) => tell({ type, ...detail }));
  predictor.addEventListener("foretune-result", ({ type, detail }) => tell({ type, ...detail }));
  predictor.addEventListener("foretune-error", ({ type, detail: { name, error } }) =>
    tell({ type, name, error: { code: error.code, message: error.message } }),
  );
  const tellHeight = () =>
    tell({ type: "foretune-height", height: Math.ceil(document.body.getBoundingClientRect().height) });
  new ResizeObserver(tellHeight).observe(document.body);

  addEventListener("message", ({ data, origin, source }) => {
    if (source !== parent || origin !== host || data === null || typeof data !== "object") return;
    if (data.type === "foretune-hello") tellHeight();
    if (data.type === "foretune-predict" && data.song instanceof Blob) {
      predictor.predict(data.song, typeof data.name === "string" ? { name: data.name } : {});
    }
    if (data.type === "foretune-context" && data.context !== null && typeof data.context === "object") {
      predictor.context = data.context;
    }
  });
}

/** The origin of the page around this one; null where there is none, or none is known. */
function hostOrigin() {
  if (parent === window) return null;
  const address = asked.get("origin") || document.referrer;
  const origin = URL.canParse(address) ? new URL(address).origin : "null";
  return origin === "null" ? null : origin;
}
