import { count, either, el, fault, jsonBlock } from "./dom.js";
import { bandWords, scaleView, totalsText } from "./scale.js";
import { call, load, now, problemOf } from "./service.js";

const SNOMED = "http://snomed.info/sct";
const PATIENT = "form-patient";
// More answers than this stand in a list to choose from.
const MOST_RADIOS = 8;
const FORMS = {
  sins: {
    short: "SINS",
    title: "SINS: a lesion of the spine",
    disease: { system: SNOMED, code: "94602001", display: "Secondary malignant neoplasm of vertebral column" },
  },
  mirels: {
    short: "Mirels",
    title: "Mirels: a lesion of a long bone",
    disease: { system: SNOMED, code: "94222008", display: "Secondary malignant neoplasm of bone" },
  },
};

/** The forms of both scores, one at a time, each kept as filled in. */
export function startForms(place) {
  const stage = el("div");
  const views = new Map();
  const choice = Object.entries(FORMS).map(([score, form], number) => {
    const radio = el("input", { type: "radio", name: "score", value: score, id: `score-${score}`, checked: number === 0 });
    radio.addEventListener("change", () => open(score));
    return el("span", {}, radio, el("label", { for: radio.id }, form.title));
  });
  place.replaceChildren(
    el("fieldset", { class: "switch" }, el("legend", {}, "Which score"), choice),
    stage,
  );
  let wanted;
  const open = async (score) => {
    wanted = score;
    try {
      if (!views.has(score)) views.set(score, await ScoreForm.load(score));
      if (wanted === score) stage.replaceChildren(views.get(score).view);
    } catch (error) {
      if (wanted === score) stage.replaceChildren(fault("The form could not be loaded.", error.message));
    }
  };
  return () => (stage.hasChildNodes() ? undefined : open("sins"));
}

class ScoreForm {
  static async load(score) {
    const [definition, questionnaire] = await Promise.all([
      load(`api/v1/scores/${score}`),
      load(`api/v1/scores/${score}/questionnaire`),
    ]);
    const form = new ScoreForm(score, definition, questionnaire);
    await form.calculate();
    return form;
  }

  constructor(score, definition, questionnaire) {
    this.score = score;
    this.definition = definition;
    this.questionnaire = questionnaire;
    /** By linkId: which of the answer options is chosen. */
    this.chosen = new Map();
    /** By bone: the options of the score that it leaves possible. */
    this.places = new Map();
    this.calculation = null;
    this.head = el("div", { class: "result-head" });
    this.said = el("p", { class: "result-line", role: "status", "aria-live": "polite" });
    this.scale = el("div");
    this.body = el("div", { class: "result-body" });
    this.readBack = el("div", { class: "read-back", "aria-live": "polite" });
    this.head.append(this.said, this.scale);
    this.view = this.build();
  }

  build() {
    const form = el("form", { class: "items", "aria-label": FORMS[this.score].title });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.append(...this.questionnaire.item.map((item) => this.itemView(item)));
    form.append(
      el(
        "div",
        { class: "actions" },
        el("button", { type: "button", class: "primary", onclick: () => this.export() }, "Export the QuestionnaireResponse"),
        el("button", { type: "button", onclick: () => this.askBack() }, "Read it back"),
        el("button", { type: "button", class: "quiet", onclick: () => this.clear(form) }, "Clear the form"),
      ),
      this.readBack,
    );
    const result = el("aside", { class: "result", "aria-label": "Result" }, this.head, this.body, this.limits());
    return el("div", { class: "forms" }, form, result);
  }

  limits() {
    const listed = (title, texts) => [el("h3", {}, title), el("ul", {}, texts.map((text) => el("li", {}, text)))];
    return el(
      "details",
      { class: "limits" },
      el("summary", {}, "When to use it, and when not"),
      el("div", { class: "listed" }, listed("Use", this.definition.use), listed("Not for", this.definition.misuse)),
    );
  }

  itemView(item) {
    if (item.type === "group") {
      const children = (item.item ?? []).map((child) => this.itemView(child));
      return el("fieldset", { class: "group" }, el("legend", {}, item.text ?? ""), children);
    }
    if (item.type === "display") return el("p", { class: "hint" }, item.text ?? "");
    const options = (item.answerOption ?? []).map((option) => option.valueCoding).filter(Boolean);
    return options.length > MOST_RADIOS ? this.listView(item, options) : this.radioView(item, options);
  }

  listView(item, options) {
    const id = `${this.score}-${item.linkId}`;
    const list = el(
      "select",
      { id },
      el("option", { value: "" }, "Not recorded"),
      options.map((option, place) => el("option", { value: place }, option.display ?? option.code)),
    );
    list.addEventListener("change", () => this.choose(item.linkId, list.value === "" ? null : Number(list.value)));
    return el("div", { class: "item" }, el("label", { for: id, class: "item-title" }, item.text ?? item.linkId), list);
  }

