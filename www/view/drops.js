/**
 * Any part of `element` takes dropped files, also a result that is being read.
 * @param {HTMLElement} element
 * @param {{hover: (over: boolean) => void, drop: (files: FileList) => void}} handlers
 */
export function takeDrops(element, { hover, drop }) {
  // The pointer enters and leaves each part by itself.
  let depth = 0;
  const moved = (change) => {
    depth = Math.max(0, depth + change);
    hover(depth > 0);
  };
  const carriesFile = (event) => event.dataTransfer?.types.includes("Files");
  element.addEventListener("dragenter", (event) => carriesFile(event) && moved(+1));
  element.addEventListener("dragleave", (event) => carriesFile(event) && moved(-1));
  element.addEventListener("dragover", (event) => {
    if (carriesFile(event)) event.preventDefault();
  });
  element.addEventListener("drop", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    depth = 0;
    hover(false);
    drop(event.dataTransfer.files);
  });
}
