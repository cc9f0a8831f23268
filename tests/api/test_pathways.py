"""Pathways over REST: catalogue, definitions, and what stated inputs leave possible (contract 2)."""

from typing import Any

import pytest

from tests.api.caller import Caller, pointers
from tests.cds_hooks.record import Json

PATHWAYS = "/api/v1/pathways"
NOMS, AUGMENTATION = f"{PATHWAYS}/noms", f"{PATHWAYS}/augmentation"
CANARY = "Zwykowska 1951-03-14 MRN-4711"
# The inputs of the contract, and their options.
NOMS_INPUTS = {
    "escc": ["escc-0", "escc-1a", "escc-1b", "escc-1c", "escc-2", "escc-3"],
    "myelopathy": ["present", "absent"],
    "radiosensitivity": ["sensitive", "resistant"],
    "stability": ["stable", "potentially-unstable", "unstable"],
    "systemic": ["surgery-able", "surgery-unable"],
    "prior_radiation": ["present", "absent"],
}
YES_NO = [
    "cord_compression",
    "epidural_contact",
    "infection",
    "active_bleeding",
    "cement_allergy",
    "complete_destruction",
    "posterior_arch",
    "uncontrolled_hypertension",
    "major_surgery_within_30_days",
    "posterior_wall_disrupted",
    "epidural_disease",
    *(f"indication_{n}" for n in range(1, 6)),
]
# unit, lowest and highest
NUMBERS = {
    "platelets": ("10*9/L", 0, 5000),
    "inr": ("", 0, 50),
    "wbc": ("10*9/L", 0, 1000),
    "lesions_to_treat": ("", 0, 100),
    "levels_in_session": ("", 0, 30),
    "pain_score": ("", 0, 10),
    "sins_minimum": ("", 0, 18),
    "sins_maximum": ("", 0, 18),
}
RESULT_KEYS = {
    "pathway", "rows", "treatments", "settled", "criteria", "suitability", "missing", "would_settle",
    "cautions", "references",
}  # fmt: skip


async def judged(caller: Caller, path: str, body: Any) -> Json:
    response = await caller.post(path, body)
    assert response.status_code == 200, response.text[:300]
    found: Json = response.json()
    return found


async def status(caller: Caller, rule: str, body: Any) -> str:
    criteria = (await judged(caller, AUGMENTATION, body))["criteria"]
    (found,) = [one["status"] for one in criteria if one["id"] == rule]
    return str(found)


# -- what there is ----------------------------------------------------------------------------------------


async def test_the_catalogue_names_every_pathway_and_its_definition(caller: Caller) -> None:
    found = (await caller.get(PATHWAYS)).json()
    assert [one["pathway"] for one in found["pathways"]][:2] == ["noms", "augmentation"]
    assert set(found["knowledge"]) == {"version", "digest"}
    for one in found["pathways"]:
        definition = (await caller.get(one["definition"])).json()
        assert (definition["pathway"], definition["name"]) == (one["pathway"], one["name"])
        assert definition["knowledge"] == found["knowledge"]


async def test_the_definition_of_noms(caller: Caller) -> None:
    found = (await caller.get(NOMS)).json()
    options = {one["input"]: [o["option"] for o in one["options"]] for one in found["inputs"]}
    assert options == NOMS_INPUTS
    assert [row["row"] for row in found["rows"]] == [*(f"NOMS-{n}" for n in range(1, 11)), "NOMS-X1"]
    assert all(row["treatment"] and row["label"] and row["reference"]["title"] for row in found["rows"])
    assert (found["criteria"], found["states_suitability"]) == ([], False)
    assert found["use"]
    assert found["misuse"]
    assert found["references"]
    assert {"NOMS-X1", "NOMS-X2", "ESCC-2"} <= {one["id"] for one in found["policies"]}


async def test_the_definition_of_augmentation(caller: Caller) -> None:
    found = (await caller.get(AUGMENTATION)).json()
    inputs = {one["input"]: one for one in found["inputs"]}
    for code in YES_NO:
        assert [option["option"] for option in inputs[code]["options"]] == ["yes", "no"]
        assert (inputs[code]["unit"], inputs[code]["minimum"]) == (None, None)
    for code, (unit, low, high) in NUMBERS.items():
        one = inputs[code]
        assert (one["options"], one["unit"], one["minimum"], one["maximum"]) == ([], unit, low, high)
    assert all(one["question"] and one["label"] and one["reference"]["title"] for one in inputs.values())
    assert (found["rows"], found["states_suitability"]) == ([], True)
    known = set(inputs)
    assert all(one["references"] and set(one["inputs"]) <= known for one in found["criteria"])
    rules = {one["id"]: one["effect"] for one in found["criteria"]}
    assert {rules[f"AUG-EXC-{n}"] for n in (1, 2, 3, 5, 6)} == {"absolute"}
    assert rules["AUG-EXC-4"] == "defer"
    assert {rules[f"AUG-REL-{n}"] for n in (1, 3, 4, 5)} == {"relative"}
    assert {rules[f"AUG-IND-{n}"] for n in range(1, 6)} == {"indication"}
    assert (rules["AUG-EXC-7"], rules["AUG-REL-6"]) == ("study", "context")
    limit = next(one for one in found["policies"] if one["id"] == "AUG-EXC-4-inr-limit")
    assert limit["choice"] == "1.5"


