"""Invented R4 resources of one patient, and what the service makes of them.

Codes are written down here and not taken from the service.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from app.assess import assess
from app.assess.record import Record
from app.assess.result import Assessment, LesionAssessment, Scored
from app.engine.question import Answer
from app.fhir.codes import code_book
from app.fhir.reader import Reader
from app.knowledge import load
from app.knowledge.policy import Policy

Json = dict[str, Any]

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
RECENT = "2026-11-18T09:00:00Z"
BASE = "https://fhir.spine-mets-cds.org"
SERVER = "https://ehr.example.org/fhir"
PATIENT = "p1"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
UCUM = "http://unitsofmeasure.org"
OBSERVABLE = f"{BASE}/CodeSystem/observable"
ANSWER = f"{BASE}/CodeSystem/answer"
ORDER = f"{BASE}/CodeSystem/order"
BODY_SITE_URL = "http://hl7.org/fhir/StructureDefinition/bodySite"
LATERALITY_URL = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-laterality-qualifier"
RELATED_CONDITION_URL = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-related-condition"

BONE_METASTASIS = "94222008"
LEFT, RIGHT = "7771000", "24028007"
PROXIMAL = "40415009"
# Vertebra, and body of vertebra where it has a code of its own.
VERTEBRAE: Mapping[str, tuple[str, ...]] = {
    "C0": ("31640002",),
    "C1": ("14806007",),
    "C2": ("39976000",),
    "C3": ("113205007", "91116008"),
    "C4": ("5329002", "14705001"),
    "C5": ("36978003", "67479001"),
    "C6": ("36054005", "88298007"),
    "C7": ("87391001", "16126006"),
    "T1": ("64864005", "56094003"),
    "T2": ("53733008", "50060007"),
    "T3": ("1626008", "73138009"),
    "T4": ("73071006", "86197001"),
    "T5": ("56401006", "6105006"),
    "T6": ("45296009", "32430008"),
    "T7": ("62487009", "71737002"),
    "T8": ("11068009", "77435000"),
    "T9": ("82687006", "33766003"),
    "T10": ("7610001", "48405002"),
    "T11": ("12989004", "52120002"),
    "T12": ("23215003", "280849005"),
    "L1": ("66794005", "61032001"),
    "L2": ("14293000", "53983007"),
    "L3": ("36470004", "55492004"),
    "L4": ("11994002", "71996003"),
    "L5": ("49668003", "21799000"),
    "S1": ("65985001",),
    "S2": ("11808007",),
    "S3": ("49967005",),
    "S4": ("69950008",),
    "S5": ("21452006",),
}
BONES: Mapping[str, str] = {
    "femur": "71341001",
    "proximal-femur": "310651003",
    "peritrochanteric-femur": "55499008",
    "humerus": "85050009",
    "rib": "113197003",
    "ilium": "22356005",
    "bony-pelvis": "118645006",
    "thoracic-spine": "122495006",
    "lumbar-spine": "122496007",
    "spine": "421060004",
    # A bone that the service does not know.
    "sternum": "56873002",
}
# SINS of 15 at a junctional level: 3 + 3 + 2 + 2 + 3 + ... each item at its worst but alignment.
WORST: Mapping[str, str] = {
    "spinal-pain": "pain-mechanical",
    "bone-lesion-quality": "lesion-lytic",
    "spinal-alignment": "alignment-subluxation",
    "vertebral-collapse": "collapse-over-50",
    "posterolateral-involvement": "posterolateral-bilateral",
}
MILDEST: Mapping[str, str] = {
    "spinal-pain": "pain-free",
    "bone-lesion-quality": "lesion-blastic",
    "spinal-alignment": "alignment-normal",
    "vertebral-collapse": "collapse-none",
    "posterolateral-involvement": "posterolateral-none",
}

KNOWLEDGE = load(Policy())
BOOK = code_book(BASE)
READER = Reader(BOOK, KNOWLEDGE)


# -- resources ----------------------------------------------------------------------------------------


def concept(*codings: tuple[str, str], **members: Any) -> Json:
    return {"coding": [{"system": system, "code": code} for system, code in codings], **members}


def snomed(*codes: str, **members: Any) -> Json:
    return concept(*((SNOMED, code) for code in codes), **members)


def site(name: str, *beside: str, **members: Any) -> Json:
    """A body site by the name of a level or a bone, with qualifiers beside it."""
    code = VERTEBRAE[name][0] if name in VERTEBRAE else BONES[name]
    return snomed(code, *beside, **members)


def reference(name: str) -> Json:
    return {"reference": name}


def patient(patient_id: str = PATIENT, **members: Any) -> Json:
    return {"resourceType": "Patient", "id": patient_id, **members}


def condition(name: str, *sites: Json | str, code: Json | str = BONE_METASTASIS, **members: Any) -> Json:
    """An active Condition, by default a metastasis to bone, at sites given by name or in full."""
    found: Json = {
        "resourceType": "Condition",
        "id": name,
        "clinicalStatus": status_of("clinical", "active"),
        "code": snomed(code) if isinstance(code, str) else code,
        "subject": reference(f"Patient/{PATIENT}"),
    }
    if sites:
        found["bodySite"] = [site(s) if isinstance(s, str) else s for s in sites]
    return found | members


def status_of(kind: str, code: str) -> Json:
    return concept((f"http://terminology.hl7.org/CodeSystem/condition-{kind}", code))


def structure(name: str, location: Json | str | None, *conditions: str, **members: Any) -> Json:
    """A BodyStructure, and by mCODE's extension the Conditions it belongs to."""
    found: Json = {
        "resourceType": "BodyStructure",
        "id": name,
        "patient": reference(f"Patient/{PATIENT}"),
    }
    if location is not None:
        found["location"] = site(location) if isinstance(location, str) else location
    if conditions:
        found["extension"] = [
            {"url": RELATED_CONDITION_URL, "valueReference": reference(f"Condition/{c}")} for c in conditions
        ]
    return found | members


