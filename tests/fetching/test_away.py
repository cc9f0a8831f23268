"""No address is contacted but those under a base that the operator named, whoever says otherwise."""

import socket
import ssl
from collections.abc import AsyncIterator

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from app.fhir.server.carrier import carrier
from app.fhir.server.failure import Failure, FetchError
from app.fhir.server.http import Http
from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import prefetch_of
from tests.cds_hooks.record import searchset
from tests.faults.behaviours import BEHAVIOURS
from tests.faults.server import PATH, FaultServer, honest
from tests.faults.tls import Certified, certified
from tests.faults.tripwire import LEADING_AWAY, Tripwire
from tests.fetching.calls import (
    CALM,
    TOKEN,
    WHOLE_RECORD,
    cards_in,
    guarded_server,
    running,
    stored,
    with_token,
)

Away = tuple[FaultServer, Ehr, Tripwire]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Certified]:
    return dict(certified(tmp_path_factory.mktemp("certificates")))


@pytest.fixture
async def away() -> AsyncIterator[Away]:
    async with guarded_server() as (server, ehr), Tripwire() as wire:
        yield server, ehr, wire


@pytest.mark.conforms("R70")
async def test_no_link_and_no_redirect_leads_to_another_host(away: Away) -> None:
    server, ehr, wire = away
    for name, leading in LEADING_AWAY.items():
        for kind in ("Observation", "Condition", "Patient"):
            server.on(kind, leading(wire.base))
            response = await ehr.send(with_token(server.base))
            assert wire.connections == 0, name
            assert wire.address not in response.text
            assert TOKEN not in response.text
            settled = response.status_code == 200 and any(
                CALM in card["summary"] for card in response.json()["cards"]
            )
            # A Patient has no next link: there the row is honest.
            assert settled == (kind == "Patient" and "next" in name), name
            server.on(kind, honest)
    assert cards_in(await ehr.send(with_token(server.base)))


@pytest.mark.conforms("R70")
async def test_no_link_in_a_prefetch_leads_to_another_host(away: Away) -> None:
    server, ehr, wire = away
    host = server.base.removesuffix(PATH)
    links = [
        f"{wire.base}/Observation?page=2",
        f"//{wire.address}{PATH}/Observation?page=2",
        f"{host}@{wire.address}{PATH}/Observation?page=2",
        f"{host}\\@{wire.address}{PATH}/Observation?page=2",
        f"{host}.{wire.address}{PATH}/Observation?page=2",
        f"{server.base}EVIL/Observation?page=2",
        f"{server.base}/../admin",
        f"{server.base}/%2e%2e/admin",
        f"{server.base}/..%2fadmin",
        "file:///etc/hostname",
        "gopher://127.0.0.1/",
        "javascript:alert(1)",
        "",
        "http://",
        f"{server.base}/Observation?{'f' * 100_000}",
    ]
    prefetch = prefetch_of(WHOLE_RECORD)
    for link in links:
        prefetch["observations"]["link"] = [{"relation": "next", "url": link}]
        cards = cards_in(await ehr.send(with_token(server.base, prefetch)))
        assert not any(CALM in card["summary"] for card in cards), link
    assert not server.requests
    assert wire.connections == 0


@pytest.mark.conforms("R70")
async def test_no_server_is_asked_that_only_looks_like_a_known_one(away: Away) -> None:
    server, ehr, wire = away
    port = server.base.removeprefix("http://127.0.0.1:").removesuffix(PATH)
    addresses = [
        wire.base,  # another port
        f"https://127.0.0.1:{port}{PATH}",
        f"ftp://127.0.0.1:{port}{PATH}",
        f"file://127.0.0.1:{port}{PATH}",
        "data:application/json,{}",
        "javascript:alert(1)",
        "http://169.254.169.254/fhir",
        "http://100.100.100.200/fhir",
        "http://metadata.google.internal/fhir",
        f"http://localhost:{port}{PATH}",
        f"http://0.0.0.0:{port}{PATH}",
        f"http://[::1]:{port}{PATH}",
        f"http://[::ffff:127.0.0.1]:{port}{PATH}",
        f"http://0x7f.1:{port}{PATH}",
        f"http://2130706433:{port}{PATH}",
        f"http://127.1:{port}{PATH}",
        f"http://0177.0.0.1:{port}{PATH}",
        f"http://127.0.0.1.evil.example.com:{port}{PATH}",
        f"http://127.0.0.1:{port}@{wire.address}{PATH}",
        f"http://user:word@127.0.0.1:{port}{PATH}",
        f"http://127.0.0.1:{port}\\@{wire.address}{PATH}",
        f"http://127.0.0.1:{port}{PATH}EVIL",
        f"http://127.0.0.1:{port}{PATH}/../admin",
        f"http://127.0.0.1:{port}{PATH}%2f..%2fadmin",
        f"http://127.0.0.1:{port}/{PATH}",
        f"http://127.0.0.1:{port}{PATH}#x",
        f"http://127.0.0.1:{port}{PATH}?x=1",
        f"http://127.0.0.1:22{PATH}",
        f"http://127.0.0.1:99999{PATH}",
        f"http://\uff11\uff12\uff17.0.0.1:{port}{PATH}",
        f"http://127.0.0.1:{port}/{'f' * 100_000}",
    ]
    for address in addresses:
        response = await ehr.send(with_token(address))
        assert response.status_code == 412, address
        assert "not set up to ask" in response.text
        assert TOKEN not in response.text
        whole = await ehr.send(with_token(address, prefetch_of(WHOLE_RECORD)))
        assert whole.status_code == 200, address
    assert server.sockets == 0
    assert wire.connections == 0


