"""A large text in parts is the same text: nothing is lost, moved or made of what is no JSON."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.fhir.parts import AT_ONCE, MOST_PARTS, Apart, apart, listed, together, written

AT = 20
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
WRITERS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 0, 3]),
        "ensure_ascii": st.booleans(),
        "separators": st.sampled_from([(",", ":"), (" , ", " : "), ("\t,\r\n", "\n:")]),
    }
)
NO_JSON = (msgspec.DecodeError, UnicodeDecodeError)


def read(part: memoryview | Apart) -> Any:
    """What a part says, read from its own parts."""
    if not isinstance(part, Apart):
        return json.loads(bytes(part))
    assert json.loads(bytes(part.text)) is not None
    held = [read(one) for one in part.parts]
    return held if part.names is None else dict(zip(part.names, held, strict=True))


@given(VALUES, WRITERS, st.sampled_from(["", " ", "\r\n\t"]))
@example(["[{", "}],", '\\",'], {}, "")
@example([[], {}, [[]], {"": {}}, "x" * 30], {"indent": 3}, " ")
@example([[1.5e-07] * 9, {"\u00e9": "\U0001f600" * 9}], {}, "")
def test_every_text_is_the_sum_of_its_parts(value: Any, writer: dict[str, Any], space: str) -> None:
    text = (space + json.dumps(value, **writer) + space).encode()
    found = apart(text, AT)
    assert (found is None) == (len(text) <= AT or not isinstance(value, dict | list))
    assert found is None or read(found) == value


@given(st.data(), VALUES, st.sampled_from(['"', ",", ":", "[", "]", "{", "}", "\\", "0", "x", ""]))
def test_what_is_no_json_is_no_json_in_parts(data: st.DataObject, value: Any, sign: str) -> None:
    text = json.dumps([value, value])
    place = data.draw(st.integers(0, len(text) - 1))
    spoilt = (text[:place] + sign + text[place + data.draw(st.integers(0, 1)) :]).encode()
    try:
        whole = msgspec.json.decode(spoilt)
    except NO_JSON:
        whole = ...
    try:
        found = apart(spoilt, AT)
        parts = None if found is None else read(found)
    except (*NO_JSON, ValueError):
        assert whole is ...
        return
    assert parts is None or parts == whole


@pytest.mark.parametrize(
    "text", [b"[[1]}, 2]", b"[{]}", b'{"a": [1, {]}', b"[1 2]", b"[1,]", b"[,]", b'{"a" 1}']
)
def test_brackets_and_signs_that_do_not_belong_together(text: bytes) -> None:
    for at_once in range(len(text)):
        with pytest.raises((*NO_JSON, ValueError)):
            read(apart(text, at_once) or memoryview(text))


@pytest.mark.parametrize("behind", [b"x", b"]", b",", b"  {}"])
def test_something_behind_it_is_no_json(behind: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        apart(b"[" + b"1," * AT + b"1]" + behind, AT)


def test_a_name_that_stands_twice_is_told_twice_however_it_is_written() -> None:
    found = apart(rb'{"a": 1, "\u0061": 2, "b": 3, "a\"": 4}', AT)
    assert found is not None
    assert found.names == ["a", "a", "b", 'a"']
    assert [bytes(written(part)) for part in found.parts] == [b" 1", b" 2", b" 3", b" 4"]


def test_a_member_by_its_name_and_the_others_without_it() -> None:
    found = apart(rb'{"a": [1], "b\"": {"c": null}, "d": "text"}', AT)
    assert found is not None
    one = found.member("a")
    assert one is not None
    assert json.loads(bytes(written(one))) == [1]
    assert found.member("c") is None
    assert json.loads(found.without("a")) == {'b"': {"c": None}, "d": "text"}
    assert json.loads(found.without("c")) == {"a": [1], 'b"': {"c": None}, "d": "text"}


def test_too_many_parts_are_left_together() -> None:
    text = listed([b'"' + b"x" * 20 + b'"'] * MOST_PARTS)
    found = apart(text)
    assert found is not None
    assert len(found.parts) == MOST_PARTS
    assert apart(listed([text, b"1"])) is None


def test_what_is_deep_is_taken_apart_on_the_way_down() -> None:
    deep = b'{"a": [' * 49 + b'"' + b"x" * AT_ONCE + b'"' + b"]}" * 49
    part: Any = apart(deep)
    levels = 0
    while isinstance(part, Apart):
        (part,) = part.parts
        levels += 1
    assert levels == 98
    assert len(part) == AT_ONCE + 2


def test_parts_are_read_as_many_at_a_time_as_one_call_takes() -> None:
    parts = [b"x" * length for length in (1, AT_ONCE, AT_ONCE - 1, 1, 1, 3 * AT_ONCE, 2)]
    assert [[len(part) for part in some] for some in together(parts)] == [
        [1],
        [AT_ONCE],
        [AT_ONCE - 1, 1],
        [1],
        [3 * AT_ONCE],
        [2],
    ]
    assert list(together([])) == []


def test_a_part_is_no_copy() -> None:
    text = listed([b'"' + b"x" * AT_ONCE + b'"'] * 2)
    found = apart(text)
    assert found is not None
    assert all(written(part).obj is text for part in found.parts)
