"""Requests that two readers could read differently, or that are too large: refused, and no harm done."""

import json
from collections.abc import Iterator

import pytest

from app.serving.limits import Limits
from tests.serving.applications import build
from tests.serving.talking import GOOD, Talk, listening, post

CANARY = b"canary-4711"
CHUNKED = b"Transfer-Encoding: chunked"
NO_BODY = b"0\r\n\r\n"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with listening(build, Limits()) as server:
        yield server.port


def head(*lines: bytes) -> bytes:
    return b"\r\n".join([*lines, b"", b""])


REFUSED = {
    "P13-no-host": (400, head(b"GET /good HTTP/1.1")),
    "P13-two-hosts": (400, head(b"GET /good HTTP/1.1", b"Host: a", b"Host: b")),
    "P13-host-with-a-path": (400, head(b"GET /good HTTP/1.1", b"Host: a/b?c")),
    "P13-host-with-a-user": (400, head(b"GET /good HTTP/1.1", b"Host: a@b")),
    "P14-version-0.9": (400, b"GET /good\r\n\r\n"),
    "P14-version-2.0": (400, head(b"GET /good HTTP/2.0", b"Host: a")),
    "P14-version-1.2": (400, head(b"GET /good HTTP/1.2", b"Host: a")),
    "P14-preface-of-version-2": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "P16-length-and-chunked": (400, post(b"Content-Length: 5", CHUNKED) + NO_BODY),
    "P16-chunked-and-length": (400, post(CHUNKED, b"Content-Length: 5") + NO_BODY),
    "P16-two-lengths": (400, post(b"Content-Length: 1", b"Content-Length: 2") + b"ab"),
    "P16-length-with-a-sign": (400, post(b"Content-Length: +2") + b"{}"),
    "P17-unknown-coding": (400, post(b"Transfer-Encoding: xchunked") + NO_BODY),
    "P17-two-codings": (400, post(b"Transfer-Encoding: gzip, chunked") + NO_BODY),
    "P17-chunked-not-last": (400, post(b"Transfer-Encoding: chunked, gzip") + NO_BODY),
    "P17-space-before-the-colon": (400, post(b"Transfer-Encoding : chunked") + NO_BODY),
    "P17-chunked-over-1.0": (400, head(b"POST /good HTTP/1.0", CHUNKED) + NO_BODY),
    "P17-chunk-size-is-no-number": (400, post(CHUNKED) + b"xyz\r\n"),
    "P18-bare-line-feed": (400, b"GET /good HTTP/1.1\nHost: a\n\n"),
    "P18-folded-header": (400, head(b"GET /good HTTP/1.1", b"Host: a", b"X-A: b", b" c")),
    "P18-bare-carriage-return": (400, head(b"GET /good HTTP/1.1", b"Host: a", b"X-A: b\rc")),
    "P18-nul": (400, head(b"GET /good HTTP/1.1", b"Host: a", b"X-A: b\0c")),
    "P20-authorization-of-64-KB": (431, post(b"Authorization: Bearer " + b"a" * 65_536)),
    "P20-header-of-1-MB": (431, post(b"X-A: " + b"a" * 1_048_576)),
    "P20-10000-headers": (431, post(*[b"X-A: b"] * 10_000)),
    "P20-address-of-1-MB": (431, post(path=b"/" + b"a" * 1_048_576)),
    "P20-header-without-end": (431, post()[:-2] + b"X-A: " + b"a" * 400_000),
    "P20-empty-lines-without-end": (431, b"\r\n" * 200_000),
    "P20-trailers-of-1-MB": (431, post(CHUNKED) + b"0\r\nX-A: " + b"a" * 1_048_576),
    "line-end-in-the-address": (400, head(b"GET /good%0a HTTP/1.1", b"Host: a")),
    "nul-in-the-address": (400, head(b"GET /good%00 HTTP/1.1", b"Host: a")),
    "delete-in-the-address": (400, head(b"GET /go%7Fod HTTP/1.1", b"Host: a")),
    "tunnel": (501, head(b"CONNECT ehr.example.org:443 HTTP/1.1", b"Host: ehr.example.org")),
    "another-protocol": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
}


@pytest.mark.parametrize("row", sorted(REFUSED))
def test_a_doubtful_request_is_refused_and_the_next_good_one_answered(port: int, row: str) -> None:
    status, raw = REFUSED[row]
    with Talk(port) as talk:
        answer = talk.say(raw).answer()
        assert answer.status == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["connection"] == "close"
        problem = json.loads(answer.body)
        assert problem["status"] == status
        assert ": send " in problem["detail"]
        assert talk.say_nothing_more().rest() == b""
    with Talk(port) as talk:
        assert talk.say(GOOD).answer().status == 200