async def test_the_same_base_written_another_way_is_asked_at_its_own(away: Away) -> None:
    server, ehr, _ = away
    for address in (f"{server.base}/", server.base.replace("http", "HTTP", 1)):
        assert cards_in(await ehr.send(with_token(address)))
    assert len(server.requests) == 14


async def test_an_alias_is_a_name_and_never_an_address() -> None:
    async with Tripwire() as wire, guarded_server(aliases=[wire.base]) as (server, ehr):
        for record in server.records.values():
            if "subject" in record:
                record["subject"] = {"reference": f"{wire.base}/{record['subject']['reference']}"}
        assert cards_in(await ehr.send(with_token(wire.base)))
        assert len(server.requests) == 7
        assert wire.connections == 0


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Tripwire() as wire:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://{wire.address}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        async with guarded_server() as (server, ehr):
            assert cards_in(await ehr.send(with_token(server.base)))
        assert wire.connections == 0


@pytest.mark.parametrize("which", ["good", "expired", "wrong host", "self-signed"])
async def test_a_certificate_is_believed_or_the_server_is_not_asked(
    certificates: dict[str, Certified], which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certificates[which]
    # Which authorities to believe is set where OpenSSL looks for it.
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    async with FaultServer(stored(), tls=certificate.context) as server:
        assert server.base.startswith("https://")
        async with running(fhir_servers=({"base": server.base, "allow_private": True},)) as app:
            response = await Ehr(app).send(with_token(server.base))
        assert (response.status_code == 200) == (which == "good")
        assert bool(server.requests) == (which == "good")
        if which != "good":
            assert response.status_code == 412
            assert "could not be reached" in response.text


async def test_a_redirect_never_leaves_tls(
    certificates: dict[str, Certified], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates["good"].authority))
    async with FaultServer(stored(), tls=certificates["good"].context) as server:
        server.on("Observation", BEHAVIOURS["S42 302 to http on the same port"])
        async with running(fhir_servers=({"base": server.base, "allow_private": True},)) as app:
            cards = cards_in(await Ehr(app).send(with_token(server.base)))
        assert not any(CALM in card["summary"] for card in cards)
        assert len(server.requests) == 7
        assert server.failed_handshakes == 0


class Lookup(AbstractResolver):
    """A name service that answers with one list of addresses after the other, and the last for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=0)
            for one in answer
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def asked(lookup: Lookup, port: int, *, allow_private: bool) -> int | Failure:
    """The status of one request to a name, or why there was none."""
    http = Http(
        carrier(ssl.create_default_context(), allow_private=allow_private, connections=1, lookup=lookup)
    )
    try:
        return (await http.send("GET", f"http://ehr.example.org:{port}/fhir/Patient/p-1", {}, 10_000)).status
    except FetchError as error:
        return error.failure
    finally:
        await http.close()


@pytest.mark.parametrize(
    ("addresses", "allow_private"),
    [
        (["127.0.0.1"], False),
        (["8.8.8.8", "127.0.0.1"], False),
        (["127.0.0.1", "169.254.169.254"], True),
        (["169.254.169.254"], True),
        (["100.100.100.200"], True),
        (["::ffff:169.254.169.254"], True),
        (["0.0.0.0"], True),  # noqa: S104  nothing is bound to it
        (["224.0.0.1"], True),
        ([], True),
    ],
)
async def test_a_name_that_stands_for_a_forbidden_address_is_not_connected_to(
    addresses: list[str], allow_private: bool
) -> None:
    async with Tripwire() as wire:
        lookup = Lookup(addresses)
        assert await asked(lookup, wire.port, allow_private=allow_private) is Failure.UNREACHABLE
        assert lookup.asked == 1
        assert wire.connections == 0


async def test_a_name_is_looked_up_once_and_connected_to_where_it_was_judged() -> None:
    async with FaultServer(stored()) as server:
        # Judged at the first answer; a second look would lead to what a machine tells of itself.
        lookup = Lookup(["127.0.0.1"], ["169.254.169.254"])
        assert await asked(lookup, server.port, allow_private=True) == 200
        assert lookup.asked == 1


async def test_an_address_written_in_numbers_is_judged_when_the_service_starts() -> None:
    with pytest.raises(ValueError, match="SPINE_METS_FHIR_SERVERS"):
        async with running(fhir_servers=({"base": "https://169.254.169.254/fhir", "allow_private": True},)):
            pass
    with pytest.raises(ValueError, match="private"):
        async with running(fhir_servers=({"base": "http://127.0.0.1:1/fhir"},)):
            pass


async def test_a_next_link_without_a_server_is_a_gap_and_no_request() -> None:
    async with Tripwire() as wire, guarded_server() as (server, ehr):
        link = [{"relation": "next", "url": f"{wire.base}/Condition?page=2"}]
        prefetch = prefetch_of(WHOLE_RECORD) | {"procedures": searchset(link=link)}
        cards = await ehr.cards_of({**with_token(server.base, prefetch), "fhirServer": wire.base})
        assert not any(CALM in card["summary"] for card in cards)
        assert wire.connections == 0
        assert not server.requests
