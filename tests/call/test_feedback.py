"""Feedback on a card, as the specification wants it [R125 to R129, R133, R134]."""

from typing import Any

import httpx
import pytest

from app.call.answer import FeedbackSent
from app.call.feedback import Feedback, Outcome
from app.call.fire import Call, fire
from tests.call.foreign_service import (
    BASE,
    CARD,
    CARD_UUID,
    NOW,
    REASON,
    SUGGESTION_UUID,
    ForeignService,
    Json,
    record,
)

ACCEPTED, OVERRIDDEN = Outcome.ACCEPTED, Outcome.OVERRIDDEN
TIME = "2026-11-20T12:00:00Z"
SECOND: Json = {
    "uuid": "second",
    "indicator": "info",
    "summary": "Later",
    "suggestions": [{"label": "One"}, {"label": "Two", "uuid": "two"}, {"label": "Three", "uuid": "three"}],
}
URGENT: Json = {"uuid": "urgent", "indicator": "critical", "summary": "First"}
NAMELESS: Json = {"indicator": "critical", "summary": "No uuid", "suggestions": [{"uuid": "s"}]}


def told(cards: list[Json], feedback: Feedback) -> Json:
    foreign = ForeignService(answer={"cards": cards})
    answer = foreign.fire(feedback=feedback)
    assert answer.good
    assert answer.feedback is not None
    assert answer.feedback.status == 200
    assert foreign.received[-1].url == f"{BASE}/cds-services/view/feedback"
    assert set(foreign.told) == {"feedback"}
    (one,) = foreign.told["feedback"]
    found: Json = one
    return found


@pytest.mark.parametrize(
    ("cards", "feedback", "expected"),
    [
        ([CARD], {"outcome": ACCEPTED}, {
            "card": CARD_UUID, "acceptedSuggestions": [{"id": SUGGESTION_UUID}]
        }),
        ([CARD], {"outcome": OVERRIDDEN}, {"card": CARD_UUID}),
        # the first shown is the most urgent; to accept, the first that suggests something
        ([CARD, URGENT, NAMELESS], {"outcome": OVERRIDDEN}, {"card": "urgent"}),
        ([SECOND, URGENT, NAMELESS], {"outcome": ACCEPTED}, {
            "card": "second", "acceptedSuggestions": [{"id": "two"}]
        }),
        ([CARD, SECOND], {"outcome": OVERRIDDEN, "card": "second"}, {"card": "second"}),
        ([CARD, SECOND], {"outcome": ACCEPTED, "card": "second"}, {
            "card": "second", "acceptedSuggestions": [{"id": "two"}]
        }),
        ([CARD, SECOND], {"outcome": ACCEPTED, "card": "three"}, {
            "card": "second", "acceptedSuggestions": [{"id": "three"}]
        }),
        ([CARD], {"outcome": OVERRIDDEN, "reason": (REASON["system"], REASON["code"])}, {
            "card": CARD_UUID, "overrideReason": {"reason": REASON}
        }),
        ([CARD], {"outcome": OVERRIDDEN, "reason": ("https://x.org", "y")}, {
            "card": CARD_UUID, "overrideReason": {"reason": {"system": "https://x.org", "code": "y"}}
        }),
    ],
)  # fmt: skip
def test_the_body_is_that_of_the_specification(
    cards: list[Json], feedback: dict[str, Any], expected: Json
) -> None:
    outcome = feedback["outcome"].value
    assert told(cards, Feedback(**feedback)) == expected | {"outcome": outcome, "outcomeTimestamp": TIME}


@pytest.mark.parametrize(
    ("cards", "feedback"),
    [
        ([], {"outcome": OVERRIDDEN}),
        ([NAMELESS], {"outcome": OVERRIDDEN}),
        ([NAMELESS, URGENT], {"outcome": ACCEPTED}),
        ([CARD], {"outcome": OVERRIDDEN, "card": "other"}),
        ([CARD], {"outcome": ACCEPTED, "card": "other"}),
        ([CARD, URGENT], {"outcome": ACCEPTED, "card": "urgent"}),
    ],
)
def test_nothing_is_told_of_a_card_that_has_no_name(cards: list[Json], feedback: dict[str, Any]) -> None:
    foreign = ForeignService(answer={"cards": cards})
    answer = foreign.fire(feedback=Feedback(**feedback))
    assert not answer.good
    assert answer.feedback is not None
    assert answer.feedback.status is None
    assert answer.feedback.faults[0].startswith("No feedback was sent: ")
    assert not any("feedback" in one.url for one in foreign.received)
    assert len(answer.cards) == len(cards)


def test_feedback_that_is_refused_leaves_the_cards() -> None:
    answer = ForeignService(answer={"cards": [CARD]}, feedback_status=404).fire(
        feedback=Feedback(outcome=OVERRIDDEN)
    )
    assert len(answer.cards) == 1
    assert not answer.good
    assert answer.feedback is not None
    assert (answer.feedback.status, len(answer.feedback.faults)) == (404, 1)


def test_feedback_that_does_not_arrive_leaves_the_cards() -> None:
    foreign = ForeignService(answer={"cards": [CARD]})

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/feedback"):
            raise httpx.ReadTimeout("slow")
        return foreign.transport.handle_request(request)

    call = Call(url=BASE, record=record(), now=NOW, feedback=Feedback(outcome=OVERRIDDEN))
    answer = fire(call, httpx.MockTransport(handle))
    assert len(answer.cards) == 1
    assert answer.feedback == FeedbackSent(None, ("The service did not answer within 10 seconds.",))


def test_no_feedback_follows_an_error() -> None:
    foreign = ForeignService(status=500, answer=b"")
    assert foreign.fire(feedback=Feedback(outcome=OVERRIDDEN)).feedback is None
    assert len(foreign.received) == 2
