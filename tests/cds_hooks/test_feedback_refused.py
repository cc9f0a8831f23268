"""Feedback that is refused, that cannot be kept, and what is never kept (checklist K; hardening B)."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from app.store import Store, Tally
from tests.cds_hooks.ehr import check_answer
from tests.cds_hooks.record import Json
from tests.privacy.conftest import log as log  # noqa: PLC0414  a fixture of another folder
from tests.privacy.service_log import ServiceLog
from tests.store.calls import (
    CANARY,
    FEEDBACK,
    HL7,
    VENDOR,
    VENDOR_WORDS,
    accepted,
    overridden,
    places,
    send,
    taken,
    tally,
)
from tests.store.kept import card, client_of, uuid_of


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store.open("sqlite://")
    opened.note_cards([card(number) for number in range(1, 6)])
    yield opened
    opened.close()


@pytest.fixture
def client(store: Store) -> httpx.AsyncClient:
    return client_of(store)


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


# -- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.conforms("R126")
@pytest.mark.parametrize(
    "body", [{}, {"feedback": None}, {"feedback": {}}, {"feedback": "x"}, {"feedback": 5}]
)
async def test_r126_feedback_must_be_an_array(client: httpx.AsyncClient, body: Json) -> None:
    response = await client.post(FEEDBACK, json=body)
    assert response.status_code == 400
    assert check_answer(response)["issue"][0]["expression"] == ["feedback"]


WRONG: dict[str, tuple[Json, list[str]]] = {
    "no card": ({"card": None}, ["card"]),
    "empty card": ({"card": ""}, ["card"]),
    "long card": ({"card": "x" * 256}, ["card"]),
    "number as card": ({"card": 123456}, ["card"]),
    "control character": ({"card": "a\x00b"}, ["card"]),
    "B06 ignored": ({"outcome": "ignored"}, ["outcome"]),
    "Accepted": ({"outcome": "Accepted"}, ["outcome"]),
    "no outcome": ({"outcome": None}, ["outcome"]),
    "list as outcome": ({"outcome": ["accepted"]}, ["outcome"]),
    "B04 nothing accepted": ({"outcome": "accepted"}, ["acceptedSuggestions"]),
    "B04 an empty list": ({"outcome": "accepted", "acceptedSuggestions": []}, ["acceptedSuggestions"]),
    "text as suggestions": ({"outcome": "accepted", "acceptedSuggestions": "x"}, ["acceptedSuggestions"]),
    "suggestion without id": ({"outcome": "accepted", "acceptedSuggestions": [{}]}, ["acceptedSuggestions"]),
    "suggestion as text": ({"outcome": "accepted", "acceptedSuggestions": ["x"]}, ["acceptedSuggestions"]),
    "reason as text": ({"overrideReason": "x"}, ["overrideReason"]),
    "code as number": ({"overrideReason": {"reason": {"code": 5}}}, ["overrideReason"]),
    "no code": ({"overrideReason": {"reason": {"system": HL7}}}, ["overrideReason"]),
    "comment as object": ({"overrideReason": {"userComment": {}}}, ["overrideReason"]),
    "reasons as text": ({"overrideReasons": ["x"]}, ["overrideReasons"]),
    "everything": (
        {"card": 1, "outcome": 2, "outcomeTimestamp": 3, "acceptedSuggestions": 4, "overrideReason": 5},
        ["card", "outcome", "outcomeTimestamp", "acceptedSuggestions", "overrideReason"],
    ),
}
MOMENTS: dict[str, tuple[Json, list[str]]] = {
    f"B11 {when}": ({"outcomeTimestamp": when}, ["outcomeTimestamp"])
    for when in (
        *("2026-11-20T11:59:00", "2026-11-20", "2026-11-20 11:59:00Z", "1999-12-31T23:59:59Z"),
        *("2026-11-21T12:00:01Z", "2099-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "x", "", None, 5),
        *(
            "2026-02-30T00:00:00Z",
            "2026-11-20T24:00:01Z",
            "2026-11-20T11:60:00Z",
            "2026-11-20T11:59:00+99:00",
        ),
        *("0000-01-01T00:00:00Z", "2026-11-20T11:59:00Z\n", "٢٠٢٦-11-20T11:59:00Z", "1763639940"),
    )
}


@pytest.mark.conforms("R126", "R127", "R128")
@pytest.mark.parametrize("name", [*WRONG, *MOMENTS])
async def test_every_fault_is_named_and_nothing_is_kept(
    client: httpx.AsyncClient, store: Store, name: str
) -> None:
    members, expected = (WRONG | MOMENTS)[name]
    found = await places(client, accepted(1), overridden(2, **members), overridden(3))
    assert found == [f"feedback.1.{member}" for member in expected]
    assert tally(store) == Tally(unanswered=5)


async def test_the_faults_of_every_report_are_named(client: httpx.AsyncClient) -> None:
    found = await places(client, "x", overridden(outcome="ignored"), overridden(), None, {})
    assert found == [
        "feedback.0",
        "feedback.1.outcome",
        "feedback.3",
        *(f"feedback.4.{name}" for name in ("card", "outcome", "outcomeTimestamp")),
    ]


@pytest.mark.conforms("R135")
async def test_r135_no_answer_repeats_what_was_sent(client: httpx.AsyncClient) -> None:
    for member in ("card", "outcome", "outcomeTimestamp", "acceptedSuggestions", "overrideReason"):
        wrong: Json = {member: [{CANARY: f"{CANARY} {member}"}]}
        response = await send(client, overridden(**wrong))
        assert response.status_code == 400
        assert CANARY not in response.text


@pytest.mark.parametrize(("number", "status"), [(1_000, 200), (1_001, 413)])
async def test_at_most_a_thousand_reports_a_call(
    client: httpx.AsyncClient, store: Store, number: int, status: int
) -> None:
    response = await send(client, *(overridden(one) for one in range(1, number + 1)))
    assert response.status_code == status
    assert tally(store).overridden == (5 if status == 200 else 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"feedback": [',
        b'{"feedback": [], "feedback": []}',
        b'{"feedback": [{"card": "a", "card": "b"}]}',
        b'{"feedback": [NaN]}',
        b'{"feedback": [1e400]}',
        b'\xef\xbb\xbf{"feedback": []}',
        b'{"feedback": ["\xff"]}',
        rb'{"feedback": ["\ud800"]}',
        b'{"feedback": ' + b"[" * 200 + b"]" * 200 + b"}",
    ],
)
@pytest.mark.conforms("R1")
async def test_the_body_is_read_as_strictly_as_any(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post(FEEDBACK, content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    check_answer(response)


async def test_size_and_media_type_are_judged_first(client: httpx.AsyncClient) -> None:
    body = json.dumps({"feedback": [overridden()]}).encode()
    assert (
        await client.post(FEEDBACK, content=body, headers={"content-type": "text/plain"})
    ).status_code == 415
    headers = {"content-type": "application/json"}
    assert (await client.post(FEEDBACK, content=body + b" " * 5_000_000, headers=headers)).status_code == 413


# -- what is never kept, and what cannot be ------------------------------------------------------------------


@pytest.mark.conforms("R135")
async def test_r135_b09_a_comment_is_nowhere(log: ServiceLog, tmp_path: Path) -> None:
    log.client()
    store = Store.open(f"sqlite:///{tmp_path / 'feedback.db'}")
    store.note_cards([card(1), card(2), card(3)])
    client = client_of(store)
    comment = f"{CANARY}, born 1950, refuses. " * 4_000
    words = {"reason": {"code": f"{CANARY} 1", "system": CANARY, "display": CANARY}, "userComment": comment}
    await taken(
        client,
        overridden(1, overrideReason=words),
        overridden(2, overrideReasons=[VENDOR_WORDS, VENDOR]),
        accepted(3, overrideReason=words, comment=comment),
    )
    assert CANARY.encode() not in bytes_in(tmp_path)
    with store._database.transaction() as connection:
        said = connection.execute(text("SELECT commented, reason_code FROM feedback ORDER BY id")).all()
    # A reason not to follow a card says nothing of one that was followed.
    assert [tuple(row) for row in said] == [(1, "other"), (1, "1"), (1, None)]
    store.close()
    assert bytes_in(tmp_path).count(uuid_of(1).encode()) >= 2
    assert CANARY.encode() not in bytes_in(tmp_path)
    assert CANARY not in log.text
    assert [(line["event"], line["cards"]) for line in log.lines] == [("feedback", 3)]


async def test_b13_a_store_that_is_down_is_told_and_comes_back(
    log: ServiceLog, client: httpx.AsyncClient, store: Store
) -> None:
    log.client()
    with store._database.transaction() as connection:
        connection.execute(text("ALTER TABLE feedback RENAME TO gone"))
    response = await send(client, overridden(1, overrideReason={"userComment": CANARY}))
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert response.json()["issue"][0]["code"] == "transient"
    summary = await client.get("/api/v1/feedback/summary")
    assert summary.status_code == 503
    assert summary.headers["content-type"] == "application/problem+json"
    for said in (response.text, summary.text, log.text):
        assert CANARY not in said
        assert "INSERT" not in said
        assert uuid_of(1) not in said
    with store._database.transaction() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO feedback"))
    await taken(client, overridden(1))
    assert tally(store).overridden == 1
