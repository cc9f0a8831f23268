const KINDS = {
  Condition: "Problem",
  Observation: "Observation",
  Procedure: "Procedure",
  MedicationRequest: "Medication",
  BodyStructure: "Body structure",
  QuestionnaireResponse: "Form",
};
const ORDER = Object.keys(KINDS);

/** What a coded concept says to a reader. */
export function wordsOf(concept) {
  const coding = concept?.coding?.find((candidate) => candidate.display || candidate.code);
  return concept?.text || coding?.display || coding?.code || "";
}

/** The one Patient of a Bundle. */
export function patientOf(bundle) {
  return bundle.entry.map((entry) => entry.resource).find((resource) => resource.resourceType === "Patient");
}

/** A person's name as it is read aloud. */
export function nameOf(patient) {
  const name = patient.name?.[0] ?? {};
  return [...(name.given ?? []), name.family].filter(Boolean).join(" ") || "Name not recorded";
}

/** Whole years from a birth date to a moment. */
export function ageOf(patient, moment) {
  const born = new Date(patient.birthDate);
  const years = moment.getUTCFullYear() - born.getUTCFullYear();
  const birthday = Date.UTC(moment.getUTCFullYear(), born.getUTCMonth(), born.getUTCDate());
  return moment.getTime() < birthday ? years - 1 : years;
}

/** The entries of a record as rows, problems first, then the newest. */
export function rowsOf(bundle) {
  return bundle.entry
    .map((entry) => entry.resource)
    .filter((resource) => resource.resourceType in KINDS)
    .map(rowOf)
    .sort((one, other) => one.order - other.order || other.date.localeCompare(one.date));
}

function rowOf(resource) {
  const concept = resource.code ?? resource.medicationCodeableConcept ?? resource.morphology;
  return {
    order: ORDER.indexOf(resource.resourceType),
    kind: KINDS[resource.resourceType],
    date: (dateOf(resource) ?? "").slice(0, 10),
    what: wordsOf(concept) || resource.questionnaire || "No code",
    says: saysOf(resource),
    remarks: remarksOf(resource),
  };
}

function dateOf(resource) {
  return resource.effectiveDateTime ?? resource.performedDateTime ?? resource.recordedDate
    ?? resource.authoredOn ?? resource.authored ?? resource.onsetDateTime;
}

function saysOf(resource) {
  if (resource.resourceType === "QuestionnaireResponse") {
    return resource.item.map((item) => `${item.text ?? item.linkId}: ${answerOf(item)}`).join("; ");
  }
  const parts = [valueOf(resource)];
  for (const component of resource.component ?? []) {
    parts.push(`${wordsOf(component.code)}: ${valueOf(component)}`);
  }
  if (resource.hasMember) parts.push(`panel of ${resource.hasMember.length} members`);
  return parts.filter(Boolean).join("; ");
}

function answerOf(item) {
  return (item.answer ?? []).map((answer) => answer.valueCoding?.display ?? answer.valueCoding?.code).join(", ");
}

function valueOf(holder) {
  if (holder.valueCodeableConcept) return wordsOf(holder.valueCodeableConcept) || "no code";
  if (holder.valueQuantity) {
    const { value, unit, code } = holder.valueQuantity;
    const shown = unit ?? code ?? "(no unit)";
    return /^\{.*\}$/.test(shown) ? String(value) : `${value} ${shown}`;
  }
  if (holder.dataAbsentReason) return `no value: ${wordsOf(holder.dataAbsentReason).toLowerCase()}`;
  return String(holder.valueInteger ?? holder.valueString ?? "");
}

function remarksOf(resource) {
  const sites = [resource.bodySite ?? resource.location ?? []].flat();
  const names = sites.map(siteOf).filter(Boolean);
  const status = resource.status ?? resource.clinicalStatus?.coding?.[0]?.code;
  const usual = ["final", "active", "completed", undefined];
  const verification = resource.verificationStatus?.coding?.[0]?.code;
  return [
    ...names,
    usual.includes(status) ? null : status,
    [undefined, "confirmed"].includes(verification) ? null : verification,
    resource.performer?.[0]?.display ?? resource.author?.display,
  ].filter(Boolean);
}

function siteOf(site) {
  const sides = (site.extension ?? []).map((extension) => wordsOf(extension.valueCodeableConcept));
  const codings = (site.coding ?? []).map((coding) => coding.display ?? coding.code);
  return [site.text ?? codings.join(", "), ...sides].filter(Boolean).join(", ");
}
