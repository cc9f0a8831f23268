"""Sclerotic lesion: worked case 40, both sides of the threshold, and what a record answers."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product

import pytest

from app.engine.provenance import Age
from app.engine.quantity import Measured
from app.engine.question import Answer
from app.engine.reading import Fact
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Case, Patient
from app.knowledge.policy import Policy
from app.knowledge.sclerotic_lesion import pathway
from tests.knowledge.pathway_statuses import Values, by_brute_force, judged, read

PATHWAY = pathway(Policy())
UNTREATED: Values = {"sclerotic": "yes", "untreated": "yes"}
SAMPLES = {"mean_attenuation": [Fraction(n) for n in (-100, 884, 885, 886, 2000)]}
Make = Callable[..., Lesion]


@pytest.mark.parametrize(
    ("values", "below", "above", "treated"),
    [
        ({**UNTREATED, "mean_attenuation": 700}, "met", "unmet", "unmet"),
        ({**UNTREATED, "mean_attenuation": Fraction("884.9")}, "met", "unmet", "unmet"),
        ({**UNTREATED, "mean_attenuation": 885}, "unknown", "unknown", "unmet"),
        ({**UNTREATED, "mean_attenuation": Fraction("885.1")}, "unmet", "met", "unmet"),
        (UNTREATED, "unknown", "unknown", "unmet"),
        ({"sclerotic": "yes", "untreated": "no", "mean_attenuation": 700}, "unmet", "unmet", "met"),
        ({"sclerotic": "yes", "mean_attenuation": 700}, "unknown", "unmet", "unknown"),
        ({"sclerotic": "no", "untreated": "yes", "mean_attenuation": 700}, "unmet", "unmet", "unmet"),
        ({"untreated": "yes", "mean_attenuation": 700}, "unknown", "unmet", "unmet"),
    ],
)
def test_case_40_and_both_sides_of_the_threshold(
    values: Values, below: str, above: str, treated: str
) -> None:
    found = judged(PATHWAY, values)
    assert (found["IMG-1"], found["IMG-1-above"], found["IMG-R1"]) == (below, above, treated)


def test_everything_is_information_and_nothing_reassures() -> None:
    assert PATHWAY.criteria is not None
    assert {rule.effect.value for rule in PATHWAY.criteria.rules} == {"context"}
    assert PATHWAY.judge({}).suitability is None
    texts = {rule.id: rule.text for rule in PATHWAY.criteria.rules}
    assert "does not exclude a metastasis" in texts["IMG-1-above"]
    assert "Information only" in texts["IMG-1"]
    assert "not used with a cancer on record" in texts["TAD-IMG-2"]


def test_partial_inputs_are_judged_as_every_completion_is() -> None:
    for sclerotic, untreated, number in product(
        ("yes", "no", None), ("yes", "no", None), (*SAMPLES["mean_attenuation"], None)
    ):
        stated = {"sclerotic": sclerotic, "untreated": untreated, "mean_attenuation": number}
        values = {code: value for code, value in stated.items() if value is not None}
        assert judged(PATHWAY, values) == by_brute_force(PATHWAY, values, SAMPLES)


@pytest.mark.parametrize(
    ("record", "code", "possible"),
    [
        ({"bone-lesion-quality": "lesion-blastic"}, "sclerotic", {"yes"}),
        ({"bone-lesion-quality": "lesion-lytic"}, "sclerotic", {"no"}),
        ({"bone-lesion-quality": "lesion-mixed"}, "sclerotic", {"yes", "no"}),
        ({"prior-radiation": "present"}, "untreated", {"no"}),
        ({"earlier-ablation": "present"}, "untreated", {"no"}),
        ({"earlier-cement": "present"}, "untreated", {"no"}),
        ({"post-treatment-change": "present"}, "untreated", {"no"}),
        # No local treatment is not no treatment: systemic treatment is not among the findings.
        ({"prior-radiation": "absent", "earlier-ablation": "absent", "earlier-cement": "absent",
          "post-treatment-change": "absent"}, "untreated", {"yes", "no"}),
        ({"prior-radiation": "absent", "earlier-ablation": "present"}, "untreated", {"no"}),
        ({}, "untreated", {"yes", "no"}),
    ],
)  # fmt: skip
def test_what_the_record_answers(
    record: Mapping[str, str], code: str, possible: set[str], lesion: Make
) -> None:
    answer = PATHWAY.judge(PATHWAY.read(Case(lesion("T10", record), Patient()))).given[code]
    assert isinstance(answer, Answer)
    assert set(answer.possible) == possible


def test_a_record_alone_never_says_that_the_threshold_applies(lesion: Make) -> None:
    record = {
        "bone-lesion-quality": "lesion-blastic", "lesion-attenuation": "700", "prior-radiation": "absent",
    }  # fmt: skip
    found = read(PATHWAY, Case(lesion("T10", record), Patient()))
    assert (found["IMG-1"], found["IMG-1-above"]) == ("unknown", "unmet")


def test_a_stale_attenuation_does_not_count(lesion: Make, fact: Callable[..., Fact]) -> None:
    record = {"lesion-attenuation": [fact("lesion-attenuation", "700", age=Age.STALE)]}
    value = PATHWAY.judge(PATHWAY.read(Case(lesion("T10", record), Patient()))).given["mean_attenuation"]
    assert isinstance(value, Measured)
    assert not value.recorded
    assert value.unused


def test_where_it_applies(lesion: Make) -> None:
    for place, osteoporotic, applies in (
        ("T10", False, True), ("rib", False, True), (None, False, None), ("T10", True, False),
    ):  # fmt: skip
        case = Case(lesion(place, {}, osteoporotic=osteoporotic), Patient())
        assert PATHWAY.applies(case).applies is applies
