"""Which of the facts of one lesion count: the latest of a scale, and none from before a treatment."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.assess.record import When
from app.engine.provenance import Age
from app.engine.reading import Fact
from app.knowledge.findings import FINDINGS


def distinct(facts: Mapping[str, Sequence[Fact]]) -> dict[str, tuple[Fact, ...]]:
    """The facts by finding, each once, and of laboratory values and scales those that count."""
    return {
        code: tuple(_current(listed) if FINDINGS[code].latest else dict.fromkeys(listed))
        for code, listed in facts.items()
    }


def after_treatment(facts: dict[str, tuple[Fact, ...]], treated: str) -> dict[str, tuple[Fact, ...]]:
    """TIME-1: what was found before a treatment of this lesion no longer counts as known after it."""
    if not treated:
        return facts
    return {
        code: tuple(_superseded(fact, treated) for fact in listed)
        if FINDINGS[code].window != "lasting"
        else listed
        for code, listed in facts.items()
    }


def _superseded(fact: Fact, treated: str) -> Fact:
    if not fact.moment[1] or fact.moment[1] >= treated or not fact.source.age.usable:
        return fact
    return fact._replace(source=fact.source._replace(age=Age.STALE))


def _current(facts: Iterable[Fact]) -> Iterator[Fact]:
    """For pain scales and laboratory values the latest usable value counts (CON-1).

    A value gives way only to one that is certainly later; values that may be of one time are all kept.
    """
    listed = list(dict.fromkeys(facts))
    starts = [fact.moment[0] for fact in listed if fact.source.age.usable]
    latest = max(starts, default="")
    for fact in listed:
        if not fact.source.age.usable or fact.moment[1] >= latest:
            yield fact


def moment_of(when: When | None) -> tuple[str, str]:
    """The earliest and the latest moment an entry can mean, as texts that sort."""
    if when is None:
        return ("", "")
    if when.instant is not None:
        moment = when.instant.isoformat()
        return (moment, moment)
    return (f"{when.first}T00:00:00+00:00", f"{when.last}T23:59:59+00:00")
