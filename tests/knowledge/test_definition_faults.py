from collections.abc import Callable
from dataclasses import replace

import pytest

from app.engine.provenance import Citation, DefinitionError, Tag
from app.knowledge.finding import PRESENT_ABSENT, Finding, Scale, Scope
from app.knowledge.instrument import Instrument, Remark
from app.knowledge.policy import Policy, Window

UNREAD = Citation("KEY", "A publication", "somewhere", Tag.UNREAD)
READ = replace(UNREAD, tag=Tag.READ)
SCALE = Scale("%", {}, 0, 100)


def without_pain(sins: Instrument) -> Instrument:
    kept = tuple(reading for reading in sins.readings if reading.item.code != "pain")
    return replace(sins, readings=kept)


def with_pain_twice(sins: Instrument) -> Instrument:
    return replace(sins, readings=(*sins.readings, sins.readings[0]))


def with_the_place_read_too(sins: Instrument) -> Instrument:
    return replace(sins, place_item="pain")


INSTRUMENT_FAULTS: list[tuple[str, Callable[[Instrument], object], str]] = [
    ("an item without a reading", without_pain, "score sins: items without a reading"),
    ("an item read twice", with_pain_twice, "score sins: items without a reading, or read twice"),
    ("an item read and taken from the place", with_the_place_read_too, "or read twice"),
    ("an alarm for no band", lambda sins: replace(sins, alarm="red"), "score sins: no band 'red'"),
]
FAULTS: list[tuple[str, Callable[[], object], str]] = [
    ("a remark without a source", lambda: Remark("R-1", "Text.", ()), "remark R-1 has no source"),
    (
        "a remark whose source was not read",
        lambda: Remark("R-1", "Text.", (UNREAD,)),
        "remark R-1: a rule whose source was not read",
    ),
    (
        "a remark with one source not read among others",
        lambda: Remark("R-1", "Text.", (READ, UNREAD)),
        "remark R-1: a rule whose source was not read",
    ),
    (
        "an unknown policy",
        lambda: Policy({"SINS-E99": "upper"}),
        "no local policy SINS-E99; see GET /api/v1/policies",
    ),
    (
        "an unknown choice",
        lambda: Policy({"SINS-E1": "best"}),
        "policy SINS-E1: the choices are interval, upper",
    ),
    (
        "a choice where there is none",
        lambda: Policy({"SINS-E9": "upper"}),
        "policy SINS-E9: the choices are fixed",
    ),
    ("asking for an unknown policy", lambda: Policy().choice("X"), "no local policy X"),
    (
        "an unknown time window",
        lambda: Policy(windows={"weather": Window(1, 2)}),
        "no time window \\['weather'\\]",
    ),
    (
        "a finding with answers and a scale",
        lambda: Finding("f", "F", Scope.SPINE, "imaging", PRESENT_ABSENT, SCALE),
        "finding f: either answers or a scale",
    ),
    (
        "a finding with neither",
        lambda: Finding("f", "F", Scope.SPINE, "imaging"),
        "finding f: either answers or a scale",
    ),
]


@pytest.mark.parametrize(
    ("make", "message"), [pytest.param(make, text, id=name) for name, make, text in FAULTS]
)
def test_a_contradiction_is_refused_with_its_name(make: Callable[[], object], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [pytest.param(make, text, id=name) for name, make, text in INSTRUMENT_FAULTS],
)
def test_an_instrument_that_contradicts_itself_is_refused(
    make: Callable[[Instrument], object], message: str, sins: Instrument
) -> None:
    with pytest.raises(DefinitionError, match=message):
        make(sins)


@pytest.mark.parametrize("tag", [tag for tag in Tag if tag is not Tag.UNREAD])
def test_every_other_tag_may_speak(tag: Tag) -> None:
    assert Remark("R-1", "Text.", (replace(READ, tag=tag),)).cites[0].tag.label
