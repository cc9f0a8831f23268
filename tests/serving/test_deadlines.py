"""Clients that are slow, silent or too many: each is let go, and everybody else is answered."""

import json
from collections.abc import Iterator

import pytest

from app.serving.limits import Limits
from tests.serving.applications import LARGE, build
from tests.serving.talking import GOOD, Listening, Talk, listening, post, several, wait_for

SHORT = Limits(head=0.3, body=0.3, idle=1, stalled=0.3, linger=0.3)
FEW = Limits(connections=16)


@pytest.fixture(scope="module")
def short() -> Iterator[Listening]:
    with listening(build, SHORT) as server:
        yield server


@pytest.fixture
def port(short: Listening) -> int:
    return short.port


@pytest.fixture
def narrow() -> Iterator[int]:
    with listening(build, FEW) as server:
        yield server.port


SILENT = {
    "P21-nothing-at-all": b"",
    "P21-part-of-the-request-line": b"GET /go",
    "P21-part-of-the-headers": GOOD[:-2],
    "P21-empty-lines": b"\r\n\r\n",
    "P14-version-0.9-without-end": b"GET /good\r\n",
}


@pytest.mark.parametrize("row", sorted(SILENT))
def test_a_client_that_does_not_finish_its_head_is_let_go_without_a_word(port: int, row: str) -> None:
    with Talk(port) as talk:
        assert talk.say(SILENT[row]).rest() == b""
    with Talk(port) as talk:
        assert talk.say(GOOD).answer().status == 200


def test_a_head_in_drips_is_let_go_however_often_something_comes(port: int) -> None:
    with Talk(port) as talk:
        talk.say(GOOD[:-2])
        wait_for(lambda: not _goes_on(talk, b"X-A: b\r\n"))


def test_the_next_head_of_a_connection_has_its_time_from_its_first_byte(port: int) -> None:
    with Talk(port) as talk:
        assert talk.say(GOOD).answer().status == 200
        assert talk.say(b"GET /go").rest() == b""


SLOW = {
    "P22-no-body": post(b"Content-Length: 100"),
    "P22-part-of-the-body": post(b"Content-Length: 100") + b'{"a"',
    "P22-part-of-a-chunk": post(b"Transfer-Encoding: chunked") + b"64\r\n{",
    "P22-no-last-chunk": post(b"Transfer-Encoding: chunked") + b"2\r\n{}\r\n",
    "P22-no-end-of-trailers": post(b"Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\nX-A: b\r\n",
    "P22-offer-of-http-2": post(b"Connection: Upgrade", b"Upgrade: h2c", b"Content-Length: 9") + b"{",
    "P28-told-to-go-on": post(b"Content-Length: 100", b"Expect: 100-continue"),
}


@pytest.mark.parametrize("row", sorted(SLOW))
def test_a_body_that_does_not_end_in_time_is_answered_408(port: int, row: str) -> None:
    with Talk(port) as talk:
        answer = talk.say(SLOW[row]).answer()
        assert answer.status == 408
        assert answer.headers["connection"] == "close"
        assert "send the request again" in json.loads(answer.body)["detail"]
        assert talk.rest() == b""
    with Talk(port) as talk:
        assert talk.say(GOOD).answer().status == 200


def test_a_body_in_drips_is_let_go_however_often_something_comes(port: int) -> None:
    with Talk(port) as talk:
        talk.say(post(b"Content-Length: 100000000"))
        wait_for(lambda: not _goes_on(talk, b" "))


def test_a_slow_body_that_is_already_answered_ends_without_a_second_answer(port: int) -> None:
    with Talk(port) as talk:
        assert talk.say(post(b"Content-Length: 100", path=b"/early")).answer().status == 413
        assert talk.rest() == b""


def test_an_idle_connection_is_let_go(port: int) -> None:
    with Talk(port) as talk:
        assert talk.say(GOOD).answer().status == 200
        assert talk.rest() == b""


def test_half_a_request_after_a_good_one_takes_no_answer_from_it(port: int) -> None:
    with Talk(port) as talk:
        talk.say(GOOD + GOOD[:-2])
        assert talk.answer().status == 200
        assert talk.rest() == b""


def test_a_client_that_does_not_take_its_answer_is_let_go(short: Listening) -> None:
    wait_for(lambda: short.connections() == 0)
    with Talk(short.port) as stuck:
        stuck.say(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_for(lambda: short.connections() == 1)
        wait_for(lambda: short.connections() == 0)
        assert len(stuck.rest()) < LARGE
    with Talk(short.port) as talk:
        assert talk.say(GOOD).answer().status == 200


def test_a_client_that_takes_a_large_answer_gets_all_of_it(port: int) -> None:
    with Talk(port) as talk:
        assert len(talk.say(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").answer().body) == LARGE


def test_a_client_that_does_not_read_its_refusal_is_let_go(port: int) -> None:
    with Talk(port) as talk:
        assert talk.say(b"GET /good HTTP/1.1\r\n\r\n").answer().status == 400
        wait_for(lambda: not _goes_on(talk, b"x" * 1000))


@pytest.mark.parametrize("first", [b"", b"GET /go", GOOD], ids=["silent", "half-open", "idle"])
def test_whoever_has_been_waited_for_longest_makes_room(narrow: int, first: bytes) -> None:
    with several(narrow, FEW.connections, first) as talks:
        for talk in talks if first == GOOD else []:
            assert talk.answer().status == 200
        with Talk(narrow) as new:
            assert new.say(GOOD).answer().status == 200
            assert talks[0].rest() == b""
            assert talks[-1].is_open()


def test_a_request_under_way_is_the_last_to_make_room(narrow: int) -> None:
    with Talk(narrow) as sending:
        sending.say(post(b"Content-Length: 2") + b"{")
        with several(narrow, 3 * FEW.connections, b"GET /go"), Talk(narrow) as new:
            assert new.say(GOOD).answer().status == 200
            assert json.loads(sending.say(b"}").answer().body)["body"] == "{}"


def _goes_on(talk: Talk, more: bytes) -> bool:
    """Whether the other side still takes something."""
    try:
        talk.say(more)
    except ConnectionError:
        return False
    return True
