"""Odd FHIR content in prefetch (hardening F12 to F32): used, set aside and said, never a failure."""

from typing import Any

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import hook_request
from tests.cds_hooks.record import (
    ANSWER,
    OBSERVABLE,
    SNOMED,
    STABLE,
    VERTEBRAE,
    Json,
    coded,
    concept,
    condition,
    findings,
    focus,
    observation,
    operation_outcome,
    quantity,
    site_of,
    spinal_lesion,
)

RECORD = spinal_lesion("T11")
NOT_ALL = "Not everything could be checked"
# T11 with every finding at its best is 3; the collapse alone is left to the cases below.
OPEN = [
    condition("c", site=site_of(VERTEBRAE["T11"])),
    *findings("c", {name: answer for name, answer in STABLE.items() if name != "vertebral-collapse"}),
]


def collapse(**members: Any) -> list[Json]:
    return [*OPEN, observation("h", "vertebral-height-loss", None, focus=focus("c"), **members)]


async def totals(ehr: Ehr, resources: list[Json]) -> str:
    """The reachable totals as the summary of the only card tells them."""
    summary: str = (await ehr.card(resources))["summary"]
    return summary.partition("SINS ")[2].partition(" of 18")[0]


async def test_the_open_record_leaves_every_collapse_possible(ehr: Ehr) -> None:
    assert await totals(ehr, OPEN) == "3 to 6"
    assert await totals(ehr, collapse(**quantity(62))) == "6"


@pytest.mark.parametrize(
    "members",
    [
        {"category": concept("exam")},
        {"category": "exam"},
        {"code": concept("vertebral-height-loss", OBSERVABLE) | {"text": "x", "id": "y"}},
        {"performer": "Dr X"},
        {"referenceRange": {}},
        {"note": "x"},
        {"encounter": []},
        {"text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>"}},
        {"meta": {"security": [{"code": "R"}, {"code": "V"}]}},
        {"contained": [{"resourceType": "Practitioner", "id": "x"}, {"resourceType": "Gadget"}]},
        {"specimen": {"reference": "#x"}, "contained": []},
        {"medication": {"concept": {}}, "bodyStructure": {"reference": "BodyStructure/x"}},
    ],
)
@pytest.mark.conforms("R36", "R72")
async def test_f12_f13_f32_what_is_not_read_may_have_any_shape(ehr: Ehr, members: Json) -> None:
    assert await totals(ehr, collapse(**{**quantity(62), **members})) == "6"


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
async def test_f19_an_observation_that_was_withdrawn_says_nothing(ehr: Ehr, status: str) -> None:
    assert await totals(ehr, collapse(**quantity(62), status=status)) == "3 to 6"


@pytest.mark.parametrize("status", ["registered", "unknown", "", "Final", None, "draft"])
async def test_f19_an_observation_without_a_status_that_counts_says_nothing(
    ehr: Ehr, status: str | None
) -> None:
    assert await totals(ehr, collapse(**{**quantity(62), "status": status})) == "3 to 6"


@pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
async def test_f19_a_condition_that_was_refuted_is_no_lesion(ehr: Ehr, status: str) -> None:
    system = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    refuted = condition("c", site=site_of(VERTEBRAE["T11"]), verificationStatus=concept(status, system))
    assert await ehr.cards([refuted, *OPEN[1:]]) == []


@pytest.mark.parametrize("status", ["resolved", "remission", "inactive"])
async def test_f19_a_condition_that_is_over_is_shown_and_not_scored(ehr: Ehr, status: str) -> None:
    over = condition("c", site=site_of(VERTEBRAE["T11"]), clinicalStatus=concept(status))
    card = await ehr.card([over, *RECORD[1:]])
    assert card["summary"].startswith("T11: ")
    assert "not scored" in card["summary"]
    assert "SINS 1" not in card["summary"] + card["detail"]
    assert card["indicator"] == "info"