def observation(name: str, finding: str | None, value: Json | str | None, **members: Any) -> Json:
    """A final Observation of one of the service's findings; a text is a coded answer.

    ``at`` names a level or a bone, ``about`` a focus.
    """
    found: Json = {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "subject": reference(f"Patient/{PATIENT}"),
        "effectiveDateTime": RECENT,
        **says(value),
    }
    if finding is not None:
        found["code"] = concept((OBSERVABLE, finding))
    if "at" in members:
        found["bodySite"] = site(members.pop("at"))
    if "about" in members:
        found["focus"] = [reference(members.pop("about"))]
    return {key: held for key, held in (found | members).items() if held is not None}


def component(finding: str, value: Json | str | None, **members: Any) -> Json:
    return {"code": concept((OBSERVABLE, finding)), **says(value), **members}


def says(value: Json | str | None) -> Json:
    if isinstance(value, str):
        return {"valueCodeableConcept": concept((ANSWER, value))}
    return value or {}


def quantity(value: float | str, unit: str | None = "%", **members: Any) -> Json:
    """A quantity by its UCUM code; a number given as text keeps its digits."""
    held: Json = {"value": value, **members}
    if unit is not None:
        held |= {"unit": unit, "system": UCUM, "code": unit}
    return {"valueQuantity": held}


def items(
    lesion: str, answers: Mapping[str, Json | str], *, about: str | None = None, at: str | None = None
) -> list[Json]:
    """An Observation for each answer, at a site or about a focus; names begin with the lesion's."""
    where: Json = {} if at is None else {"at": at}
    where |= {} if about is None else {"about": about}
    return [observation(f"{lesion}-{finding}", finding, value, **where) for finding, value in answers.items()]


def spinal_lesion(level: str, answers: Mapping[str, Json | str] = WORST) -> list[Json]:
    """A metastasis at one level, with an Observation at that level for each answer."""
    return [condition(f"c-{level}", level), *items(level, answers, at=level)]


def femoral_lesion(side: str, pain: str, quality: str, percent: float) -> list[Json]:
    """A metastasis in the shaft of one femur, with an Observation about it for each item of Mirels."""
    name = f"femur-{side}"
    answers: dict[str, Json | str] = {
        "limb-pain": pain,
        "bone-lesion-quality": quality,
        "cortical-destruction": quantity(percent),
    }
    return [condition(name, snomed("41111004", side)), *items(name, answers, about=f"Condition/{name}")]


