"""Vertebral augmentation: every rule on both sides of its edge, and what the rules allow (8.2, TC-48)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

import pytest

from app.engine.criteria import Effect, Given
from app.engine.quantity import Measured
from app.engine.question import Item
from app.engine.question import given as stated
from app.engine.reading import Interval, exactly
from app.knowledge import load
from app.knowledge.pathway import Pathway, PathwayResult
from app.knowledge.policy import Policy

PATHWAY = load(Policy()).pathways["augmentation"]
AT_1_8 = load(Policy.of({"AUG-EXC-4-inr-limit": "1.8"}, {})).pathways["augmentation"]
INDICATIONS = [f"AUG-IND-{n}" for n in range(1, 6)]
Value = str | tuple[str | None, str | None]
Inputs = Mapping[str, Value]


def given_as(inputs: Inputs, pathway: Pathway = PATHWAY) -> dict[str, Given]:
    """``yes``, ``yes|no``, a number as it is written, or the ends of a range."""
    kinds = {one.code: one for one in pathway.inputs}
    found: dict[str, Given] = {}
    for code, value in inputs.items():
        kind = kinds[code]
        if isinstance(kind, Item):
            assert isinstance(value, str)
            found[code] = stated(kind, value.split("|"))
        elif isinstance(value, str):
            found[code] = Measured((exactly(Decimal(value)),), recorded=True)
        else:
            low, high = (None if end is None else Fraction(end) for end in value)
            found[code] = Measured((Interval(low, high),), recorded=True)
    return found


def judge(inputs: Inputs, pathway: Pathway = PATHWAY) -> PathwayResult:
    return pathway.judge(given_as(inputs, pathway))


def statuses(result: PathwayResult) -> dict[str, str]:
    return {one.criterion.id: one.status.value for one in result.judged}


def met(inputs: Inputs, pathway: Pathway = PATHWAY) -> set[str]:
    return {rule for rule, status in statuses(judge(inputs, pathway)).items() if status == "met"}


# -- the edges of numbers ---------------------------------------------------------------------------------

# TC-48 and the boundaries of 8.2: value -> status of each rule named
AT_1_5_EDGES: list[tuple[Inputs, dict[str, str]]] = [
    ({"platelets": "49", "inr": "1.0"}, {"AUG-EXC-4": "met"}),
    ({"platelets": "49.9", "inr": "1.0"}, {"AUG-EXC-4": "met"}),
    ({"platelets": "50", "inr": "1.0", "wbc": "5"}, {"AUG-EXC-4": "unmet", "AUG-REL-1": "met"}),
    ({"platelets": "99", "inr": "1.0", "wbc": "5"}, {"AUG-EXC-4": "unmet", "AUG-REL-1": "met"}),
    ({"platelets": "99.9", "inr": "1.0", "wbc": "5"}, {"AUG-EXC-4": "unmet", "AUG-REL-1": "met"}),
    ({"platelets": "100", "inr": "1.0", "wbc": "5"}, {"AUG-EXC-4": "unmet", "AUG-REL-1": "unmet"}),
    ({"platelets": ("49", "50"), "inr": "1.0", "wbc": "5"},
     {"AUG-EXC-4": "unknown", "AUG-REL-1": "unknown"}),
    ({"platelets": ("50", "99"), "inr": "1.0", "wbc": "5"}, {"AUG-EXC-4": "unmet", "AUG-REL-1": "met"}),
    ({"platelets": ("50", "100"), "inr": "1.0", "wbc": "5"}, {"AUG-EXC-4": "unmet", "AUG-REL-1": "unknown"}),
    ({"platelets": "200", "inr": "1.5"}, {"AUG-EXC-4": "unmet"}),
    ({"platelets": "200", "inr": "1.6"}, {"AUG-EXC-4": "met"}),
    ({"platelets": "200", "inr": "1.8"}, {"AUG-EXC-4": "met"}),
    ({"platelets": "200", "inr": "1.9"}, {"AUG-EXC-4": "met"}),
    ({"platelets": "200", "inr": ("1.4", "1.6")}, {"AUG-EXC-4": "unknown"}),
    # One of the two is enough to defer, and only both of them are enough not to.
    ({"platelets": "49"}, {"AUG-EXC-4": "met"}),
    ({"inr": "1.6"}, {"AUG-EXC-4": "met"}),
    ({"platelets": "200"}, {"AUG-EXC-4": "unknown"}),
    ({"inr": "1.0"}, {"AUG-EXC-4": "unknown"}),
    ({"platelets": "200", "wbc": "2.5"}, {"AUG-REL-1": "unmet"}),
    ({"platelets": "200", "wbc": "2.4"}, {"AUG-REL-1": "met"}),
    ({"platelets": "200", "wbc": "2.49"}, {"AUG-REL-1": "met"}),
    ({"wbc": "2.4"}, {"AUG-REL-1": "met"}),
    ({"wbc": "2.5"}, {"AUG-REL-1": "unknown"}),
    ({"lesions_to_treat": "4", "levels_in_session": "3"}, {"AUG-REL-5": "unmet"}),
    ({"lesions_to_treat": "5", "levels_in_session": "3"}, {"AUG-REL-5": "met"}),
    ({"lesions_to_treat": "4", "levels_in_session": "4"}, {"AUG-REL-5": "met"}),
    ({"lesions_to_treat": "4"}, {"AUG-REL-5": "unknown"}),
    ({"levels_in_session": "4"}, {"AUG-REL-5": "met"}),
    ({"pain_score": "4"}, {"CHEN-INC-3": "unmet"}),
    ({"pain_score": "4.1"}, {"CHEN-INC-3": "met"}),
    ({"pain_score": "5"}, {"CHEN-INC-3": "met"}),
    ({"life_expectancy_over_3_months": "yes", "age": "60", "ecog": "2"}, {"AUG-REL-6": "unmet"}),
    ({"life_expectancy_over_3_months": "yes", "age": "60", "ecog": "3"}, {"AUG-REL-6": "met"}),
    ({"life_expectancy_over_3_months": "yes", "age": "17", "ecog": "2"}, {"AUG-REL-6": "met"}),
    ({"life_expectancy_over_3_months": "yes", "age": "18", "ecog": "2"}, {"AUG-REL-6": "unmet"}),
    ({"life_expectancy_over_3_months": "yes", "age": "80", "ecog": "2"}, {"AUG-REL-6": "unmet"}),
    ({"life_expectancy_over_3_months": "yes", "age": "81", "ecog": "2"}, {"AUG-REL-6": "met"}),
    ({"life_expectancy_over_3_months": "yes", "age": ("80", "81"), "ecog": "2"}, {"AUG-REL-6": "unknown"}),
    # Three months exactly are no longer than three months.
    ({"life_expectancy_over_3_months": "no", "age": "60", "ecog": "2"}, {"AUG-REL-6": "met"}),
    ({"age": "60", "ecog": "2"}, {"AUG-REL-6": "unknown"}),
    ({"age": "81"}, {"AUG-REL-6": "met"}),
    ({"ecog": "3"}, {"AUG-REL-6": "met"}),
    ({"sins_maximum": "6"}, {"AUG-EXC-8": "unmet", "INC-40": "unmet"}),
    ({"sins_maximum": "7"}, {"AUG-EXC-8": "unmet", "INC-40": "met"}),
    ({"sins_maximum": "12"}, {"AUG-EXC-8": "unmet", "INC-40": "met"}),
    ({"sins_maximum": "13"}, {"AUG-EXC-8": "met", "INC-40": "unmet"}),
    # SINS {11, 13, 15}: an unstable total is reachable.
    ({"sins_minimum": "11", "sins_maximum": "15"}, {"AUG-EXC-8": "met", "INC-40": "unmet"}),
    ({}, {"AUG-EXC-8": "unknown", "INC-40": "unknown", "AUG-EXC-4": "unknown", "AUG-REL-6": "unknown"}),
]  # fmt: skip
# INR at a site's limit of 1.8: EXC-4, REL-2
AT_1_8_EDGES = [
    ("1.5", "unmet", "unmet"),
    ("1.51", "unmet", "met"),
    ("1.6", "unmet", "met"),
    ("1.8", "unmet", "met"),
    ("1.81", "met", "unmet"),
    ("1.9", "met", "unmet"),
]


@pytest.mark.parametrize(("inputs", "expected"), AT_1_5_EDGES, ids=lambda value: str(value)[:80])
def test_a_number_on_both_sides_of_its_edge(inputs: Inputs, expected: dict[str, str]) -> None:
    found = statuses(judge(inputs))
    assert {rule: found[rule] for rule in expected} == expected
    assert "AUG-REL-2" not in found


@pytest.mark.parametrize(("inr", "deferred", "relative"), AT_1_8_EDGES)
def test_tc_48_the_inr_at_a_site_that_raised_its_limit(inr: str, deferred: str, relative: str) -> None:
    found = statuses(judge({"platelets": "200", "inr": inr}, AT_1_8))
    assert (found["AUG-EXC-4"], found["AUG-REL-2"]) == (deferred, relative)


def test_tc_48_platelets_do_not_ask_for_the_limit_of_the_inr() -> None:
    for pathway in (PATHWAY, AT_1_8):
        found = [
            {"AUG-EXC-4", "AUG-REL-1"} & met({"platelets": count, "inr": "1.0", "wbc": "5"}, pathway)
            for count in ("49", "50", "99", "100")
        ]
        assert found == [{"AUG-EXC-4"}, {"AUG-REL-1"}, {"AUG-REL-1"}, set()]


def test_the_limit_is_told_in_the_rule() -> None:
    for pathway, limit in ((PATHWAY, "above 1.5"), (AT_1_8, "above 1.8")):
        assert pathway.criteria is not None
        (rule,) = [one for one in pathway.criteria.rules if one.id == "AUG-EXC-4"]
        assert limit in rule.text


# -- yes or no --------------------------------------------------------------------------------------------

YES_NO = [
    ("AUG-EXC-1", "cord_compression", Effect.ABSOLUTE),
    ("AUG-EXC-2", "epidural_contact", Effect.ABSOLUTE),
    ("AUG-EXC-3", "infection", Effect.ABSOLUTE),
    ("AUG-EXC-5", "active_bleeding", Effect.ABSOLUTE),
    ("AUG-EXC-6", "cement_allergy", Effect.ABSOLUTE),
    ("AUG-EXC-7", "complete_destruction", Effect.STUDY),
    ("AUG-REL-3", "posterior_arch", Effect.RELATIVE),
    ("AUG-PW-4", "cord_compressed_on_imaging", Effect.CONTEXT),
    ("AUG-DENO", "denosumab", Effect.CONTEXT),
]


@pytest.mark.parametrize(("rule", "code", "effect"), YES_NO)
def test_a_rule_of_one_question(rule: str, code: str, effect: Effect) -> None:
    for value, expected in (("yes", "met"), ("no", "unmet"), ("yes|no", "unknown"), (None, "unknown")):
        result = judge({} if value is None else {code: value})
        (found,) = [one for one in result.judged if one.criterion.id == rule]
        assert (found.status, found.criterion.effect) == (expected, effect)


RELATIVE_4 = [
    ("yes", None, "met"),
    (None, "yes", "met"),
    ("no", "yes", "met"),
    ("no", "no", "unmet"),
    ("no", None, "unknown"),
    (None, "no", "unknown"),
]
# wall disrupted, epidural disease -> PW-1, PW-2, PW-3
WALL = [
    ("no", "no", "met unmet unmet"),
    ("no", "yes", "met unmet unmet"),
    ("no", None, "met unmet unmet"),
    ("yes", "no", "unmet met unmet"),
    ("yes", "yes", "unmet unmet met"),
    ("yes", None, "unmet unknown unknown"),
    (None, "yes", "unknown unmet unknown"),
    (None, "no", "unknown unknown unmet"),
    (None, None, "unknown unknown unknown"),
]


@pytest.mark.parametrize(("hypertension", "surgery", "expected"), RELATIVE_4)
def test_hypertension_or_major_surgery(hypertension: str | None, surgery: str | None, expected: str) -> None:
    inputs = {"uncontrolled_hypertension": hypertension, "major_surgery_within_30_days": surgery}
    found = statuses(judge({code: value for code, value in inputs.items() if value is not None}))
    assert found["AUG-REL-4"] == expected


@pytest.mark.parametrize(("wall", "epidural", "expected"), WALL)
def test_the_posterior_wall_with_and_without_epidural_disease(
    wall: str | None, epidural: str | None, expected: str
) -> None:
    inputs = {"posterior_wall_disrupted": wall, "epidural_disease": epidural}
    found = statuses(judge({code: value for code, value in inputs.items() if value is not None}))
    assert " ".join(found[f"AUG-PW-{n}"] for n in (1, 2, 3)) == expected


def test_what_is_said_of_every_lesion() -> None:
    assert {"AUG-MDT", "AUG-FXAGE", "AUG-PRO-2"} <= met({})


XU: Inputs = {
    "osteoblastic": "yes",
    "radiotherapy_given_or_awaited": "yes",
    "life_expectancy_over_3_months": "yes",
    "age": "80",
}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, "met"),
        ({"age": "18"}, "met"),
        ({"age": "81"}, "unmet"),
        ({"age": "17"}, "unmet"),
        ({"osteoblastic": "no"}, "unmet"),
        ({"radiotherapy_given_or_awaited": "yes|no"}, "unknown"),
        ({"life_expectancy_over_3_months": "no"}, "unmet"),
    ],
)
def test_like_the_patients_of_the_osteoblastic_series(other: Inputs, expected: str) -> None:
    assert statuses(judge({**XU, **other}))["TRIAL-XU"] == expected


# -- AUG-EXC-8: where an unstable spine is reachable, no indication holds -----------------------------------

EVERY_INDICATION: Inputs = {f"indication_{n}": "yes" for n in range(1, 6)}
# lowest, highest SINS -> status of every indication, AUG-EXC-8
UNSTABLE_REACHABLE = [
    (None, "6", "met", "unmet"),
    (None, "12", "met", "unmet"),
    (None, "13", "unmet", "met"),
    ("11", "15", "unmet", "met"),
    ("7", "12", "met", "unmet"),
    (None, None, "unknown", "unknown"),
    # The lowest alone says only that the highest is not below it.
    ("5", None, "unknown", "unknown"),
    ("12", None, "unknown", "unknown"),
    ("13", None, "unmet", "met"),
    ("18", None, "unmet", "met"),
]


@pytest.mark.parametrize(("lowest", "highest", "indications", "unstable"), UNSTABLE_REACHABLE)
def test_aug_exc_8_suppresses_every_indication(
    lowest: str | None, highest: str | None, indications: str, unstable: str
) -> None:
    bounds = {"sins_minimum": lowest, "sins_maximum": highest}
    inputs = {**EVERY_INDICATION, **{code: end for code, end in bounds.items() if end is not None}}
    result = judge(inputs)
    found = statuses(result)
    assert {found[rule] for rule in INDICATIONS} == {indications}
    assert found["AUG-EXC-8"] == unstable
    assert set(result.missing).isdisjoint(code for code, end in bounds.items() if end is not None)
    assert {code for code, end in bounds.items() if end is None} <= set(result.missing)


@pytest.mark.parametrize("number", range(1, 6))
def test_an_indication_is_only_its_own(number: int) -> None:
    found = met({f"indication_{number}": "yes", "sins_maximum": "6"})
    assert found & set(INDICATIONS) == {f"AUG-IND-{number}"}


@pytest.mark.parametrize(
    ("lowest", "highest", "contradicts"),
    [("13", "12", True), ("18", "0", True), ("12", "12", False), ("11", "15", False), (None, "6", False),
     ("13", None, False)],
)  # fmt: skip
def test_the_lowest_sins_is_not_above_the_highest(
    lowest: str | None, highest: str | None, contradicts: bool
) -> None:
    bounds = {"sins_minimum": lowest, "sins_maximum": highest}
    given = given_as({code: end for code, end in bounds.items() if end is not None})
    found = PATHWAY.contradiction(given)
    assert (found is not None) == contradicts
    if found is not None:
        assert found[0] == "sins_minimum"
        assert "sins_maximum" in found[1]


# -- suitability --------------------------------------------------------------------------------------------

CLEAR: Inputs = {
    **dict.fromkeys(
        (
            "cord_compression",
            "epidural_contact",
            "infection",
            "active_bleeding",
            "cement_allergy",
            "posterior_arch",
            "uncontrolled_hypertension",
            "major_surgery_within_30_days",
            "posterior_wall_disrupted",
        ),
        "no",
    ),
    "platelets": "200",
    "inr": "1.0",
    "wbc": "5",
    "lesions_to_treat": "1",
    "levels_in_session": "1",
    "indication_1": "yes",
    "sins_maximum": "6",
}
OPEN = "left out"
SUITABLE: list[tuple[str, Inputs, str]] = [
    ("an indication, and nothing against", {}, "eligible"),
    ("SINS up to 12", {"sins_maximum": "12"}, "eligible"),
    ("never studied, no prohibition: ECOG 4, aged 90", {"ecog": "4", "age": "90"}, "eligible"),
    ("a study's exclusion is no prohibition", {"complete_destruction": "yes"}, "eligible"),
    ("an absolute contraindication", {"infection": "yes"}, "contraindicated"),
    ("and another unknown", {"infection": "yes", "cord_compression": OPEN}, "contraindicated"),
    ("and a value to correct", {"infection": "yes", "platelets": "30"}, "contraindicated"),
    ("platelets below 50", {"platelets": "49"}, "defer"),
    ("platelets below 50, compression unknown", {"platelets": "49", "cord_compression": OPEN}, "defer"),
    ("INR above the limit", {"inr": "1.6"}, "defer"),
    ("an absolute unknown", {"cement_allergy": OPEN}, "undetermined"),
    ("an absolute unknown, a relative met", {"cement_allergy": OPEN, "posterior_arch": "yes"},
     "undetermined"),
    ("INR not recorded", {"inr": OPEN}, "undetermined"),
    ("platelets between 49 and 51", {"platelets": ("49", "51")}, "undetermined"),
    ("platelets from 50 to below 100", {"platelets": "50"}, "caution"),
    ("five lesions", {"lesions_to_treat": "5"}, "caution"),
    ("wall disrupted without epidural disease", {"posterior_wall_disrupted": "yes", "epidural_disease": "no"},
     "caution"),
    ("wall disrupted with epidural disease", {"posterior_wall_disrupted": "yes", "epidural_disease": "yes"},
     "caution"),
    ("a relative and no indication", {"posterior_arch": "yes", "indication_1": OPEN}, "caution"),
    ("a relative unknown", {"wbc": OPEN}, "undetermined"),
    ("no indication", {"indication_1": "no"}, "undetermined"),
    ("an indication unknown", {"indication_1": OPEN}, "undetermined"),
    ("an unstable spine is reachable", {"sins_maximum": "13"}, "undetermined"),
    ("SINS not recorded", {"sins_maximum": OPEN}, "undetermined"),
    ("only the lowest SINS", {"sins_maximum": OPEN, "sins_minimum": "7"}, "undetermined"),
]  # fmt: skip


def with_changes(changes: Inputs) -> Inputs:
    return {code: value for code, value in {**CLEAR, **changes}.items() if value != OPEN}


@pytest.mark.parametrize(
    ("changes", "expected"), [pytest.param(changes, found, id=name) for name, changes, found in SUITABLE]
)
def test_suitability(changes: Inputs, expected: str) -> None:
    result = judge(with_changes(changes))
    assert result.suitability == expected
    assert result.settled == (expected != "undetermined")


def test_an_inr_within_a_raised_limit_is_a_caution() -> None:
    assert judge(with_changes({"inr": "1.6"}), AT_1_8).suitability == "caution"
    assert judge(with_changes({"inr": "1.5"}), AT_1_8).suitability == "eligible"
    assert judge(with_changes({"inr": "1.9"}), AT_1_8).suitability == "defer"


def test_nothing_recorded_is_undetermined_and_everything_is_missing() -> None:
    result = judge({})
    assert result.suitability == "undetermined"
    assert set(result.missing) == {one.code for one in PATHWAY.inputs}


# what is left open -> what alone could settle it
SETTLING: list[tuple[str, Inputs, Iterable[str]]] = [
    ("nothing is open", {}, []),
    ("one contraindication", {"infection": OPEN}, ["infection"]),
    ("a relative reason", {"wbc": OPEN}, ["wbc"]),
    ("the INR, which can only settle it", {"inr": OPEN}, ["inr"]),
    ("platelets near both edges", {"platelets": OPEN}, ["platelets"]),
    ("no indication", {"indication_1": "no"}, [f"indication_{n}" for n in range(2, 6)]),
]


@pytest.mark.parametrize(
    ("changes", "expected"), [pytest.param(changes, found, id=name) for name, changes, found in SETTLING]
)
def test_would_settle(changes: Inputs, expected: list[str]) -> None:
    assert list(judge(with_changes(changes)).would_settle) == list(expected)


def test_each_of_two_open_contraindications_would_settle_it() -> None:
    found = judge(with_changes({"infection": OPEN, "cord_compression": OPEN})).would_settle
    assert {"infection", "cord_compression"} <= set(found)


def test_every_rule_has_a_source_and_a_text_of_its_own() -> None:
    assert PATHWAY.criteria is not None
    texts = [rule.text for rule in PATHWAY.criteria.rules]
    assert len(set(texts)) == len(texts)
    assert all(rule.cites for rule in PATHWAY.criteria.rules)
