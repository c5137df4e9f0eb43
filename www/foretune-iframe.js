// For the page around an <iframe> of embed.html: makes the frame as high as what it shows, and gives
// it the element's events, `foretune-phase`, `foretune-result` and `foretune-error`, which bubble.
//
//   <iframe src="https://your-cdn.example/foretune/embed.html" title="Song forecast"></iframe>
//   <script type="module" src="https://your-cdn.example/foretune/foretune-iframe.js"></script>

const EVENTS = ["foretune-phase", "foretune-result", "foretune-error"];
// Nothing that it shows is higher; a frame that was tampered with cannot bury the page.
const MOST_PIXELS = 20_000;

addEventListener("message", ({ data, origin, source }) => {
  const frame = [...document.querySelectorAll("iframe")].find(({ contentWindow }) => contentWindow === source);
  // The frame may have gone to another address than it was given.
  if (!frame || data === null || typeof data !== "object" || new URL(frame.src).origin !== origin) return;
  const { type, ...detail } = data;
  if (type === "foretune-height" && detail.height > 0) {
    frame.style.height = `${Math.min(detail.height, MOST_PIXELS)}px`;
  }
  if (EVENTS.includes(type)) frame.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
});

// The frame tells nobody before it is asked, unless its address names this origin.
function greet({ src, contentWindow, contentDocument }) {
  // Still empty: it will tell when it has loaded.
  if (contentDocument?.URL === "about:blank") return;
  if (/\/embed\.html($|[?#])/.test(src)) contentWindow.postMessage({ type: "foretune-hello" }, new URL(src).origin);
}

// Of a frame inside the page, the event can only be met on its way down.
document.addEventListener("load", ({ target }) => target instanceof HTMLIFrameElement && greet(target), true);
document.querySelectorAll("iframe").forEach(greet);
