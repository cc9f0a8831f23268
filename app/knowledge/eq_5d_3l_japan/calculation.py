"""The value of a health state, or every value that is still possible."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product

from app.knowledge.eq_5d_3l_japan.table import (
    DECREMENTS,
    DIMENSIONS,
    EQ_1,
    INC_9,
    QUESTIONNAIRE,
    VALUE_SET,
    utility,
)
from app.knowledge.instrument import Remark
from app.knowledge.measure import Answers, MeasureResult

States = Mapping[str, Sequence[str]]


def eq_5d_3l_japan(answers: Answers) -> MeasureResult:
    """The value in the Japanese set, exactly."""
    states, missing = _states(answers)
    values = _values(states)
    settling = [
        name
        for name in DIMENSIONS
        if len(states[name]) > 1
        and any(len(_values({**states, name: [level]})) == 1 for level in states[name])
    ]
    settled = len(values) == 1
    return MeasureResult(
        minimum=values[0],
        maximum=values[-1],
        value=values[0] if settled else None,
        settled=settled,
        missing=missing,
        would_settle=() if settled else tuple(settling),
        cautions=tuple(_cautions(answers, values[0])),
        details={
            "questionnaire_version": QUESTIONNAIRE,
            "value_set": VALUE_SET,
            "states": len(list(product(*states.values()))),
            "state": "".join(levels[0] for levels in states.values())
            if all(len(levels) == 1 for levels in states.values())
            else None,
        },
    )


def _states(answers: Answers) -> tuple[States, tuple[str, ...]]:
    state = answers.text("state")
    if state is not None:
        return {name: [level] for name, level in zip(DIMENSIONS, state, strict=True)}, ()
    stated = {name: answers.codes(name) for name in DIMENSIONS}
    states = {name: sorted(levels or DECREMENTS[name]) for name, levels in stated.items()}
    return states, tuple(name for name, levels in stated.items() if levels is None)


def _values(states: States) -> list[Fraction]:
    return sorted(
        {utility(dict(zip(DIMENSIONS, levels, strict=True))) for levels in product(*states.values())}
    )


def _cautions(answers: Answers, lowest: Fraction) -> Iterator[Remark]:
    text = f"EQ-5D-{QUESTIONNAIRE}, value set {VALUE_SET}: not comparable with another version or set."
    yield Remark("EQ-1", text, (EQ_1,))
    if "questionnaire_version" not in answers.values:
        text = "Which version was asked is not stated: make sure that it was the EQ-5D-3L."
        yield Remark("EQ-1", text, (EQ_1,))
    if lowest < 0:
        yield Remark("INC-9", "Values below 0 are possible in this set and are kept.", (INC_9,))
