"""An answer as a person reads it. Every text is a stranger's: nothing in it is obeyed by the terminal."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markdown import Markdown
from rich.padding import Padding
from rich.segment import Segment
from rich.text import Text

from app.call.answer import Answer, Card
from app.call.exact_json import Json, member, objects, text

_COLOURS: Mapping[str, str] = MappingProxyType(
    {"critical": "bold red", "warning": "bold yellow", "info": "bold blue"}
)
# What turns the reading direction around, so that a text looks like another.
_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# The beginning of an HTML tag, but not of an address in angle brackets.
_TAG = re.compile(r"<(?=[A-Za-z/!?])(?!https?:|mailto:)")


def plain(written: str) -> str:
    """A text without control characters, half characters and turns of the reading direction."""
    return "".join(
        one
        for one in written
        if one in "\n\t" or (unicodedata.category(one) not in ("Cc", "Cs") and one not in _TURNS)
    )


def safe_json(content: str) -> str:
    """A JSON text in which the characters a terminal could obey are written as escapes."""
    return "".join(f"\\u{ord(one):04x}" if one != "\n" and plain(one) != one else one for one in content)


def print_answer(console: Console, answer: Answer) -> None:
    """Print the cards of an answer, or what the service said of its error.

    Args:
        console: where to; its own markup is not used.
        answer: what to print.
    """
    for card in answer.cards:
        for part in _card(card):
            console.print(part)
        console.print()
    if answer.system_actions:
        console.print(Text("To be applied without asking (systemActions):"))
        for action in answer.system_actions:
            console.print(_action(action, 2))
        console.print()
    if answer.faults:
        console.print(Text.assemble(("NO ANSWER", "bold red"), f" The service answered {answer.status}."))
        for fault in answer.faults:
            console.print(_line(fault, 2))
    elif not answer.cards:
        console.print(Text("No cards: nothing to say."))
    count = f"{len(answer.cards)} card{'s' if len(answer.cards) != 1 else ''}"
    told = f"{count}, status {answer.status}, {answer.milliseconds:.0f} ms, {answer.service} ({answer.hook})"
    console.print(_line(told, 0, "dim"))
    print_decision(console, answer)


def print_decision(console: Console, answer: Answer) -> None:
    """Print the id of the decision that an answer tells, on one line, or nothing where it names none.

    Args:
        console: where to.
        answer: what the service answered.
    """
    if answer.decision is not None:
        # Whole on its line, however wide the terminal is: it is copied from here.
        console.print(Text(f"Decision {_flat(answer.decision)}", style="dim"), soft_wrap=True)


def _card(card: Card) -> Iterator[RenderableType]:
    heading = Text(_flat(card.indicator).upper(), style=_COLOURS.get(card.indicator, "bold"))
    yield Text.assemble(heading, " ", _flat(card.summary))
    source = member(card.members, "source")
    label = text(source, "label")
    topic = text(member(source, "topic"), "display") or text(member(source, "topic"), "code")
    if label is not None:
        named = " ".join(part for part in (label, _address(source), f"[{topic}]" if topic else "") if part)
        yield _line(f"Source: {named}", 2, "dim")
    detail = text(card.members, "detail")
    if detail is not None:
        yield Padding(_Shown(_markdown(detail)), (1, 0, 1, 2))
    behaviour = text(card.members, "selectionBehavior")
    if behaviour is not None and card.suggestions:
        yield _line(f"Suggestions, to accept {behaviour.replace('-', ' ')}:", 2)
    for suggestion in card.suggestions:
        yield from _suggestion(suggestion)
    for link in objects(card.members, "links"):
        kind = text(link, "type") or "no type"
        yield _line(f"Link ({kind}): {text(link, 'label') or '(no label)'} {_address(link)}", 2)
    for reason in card.override_reasons:
        code = f"{text(reason, 'system') or ''}|{text(reason, 'code') or ''}"
        yield _line(f"Reason to override: {text(reason, 'display') or '(no display)'} ({code})", 2)
    if card.uuid is not None:
        yield _line(f"Card {card.uuid}", 2, "dim")


def _suggestion(suggestion: Json) -> Iterator[RenderableType]:
    remark = " (recommended)" if suggestion.get("isRecommended") is True else ""
    yield _line(f"Suggestion: {text(suggestion, 'label') or '(no label)'}{remark}", 2)
    for action in objects(suggestion, "actions"):
        yield _action(action, 4)
    name = text(suggestion, "uuid")
    if name is not None:
        yield _line(f"Suggestion {name}", 4, "dim")


def _action(action: Json, indent: int) -> RenderableType:
    what = text(member(action, "resource"), "resourceType") or text(action, "resourceId") or "nothing named"
    said = text(action, "description") or "(no description)"
    return _line(f"{text(action, 'type') or 'no type'} {what}: {said}", indent)


def _address(holder: Json) -> str:
    url = text(holder, "url")
    return f"<{url}>" if url else ""


def _flat(written: str) -> str:
    return " ".join(plain(written).split())


def _line(written: str, indent: int, style: str = "") -> RenderableType:
    return Padding(Text(_flat(written), style=style), (0, 0, 0, indent), expand=False)


def _markdown(detail: str) -> Markdown:
    # A tag is shown as it is written, for an EHR may obey what would be hidden here; a link with its address.
    return Markdown(_TAG.sub(r"\\<", plain(detail)), hyperlinks=False)


class _Shown:
    """Something to print, without what an entity of Markdown may have smuggled in."""

    def __init__(self, inner: RenderableType) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._inner, options):
            yield Segment(plain(segment.text), segment.style, segment.control)


def print_notes(console: Console, notes: Iterable[str]) -> None:
    """Print notes, one a line.

    Args:
        console: where to.
        notes: what to print; they may hold names that a service chose.
    """
    for note in notes:
        console.print(Text(f"Note: {_flat(note)}"), soft_wrap=True)
