"""Bodies that a calculation refuses: what is wrong is named, nothing is repeated (contract 2)."""

from typing import Any

import pytest

from tests.api.caller import SCORES, Caller, pointers
from tests.api.score_table import LEVELS, TABLES

SINS, MIRELS = f"{SCORES}/sins", f"{SCORES}/mirels"
CANARY = "Zwykowska 1951-03-14 MRN-4711"
NOT_AN_OPTION: tuple[Any, ...] = (
    None,
    0,
    1,
    2.5,
    True,
    False,
    {},
    {"option": "lytic"},
    "",
    "Lytic",
    " lytic",
    "lytic ",
    "lytic,mixed",
    "unknown",
    "indeterminate",
    [None],
    [1],
    [["lytic"]],
    ["lytic", "x"],
    ["lytic", None],
    [{}],
    CANARY,
)


@pytest.mark.parametrize(
    "item", ["pain", "lesion", "alignment", "collapse", "posterolateral", "location", "level"]
)
@pytest.mark.parametrize("value", NOT_AN_OPTION)
async def test_what_is_no_option_is_a_422_that_names_the_item(caller: Caller, item: str, value: Any) -> None:
    problem = await caller.problem(SINS, {item: value}, 422)
    assert pointers(problem) == {f"/{item}"}
    assert item in problem["errors"][0]["message"]
    assert CANARY not in str(problem)


@pytest.mark.parametrize("item", sorted(TABLES["mirels"]))
@pytest.mark.parametrize("value", [None, 3, "semirigid", ["x"], {}, True])
async def test_and_so_for_mirels(caller: Caller, item: str, value: Any) -> None:
    assert pointers(await caller.problem(MIRELS, {item: value}, 422)) == {f"/{item}"}


@pytest.mark.parametrize(
    ("path", "items"), [(SINS, [*TABLES["sins"], "level"]), (MIRELS, list(TABLES["mirels"]))]
)
async def test_an_empty_list_is_a_422_that_names_the_item(
    caller: Caller, path: str, items: list[str]
) -> None:
    for item in items:
        problem = await caller.problem(path, {item: []}, 422)
        assert pointers(problem) == {f"/{item}"}


@pytest.mark.parametrize(
    "item", ["size", "Pain", "pains", "levels", "score", "", " ", "pain/x", "__proto__", CANARY]
)
async def test_an_unknown_item_is_a_422_that_lists_the_known_ones(caller: Caller, item: str) -> None:
    problem = await caller.problem(SINS, {item: "mechanical"}, 422)
    message = problem["errors"][0]["message"]
    assert all(known in message for known in (*TABLES["sins"], "level"))
    assert CANARY not in str(problem)


@pytest.mark.parametrize("item", ["size", "pains", "levels", "score"])
async def test_an_unknown_item_that_looks_like_one_is_named(caller: Caller, item: str) -> None:
    problem = await caller.problem(SINS, {item: "mechanical"}, 422)
    assert pointers(problem) == {f"/{item}"}
    assert f"There is no item {item};" in problem["errors"][0]["message"]


@pytest.mark.parametrize(
    "level", ["T13", "L6", "C8", "S0", "S6", "t11", "T 11", "T01", "T11-L1", "thoracic", "Co1", 11]
)
async def test_a_level_that_is_none_is_a_422(caller: Caller, level: Any) -> None:
    assert str(level) not in LEVELS
    assert pointers(await caller.problem(SINS, {"level": level}, 422)) == {"/level"}
    assert pointers(await caller.problem(SINS, {"level": ["T11", level]}, 422)) == {"/level"}


@pytest.mark.parametrize("location", ["junctional", "rigid", ["junctional", "mobile"]])
async def test_level_and_location_together_are_a_422(caller: Caller, location: Any) -> None:
    problem = await caller.problem(SINS, {"level": "T11", "location": location}, 422)
    assert "/level" in pointers(problem)
    assert "location" in problem["detail"]


async def test_every_fault_is_named_at_once(caller: Caller) -> None:
    problem = await caller.problem(SINS, {"pain": "x", "lesion": 5, "size": "y", "collapse": ["z"]}, 422)
    assert pointers(problem) == {"/pain", "/lesion", "/size", "/collapse"}


async def test_every_fault_is_named_at_once_an_empty_list_too(caller: Caller) -> None:
    problem = await caller.problem(SINS, {"pain": "x", "lesion": []}, 422)
    assert pointers(problem) == {"/pain", "/lesion"}


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"5", b"true", b'[{"pain": "none"}]'])
async def test_a_body_that_is_no_object_is_a_400(caller: Caller, body: bytes) -> None:
    assert "object" in (await caller.problem(SINS, body, 400))["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}x",
        b"{} {}",
        b"{'pain': 'none'}",
        b'{"pain": "none",}',
        b'{"pain": NaN}',
        b'{"pain": Infinity}',
        b'{"pain": 1e400}',
        b'{"pain": ' + b"9" * 5_000 + b"}",
        b'{"pain": "\\ud800"}',
        b'{"pain": "\xff"}',
        b'\xef\xbb\xbf{"pain": "none"}',
        '{"pain": "none"}'.encode("utf-16"),
        b'{"pain": "none", "pain": "mechanical"}',
        b'{"pain": ["none"], "p\\u0061in": "mechanical"}',
        b'{"pain": ' + b"[" * 101 + b"]" * 101 + b"}",
        b'{"pain": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    ],
)
async def test_a_body_that_is_no_json_is_a_400_that_repeats_nothing(caller: Caller, body: bytes) -> None:
    problem = await caller.problem(SINS, body, 400)
    assert "mechanical" not in str(problem)
    assert "line 1" not in str(problem)


async def test_a_value_nested_as_deep_as_is_allowed_is_a_422(caller: Caller) -> None:
    body = b'{"pain": ' + b"[" * 90 + b"]" * 90 + b"}"
    assert pointers(await caller.problem(SINS, body, 422)) == {"/pain"}


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/xml", "", "application/json; charset=latin-1"]
)
async def test_another_media_type_is_a_415(caller: Caller, media_type: str) -> None:
    problem = await caller.problem(SINS, b'{"pain": "none"}', 415, **{"content-type": media_type})
    assert "none" not in str(problem)


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8"])
async def test_json_is_taken(caller: Caller, media_type: str) -> None:
    response = await caller.post(SINS, {"pain": "none"}, **{"content-type": media_type})
    assert response.status_code == 200


async def test_a_compressed_body_is_a_415(caller: Caller) -> None:
    await caller.problem(SINS, b"\x1f\x8b", 415, **{"content-encoding": "gzip"})


async def test_a_body_far_larger_than_any_answer_is_a_413(caller: Caller) -> None:
    await caller.problem(SINS, b'{"pain": "' + b"x" * 100_000 + b'"}', 413)


async def test_as_many_unknown_items_as_fit_are_refused(caller: Caller) -> None:
    letters = "abcdefghijklmnop"
    names = [f"q{a}{b}{c}" for a in letters for b in letters for c in letters]
    problem = await caller.problem(SINS, dict.fromkeys(names, 1), 422)
    assert len(problem["errors"]) == 20
