"""Values of Observations that are codes, totals, or none."""

import pytest

from app.knowledge.findings import FINDINGS
from tests.fhir.records import (
    ANSWER,
    LOINC,
    SNOMED,
    Json,
    answer,
    assessed,
    component,
    concept,
    condition,
    gaps,
    observation,
    quantity,
    read,
    says,
    site,
)
from tests.fhir.values import only, recorded, set_aside

# -- coded answers ------------------------------------------------------------------------------------


def coded(*codings: tuple[str, str]) -> Json:
    return {"valueCodeableConcept": concept(*codings)}


@pytest.mark.parametrize("finding", [f.code for f in FINDINGS.values() if f.answers])
def test_every_answer_of_a_coded_finding_is_read(finding: str) -> None:
    for option in (*FINDINGS[finding].answer_labels, "indeterminate"):
        assert only(recorded(finding, option)).value == frozenset({option})


def test_several_codes_of_one_answer_say_it_once() -> None:
    value = coded((ANSWER, "lesion-lytic"), (SNOMED, "441684001"), ("https://a.example", "17"))
    assert only(recorded("bone-lesion-quality", value)).value == frozenset({"lesion-lytic"})


def test_two_answers_in_one_concept_are_both_possible() -> None:
    value = coded((ANSWER, "lesion-lytic"), (ANSWER, "lesion-mixed"))
    found = assessed(condition("c", "T11"), observation("o", "bone-lesion-quality", value, at="T11"))
    assert answer(found, "T11", "lesion").possible == ("lytic", "mixed")


def test_indeterminate_beside_an_answer_leaves_all_possible() -> None:
    value = coded((ANSWER, "lesion-lytic"), (ANSWER, "indeterminate"))
    assert only(recorded("bone-lesion-quality", value)).value == frozenset({"indeterminate"})


def test_indeterminate_is_recorded_and_leaves_every_option() -> None:
    found = assessed(condition("c", "T11"), observation("o", "spinal-pain", "indeterminate", at="T11"))
    given = answer(found, "T11", "pain")
    assert given.recorded
    assert given.possible == ("mechanical", "occasional", "none")
    assert [source.reference for source in given.sources] == ["Observation/o"]


@pytest.mark.parametrize(
    "value",
    [
        coded((ANSWER, "pain-severe")),
        coded((ANSWER, "lesion-lytic")),
        coded((LOINC, "pain-mechanical")),
        coded((ANSWER, "Pain-Mechanical")),
        {"valueCodeableConcept": {"coding": [{"code": "pain-mechanical"}]}},
        {"valueCodeableConcept": {"coding": [{"system": ANSWER}]}},
        {"valueCodeableConcept": {"coding": [{}]}},
        {"valueCodeableConcept": {"coding": []}},
        {"valueCodeableConcept": {"text": "mechanical"}},
        {"valueCodeableConcept": {}},
    ],
)
def test_an_unknown_answer_is_named(value: Json) -> None:
    assert "no code this service knows" in set_aside("spinal-pain", value)


@pytest.mark.parametrize("coding", [[{}], [{}, {"system": ANSWER}], []])
def test_empty_codings_beside_a_known_one_are_no_fault(coding: list[Json]) -> None:
    value = coded((ANSWER, "pain-mechanical"))
    value["valueCodeableConcept"]["coding"][:0] = coding
    assert only(recorded("spinal-pain", value)).value == frozenset({"pain-mechanical"})


@pytest.mark.parametrize(
    ("system", "code", "value", "finding"),
    [
        (LOINC, "21889-1", quantity(32, "mm"), "lesion-diameter"),
        (LOINC, "72514-3", quantity(7, "{score}"), "pain-score"),
        (LOINC, "38208-5", {"valueInteger": 7}, "pain-score"),
        (SNOMED, "1172399009", {"valueInteger": 7}, "pain-score"),
        (LOINC, "38214-3", quantity(7, "{score}"), "pain-visual-analogue-scale"),
    ],
)
def test_standard_codes_carry_a_finding(system: str, code: str, value: Json, finding: str) -> None:
    beside = concept(("https://a.example", "17"), (system, code), text="as the site calls it")
    assert only(read(observation("o", None, value, code=beside))).finding == finding


def test_faces_are_no_pain_scale() -> None:
    """LOINC 38221-8 is Wong-Baker FACES (fhir.md 1.3)."""
    faces = observation("o", None, {"valueInteger": 7}, code=concept((LOINC, "38221-8")))
    assert read(faces).entries == []


# -- what is no value, or two -------------------------------------------------------------------------

NUMBER, WORD = quantity(70), says("collapse-none")
UNSTRUCTURED = [
    {"valueString": "70 %"},
    {"valueBoolean": True},
    {"valueBoolean": "yes"},
]
OTHER_KINDS = [
    {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 3}}},
    {"valueDateTime": "2026-11-18"},
    {"valueTime": "10:00:00"},
    {"valuePeriod": {"start": "2026-11-18"}},
    {"valueSampledData": {"origin": {"value": 0}, "period": 10, "dimensions": 1}},
]


@pytest.mark.parametrize("value", [{}, {"dataAbsentReason": concept((LOINC, "unknown"))}])
@pytest.mark.parametrize("finding", ["spinal-pain", "vertebral-height-loss", "pain-score", "sins-total"])
def test_f21_a_missing_value_is_unknown_and_no_fault(finding: str, value: Json) -> None:
    record = recorded(finding, value)
    assert record.entries == []
    assert record.totals == []
    assert record.gaps == ()


def test_f21_a_quantity_without_a_number_is_unknown() -> None:
    assert recorded("vertebral-height-loss", {"valueQuantity": {"unit": "%"}}).entries == []