  radioView(item, options) {
    const name = `${this.score}-${item.linkId}`;
    const answers = [{ display: "Not recorded" }, ...options].map((option, place) => {
      const radio = el("input", { type: "radio", name, id: `${name}-${place}`, checked: place === 0 });
      radio.addEventListener("change", () => this.choose(item.linkId, place === 0 ? null : place - 1));
      const points = place === 0 ? null : this.pointsOf(item.linkId, place - 1);
      return el(
        "span",
        { class: `option${place === 0 ? " none" : ""}` },
        radio,
        el("label", { for: radio.id }, option.display ?? option.code, points && el("span", { class: "points" }, points)),
      );
    });
    return el("fieldset", { class: "item" }, el("legend", { class: "item-title" }, item.text ?? item.linkId), answers);
  }

  itemOf(linkId) {
    return this.definition.items.find((item) => item.item === linkId);
  }

  /** The score's option behind an answer of the Questionnaire: both stand in the same order. */
  optionOf(linkId, place) {
    return this.itemOf(linkId)?.options[place];
  }

  pointsOf(linkId, place) {
    const points = this.optionOf(linkId, place)?.points;
    return points === undefined ? null : count(points, "point");
  }

  choose(linkId, place) {
    if (place === null) this.chosen.delete(linkId);
    else this.chosen.set(linkId, place);
    this.readBack.replaceChildren();
    return this.calculate();
  }

  clear(form) {
    form.reset();
    this.chosen.clear();
    this.readBack.replaceChildren();
    return this.calculate();
  }

  /** What the score is asked with: its own option codes, and the level in place of the location. */
  async answers() {
    const answers = {};
    for (const [linkId, place] of this.chosen) {
      if (linkId === "level") answers.level = this.codingOf(linkId, place).code;
      else if (linkId === "site") Object.assign(answers, await this.placeAnswer(this.codingOf(linkId, place)));
      else if (this.optionOf(linkId, place)) answers[linkId] = this.optionOf(linkId, place).option;
    }
    return answers;
  }

  /**
   * The form asks for a bone, the score for a limb: the service says which options a bone leaves
   * possible, in its assessment of a form with that bone and any one answer.
   */
  async placeAnswer(bone) {
    if (!this.places.has(bone.code)) {
      const [item] = flat(this.questionnaire.item).filter(({ linkId }) => linkId !== "site" && this.itemOf(linkId));
      const answered = [answerItem({ linkId: "site" }, bone), answerItem(item, item.answerOption[0].valueCoding)];
      const reply = await call("api/v1/assessments", { body: await this.record(answered), type: "application/fhir+json" });
      if (!reply.ok) throw new Error(problemOf(reply));
      const read = this.readFrom(reply.content).flatMap(({ result }) => result.items);
      this.places.set(bone.code, read.find(({ item: code }) => code === "site")?.possible ?? []);
    }
    const possible = this.places.get(bone.code);
    return possible.length ? { site: possible } : {};
  }

  codingOf(linkId, place) {
    return flat(this.questionnaire.item).find((item) => item.linkId === linkId).answerOption[place].valueCoding;
  }

  async calculate() {
    this.calculation?.abort();
    const calculation = new AbortController();
    this.calculation = calculation;
    try {
      const answers = await this.answers();
      const reply = await call(`api/v1/scores/${this.score}`, { body: answers, signal: calculation.signal });
      if (calculation.signal.aborted) return;
      if (reply.ok) this.show(answers, reply.content);
      else this.fail(problemOf(reply));
    } catch (error) {
      if (!calculation.signal.aborted) this.fail(error.message);
    }
  }

  /** Nothing of an earlier result stays in view. */
  fail(reason) {
    this.head.classList.remove("is-settled");
    this.said.replaceChildren("No result");
    this.scale.replaceChildren();
    this.body.replaceChildren(fault("The score could not be calculated.", reason));
  }

  show(answers, result) {
    this.head.classList.toggle("is-settled", result.settled);
    this.said.replaceChildren(
      el("strong", { class: "total" }, `${FORMS[this.score].short} ${totalsText(result.totals)}`),
      " ",
      el("span", { class: "words" }, bandWords(this.definition, result)),
      " ",
      el("span", { class: "settled" }, result.settled ? "Settled" : "Not settled"),
    );
    this.scale.replaceChildren(scaleView(this.definition, result));
    this.body.replaceChildren(
      ...[
        this.list("Not recorded", result.missing),
        this.list("Would settle it", result.settled ? [] : result.would_settle),
        result.advice ? el("p", { class: "advice" }, textOf(result.advice)) : null,
        remarks(result.flags, "flag"),
        remarks(result.cautions, "caution"),
        el(
          "details",
          { class: "wire" },
          el("summary", {}, "The request and the answer as JSON"),
          jsonBlock(`Request: POST /api/v1/scores/${this.score}`, answers),
          jsonBlock("Answer", result),
        ),
      ].filter(Boolean),
    );
  }

