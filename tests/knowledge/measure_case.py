"""A measure asked in plain words: numbers, codes, ``(low, high)``, lists of codes, lists of rows."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from app.engine.reading import Interval
from app.knowledge import load
from app.knowledge.measure import Answers, Input, Kind, Measure, Value
from app.knowledge.policy import Policy

MEASURES: Mapping[str, Measure] = load(Policy()).measures


def ask(code: str, **given: Any) -> Any:
    """The result of a measure for the inputs given; numbers as text are exact decimals.

    What comes back is untyped, so that a table may hold 20 where the result holds an exact fraction.
    """
    measure = MEASURES[code]
    return measure.evaluate(_answers(measure.inputs, given))


def _answers(inputs: Sequence[Input], given: Mapping[str, Any]) -> Answers:
    known = {entry.code: entry for entry in inputs}
    return Answers({name: _value(known[name], value) for name, value in given.items()})


def _value(entry: Input, value: Any) -> Value:
    if entry.kind is Kind.ROWS:
        return tuple(_answers(entry.fields, row) for row in value)
    if entry.options:
        return frozenset(map(str, value if isinstance(value, list) else [value]))
    if isinstance(value, bool) or entry.kind is Kind.TEXT:
        answer: bool | str = value
        return answer
    low, high = value if isinstance(value, tuple) else (value, value)
    return Interval(Fraction(low), Fraction(high))


def keys(remarks: Sequence[Any]) -> set[str]:
    return {remark.key for remark in remarks}
