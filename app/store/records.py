"""What goes into the store and comes out of it, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Outcome = Literal["accepted", "overridden"]


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """One card that was made for a call.

    Args:
        tenant: whose call it was; empty where there is one tenant only.
        topic: the code of its source's topic.
        rule: the rule it stands on, such as ``SINS-B3``.
        urgency: 0 for the most urgent.
        patient: a pseudonym, never an id.
        site: the key of the lesion or order that it is about.
        shown: False where the service evaluates and shows nothing.
        quiet: True where it was held back because it was overridden a short while ago.
    """

    uuid: str
    tenant: str
    service: str
    hook: str
    topic: str
    rule: str
    indicator: str
    urgency: int
    patient: str
    site: str
    issued_at: datetime
    shown: bool = True
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a card was overridden, as a code; ``system`` is None for what was told without one of ours."""

    system: str | None
    code: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a clinician did with one card.

    Args:
        card: the uuid of the card, in lower case; other texts as they were sent.
        outcome_at: when the clinician did so.
        suggestions: the ids of the suggestions that were accepted.
        commented: whether there was a comment; its text is never kept.
    """

    card: str
    outcome: Outcome
    outcome_at: datetime
    reason: Reason | None = None
    suggestions: tuple[str, ...] = ()
    commented: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """Cards that were shown, by their last outcome; silence is an outcome of its own."""

    accepted: int = 0
    overridden: int = 0
    unanswered: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.accepted + other.accepted,
            self.overridden + other.overridden,
            self.unanswered + other.unanswered,
        )

    @property
    def shown(self) -> int:
        """All of them."""
        return self.accepted + self.overridden + self.unanswered

    @property
    def numbers(self) -> tuple[int, int, int]:
        """The three counts that the others follow from."""
        return self.accepted, self.overridden, self.unanswered


@dataclass(frozen=True, slots=True)
class Counts:
    """How often cards were accepted and overridden, exactly; not to be told as it is.

    Args:
        rules: by service and rule.
        reasons: of the cards whose last outcome is overridden, by service, rule and reason.
        shadow: cards that were made while nothing is shown.
        quiet: cards that were held back.
        unmatched: cards that were reported and are not known.
    """

    rules: Mapping[tuple[str, str], Tally]
    reasons: Mapping[tuple[str, str, Reason], int]
    shadow: int = 0
    quiet: int = 0
    unmatched: int = 0