@pytest.mark.parametrize("modifier", [{"modifierExtension": [{"url": "x"}]}, {"implicitRules": "x"}])
@pytest.mark.parametrize("which", [0, 5])
async def test_f20_a_modifier_that_is_not_known_is_a_gap(ehr: Ehr, modifier: Json, which: int) -> None:
    changed = [r | modifier if n == which else r for n, r in enumerate(RECORD)]
    (card,) = await ehr.cards(changed)
    assert NOT_ALL in card["detail"] or card["summary"].endswith("not everything could be checked")


@pytest.mark.parametrize(
    "members",
    [
        {"dataAbsentReason": concept("unknown")},
        {"valueQuantity": {}},
        {"valueQuantity": {"unit": "%"}},
        {},
        {"valueCodeableConcept": {"coding": []}},
        {"valueQuantity": {"extension": [{"url": "data-absent-reason", "valueCode": "masked"}]}},
    ],
)
async def test_f21_no_value_is_unknown_and_never_normal(ehr: Ehr, members: Json) -> None:
    assert await totals(ehr, collapse(**members)) == "3 to 6"


@pytest.mark.parametrize(
    "value",
    [
        {"value": 62},
        {"value": 62, "unit": "percent"},
        {"value": 62, "unit": "mm", "code": "mm"},
        {"value": 0.62, "unit": "1", "code": "1"},
        {"value": 620, "unit": "%", "code": "%"},
        {"value": -5, "unit": "%", "code": "%"},
        {"value": 1e308, "unit": "%", "code": "%"},
        {"value": 62, "unit": "%", "comparator": "~"},
        {"value": 62, "unit": "%", "code": "mm", "system": "http://unitsofmeasure.org"},
    ],
)
async def test_f22_f24_a_unit_or_value_that_is_none_is_unknown(ehr: Ehr, value: Json) -> None:
    assert await totals(ehr, collapse(valueQuantity=value)) == "3 to 6"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"value": 62, "unit": "%"}, "6"),
        ({"value": 62, "code": "%"}, "6"),
        ({"value": 30, "unit": "%", "comparator": "<"}, "3, 4 or 5"),
        ({"value": 50, "unit": "%", "comparator": ">"}, "6"),
        ({"value": 0, "unit": "%"}, "3 or 4"),
        ({"value": 50, "unit": "%"}, "5 or 6"),
    ],
)
async def test_f22_a_quantity_says_what_it_leaves(ehr: Ehr, value: Json, expected: str) -> None:
    assert await totals(ehr, collapse(valueQuantity=value)) == expected


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("urn:oid:2.16.840.1.113883.6.96", "94222008"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "C79.51"),
        ("urn:oid:2.16.840.1.113883.6.90", "C79.51"),
    ],
)
async def test_f28_a_code_under_another_name_of_its_system(ehr: Ehr, system: str, code: str) -> None:
    lesion = condition("c-t11", site=site_of(VERTEBRAE["T11"])) | {"code": concept(code, system)}
    assert (await ehr.card([lesion, *RECORD[1:]]))["summary"].startswith("T11: SINS 18")


@pytest.mark.parametrize(
    "code",
    [
        {"text": "Secondary malignant neoplasm of bone"},
        {"coding": [{"display": "Secondary malignant neoplasm of bone", "code": "94222008"}]},
        {"coding": [{"system": "http://snomed.info/sct/x", "code": "94222008"}]},
        {"coding": [{"system": "https://example.org/problems", "code": "94222008"}]},
        {"coding": [{"system": SNOMED, "code": "94222008 "}]},
        {"coding": []},
        {},
    ],
)
async def test_f28_words_are_never_matched_and_no_lesion_is_made_up(ehr: Ehr, code: Json) -> None:
    lesion = condition("c-t11", site=site_of(VERTEBRAE["T11"])) | {"code": code}
    assert await ehr.cards([lesion, *RECORD[1:]]) == []


