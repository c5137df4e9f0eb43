// The page uses the element as any other site would, gives it the files that miss it, and is what can
// be installed, opened without a network, and shared to.

import "./foretune-element.js";
import { loadMessages, localeFor } from "./messages.js";
import { forgetOffline, keepOffline, takeShared } from "./offline.js";
import { forgetLanguage } from "./page-language.js";
import { h } from "./view/dom.js";

const predictor = document.querySelector("foretune-predictor");
const notice = document.getElementById("notice");

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

// Only when everything else has come: a first visit is not slowed by the next one.
predictor.addEventListener("foretune-prepared", () => keepOffline(offerNewVersion), { once: true });

predictor.addEventListener("foretune-forgotten", () => {
  forgetLanguage();
  forgetOffline();
});

// Songs opened with the installed page, or shared to it.
window.launchQueue?.setConsumer(async ({ files }) => {
  predictor.predictAll(await Promise.all(files.map((file) => file.getFile())));
});
const sharedAs = new URL(location).searchParams.get("shared");
if (sharedAs !== null) {
  history.replaceState(null, "", "./");
  const songs = await takeShared(sharedAs);
  if (songs.length > 0) predictor.predictAll(songs);
  else say((t) => t.sharedNothing);
}

function offerNewVersion(takeOver) {
  const reload = async () => {
    if (!(await takeOver())) say((t) => t.newVersionElsewhere);
  };
  const button = (t) => h("button", { type: "button", class: "notice-action", onclick: reload }, t.newVersionReload);
  say((t) => t.newVersion, button);
}

/** A quiet line below the page's head, which a screen reader says too. */
async function say(...parts) {
  const t = await loadMessages(localeFor(notice));
  notice.replaceChildren(h("p", {}, parts.flatMap((part) => [part(t), " "])));
}
