"""Every fault of a FHIR server, seen from the EHR: what is answered, asked, shown, and not told."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from time import monotonic

import httpx
import pytest
import pytest_asyncio

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.record import PATIENT_ID, Json
from tests.faults.behaviours import BEHAVIOURS, LOGIN_PAGE, OTHER_BASE, STRANGER, redirect
from tests.faults.server import PATH, Behaviour, FaultServer, Reply, Seen, honest
from tests.fetching.calls import CALM, FAMILY, call, cards_in, running, stored, unmarked

pytestmark = pytest.mark.asyncio(loop_scope="module")
# Less than any of these and the rows of late answers would not be told from the others on a busy machine.
SOON = 1.0
HANGS = 5.0
FULL, PART, LOST, NONE, STRANGERS = "full", "part", "lost", "none", "stranger's"
# What comes of a search and what comes of a read, where a row has not the same for both.
OUTCOMES: dict[str, str | tuple[str, str]] = {
    "S02 401 on every later page": (PART, FULL),
    "S12 500 once then 200": FULL,
    "S22 body cut short once": FULL,
    "S23 closed without an answer once": FULL,
    "S23 reset once": FULL,
    "S26 called text/plain": FULL,
    "S32 one entry of another patient": STRANGERS,
    "S32 all of another patient": STRANGERS,
    "S34 next is itself": (PART, FULL),
    "S35 next goes to and fro": (PART, FULL),
    "S36 next without end": (PART, FULL),
    "S40 next relative to the base": FULL,
    "S40 next relative to the host": FULL,
    "S40 next relative to the search": FULL,
    "S40 next is ?page=2 alone": (PART, FULL),
    "S40 next beside the base": (PART, FULL),
    "S40 next climbs out of the base": (PART, FULL),
    "S40 next climbs out, escaped": (PART, FULL),
    "S40 next is a file": (PART, FULL),
    "next of 100 kB": (PART, FULL),
    "S41 302 on the same base": FULL,
    "S45 gzip, unasked": FULL,
    # A self link that shows nothing of the question tells nothing of the answer: see the tests of searches.
    "S49 self without our parameters": FULL,
    "S51 another tenant's data": (STRANGERS, STRANGERS),
    "S52 total above the entries": (PART, FULL),
    "Set-Cookie": FULL,
    "a name twice": LOST,
    "no fullUrl": FULL,
    "outcome 4101 none found": (NONE, FULL),
    "outcome 4119 more may exist": (PART, FULL),
    "outcome error among the entries": (PART, FULL),
}
LATE = (
    "S19 never answers",
    "S20 one byte of body each half second",
    "S21 one byte of headers each half second",
    "S50 five seconds late",
)
# These leave nothing to ask afterwards: tests of their own.
APART = ("S16 reset, then refused",)
# Everything that a server wrote, and everything that names the patient or the place.
NEVER_TOLD = (
    FAMILY,
    LOGIN_PAGE,
    OTHER_BASE,
    STRANGER,
    "127.0.0.1",
    "Not now",
    "Not what was asked for",
    "Read this",
    "There is no answer",
    "session=",
)


@dataclass(frozen=True)
class Ward:
    server: FaultServer
    unhurried: Ehr
    hurried: Ehr
    full: list[Json]

    def well(self) -> None:
        self.server.on_all(honest)
        for kind in ("Observation", "Condition"):
            self.server.on(kind, honest)
        self.server.requests.clear()

    async def ask(self, ehr: Ehr) -> httpx.Response:
        return await ehr.send(call(self.server.base))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ward() -> AsyncIterator[Ward]:
    async with FaultServer(stored()) as server:
        named = (server.base,)
        async with (
            running(demo_fhir_servers=named) as slow,
            running(demo_fhir_servers=named, fetch_deadline=SOON, fetch_target=SOON / 2) as quick,
        ):
            unhurried = Ehr(slow)
            full = unmarked(cards_in(await unhurried.send(call(server.base))))
            assert any(CALM in card["summary"] for card in full)
            yield Ward(server, unhurried, Ehr(quick), full)


def expected(row: str, *, search: bool) -> str:
    found = OUTCOMES.get(row, LOST)
    return found if isinstance(found, str) else found[0 if search else 1]


def nothing_told(response: httpx.Response) -> None:
    for text in NEVER_TOLD:
        assert text not in response.text
    if response.status_code != 200:
        assert PATIENT_ID not in response.text


def refused(response: httpx.Response, status: int) -> Json:
    assert response.status_code == status, response.text[:300]
    outcome: Json = response.json()
    assert outcome["resourceType"] == "OperationOutcome"
    return outcome


def nothing_settled(cards: list[Json]) -> None:
    """No card reassures, and at most one says that it could not look everywhere."""
    assert cards
    assert not [card["summary"] for card in cards if CALM in card["summary"]]
    assert sum("not everything could be checked" in card["summary"] for card in cards) <= 1


def places(cards: list[Json]) -> list[str]:
    return sorted(card["summary"].partition(":")[0] for card in cards)


def check(response: httpx.Response, outcome: str, full: list[Json]) -> None:
    """The answer is the one that belongs to an outcome of a search."""
    nothing_told(response)
    match outcome:
        case "full":
            assert unmarked(cards_in(response)) == full
        case "stranger's":
            refused(response, 422)
        case _:
            cards = cards_in(response)
            nothing_settled(cards)
            assert places(cards) == places(full)


@pytest.mark.parametrize("row", [row for row in BEHAVIOURS if row not in APART])
@pytest.mark.parametrize("which", ["Observation", "Condition", "everything"])
async def test_a_fault_costs_what_it_hides_and_nothing_else(ward: Ward, row: str, which: str) -> None:
    ward.well()
    behaviour = BEHAVIOURS[row]
    if which == "everything":
        ward.server.on_all(behaviour)
        # What is right for one type is no longer set for itself.
        ward.server.on("Observation", behaviour)
        ward.server.on("Condition", behaviour)
    else:
        ward.server.on(which, behaviour)
    started = monotonic()
    response = await ward.ask(ward.hurried if row in LATE else ward.unhurried)
    assert monotonic() - started < HANGS
    of_search, of_read = expected(row, search=True), expected(row, search=False)
    required_lost = LOST in ({of_search, of_read} if which == "everything" else {of_search})
    if which != "Observation" and required_lost:
        nothing_told(response)
        issues = refused(response, 412)["issue"]
        assert all("could not be fetched" in issue["diagnostics"] for issue in issues)
        named = {"prefetch.conditions"}
        if which == "everything" and of_read == LOST:
            named.add("prefetch.patient")
        assert {expression for issue in issues for expression in issue["expression"]} == named
    elif which != "Observation" and of_search == NONE:
        # The server looked, and has no Condition: of the rest nothing can be said without one.
        nothing_told(response)
        assert not [card for card in cards_in(response) if CALM in card["summary"]]
    else:
        check(response, of_search, ward.full)
    assert all(seen.target.startswith((f"{PATH}/Patient/", *SEARCHES)) for seen in ward.server.requests)
    ward.well()
    again = await ward.ask(ward.unhurried)
    assert unmarked(cards_in(again)) == ward.full
    assert len(ward.server.requests) == 7


SEARCHES = tuple(
    f"{PATH}/{kind}?"
    for kind in (
        "Condition",
        "Observation",
        "Procedure",
        "MedicationRequest",
        "BodyStructure",
        "QuestionnaireResponse",
    )
)


@pytest.mark.parametrize(
    "row", [row for row in BEHAVIOURS if "once" in row or "always" in row or "S23" in row]
)
async def test_nothing_is_asked_more_than_twice(ward: Ward, row: str) -> None:
    ward.well()
    ward.server.on_all(BEHAVIOURS[row])
    await ward.ask(ward.unhurried)
    targets = [seen.target for seen in ward.server.requests]
    assert max(map(targets.count, targets)) == 2
    ward.well()
    await ward.ask(ward.unhurried)


ODD_HEADS: dict[str, bytes] = {
    "a status line that is no text": b"HTTP/1.1 200 \xff\xfe\r\nContent-Length: 2\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 2\r\n\r\n{}",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "a switch of protocols": b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
    "an address that is none": b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n",
    "no address to go to": b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
    "a wait that is none": b"HTTP/1.1 503 No\r\nRetry-After: Wed, 99 Foo 2026\r\nContent-Length: 0\r\n\r\n",
    "a wait beyond all zones": (
        b"HTTP/1.1 503 No\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 -2359\r\n"
        b"Date: Mon, 01 Jan 0001 00:00:00 +2359\r\nContent-Length: 0\r\n\r\n"
    ),
    "a wait before all time": b"HTTP/1.1 503 No\r\nRetry-After: -1\r\nContent-Length: 0\r\n\r\n",
    "a cookie that is none": b"HTTP/1.1 404 No\r\nSet-Cookie: \xff=\x01;=;;\r\nContent-Length: 0\r\n\r\n",
    "a media type that is none": b"HTTP/1.1 200 OK\r\nContent-Type: ;;=\xff\r\nContent-Length: 2\r\n\r\n{}",
}


def raw(head: bytes) -> Behaviour:
    async def behave(_seen: Seen, reply: Reply) -> None:
        await reply.raw(head)
        await reply.close()

    return behave


@pytest.mark.parametrize("name", ODD_HEADS)
async def test_a_head_that_is_no_http_is_no_answer(ward: Ward, name: str) -> None:
    ward.well()
    ward.server.on("Observation", raw(ODD_HEADS[name]))
    response = await ward.ask(ward.unhurried)
    check(response, LOST, ward.full)
    ward.well()
    assert unmarked(cards_in(await ward.ask(ward.unhurried))) == ward.full


Spoil = Callable[[str], str]
# The answer of a search whose text was changed where no encoder would have written it so.
TWICE: dict[str, Spoil] = {
    "an empty list after a full one": lambda text: f'{text[:-1]},"entry":[]}}',
    "an empty list before a full one": lambda text: '{"entry":[],' + text[1:],
    "the last page after another": lambda text: f'{text[:-1]},"link":[],"link":[]}}',
    "a name in escapes": lambda text: f'{text[:-1]},"\\u0065ntry":[]}}',
    "whose it is, in an entry": lambda text: text.replace(
        '"subject":', '"subject":{"reference":"Patient/p-1"},"subject":', 1
    ),
    "its type, in an entry": lambda text: text.replace(
        '"resource":{', '"resource":{"resourceType":"Basic",', 1
    ),
}


def written(spoil: Spoil, *, counted: bool) -> Behaviour:
    async def behave(_seen: Seen, reply: Reply) -> None:
        resource = reply.normal().resource
        if not counted:
            resource.pop("total", None)
        await reply.send(200, spoil(json.dumps(resource, separators=(",", ":"))))

    return behave


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("name", TWICE)
async def test_a_name_that_is_repeated_hides_nothing(ward: Ward, name: str, counted: bool) -> None:
    ward.well()
    ward.server.on("Observation", written(TWICE[name], counted=counted))
    check(await ward.ask(ward.unhurried), LOST, ward.full)
    ward.server.on("Observation", honest)
    ward.server.on("Condition", written(TWICE[name], counted=counted))
    refused(await ward.ask(ward.unhurried), 412)
    ward.well()
    assert unmarked(cards_in(await ward.ask(ward.unhurried))) == ward.full


async def test_what_a_redirect_leads_to_is_asked_once_and_no_further(ward: Ward) -> None:
    ward.well()
    ward.server.on("Observation", redirect(lambda seen, _reply: f"{seen.target}&again=1"))
    check(await ward.ask(ward.unhurried), LOST, ward.full)
    assert len(ward.server.requests) == 8
    ward.well()
