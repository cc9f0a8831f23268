"""What a user did with a card, told to the service."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from app.call.answer import Card
from app.call.exact_json import Json, text


class Outcome(StrEnum):
    """What a user can do with a card."""

    ACCEPTED = "accepted"
    OVERRIDDEN = "overridden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """Which card, and what was done with it.

    Args:
        card: the uuid of a card or of a suggestion; the first that can be told about where left out.
        reason: system and code of the reason to override.
    """

    outcome: Outcome
    card: str | None = None
    reason: tuple[str, str] | None = None


class UntoldError(ValueError):
    """No feedback can be sent: the service gives no uuid to name a card by.

    Args:
        message: which card or suggestion is missing.
    """


def feedback_body(feedback: Feedback, cards: Iterable[Card], now: datetime) -> Json:
    """The body of the feedback [R126 to R129].

    Args:
        feedback: what to tell.
        cards: the cards of the answer, in the order they are shown.
        now: the moment it was done.

    Raises:
        UntoldError: there is no such card, or none that feedback can name [R133].
    """
    card, suggestion = _chosen(feedback, list(cards))
    told: Json = {
        "card": card.uuid,
        "outcome": feedback.outcome.value,
        "outcomeTimestamp": now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    if suggestion is not None:
        told["acceptedSuggestions"] = [{"id": suggestion}]
    if feedback.reason is not None:
        told["overrideReason"] = {"reason": _reason(feedback.reason, card)}
    return {"feedback": [told]}


def _chosen(feedback: Feedback, cards: list[Card]) -> tuple[Card, str | None]:
    accepted = feedback.outcome is Outcome.ACCEPTED
    for card in cards:
        if card.uuid is None:
            continue
        suggested = list(_suggestions(card))
        if feedback.card not in (None, card.uuid, *suggested):
            continue
        if not accepted:
            return card, None
        if suggested:
            return card, feedback.card if feedback.card in suggested else suggested[0]
    which = "the card named" if feedback.card else "no card"
    if accepted:
        raise UntoldError(
            f"No feedback was sent: {which} {'has no' if feedback.card else 'has a'} suggestion with a uuid."
        )
    raise UntoldError(
        f"No feedback was sent: {'there is no such card' if feedback.card else 'no card has a uuid'}."
    )


def _suggestions(card: Card) -> Iterator[str]:
    for suggestion in card.suggestions:
        name = text(suggestion, "uuid")
        if name is not None:
            yield name


def _reason(reason: tuple[str, str], card: Card) -> Json:
    """The Coding of the reason, in the card's own words where it is one of the card's."""
    system, code = reason
    for offered in card.override_reasons:
        if (offered.get("system"), offered.get("code")) == reason and text(offered, "display"):
            return {"system": system, "code": code, "display": offered["display"]}
    return {"system": system, "code": code}