@pytest.mark.parametrize("name", ["nope", "NOMS", "sins", "noms2", CANARY.replace(" ", "%20")])
async def test_a_pathway_that_is_none_is_a_404_that_names_those_that_are(caller: Caller, name: str) -> None:
    response = await caller.get(f"{PATHWAYS}/{name}")
    assert response.status_code == 404
    assert "noms, augmentation" in response.json()["detail"]
    assert "Zwykowska" not in response.text


# -- NOMS ---------------------------------------------------------------------------------------------------


async def test_every_result_has_the_keys_of_the_contract(caller: Caller) -> None:
    for path in (NOMS, AUGMENTATION):
        found = await judged(caller, path, {})
        assert set(found) >= RESULT_KEYS
        assert found["pathway"] == path.rpartition("/")[2]
        assert found["applicable"] is True
        assert found["references"]
        assert all(one["title"] and one["tag"] for one in found["references"])


async def test_a_row_of_noms(caller: Caller) -> None:
    body = {
        "escc": "escc-1b",
        "myelopathy": "absent",
        "radiosensitivity": "resistant",
        "stability": "unstable",
        "systemic": "surgery-unable",
        "prior_radiation": "absent",
    }
    found = await judged(caller, NOMS, body)
    assert (found["rows"], found["treatments"], found["settled"]) == (
        ["NOMS-4"],
        ["stabilisation-then-stereotactic-radiosurgery"],
        True,
    )
    assert (found["missing"], found["would_settle"]) == ([], [])
    assert (found["criteria"], found["suitability"]) == ([], None)
    (decision,) = found["decisions"]
    assert (decision["treatment"], decision["rows"]) == (found["treatments"][0], ["NOMS-4"])
    assert any(one["key"] == "NOMS-4" for one in found["references"])


CONTRACT_NOMS = [
    ("1c reaches the low and the high rows",
     {"escc": "escc-1c", "myelopathy": "absent", "radiosensitivity": "resistant", "stability": "stable",
      "systemic": "surgery-able"}, ["NOMS-3", "NOMS-7"], False),
    ("low with myelopathy", {"escc": "escc-0", "myelopathy": "present"}, ["NOMS-X1"], True),
    ("1c with myelopathy",
     {"escc": "escc-1c", "myelopathy": "present", "radiosensitivity": "sensitive", "stability": "stable"},
     ["NOMS-5", "NOMS-X1"], False),
    ("potentially unstable",
     {"escc": "escc-1a", "myelopathy": "absent", "radiosensitivity": "sensitive",
      "stability": "potentially-unstable"}, ["NOMS-1", "NOMS-2"], False),
    ("potentially unstable, one treatment (TC-35)",
     {"escc": "escc-2", "radiosensitivity": "resistant", "stability": "potentially-unstable",
      "systemic": "surgery-able"}, ["NOMS-7", "NOMS-9"], True),
    ("irradiated before",
     {"escc": "escc-2", "radiosensitivity": "sensitive", "stability": "stable", "systemic": "surgery-unable",
      "prior_radiation": "present"}, ["NOMS-5", "NOMS-8"], True),
    ("irradiated before or not",
     {"escc": "escc-0", "myelopathy": "absent", "radiosensitivity": "sensitive", "stability": "stable",
      "prior_radiation": ["present", "absent"]}, ["NOMS-1", "NOMS-3"], False),
    ("a list of one, and repeats",
     {"escc": ["escc-0"], "myelopathy": ["absent", "absent"], "radiosensitivity": ["sensitive"],
      "stability": ["stable", "stable"]}, ["NOMS-1"], True),
    ("several of each",
     {"escc": ["escc-3", "escc-2"], "radiosensitivity": "resistant", "stability": ["unstable", "stable"],
      "systemic": ["surgery-unable", "surgery-able"]}, ["NOMS-7", "NOMS-8", "NOMS-9", "NOMS-10"], False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "rows", "settled"), [pytest.param(*case, id=name) for name, *case in CONTRACT_NOMS]
)
async def test_noms_as_the_contract_says(caller: Caller, body: Json, rows: list[str], settled: bool) -> None:
    found = await judged(caller, NOMS, body)
    assert (found["rows"], found["settled"]) == (rows, settled)
    assert set(found["missing"]) == set(NOMS_INPUTS) - set(body)
    assert sorted(row for decision in found["decisions"] for row in decision["rows"]) == sorted(rows)