  list(title, codes) {
    if (!codes.length) return null;
    const words = codes.map((code) => this.itemOf(code)?.label ?? code);
    return el("div", { class: "listed" }, el("h3", {}, title), el("ul", {}, words.map((word) => el("li", {}, word))));
  }

  async response(item = this.answered(this.questionnaire.item)) {
    return {
      resourceType: "QuestionnaireResponse",
      questionnaire: canonicalOf(this.questionnaire),
      status: "completed",
      subject: { reference: `Patient/${PATIENT}` },
      authored: await now(),
      ...(item.length ? { item } : {}),
    };
  }

  answered(items) {
    return items.flatMap((item) => {
      if (item.type === "group") {
        const inner = this.answered(item.item ?? []);
        return inner.length ? [{ linkId: item.linkId, item: inner }] : [];
      }
      if (!this.chosen.has(item.linkId)) return [];
      return [answerItem(item, this.codingOf(item.linkId, this.chosen.get(item.linkId)))];
    });
  }

  async export() {
    let response;
    try {
      response = await this.response();
    } catch (error) {
      this.readBack.replaceChildren(fault("The form could not be exported.", error.message));
      return;
    }
    const file = new Blob([JSON.stringify(response, null, 2)], { type: "application/fhir+json" });
    const address = URL.createObjectURL(file);
    el("a", { href: address, download: `${this.score}-questionnaire-response.json` }).click();
    setTimeout(() => URL.revokeObjectURL(address));
  }

  /** The smallest record around a form: a patient, a diagnosis without a site, and the form. */
  async record(item) {
    const subject = { reference: `Patient/${PATIENT}` };
    const resources = [
      { resourceType: "Patient", id: PATIENT },
      {
        resourceType: "Condition",
        id: "form-condition",
        clinicalStatus: coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        verificationStatus: coded("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
        code: { coding: [FORMS[this.score].disease] },
        subject,
      },
      { ...(await this.response(item)), id: "form-response" },
    ];
    return { resourceType: "Bundle", type: "collection", entry: resources.map((resource) => ({ resource })) };
  }

  /** Hands the form to the service as part of a record, and shows what it reads in it. */
  async askBack() {
    try {
      const bundle = await this.record();
      const reply = await call("api/v1/assessments", { body: bundle, type: "application/fhir+json" });
      this.readBack.replaceChildren(
        ...(reply.ok ? this.readBackView(reply.content) : [fault("The service refused the form.", problemOf(reply))]),
        el(
          "details",
          { class: "wire" },
          el("summary", {}, "The request and the answer as JSON"),
          jsonBlock("Request: POST /api/v1/assessments", bundle),
          jsonBlock(`Answer: ${reply.status}`, reply.content),
        ),
      );
    } catch (error) {
      this.readBack.replaceChildren(fault("The service could not be asked.", error.message));
    }
  }

  /** The lesions of which the form told something; the diagnosis beside it names none. */
  readFrom(assessment) {
    return assessment.lesions.flatMap((lesion) =>
      lesion.scores
        .filter((result) => result.score === this.score && result.items.some(isFromForm))
        .map((result) => ({ lesion, result })),
    );
  }

  readBackView(assessment) {
    const read = this.readFrom(assessment);
    return [
      el("h3", {}, "Read from the form"),
      ...read.map(({ lesion, result }) => el("p", { class: "read" }, this.readLine(lesion, result))),
      read.length ? null : el("p", {}, "Nothing yet: answer an item beside the place of the lesion."),
    ].filter(Boolean);
  }

  readLine(lesion, result) {
    const said = result.applicable === false
      ? (result.reason ?? "not applicable")
      : [
          `${FORMS[this.score].short} ${totalsText(result.totals)}`,
          bandWords(this.definition, result),
          result.settled ? "settled" : "not settled",
        ].join(", ");
    return [el("strong", {}, lesion.label ?? lesion.level ?? lesion.site ?? "Site not recorded"), `: ${said}`];
  }
}

function isFromForm(item) {
  return item.sources.some((source) => source.reference.startsWith("QuestionnaireResponse/"));
}

function answerItem({ linkId, text }, { system, code, display }) {
  return { linkId, text, answer: [{ valueCoding: { system, code, display } }] };
}

function remarks(listed, kind) {
  if (!listed?.length) return null;
  return el("ul", { class: `remarks ${kind}s` }, listed.map((remark) => el("li", {}, textOf(remark))));
}

function textOf(remark) {
  return typeof remark === "string" ? remark : (remark.text ?? "");
}

function flat(items) {
  return items.flatMap((item) => [item, ...flat(item.item ?? [])]);
}

function canonicalOf(questionnaire) {
  return questionnaire.version ? `${questionnaire.url}|${questionnaire.version}` : questionnaire.url;
}

function coded(system, code) {
  return { coding: [{ system, code }] };
}
