import { cardView } from "./cards.js";
import { count, el, fault, jsonBlock } from "./dom.js";
import { ageOf, nameOf, patientOf, rowsOf } from "./record.js";
import { call, load, problemOf } from "./service.js";

const SERVICE = "cds-services/spinal-metastasis-patient-view";

/** The list of patients, and the chart of the one that is chosen. */
export async function startCharts(list, chart) {
  let index;
  try {
    index = await load("demo/patients");
  } catch (error) {
    list.replaceWith(fault("The patients could not be loaded.", error.message));
    return;
  }
  const today = new Date(index.as_of);
  list.replaceChildren(...index.patients.map((patient) => el("li", {}, entryOf(patient, today, list, chart))));
}

function entryOf(patient, today, list, chart) {
  const button = el(
    "button",
    { type: "button", class: "patient", "data-patient": patient.id },
    el("span", { class: "patient-title" }, patient.title),
    el("span", { class: "patient-story" }, patient.story),
  );
  button.addEventListener("click", async () => {
    for (const other of list.querySelectorAll(".patient")) other.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    await show(patient, today, chart, () => button.hasAttribute("aria-current"));
  });
  return button;
}

async function show(patient, today, chart, stillChosen) {
  let bundle;
  try {
    bundle = await load(`demo/patients/${encodeURIComponent(patient.id)}`);
  } catch (error) {
    chart.replaceChildren(fault("The record could not be loaded.", error.message));
    return;
  }
  if (!stillChosen()) return;
  const answer = el("div", { class: "answer" });
  const status = el("p", { class: "status", role: "status", "aria-live": "polite" });
  const open = el("button", { type: "button", class: "primary" }, "Open the chart");
  open.addEventListener("click", () => fire(patient, open, status, answer));
  const heading = el("h2", { tabindex: "-1" }, nameOf(patientOf(bundle)));
  chart.replaceChildren(
    banner(heading, patientOf(bundle), today),
    el("p", { class: "look-for" }, el("strong", {}, "What to look for. "), patient.look_for),
    el("div", { class: "open" }, open, status),
    record(bundle),
    answer,
  );
  heading.focus();
}

function banner(heading, patient, today) {
  const facts = [
    ["Born", `${patient.birthDate} (${ageOf(patient, today)} years)`],
    ["Sex", patient.gender],
    ["Record number", patient.identifier?.[0]?.value],
  ];
  return el(
    "div",
    { class: "banner" },
    heading,
    el(
      "dl",
      {},
      facts.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
    ),
  );
}

function record(bundle) {
  const rows = rowsOf(bundle);
  return el(
    "details",
    { class: "record" },
    el("summary", {}, `What the record holds (${rows.length} entries)`),
    el("ul", {}, rows.map(rowView)),
  );
}

function rowView(row) {
  return el(
    "li",
    {},
    el("span", { class: "row-date" }, row.date || "no date"),
    el(
      "span",
      { class: "row-text" },
      el("span", { class: "row-what" }, row.what),
      row.says ? el("span", { class: "row-says" }, row.says) : null,
      el("span", { class: "row-remarks" }, [row.kind, ...row.remarks].join(" · ")),
    ),
  );
}

/** Sends what an electronic health record sends when a chart is opened, and draws what comes back. */
async function fire(patient, open, status, answer) {
  open.disabled = true;
  status.textContent = "Asking the service…";
  answer.replaceChildren();
  try {
    const prepared = await load(`demo/patients/${encodeURIComponent(patient.id)}/hook-request`);
    const request = { ...prepared, hookInstance: crypto.randomUUID() };
    const reply = await call(SERVICE, { body: request });
    const cards = reply.ok ? (reply.content.cards ?? []) : [];
    status.textContent = reply.ok
      ? `${count(cards.length, "card")}, answered in ${reply.milliseconds} ms.`
      : "The service refused the request.";
    answer.replaceChildren(
      ...(reply.ok ? drawn(cards) : [fault("No advice: the service refused the request.", problemOf(reply))]),
      el(
        "details",
        { class: "wire" },
        el("summary", {}, "The request and the answer as JSON"),
        jsonBlock(`Request: POST /${SERVICE}`, request),
        jsonBlock(`Answer: ${reply.status}`, reply.content),
      ),
    );
  } catch (error) {
    status.textContent = "";
    answer.replaceChildren(fault("No advice: the service could not be asked.", error.message));
  } finally {
    open.disabled = false;
  }
}

function drawn(cards) {
  if (cards.length) {
    return [el("section", { class: "cards", "aria-label": "Cards" }, cards.map(cardView))];
  }
  return [
    el(
      "div",
      { class: "empty" },
      el("h3", {}, "No cards"),
      el("p", {}, "The service looked at the record and has nothing to say about it."),
    ),
  ];
}
