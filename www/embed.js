// The element as a page of its own, for sites that take an <iframe> and no script. The address says
// how it is set up, as the element's attributes would, and by `accent` and `radius` its custom properties:
//
//   embed.html?release-year=2026&genre=indie+pop&theme=dark&accent=%237a1fa2&origin=https://band.example
//
// It tells the page around it what happens, by messages to one origin alone: the one that the address
// names, else that of the page around it, once it has said `foretune-hello`. They are
// `foretune-height` (`height` in pixels), and the element's events: `foretune-phase` (`phase`),
// `foretune-result` (`name`, `result`) and `foretune-error` (`name`, `error` as `{code, message}`).
// From that origin it takes `foretune-predict` (`song`, a Blob, and `name`) and `foretune-context`
// (`context`). The page around it can use foretune-iframe.js.

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
let host = namedOrigin();
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

if (parent !== window) {
  const height = () => Math.ceil(document.body.getBoundingClientRect().height);
  const tell = (message) => host !== null && parent.postMessage(message, host);
  predictor.addEventListener("foretune-phase", ({ type, detail }) => tell({ type, ...detail }));
  predictor.addEventListener("foretune-result", ({ type, detail }) => tell({ type, ...detail }));
  predictor.addEventListener("foretune-error", ({ type, detail: { name, error } }) =>
    tell({ type, name, error: { code: error.code, message: error.message } }),
  );
  new ResizeObserver(() => tell({ type: "foretune-height", height: height() })).observe(document.body);

  addEventListener("message", ({ data, origin, source }) => {
    // A page without an origin of its own cannot be told apart from others.
    if (source !== parent || origin === "null" || data === null || typeof data !== "object") return;
    if (data.type === "foretune-hello") host ??= origin;
    if (origin !== host) return;
    if (data.type === "foretune-hello") tell({ type: "foretune-height", height: height() });
    if (data.type === "foretune-predict" && data.song instanceof Blob) {
      predictor.predict(data.song, typeof data.name === "string" ? { name: data.name } : {});
    }
    if (data.type === "foretune-context" && data.context !== null && typeof data.context === "object") {
      predictor.context = data.context;
    }
  });
}

/** The origin that the address names; null where it names none. */
function namedOrigin() {
  const address = asked.get("origin") ?? "";
  return URL.canParse(address) ? new URL(address).origin : null;
}
