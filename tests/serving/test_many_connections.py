"""The service itself under a thousand connections that say nothing, and with the bodies of its callers."""

import json
import resource
from collections.abc import Iterator

import httpx
import pytest

from tests.cds_hooks.hook_request import hook_request
from tests.cds_hooks.record import spinal_lesion
from tests.serving.process import Serving, serving
from tests.serving.talking import Talk, post, several

MOST = 500
MANY = 1_000
HOOK = "/cds-services/spinal-metastasis-patient-view"
LIVE = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
REQUEST = json.dumps(hook_request(spinal_lesion("T11"))).encode()


@pytest.fixture(scope="module")
def service() -> Iterator[Serving]:
    with serving("app.main:create_app", f"connections={MOST}", as_of="2026-11-20T12:00:00+00:00") as server:
        yield server


@pytest.fixture
def files() -> Iterator[int]:
    """As many open files as the test needs, of those that the machine allows."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY + 200
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"the machine allows {hard} open files, and the test needs {wanted}")
    if before != resource.RLIM_INFINITY and before < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


@pytest.mark.parametrize(
    "first",
    [b"", b"GET /", b"GET / HTTP/1.1\r\nX-A: " + b"a" * 20_000],
    ids=["silent", "request-line", "headers-of-20-KB"],
)
@pytest.mark.usefixtures("files")
def test_p24_a_thousand_half_open_connections_keep_nobody_from_an_answer(
    service: Serving, first: bytes
) -> None:
    with Talk(service.port) as talk:
        assert talk.say(LIVE).answer().status == 200
    before = service.resident_bytes()
    with several(service.port, MANY, first) as talks:
        for path in ("/health/live", "/health/ready", "/cds-services"):
            assert httpx.get(f"http://127.0.0.1:{service.port}{path}", trust_env=False).status_code == 200
        with Talk(service.port) as talk:
            lines = (b"Content-Type: application/json", b"Content-Length: %d" % len(REQUEST))
            answer = talk.say(post(*lines, path=HOOK.encode()) + REQUEST).answer()
            assert json.loads(answer.body)["cards"][0]["summary"].startswith("T11: SINS 18")
        assert sum(talk.is_open() for talk in talks) <= MOST
        assert service.resident_bytes() - before < 64 * 1024 * 1024


MEDIA_TYPES = {
    "P25-none": (b"", 415),
    "P25-text": (b"text/plain", 415),
    "P26-fhir": (b"application/fhir+json", 200),
    "P26-utf-8": (b"application/json; charset=utf-8", 200),
    "P27-latin-1": (b"application/json; charset=iso-8859-1", 415),
}


@pytest.mark.parametrize("row", sorted(MEDIA_TYPES))
@pytest.mark.parametrize("expects", [False, True], ids=["at-once", "P28-expect-100"])
def test_the_media_type_decides_before_the_body_is_read(service: Serving, row: str, expects: bool) -> None:
    media_type, status = MEDIA_TYPES[row]
    lines = [b"Content-Length: %d" % len(REQUEST)]
    lines += [b"Content-Type: " + media_type] if media_type else []
    lines += [b"Expect: 100-continue"] if expects else []
    with Talk(service.port) as talk:
        talk.say(post(*lines, path=HOOK.encode()))
        if expects:
            told = talk.peek(12)
            assert told == (b"HTTP/1.1 100" if status == 200 else b"HTTP/1.1 %d" % status)
        if status == 200 or not expects:
            talk.say(REQUEST)
        assert talk.answer().status == status
    assert "Traceback" not in service.said()


def test_p22_a_body_that_breaks_off_is_no_failure_of_the_service(service: Serving) -> None:
    with Talk(service.port) as talk:
        talk.say(post(b"Content-Type: application/json", b"Content-Length: 9", path=HOOK.encode()) + b"{")
        assert talk.say_nothing_more().rest() == b""
    with Talk(service.port) as talk:
        assert talk.say(LIVE).answer().status == 200
    assert '"failed"' not in service.said()
