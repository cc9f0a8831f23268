"""The wire of feedback: what clinicians did with cards. Imports nothing of the service's own.

Numbers in brackets are those of the conformance checklist that the tests name. Unknown members are ignored,
and an optional member that is null counts as left out.
"""

from typing import Annotated, Any, Literal

import msgspec

MAX_ITEMS = 1_000
Id = Annotated[
    str,
    # Long enough for any client's ids; control characters are in none of them, and no database takes all.
    msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$"),
]
Moment = Annotated[
    str,
    msgspec.Meta(
        pattern=(
            r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}"
            r"(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$"
        ),
        description="An RFC 3339 date-time with its offset, from 2000 on, and at most a day ahead",
    ),
]


class AcceptedSuggestion(msgspec.Struct):
    """A suggestion that was accepted, by its uuid [R128]."""

    id: Id


class ReasonCoding(msgspec.Struct):
    """A reason of the card's own list; clients often leave the display out [R129]."""

    code: str
    system: str | None = None
    display: str | None = None


class OverrideReason(msgspec.Struct, rename="camel"):
    """Why a card was overridden: a reason, a comment, both or neither [R129].

    Args:
        user_comment: free text, which can speak of a patient: that there was one is all that is kept.
        extension: one vendor's own reason, in words of its own.
    """

    reason: ReasonCoding | None = None
    user_comment: str | None = None
    extension: Any = None


class Feedback(msgspec.Struct, rename="camel"):
    """What was done with one card [R127 to R129].

    Args:
        card: the uuid of the card.
        accepted_suggestions: required, and not empty, where the outcome is ``accepted``.
        override_reasons: what one vendor sends in place of ``overrideReason``.
    """

    card: Id
    outcome: Literal["accepted", "overridden"]
    outcome_timestamp: Moment
    accepted_suggestions: list[AcceptedSuggestion] | None = None
    override_reason: OverrideReason | None = None
    override_reasons: OverrideReason | list[OverrideReason] | None = None


class FeedbackRequest(msgspec.Struct):
    """The body of a call: several cards, of any calls [R126, R130]."""

    feedback: Annotated[list[Feedback], msgspec.Meta(description=f"At most {MAX_ITEMS:,} reports")]
