"""How a record answers the items of SINS, with the edges that no publication settles."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from app.engine.question import Statement
from app.engine.reading import (
    CodedReading,
    Edge,
    Fact,
    Interval,
    ItemReadings,
    QuantityReading,
    Segment,
    Side,
)
from app.knowledge.anatomy import Kind, Place
from app.knowledge.finding import INDETERMINATE
from app.knowledge.findings import PAIN_SCALES
from app.knowledge.policy import INTERVAL, Policy
from app.knowledge.sins.table import (
    ALIGNMENT,
    COLLAPSE,
    LESION,
    LOCATION,
    LOCATION_BY_LEVEL,
    PAIN,
    POSTEROLATERAL,
)

_ZERO, _HALF, _WHOLE = Fraction(0), Fraction(50), Fraction(100)


def location_by_place(policy: Policy) -> Callable[[Place], frozenset[str] | None]:
    """What a place says of the location: every region its levels allow (SINS-E12, SINS-L)."""

    def options(place: Place) -> frozenset[str] | None:
        if place.site is None or place.kind is not Kind.SPINE:
            return None
        if not place.levels:
            # The coccyx stands nowhere in the published map: never 0 by default.
            return frozenset(LOCATION.codes)
        regions = frozenset(LOCATION_BY_LEVEL[level] for level in place.levels)
        if len(regions) == 1 or policy.choice("SINS-E12") == INTERVAL:
            return regions
        return frozenset({max(regions, key=LOCATION.points_of)})

    return options


def readings(policy: Policy) -> tuple[ItemReadings, ...]:
    """The readings of every item but the location."""
    return (
        _pain(policy),
        ItemReadings(
            LESION,
            {
                "bone-lesion-quality": _coded(
                    "bone-lesion-quality",
                    LESION.codes,
                    ("lesion-lytic", {"lytic"}),
                    ("lesion-mixed", {"mixed"}),
                    ("lesion-blastic", {"blastic"}),
                )
            },
        ),
        _alignment(policy),
        _collapse(policy),
        _posterolateral(),
    )


def _coded(finding: str, every: Iterable[str], *pairs: tuple[str, set[str]]) -> CodedReading:
    options = {code: frozenset(left) for code, left in pairs}
    return CodedReading(finding, options | {INDETERMINATE: frozenset(every)})


def _pain(policy: Policy) -> ItemReadings:
    present = frozenset({"mechanical", "occasional"})
    scale = (
        Segment(Interval(_ZERO, _ZERO), frozenset({"none"})),
        Segment(Interval(_ZERO, Fraction(10), low_closed=False), present),
    )
    coded = _coded(
        "spinal-pain",
        PAIN.codes,
        ("pain-mechanical", {"mechanical"}),
        ("pain-occasional", {"occasional"}),
        ("pain-free", {"none"}),
        ("pain-present", set(present)),
    )
    scales = {code: QuantityReading(code, scale) for code in PAIN_SCALES}
    # The edge hangs on the coded finding: a pain score alone never gives 3.
    edges = policy.edges(("SINS-E8", Edge("spinal-pain", present, "mechanical")))
    return ItemReadings(PAIN, {"spinal-pain": coded, **scales}, edges)


def _collapse(policy: Policy) -> ItemReadings:
    absent = frozenset({"involved-over-50", "none"})
    collapsed = frozenset({"over-50", "under-50"})
    coded = _coded(
        "vertebral-collapse",
        COLLAPSE.codes,
        ("collapse-over-50", {"over-50"}),
        ("collapse-under-50", {"under-50"}),
        ("collapse-none-involved-over-50", {"involved-over-50"}),
        ("collapse-none", {"none"}),
        ("collapse-present", set(collapsed)),
    )
    height_loss = QuantityReading(
        "vertebral-height-loss",
        (
            Segment(Interval(_ZERO, _ZERO), absent),
            Segment(Interval(_ZERO, _HALF, low_closed=False, high_closed=False), frozenset({"under-50"})),
            Segment(Interval(_HALF, _HALF), collapsed),
            Segment(Interval(_HALF, _WHOLE, low_closed=False), frozenset({"over-50"})),
        ),
    )
    # Involvement says nothing of collapse; where there is collapse, it wins (SINS-E5).
    involvement = QuantityReading(
        "vertebral-body-involvement",
        (
            Segment(Interval(_ZERO, _HALF, high_closed=False), collapsed | {"none"}),
            Segment(Interval(_HALF, _HALF), collapsed | absent),
            Segment(Interval(_HALF, _WHOLE, low_closed=False), collapsed | {"involved-over-50"}),
        ),
    )
    return ItemReadings(
        COLLAPSE,
        {
            "vertebral-collapse": coded,
            "vertebral-height-loss": height_loss,
            "vertebral-body-involvement": involvement,
        },
        policy.edges(
            ("SINS-E2", Edge("vertebral-body-involvement", absent, "involved-over-50")),
            ("SINS-E4", Edge("vertebral-height-loss", absent, "involved-over-50")),
            ("SINS-E1", Edge("vertebral-height-loss", collapsed, "over-50")),
            ("SINS-E3", Edge("vertebral-collapse", collapsed, "over-50")),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Alignment:
    """SINS-E6: subluxation and deformity can both be there; the higher counts."""

    coded: CodedReading
    highest: bool

    def __call__(self, facts: Iterable[Fact]) -> Iterable[Statement]:
        listed = list(facts)
        if not self.highest or not any(fact.value == _SUBLUXATION for fact in listed):
            return self.coded(listed)
        # Old or new, a deformity beside a subluxation takes nothing from it.
        beside = [fact for fact in listed if _only_deformity(fact)]
        others = [fact for fact in listed if not _only_deformity(fact)]
        shifted = (Statement(frozenset({"subluxation"}), fact.source) for fact in beside)
        return [*shifted, *self.coded(others)]


_SUBLUXATION = frozenset({"alignment-subluxation"})
_DEFORMITIES = frozenset(
    {"alignment-deformity", "alignment-deformity-not-de-novo", "alignment-deformity-age-unknown"}
)


def _only_deformity(fact: Fact) -> bool:
    return not isinstance(fact.value, Interval) and fact.value <= _DEFORMITIES


def _alignment(policy: Policy) -> ItemReadings:
    age_unknown = frozenset({"deformity", "normal"})
    coded = _coded(
        "spinal-alignment",
        ALIGNMENT.codes,
        ("alignment-subluxation", {"subluxation"}),
        ("alignment-deformity", {"deformity"}),
        ("alignment-normal", {"normal"}),
        ("alignment-deformity-not-de-novo", {"normal"}),
        ("alignment-deformity-age-unknown", set(age_unknown)),
    )
    reading = _Alignment(coded, highest=policy.choice("SINS-E6") == "highest")
    edges = policy.edges(("SINS-E7", Edge("spinal-alignment", age_unknown, "deformity")))
    return ItemReadings(ALIGNMENT, {"spinal-alignment": reading}, edges)


@dataclass(frozen=True, slots=True)
class _Posterolateral:
    """LAT-2: left in one record and right in another is both sides only of one lesion."""

    coded: CodedReading

    def __call__(self, facts: Iterable[Fact]) -> Iterable[Statement]:
        listed = list(facts)
        one_sided = [fact for fact in listed if fact.value == _ONE_SIDE]
        if not {Side.LEFT, Side.RIGHT} <= {fact.side for fact in one_sided}:
            return self.coded(listed)
        groups = {fact.group for fact in one_sided if fact.side is not None}
        same_lesion = len(groups) == 1 and None not in groups
        both = frozenset({"bilateral"} if same_lesion else {"unilateral", "bilateral"})
        others = [fact for fact in listed if fact.value != _ONE_SIDE]
        return [*(Statement(both, fact.source) for fact in one_sided), *self.coded(others)]


_ONE_SIDE = frozenset({"posterolateral-unilateral"})


def _posterolateral() -> ItemReadings:
    coded = _coded(
        "posterolateral-involvement",
        POSTEROLATERAL.codes,
        ("posterolateral-bilateral", {"bilateral"}),
        ("posterolateral-unilateral", {"unilateral"}),
        ("posterolateral-none", {"none"}),
    )
    return ItemReadings(POSTEROLATERAL, {"posterolateral-involvement": _Posterolateral(coded)})
