"""The matrix of section 8.3, cell by cell: what is filled says its piece, and what is blank says nothing."""

from collections.abc import Mapping

import pytest

from app.engine.criteria import Criterion, Given, Status
from app.engine.quantity import Measured
from app.engine.question import Item, given
from app.engine.reading import exactly
from app.knowledge import load
from app.knowledge.pathway import Pathway, PathwayResult
from app.knowledge.policy import Policy

PATHWAY = load(Policy()).pathways["ablation"]
INPUTS = {one.code: one for one in PATHWAY.inputs}
COLUMNS = (
    "radiofrequency-ablation",
    "microwave-ablation",
    "cryoablation",
    "laser-ablation",
    "focused-ultrasound",
    "alcohol-ablation",
)
LITTLE = {"lesion_quality": "lytic", "soft_tissue_component": "small", "lesion_diameter": 16}
Stated = Mapping[str, object]
# Row, what makes it hold, and the effect by column as the specification prints it; "" is a blank cell.
TABLE: list[tuple[str, Stated, tuple[str, str, str, str, str, str]]] = [
    ("ABL-LYTIC", LITTLE, ("favours", "context", "", "context", "", "")),
    ("ABL-SCLEROTIC", {"lesion_quality": "blastic"}, ("study", "favours", "favours", "", "", "")),
    ("ABL-LARGE", {"soft_tissue_component": "large"}, ("context", "favours", "favours", "against", "", "")),
    ("ABL-LARGE", {"bulky": "yes"}, ("context", "favours", "favours", "against", "", "")),
    ("ABL-HYPERVASCULAR", {"primary_group": "hypervascular"}, ("option", "favours", "", "", "", "")),
    (
        "ABL-NEAR",
        {"distance_to_neural_structure": 10},
        ("context", "context", "favours", "", "favours", ""),
    ),
    ("ABL-NEAR", {"distance_to_skin": 10}, ("context", "context", "favours", "", "favours", "")),
    ("ABL-CENTRAL", {"central_posterior_body": "yes"}, ("favours", "against", "", "", "", "")),
    ("ABL-PACEMAKER", {"pacemaker": "yes"}, ("against", "", "", "favours", "", "")),
    ("ABL-MINOR", {}, ("context", "", "context", "", "", "")),
    ("ABL-FRACTURE", {"fracture_concern": "yes"}, ("", "", "against", "", "", "")),
    ("ABL-HAEMANGIOMA", {"vertebral_haemangioma": "yes"}, ("", "", "", "", "", "favours")),
    # ABL-M of section 8.5b: further cells.
    ("ABL-M-subchondral", {"subchondral": "yes"}, ("option", "", "", "", "", "")),
    ("ABL-M-fracture", {"existing_fracture": "yes"}, ("favours", "", "", "", "", "")),
    ("ABL-M-rim", {"irregular_or_thick_rim": "yes"}, ("against", "", "", "", "", "")),
    ("ABL-M-radiotherapy", {"earlier_radiotherapy": "yes"}, ("", "", "favours", "", "", "")),
    ("ABL-M-performance", {"poor_performance": "yes"}, ("", "", "favours", "", "", "")),
]
# Rules of one technique that are no cell of a row above.
BESIDE = {
    ("TAD-ABL-4", "radiofrequency-ablation"),
    ("INC-43", "microwave-ablation"),
    ("ABL-7", "radiofrequency-ablation"),
    ("ABL-IND-1", "microwave-ablation"),
    ("ABL-IND-2", "radiofrequency-ablation"),
    ("TRIAL-CHEN", "microwave-ablation"),
    ("TRIAL-HAO", "microwave-ablation"),
    ("ABL-5", "radiofrequency-ablation"),
    ("ABL-6", "radiofrequency-ablation"),
}


def as_given(stated: Stated) -> dict[str, Given]:
    full: dict[str, Given] = {}
    for code, value in stated.items():
        kind = INPUTS[code]
        if isinstance(kind, Item):
            full[code] = given(kind, [str(value)])
        else:
            full[code] = Measured((exactly(int(str(value))),), recorded=True)
    return full


def judge(pathway: Pathway, stated: Stated) -> PathwayResult:
    return pathway.judge(as_given(stated))


def effects(stated: Stated, row: str, technique: str | None) -> list[str]:
    return [
        one.criterion.effect.value
        for one in judge(PATHWAY, stated).judged
        if one.status is Status.MET and one.criterion.id == row and one.criterion.technique == technique
    ]


def of_matrix() -> list[Criterion]:
    assert PATHWAY.criteria is not None
    return [rule for rule in PATHWAY.criteria.rules if rule.technique is not None]


