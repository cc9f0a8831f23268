"""Values of Observations: units, numbers, comparators, ranges, codes, and everything that is none."""

from fractions import Fraction

import pytest

from app.assess.record import Entry, Record
from app.engine.reading import Interval
from app.knowledge.findings import FINDINGS
from tests.fhir.records import (
    ANSWER,
    LOINC,
    READER,
    SNOMED,
    UCUM,
    Json,
    answer,
    assessed,
    bundle,
    component,
    concept,
    condition,
    gaps,
    observation,
    patient,
    quantity,
    read,
    says,
    site,
)


def recorded(finding: str, value: Json | str | None) -> Record:
    return read(observation("o", finding, value, at="T11"))


def only(record: Record) -> Entry:
    assert record.gaps == ()
    (found,) = record.entries
    return found


def interval(finding: str, value: Json) -> Interval:
    found = only(recorded(finding, value)).value
    assert isinstance(found, Interval)
    return found


def bounds(found: Interval) -> tuple[Fraction | int | None, ...]:
    return (found.low, found.high)


def set_aside(finding: str, value: Json | str | None) -> str:
    """Why a value is set aside: nothing of it counts, and one gap names it."""
    record = recorded(finding, value)
    assert record.entries == []
    (reason,) = gaps(record, "observations")
    assert reason.startswith("Observation/o")
    return reason


def written(finding: str, number: str) -> Record:
    """A record whose percentage is written with exactly these digits."""
    held = observation("o", finding, quantity(918273), at="T11")
    return READER.bundle(bundle([patient(), held]).replace(b"918273", number.encode()))


# -- quantities ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("finding", "value", "ends"),
    [
        ("lesion-diameter", quantity(32, "mm"), (32, 32)),
        ("lesion-diameter", quantity(3.2, "cm"), (32, 32)),
        ("distance-to-neural-structure", quantity(1, "cm"), (10, 10)),
        ("axial-cortical-involvement", quantity(30, "mm"), (30, 30)),
        ("axial-cortical-involvement", quantity(3, "cm"), (30, 30)),
        ("vertebral-height-loss", quantity(0), (0, 0)),
        ("vertebral-height-loss", quantity(100), (100, 100)),
        ("circumferential-cortical-involvement", quantity(50), (50, 50)),
        ("lesion-attenuation", quantity(-50, "[hnsf'U]"), (-50, -50)),
        ("pain-score", quantity(7, "{score}"), (7, 7)),
        ("pain-score", quantity(7, "1"), (7, 7)),
        ("pain-score", quantity(7, None), (7, 7)),
        ("pain-score", {"valueInteger": 7}, (7, 7)),
        ("pain-visual-analogue-scale", quantity(70, "mm"), (7, 7)),
        ("pain-visual-analogue-scale", quantity(7, "cm"), (7, 7)),
        ("pain-visual-analogue-scale", quantity(7, "{score}"), (7, 7)),
        ("pain-visual-analogue-scale", {"valueInteger": 7}, (7, 7)),
    ],
)
def test_con_4_a_unit_is_converted(finding: str, value: Json, ends: tuple[int, int]) -> None:
    found = interval(finding, value)
    assert bounds(found) == ends


@pytest.mark.parametrize(
    ("finding", "value"),
    [
        ("vertebral-height-loss", quantity(70, None)),
        ("vertebral-height-loss", quantity(70, "mm")),
        ("vertebral-height-loss", quantity(0.7, "1")),
        ("vertebral-height-loss", {"valueInteger": 70}),
        ("lesion-diameter", quantity(3, None)),
        ("lesion-diameter", quantity(3, "[in_i]")),
        ("lesion-diameter", quantity(3, "%")),
        ("lesion-diameter", quantity(3, "MM")),
        ("pain-score", quantity(70, "mm")),
        ("pain-score", quantity(7, "%")),
        ("lesion-attenuation", quantity(50, None)),
    ],
)
def test_con_4_a_missing_or_unknown_unit_is_unknown_and_named(finding: str, value: Json) -> None:
    assert "unit" in set_aside(finding, value)


def test_con_4_a_unit_of_another_system_is_read_by_its_text() -> None:
    local = {"value": 3, "unit": "cm", "system": "https://a.example/units", "code": "17"}
    assert interval("lesion-diameter", {"valueQuantity": local}).low == 30


def test_con_4_the_ucum_code_wins_over_the_text() -> None:
    both = {"value": 3, "unit": "centimetres", "system": UCUM, "code": "cm"}
    assert interval("lesion-diameter", {"valueQuantity": both}).low == 30


def test_con_4_a_text_of_the_unit_alone_is_enough() -> None:
    assert interval("lesion-diameter", {"valueQuantity": {"value": 3, "unit": "cm"}}).low == 30


