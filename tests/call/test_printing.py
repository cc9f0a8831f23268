"""What a person reads, and what a terminal must not obey."""

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from app.call.answer import Answer, Card
from app.call.printing import print_answer, print_notes, safe_json
from tests.call.foreign_service import CARD, CARD_UUID, SUGGESTION_UUID, Json

EMPTY = Answer("view", "patient-view", 200, b"", 12.4, {})


def shown(answer: Answer, *, coloured: bool = False) -> str:
    out = io.StringIO()
    print_answer(
        Console(file=out, width=110, highlight=False, markup=False, emoji=False, force_terminal=coloured),
        answer,
    )
    return out.getvalue()


def cards(*members: Json) -> Answer:
    return replace(EMPTY, cards=tuple(map(Card, members)))


def test_everything_of_a_card_is_shown() -> None:
    lines = [line.strip() for line in shown(cards(CARD)).splitlines() if line.strip()]
    assert lines == [
        "WARNING A finding to act on",
        "Source: A guideline <https://example.org/guideline>",
        "Its detail.",
        "Suggestions, to accept at most one:",
        "Suggestion: Order it (recommended)",
        "create ServiceRequest: A draft order",
        "delete ServiceRequest/old: The old one",
        f"Suggestion {SUGGESTION_UUID}",
        "Link (absolute): The guideline <https://example.org/read>",
        "Reason to override: Not now (https://example.org/reasons|not-now)",
        f"Card {CARD_UUID}",
        "1 card, status 200, 12 ms, view (patient-view)",
    ]


def test_a_card_without_anything_is_shown_as_such() -> None:
    assert shown(cards({})).splitlines()[0] == "NO INDICATOR (no summary)"


@pytest.mark.parametrize(
    "name", ["source", "suggestions", "links", "overrideReasons", "detail", "uuid", "summary"]
)
@pytest.mark.parametrize("value", [None, 5, "", "text", [], [None, 5, {}], {}, {"label": 5, "topic": []}])
def test_a_member_of_the_wrong_shape_does_no_harm(name: str, value: Any) -> None:
    said = shown(cards(CARD | {name: value}))
    assert "WARNING" in said
    assert "1 card, status 200" in said


def test_the_detail_is_markdown() -> None:
    detail = "## Scores\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[read](https://example.org/x)"
    said = shown(cards({"summary": "s", "detail": detail}))
    assert "•" in said
    assert "##" not in said
    assert "|---|" not in said
    assert "https://example.org/x" in said


def test_no_cards_is_said() -> None:
    assert shown(EMPTY).splitlines() == [
        "No cards: nothing to say.",
        "0 cards, status 200, 12 ms, view (patient-view)",
    ]


def test_an_error_is_said_with_its_status_and_never_as_nothing_to_say() -> None:
    said = shown(replace(EMPTY, status=412, faults=("error: conditions are missing", "error: more")))
    assert "The service answered 412." in said
    assert "conditions are missing" in said
    assert "error: more" in said
    assert "nothing to say" not in said


def test_the_decision_is_named_on_one_line_of_its_own() -> None:
    name = "d-" + "0123456789" * 20
    assert shown(replace(EMPTY, decision=name)).splitlines()[-1] == f"Decision {name}"
    assert "Decision" not in shown(EMPTY)


def test_what_would_be_applied_without_asking_is_shown() -> None:
    said = shown(replace(EMPTY, system_actions=({"type": "update", "resource": {"resourceType": "Task"}},)))
    assert "systemActions" in said
    assert "update Task: (no description)" in said


ATTACKS = {
    "escape": "\x1b[31mred\x1b]8;;https://evil.example\x07",
    "one byte": "\x9b31m\x9d8;;x",
    "return": "safe\rCRITICAL",
    "backspace": "abc\b\b\b",
    "turned": "abc\u202edcba\u2066",
    "null": "a\x00b\x7f",
    "half": "a\ud800b",
    "markup": "[bold red]x[/] [link=https://evil.example]y[/link]",
    "emoji": ":warning:",
    "lines": "one\nCRITICAL two\n\nthree",
    "entities": "&#27;[31m &#x9b;31m &#8238;x",
    "tags": "<script>alert(1)</script> <img src=x onerror=y> <!-- hidden -->",
}
OBEYED = {"\x1b", "\x9b", "\x9d", "\x07", "\x00", "\x7f", "\b", "\r", "\u202e", "\u2066", "\ud800"}


def in_every_text(attack: str) -> Json:
    def spoil(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: spoil(one) for name, one in value.items()}
        if isinstance(value, list):
            return [spoil(one) for one in value]
        return attack if isinstance(value, str) else value

    spoilt: Json = spoil(CARD)
    return spoilt


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_no_text_of_a_service_is_obeyed(name: str) -> None:
    attack = ATTACKS[name]
    answer = replace(
        cards(in_every_text(attack)),
        service=attack,
        hook=attack,
        faults=(attack,),
        decision=attack,
        system_actions=({"type": attack, "description": attack, "resourceId": attack},),
    )
    said = shown(answer)
    assert OBEYED.isdisjoint(said)
    said.encode()
    # With colours the only escapes are those of the style, none of them a link.
    assert "\x1b]" not in shown(answer, coloured=True)


def test_markup_emoji_and_tags_are_shown_as_they_are_written() -> None:
    said = shown(
        cards({"summary": ATTACKS["markup"], "detail": f"{ATTACKS['tags']} a < b <https://x.org/y>"})
    )
    assert ATTACKS["markup"] in said
    assert "<script>alert(1)</script> <img src=x onerror=y> <!-- hidden -->" in said
    assert "a < b" in said
    assert "https://x.org/y" in said


def test_a_summary_stays_on_its_line() -> None:
    assert shown(cards({"indicator": "info", "summary": ATTACKS["lines"]})).splitlines()[0] == (
        "INFO one CRITICAL two three"
    )


def test_notes_are_one_line_each() -> None:
    out = io.StringIO()
    print_notes(Console(file=out, width=40, markup=False), ["first\nsecond \x1b[31m", "[red]" + "x" * 60])
    assert out.getvalue().splitlines() == ["Note: first second [31m", "Note: [red]" + "x" * 60]


def test_json_keeps_its_meaning_with_nothing_to_obey() -> None:
    assert safe_json('{\n  "a": "é\x9b\u202e"\n}') == '{\n  "a": "é\\u009b\\u202e"\n}'