@pytest.mark.parametrize(("row", "stated", "cells"), TABLE, ids=[f"{t[0]} {list(t[1])[:1]}" for t in TABLE])
def test_each_cell_says_what_the_specification_prints(
    row: str, stated: Stated, cells: tuple[str, ...]
) -> None:
    found = tuple("".join(effects(stated, row, technique)) for technique in COLUMNS)
    assert found == cells


def test_a_blank_cell_has_no_rule_at_all() -> None:
    filled = {
        (row, technique)
        for row, _, cells in TABLE
        for technique, effect in zip(COLUMNS, cells, strict=True)
        if effect
    }
    assert {(rule.id, str(rule.technique)) for rule in of_matrix()} == filled | BESIDE


@pytest.mark.parametrize("technique", COLUMNS)
def test_a_technique_without_a_statement_is_neither_favoured_nor_advised_against(technique: str) -> None:
    for row, stated, cells in TABLE:
        said = [
            one.criterion.effect.value
            for one in judge(PATHWAY, stated).judged
            if one.status is Status.MET and one.criterion.technique == technique and one.criterion.id == row
        ]
        assert bool(said) == bool(cells[COLUMNS.index(technique)]), row


def test_the_techniques_are_those_that_can_be_ordered() -> None:
    assert {rule.technique for rule in of_matrix()} <= set(COLUMNS)
    assert {rule.technique for rule in of_matrix()} == set(COLUMNS)


@pytest.mark.parametrize(
    ("stated", "any_technique"),
    [
        ({"lesion_quality": "lytic"}, {"ABL-LYTIC": "favours"}),
        ({"lesion_quality": "mixed"}, {"ABL-SCLEROTIC": "against"}),
        ({"lesion_quality": "blastic"}, {"ABL-SCLEROTIC": "against"}),
    ],
)
def test_lytic_is_most_amenable_and_the_others_are_more_challenging(
    stated: Stated, any_technique: dict[str, str]
) -> None:
    found = {row: effect for row in ("ABL-LYTIC", "ABL-SCLEROTIC") for effect in effects(stated, row, None)}
    assert found == any_technique


@pytest.mark.parametrize(
    ("quality", "techniques"),
    [
        ("lytic", {}),
        ("mixed", {"cryoablation": "favours"}),
        (
            "blastic",
            {"radiofrequency-ablation": "study", "microwave-ablation": "favours", "cryoablation": "favours"},
        ),
    ],
)
def test_a_sclerotic_lesion_speaks_by_technique(quality: str, techniques: dict[str, str]) -> None:
    found = {
        technique: effect
        for technique in COLUMNS
        for effect in effects({"lesion_quality": quality}, "ABL-SCLEROTIC", technique)
    }
    assert found == techniques


@pytest.mark.parametrize(
    ("diameter", "reaches", "beyond"), [(15, ["context"], []), (16, ["context"], []), (17, [], ["against"])]
)
def test_laser_reaches_1_6_cm_and_no_further(diameter: int, reaches: list[str], beyond: list[str]) -> None:
    stated = LITTLE | {"lesion_diameter": diameter, "bulky": "no"}
    assert effects(stated, "ABL-LYTIC", "laser-ablation") == reaches
    assert effects(stated, "ABL-LARGE", "laser-ablation") == beyond


@pytest.mark.parametrize("soft", ["none", "small"])
def test_the_lytic_row_is_for_no_or_little_soft_tissue(soft: str) -> None:
    row = {"lesion_quality": "lytic", "soft_tissue_component": soft}
    assert effects(row, "ABL-LYTIC", "radiofrequency-ablation") == ["favours"]
    assert effects(row | {"soft_tissue_component": "large"}, "ABL-LYTIC", "radiofrequency-ablation") == []


def test_a_pacemaker_speaks_against_radiofrequency_and_for_laser_by_local_policy() -> None:
    met = {
        one.criterion.technique: one.criterion
        for one in judge(PATHWAY, {"pacemaker": "yes"}).judged
        if one.criterion.id == "ABL-PACEMAKER" and one.status is Status.MET
    }
    assert "contraindication" in met["radiofrequency-ablation"].text
    assert "extrapolation by local policy" in met["laser-ablation"].text
    assert {cite.tag.value for cite in met["laser-ablation"].cites} == {"S", "D"}
    assert effects({"pacemaker": "no"}, "ABL-PACEMAKER", "radiofrequency-ablation") == []


def test_no_answer_at_all_leaves_every_conditional_cell_unknown() -> None:
    for one in judge(PATHWAY, {}).judged:
        assert (one.status is Status.UNKNOWN) == bool(one.criterion.asks)


def test_nothing_ranks_the_techniques() -> None:
    result = judge(PATHWAY, {"pacemaker": "yes", "lesion_quality": "blastic"})
    assert result.suitability is None
    assert result.settled is False
    assert result.would_settle == ()