def response(name: str, score: str, answers: Mapping[str, str], **members: Any) -> Json:
    """A completed QuestionnaireResponse; answers by linkId."""
    return {
        "resourceType": "QuestionnaireResponse",
        "id": name,
        "status": "completed",
        "questionnaire": f"{BASE}/Questionnaire/{score}",
        "subject": reference(f"Patient/{PATIENT}"),
        "authored": RECENT,
        "item": [
            {"linkId": item, "answer": [{"valueCoding": {"system": ANSWER, "code": code}}]}
            for item, code in answers.items()
        ],
        **members,
    }


def outcome(severity: str) -> Json:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": "exception"}]}


# -- Bundles ------------------------------------------------------------------------------------------


def entry(resource: Any, full_url: str | None = None, **members: Any) -> Json:
    found: Json = {"resource": resource, **members}
    return found if full_url is None else {"fullUrl": full_url, **found}


def bundle(resources: Iterable[Any], **members: Any) -> bytes:
    """A Bundle as bytes; anything with a ``resourceType`` becomes the resource of an entry."""
    entries = [entry(r) if isinstance(r, dict) and "resourceType" in r else r for r in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries, **members}).encode()


# -- what the service makes of them -------------------------------------------------------------------


def read(*resources: Any, **members: Any) -> Record:
    """The record in a Bundle of the patient and these resources."""
    return READER.bundle(bundle([patient(), *resources], **members))


def assessed(*resources: Any, as_of: datetime = AS_OF, **members: Any) -> Assessment:
    """The assessment of a Bundle of the patient and these resources."""
    return assess(read(*resources, **members), as_of, KNOWLEDGE)


def lesion_ids(assessment: Assessment) -> set[str]:
    return {assessed_lesion.lesion.id for assessed_lesion in assessment.lesions}


def lesion(assessment: Assessment, lesion_id: str) -> LesionAssessment:
    (found,) = [held for held in assessment.lesions if held.lesion.id == lesion_id]
    return found


def scored(assessment: Assessment, lesion_id: str, score: str = "sins") -> Scored:
    (found,) = [s for s in lesion(assessment, lesion_id).scores if s.instrument.score.code == score]
    return found


def totals(assessment: Assessment, lesion_id: str, score: str = "sins") -> tuple[int, ...]:
    """Every reachable total; none where the score does not apply or the lesion is not scored."""
    result = scored(assessment, lesion_id, score).result
    return () if result is None else result.totals


def answer(assessment: Assessment, lesion_id: str, item: str, score: str = "sins") -> Answer:
    result = scored(assessment, lesion_id, score).result
    assert result is not None
    return result.answers[item]


def gaps(held: Record | Assessment, need: str) -> list[str]:
    """The reasons of the gaps of one data need."""
    return [gap.reason for gap in held.gaps if gap.need == need]


def scores_of(assessment: Assessment) -> dict[str, dict[str, Any]]:
    """What every score leaves possible, by lesion, without its sources."""
    return {
        held.lesion.id: {
            s.instrument.score.code: None
            if s.result is None
            else (
                s.result.totals,
                s.settled,
                {
                    item: (given.possible, given.recorded, given.conflicting)
                    for item, given in s.result.answers.items()
                },
            )
            for s in held.scores
        }
        for held in assessment.lesions
    }


def everything_of(assessment: Assessment) -> dict[str, Any]:
    """All that an assessment says, in an order of its own."""
    return {
        "scores": scores_of(assessment),
        "lesions": {
            held.lesion.id: (
                held.lesion.place,
                held.lesion.conditions,
                held.lesion.not_scored,
                sorted((t.score, t.total, t.source) for t in held.lesion.totals),
                {
                    view.finding: (set(view.possible), view.conflicting, view.sources)
                    for view in held.findings
                },
                [(s.advice, s.settled, set(s.flags), set(s.cautions), s.record_next) for s in held.scores],
            )
            for held in assessment.lesions
        },
        "order": [held.lesion.id for held in assessment.lesions],
        "patient": {
            view.finding: (set(view.possible), view.conflicting, view.sources)
            for view in assessment.patient_findings
        },
        "gaps": assessment.gaps,
        "alerts": {(alert.key, alert.lesion, alert.urgency, alert.text) for alert in assessment.alerts},
        "unavailable": assessment.unavailable,
    }
