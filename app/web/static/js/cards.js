import { el } from "./dom.js";
import { link, markdown } from "./markdown.js";

const WORDS = { info: "Information", warning: "Warning", critical: "Critical" };

/** One CDS Hooks card as an electronic health record draws it. */
export function cardView(card, number) {
  const titled = `card-${number}-title`;
  const word = WORDS[card.indicator] ?? card.indicator;
  const body = el(
    "div",
    { class: "card-body" },
    card.detail ? el("div", { class: "detail" }, markdown(card.detail)) : null,
    suggestions(card.suggestions ?? []),
    links(card.links ?? []),
  );
  const article = el(
    "article",
    { class: `card ${card.indicator in WORDS ? card.indicator : "info"}`, "aria-labelledby": titled },
    el(
      "header",
      {},
      el("p", { class: "indicator" }, word),
      el("h3", { id: titled, tabindex: "-1" }, card.summary),
      source(card.source),
    ),
    body,
  );
  article.append(footer(card, article, body, number));
  return article;
}

function source(given) {
  if (!given?.label) return null;
  const label = given.url ? link(given.url) : el("span");
  label.append(given.label);
  return el("p", { class: "source" }, "Source: ", label);
}

function suggestions(listed) {
  if (!listed.length) return null;
  return el(
    "div",
    { class: "suggestions" },
    el("p", {}, "Suggested by the card (not carried out in this demonstration):"),
    el("ul", {}, listed.map((suggestion) => el("li", {}, suggestion.label))),
  );
}

function links(listed) {
  if (!listed.length) return null;
  return el(
    "ul",
    { class: "links" },
    listed.map((entry) => {
      const anchor = link(entry.url);
      anchor.append(entry.label);
      return el("li", {}, anchor);
    }),
  );
}

/** Dismissing stays in this page: nothing is sent. */
function footer(card, article, body, number) {
  const said = el("p", { class: "dismissed", role: "status" });
  const reasons = card.overrideReasons ?? [];
  const choice = el(
    "select",
    { id: `card-${number}-reason` },
    reasons.map((reason) => el("option", {}, reason.display ?? reason.code)),
  );
  const toggle = el("button", { type: "button", class: "quiet" });
  const asking = el(
    "div",
    { class: "dismiss" },
    reasons.length ? el("label", { for: choice.id }, "Reason") : null,
    reasons.length ? choice : null,
    toggle,
  );
  const show = (dismissed) => {
    article.classList.toggle("is-dismissed", dismissed);
    body.hidden = dismissed;
    choice.disabled = dismissed;
    toggle.textContent = dismissed ? "Show the card again" : dismissWord(reasons);
    said.textContent = dismissed ? `Dismissed${reasons.length ? `: ${choice.value}` : ""}` : "";
  };
  toggle.addEventListener("click", () => show(!body.hidden));
  show(false);
  return el("footer", {}, asking, said, card.uuid ? el("p", { class: "uuid" }, `Card ${card.uuid}`) : null);
}

function dismissWord(reasons) {
  return reasons.length ? "Dismiss with reason" : "Dismiss";
}