async def test_f29_references_that_turn_in_circles_end(ehr: Ehr) -> None:
    around = [
        observation("a", "sins", None, hasMember=[{"reference": "Observation/b"}]),
        observation("b", "sins", None, hasMember=[{"reference": "Observation/a"}]),
        observation("self", "sins", None, hasMember=[{"reference": "Observation/self"}]),
        observation(
            "in", "sins", None, contained=[observation("x", "sins", None)], focus=[{"reference": "#x"}]
        ),
        observation("foc", "spinal-pain", coded("pain-free"), focus=[{"reference": "Observation/foc"}]),
    ]
    assert (await ehr.card([*RECORD, *around]))["summary"].startswith("T11: ")


@pytest.mark.parametrize(
    "when",
    [
        "",
        "yesterday",
        "2026-13-01",
        "20261118",
        "2026-11-18T25:00:00Z",
        "0000-01-01",
        "9999-12-31T23:59:59Z",
        "2026-11-18 09:00",
    ],
)
async def test_a_date_that_is_none_or_in_the_future_does_not_count(ehr: Ehr, when: str) -> None:
    (card,) = await ehr.cards(collapse(**quantity(62), effectiveDateTime=when))
    assert "SINS 3 to 6" in card["summary"]


@pytest.mark.parametrize(
    "when", ["2026-11-18", "2026-11-18T09:00:00+14:00", "2026-11-18T09:00:00.123Z", "2026-11-18T09:00"]
)
async def test_a_date_may_be_written_in_every_way_records_do(ehr: Ehr, when: str) -> None:
    assert await totals(ehr, collapse(**quantity(62), effectiveDateTime=when)) == "6"


async def test_one_bad_entry_costs_itself_only(ehr: Ehr) -> None:
    request = hook_request(RECORD)
    entries = request["prefetch"]["observations"]["entry"]
    bad: list[Any] = [None, 5, "x", [], {}, {"resource": None}, {"resource": 5}, {"resource": []}]
    bad += [{"resource": {"resourceType": "Observation", "code": 5}}, {"fullUrl": 5}, {"search": "x"}]
    for position, entry in enumerate(bad):
        entries.insert(position, entry)
    (card,) = await ehr.cards_of(request)
    assert card["summary"].startswith("T11: SINS 18 of 18. Unstable")
    assert NOT_ALL in card["detail"]


@pytest.mark.parametrize("severity", ["error", "fatal"])
async def test_f15_an_outcome_beside_the_findings(ehr: Ehr, severity: str) -> None:
    request = hook_request(RECORD)
    request["prefetch"]["observations"]["entry"].append(
        {"resource": operation_outcome(severity), "search": {"mode": "outcome"}}
    )
    (card,) = await ehr.cards_of(request)
    assert f"{NOT_ALL}:** Observations" in card["detail"]


async def test_f27_500_conditions_and_2000_observations_are_answered(ehr: Ehr) -> None:
    many = [condition(f"c{n}", "38341003") for n in range(500)]
    many += [
        observation(f"o{n}", "spinal-pain", coded("pain-mechanical"), focus=focus("c-t11"))
        for n in range(2_000)
    ]
    assert (await ehr.card([*RECORD, *many]))["summary"].startswith("T11: SINS 18")


async def test_an_answer_of_another_finding_is_no_answer(ehr: Ehr) -> None:
    wrong = observation(
        "x", "spinal-pain", {"valueCodeableConcept": concept("lesion-lytic", ANSWER)}, focus=focus("c")
    )
    record = [OPEN[0], wrong, *OPEN[2:]]
    assert await totals(ehr, record) == "3 to 9"


OCCIPUT = "31640002"


@pytest.mark.parametrize(
    "lesion",
    [
        condition("c", "94250008", site_of(OCCIPUT)),
        condition("c", site={"coding": [*site_of(OCCIPUT)["coding"], *site_of(VERTEBRAE["C2"])["coding"]]}),
    ],
)
async def test_occiput_and_a_vertebra_named_together(ehr: Ehr, lesion: Json) -> None:
    (card,) = await ehr.cards([lesion])
    assert "SINS" in card["summary"]
