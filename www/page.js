// The page uses the element as any other site would, and gives it the files that miss it.

import "./page-language.js";
import "./foretune-element.js";

const predictor = document.querySelector("foretune-predictor");

predictor.addEventListener("foretune-phase", ({ detail: { phase } }) => {
  document.documentElement.dataset.phase = phase;
  if (phase === "ready" || phase === "loading") scrollTo({ top: 0, behavior: "instant" });
});

// A file dropped beside the element would otherwise replace the page.
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  if (event.defaultPrevented) return;
  event.preventDefault();
  predictor.predictAll(event.dataTransfer.files);
});

addEventListener("paste", (event) => {
  predictor.predictAll(event.clipboardData.files);
});