async def test_nothing_stated_leaves_every_row(caller: Caller) -> None:
    found = await judged(caller, NOMS, {})
    assert len(found["rows"]) == 11
    assert found["missing"] == list(NOMS_INPUTS)
    # One answer settles it: none of the rows alone, but low grade with myelopathy needs two.
    assert found["would_settle"] == []
    assert any("[NOMS-X6]" in caution and "not recorded" in caution for caution in found["cautions"])


async def test_what_would_settle_noms(caller: Caller) -> None:
    body = {"escc": "escc-2", "radiosensitivity": "resistant", "stability": "stable"}
    found = await judged(caller, NOMS, body)
    assert (found["rows"], found["would_settle"]) == (["NOMS-7", "NOMS-8"], ["systemic"])


# -- augmentation ----------------------------------------------------------------------------------------

CLEAR: Json = {
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
    "platelets": 200,
    "inr": 1.0,
    "wbc": 5,
    "lesions_to_treat": 1,
    "levels_in_session": 1,
    "indication_1": "yes",
    "sins_maximum": 6,
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "eligible"),
        ({"infection": "yes"}, "contraindicated"),
        ({"infection": True}, "contraindicated"),
        ({"infection": ["yes", "no"]}, "undetermined"),
        ({"inr": 1.6}, "defer"),
        ({"platelets": {"low": 49, "high": 50}}, "undetermined"),
        ({"platelets": {"low": 50, "high": 99}}, "caution"),
        ({"lesions_to_treat": 5}, "caution"),
        ({"sins_maximum": 13}, "undetermined"),
        ({"indication_1": False}, "undetermined"),
    ],
)
async def test_how_suitable_it_is(caller: Caller, changes: Json, expected: str) -> None:
    found = await judged(caller, AUGMENTATION, {**CLEAR, **changes})
    assert found["suitability"] == expected
    assert found["settled"] == (expected != "undetermined")
    assert (found["rows"], found["treatments"], found["decisions"]) == ([], [], [])


async def test_a_criterion_as_the_contract_says(caller: Caller) -> None:
    found = await judged(caller, AUGMENTATION, {"infection": "yes"})
    (one,) = [one for one in found["criteria"] if one["id"] == "AUG-EXC-3"]
    assert {"id", "status", "effect", "sources"} <= set(one)
    assert (one["status"], one["effect"], one["sources"]) == ("met", "absolute", [])
    assert {one["effect"] for one in found["criteria"]} == {
        "indication", "absolute", "defer", "relative", "study", "context",
    }  # fmt: skip
    assert {one["status"] for one in found["criteria"]} <= {"met", "unmet", "unknown"}


@pytest.mark.parametrize("code", YES_NO)
async def test_yes_and_no_may_be_said_as_booleans(caller: Caller, code: str) -> None:
    for text, boolean in (("yes", True), ("no", False)):
        one = await judged(caller, AUGMENTATION, {code: text})
        assert one == await judged(caller, AUGMENTATION, {code: boolean})
        assert one == await judged(caller, AUGMENTATION, {code: [text]})


EDGES = [
    ("AUG-EXC-4", {"inr": 1.5, "platelets": 200}, "unmet"),
    ("AUG-EXC-4", {"inr": 1.6, "platelets": 200}, "met"),
    ("AUG-EXC-4", {"inr": 1.5000000000000002, "platelets": 200}, "met"),
    ("AUG-EXC-4", {"inr": {"low": 1.2, "high": 1.5}, "platelets": 200}, "unmet"),
    ("AUG-EXC-4", {"inr": {"low": 1.5, "high": 1.6}, "platelets": 200}, "unknown"),
    ("AUG-EXC-4", {"inr": {"low": 1.6, "high": 1.6}, "platelets": 200}, "met"),
    ("AUG-EXC-4", {"inr": 1, "platelets": 50}, "unmet"),
    ("AUG-EXC-4", {"inr": 1, "platelets": 49.99999999999999}, "met"),
    ("AUG-REL-1", {"wbc": 2.5, "platelets": 100}, "unmet"),
    ("AUG-REL-1", {"wbc": 2.4, "platelets": 100}, "met"),
    ("AUG-REL-1", {"wbc": 2.4999999999999996, "platelets": 100}, "met"),
    # The sum of a tenth and two tenths in binary numbers, times five, is a little more than 1.5.
    ("AUG-EXC-4", {"inr": 0.1 + 0.2, "platelets": 200}, "unmet"),
    ("AUG-EXC-4", {"inr": (0.1 + 0.2) * 5, "platelets": 200}, "met"),
    ("CHEN-INC-3", {"pain_score": 4}, "unmet"),
    ("CHEN-INC-3", {"pain_score": 4.1}, "met"),
    ("AUG-EXC-8", {"sins_minimum": 11, "sins_maximum": 15}, "met"),
    ("AUG-EXC-8", {"sins_minimum": 13}, "met"),
    ("AUG-EXC-8", {"sins_minimum": 12}, "unknown"),
]


