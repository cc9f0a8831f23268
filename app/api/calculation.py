"""The body of a calculation, judged item by item: what is wrong is named, nothing is echoed."""

import re
from collections.abc import Callable, Mapping

from pydantic import BaseModel, ValidationError

from app.engine.score import Score
from app.errors import ContradictionError, Issue, UnreadableError
from app.fhir.strict import read_small
from app.knowledge.anatomy import Place, place_of_levels

ByLevel = tuple[str, Callable[[Place], frozenset[str] | None]]
# More would only repeat themselves, and make a small body a large answer.
MOST_ISSUES = 20
SHOWABLE_NAME = re.compile(r"[a-z]{1,20}(?:[-_][a-z]{1,20}){0,2}")


def read_answers(
    body: bytes, model: type[BaseModel], score: Score, by_level: ByLevel | None = None
) -> Mapping[str, list[str]]:
    """The options still possible, by item.

    Args:
        body: the JSON of the answers.
        model: what they must look like.
        score: the score that they answer.
        by_level: for a score that takes a spinal level, the item that it answers and its options.

    Raises:
        UnreadableError: the body is no JSON object.
        ContradictionError: an item or option does not exist, a list is empty, or ``level`` and
            ``location`` are both there.
    """
    document = read_small(body)
    if not isinstance(document, dict):
        raise UnreadableError("The body must be a JSON object of items and options.")
    try:
        answers = model.model_validate(document, strict=True)
    except ValidationError as error:
        issues = [*_issues(error, model, score), *_empty(document)]
        raise ContradictionError(
            "An item or an option is not known: see errors.", issues[:MOST_ISSUES]
        ) from None
    stated = {
        name: value if isinstance(value, list) else [value]
        for name, value in ((name, getattr(answers, name)) for name in answers.model_fields_set)
    }
    if empty := _empty(stated):
        raise ContradictionError("An item holds an empty list: see errors.", empty)
    return stated if by_level is None else _with_place(stated, *by_level)


def _with_place(
    stated: dict[str, list[str]], item: str, by_place: Callable[[Place], frozenset[str] | None]
) -> Mapping[str, list[str]]:
    levels = stated.pop("level", None)
    if levels is None:
        return stated
    if item in stated:
        message = f"Send level or {item}, not both."
        raise ContradictionError(message, [Issue("/level", "business-rule", message)])
    options = by_place(place_of_levels(levels)) or frozenset()
    return {**stated, item: sorted(options)}


def _empty(document: Mapping[str, object]) -> list[Issue]:
    return [
        Issue(f"/{name}", "invalid", f"{name} holds an empty list: name an option or leave it out.")
        for name, options in document.items()
        if options == [] and SHOWABLE_NAME.fullmatch(name)
    ]


def _issues(error: ValidationError, model: type[BaseModel], score: Score) -> list[Issue]:
    issues: dict[str, Issue] = {}
    known = model.model_fields
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        name = str(fault["loc"][0]) if fault["loc"] else ""
        if name not in known:
            # A name is shown only where it looks like one: no digit, no capital, nothing of a person.
            shown = name if SHOWABLE_NAME.fullmatch(name) else ""
            message = f"There is no item {shown}; the items are {', '.join(known)}.".replace(" ;", ";")
            issues[shown] = Issue(f"/{shown}" if shown else "", "invalid", message)
        else:
            codes = _codes(name, score)
            message = f"{name} takes one of {codes}, or a list of them."
            issues[name] = Issue(f"/{name}", "code-invalid", message)
    return list(issues.values())


def _codes(name: str, score: Score) -> str:
    if name == "level":
        return "C0 to C7, T1 to T12, L1 to L5, S1 to S5"
    return ", ".join(score.item(name).codes)
