"""The rules beside the matrix: both sides of every edge, and the exactness of what is left unknown."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from random import Random

import pytest

from app.engine.criteria import Criterion, Given, Status
from app.engine.quantity import Measured, Quantity
from app.engine.question import Answer, Item
from app.engine.question import given as answered
from app.engine.reading import Interval, exactly
from app.knowledge import load
from app.knowledge.pathway import Pathway
from app.knowledge.policy import Policy

DEFAULT = load(Policy()).pathways["ablation"]
RAISED = load(Policy({"AUG-EXC-4-inr-limit": "1.8"})).pathways["ablation"]
INPUTS = {one.code: one for one in DEFAULT.inputs}
LIKE_CHEN: Mapping[str, str | int] = {
    "in_spine": "yes",
    "pathology_proven": "yes",
    "pain_score": 5,
    "pain_after_radiotherapy": "yes",
    "radioresistant": "no",
    "lesions_to_treat": 4,
    "life_expectancy_over_3_months": "yes",
    "ecog": 2,
}
LIKE_HAO: Mapping[str, str | int] = {
    "pathology_proven": "yes",
    "site_matches_tenderness": "yes",
    "other_metastases_stable": "yes",
    "organ_contraindication": "no",
}


def number(value: object) -> Measured:
    return Measured((exactly(Fraction(str(value))),), recorded=True)


def stated(values: Mapping[str, object]) -> dict[str, Given]:
    full: dict[str, Given] = {}
    for code, value in values.items():
        kind = INPUTS[code]
        full[code] = answered(kind, [str(value)]) if isinstance(kind, Item) else number(value)
    return full


def statuses(values: Mapping[str, object], pathway: Pathway = DEFAULT) -> dict[str, str]:
    """Status by rule; a rule of one technique among others has the technique beside its name."""
    return {
        one.criterion.id + (f" {one.criterion.technique}" if one.criterion.id == "ABL-9" else ""): (
            one.status.value
        )
        for one in pathway.judge(stated(values)).judged
        if one.criterion.id.startswith(("ABL-1", "ABL-3", "ABL-4", "ABL-7", "ABL-9", "ABL-EXC", "ABL-IND",
                                        "CHEN-EXC", "TRIAL", "MSTS"))
    }  # fmt: skip


@pytest.mark.parametrize(
    ("millimetres", "protection", "contact"),
    [
        ("0", "met", "met"),
        ("0.1", "met", "unmet"),
        ("9.9", "met", "unmet"),
        ("10", "met", "unmet"),
        ("10.1", "unmet", "unmet"),
        ("12", "unmet", "unmet"),
    ],
)
def test_abl_1_one_centimetre_itself_needs_protection(
    millimetres: str, protection: str, contact: str
) -> None:
    found = statuses({"distance_to_neural_structure": millimetres})
    assert found["ABL-1"] == protection
    assert found["ABL-1-contact"] == contact


@pytest.mark.parametrize(("millimetres", "status"), [("9.9", "met"), ("10", "met"), ("10.1", "unmet")])
def test_abl_1_holds_for_the_skin_too(millimetres: str, status: str) -> None:
    assert statuses({"distance_to_skin": millimetres})["ABL-1-skin"] == status


def test_abl_1_contact_excludes_by_local_policy_and_nearness_only_protects() -> None:
    assert DEFAULT.criteria is not None
    effects = {rule.id: rule.effect.value for rule in DEFAULT.criteria.rules}
    assert (effects["ABL-1-contact"], effects["ABL-1"], effects["ABL-1-root"]) == (
        "absolute",
        "relative",
        "relative",
    )
    (contact,) = [rule for rule in DEFAULT.criteria.rules if rule.id == "ABL-1-contact"]
    assert {cite.tag.value for cite in contact.cites} == {"D"}
    assert "local policy" in contact.text
    found = statuses({"neural_contact": "yes"})
    assert (found["ABL-1-contact"], found["ABL-1"], found["ABL-7"]) == ("met", "met", "met")


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"close_to_nerve_root": "yes"}, "met"),
        ({"close_to_nerve_root": "no"}, "unmet"),
        ({"neural_contact": "no"}, "unknown"),
        ({"distance_to_neural_structure": 12}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_margin_near_a_root_is_never_passed_because_nothing_touches(
    values: dict[str, object], status: str
) -> None:
    assert statuses(values)["ABL-EXC-3"] == status


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"distance_to_neural_structure": 10}, "met"),
        ({"close_to_nerve_root": "yes"}, "met"),
        ({"distance_to_neural_structure": 11}, "unknown"),
        ({"distance_to_neural_structure": 11, "close_to_nerve_root": "no"}, "unmet"),
    ],
)
def test_abl_7_and_inc_45_radiofrequency_is_warned_of_near_nerves(
    values: dict[str, object], status: str
) -> None:
    assert statuses(values)["ABL-7"] == status


@pytest.mark.parametrize(
    ("values", "default", "raised"),
    [
        ({"platelets": 49, "inr": "1.0"}, ("met", None), ("met", "unmet")),
        ({"platelets": "49.9", "inr": "1.0"}, ("met", None), ("met", "unmet")),
        ({"platelets": 50, "inr": "1.0"}, ("unmet", None), ("unmet", "unmet")),
        ({"platelets": 200, "inr": "1.5"}, ("unmet", None), ("unmet", "unmet")),
        ({"platelets": 200, "inr": "1.6"}, ("met", None), ("unmet", "met")),
        ({"platelets": 200, "inr": "1.8"}, ("met", None), ("unmet", "met")),
        ({"platelets": 200, "inr": "1.9"}, ("met", None), ("met", "unmet")),
        ({"platelets": 200}, ("unknown", None), ("unknown", "unknown")),
        ({"platelets": 49}, ("met", None), ("met", "unknown")),
    ],
)
def test_abl_exc_1_clotting_defers_at_the_limit_of_the_site(
    values: dict[str, object], default: tuple[str, str | None], raised: tuple[str, str | None]
) -> None:
    for pathway, expected in ((DEFAULT, default), (RAISED, raised)):
        found = statuses(values, pathway)
        assert (found["ABL-EXC-1"], found.get("CHEN-EXC-1")) == expected


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("infection", "ABL-EXC-2"),
        ("close_to_nerve_root", "ABL-EXC-3"),
        ("cord_compression", "ABL-EXC-4"),
        ("active_bleeding", "ABL-EXC-5"),
        ("uncontrolled_hypertension", "ABL-EXC-6"),
        ("major_surgery_within_30_days", "ABL-EXC-7"),
    ],
)
def test_what_the_series_excluded_is_not_studied_and_never_contraindicated(code: str, rule: str) -> None:
    assert DEFAULT.criteria is not None
    (criterion,) = [one for one in DEFAULT.criteria.rules if one.id == rule]
    assert criterion.effect.value == "study"
    assert "not studied" in criterion.text
    assert "contraindicat" not in criterion.text
    for answer, status in (("yes", "met"), ("no", "unmet")):
        assert statuses({code: answer})[rule] == status
    assert statuses({})[rule] == "unknown"


@pytest.mark.parametrize(
    ("change", "inside", "outside"),
    [
        ({}, "met", "unmet"),
        ({"pain_score": 4}, "unmet", "met"),
        ({"pain_score": "4.1"}, "met", "unmet"),
        ({"ecog": 3}, "unmet", "met"),
        ({"ecog": 0}, "met", "unmet"),
        ({"lesions_to_treat": 5}, "unmet", "met"),
        ({"lesions_to_treat": 1}, "met", "unmet"),
        ({"life_expectancy_over_3_months": "no"}, "unmet", "met"),
        ({"pathology_proven": "no"}, "unmet", "met"),
        ({"pain_after_radiotherapy": "no"}, "unmet", "met"),
        ({"pain_after_radiotherapy": "no", "radioresistant": "yes"}, "met", "unmet"),
        ({"in_spine": "no"}, "unmet", "met"),
    ],
)
def test_abl_ind_1_and_trial_chen_are_the_two_sides_of_one_population(
    change: dict[str, object], inside: str, outside: str
) -> None:
    found = statuses({**LIKE_CHEN, **change})
    assert (found["ABL-IND-1"], found["TRIAL-CHEN"]) == (inside, outside)


@pytest.mark.parametrize("code", LIKE_CHEN)
def test_one_thing_not_known_leaves_the_population_open(code: str) -> None:
    rest = {one: value for one, value in LIKE_CHEN.items() if one != code}
    found = statuses(rest)
    # With pain after radiotherapy it does not matter how sensitive the tumour is.
    expected = ("met", "unmet") if code == "radioresistant" else ("unknown", "unknown")
    assert (found["ABL-IND-1"], found["TRIAL-CHEN"]) == expected


@pytest.mark.parametrize(
    ("change", "outside"),
    [
        ({}, "unmet"),
        ({"pathology_proven": "no"}, "met"),
        ({"site_matches_tenderness": "no"}, "met"),
        ({"other_metastases_stable": "no"}, "met"),
        ({"organ_contraindication": "yes"}, "met"),
    ],
)
def test_trial_hao(change: dict[str, object], outside: str) -> None:
    assert statuses({**LIKE_HAO, **change})["TRIAL-HAO"] == outside
    for code in LIKE_HAO:
        assert statuses({c: v for c, v in LIKE_HAO.items() if c != code})["TRIAL-HAO"] == "unknown"


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"pain_after_radiotherapy": "yes"}, "met"),
        ({"radiotherapy_exhausted": "yes"}, "met"),
        ({"mechanical_instability": "yes"}, "met"),
        ({"pain_after_radiotherapy": "no", "radiotherapy_exhausted": "no"}, "unknown"),
        (
            {"pain_after_radiotherapy": "no", "radiotherapy_exhausted": "no", "mechanical_instability": "no"},
            "unmet",
        ),
    ],
)
def test_abl_ind_2(values: dict[str, object], status: str) -> None:
    assert statuses(values)["ABL-IND-2"] == status


@pytest.mark.parametrize(("answer", "status"), [("yes", "met"), ("no", "unmet")])
def test_abl_9_ablation_alone_never_answers_instability(answer: str, status: str) -> None:
    assert statuses({"mechanical_instability": answer})["ABL-9 None"] == status


@pytest.mark.parametrize(
    ("group", "unnecessary", "untreated"),
    [
        ("myeloma", "met", "met"),
        ("breast", "unmet", "met"),
        ("lymphoma", "unmet", "met"),
        ("hypervascular", "unmet", "unmet"),
        ("other", "unmet", "unmet"),
    ],
)
def test_abl_3a_and_3b(group: str, unnecessary: str, untreated: str) -> None:
    found = statuses({"primary_group": group})
    assert (found["ABL-3a"], found["ABL-3b"]) == (unnecessary, untreated)


@pytest.mark.parametrize(
    ("quality", "spine", "status"),
    [
        ("lytic", "yes", "met"),
        ("mixed", "yes", "met"),
        ("blastic", "yes", "unmet"),
        ("lytic", "no", "unmet"),
    ],
)
def test_abl_4_cement_is_paired_with_a_lytic_or_partly_lytic_vertebra(
    quality: str, spine: str, status: str
) -> None:
    assert statuses({"lesion_quality": quality, "in_spine": spine})["ABL-4"] == status


@pytest.mark.parametrize(("answer", "status"), [("yes", "met"), ("no", "unmet")])
def test_msts_6_a_breach_beside_the_hip(answer: str, status: str) -> None:
    assert statuses({"cortical_dehiscence": answer})["MSTS-6"] == status


def test_no_temperature_and_no_number_of_metastases_is_computed() -> None:
    assert not any("temperature" in code for code in INPUTS)
    assert {code for code, kind in INPUTS.items() if isinstance(kind, Quantity) and kind.whole} == {
        "lesions_to_treat",
        "ecog",
    }


def test_a_contact_and_a_distance_that_exclude_one_another_are_refused() -> None:
    for distance, answer, refused in (
        (12, "yes", True),
        (0, "no", True),
        (12, "no", False),
        (0, "yes", False),
    ):
        values = stated({"neural_contact": answer, "distance_to_neural_structure": distance})
        fault = DEFAULT.contradiction(values)
        assert (fault is not None) == refused
        assert fault is None or fault[0] == "neural_contact"
    assert DEFAULT.contradiction(stated({"neural_contact": "yes"})) is None


# -- exactness ----------------------------------------------------------------------------------------


def edges(rule: Criterion, code: str) -> list[Fraction]:
    assert DEFAULT.criteria is not None
    found = {Fraction(n) for n in (0, 1, 3, 4, 5, 10, 16, 50)} | {Fraction(3, 2), Fraction(9, 5)}
    steps = [Fraction(1, 10), -Fraction(1, 10)]
    kind = INPUTS[code]
    assert isinstance(kind, Quantity), rule.id
    return sorted({e + s for e in found for s in (*steps, Fraction(0)) if kind.low <= e + s <= kind.high})


def brute_force(rule: Criterion, values: Mapping[str, Given]) -> Status:
    completions: list[list[Given]] = []
    for code in rule.asks:
        kind, value = INPUTS[code], values[code]
        if isinstance(kind, Item):
            assert isinstance(value, Answer)
            completions.append([answered(kind, [option]) for option in value.possible])
        else:
            assert isinstance(value, Measured)
            points = [e for e in edges(rule, code) if any(s.meets(exactly(e)) for s in value.spans)]
            completions.append([number(point) for point in points])
    seen = {rule.when.truth(dict(zip(rule.asks, one, strict=True))).may_be for one in product(*completions)}
    return Status.UNKNOWN if len(seen) > 1 else Status.MET if seen.pop() else Status.UNMET


def random_inputs(random: Random) -> dict[str, Given]:
    full: dict[str, Given] = {}
    for code, kind in INPUTS.items():
        if isinstance(kind, Item):
            size = random.randint(1, len(kind.codes))
            full[code] = answered(kind, random.sample(kind.codes, size))
            continue
        points = sorted(random.choices([p for p in (0, 1, 3, 4, 5, 10, 16, 50) if p <= kind.high], k=2))
        low, high = (Fraction(point) for point in points)
        span = random.choice((Interval(low, high), Interval(low, None), Interval(None, high), exactly(low)))
        full[code] = Measured((span,), recorded=True)
    return full


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("pathway", [DEFAULT, RAISED], ids=["default", "raised limit"])
def test_every_rule_agrees_with_every_way_of_completing_what_is_unknown(pathway: Pathway, seed: int) -> None:
    assert pathway.criteria is not None
    values = random_inputs(Random(seed))  # noqa: S311  a repeatable sample, no secret
    for one in pathway.criteria.judge(values):
        assert one.status is brute_force(one.criterion, values), one.criterion.id


@pytest.mark.parametrize("seed", range(40))
def test_knowing_more_never_reverses_a_rule(seed: int) -> None:
    random = Random(seed)  # noqa: S311  a repeatable sample, no secret
    full = random_inputs(random)
    order = list(full)
    random.shuffle(order)
    before: dict[tuple[str, str | None], Status] = {}
    for count in range(0, len(order) + 1, 4):
        known = {code: full[code] for code in order[:count]}
        if DEFAULT.contradiction(known) is not None:
            return
        now = {(o.criterion.id, o.criterion.technique): o.status for o in DEFAULT.judge(known).judged}
        for rule, status in before.items():
            assert status in (Status.UNKNOWN, now[rule]), rule
        before = now