@pytest.mark.parametrize(("rule", "body", "expected"), EDGES)
async def test_numbers_are_taken_as_they_are_written(
    caller: Caller, rule: str, body: Json, expected: str
) -> None:
    assert await status(caller, rule, body) == expected


@pytest.mark.parametrize("text", [b"1.60", b"16e-1", b"0.16E1"])
async def test_a_number_in_another_spelling_is_the_same(caller: Caller, text: bytes) -> None:
    body = b'{"platelets": 200, "inr": ' + text + b"}"
    assert await status(caller, "AUG-EXC-4", body) == "met"


async def test_what_was_stated_is_told_back_as_a_range(caller: Caller) -> None:
    found = await judged(caller, AUGMENTATION, {"inr": 1.6, "platelets": {"low": 49, "high": 51.5}})
    ranges = {one["input"]: one["ranges"] for one in found["inputs"]}
    assert ranges["inr"] == [{"low": 1.6, "low_included": True, "high": 1.6, "high_included": True}]
    assert ranges["platelets"] == [{"low": 49.0, "low_included": True, "high": 51.5, "high_included": True}]
    (unknown,) = ranges["wbc"]
    assert (unknown["low"], unknown["high"]) == (None, None)


# -- what is refused -------------------------------------------------------------------------------------

NOT_AN_OPTION: tuple[Any, ...] = (
    None, 0, 1, 2.5, {}, "", "Yes", " yes", "yes,no", "unknown", "indeterminate", [None], [1], [["yes"]],
    ["yes", "x"], ["yes", None], [{}], [], [True], CANARY,
)  # fmt: skip
NOT_A_NUMBER: tuple[Any, ...] = (
    None, True, False, "5", "", "5.0", [5], [], {}, {"low": 1}, {"high": 1}, {"low": 1, "high": None},
    {"low": "1", "high": 2}, {"low": True, "high": 2}, {"low": 1, "high": 2, "unit": "x"}, -1, -0.001,
    1e9, 10**400, {"low": -1, "high": 1}, {"low": 1, "high": 1e9}, {"low": 3, "high": 2}, {"value": 5},
    CANARY,
)  # fmt: skip


@pytest.mark.parametrize("code", ["infection", "indication_5", "posterior_wall_disrupted"])
@pytest.mark.parametrize("value", NOT_AN_OPTION, ids=repr)
async def test_what_is_no_option_is_a_422_that_names_the_input(caller: Caller, code: str, value: Any) -> None:
    problem = await caller.problem(AUGMENTATION, {code: value}, 422)
    assert pointers(problem) == {f"/{code}"}
    assert "yes, no" in problem["errors"][0]["message"]
    assert "Zwykowska" not in str(problem)


@pytest.mark.parametrize("code", NOMS_INPUTS)
@pytest.mark.parametrize("value", [*NOT_AN_OPTION, "yes", True, False], ids=repr)
async def test_and_so_for_noms(caller: Caller, code: str, value: Any) -> None:
    problem = await caller.problem(NOMS, {code: value}, 422)
    assert pointers(problem) == {f"/{code}"}
    assert ", ".join(NOMS_INPUTS[code]) in problem["errors"][0]["message"]
    assert "Zwykowska" not in str(problem)


@pytest.mark.parametrize("code", ["platelets", "inr", "lesions_to_treat", "sins_maximum"])
@pytest.mark.parametrize("value", NOT_A_NUMBER, ids=lambda value: repr(value)[:30])
async def test_what_is_no_number_in_range_is_a_422_that_names_the_input(
    caller: Caller, code: str, value: Any
) -> None:
    problem = await caller.problem(AUGMENTATION, {code: value}, 422)
    assert pointers(problem) == {f"/{code}"}
    assert f"from {NUMBERS[code][1]} to {NUMBERS[code][2]}" in problem["errors"][0]["message"]
    assert "Zwykowska" not in str(problem)


