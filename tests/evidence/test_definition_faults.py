"""Evidence that contradicts itself is refused where it is written."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.engine.provenance import DefinitionError, Tag
from app.evidence import ITEMS
from app.evidence.codes import ConflictStatus, Statistic
from app.evidence.disputed_across import disputed
from app.evidence.item import Inconsistency, Point, Rate, Series, StatedValue, Statement, by_code
from app.evidence.sources import HAO
from app.evidence.studies import Estimate, Row, Share, Table


def series() -> Series:
    found = ITEMS["chen-vas"]
    assert isinstance(found, Series)
    return found


def rate() -> Rate:
    found = ITEMS["chen-leak-disc"]
    assert isinstance(found, Rate)
    return found


def table() -> Table:
    found = ITEMS["tad-pain-outcomes"]
    assert isinstance(found, Table)
    return found


def statement() -> Statement:
    found = ITEMS["chen-not-seen"]
    assert isinstance(found, Statement)
    return found


def conflict(number: str = "INC-60", *, values: int = 2, check: str = "2 is not 1") -> Inconsistency:
    stated = tuple(StatedValue(str(value), "table 1") for value in range(values))
    return Inconsistency(number, (HAO,), "two values", stated, check, "kept", ConflictStatus.BOTH_KEPT)


def points(*values: Point) -> Series:
    return replace(series(), points=values)


GOOD = Point("before", 5, -1, low=4, high=6)
FAULTS: tuple[tuple[str, Callable[[], object], str], ...] = (
    ("a code with capitals", lambda: replace(rate(), code="CHEN-Leak"), "no code of evidence"),
    ("no population", lambda: replace(rate(), population=""), "population"),
    ("no site", lambda: replace(rate(), sites=()), "site"),
    ("a source that was not read", lambda: replace(rate(), tag=Tag.UNREAD), "may not speak"),
    ("a local policy", lambda: replace(rate(), tag=Tag.LOCAL_POLICY), "may not speak"),
    ("two items of one code", lambda: by_code((rate(), rate())), "one code"),
    ("a denominator of nothing", lambda: replace(rate(), unit=" "), "what does the denominator count"),
    ("more than all", lambda: replace(rate(), numerator=141), "141 of 140"),
    ("less than none", lambda: replace(rate(), numerator=-1), "is no rate"),
    ("of none", lambda: replace(rate(), numerator=0, denominator=0), "is no rate"),
    ("a printed percentage that is right", lambda: replace(rate(), reported="8.6"), "does not differ"),
    ("an empty statement", lambda: replace(statement(), text=" "), "says nothing"),
    ("a series of one", lambda: points(GOOD), "several points"),
    ("no unit", lambda: replace(series(), unit=""), "has a unit"),
    ("half a range", lambda: points(GOOD, Point("1 week", 4, 7, low=2)), "two ends"),
    (
        "a median beside its range",
        lambda: points(GOOD, Point("1 week", 8, 7, low=2, high=7)),
        "outside its range",
    ),
    ("no range", lambda: points(GOOD, Point("1 week", 4, 7)), "range is missing"),
    ("beyond the scale", lambda: points(GOOD, Point("1 week", 9, 7, low=2, high=11)), "outside the scale"),
    (
        "times that run backwards",
        lambda: points(Point("1 week", 5, 7, low=4, high=6), GOOD),
        "run backwards",
    ),
    (
        "one time twice",
        lambda: points(GOOD, Point("again", 5, -1, low=4, high=6)),
        "run backwards",
    ),
    ("not a number", lambda: points(GOOD, Point("1 week", float("nan"), 7)), "not a number"),
    (
        "no deviation",
        lambda: replace(series(), statistic=Statistic.MEAN_SD),
        "standard deviation is missing",
    ),
    (
        "a count without a denominator",
        lambda: replace(series(), statistic=Statistic.COUNT, points=(GOOD, Point("1 week", 4, 7))),
        "needs a denominator",
    ),
    (
        "a count above its denominator",
        lambda: replace(series(), statistic=Statistic.COUNT, points=(GOOD, Point("1 week", 4, 7, n=3))),
        "needs a denominator",
    ),
    ("a share of nothing", Share, "says nothing"),
    ("a share of an unnamed kind", lambda: Share(1, None, 2), "counts something"),
    ("a share that does not come out", lambda: Share(45, "78", 72, "patients"), "is not 78%"),
    ("one study twice", lambda: replace(table(), rows=(table().rows[0],) * 2), "another study"),
    ("a table of nothing", lambda: replace(table(), rows=()), "another study"),
    ("pain without a scale", lambda: Row(study="A", techniques=(), sites=(), pain_before=3), "its scale"),
    ("a fall that does not come out", lambda: replace(table().rows[0], pain_fall=6.4), "not the fall"),
    (
        "an estimate outside its interval",
        lambda: Estimate(fact="VCF-1", factor="a", value=7, low=1, high=6),
        "outside its interval",
    ),
    ("a conflict of another id", lambda: conflict("CON-1"), "no id"),
    ("a conflict of one value", lambda: conflict(values=1), "one value is no conflict"),
    ("a conflict without a check", lambda: conflict(check=""), "not complete"),
    ("a value without a place", lambda: StatedValue("7", " "), "needs its place"),
    ("a conflict that nobody wrote", lambda: disputed(1, 99), "no conflict"),
)


@pytest.mark.parametrize(("build", "message"), [fault[1:] for fault in FAULTS], ids=[f[0] for f in FAULTS])
def test_evidence_that_contradicts_itself_is_refused(build: Callable[[], object], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        build()


def test_what_is_just_right_is_taken() -> None:
    assert replace(rate(), numerator=140, reported=None).percent == 100
    assert replace(rate(), numerator=0, reported=None).percent == 0
    ends = points(Point("before", 10, -1, low=10, high=10), Point("1 week", 0, 7, low=0, high=0))
    assert [point.value for point in ends.points] == [10, 0]
    assert conflict().number == 60
    assert Estimate(fact="VCF-1", factor="a", value=1, low=1, high=1).value == 1
    assert Row(study="A", techniques=(), sites=(), pain_scale=10, pain_before=3).pain_after is None
