"""A hospital of four FHIR servers that hold the same records, and the service as it is set up to ask them."""

import asyncio
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

import httpx
from fastapi import FastAPI

from app.settings import FhirServer
from app.web.demo import SERVER
from tests.both_ways.charts import Chart, demo_charts
from tests.both_ways.mixtures import TOKEN, prefetch_of, request_of
from tests.cds_hooks.hook_contexts import SERVICES
from tests.cds_hooks.hook_request import DISCOVERY
from tests.cds_hooks.record import BASE, OBSERVABLE, Json
from tests.contract.served import application, talk_to
from tests.fhir_server.running import RealServer, real_fhir_server

Setting = Literal["get", "post", "batch", "own codes", "open"]
WAYS: tuple[Setting, ...] = ("get", "post", "batch")
# The service asks for 200 at once: a page is as large as the server lets it be.
PAGES = (1, 3, 20, 200)
OPEN = 20
# Two patients whose short records stand beside the one that is asked for.
STRANGERS = ("site-not-recorded", "region-only")
# The service follows a search no further.
MOST_PAGES = 20
_SECONDS = 10.0


class Hospital:
    """Asks the service, set up in several ways, in one event loop.

    Args:
        runner: has the event loop.
        servers: by the size of their pages; the one of 20 asks for no token.
        apps: the service, by how it is set up.
        opened: closes at the end what is opened here.
    """

    def __init__(
        self,
        runner: asyncio.Runner,
        servers: Mapping[int, RealServer],
        apps: Mapping[Setting, FastAPI],
        opened: AsyncExitStack,
    ) -> None:
        self._runner = runner
        self.servers = servers
        # Answers that are compared with one that was walked need not be walked again.
        self._walking = {setting: talk_to(app) for setting, app in apps.items()}
        self._clients = {
            setting: httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url=self._walking[setting].base_url
            )
            for setting, app in apps.items()
        }
        for client in (*self._walking.values(), *self._clients.values()):
            opened.push_async_callback(client.aclose)
        self._held: dict[int, str] = {}
        self._wholes: dict[tuple[str, Setting], bytes] = {}

    def hold(self, chart: Chart, page: int) -> RealServer:
        """The server, holding this chart and that of one other patient."""
        server = self.servers[page]
        if self._held.get(page) != chart.name:
            server.reset()
            self._held.pop(page, None)
            stranger = next(
                one for one in demo_charts() if one.name in STRANGERS and one.patient != chart.patient
            )
            server.load(_bundle([*stranger.resources, *chart.resources]))
            self._held[page] = chart.name
        return server

    def send(self, chart: Chart, request: Json, setting: Setting = "get") -> httpx.Response:
        """The answer to a call."""
        return self._runner.run(self._send(self._clients[setting], chart, request))

    async def _send(self, client: httpx.AsyncClient, chart: Chart, request: Json) -> httpx.Response:
        content = json.dumps(request).encode()
        headers = {"content-type": "application/json"}
        return await client.post(SERVICES[chart.hook], content=content, headers=headers)

    def cards(self, chart: Chart, request: Json, setting: Setting = "get") -> bytes:
        """The cards in answer to a call, byte for byte."""
        return _cards_in(self.send(chart, request, setting))

    def templates(self, chart: Chart, setting: Setting = "get") -> dict[str, str]:
        """The searches that discovery asks a client to make for this chart."""
        answer = self._runner.run(self._clients[setting].get(DISCOVERY))
        service = next(one for one in answer.json()["services"] if one["hook"] == chart.hook)
        return {
            key: template.replace("{{context.patientId}}", chart.patient)
            for key, template in service["prefetch"].items()
        }

    def searched(self, chart: Chart, page: int, setting: Setting = "get") -> Json:
        """The prefetch of a client that makes those searches itself and sends the first page of each."""
        server = self.hold(chart, page)
        found: Json = {}
        for key, search in self.templates(chart, setting).items():
            answer = server.client.get(
                f"{server.base}/{search}", headers={"authorization": f"Bearer {TOKEN}"}
            )
            assert answer.status_code == httpx.codes.OK, answer.text[:300]
            found[key] = answer.json()
        return found

    def whole(self, chart: Chart, setting: Setting = "get") -> bytes:
        """The cards where the client sends everything, and names no server to ask."""
        key = (chart.name, setting)
        if key not in self._wholes:
            request = request_of(chart, prefetch_of(chart, SERVER))
            sending = self._send(self._walking[setting], chart, request)
            self._wholes[key] = _cards_in(self._runner.run(sending))
        return self._wholes[key]

    def mixed(
        self, chart: Chart, page: int, setting: Setting, keys: Collection[str], **written: bool
    ) -> bytes:
        """The cards where the client sends these keys, and the server is asked for the others."""
        server = self.hold(chart, page)
        prefetch = prefetch_of(chart, server.base, keys, **written) if keys else None
        token = None if setting == "open" else TOKEN
        return self.cards(chart, request_of(chart, prefetch, server.base, token), setting)


def alias_of(page: int) -> str:
    """Another address by which the server with pages of this size is known, and never asked."""
    return f"https://ehr.example.org/{page}/fhir"


def _cards_in(answer: httpx.Response) -> bytes:
    assert answer.status_code == httpx.codes.OK, answer.text[:300]
    return answer.content


def _bundle(resources: Iterable[Json]) -> Json:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def _started(stack: ExitStack, page: int) -> RealServer:
    guarded = page != OPEN
    return stack.enter_context(
        real_fhir_server(
            page_size=page,
            largest_page=page,
            require_token=guarded,
            fixed_token=TOKEN if guarded else "",
        )
    )


def _services(servers: Mapping[int, RealServer], folder: Path) -> Iterator[tuple[Setting, FastAPI]]:
    def served(search: str, **settings: Any) -> FastAPI:
        known = tuple(
            FhirServer.model_validate(
                {
                    "base": server.base,
                    "aliases": [alias_of(page)],
                    "allow_private": True,
                    "search": search,
                }
            )
            for page, server in servers.items()
        )
        return application(fhir_servers=known, fetch_deadline=_SECONDS, **settings)

    for way in WAYS:
        yield way, served(way)
    yield "own codes", served("as-stated", code_map=_code_map(folder))
    yield "open", application(demo_fhir_servers=(servers[OPEN].base,), fetch_deadline=_SECONDS)


def _code_map(folder: Path) -> Path:
    """A map of one code of a site's own: observations are then searched for by code."""
    path = folder / "codes.json"
    mapped = {"code": "PAIN", "target": [{"code": "spinal-pain", "equivalence": "equal"}]}
    groups = [{"source": f"{BASE}/own", "target": OBSERVABLE, "element": [mapped]}]
    path.write_text(json.dumps({"resourceType": "ConceptMap", "group": groups}), encoding="utf-8")
    return path


@contextmanager
def hospital_of(folder: Path) -> Iterator[Hospital]:
    """Everything started, and stopped at the end.

    Args:
        folder: where a file may be written.
    """
    with ExitStack() as stack, ThreadPoolExecutor() as several:
        servers = dict(zip(PAGES, several.map(lambda page: _started(stack, page), PAGES), strict=True))
        runner = stack.enter_context(asyncio.Runner())
        opened = AsyncExitStack()
        stack.callback(lambda: runner.run(opened.aclose()))
        apps = dict(_services(servers, folder))
        for app in apps.values():
            runner.run(opened.enter_async_context(app.router.lifespan_context(app)))
        yield Hospital(runner, servers, apps, opened)