@pytest.mark.parametrize("code", NUMBERS)
async def test_the_ends_of_a_range_are_taken_and_nothing_beyond(caller: Caller, code: str) -> None:
    _, low, high = NUMBERS[code]
    for value in (low, high, {"low": low, "high": high}, {"low": high, "high": high}):
        await judged(caller, AUGMENTATION, {code: value})
    for value in (low - 1, high + 1, {"low": low, "high": high + 1}):
        await caller.problem(AUGMENTATION, {code: value}, 422)


@pytest.mark.parametrize("code", ["lesions_to_treat", "levels_in_session", "sins_minimum", "sins_maximum"])
async def test_a_count_is_a_whole_number(caller: Caller, code: str) -> None:
    problem = await caller.problem(AUGMENTATION, {code: 2.5}, 422)
    assert "whole number" in problem["errors"][0]["message"]


async def test_a_range_of_a_count_has_whole_ends(caller: Caller) -> None:
    await caller.problem(AUGMENTATION, {"levels_in_session": {"low": 3.1, "high": 3.9}}, 422)


async def test_a_whole_number_written_with_a_point_is_taken(caller: Caller) -> None:
    assert await status(caller, "AUG-REL-5", b'{"lesions_to_treat": 5.0}') == "met"


@pytest.mark.parametrize("path", [NOMS, AUGMENTATION])
@pytest.mark.parametrize("name", ["size", "ESCC", "Infection", "", " ", "platelets/x", "__proto__", CANARY])
async def test_an_unknown_input_is_a_422_that_lists_the_known_ones(
    caller: Caller, path: str, name: str
) -> None:
    problem = await caller.problem(path, {name: "yes"}, 422)
    known = NOMS_INPUTS if path == NOMS else [*YES_NO, *NUMBERS]
    assert all(one in problem["errors"][0]["message"] for one in known)
    assert "Zwykowska" not in str(problem)


async def test_every_fault_is_named_at_once(caller: Caller) -> None:
    body = {"infection": "x", "platelets": "y", "inr": {"low": 1}, "size": 1, "wbc": 5}
    problem = await caller.problem(AUGMENTATION, body, 422)
    assert pointers(problem) == {"/infection", "/platelets", "/inr", "/size"}


async def test_the_lowest_sins_above_the_highest_is_a_422(caller: Caller) -> None:
    problem = await caller.problem(AUGMENTATION, {"sins_minimum": 13, "sins_maximum": 12}, 422)
    assert pointers(problem) == {"/sins_minimum"}
    assert "sins_maximum" in problem["detail"]
    await judged(caller, AUGMENTATION, {"sins_minimum": 12, "sins_maximum": 12})


@pytest.mark.parametrize("path", [NOMS, AUGMENTATION])
@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"5", b"true", b'[{"inr": 1}]'])
async def test_a_body_that_is_no_object_is_a_400(caller: Caller, path: str, body: bytes) -> None:
    assert "object" in (await caller.problem(path, body, 400))["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}x",
        b'{"inr": 1.6,}',
        b"{'inr': 1.6}",
        b'{"inr": NaN}',
        b'{"inr": Infinity}',
        b'{"inr": -Infinity}',
        b'{"inr": {"low": NaN, "high": 2}}',
        b'{"inr": 1e400}',
        b'{"inr": 01.6}',
        b'{"inr": ' + b"9" * 5_000 + b"}",
        b'{"inr": 1.0, "inr": 1.6}',
        b'{"inr": 1.0, "\\u0069nr": 1.6}',
        b'{"inr": {"low": 1.0, "low": 1.6, "high": 2}}',
        b'{"infection": "\\ud800"}',
        b'{"infection": "\xff"}',
        b'\xef\xbb\xbf{"infection": "yes"}',
        b'{"infection": ' + b"[" * 101 + b"]" * 101 + b"}",
    ],
    ids=lambda body: repr(body)[:40],
)
async def test_a_body_that_is_no_json_is_a_400_that_repeats_nothing(caller: Caller, body: bytes) -> None:
    problem = await caller.problem(AUGMENTATION, body, 400)
    assert "1.6" not in str(problem)
    assert "line 1" not in str(problem)


async def test_another_media_type_is_a_415_and_a_large_body_a_413(caller: Caller) -> None:
    for path in (NOMS, AUGMENTATION):
        await caller.problem(path, b"{}", 415, **{"content-type": "text/plain"})
        await caller.problem(path, b'{"escc": "' + b"x" * 100_000 + b'"}', 413)