@pytest.mark.parametrize(
    ("finding", "value"),
    [
        ("vertebral-height-loss", quantity(-1)),
        ("vertebral-height-loss", quantity(100.1)),
        ("vertebral-height-loss", quantity(-5, comparator="<")),
        ("vertebral-height-loss", quantity(0, comparator="<")),
        ("vertebral-height-loss", quantity(100, comparator=">")),
        ("vertebral-height-loss", quantity(101, comparator=">=")),
        ("lesion-diameter", quantity(501, "mm")),
        ("lesion-diameter", quantity(51, "cm")),
        ("pain-score", quantity(11, "{score}")),
        ("pain-score", quantity(70, None)),
        ("pain-score", {"valueInteger": -1}),
        ("pain-score", {"valueInteger": 100}),
        ("pain-visual-analogue-scale", quantity(101, "mm")),
        ("pain-visual-analogue-scale", quantity(70, "{score}")),
    ],
)
def test_f24_an_implausible_number_is_set_aside_and_named(finding: str, value: Json) -> None:
    assert "is outside" in set_aside(finding, value)


@pytest.mark.parametrize("number", ["1e308", "-1e308", "1e-300", "123456789012345678901234567890"])
def test_f24_a_number_of_no_measurement_never_counts(number: str) -> None:
    record = written("vertebral-height-loss", number)
    assert record.entries == []
    assert gaps(record, "observations")


@pytest.mark.parametrize(
    ("number", "value", "decimals"),
    [
        ("33", 33, 0),
        ("33.0", 33, 1),
        ("33.30", Fraction(333, 10), 2),
        ("5e1", 50, 0),
        ("50.000000000000000000001", 50 + Fraction(1, 10**21), 21),
    ],
)
def test_a_number_keeps_the_digits_with_which_it_is_written(
    number: str, value: Fraction, decimals: int
) -> None:
    (entry,) = written("cortical-destruction", number).entries
    assert isinstance(entry.value, Interval)
    assert bounds(entry.value) == (value, value)
    assert entry.value.decimals == decimals


@pytest.mark.parametrize("text", ["70", " 70", "7_0", "NaN", "Infinity"])
def test_a_text_is_no_number(text: str) -> None:
    record = recorded("vertebral-height-loss", quantity(text))
    assert record.entries == []
    assert gaps(record, "observations")


@pytest.mark.parametrize(
    ("comparator", "ends", "closed"),
    [
        ("<", (0, 50), (True, False)),
        ("<=", (0, 50), (True, True)),
        (">=", (50, 100), (True, True)),
        (">", (50, 100), (False, True)),
    ],
)
def test_gen_6_a_comparator_leaves_a_stretch_of_the_scale(
    comparator: str, ends: tuple[int, int], closed: tuple[bool, bool]
) -> None:
    found = interval("vertebral-height-loss", quantity(50, comparator=comparator))
    assert bounds(found) == ends
    assert (found.low_closed, found.high_closed) == closed
    assert found.text == f"{comparator} 50 %"


@pytest.mark.parametrize(
    ("comparator", "options"),
    [
        ("<", ("under-50", "involved-over-50", "none")),
        ("<=", ("over-50", "under-50", "involved-over-50", "none")),
        (">=", ("over-50", "under-50")),
        (">", ("over-50",)),
    ],
)
def test_sins_e1_a_comparator_at_the_edge_leaves_its_side(comparator: str, options: tuple[str, ...]) -> None:
    loss = observation("o", "vertebral-height-loss", quantity(50, comparator=comparator), at="T11")
    assert answer(assessed(condition("c", "T11"), loss), "T11", "collapse").possible == options


@pytest.mark.parametrize("comparator", ["ad", "~", "=", "", "≥"])
def test_a_comparator_that_r4_does_not_know_is_named(comparator: str) -> None:
    assert "comparator" in set_aside("vertebral-height-loss", quantity(50, comparator=comparator))


@pytest.mark.parametrize(
    ("span", "ends"),
    [
        ({"low": {"value": 20, "code": "%"}, "high": {"value": 40, "code": "%"}}, (20, 40)),
        ({"low": {"value": 20, "code": "%"}}, (20, 100)),
        ({"high": {"value": 40, "code": "%"}}, (0, 40)),
        ({"low": {"value": 50, "code": "%"}, "high": {"value": 50.0, "code": "%"}}, (50, 50)),
    ],
)
def test_a_range_leaves_everything_in_it(span: Json, ends: tuple[int, int]) -> None:
    found = interval("vertebral-height-loss", {"valueRange": span})
    assert bounds(found) == ends


def test_a_range_may_change_its_unit() -> None:
    span = {"low": {"value": 8, "code": "mm"}, "high": {"value": 2, "code": "cm"}}
    found = interval("lesion-diameter", {"valueRange": span})
    assert bounds(found) == (8, 20)


@pytest.mark.parametrize(
    ("span", "why"),
    [
        ({"low": {"value": 40, "code": "%"}, "high": {"value": 20, "code": "%"}}, "ends before it begins"),
        ({"low": {"value": 40, "code": "mm"}, "high": {"value": 60, "code": "mm"}}, "unit"),
        ({"low": {"value": 40}, "high": {"value": 60}}, "unit"),
        ({"low": {"value": 40, "code": "%"}, "high": {"value": 160, "code": "%"}}, "is outside"),
    ],
)
def test_a_range_that_cannot_be_is_named(span: Json, why: str) -> None:
    assert why in set_aside("vertebral-height-loss", {"valueRange": span})


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
