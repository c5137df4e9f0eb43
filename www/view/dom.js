// Building elements without HTML strings, so that nothing a file or a song is called can inject markup.

/** `h("p", { class: "note", onclick }, "text", child, null)`; what is null or false is left out. */
export function h(tag, properties, ...children) {
  return build(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function svg(tag, properties, ...children) {
  return build(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

function build(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "vars") setVars(element, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Custom properties by way of the CSSOM, which a strict policy allows where `style="…"` is not. */
export function setVars(element, vars) {
  for (const [name, value] of Object.entries(vars)) element.style.setProperty(`--${name}`, value);
}

/** A card of the result: a titled section. `id` must be unique within the shadow root. */
export function card(id, title, hint, ...children) {
  return h(
    "section",
    { class: `card ${id}`, part: `card ${id}`, "aria-labelledby": `${id}-title` },
    h("h3", { class: "card-title", id: `${id}-title` }, title),
    hint && h("p", { class: "card-hint" }, hint),
    ...children,
  );
}
