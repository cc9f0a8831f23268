"""Mirels as a form: which finding each answer records."""

from fractions import Fraction

from app.engine.reading import Interval
from app.knowledge.form import FormItem, FormOption, coded_item
from app.knowledge.mirels.readings import THIRD, TWO_THIRDS
from app.knowledge.mirels.table import LESION, PAIN, SIZE

# The size is a quantity in the record; on the form it is one of three stretches of it.
_UNDER = Interval(Fraction(0), THIRD, high_closed=False, text="less than one third")
_MIDDLE = Interval(THIRD, TWO_THIRDS, text="one third to two thirds")
_OVER = Interval(TWO_THIRDS, Fraction(100), low_closed=False, text="more than two thirds")

FORM = (
    coded_item(
        PAIN,
        "limb-pain",
        ("mild", "limb-pain-mild"),
        ("moderate", "limb-pain-moderate"),
        ("functional", "limb-pain-functional"),
    ),
    coded_item(
        LESION,
        "bone-lesion-quality",
        ("blastic", "lesion-blastic"),
        ("mixed", "lesion-mixed"),
        ("lytic", "lesion-lytic"),
    ),
    FormItem(
        SIZE.code,
        "cortical-destruction",
        (
            FormOption("under-third", "size-under-third", _UNDER),
            FormOption("third-to-two-thirds", "size-third-to-two-thirds", _MIDDLE),
            FormOption("over-two-thirds", "size-over-two-thirds", _OVER),
        ),
    ),
)
