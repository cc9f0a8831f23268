"""One thing to say of an order, and how much it weighs."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from app.engine.provenance import Citation, Source
from app.knowledge.instrument import Urgency


class Weight(IntEnum):
    """How much a concern weighs against going on with an order, the heaviest first."""

    FORBIDS = 0
    DEFERS = 1
    FIRST = 2
    AGAINST = 3
    OPEN = 4
    MIND = 5


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that somebody who orders this would want to know first.

    Args:
        key: the rule that it follows.
        headline: in few words, for the head of a card.
        text: in full, where the headline does not say it all.
        sources: the entries that it was read from.
        in_line: whether the line of a pathway says it already, with what it was read from.
    """

    key: str
    weight: Weight
    headline: str
    text: str = ""
    cites: tuple[Citation, ...] = ()
    sources: tuple[Source, ...] = ()
    in_line: bool = False

    @property
    def urgency(self) -> Urgency:
        """How soon a person should look at it."""
        return Urgency.ROUTINE if self.weight is Weight.MIND else Urgency.URGENT


@dataclass(frozen=True, slots=True)
class Beside:
    """What else is drafted at the same lesion, or for the same patient.

    Args:
        stabilised: what is drafted there that stabilises or fixes.
        punctures: what is drafted there with a needle.
        anticoagulants: what is drafted for the patient.
        anticoagulated: the entries of the record by which an anticoagulant is taken.
        bone_agents: what is drafted for the patient.
        levels_cemented: at how many lesions cement is drafted.
    """

    stabilised: tuple[str, ...] = ()
    punctures: tuple[str, ...] = ()
    anticoagulants: tuple[str, ...] = ()
    anticoagulated: tuple[Source, ...] = ()
    bone_agents: tuple[str, ...] = ()
    levels_cemented: int = 0


def lower(text: str) -> str:
    """A label inside a sentence."""
    return (
        text if text[:2].isupper() or text.startswith(("Mirels", "Bilsky")) else text[:1].lower() + text[1:]
    )


def capital(text: str) -> str:
    """A label at the head of one."""
    return text[:1].upper() + text[1:]


def some(labels: Sequence[str]) -> str:
    """Two labels, as many as are read at a glance, and how many more there are."""
    more = f" and {len(labels) - 2} more" if len(labels) > 2 else ""  # noqa: PLR2004  see above
    return ", ".join(labels[:2]) + more
