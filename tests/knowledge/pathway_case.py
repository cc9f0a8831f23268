"""How tests of the pathways judge: stated inputs, and statuses by rule."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product

from app.engine.criteria import Given, Status
from app.engine.quantity import Measured, Quantity
from app.engine.question import Item
from app.engine.question import given as answered
from app.engine.reading import Interval, exactly
from app.knowledge.pathway import Pathway, PathwayResult

Stated = Mapping[str, str | int | Fraction | Interval]


def stated(pathway: Pathway, values: Stated) -> dict[str, Given]:
    """Inputs as a caller states them: options joined by ``|``, numbers, or intervals."""
    kinds = {one.code: one for one in pathway.inputs}
    found: dict[str, Given] = {}
    for code, value in values.items():
        kind = kinds[code]
        if isinstance(kind, Item):
            assert isinstance(value, str)
            found[code] = answered(kind, value.split("|"))
        else:
            assert not isinstance(value, str)
            span = value if isinstance(value, Interval) else exactly(value)
            found[code] = Measured((span,), recorded=True)
    return found


def statuses(result: PathwayResult) -> dict[str, str]:
    """By rule, and technique where several share a rule."""
    return {
        one.criterion.id + (f" {one.criterion.technique}" if one.criterion.technique else ""): one.status
        for one in result.judged
    }


def status(pathway: Pathway, rule: str, **values: str | int | Fraction | Interval) -> str:
    """The status of one rule for stated inputs."""
    return statuses(pathway.judge(stated(pathway, values)))[rule]


def completions(pathway: Pathway, values: Stated, numbers: Mapping[str, Sequence[int]]) -> Iterator[Stated]:
    """Every complete statement that a partial one leaves possible, numbers from a list."""
    choices: list[list[tuple[str, str | int | Fraction | Interval]]] = []
    for one in pathway.inputs:
        known: Sequence[str | int | Fraction | Interval]
        if isinstance(one, Quantity):
            known = [values[one.code]] if one.code in values else numbers[one.code]
        else:
            said = values.get(one.code)
            known = said.split("|") if isinstance(said, str) else list(one.codes)
        choices.append([(one.code, value) for value in known])
    for combination in product(*choices):
        yield dict(combination)


def refute(pathway: Pathway, values: Stated, numbers: Mapping[str, Sequence[int]]) -> list[str]:
    """Rules whose status is not that of brute force over every completion."""
    found: dict[str, set[str]] = {}
    for complete in completions(pathway, values, numbers):
        for rule, one in statuses(pathway.judge(stated(pathway, complete))).items():
            found.setdefault(rule, set()).add(one)
    said = statuses(pathway.judge(stated(pathway, values)))
    wanted = {rule: next(iter(seen)) if len(seen) == 1 else Status.UNKNOWN for rule, seen in found.items()}
    return [rule for rule, one in said.items() if one != wanted[rule]]
