"""Facts of one lesion never change the scores of another (GEN-1, LES-4, LAT-1)."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.knowledge.finding import Finding, Scope
from app.knowledge.findings import FINDINGS
from tests.fhir.records import (
    BONES,
    LEFT,
    RECENT,
    RIGHT,
    VERTEBRAE,
    Json,
    assessed,
    component,
    condition,
    observation,
    quantity,
    reference,
    scores_of,
    snomed,
    structure,
)

# Bone, code and side of lesions of which no two are the same spot.
SPOTS: Mapping[str, tuple[str, str | None]] = {
    "T10": (VERTEBRAE["T10"][0], None),
    "T11": (VERTEBRAE["T11"][0], None),
    "L3": (VERTEBRAE["L3"][0], None),
    "left-femur": (BONES["femur"], LEFT),
    "right-femur": (BONES["femur"], RIGHT),
    "left-humerus": (BONES["humerus"], LEFT),
}
TIMES = [RECENT, "2026-11-20", "2026-10-01", "2026-09-01T10:00:00Z", "2026", "2027-01-01", None]
STATUSES = ["final", "preliminary", "amended", "entered-in-error"]


def site_of(spot: str) -> Json:
    code, side = SPOTS[spot]
    return snomed(code) if side is None else snomed(code, side)


def values_of(finding: Finding) -> st.SearchStrategy[tuple[str, Json | str]]:
    """A finding of a lesion with a value that fits it, or does not."""
    if finding.scale is None:
        options = [*finding.answer_labels, "indeterminate", "no-such-answer"]
        return st.tuples(st.just(finding.code), st.sampled_from(options))
    unit = finding.scale.unit
    return st.tuples(st.just(finding.code), st.integers(-5, 120).map(lambda number: quantity(number, unit)))


OF_A_LESION = [finding for finding in FINDINGS.values() if finding.scope is not Scope.PATIENT]
TOTAL = st.tuples(st.sampled_from(["sins-total", "mirels-total"]), st.just({"valueInteger": 17}))
VALUES = st.one_of(*map(values_of, OF_A_LESION), TOTAL)


@st.composite
def facts(draw: st.DrawFn, spot: str) -> list[Json]:
    """Resources that speak of one lesion only, by focus, by site, by both, or through a panel."""
    resources: list[Json] = [condition(f"c-{spot}", site_of(spot))]
    if draw(st.booleans()):
        resources.append(structure(f"b-{spot}", site_of(spot), f"c-{spot}"))
    for number in range(draw(st.integers(0, 5))):
        finding, value = draw(VALUES)
        where: dict[str, Any] = {"status": draw(st.sampled_from(STATUSES))}
        where["effectiveDateTime"] = draw(st.sampled_from(TIMES))
        if draw(st.booleans()):
            where["about"] = f"Condition/c-{spot}"
        if "about" not in where or draw(st.booleans()):
            where["bodySite"] = site_of(spot)
        name = f"{spot}-{number}"
        if draw(st.booleans()):
            resources.append(observation(name, finding, value, **where))
        else:
            part = component(finding, value)
            resources.append(observation(name, None, None, code={"text": "x"}, component=[part], **where))
    return resources


@st.composite
def two_lesions(draw: st.DrawFn) -> tuple[str, str, list[Json], list[Json]]:
    one, other = draw(st.permutations(sorted(SPOTS)))[:2]
    return one, other, draw(facts(one)), draw(facts(other))


@settings(max_examples=500)
@given(two_lesions())
def test_facts_of_one_lesion_never_change_the_scores_of_another(
    drawn: tuple[str, str, list[Json], list[Json]],
) -> None:
    one, other, of_one, of_other = drawn
    bare = [condition(f"c-{one}", site_of(one))]
    assert scores_of(assessed(*of_one, *of_other))[other] == scores_of(assessed(*bare, *of_other))[other]


@settings(max_examples=300)
@given(two_lesions())
def test_a_lesion_scores_alone_as_it_does_beside_another(
    drawn: tuple[str, str, list[Json], list[Json]],
) -> None:
    one, other, of_one, of_other = drawn
    both = scores_of(assessed(*of_one, *of_other))
    assert both[one] == scores_of(assessed(*of_one))[one]
    assert both[other] == scores_of(assessed(*of_other))[other]


@settings(max_examples=150)
@given(two_lesions(), st.sampled_from(["resolved", "remission", "inactive"]))
def test_facts_of_past_disease_never_change_the_scores_of_another(
    drawn: tuple[str, str, list[Json], list[Json]], status: str
) -> None:
    one, other, (first, *rest), of_other = drawn
    past = first | {"clinicalStatus": {"coding": [{"code": status}]}}
    found = scores_of(assessed(past, *rest, *of_other))
    assert found[other] == scores_of(assessed(*of_other))[other]
    assert found[one] == {"sins": None, "mirels": None}


@settings(max_examples=150)
@given(facts("T11"), facts("L3"))
def test_a_posterolateral_side_never_crosses_over(of_one: list[Json], of_other: list[Json]) -> None:
    """LAT-2 of one lesion looks at no other: left here and right there are two one-sided lesions."""
    left, right = (
        observation(
            side,
            "posterolateral-involvement",
            "posterolateral-unilateral",
            bodySite=snomed(VERTEBRAE[lv][0], side),
        )
        for lv, side in (("T11", LEFT), ("L3", RIGHT))
    )
    both = scores_of(assessed(*of_one, left, *of_other, right))
    assert both["T11"] == scores_of(assessed(*of_one, left))["T11"]
    assert both["L3"] == scores_of(assessed(*of_other, right))["L3"]


def test_a_panel_of_one_lesion_gives_nothing_to_another() -> None:
    members = [observation(f"m{n}", "spinal-pain", "pain-free", effectiveDateTime=None) for n in range(2)]
    panels = [
        observation(f"p{n}", "sins", None, at=level, hasMember=[reference(f"Observation/m{n}")])
        for n, level in enumerate(("T11", "L3"))
    ]
    found = scores_of(
        assessed(condition("a", "T11"), condition("b", "L3"), condition("c", "T10"), *members, *panels)
    )
    assert [found[level]["sins"][2]["pain"][1] for level in ("T11", "L3", "T10")] == [True, True, False]
