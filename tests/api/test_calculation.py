"""Calculating a score from answers (contract 2), against a plain oracle."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api import score_table
from tests.api.caller import SCORES, Caller
from tests.api.score_table import LEVELS, TABLES, Answers
from tests.cds_hooks.record import Json

KEYS = {
    "score",
    "totals",
    "minimum",
    "maximum",
    "total",
    "bands",
    "settled",
    "items",
    "missing",
    "would_settle",
    "advice",
    "cautions",
    "references",
    "applicable",
    "flags",
}
ITEM_KEYS = {"item", "possible", "points", "recorded", "sources"}
# Once each, as text or as a list of one, and with repeats.
written = st.sampled_from(("text", "list", "twice"))


def partial_answers(score: str) -> st.SearchStrategy[dict[str, list[str]]]:
    options = {
        item: st.lists(st.sampled_from(sorted(codes)), min_size=1, unique=True)
        for item, codes in TABLES[score].items()
    }
    return st.fixed_dictionaries({}, optional=options)


async def calculated(caller: Caller, score: str, answers: Mapping[str, Any]) -> Json:
    response = await caller.post(f"{SCORES}/{score}", dict(answers))
    assert response.status_code == 200, response.text[:300]
    found: Json = response.json()
    return found


def check(found: Json, score: str, answers: Answers) -> None:
    """The whole result against the oracle."""
    table = TABLES[score]
    reached = score_table.totals(score, answers)
    assert set(found) >= KEYS
    assert found["score"] == score
    assert found["applicable"] is True
    assert "reason" not in found
    assert found["totals"] == reached
    assert (found["minimum"], found["maximum"]) == (reached[0], reached[-1])
    assert found["total"] == (reached[0] if len(reached) == 1 else None)
    assert found["bands"] == score_table.bands(score, answers)
    assert found["settled"] is (len(found["bands"]) == 1)
    assert found["missing"] == [item for item in table if item not in answers]
    assert found["would_settle"] == score_table.would_settle(score, answers)
    assert [item["item"] for item in found["items"]] == list(table)
    for item in found["items"]:
        code = item["item"]
        left = answers.get(code, list(table[code]))
        assert set(item) >= ITEM_KEYS
        assert sorted(item["possible"]) == sorted(set(left))
        assert item["points"] == sorted({table[code][option] for option in left})
        assert item["recorded"] is (code in answers)
        assert item["sources"] == []


@settings(max_examples=200)
@given(answers=partial_answers("sins"))
async def test_sins_with_any_answers(caller: Caller, answers: dict[str, list[str]]) -> None:
    check(await calculated(caller, "sins", answers), "sins", answers)


@settings(max_examples=100)
@given(answers=partial_answers("mirels"))
async def test_mirels_with_any_answers(caller: Caller, answers: dict[str, list[str]]) -> None:
    check(await calculated(caller, "mirels", answers), "mirels", answers)


async def test_mirels_with_every_complete_answer(caller: Caller) -> None:
    table = TABLES["mirels"]
    for options in product(*table.values()):
        answers = dict(zip(table, options, strict=True))
        found = await calculated(caller, "mirels", answers)
        check(found, "mirels", {item: [option] for item, option in answers.items()})


async def test_no_answer_at_all_leaves_everything(caller: Caller) -> None:
    for score in TABLES:
        check(await calculated(caller, score, {}), score, {})


@settings(max_examples=60)
@given(answers=partial_answers("sins"), form=written, seed=st.randoms(use_true_random=False))
async def test_repeats_order_and_lists_of_one_change_nothing(
    caller: Caller, answers: dict[str, list[str]], form: str, seed: Any
) -> None:
    plain = await calculated(caller, "sins", answers)
    rewritten: dict[str, Any] = {}
    for item, codes in answers.items():
        shuffled = seed.sample(codes, len(codes))
        rewritten[item] = shuffled * 2 if form == "twice" else shuffled
        if form == "text" and len(codes) == 1:
            rewritten[item] = codes[0]
    assert await calculated(caller, "sins", dict(reversed(rewritten.items()))) == plain


@pytest.mark.parametrize("level", sorted(LEVELS))
async def test_a_level_stands_in_place_of_the_location(caller: Caller, level: str) -> None:
    by_location = await calculated(caller, "sins", {"location": LEVELS[level]})
    for stated in (level, [level], [level, level]):
        found = await calculated(caller, "sins", {"level": stated})
        check(found, "sins", {"location": [LEVELS[level]]})
        assert found == by_location


@pytest.mark.parametrize(
    "levels",
    [
        ["T10", "T11"],
        ["S1", "S2"],
        ["C2", "C3"],
        ["T5", "T6"],
        ["L3", "T5", "S5"],
        sorted(set(LEVELS) - {"C0"}),
        ["C0", "C1"],
        ["C0", "L3", "T5", "S5"],
        sorted(LEVELS),
    ],
)
async def test_several_levels_leave_every_location_they_allow(caller: Caller, levels: list[str]) -> None:
    found = await calculated(caller, "sins", {"level": levels})
    check(found, "sins", {"location": sorted({LEVELS[level] for level in levels})})


async def test_published_and_seed_cases(caller: Caller) -> None:
    """TC-01, TC-05 and TC-43 of the clinical specification."""
    first = {
        "level": "T10",
        "pain": "occasional",
        "lesion": "lytic",
        "alignment": "normal",
        "collapse": "involved-over-50",
        "posterolateral": "unilateral",
    }
    found = await calculated(caller, "sins", first)
    assert (found["total"], found["bands"]) == (6, ["stable"])
    assert [item["points"] for item in found["items"]] == [[1], [1], [2], [0], [1], [1]]
    fifth = {"site": "peritrochanteric", "lesion": "lytic", "size": "over-two-thirds"}
    found = await calculated(caller, "mirels", fifth)
    assert (found["totals"], found["bands"], found["settled"]) == ([10, 11, 12], ["high"], True)
    zero = dict.fromkeys(("pain", "collapse", "posterolateral"), "none")
    zero |= {"level": "S2", "lesion": "blastic", "alignment": "normal"}
    assert (await calculated(caller, "sins", zero))["total"] == 0


@pytest.mark.parametrize("score", sorted(TABLES))
async def test_10_3_nothing_reassuring_while_a_worse_answer_is_possible(caller: Caller, score: str) -> None:
    found = await calculated(caller, score, {})
    assert found["settled"] is False
    assert "not excluded" in found["advice"] or "remain possible" in found["advice"]


async def test_references_and_remarks_have_their_parts(caller: Caller) -> None:
    found = await calculated(caller, "sins", {"level": "T11"})
    assert found["references"]
    for reference in found["references"]:
        assert {"key", "title", "place", "tag"} <= set(reference)
        assert reference["tag"] in ("S", "V", "V2", "D")
    assert all(isinstance(caution, str) for caution in found["cautions"])
    assert all({"id", "text", "references"} <= set(flag) for flag in found["flags"])


async def test_the_same_answers_have_the_same_result(caller: Caller) -> None:
    body = {"level": ["T10", "T11"], "pain": "mechanical"}
    first = await caller.post(f"{SCORES}/sins", body)
    assert (await caller.post(f"{SCORES}/sins", body)).content == first.content
