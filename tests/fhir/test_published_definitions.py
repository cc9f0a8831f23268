"""The definitions that the service publishes: valid R4, complete, and what the reader takes."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from app.fhir.codes import code_book
from app.fhir.published.assessment_bundle import assessment_bundle
from app.fhir.published.documents import documents
from app.fhir.published.writing import write_documents
from app.knowledge import REVISED, load
from app.knowledge.policy import Policy
from tests.api.score_table import LEVELS
from tests.cds_hooks.card_schema import hollow
from tests.fhir.published_tables import ANSWERS, ORDERS, PATIENT_SCORES, QUANTITIES
from tests.fhir.records import (
    ANSWER,
    AS_OF,
    BASE,
    BOOK,
    KNOWLEDGE,
    LEFT,
    MILDEST,
    OBSERVABLE,
    ORDER,
    WORST,
    Json,
    assessed,
    condition,
    femoral_lesion,
    items,
    read,
    scored,
    spinal_lesion,
)

PUBLIC = "https://cds.example.org"
DOCUMENTS = documents(BOOK, KNOWLEDGE, PUBLIC)
SYSTEMS = {"observable": OBSERVABLE, "answer": ANSWER, "order": ORDER}
INDETERMINATE = "indeterminate"
# What the first items of the Questionnaires name, and a size that is a quantity elsewhere.
PLACED = {*LEVELS, "left", "right", "femoral-shaft", "peritrochanteric-femur", "humerus"}
SIZES = {"size-under-third", "size-third-to-two-thirds", "size-over-two-thirds"}


def of_type(kind: str) -> Iterator[Json]:
    return (one for one in DOCUMENTS.values() if one["resourceType"] == kind)


def concepts(system: str) -> Mapping[str, Json]:
    listed = DOCUMENTS[f"CodeSystem/{system}"]["concept"]
    found = {one["code"]: one for one in listed}
    assert len(found) == len(listed), "a code stands twice"
    return found


def properties(concept: Json) -> dict[str, Any]:
    values = [{k: v for k, v in one.items() if k != "code"} for one in concept.get("property", [])]
    return {
        one["code"]: next(iter(value.values()))
        for one, value in zip(concept.get("property", []), values, strict=True)
    }


def points(answer: str) -> dict[str, int]:
    return {
        name.removesuffix("-points"): value for name, value in properties(concepts("answer")[answer]).items()
    }


# -- every one of them -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(DOCUMENTS))
def test_every_definition_is_valid_r4(key: str) -> None:
    document = json.loads(json.dumps(DOCUMENTS[key]))
    kind, identity = key.split("/")
    assert get_fhir_model_class(kind).model_validate(document).model_dump()["id"] == identity
    assert list(hollow(document)) == []


@pytest.mark.parametrize("key", sorted(DOCUMENTS))
def test_every_definition_has_its_address_version_and_status(key: str) -> None:
    document = DOCUMENTS[key]
    assert document["url"] == f"{BASE}/{key}"
    assert document["status"] == "active"
    assert document["title"].strip()
    assert re.fullmatch(r"[A-Z]\w{0,254}", document["name"], re.ASCII)
    if document["resourceType"] != "Questionnaire":
        assert document["version"] == KNOWLEDGE.version
        assert document["date"] == REVISED
        assert document["publisher"] == "spine-mets-cds"
        assert document["description"].strip()
        assert "copyright" not in document


def test_the_definitions_are_the_same_at_every_call() -> None:
    again = documents(code_book(BASE), KNOWLEDGE, PUBLIC)
    assert json.dumps(dict(again)) == json.dumps(dict(DOCUMENTS))


@pytest.mark.parametrize("policy", ["MIR-E3", "SINS-E12"])
def test_a_sites_policy_changes_no_definition(policy: str) -> None:
    # Either fixes the points of places that are open where no site has chosen.
    chosen = load(Policy(choices={policy: "upper"}))
    assert chosen.digest != KNOWLEDGE.digest
    assert documents(BOOK, chosen, PUBLIC) == DOCUMENTS


def test_another_base_is_in_every_address() -> None:
    base = "https://terminology.example.org"
    moved = json.dumps(dict(documents(code_book(base), KNOWLEDGE, None)))
    assert BASE not in moved
    assert moved.count(base) == json.dumps(dict(DOCUMENTS)).count(BASE)


# -- code systems ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("system", "url"), sorted(SYSTEMS.items()))
def test_a_code_system_is_complete_and_needs_its_version(system: str, url: str) -> None:
    found = DOCUMENTS[f"CodeSystem/{system}"]
    assert found["url"] == url
    assert (found["content"], found["caseSensitive"], found["versionNeeded"]) == ("complete", True, True)
    assert found["count"] == len(found["concept"])
    assert found["valueSet"] in {one["url"] for one in of_type("ValueSet")}
    declared = {one["code"] for one in found.get("property", [])}
    assert {name for one in found["concept"] for name in properties(one)} == declared
    assert all(one["display"].strip() for one in found["concept"])


@pytest.mark.parametrize(
    ("system", "read"),
    [
        (
            "observable",
            {code for system, code in BOOK.observables if system == OBSERVABLE}
            # Panels are read by their members, and scores of the patient are given out.
            | {"sins", "mirels"}
            | PATIENT_SCORES,
        ),
        ("order", ORDERS),
    ],
)
def test_the_concepts_are_what_is_read_and_nothing_else(system: str, read: set[str]) -> None:
    assert set(concepts(system)) == read


def test_every_answer_that_is_read_is_a_concept() -> None:
    read = {code for known in BOOK.answers.values() for system, code in known if system == ANSWER}
    assert read | SIZES | PLACED <= set(concepts("answer"))


@pytest.mark.parametrize("answer", sorted(concepts("answer")))
def test_every_concept_of_an_answer_is_read(answer: str) -> None:
    by_finding = [finding for finding, known in BOOK.answers.items() if (ANSWER, answer) in known]
    assert by_finding or answer in SIZES or is_read_as_a_place(answer)


def is_read_as_a_place(answer: str) -> bool:
    """Whether a response that names it in a first item is read without a gap about an unknown site."""
    level, side = "pain", "pain-mechanical"
    given: dict[str, str] = {"site": answer, level: side}
    if answer in ("left", "right", "bilateral"):
        given = {"site": "femur", "laterality": answer}
    response: Json = {
        "resourceType": "QuestionnaireResponse",
        "id": "q",
        "questionnaire": f"{BASE}/Questionnaire/{'sins' if answer in LEVELS else 'mirels'}",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "authored": AS_OF.isoformat(),
        "item": [
            {
                "linkId": "level" if answer in LEVELS and link == "site" else link,
                "answer": [{"valueCoding": {"system": ANSWER, "code": code}}],
            }
            for link, code in {**given, "lesion": "lesion-lytic"}.items()
        ],
    }
    places = [entry.place for entry in read(response).entries]
    return bool(places) and all(place is not None and place.unread is None for place in places)


@pytest.mark.parametrize(("finding", "answers"), sorted(ANSWERS.items()))
def test_every_answer_of_the_contract_is_there(finding: str, answers: set[str]) -> None:
    assert finding in concepts("observable")
    assert answers <= set(concepts("answer"))
    assert properties(concepts("observable")[finding]) == {"kind": "finding"}


@pytest.mark.parametrize(("finding", "unit"), sorted(QUANTITIES.items()))
def test_every_quantity_of_the_contract_tells_its_unit(finding: str, unit: str) -> None:
    assert properties(concepts("observable")[finding]) == {"kind": "finding", "unit": unit}


@pytest.mark.parametrize(
    ("answer", "counts"),
    [
        ("lesion-lytic", {"sins": 2, "mirels": 3}),
        ("lesion-blastic", {"sins": 0, "mirels": 1}),
        ("pain-mechanical", {"sins": 3}),
        ("pain-free", {"sins": 0}),
        ("alignment-subluxation", {"sins": 4}),
        ("alignment-deformity-not-de-novo", {"sins": 0}),
        ("collapse-none-involved-over-50", {"sins": 1}),
        ("limb-pain-functional", {"mirels": 3}),
        ("limb-pain-none", {"mirels": 1}),
        ("size-over-two-thirds", {"mirels": 3}),
        ("T11", {"sins": 3}),
        ("L4", {"sins": 2}),
        ("peritrochanteric-femur", {"mirels": 3}),
        # What leaves several options has no number.
        ("pain-present", {}),
        ("collapse-present", {}),
        ("thoracic-spine", {}),
        ("femur", {}),
        (INDETERMINATE, {}),
        # What no item asks has none either.
        ("present", {}),
        ("escc-3", {}),
    ],
)
def test_an_answer_tells_its_points_where_it_fixes_them(answer: str, counts: dict[str, int]) -> None:
    assert points(answer) == counts


@pytest.mark.parametrize("answers", [WORST, MILDEST], ids=["worst", "mildest"])
def test_the_points_are_those_that_an_assessment_counts(answers: Mapping[str, str]) -> None:
    found = assessed(condition("t5", "T5"), *items("T5", answers, at="T5"))
    result = scored(found, "T5").result
    assert result is not None
    assert result.total == points("T5")["sins"] + sum(points(answer)["sins"] for answer in answers.values())


# -- value sets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("finding", "answers"), sorted(ANSWERS.items()))
def test_a_coded_finding_has_a_value_set_of_its_answers(finding: str, answers: set[str]) -> None:
    (include,) = DOCUMENTS[f"ValueSet/{finding}"]["compose"]["include"]
    codes = {one["code"] for one in include["concept"]}
    assert codes >= answers | {INDETERMINATE}
    assert codes == {code for system, code in BOOK.answers[finding] if system == ANSWER}


def test_value_sets_hold_codes_of_the_systems_only() -> None:
    systems = {url: set(concepts(name)) for name, url in SYSTEMS.items()}
    for one in of_type("ValueSet"):
        for include in one["compose"]["include"]:
            assert {concept["code"] for concept in include.get("concept", [])} <= systems[include["system"]]
            assert include["version"] == KNOWLEDGE.version


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_every_code_system_has_a_value_set_of_the_whole(system: str) -> None:
    (include,) = DOCUMENTS[f"ValueSet/{system}s"]["compose"]["include"]
    assert include == {"system": SYSTEMS[system], "version": KNOWLEDGE.version}


def test_a_quantity_has_no_value_set() -> None:
    assert not {f"ValueSet/{finding}" for finding in QUANTITIES} & set(DOCUMENTS)


# -- Questionnaires and profiles -------------------------------------------------------------------------


def test_the_options_of_the_questionnaires_are_answers_with_the_same_points() -> None:
    ordinal = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
    for form in of_type("Questionnaire"):
        for item in form["item"]:
            for code in item.get("code", []):
                assert code["code"] in concepts("observable")
            for option in item["answerOption"]:
                coding = option["valueCoding"]
                assert coding["code"] in concepts("answer")
                told = [one["valueDecimal"] for one in coding.get("extension", []) if one["url"] == ordinal]
                assert told in ([], [points(coding["code"]).get(form["id"])])


@pytest.mark.parametrize(("path", "value"), [("dose-per-fraction", "Quantity"), ("fractions", "integer")])
def test_the_extensions_stand_on_orders(path: str, value: str) -> None:
    found = DOCUMENTS[f"StructureDefinition/{path}"]
    assert found["context"] == [{"type": "element", "expression": "ServiceRequest"}]
    elements = {one["path"]: one for one in found["differential"]["element"]}
    assert elements["Extension.url"]["fixedUri"] == found["url"]
    assert elements["Extension.value[x]"]["type"] == [{"code": value}]


SCORED = {
    "sins": (*spinal_lesion("T5"), *spinal_lesion("L4", {"spinal-pain": "pain-free"})),
    "mirels": tuple(femoral_lesion(LEFT, "limb-pain-none", "lesion-lytic", 80)),
}


@pytest.mark.parametrize(("score", "items"), [("sins", 6), ("mirels", 4)])
def test_what_is_given_out_keeps_to_its_profile(score: str, items: int) -> None:
    profile = DOCUMENTS[f"StructureDefinition/{score}-score"]
    assert profile["name"] == f"{score.capitalize()}Score"
    assert profile["type"] == "Observation"
    elements = profile["differential"]["element"]
    slices = [one for one in elements if one["path"] == "Observation.component.code"]
    assert len(slices) == items
    bundle = assessment_bundle(BOOK, assessed(*SCORED[score]), lambda key: key)
    listed = [entry["resource"] for entry in bundle["entry"]]
    found = [
        one
        for one in listed
        if one["resourceType"] == "Observation" and one["code"]["coding"][0]["code"] == score
    ]
    assert found
    for observation in found:
        keeps_to(observation, elements)
        for part in observation["component"]:
            assert sum(fits(part["code"], one["patternCodeableConcept"]) for one in slices) == 1


def keeps_to(observation: Json, elements: list[Json]) -> None:
    """The counts and patterns of the members of the Observation itself."""
    for element in elements:
        name = element["path"].removeprefix("Observation").removeprefix(".")
        if not name or "." in name or "sliceName" in element:
            continue
        names = [name]
        if name == "value[x]":
            names = [f"value{kind['code']}" for kind in element["type"]]
            assert [key for key in observation if key.startswith("value") and key not in names] == []
        held = [observation[one] for one in names if one in observation]
        count = len(held[0]) if held and isinstance(held[0], list) else len(held)
        assert count >= element.get("min", 0), name
        assert element.get("max", "*") == "*" or count <= int(element["max"]), name
        if "patternCodeableConcept" in element:
            assert fits(held[0], element["patternCodeableConcept"])


def fits(held: Any, pattern: Any) -> bool:
    """Whether a value holds everything that a pattern asks."""
    if isinstance(pattern, dict):
        return isinstance(held, dict) and all(fits(held.get(name), part) for name, part in pattern.items())
    if isinstance(pattern, list):
        return isinstance(held, list) and all(any(fits(one, part) for one in held) for part in pattern)
    return bool(held == pattern)


# -- what is served --------------------------------------------------------------------------------------


def test_the_statement_names_every_type_that_is_published() -> None:
    (statement,) = of_type("CapabilityStatement")
    (rest,) = statement["rest"]
    assert {one["type"] for one in rest["resource"]} == {key.partition("/")[0] for key in DOCUMENTS}
    for one in rest["resource"]:
        assert [interaction["code"] for interaction in one["interaction"]] == ["read", "search-type"]
        assert {parameter["name"] for parameter in one["searchParam"]} == {"url", "_id"}
    assert (statement["kind"], statement["fhirVersion"]) == ("instance", "4.0.1")
    assert statement["software"]["version"] == KNOWLEDGE.version
    assert "instantiates" not in statement


@pytest.mark.parametrize(("public", "url"), [(PUBLIC, f"{PUBLIC}/fhir"), (None, None)])
def test_the_statement_tells_an_address_only_where_there_is_one(public: str | None, url: str | None) -> None:
    statement = documents(BOOK, KNOWLEDGE, public)["CapabilityStatement/spine-mets-cds"]
    assert statement["implementation"].get("url") == url
    assert statement["implementation"]["description"].strip()


def test_every_definition_is_written_to_a_file_of_its_own(tmp_path: Any) -> None:
    directory = tmp_path / "made" / "here"
    assert write_documents(DOCUMENTS, directory) == len(DOCUMENTS)
    written = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in directory.iterdir()}
    assert written == {f"{key.replace('/', '-')}.json": document for key, document in DOCUMENTS.items()}