def test_f21_an_absent_value_is_never_normal() -> None:
    absent = {"dataAbsentReason": concept((LOINC, "not-performed"))}
    found = assessed(condition("c", "T11"), observation("o", "spinal-alignment", absent, at="T11"))
    assert not answer(found, "T11", "alignment").recorded
    assert answer(found, "T11", "alignment").possible == ("subluxation", "deformity", "normal")


@pytest.mark.parametrize(
    ("finding", "value"),
    [
        ("vertebral-collapse", WORD | NUMBER),
        ("vertebral-collapse", WORD | {"valueString": "none"}),
        ("vertebral-collapse", WORD | {"valueBoolean": False}),
        ("vertebral-height-loss", NUMBER | {"valueInteger": 20}),
        ("vertebral-height-loss", NUMBER | {"valueRange": {"low": {"value": 20, "code": "%"}}}),
        ("pain-score", {"valueInteger": 3} | quantity(8, "{score}")),
    ],
)
def test_two_values_are_named(finding: str, value: Json) -> None:
    assert "two values" in set_aside(finding, value)


@pytest.mark.parametrize(
    "value",
    [NUMBER, {"valueInteger": 1}, {"valueRange": {"low": {"value": 1, "code": "%"}}}, *UNSTRUCTURED],
)
def test_a_coded_finding_with_a_value_of_another_kind_is_named(value: Json) -> None:
    assert "coded answer" in set_aside("spinal-pain", value)


def test_a_quantity_with_a_coded_value_is_named() -> None:
    assert "UCUM unit %" in set_aside("vertebral-height-loss", WORD)


@pytest.mark.parametrize("value", UNSTRUCTURED)
def test_a_quantity_with_a_text_is_named(value: Json) -> None:
    set_aside("vertebral-height-loss", value)


@pytest.mark.parametrize("value", OTHER_KINDS)
@pytest.mark.parametrize("finding", ["spinal-pain", "cortical-destruction"])
def test_a_value_of_a_kind_that_is_not_read_is_named(finding: str, value: Json) -> None:
    set_aside(finding, value)


@pytest.mark.parametrize(
    "damage",
    [
        {"valueInteger": True},
        {"valueInteger": 7.5},
        {"valueInteger": "7"},
        {"valueQuantity": 7},
        {"valueQuantity": {"value": 7, "code": 1}},
        {"valueRange": {"low": 3}},
        {"valueCodeableConcept": "pain-mechanical"},
        {"valueCodeableConcept": {"coding": {"code": "x"}}},
    ],
)
def test_a_value_of_the_wrong_type_costs_its_observation_and_is_named(damage: Json) -> None:
    assert "wrong type" in set_aside("pain-score", damage)


# -- totals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [{"valueInteger": 14}, quantity(14, "{score}"), quantity(14, None)])
def test_a_ready_made_total_is_read(value: Json) -> None:
    record = recorded("sins-total", value)
    assert record.gaps == ()
    (total,) = record.totals
    assert (total.score, total.total) == ("sins", 14)


@pytest.mark.parametrize("value", [quantity(13.5, "{score}"), quantity(-3, None), quantity(1000, None)])
def test_a_total_that_is_no_whole_number_of_points_is_named(value: Json) -> None:
    record = recorded("sins-total", value)
    assert record.totals == []
    assert "whole number" in gaps(record, "observations")[0]


def test_a_total_stands_in_a_panel_beside_its_items() -> None:
    parts = [component("sins-total", {"valueInteger": 14}), component("spinal-pain", "pain-free")]
    record = read(observation("o", "sins", None, at="T11", component=parts))
    assert [total.total for total in record.totals] == [14]
    assert [entry.finding for entry in record.entries] == ["spinal-pain"]


# -- unknown members ----------------------------------------------------------------------------------


def test_j25_members_that_are_not_read_are_ignored() -> None:
    extra = {
        "__proto__": {"x": 1},
        "constructor": "x",
        "text": {"status": "generated", "div": "<div>…</div>"},
        "_status": {"extension": [{"url": "https://a.example/x", "valueCode": "y"}]},
        "extension": [{"url": "https://a.example/x", "extension": [{"url": "y", "valueInteger": 3}]}],
        "interpretation": [],
        "note": [{"text": "x"}],
        "performer": [{}],
    }
    assert only(read(observation("o", "spinal-pain", "pain-free", at="T11", **extra))).value == frozenset(
        {"pain-free"}
    )


@pytest.mark.parametrize(
    "empty",
    [
        {"component": []},
        {"hasMember": []},
        {"focus": []},
        {"contained": []},
        {"identifier": []},
        {"extension": []},
        {"modifierExtension": []},
        {"hasMember": [{}]},
        {"identifier": [{}]},
        {"bodySite": site("T11", extension=[])},
        {"component": [{"code": {"coding": [{}]}}]},
    ],
)
def test_empty_members_are_no_fault(empty: Json) -> None:
    assert only(read(observation("o", "spinal-pain", "pain-free", at="T11") | empty)).value == frozenset(
        {"pain-free"}
    )


@pytest.mark.parametrize(
    "modified",
    [
        {"modifierExtension": [{"url": "https://a.example/not", "valueBoolean": True}]},
        {"implicitRules": "https://a.example/rules"},
    ],
)
def test_f20_a_finding_with_an_unknown_modifier_is_set_aside_and_named(modified: Json) -> None:
    record = read(observation("o", "spinal-pain", "pain-free", at="T11", **modified))
    assert record.entries == []
    assert gaps(record, "observations") == ["Observation/o carries a modifier this service does not know."]
    assert record.unavailable == {"observations"}
