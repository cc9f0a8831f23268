"""Stated inputs and statuses of any pathway, and brute force over the completions of partial inputs."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product

from app.engine.criteria import Given
from app.engine.quantity import Measured, Quantity
from app.engine.question import Item
from app.engine.question import given as answered
from app.engine.reading import exactly
from app.knowledge.pathway import Pathway
from app.knowledge.patient import Case

# An option, several still possible, or a number.
Value = str | list[str] | Fraction | int
Values = Mapping[str, Value]
Samples = Mapping[str, list[Fraction]]


def stated(pathway: Pathway, values: Values) -> dict[str, Given]:
    """The inputs that a caller states."""
    kinds = {one.code: one for one in pathway.inputs}
    full: dict[str, Given] = {}
    for code, value in values.items():
        kind = kinds[code]
        if isinstance(kind, Item):
            full[code] = answered(kind, value if isinstance(value, list) else [str(value)])
        else:
            full[code] = Measured((exactly(Fraction(str(value))),), recorded=True)
    return full


def judged(pathway: Pathway, values: Values) -> dict[str, str]:
    """The status of every rule, by its name."""
    return {one.criterion.id: one.status.value for one in pathway.judge(stated(pathway, values)).judged}


def met(pathway: Pathway, values: Values) -> set[str]:
    """The names of the rules that are met."""
    return {rule for rule, status in judged(pathway, values).items() if status == "met"}


def read(pathway: Pathway, case: Case) -> dict[str, str]:
    """The status of every rule, for a record."""
    return {one.criterion.id: one.status.value for one in pathway.judge(pathway.read(case)).judged}


def completions(pathway: Pathway, values: Values, samples: Samples) -> Iterator[Values]:
    """Every way to answer the questions that are left; numbers from samples on both sides of every edge."""
    choices: list[list[tuple[str, Value]]] = []
    for one in pathway.inputs:
        value = values.get(one.code)
        if isinstance(one, Quantity):
            numbers: list[Value] = [*samples[one.code]] if value is None else [value]
            choices.append([(one.code, number) for number in numbers])
        else:
            options = [*one.codes] if value is None else value if isinstance(value, list) else [str(value)]
            choices.append([(one.code, option) for option in options])
    for chosen in product(*choices):
        yield dict(chosen)


def by_brute_force(pathway: Pathway, values: Values, samples: Samples) -> dict[str, str]:
    """The status of every rule, from every completion by itself."""
    seen: dict[str, set[str]] = {}
    for full in completions(pathway, values, samples):
        for rule, status in judged(pathway, full).items():
            seen.setdefault(rule, set()).add(status)
    return {rule: statuses.pop() if len(statuses) == 1 else "unknown" for rule, statuses in seen.items()}
