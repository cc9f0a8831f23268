"""An assessment as a Bundle of R4 resources: no more, and nothing more reassuring, than what was found."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID, uuid5

import msgspec
import pytest
from fhir.resources.R4B import get_fhir_model_class

from app.assess.result import Assessment
from app.fhir.published.assessment_bundle import assessment_bundle
from app.fhir.score_observation import score_observation
from tests.cds_hooks.card_schema import hollow
from tests.fhir.records import (
    AS_OF,
    BOOK,
    LEFT,
    MILDEST,
    OBSERVABLE,
    PATIENT,
    WORST,
    Json,
    assessed,
    component,
    condition,
    everything_of,
    femoral_lesion,
    items,
    lesion,
    observation,
    outcome,
    patient,
    quantity,
    reference,
    scored,
    spinal_lesion,
)

WHOLE = UUID("5b0d1c0e-6f0c-5a3c-9a40-0f4b7a1f7f10")
OLD = {"effectiveDateTime": "2025-01-01"}
DEFICIT = observation("deficit", "new-neurologic-deficit", "present")
UNALIGNED = {key: held for key, held in MILDEST.items() if key != "spinal-alignment"}


def identity(key: str) -> str:
    return str(uuid5(WHOLE, key))


def bundle_of(assessment: Assessment) -> Json:
    """The Bundle, valid R4 in every part, and the same after its way over the wire."""
    found = assessment_bundle(BOOK, assessment, identity)
    sent: Json = json.loads(msgspec.json.encode(found))
    assert sent == found
    assert list(hollow(found)) == []
    get_fhir_model_class("Bundle").model_validate(sent)
    for entry in found.get("entry", []):
        resource = entry["resource"]
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        assert entry["fullUrl"] == f"urn:uuid:{UUID(resource['id'])}"
    addresses = [entry["fullUrl"] for entry in found.get("entry", [])]
    assert len(addresses) == len(set(addresses))
    return found


def resources(found: Json, kind: str) -> list[Json]:
    return [
        entry["resource"] for entry in found.get("entry", []) if entry["resource"]["resourceType"] == kind
    ]


def of(*record: Json, kind: str) -> list[Json]:
    return resources(bundle_of(assessed(*record)), kind)


def code(resource: Json) -> str:
    (coding,) = resource["code"]["coding"]
    assert coding["system"] == OBSERVABLE
    return str(coding["code"])


def risk(*record: Json) -> Json:
    (found,) = of(*record, kind="RiskAssessment")
    return found


def told(found: Json) -> str | None:
    (prediction,) = found["prediction"]
    text: str | None = prediction.get("qualitativeRisk", {}).get("text")
    return text


# -- scores ----------------------------------------------------------------------------------------------


def test_every_score_of_every_lesion_is_an_observation() -> None:
    record = [*spinal_lesion("T5"), *femoral_lesion(LEFT, "limb-pain-functional", "lesion-lytic", 80)]
    held = assessed(*record)
    found = resources(bundle_of(held), "Observation")
    lesions = [(code(one), one["focus"][0]["reference"]) for one in found if "focus" in one]
    assert sorted(lesions) == [("mirels", f"Condition/femur-{LEFT}"), ("sins", "Condition/c-T5")]
    filed = score_observation(BOOK, held, lesion(held, "T5"), scored(held, "T5"), found[0]["id"])
    assert filed in found


def test_every_score_of_the_patient_is_an_observation_without_a_lesion() -> None:
    held = assessed(*spinal_lesion("T5"))
    found = {code(one): one for one in resources(bundle_of(held), "Observation") if code(one) != "sins"}
    assert set(found) == {prognosis.score.code for prognosis in held.prognoses} != set()
    for prognosis in held.prognoses:
        one = found[prognosis.score.code]
        assert "focus" not in one
        assert "bodySite" not in one
        assert len(one["component"]) == len(prognosis.result.score.items)
        low, high = one["valueRange"]["low"]["value"], one["valueRange"]["high"]["value"]
        assert (low, high) == (prognosis.result.minimum, prognosis.result.maximum)
        assert one["status"] == "preliminary"
        # Every group that is still possible, the best never alone.
        assert len(one["interpretation"]) == len(prognosis.result.bands) > 1


def test_a_score_of_the_patient_tells_what_it_was_read_from() -> None:
    grade = observation("frankel", "frankel-grade", "frankel-c")
    (found,) = (
        one for one in of(*spinal_lesion("T5"), grade, kind="Observation") if code(one) == "tokuhashi"
    )
    parts = {part["code"]["text"]: part for part in found["component"]}
    assert parts["Palsy"]["valueCodeableConcept"]["text"]
    assert parts["Karnofsky performance status"]["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert reference("Observation/frankel") in found["derivedFrom"]
    assert all(one["reference"].startswith("Observation/") for one in found["derivedFrom"])


def test_a_patient_without_a_lesion_of_the_spine_has_no_score_of_that_kind() -> None:
    found = of(*femoral_lesion(LEFT, "limb-pain-mild", "lesion-blastic", 5), kind="Observation")
    assert [code(one) for one in found] == ["mirels"]


def test_the_same_assessment_has_the_same_bundle() -> None:
    held = assessed(*spinal_lesion("T5"), DEFICIT)
    assert bundle_of(held) == bundle_of(held)


def test_a_bundle_is_a_collection_of_the_moment_asked_about() -> None:
    found = bundle_of(assessed(*spinal_lesion("T5")))
    assert (found["type"], found["timestamp"]) == ("collection", AS_OF.isoformat())


# -- risks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "score", "outcome", "words"),
    [
        (spinal_lesion("T5"), "sins", "Spinal instability", "unstable"),
        (spinal_lesion("T5", MILDEST), "sins", "Spinal instability", "stable"),
        (
            femoral_lesion(LEFT, "limb-pain-functional", "lesion-lytic", 80),
            "mirels",
            "Pathological fracture",
            "high",
        ),
    ],
)
def test_a_settled_score_is_a_risk_that_stands_on_it(
    record: list[Json], score: str, outcome: str, words: str
) -> None:
    found = bundle_of(assessed(*record))
    (one,) = resources(found, "RiskAssessment")
    (behind,) = (entry for entry in found["entry"] if {"reference": entry["fullUrl"]} in one["basis"])
    assert code(behind["resource"]) == code(one) == score
    assert one["status"] == behind["resource"]["status"] == "final"
    assert one["prediction"][0]["outcome"] == {"text": outcome}
    assert told(one) == words
    assert one["subject"] == reference(f"Patient/{PATIENT}")
    assert one["condition"] == behind["resource"]["focus"][0]
    assert one["performer"] == reference(f"#{one['contained'][0]['id']}")
    assert one["occurrenceDateTime"] == AS_OF.isoformat()


def test_an_open_score_is_a_preliminary_risk_of_all_that_is_possible() -> None:
    record = spinal_lesion("L4", {**UNALIGNED, "vertebral-collapse": "collapse-over-50"})
    found = risk(*record)
    assert found["status"] == "preliminary"
    assert told(found) == "stable; or potentially unstable"
    assert any("Not recorded or too old" in note["text"] for note in found["note"])


@pytest.mark.parametrize(
    "beside",
    [
        observation("sum", "sins-total", quantity(14, "{score}"), at="T5"),
        observation("i", "instrumented-segment", "present", at="T5"),
    ],
    ids=["a worse total on record", "outside its validated use"],
)
def test_a_category_that_is_spoken_against_reassures_nobody(beside: Json) -> None:
    found = risk(*spinal_lesion("T5", MILDEST), beside)
    assert told(found) is None
    assert len(found["note"]) > 1


def test_what_was_unstable_once_leaves_the_worse_categories_alone() -> None:
    stale = [{**one, **OLD} for one in items("T5", WORST, at="T5")]
    assert told(risk(condition("t5", "T5"), *stale)) == "potentially unstable; or unstable"


@pytest.mark.parametrize(
    "record",
    [
        spinal_lesion("T5"),
        spinal_lesion("T5", MILDEST),
        spinal_lesion("L4", UNALIGNED),
        [condition("t", "thoracic-spine")],
        femoral_lesion(LEFT, "limb-pain-mild", "lesion-blastic", 5),
        [*spinal_lesion("T5", MILDEST), observation("i", "instrumented-segment", "present", at="T5")],
    ],
)
def test_a_risk_says_no_category_that_its_observation_does_not(record: list[Json]) -> None:
    found = bundle_of(assessed(*record))
    by_address = {entry["fullUrl"]: entry["resource"] for entry in found["entry"]}
    risks = resources(found, "RiskAssessment")
    assert risks
    for one in risks:
        behind = by_address[one["basis"][0]["reference"]]
        said = [text["text"] for text in behind.get("interpretation", [])]
        kept = [text for text in said if text != "outside validated use"]
        assert told(one) == ("; or ".join(kept) or None)
        assert one["status"] == behind["status"]


def test_a_score_that_may_not_be_made_for_the_lesion_tells_no_risk() -> None:
    found = bundle_of(assessed(condition("nowhere")))
    assert resources(found, "RiskAssessment") == []
    assert "sins" in {code(one) for one in resources(found, "Observation")}


def test_without_a_patient_there_is_no_risk_and_no_subject() -> None:
    found = bundle_of(replace(assessed(*spinal_lesion("T5"), DEFICIT), patient=None))
    assert resources(found, "RiskAssessment") == []
    assert all("subject" not in one for one in resources(found, "Observation"))
    assert all("patient" not in one for one in resources(found, "DetectedIssue"))


# -- alerts ----------------------------------------------------------------------------------------------


def test_what_cannot_wait_stands_beside_a_stable_score() -> None:
    held = assessed(*spinal_lesion("T5", MILDEST), DEFICIT)
    found = resources(bundle_of(held), "DetectedIssue")
    assert [one["detail"] for one in found] == [alert.text for alert in held.alerts] != []
    assert found[0]["severity"] == "high"
    assert found[0]["code"]["text"] == f"{held.alerts[0].key} ({held.alerts[0].urgency})"


def test_an_alert_of_a_lesion_names_its_scores() -> None:
    found = bundle_of(assessed(*spinal_lesion("T5"), *spinal_lesion("L4", MILDEST)))
    by_address = {entry["fullUrl"]: entry["resource"] for entry in found["entry"]}
    unstable = [one for one in resources(found, "DetectedIssue") if one["detail"].startswith("T5")]
    assert unstable
    for one in unstable:
        (implicated,) = one["implicated"]
        assert by_address[implicated["reference"]]["bodySite"]["text"] == "T5"


# -- what is not complete --------------------------------------------------------------------------------


def test_every_gap_is_an_issue_before_anything_else() -> None:
    held = assessed(condition("nowhere"), outcome("error"))
    found = bundle_of(held)
    assert found["entry"][0]["resource"]["resourceType"] == "OperationOutcome"
    (said,) = resources(found, "OperationOutcome")
    warned = [issue for issue in said["issue"] if issue["severity"] == "warning"]
    assert [(i["details"]["text"], i["diagnostics"]) for i in warned] == [
        (gap.need, gap.reason) for gap in held.gaps
    ]
    assert len(warned) > 0
    assert {issue["code"] for issue in warned} == {"incomplete"}


def test_nothing_that_could_be_looked_at_is_never_an_empty_bundle() -> None:
    found = bundle_of(assessed(outcome("fatal")))
    (said,) = resources(found, "OperationOutcome")
    assert said["issue"][0]["code"] == "incomplete"


def test_a_complete_assessment_warns_of_nothing() -> None:
    held = assessed(*spinal_lesion("T5"))
    complete = replace(held, gaps=())
    assert resources(bundle_of(complete), "OperationOutcome") == []


def test_a_lesion_without_a_score_is_told_nonetheless() -> None:
    held = replace(assessed(condition("r", "rib")), gaps=())
    assert all(one.result is None for one in held.lesions[0].scores)
    (said,) = resources(bundle_of(held), "OperationOutcome")
    (issue,) = said["issue"]
    assert issue["severity"] == "information"
    assert issue["details"]["text"].startswith("Rib")
    assert "SINS is for lesions of the spine" in issue["diagnostics"]


# -- whose it is, and what it does to the record -----------------------------------------------------------


def test_nothing_else_of_the_patient_goes_into_it() -> None:
    whose = patient(name=[{"family": "Quisling-Canary"}], birthDate="1961-03-07")
    worded = condition("t5", "T5", note=[{"text": "canary-note"}])
    worded["code"]["text"] = "canary-code"
    seen = items("T5", WORST, at="T5")
    seen[0]["valueCodeableConcept"]["text"] = "canary-value"
    found = json.dumps(bundle_of(assessed(whose, worded, *seen, DEFICIT))).lower()
    assert "canary" not in found
    assert "1961" not in found


def test_every_resource_is_of_the_patient_asked_about() -> None:
    found = bundle_of(assessed(*spinal_lesion("T5"), DEFICIT))
    named = {
        one[member]["reference"]
        for kind, member in (
            ("Observation", "subject"),
            ("RiskAssessment", "subject"),
            ("DetectedIssue", "patient"),
        )
        for one in resources(found, kind)
    }
    assert named == {f"Patient/{PATIENT}"}


RECORDS: Mapping[str, list[Json]] = {
    "unstable": spinal_lesion("T5"),
    "open": spinal_lesion("L4", UNALIGNED),
    "two lesions": [*spinal_lesion("T5", MILDEST), *spinal_lesion("L4")],
    "limb": femoral_lesion(LEFT, "limb-pain-functional", "lesion-lytic", 80),
    "a panel": [
        condition("t5", "T5"),
        observation("p", "sins", None, at="T5", component=[component("spinal-pain", "pain-mechanical")]),
    ],
    "an alarm": [*spinal_lesion("T5", MILDEST), DEFICIT],
}


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_put_back_with_the_record_it_changes_nothing(name: str) -> None:
    before = assessed(*RECORDS[name])
    found = bundle_of(before)
    put_back: Iterable[Json] = (entry["resource"] for entry in found["entry"])
    after = assessed(*RECORDS[name], *put_back)
    assert everything_of(after) == everything_of(before)
    assert [(p.score.code, p.result.totals) for p in after.prognoses] == [
        (p.score.code, p.result.totals) for p in before.prognoses
    ]
