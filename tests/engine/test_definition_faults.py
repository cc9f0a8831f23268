from collections.abc import Callable
from fractions import Fraction

import pytest

from app.engine.provenance import Citation, DefinitionError, Tag
from app.engine.question import Answer, Item, Option, given
from app.engine.reading import Interval, ItemReadings, QuantityReading, Segment
from app.engine.score import Band, Score

CITE = Citation("KEY", "A publication", "table 1", Tag.READ)


def option(code: str, points: int) -> Option:
    return Option(code, code, points, CITE)


def item(code: str, *options: Option) -> Item:
    return Item(code, code, "?", options or (option("no", 0), option("yes", 1)), CITE)


def band(code: str, low: int, high: int) -> Band:
    return Band(code, code, low, high, "", CITE)


def score(*bands: Band, items: tuple[Item, ...] | None = None, worse: str = "high") -> Score:
    """Three items of 0 or 1 point, so 0 to 3, unless told."""
    three = (item("a"), item("b"), item("c"))
    return Score("s", "S", "1", three if items is None else items, bands, worse, (), (), (), ())


def segments(*spans: Interval) -> QuantityReading:
    return QuantityReading("size", tuple(Segment(span, frozenset({"x"})) for span in spans))


def span(low: int | None, high: int | None, ends: str = "[]") -> Interval:
    bounds = [None if bound is None else Fraction(bound) for bound in (low, high)]
    return Interval(bounds[0], bounds[1], ends[0] == "[", ends[1] == "]")


FAULTS: list[tuple[str, Callable[[], object], str]] = [
    (
        "overlapping bands",
        lambda: score(band("low", 0, 2), band("high", 2, 3)),
        "bands low and high overlap",
    ),
    (
        "bands out of order",
        lambda: score(band("high", 2, 3), band("low", 0, 1)),
        "bands high and low overlap",
    ),
    (
        "gap between bands",
        lambda: score(band("low", 0, 1), band("high", 3, 3)),
        "no band between low and high",
    ),
    (
        "bands that begin too high",
        lambda: score(band("low", 1, 3)),
        "score s: the bands do not cover 0 to 3",
    ),
    ("bands that begin too low", lambda: score(band("low", -1, 3)), "do not cover 0 to 3"),
    ("bands that end too low", lambda: score(band("low", 0, 2)), "do not cover 0 to 3"),
    ("bands that end too high", lambda: score(band("low", 0, 4)), "do not cover 0 to 3"),
    ("no band", score, "do not cover 0 to 3"),
    (
        "a band that ends before it begins",
        lambda: score(band("low", 3, 0)),
        "band low ends before it begins",
    ),
    (
        "two bands with one code",
        lambda: score(band("low", 0, 1), band("low", 2, 3)),
        "two bands have the code 'low'",
    ),
    (
        "two items with one code",
        lambda: score(band("low", 0, 2), items=(item("a"), item("a"))),
        "two items have the code 'a'",
    ),
    (
        "negative points",
        lambda: score(band("low", 0, 1), items=(item("a", option("no", -1), option("yes", 1)),)),
        "item a has negative points",
    ),
    (
        "a direction that is none",
        lambda: score(band("low", 0, 3), worse="up"),
        "worse is 'high' or 'low'",
    ),
    (
        "two options with one code",
        lambda: item("a", option("x", 0), option("x", 1)),
        "item a: two options have the code 'x'",
    ),
    ("one option", lambda: item("a", option("x", 0)), "item a: fewer than two options"),
    (
        "citation without a key",
        lambda: Citation(" ", "Title", "", Tag.READ),
        "needs a key and a title",
    ),
    (
        "citation without a title",
        lambda: Citation("KEY", "", "", Tag.READ),
        "needs a key and a title",
    ),
    (
        "citation with an address that is not https",
        lambda: Citation("KEY", "Title", "", Tag.READ, "http://example.org"),
        "citation KEY: the url is not https",
    ),
    ("an answer of nothing", lambda: Answer(()), "at least one option possible"),
    (
        "segments that share a closed bound",
        lambda: segments(span(0, 5), span(5, 10)),
        "finding size: segments overlap or leave a gap",
    ),
    (
        "segments that overlap",
        lambda: segments(span(0, 6), span(5, 10, "(]")),
        "finding size: segments overlap or leave a gap",
    ),
    (
        "segments that leave out the bound",
        lambda: segments(span(0, 5, "[)"), span(5, 10, "(]")),
        "finding size: segments overlap or leave a gap",
    ),
    (
        "segments with a gap",
        lambda: segments(span(0, 4), span(5, 10)),
        "finding size: segments overlap or leave a gap",
    ),
    (
        "an item that nothing answers",
        lambda: ItemReadings(item("a"), {}),
        "item a: nothing in a record answers it",
    ),
    ("an answer outright of an unknown option", lambda: given(item("a"), ["maybe"]), "maybe"),
    ("an answer outright of no option", lambda: given(item("a"), []), "at least one option"),
    ("points of an unknown option", lambda: item("a").points_of("maybe"), "no option 'maybe'"),
    ("an unknown item", lambda: score(band("low", 0, 3)).item("z"), "no item 'z'"),
    ("an unknown band", lambda: score(band("low", 0, 3)).band("z"), "no band 'z'"),
]


@pytest.mark.parametrize(
    ("make", "message"), [pytest.param(make, text, id=name) for name, make, text in FAULTS]
)
def test_a_contradiction_is_refused_with_its_name(make: Callable[[], object], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        make()


def test_bands_and_segments_that_adjoin_are_accepted() -> None:
    assert len(score(band("low", 0, 1), band("high", 2, 3)).bands) == 2
    assert len(segments(span(0, 5, "[)"), span(5, 5), span(5, 10, "(]")).segments) == 3
    assert len(segments(span(None, 5, "[)"), span(5, None)).segments) == 2


def test_segments_joined_at_unbounded_ends_are_refused() -> None:
    with pytest.raises(DefinitionError, match="overlap or leave a gap"):
        segments(span(0, None, "[)"), span(None, 5))
