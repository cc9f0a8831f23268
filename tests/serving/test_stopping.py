"""A signal to stop: not ready any more, everything that was asked is answered, and the exit code is 0."""

import json
import subprocess

import pytest

from tests.serving.process import ROOT, Serving, command, serving
from tests.serving.talking import GOOD, PATIENCE, Talk, post, several, wait_for

TELLING = "tests.serving.applications:build"
READY = b"GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n"
HALF = post(b"Content-Length: 2") + b"{"


def ready(server: Serving) -> int:
    with Talk(server.port) as talk:
        return talk.say(READY).answer().status


def test_while_it_drains_it_is_not_ready_and_answers_what_comes() -> None:
    with serving(TELLING, "drain=60") as server, Talk(server.port) as under_way, Talk(server.port) as kept:
        assert kept.say(GOOD).answer().headers.get("connection") != "close"
        under_way.say(HALF)
        assert ready(server) == 200
        server.tell_to_stop()
        wait_for(lambda: ready(server) == 503)
        with Talk(server.port) as talk:
            answer = talk.say(READY).answer()
            assert json.loads(answer.body) == {"status": "draining"}
            assert answer.headers["connection"] == "close"
            assert talk.rest() == b""
        answer = kept.say(GOOD).answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        # A second signal ends the wait, and no answer.
        server.tell_to_stop()
        wait_for(lambda: not server.takes_connections())
        assert json.loads(under_way.say(b"}").answer().body)["body"] == "{}"
        assert server.exit_code() == 0
        assert "Traceback" not in server.said()


def test_without_a_time_to_drain_it_answers_what_is_under_way() -> None:
    with (
        serving(TELLING) as server,
        several(server.port, 5, HALF) as under_way,
        Talk(server.port) as idle,
    ):
        assert idle.say(GOOD).answer().status == 200
        server.tell_to_stop()
        assert idle.rest() == b""
        for talk in under_way:
            answer = talk.say(b"}").answer()
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            assert talk.rest() == b""
        assert server.exit_code() == 0
        assert "Traceback" not in server.said()


@pytest.mark.parametrize("limits", ["stop=1", "body=0.5"], ids=["time-to-stop", "deadline-of-the-body"])
def test_a_request_that_never_ends_does_not_keep_it(limits: str) -> None:
    with serving(TELLING, limits) as server, Talk(server.port) as talk:
        talk.say(HALF)
        server.tell_to_stop()
        assert server.exit_code() == 0


@pytest.mark.parametrize("first", [b"", b"GET /go"], ids=["silent", "half-open"])
def test_half_open_connections_do_not_keep_it(first: bytes) -> None:
    with serving(TELLING) as server, several(server.port, 20, first) as half_open:
        assert ready(server) == 200
        server.tell_to_stop()
        for talk in half_open:
            assert talk.rest() == b""
        assert server.exit_code() == 0


def test_several_processes_keep_the_deadlines_and_answer_what_is_under_way() -> None:
    with serving(TELLING, "head=0.5, body=10", workers=2) as server:
        with Talk(server.port) as talk:
            assert talk.say(b"GET /go").rest() == b""
        with Talk(server.port) as talk:
            talk.say(post(b"Content-Length: 2", b"Expect: 100-continue"))
            assert talk.peek(21) == b"HTTP/1.1 100 Continue"
            server.tell_to_stop()
            assert json.loads(talk.say(b"{}").answer().body)["body"] == "{}"
        assert server.exit_code() == 0


def test_an_address_that_is_taken_fails_with_a_reason() -> None:
    with serving(TELLING) as first:
        done = subprocess.run(  # noqa: S603  our own program
            command(TELLING, first.port),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 3
        assert "address already in use" in done.stderr
        assert "Traceback" not in done.stderr
