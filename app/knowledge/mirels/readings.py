"""How a record answers the items of Mirels, with the edges that no publication settles."""

from collections.abc import Callable, Iterable
from fractions import Fraction

from app.engine.reading import CodedReading, Edge, Interval, ItemReadings, QuantityReading, Segment
from app.knowledge.anatomy import SITES, Place
from app.knowledge.finding import INDETERMINATE
from app.knowledge.mirels.table import LESION, PAIN, SIZE
from app.knowledge.policy import INTERVAL, Policy

THIRD, TWO_THIRDS = Fraction(100, 3), Fraction(200, 3)


def site_by_place(policy: Policy) -> Callable[[Place], frozenset[str] | None]:
    """What a place says of the site: only a femur can be peritrochanteric (MIR-E3, MIR-E9)."""
    open_edge = policy.choice("MIR-E3") == INTERVAL
    either = frozenset({"lower-limb", "peritrochanteric"} if open_edge else {"peritrochanteric"})
    lower = {
        "yes": frozenset({"peritrochanteric"}),
        "maybe": either,
        "no": frozenset({"lower-limb"}),
    }

    def options(place: Place) -> frozenset[str] | None:
        if place.site is None:
            return None
        site = SITES[place.site]
        if site.limb is None:
            return None
        return frozenset({"upper-limb"}) if site.limb == "upper" else lower[site.trochanteric]

    return options


def readings(policy: Policy) -> tuple[ItemReadings, ...]:
    """The readings of every item but the site."""
    size = QuantityReading(
        "cortical-destruction",
        (
            Segment(Interval(Fraction(0), THIRD, high_closed=False), frozenset({"under-third"})),
            Segment(Interval(THIRD, TWO_THIRDS), frozenset({"third-to-two-thirds"})),
            Segment(
                Interval(TWO_THIRDS, Fraction(100), low_closed=False),
                frozenset({"over-two-thirds"}),
            ),
        ),
        rounded_edges=(THIRD, TWO_THIRDS),
    )
    return (
        ItemReadings(
            PAIN,
            {
                "limb-pain": _coded(
                    "limb-pain",
                    PAIN.codes,
                    ("limb-pain-mild", "mild"),
                    ("limb-pain-moderate", "moderate"),
                    ("limb-pain-functional", "functional"),
                    # The original has no zero: the lowest option, flagged (MIR-E4).
                    ("limb-pain-none", "mild"),
                )
            },
        ),
        ItemReadings(
            LESION,
            {
                "bone-lesion-quality": _coded(
                    "bone-lesion-quality",
                    LESION.codes,
                    ("lesion-lytic", "lytic"),
                    ("lesion-mixed", "mixed"),
                    ("lesion-blastic", "blastic"),
                )
            },
        ),
        ItemReadings(
            SIZE,
            {"cortical-destruction": size},
            policy.edges(("MIR-E1", _edge(0)), ("MIR-E1", _edge(1))),
        ),
    )


def _edge(number: int) -> Edge:
    """The edge between one option of the size and the next."""
    lower, upper = SIZE.codes[number : number + 2]
    return Edge("cortical-destruction", frozenset({lower, upper}), upper)


def _coded(finding: str, every: Iterable[str], *pairs: tuple[str, str]) -> CodedReading:
    options = {code: frozenset({option}) for code, option in pairs}
    return CodedReading(finding, options | {INDETERMINATE: frozenset(every)})
