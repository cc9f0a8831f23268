"""Our Questionnaires, and what their every answer is read back as (contract 1.3)."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire

from app.fhir.questionnaires import questionnaire
from app.knowledge.anatomy import LEVELS
from tests.fhir.records import (
    ANSWER,
    BASE,
    BOOK,
    KNOWLEDGE,
    OBSERVABLE,
    Json,
    assessed,
    condition,
    lesion_ids,
    response,
    scored,
)

SCORES = sorted(KNOWLEDGE.instruments)
ITEMS = {
    "sins": ["level", "pain", "lesion", "alignment", "collapse", "posterolateral"],
    "mirels": ["site", "laterality", "pain", "lesion", "size"],
}
LEAD = {"sins": {"level": "T5"}, "mirels": {"site": "femoral-shaft", "laterality": "left"}}
LESION = {"sins": "T5", "mirels": "left-femoral-shaft"}
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"


def form(score: str) -> Json:
    found: Json = json.loads(questionnaire(BOOK, KNOWLEDGE.instruments[score]), parse_float=Decimal)
    return found


def options(score: str) -> Iterator[tuple[str, Json]]:
    for item in form(score)["item"]:
        for option in item["answerOption"]:
            yield item["linkId"], option["valueCoding"]


@pytest.mark.parametrize("score", SCORES)
def test_the_link_ids_are_the_items_and_the_first_decide_the_lesion(score: str) -> None:
    found = form(score)
    assert found["url"] == f"{BASE}/Questionnaire/{score}"
    assert [item["linkId"] for item in found["item"]] == ITEMS[score]
    Questionnaire.model_validate(json.loads(json.dumps(found, default=float)))


@pytest.mark.parametrize("score", SCORES)
def test_every_answer_is_a_coding_of_the_service(score: str) -> None:
    assert {coding["system"] for _, coding in options(score)} == {ANSWER}
    for item in form(score)["item"]:
        codes = [option["valueCoding"]["code"] for option in item["answerOption"]]
        assert len(codes) == len(set(codes))
        assert all(code["system"] == OBSERVABLE for code in item.get("code", ()))


@pytest.mark.parametrize(
    ("score", "item", "coding"),
    [
        pytest.param(score, item, coding, id=f"{score}-{coding['code']}")
        for score in SCORES
        for item, coding in options(score)
        if item not in LEAD[score]
    ],
)
def test_an_answer_is_read_back_with_the_points_it_shows(score: str, item: str, coding: Json) -> None:
    answered = response("q", score, LEAD[score] | {item: coding["code"]})
    found = assessed(condition("c", code="109989006"), answered)
    result = scored(found, LESION[score], score).result
    assert result is not None
    (points,) = [e["valueDecimal"] for e in coding["extension"] if e["url"] == ORDINAL]
    assert result.points(item) == (points,)
    assert [source.reference for source in result.answers[item].sources] == [
        f"QuestionnaireResponse/q#{item}"
    ]


def test_every_level_is_read_back() -> None:
    offered = [coding["code"] for item, coding in options("sins") if item == "level"]
    assert tuple(offered) == LEVELS
    for level in offered:
        answered = response("q", "sins", {"level": level, "pain": "pain-free"})
        assert lesion_ids(assessed(condition("c", code="109989006"), answered)) == {level}


@pytest.mark.parametrize("side", ["left", "right"])
def test_every_site_and_side_are_read_back(side: str) -> None:
    offered = [coding["code"] for item, coding in options("mirels") if item == "site"]
    assert offered
    for bone in offered:
        answered = response("q", "mirels", {"site": bone, "laterality": side, "pain": "limb-pain-mild"})
        assert lesion_ids(assessed(condition("c", code="109989006"), answered)) == {f"{side}-{bone}"}


@pytest.mark.parametrize(
    ("option", "lesion_id"),
    [
        ("upper-limb", "left-upper-limb-long-bone"),
        ("lower-limb", "left-lower-limb-long-bone"),
        ("peritrochanteric", "left-peritrochanteric-femur"),
    ],
)
def test_the_options_of_the_score_name_a_limb(option: str, lesion_id: str) -> None:
    answered = response("q", "mirels", {"site": option, "laterality": "left", "pain": "limb-pain-mild"})
    assert lesion_ids(assessed(condition("c", code="109989006"), answered)) == {lesion_id}


def answered_with(*answers: Any) -> Json:
    held = response("q", "sins", {"level": "T5", "pain": "x"})
    held["item"][1]["answer"] = list(answers)
    return held


def coding(code: str, system: str | None = ANSWER) -> Json:
    return {"valueCoding": {"code": code} if system is None else {"system": system, "code": code}}


@pytest.mark.parametrize(
    ("answers", "possible"),
    [
        ([coding("pain-mechanical")], ("mechanical",)),
        ([coding("pain-mechanical", None)], ("mechanical",)),
        ([coding("mechanical")], ("mechanical",)),
        ([coding("pain-mechanical"), coding("pain-occasional")], ("mechanical", "occasional")),
        ([coding("indeterminate")], ("mechanical", "occasional", "none")),
        ([coding("pain-mechanical") | {"item": []}], ("mechanical",)),
        ([{}, coding("pain-mechanical")], ("mechanical",)),
    ],
)
def test_an_item_may_be_answered_in_several_ways(answers: list[Json], possible: tuple[str, ...]) -> None:
    found = assessed(condition("c", "T5"), answered_with(*answers))
    result = scored(found, "T5").result
    assert result is not None
    assert result.answers["pain"].recorded
    assert result.answers["pain"].possible == possible
    assert found.gaps == ()


@pytest.mark.parametrize(
    "answers",
    [
        [coding("pain-severe")],
        [coding("lesion-lytic")],
        [coding("pain-mechanical", "https://a.example")],
        [coding("pain-mechanical"), coding("pain-severe")],
        [coding("")],
    ],
)
def test_an_answer_that_is_no_option_is_named(answers: list[Json]) -> None:
    found = assessed(condition("c", "T5"), answered_with(*answers))
    result = scored(found, "T5").result
    assert result is not None
    assert not result.answers["pain"].recorded
    assert [gap.reason for gap in found.gaps] == [
        "QuestionnaireResponse/q#pain: holds an answer that is no option of the item."
    ]


@pytest.mark.parametrize(
    "value", [{"valueString": "mechanical"}, {"valueInteger": 3}, {"valueBoolean": True}]
)
def test_an_answer_of_another_kind_is_named(value: Json) -> None:
    assert assessed(condition("c", "T5"), answered_with(value)).gaps


@pytest.mark.parametrize("items", [None, [], [{}], [{"linkId": "pain"}], [{"linkId": "pain", "answer": []}]])
def test_a_response_without_answers_says_nothing(items: list[Json] | None) -> None:
    found = assessed(condition("c", "T5"), response("q", "sins", {}) | {"item": items})
    assert lesion_ids(found) == {"T5"}
    assert found.gaps == ()
