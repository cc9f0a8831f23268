/** An element with attributes, listeners (`onclick`) and children. A string child is text, never markup. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** `a, b or c`. */
export function either(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** `1 card`, `3 cards`. */
export function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** JSON in a block of its own that scrolls within itself and can be reached by keyboard. */
export function jsonBlock(title, content) {
  return el(
    "figure",
    { class: "json" },
    el("figcaption", {}, title),
    el("pre", { tabindex: "0", role: "region", "aria-label": title }, JSON.stringify(content, null, 2)),
  );
}

/** Something that went wrong, as an alert. */
export function fault(title, text) {
  return el("div", { class: "fault", role: "alert" }, el("strong", {}, title), text ? el("p", {}, text) : null);
}
