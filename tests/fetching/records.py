"""The record of a call as the service makes it, without what is said of it."""

import asyncio
import json
from functools import cache

from app.assess.record import Record
from app.fhir.codes import CodeBook, code_book
from app.fhir.queries import prefetch_templates
from app.fhir.reader import Reader
from app.fhir.server.address import read_base
from app.fhir.server.carrier import carrier
from app.fhir.server.http import Http, trust
from app.fhir.server.known import KnownServer, KnownServers, Way
from app.fhir.server.pulling import Limits, Puller
from app.knowledge import Knowledge, load
from app.knowledge.policy import Policy
from cds_hooks.fetching import Fetching
from cds_hooks.gather import decode_whole, take
from cds_hooks.protocol import read_request
from cds_hooks.services import SERVICES
from tests.cds_hooks.record import BASE, Json
from tests.faults.server import FaultServer


@cache
def parts() -> tuple[Knowledge, CodeBook, Reader]:
    knowledge = load(Policy.of({}, {}))
    book = code_book(BASE, None)
    return knowledge, book, Reader(book, knowledge)


async def never() -> None:
    await asyncio.Event().wait()


async def record_of(server: FaultServer, body: Json, way: Way) -> Record:
    """The record of a call, as the service makes it."""
    knowledge, book, reader = parts()
    http = Http(carrier(trust(), allow_private=True, connections=16))
    try:
        servers = KnownServers([KnownServer(read_base(server.base), http, way=way, needs_token=False)])
        fetching = Fetching(servers, Puller(Limits(10.0, 0.0), "0"), prefetch_templates(book, knowledge))
        content = json.dumps(body).encode()
        service = next(one for one in SERVICES if one.hook == "patient-view")
        taken = take(content, read_request(content, service.hook, decode_whole), service, reader)
        return (await fetching.complete(taken, never)).record
    finally:
        await http.close()
