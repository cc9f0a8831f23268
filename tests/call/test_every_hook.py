"""Every service over a real socket, called as an EHR would, from the hook to the feedback."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.call.answer import Answer
from app.call.context import Circumstances
from app.call.feedback import Feedback, Outcome
from app.call.fire import Call, fire
from app.call.record import read_record
from tests.call.test_over_a_socket import UNSTABLE_T11
from tests.cds_hooks.hook_request import HOOK_INSTANCE
from tests.cds_hooks.record import BASE, NOW, VERTEBRAE, concept, condition, searchset, site_of, subject
from tests.cli.running_service import RunningService, serving

CEMENT: Mapping[str, Any] = {
    "resourceType": "ServiceRequest",
    "id": "draft-1",
    "status": "draft",
    "intent": "order",
    "subject": subject(),
    "code": concept("vertebroplasty", f"{BASE}/CodeSystem/order"),
    "bodySite": [site_of(VERTEBRAE["T11"])],
}
DRAFTS = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": CEMENT}]}
HOOKS: Mapping[str, tuple[str, Circumstances]] = {
    "patient-view": ("spinal-metastasis-patient-view", Circumstances()),
    "order-select": ("spinal-metastasis-order-select", Circumstances(draft_orders=DRAFTS)),
    "order-sign": ("spinal-metastasis-order-sign", Circumstances(draft_orders=DRAFTS)),
    "problem-list-item-create": (
        "spinal-metastasis-problem",
        Circumstances(conditions=searchset([condition("c-new", site=site_of(VERTEBRAE["L3"]))])),
    ),
    "encounter-start": ("spinal-metastasis-encounter-start", Circumstances(encounter="e-1")),
}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningService]:
    with serving(as_of=NOW.isoformat()) as service:
        yield service


def fired(running: RunningService, hook: str, **members: Any) -> Answer:
    call = Call(
        url=running.address,
        record=read_record(UNSTABLE_T11),
        now=NOW,
        hook=hook,
        around=HOOKS[hook][1],
        **members,
    )
    return fire(call)


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.conforms("R15", "R25", "R159", "R163", "R165")
def test_every_service_answers_its_hook(running: RunningService, hook: str) -> None:
    answer = fired(running, hook)
    assert answer.good, answer.faults
    assert answer.service == HOOKS[hook][0]
    assert answer.decision
    assert [card.summary.split(":")[0].split(",")[0] for card in answer.cards] == [
        "L3" if hook == "problem-list-item-create" else "T11"
    ]


def test_the_order_decides_what_is_said(running: RunningService) -> None:
    (card,) = fired(running, "order-sign").cards
    assert card.summary.startswith("T11, vertebroplasty: unstable by SINS 18; never cement alone")
    assert card.indicator == "warning"


@pytest.mark.conforms("R82", "R109")
def test_the_same_call_twice_gives_the_same_cards(running: RunningService) -> None:
    once, twice = (fired(running, "order-sign", hook_instance=HOOK_INSTANCE) for _ in range(2))
    assert once.body == twice.body
    assert once.body != fired(running, "order-sign").body


@pytest.mark.conforms("R125", "R127", "R132")
def test_what_was_made_of_a_card_reaches_the_service(running: RunningService) -> None:
    answer = fired(running, "order-sign", feedback=Feedback(outcome=Outcome.OVERRIDDEN))
    assert answer.good, answer.faults
    assert answer.feedback is not None
    assert answer.feedback.status == 200
