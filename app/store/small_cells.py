"""Which counts may be told: none so small that it speaks of single persons, and none to find one from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.store.records import Counts, Reason, Tally


@dataclass(frozen=True, slots=True)
class Told:
    """Counts as they may be told; None stands for what is held back.

    Args:
        services: by service.
        rules: by service and rule.
        reasons: how often each reason was given; a reason given too seldom is not named at all.
        shadow: cards that were made while nothing is shown.
        quiet: cards that were held back.
        unmatched: cards that were reported and are not known.
    """

    services: Mapping[str, Tally | None]
    rules: Mapping[tuple[str, str], Tally | None]
    reasons: Mapping[Reason, int]
    shadow: int | None
    quiet: int | None
    unmatched: int | None


def tell(counts: Counts, smallest: int) -> Told:
    """The counts with every cell below the smallest held back, and whatever would give it away.

    A rule is told where each of its counts is none or large enough. A service is the sum of its rules, so
    what its held back rules come to follows by subtraction: it is told where no rule is held back, or where
    two or more are that come to a large enough number in every count. Whether a cell is told never depends
    on another service, and no cell is held back to protect another one, so nothing follows from the choice
    either. Reasons are counted over the cards that the told rows cover, and so speak of no other card.

    Args:
        counts: the exact counts.
        smallest: the smallest count that is told, other than none at all.
    """
    rules = {
        key: tally if all(_may_tell(n, smallest) for n in tally.numbers) else None
        for key, tally in sorted(counts.rules.items())
    }
    services = {service: _service(service, counts, rules, smallest) for service, _ in rules}
    covered = {key for key, tally in rules.items() if tally is not None or services[key[0]] is not None}
    given: dict[Reason, int] = defaultdict(int)
    for (service, rule, reason), number in counts.reasons.items():
        if (service, rule) in covered:
            given[reason] += number
    return Told(
        services=services,
        rules=rules,
        reasons={reason: number for reason, number in given.items() if number >= smallest},
        shadow=_number(counts.shadow, smallest),
        quiet=_number(counts.quiet, smallest),
        unmatched=_number(counts.unmatched, smallest),
    )


def _service(
    service: str, counts: Counts, rules: Mapping[tuple[str, str], Tally | None], smallest: int
) -> Tally | None:
    own = [key for key in rules if key[0] == service]
    held_back = [counts.rules[key] for key in own if rules[key] is None]
    # A rule that is held back alone is its own sum, and a count of it is too small.
    if held_back and min(_sum(held_back).numbers) < smallest:
        return None
    return _sum(counts.rules[key] for key in own)


def _sum(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, start=Tally())


def _may_tell(number: int, smallest: int) -> bool:
    return number == 0 or number >= smallest


def _number(number: int, smallest: int) -> int | None:
    return number if _may_tell(number, smallest) else None
