"""What ablation says: every rule accounted for, sourced, in the language of a card."""

import re
from collections.abc import Iterator, Mapping

import pytest

from app.engine.criteria import Given
from app.engine.provenance import Citation, Tag
from app.engine.quantity import Measured
from app.engine.question import given as answered
from app.engine.reading import exactly
from app.knowledge import load
from app.knowledge.ablation.inputs import DISTANCE, NEURAL_CONTACT
from app.knowledge.ablation.left_out import LEFT_OUT
from app.knowledge.policy import LOCAL_POLICIES, Policy

PATHWAYS = [
    load(Policy()).pathways["ablation"],
    load(Policy({"AUG-EXC-4-inr-limit": "1.8"})).pathways["ablation"],
]
PATHWAY = PATHWAYS[0]
RULES = [
    *(f"ABL-{n}" for n in (1, 2, "3a", "3b", 4, 5, 6, 7, 8, 9)),
    *(f"ABL-EXC-{n}" for n in range(1, 8)),
    "ABL-IND-1",
    "ABL-IND-2",
    "ABL-M",
    "TRIAL-CHEN",
    "TRIAL-HAO",
    "CX-GRADE",
    "PRE-ANES",
    "FU-1",
    "FU-2",
    "FU-3",
    *(f"TAD-ABL-{n}" for n in range(1, 8)),
    "TAD-PLAN-1",
    "MSTS-PRO",
    "MSTS-CON",
    "MSTS-EXP-1",
    "INC-14",
    "INC-18",
    "INC-19",
    "INC-43",
    "INC-45",
    "CHEN-TEMP-1",
]
# A card offers options to discuss: it never orders, and never prints a setting.
FORBIDDEN = re.compile(
    r"\bperform\b|\bgive the\b|\bmust\b|\bshould\b|°C|\bdegrees\b|\d\s?W\b|\d\s?mL\b|\bminutes\b"
    r"|\bwatt|\bsurviv|\bprognosis\b",
    re.IGNORECASE,
)


def everything() -> dict[str, Given]:
    near = Measured((exactly(5),), recorded=True)
    return {"distance_to_neural_structure": near, "neural_contact": answered(NEURAL_CONTACT, ["no"])}


def spoken() -> Iterator[tuple[str, str, tuple[Citation, ...]]]:
    for pathway in PATHWAYS:
        assert pathway.criteria is not None
        for rule in pathway.criteria.rules:
            yield rule.id, rule.text, rule.cites
        for given in ({}, everything()):
            for remark in pathway.judge(given).cautions:
                yield remark.key, remark.text, remark.cites


def keys(given: Mapping[str, Given]) -> list[str]:
    return [remark.key for remark in PATHWAY.judge(given).cautions]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_of_the_specification_speaks_or_is_left_out_with_a_reason(rule: str) -> None:
    said = {key for key, _, _ in spoken()} | {cite.key for _, _, cites in spoken() for cite in cites}
    left_out = dict(LEFT_OUT)
    assert rule in said | set(left_out)
    assert rule in said or left_out[rule].endswith(".")


def test_nothing_speaks_that_is_left_out() -> None:
    ids = {key for key, _, _ in spoken()}
    assert ids.isdisjoint(dict(LEFT_OUT))


def test_every_text_is_short_and_orders_nothing() -> None:
    for key, text, _ in spoken():
        assert FORBIDDEN.search(text) is None, key
        assert 20 < len(text) <= 280, (key, len(text))
        assert text.endswith((".", ".)")), key


def test_every_text_has_a_source_that_was_read() -> None:
    for key, _, cites in spoken():
        assert cites, key
        assert Tag.UNREAD not in {cite.tag for cite in cites}, key


def test_wherever_the_msts_assessment_is_cited_its_review_date_is_said() -> None:
    found = [(key, text) for key, text, cites in spoken() if any("MSTS" in cite.title for cite in cites)]
    assert len(found) > 10
    for key, text in found:
        assert "past its own review date" in text, key
    assert all(
        "past its own review date" in cite.title
        for _, _, cites in spoken()
        for cite in cites
        if "MSTS" in cite.title
    )


def test_every_local_policy_it_cites_is_listed_and_every_listed_one_exists() -> None:
    known = {policy.key for policy in LOCAL_POLICIES}
    cited = {cite.key for _, _, cites in spoken() for cite in cites if cite.tag is Tag.LOCAL_POLICY}
    assert cited <= set(PATHWAY.policies) <= known


def test_radioresistance_is_not_taken_from_who_was_enrolled() -> None:
    assert not any(cite.key == "INC-16" for _, _, cites in spoken() for cite in cites)


def test_the_page_says_that_a_blank_cell_says_nothing_and_that_nothing_is_ranked() -> None:
    page = " ".join(PATHWAY.misuse)
    for wanted in ("blank cell", "never that a technique is unsuitable", "ranking", "not studied"):
        assert wanted in page
    assert PATHWAY.use
    assert len(PATHWAY.references) > 5
    assert PATHWAY.decides


def test_msts_exp_1_is_always_said() -> None:
    assert "MSTS-EXP-1" in keys({})


@pytest.mark.parametrize(
    ("distance", "contact", "said"),
    [
        (None, None, {"ABL-1"}),
        (10, None, {"INC-14", "INC-18"}),
        (11, None, set()),
        (None, "yes", {"ABL-1", "INC-14", "INC-18"}),
        (None, "no", {"ABL-1"}),
    ],
)
def test_the_distance_rule_is_explained_where_a_nerve_may_be_near(
    distance: int | None, contact: str | None, said: set[str]
) -> None:
    given: dict[str, Given] = {}
    if distance is not None:
        given[DISTANCE.code] = Measured((exactly(distance),), recorded=True)
    if contact is not None:
        given["neural_contact"] = answered(NEURAL_CONTACT, [contact])
    assert set(keys(given)) - {"MSTS-EXP-1"} == said


def test_nothing_is_explained_where_no_nerve_is_near() -> None:
    far: dict[str, Given] = {DISTANCE.code: Measured((exactly(11),), recorded=True)}
    (root,) = [one for one in PATHWAY.inputs if one.code == "close_to_nerve_root"]
    assert keys({**far, "close_to_nerve_root": answered(root, ["no"])}) == ["MSTS-EXP-1"]  # type: ignore[arg-type]  # a coded input


def test_labels_and_questions_fit_a_form() -> None:
    for one in PATHWAY.inputs:
        assert 2 < len(one.label) <= 60, one.code
        assert len(one.question) <= 120, one.code
        assert re.fullmatch("[a-z0-9_]+", one.code)
