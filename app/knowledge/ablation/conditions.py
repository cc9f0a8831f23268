"""The conditions that several rules of ablation share."""

from fractions import Fraction

from app.engine.criteria import AnyOf, Condition, Is, Lies
from app.engine.reading import Interval
from app.knowledge.pathway import NO, YES

RADIOFREQUENCY = "radiofrequency-ablation"
MICROWAVE = "microwave-ablation"
CRYOABLATION = "cryoablation"
LASER = "laser-ablation"
ULTRASOUND = "focused-ultrasound"
ALCOHOL = "alcohol-ablation"

# ABL-1: more than 1 cm is the distance that its source calls safe; 1 cm itself is not more.
_NEAR = Fraction(10)


def yes(code: str) -> Condition:
    """The input is yes."""
    return Is(code, frozenset({YES}))


def no(code: str) -> Condition:
    """The input is no."""
    return Is(code, frozenset({NO}))


def below(code: str, bound: Fraction | int) -> Condition:
    """The number is less than the bound."""
    return Lies(code, Interval(None, Fraction(bound), high_closed=False))


def at_most(code: str, bound: Fraction | int) -> Condition:
    """The number is the bound or less."""
    return Lies(code, Interval(None, Fraction(bound)))


def above(code: str, bound: Fraction | int) -> Condition:
    """The number is more than the bound."""
    return Lies(code, Interval(Fraction(bound), None, low_closed=False))


def at_least(code: str, bound: Fraction | int) -> Condition:
    """The number is the bound or more."""
    return Lies(code, Interval(Fraction(bound), None))


_WITHIN_1_CM = (at_most("distance_to_neural_structure", _NEAR), yes("neural_contact"))
NERVE_WITHIN_1_CM = AnyOf(_WITHIN_1_CM)
# Where a source gives no number, a margin close to a root is near too, and only its denial is not.
NEAR_NERVE = AnyOf((*_WITHIN_1_CM, yes("close_to_nerve_root")))
SKIN_WITHIN_1_CM = at_most("distance_to_skin", _NEAR)
NEAR_NERVE_OR_SKIN = AnyOf((*_WITHIN_1_CM, SKIN_WITHIN_1_CM))
NEAR_OR_CRITICAL = AnyOf((*_WITHIN_1_CM, SKIN_WITHIN_1_CM, yes("critical_structure")))
