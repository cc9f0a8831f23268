import MarkdownIt from "../vendor/markdown-it.esm.min.mjs";

const parser = new MarkdownIt({ html: false, linkify: false, typographer: false, breaks: false });
// The headings of a card stand below the card's own.
const HEADINGS = { h1: "h4", h2: "h4", h3: "h5", h4: "h5", h5: "h6", h6: "h6" };
const TAGS = new Set([
  ...["p", "ul", "ol", "li", "blockquote", "hr", "strong", "em", "s", "br"],
  ...["table", "thead", "tbody", "tr", "th", "td"],
]);

// Said outright, since tables are laid out in another way where the screen is narrow.
const ROLES = { table: "table", thead: "rowgroup", tbody: "rowgroup", tr: "row", th: "columnheader", td: "cell" };

/** Markdown as nodes, built one by one: no text ever passes through an HTML parser. */
export function markdown(text) {
  const fragment = document.createDocumentFragment();
  build(parser.parse(text, {}), fragment);
  for (const table of fragment.querySelectorAll("table")) label(table);
  return fragment;
}

/** Each cell knows the head of its column, to show it where the columns give way to lines. */
function label(table) {
  const heads = [...table.querySelectorAll("th")].map((head) => head.textContent);
  for (const row of table.querySelectorAll("tbody tr")) {
    [...row.cells].forEach((cell, column) => cell.setAttribute("data-head", heads[column] ?? ""));
  }
}

function build(tokens, root) {
  const open = [root];
  for (const token of tokens) {
    const parent = open.at(-1);
    if (token.hidden) continue;
    if (token.nesting === 1) {
      const element = opening(token);
      if (token.type === "table_open") {
        const frame = document.createElement("div");
        frame.className = "table";
        frame.append(element);
        parent.append(frame);
      } else {
        parent.append(element);
      }
      open.push(element);
    } else if (token.nesting === -1) {
      open.pop();
    } else if (token.type === "inline") {
      build(token.children, parent);
    } else {
      parent.append(leaf(token));
    }
  }
}

function opening(token) {
  if (token.type === "link_open") return link(token.attrGet("href"));
  const element = document.createElement(TAGS.has(token.tag) ? token.tag : (HEADINGS[token.tag] ?? "span"));
  const aligned = /text-align:\s*(left|center|right)/.exec(token.attrGet("style") ?? "");
  if (aligned) element.classList.add(`to-${aligned[1]}`);
  if (token.tag === "ol" && token.attrGet("start")) element.setAttribute("start", token.attrGet("start"));
  if (token.tag in ROLES) element.setAttribute("role", ROLES[token.tag]);
  return element;
}

/** A link to the web opens apart from the chart; anything else stays text. */
export function link(href) {
  if (!/^https?:\/\//i.test(href ?? "")) return document.createElement("span");
  const element = document.createElement("a");
  element.href = href;
  element.target = "_blank";
  element.rel = "noopener noreferrer";
  return element;
}

function leaf(token) {
  switch (token.type) {
    case "softbreak":
      return document.createTextNode(" ");
    case "hardbreak":
      return document.createElement("br");
    case "hr":
      return document.createElement("hr");
    case "code_inline":
      return withText("code", token.content);
    case "code_block":
    case "fence":
      return withText("pre", token.content);
    default:
      // Images among them: their words, no request to anywhere.
      return document.createTextNode(token.content);
  }
}

function withText(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
