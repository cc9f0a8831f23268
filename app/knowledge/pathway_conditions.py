"""Short forms of pathway rules and of the conditions that they are made of."""

from fractions import Fraction

from app.engine.criteria import Condition, Criterion, Effect, Is, Lies
from app.engine.provenance import Citation
from app.engine.reading import Interval
from app.knowledge.pathway import NO, YES


def rule(
    key: str,
    effect: Effect,
    text: str,
    when: Condition,
    *cites: Citation,
    technique: str | None = None,
    quiet: bool = False,
) -> Criterion:
    """One rule, its sources last."""
    return Criterion(key, effect, text, when, cites, technique, quiet)


def yes(code: str) -> Is:
    """Holds where a yes-or-no input is yes."""
    return Is(code, frozenset({YES}))


def no(code: str) -> Is:
    """Holds where a yes-or-no input is no."""
    return Is(code, frozenset({NO}))


def one_of(code: str, *options: str) -> Is:
    """Holds where a coded input has one of these options."""
    return Is(code, frozenset(options))


def below(code: str, bound: int) -> Lies:
    """Holds below the bound, not at it."""
    return Lies(code, Interval(None, Fraction(bound), high_closed=False))


def at_most(code: str, bound: int) -> Lies:
    """Holds up to the bound and at it."""
    return Lies(code, Interval(None, Fraction(bound)))


def above(code: str, bound: int) -> Lies:
    """Holds above the bound, not at it."""
    return Lies(code, Interval(Fraction(bound), None, low_closed=False))


def at_least(code: str, bound: int) -> Lies:
    """Holds from the bound on."""
    return Lies(code, Interval(Fraction(bound), None))


def between(code: str, low: int, high: int) -> Lies:
    """Holds from one bound to the other, both included."""
    return Lies(code, Interval(Fraction(low), Fraction(high)))