@pytest.mark.parametrize("row", ["P13-host-with-a-path", "P18-nul", "P20-authorization-of-64-KB"])
def test_a_refusal_repeats_nothing_of_the_request(port: int, row: str) -> None:
    status, raw = REFUSED[row]
    with Talk(port) as talk:
        answer = talk.say(raw.replace(b"/good", b"/" + CANARY, 1)).answer()
    assert answer.status == status
    assert CANARY not in answer.body
    assert CANARY.decode() not in str(answer.headers)


TAKEN = {
    "version-1.0-without-host": head(b"GET /good HTTP/1.0"),
    "host-with-a-port": head(b"GET /good HTTP/1.1", b"Host: [::1]:8000"),
    "empty-line-first": b"\r\n" + GOOD,
    "whole-address": head(b"GET http://cds.example.org/good HTTP/1.1", b"Host: cds.example.org"),
    "headers-of-30-KB": post(b"X-A: " + b"a" * 30_000),
    "length-and-body": post(b"Content-Length: 2") + b"{}",
    "chunked": post(CHUNKED) + b"1;a=b\r\n{\r\n1\r\n}\r\n" + NO_BODY,
}


@pytest.mark.parametrize("row", sorted(TAKEN))
def test_a_plain_request_is_answered_whole_or_byte_by_byte(port: int, row: str) -> None:
    raw = TAKEN[row]
    with Talk(port) as talk:
        assert talk.say(raw).answer().status == 200
    if len(raw) < 1000:
        with Talk(port) as talk:
            assert talk.say(*(raw[i : i + 1] for i in range(len(raw)))).answer().status == 200


def test_many_requests_over_one_connection_count_each_for_itself(port: int) -> None:
    with Talk(port) as talk:
        for _ in range(5):
            answer = talk.say(post(b"X-A: " + b"a" * 20_000, b"Content-Length: 2") + b"{}").answer()
            assert answer.status == 200


def test_requests_sent_at_once_are_answered_in_their_order(port: int) -> None:
    with Talk(port) as talk:
        talk.say(b"".join(post(b"Content-Length: 1", path=b"/%d" % i) + b"%d" % i for i in range(5)))
        told = [json.loads(talk.answer().body) for _ in range(5)]
    assert [(one["path"], one["body"]) for one in told] == [(f"/{i}", str(i)) for i in range(5)]


@pytest.mark.parametrize(
    "row", ["P16-length-and-chunked", "P13-no-host", "P20-header-of-1-MB", "another-protocol"]
)
def test_a_doubtful_request_takes_no_answer_from_the_good_one_before(port: int, row: str) -> None:
    with Talk(port) as talk:
        talk.say(post(b"Content-Length: 2") + b"{}" + REFUSED[row][1][:60_000])
        answer = talk.answer()
        assert (answer.status, json.loads(answer.body)["path"]) == (200, "/good")
        assert talk.rest() == b""


def test_a_trailer_becomes_no_header(port: int) -> None:
    with Talk(port) as talk:
        answer = talk.say(post(CHUNKED) + b"2\r\n{}\r\n0\r\nAuthorization: Bearer x\r\n\r\n").answer()
    assert json.loads(answer.body)["headers"] == ["host", "transfer-encoding"]


OFFER = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAEAAEAAAAIAAAAB")
FRAMED = {
    "length": (post(*OFFER, b"Content-Length: 11"), b'{"a": "bc"}'),
    "chunked": (post(*OFFER, CHUNKED), b'5\r\n{"a":\r\n6\r\n "bc"}\r\n0\r\n\r\n'),
    "no-body": (post(*OFFER), b""),
    "empty-body": (post(*OFFER, b"Content-Length: 0"), b""),
}


@pytest.mark.parametrize("pieces", ["at-once", "head-then-body", "byte-by-byte"])
@pytest.mark.parametrize("framed", sorted(FRAMED))
def test_an_offer_of_http_2_loses_no_body(port: int, framed: str, pieces: str) -> None:
    raw, body = FRAMED[framed]
    expected = '{"a": "bc"}' if body else ""
    with Talk(port) as talk:
        for _ in range(3):
            if pieces == "at-once":
                talk.say(raw + body)
            elif pieces == "head-then-body":
                talk.say(raw, body)
            else:
                talk.say(*((raw + body)[i : i + 1] for i in range(len(raw + body))))
            answer = talk.answer()
            assert answer.status == 200
            assert json.loads(answer.body)["body"] == expected
        assert talk.say(GOOD).answer().status == 200


def test_an_offer_of_websocket_is_not_taken(port: int) -> None:
    offer = (
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: a",
    )
    with Talk(port) as talk:
        assert talk.say(head(b"GET /good HTTP/1.1", b"Host: a", *offer)).answer().status == 200


def test_p28_a_client_that_waits_before_it_sends_the_body_is_told_to_go_on(port: int) -> None:
    with Talk(port) as talk:
        talk.say(post(b"Content-Length: 2", b"Expect: 100-continue"))
        assert talk.peek(21) == b"HTTP/1.1 100 Continue"
        answer = talk.say(b"{}").answer()
        assert (answer.status, json.loads(answer.body)["body"]) == (200, "{}")
