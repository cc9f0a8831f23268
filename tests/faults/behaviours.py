"""What can be wrong with a FHIR server, one function for each fault.

BEHAVIOURS names them by the row of the hardening table (S) where there is one. S16 (refused from the first
connection on) is `FaultServer.close_port`, S18 (certificates) is `tests.faults.tls`; links and redirects to
another host are in `tests.faults.tripwire`.
"""

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from tests.faults.server import (
    FHIR_JSON,
    OK,
    PATH,
    Behaviour,
    Headers,
    Json,
    Reply,
    Seen,
    encoded,
    entries,
    head,
    honest,
    outcome,
)

STRANGER = "someone-else"
OTHER_BASE = "https://other-tenant.example.org/fhir"
BOMB_MEBIBYTES = 300


def status(code: int, headers: Headers = (), codes: Sequence[str] = ()) -> Behaviour:
    """This status with an OperationOutcome, which carries an Epic server's codes where some are given."""

    async def behave(_seen: Seen, reply: Reply) -> None:
        await reply.send(code, outcome("processing", "There is no answer", codes=codes), headers)

    return behave


def retry_at(code: int, seconds: int) -> Behaviour:
    """This status with a Retry-After that is an HTTP-date so many seconds from now."""

    async def behave(seen: Seen, reply: Reply) -> None:
        then = datetime.now(UTC) + timedelta(seconds=seconds)
        await status(code, [("Retry-After", format_datetime(then, usegmt=True))])(seen, reply)

    return behave


def then(first: Behaviour, rest: Behaviour = honest) -> Behaviour:
    """Each request is answered the one way when it first comes in, and the other way when it is repeated."""

    async def behave(seen: Seen, reply: Reply) -> None:
        await (first if reply.nth == 1 else rest)(seen, reply)

    return behave


def later_pages(behaviour: Behaviour) -> Behaviour:
    """The first page is right and has a next link; every later page behaves so."""

    async def behave(seen: Seen, reply: Reply) -> None:
        await (behaviour if seen.page > 1 else next_to(_following))(seen, reply)

    return behave


async def refused(_seen: Seen, reply: Reply) -> None:
    """This request is reset and every later connection refused."""
    await reply.server.close_port()
    await reply.abort()


async def closed(_seen: Seen, reply: Reply) -> None:
    """The connection ends without an answer."""
    await reply.close()


async def reset(_seen: Seen, reply: Reply) -> None:
    """The connection is reset without an answer."""
    await reply.abort()


async def silent(_seen: Seen, reply: Reply) -> None:
    """The request is taken and never answered."""
    await reply.silence()


def delay(seconds: float, behaviour: Behaviour = honest) -> Behaviour:
    """The answer comes so many seconds late."""

    async def behave(seen: Seen, reply: Reply) -> None:
        await asyncio.sleep(seconds)
        await behaviour(seen, reply)

    return behave


def drip(interval: float = 0.5, step: int = 1) -> Behaviour:
    """The head at once, then the right body in steps of so many bytes with a pause after each."""

    async def behave(_seen: Seen, reply: Reply) -> None:
        start, body = reply.whole()
        await reply.raw(start)
        await reply.slowly(body, interval, step)

    return behave


def trickled_headers(interval: float = 0.5, step: int = 1) -> Behaviour:
    """The head in steps of so many bytes with a pause after each, then the right body at once."""

    async def behave(_seen: Seen, reply: Reply) -> None:
        start, body = reply.whole()
        await reply.slowly(start, interval, step)
        await reply.raw(body)

    return behave


async def cut(_seen: Seen, reply: Reply) -> None:
    """Half the body that Content-Length promises, then the end."""
    start, body = reply.whole()
    await reply.raw(start + body[: len(body) // 2])
    await reply.close()


async def half_json(_seen: Seen, reply: Reply) -> None:
    """Half the JSON with no Content-Length, so that the end of the connection looks like its end."""
    answer = reply.normal()
    body = encoded(answer.resource)
    start = head(answer.status, [("Content-Type", FHIR_JSON), ("Connection", "close")])
    await reply.raw(start + body[: len(body) // 2])
    await reply.close()


def chunked(end: bytes) -> Behaviour:
    """The right body as one chunk, then these bytes in place of the last chunk, then the end."""

    async def behave(_seen: Seen, reply: Reply) -> None:
        _, body = reply.whole()
        start = head(OK, [("Content-Type", FHIR_JSON), ("Transfer-Encoding", "chunked")])
        await reply.raw(start + b"%x\r\n%b\r\n" % (len(body), body) + end)
        await reply.close()

    return behave


def zipped(kept: float = 1) -> Behaviour:
    """The right answer in gzip, or only this part of those bytes as if it were all."""

    async def behave(_seen: Seen, reply: Reply) -> None:
        answer = reply.normal()
        body = gzip.compress(encoded(answer.resource), mtime=0)
        await reply.send(answer.status, body[: int(len(body) * kept)], [("Content-Encoding", "gzip")])

    return behave


async def gzip_bomb(_seen: Seen, reply: Reply) -> None:
    """A Bundle of 300 MiB, nearly all spaces in one string, in about 300 kB of gzip."""
    await reply.send(OK, bomb(), [("Content-Encoding", "gzip")])


@cache
def bomb() -> bytes:
    """The compressed body of gzip_bomb."""
    packer = zlib.compressobj(level=1, wbits=31)
    start, end = b'{"resourceType":"Bundle","type":"searchset","id":"', b'"}'
    parts = [start, *[b" " * 2**20] * BOMB_MEBIBYTES, end]
    return b"".join(map(packer.compress, parts)) + packer.flush()


def with_headers(*headers: tuple[str, str]) -> Behaviour:
    """The right answer with these headers, also such as lie about it."""

    async def behave(_seen: Seen, reply: Reply) -> None:
        answer = reply.normal()
        await reply.send(answer.status, answer.resource, headers)

    return behave


def instead(body: bytes | str | Json | list[Any], content_type: str = FHIR_JSON) -> Behaviour:
    """Status 200 with this body in place of the answer."""

    async def behave(_seen: Seen, reply: Reply) -> None:
        await reply.send(OK, body, [("Content-Type", content_type)])

    return behave


LOGIN_PAGE = "<!DOCTYPE html><html><body><form action='/login'><input name='user'></form></body></html>"
XML = (
    '<?xml version="1.0"?><!DOCTYPE Bundle [<!ENTITY name SYSTEM "file:///etc/hostname">]>'
    '<Bundle xmlns="http://hl7.org/fhir"><id value="&name;"/><type value="searchset"/></Bundle>'
)


def altered(change: Callable[[Seen, Json, Reply], Json | str], headers: Headers = ()) -> Behaviour:
    """The right answer after this change; what is not a success is left alone."""

    async def behave(seen: Seen, reply: Reply) -> None:
        answer = reply.normal()
        success = answer.status == OK
        body = change(seen, answer.resource, reply) if success else answer.resource
        await reply.send(answer.status, body, headers)

    return behave


def each(change: Callable[[Json], Json], headers: Headers = ()) -> Behaviour:
    """Every resource of the answer after this change."""

    def changed(found: Json) -> Json:
        if found["resourceType"] != "Bundle":
            return change(found)
        for entry in found.get("entry", ()):
            if "resource" in entry:
                entry["resource"] = changed(entry["resource"])
        return found

    return altered(lambda _seen, found, _reply: changed(found), headers)


def _not_a_number(found: Json) -> Json:
    if "valueQuantity" in found:
        return {**found, "valueQuantity": {**found["valueQuantity"], "value": float("nan")}}
    extension = {"url": "https://example.org/number", "valueDecimal": float("nan")}
    return {**found, "extension": [*found.get("extension", ()), extension]}


def _named_twice(_seen: Seen, found: Json, _reply: Reply) -> str:
    again = '"entry":[]' if found["resourceType"] == "Bundle" else f'"id":"{STRANGER}"'
    return json.dumps(found)[:-1] + f",{again}}}"


def _other_type(_seen: Seen, found: Json, _reply: Reply) -> Json:
    return {"resourceType": "Basic", "id": found.get("id", "b1"), "code": {"text": "Not what was asked for"}}


def _of_stranger(found: Json) -> Json:
    """The resource as if it were another patient's."""
    if found["resourceType"] == "Patient":
        return {**found, "id": STRANGER}
    about = "patient" if "patient" in found else "subject"
    return {**found, about: {"reference": f"Patient/{STRANGER}"}}


def _stranger_among(seen: Seen, found: Json, reply: Reply) -> Json:
    """The entries and one more, which is another patient's."""
    if found["resourceType"] != "Bundle":
        return _of_stranger(found)
    like = next(entries(found), {"resourceType": seen.type})
    extra = reply.server.entry(_of_stranger({**like, "id": STRANGER}))
    return {**found, "total": found.get("total", 0) + 1, "entry": [*found.get("entry", ()), extra]}


def _of_other_tenant(found: Json) -> Json:
    """The resource with the right patient's id on another base."""
    for about in ("subject", "patient"):
        if about in found:
            return {**found, about: {"reference": f"{OTHER_BASE}/{found[about]['reference']}"}}
    return {**found, "managingOrganization": {"reference": f"{OTHER_BASE}/Organization/1"}}


def told_beside(severity: str, kind: str, codes: Sequence[str], *, alone: bool = False) -> Behaviour:
    """An OperationOutcome among the entries of a searchset, or alone in it with a total of 0."""

    def add(_seen: Seen, found: Json, _reply: Reply) -> Json:
        if found["resourceType"] != "Bundle":
            return found
        read_this = outcome(kind, "Read this", severity=severity, codes=codes)
        told = {"resource": read_this, "search": {"mode": "outcome"}}
        kept = [] if alone else found.get("entry", [])
        return {**found, "total": 0 if alone else found.get("total", 0), "entry": [*kept, told]}

    return altered(add)


def _without_full_url(_seen: Seen, found: Json, _reply: Reply) -> Json:
    for entry in found.get("entry", ()):
        entry.pop("fullUrl", None)
    return found


def _more_promised(_seen: Seen, found: Json, _reply: Reply) -> Json:
    if found["resourceType"] != "Bundle":
        return found
    links = [link for link in found.get("link", ()) if link["relation"] != "next"]
    return {**found, "total": found.get("total", 0) + 10, "link": links}


def _self_without_parameters(_seen: Seen, found: Json, _reply: Reply) -> Json:
    for link in found.get("link", ()):
        if link["relation"] == "self":
            link["url"] = link["url"].partition("?")[0]
    return found


# What R5 and STU3 call otherwise: (type, name in R4) to (name there, value there).
Names = Mapping[tuple[str, str], tuple[str, Callable[[Any], Any]]]
R5: Names = {
    ("Procedure", "performedDateTime"): ("occurrenceDateTime", lambda time: time),
    ("Procedure", "reasonCode"): ("reason", lambda reasons: [{"concept": reason} for reason in reasons]),
    ("MedicationRequest", "medicationCodeableConcept"): ("medication", lambda drug: {"concept": drug}),
    ("ServiceRequest", "code"): ("code", lambda code: {"concept": code}),
    ("BodyStructure", "location"): ("includedStructure", lambda place: [{"structure": place}]),
}
STU3: Names = {
    ("Condition", "clinicalStatus"): ("clinicalStatus", lambda concept: concept["coding"][0]["code"]),
    ("Condition", "verificationStatus"): ("verificationStatus", lambda concept: concept["coding"][0]["code"]),
    ("Observation", "encounter"): ("context", lambda encounter: encounter),
    ("Procedure", "status"): ("notDone", lambda status: status == "not-done"),
}


def of_version(number: str, names: Names) -> Behaviour:
    """The right answer with the resources in the shape of another version of FHIR, which is told."""

    def renamed(found: Json) -> Json:
        new = {}
        for old, value in found.items():
            name, change = names.get((found["resourceType"], old), (old, None))
            new[name] = change(value) if change else value
        return new

    return each(renamed, [("Content-Type", f"{FHIR_JSON}; fhirVersion={number}")])


Address = Callable[[Seen, Reply], str]


def next_to(address: str | Address) -> Behaviour:
    """The first page's entries with a next link to this address, whatever page is asked for."""

    async def behave(seen: Seen, reply: Reply) -> None:
        if not seen.is_search:
            await reply.default()
            return
        url = address if isinstance(address, str) else address(seen, reply)
        answer = reply.server.endless_page(seen, url)
        await reply.send(answer.status, answer.resource)

    return behave


def relative_next(start: str) -> Behaviour:
    """The right pages of one entry each, with next links that begin here; {type} is the type searched."""

    async def behave(seen: Seen, reply: Reply) -> None:
        answer = reply.server.answer(seen, page_size=1)
        for link in answer.resource.get("link", ()):
            if link["relation"] == "next":
                link["url"] = link["url"][link["url"].index(start.format(type=seen.type)) :]
        await reply.send(answer.status, answer.resource)

    return behave


def _following(seen: Seen, reply: Reply) -> str:
    return reply.server.page_address(seen, seen.page + 1)


def _itself(seen: Seen, reply: Reply) -> str:
    return reply.server.page_address(seen, seen.page)


def _to_and_fro(seen: Seen, reply: Reply) -> str:
    return reply.server.page_address(seen, 1 if seen.page == 2 else 2)


def _beside(path: str) -> Address:
    """The following page under another path of the same host."""
    return lambda seen, reply: _following(seen, reply).replace(f"{PATH}/", path, 1)


def _long(seen: Seen, reply: Reply) -> str:
    return f"{_following(seen, reply)}&filler={'f' * 100_000}"


def redirect(address: str | Address, code: int = 302) -> Behaviour:
    """A redirect to this address."""

    async def behave(seen: Seen, reply: Reply) -> None:
        url = address if isinstance(address, str) else address(seen, reply)
        await reply.send(code, b"", [("Location", url)])

    return behave


def _moved(seen: Seen, reply: Reply) -> str:
    mark = "&" if urlsplit(seen.target).query else "?"
    return f"{reply.server.base.removesuffix(PATH)}{seen.target}{mark}moved=1"


async def moved_once(seen: Seen, reply: Reply) -> None:
    """A redirect on the same base, then the answer, as for a patient whose record was merged."""
    await (honest if seen.parameter("moved") else redirect(_moved))(seen, reply)


def _back_and_forth(seen: Seen, reply: Reply) -> str:
    if seen.parameter("moved") is None:
        return _moved(seen, reply)
    return reply.server.base.removesuffix(PATH) + seen.target[: -len("?moved=1")]


def _without_tls(seen: Seen, reply: Reply) -> str:
    return f"http://127.0.0.1:{reply.server.port}{seen.target}"


_RETRY_60 = [("Retry-After", "60")]

BEHAVIOURS: Mapping[str, Behaviour] = MappingProxyType(
    {
        "S01 401": status(401),
        "S02 401 on every later page": later_pages(status(401)),
        "403": status(403),
        "403 Epic 4130": status(403, codes=["4130"]),
        "403 Epic 4131": status(403, codes=["4131"]),
        "403 Epic 4134": status(403, codes=["4134"]),
        "S05 S06 404": status(404),
        "S07 410": status(410),
        "S10 429": status(429),
        "S10 429 Retry-After in seconds": status(429, _RETRY_60),
        "S10 429 Retry-After as a date": retry_at(429, 60),
        "S12 500 once then 200": then(status(500)),
        "S12 500 always": status(500),
        "S14 503 Retry-After in seconds": status(503, _RETRY_60),
        "S14 503 Retry-After as a date": retry_at(503, 60),
        "S16 reset, then refused": refused,
        "S19 never answers": silent,
        "S20 one byte of body each half second": drip(),
        "S21 one byte of headers each half second": trickled_headers(),
        "S22 body cut short": cut,
        "S22 body cut short once": then(cut),
        "S23 closed without an answer": closed,
        "S23 closed without an answer once": then(closed),
        "S23 reset": reset,
        "S23 reset once": then(reset),
        "S24 half the JSON, no Content-Length": half_json,
        "S25 login page": instead(LOGIN_PAGE, "text/html; charset=utf-8"),
        "S26 called text/plain": with_headers(("Content-Type", "text/plain")),
        "S28 FHIR XML": instead(XML, "application/fhir+xml"),
        "S29 OperationOutcome instead": instead(outcome("exception", "Not now")),
        "S30 another resource type": altered(_other_type),
        "S32 one entry of another patient": altered(_stranger_among),
        "S32 all of another patient": each(_of_stranger),
        "S34 next is itself": next_to(_itself),
        "S35 next goes to and fro": next_to(_to_and_fro),
        "S36 next without end": next_to(_following),
        "S40 next relative to the base": relative_next("{type}?"),
        "S40 next relative to the host": relative_next(f"{PATH}/"),
        "S40 next relative to the search": relative_next("?"),
        "S40 next is ?page=2 alone": next_to("?page=2"),
        "S40 next beside the base": next_to(_beside(f"{PATH}EVIL/")),
        "S40 next climbs out of the base": next_to(_beside(f"{PATH}/../admin/")),
        "S40 next climbs out, escaped": next_to(_beside(f"{PATH}/..%2fadmin/")),
        "S40 next is a file": next_to("file:///etc/hostname"),
        "next of 100 kB": next_to(_long),
        "S41 302 on the same base": moved_once,
        "S42 302 to http on the same port": redirect(_without_tls),
        "S43 302 back and forth": redirect(_back_and_forth),
        "S44 gzip bomb": gzip_bomb,
        "S45 gzip, unasked": zipped(),
        "S45 not gzip": with_headers(("Content-Encoding", "gzip")),
        "S45 half the gzip": zipped(0.5),
        "S45 unknown encoding": with_headers(("Content-Encoding", "x-scrambled")),
        "S46 200 kB of headers": with_headers(*((f"X-Filler-{n:04}", "f" * 986) for n in range(200))),
        "S49 self without our parameters": altered(_self_without_parameters),
        "S50 five seconds late": delay(5),
        "S51 another tenant's data": each(_of_other_tenant),
        "S52 total above the entries": altered(_more_promised),
        "204": status(204),
        "empty body": instead(b""),
        "JSON list": instead([]),
        "JSON null": instead("null"),
        "NaN": each(_not_a_number),
        "a name twice": altered(_named_twice),
        "chunk size no number": chunked(b"zz\r\n{}\r\n0\r\n\r\n"),
        "no last chunk": chunked(b""),
        "Set-Cookie": with_headers(("Set-Cookie", "session=of-another; Path=/")),
        "no fullUrl": altered(_without_full_url),
        "outcome 4101 none found": told_beside("warning", "not-found", ["4101"], alone=True),
        "outcome 4119 more may exist": told_beside("warning", "incomplete", ["4119"]),
        "outcome error among the entries": told_beside("error", "exception", []),
        "R5": of_version("5.0", R5),
        "STU3": of_version("3.0", STU3),
    }
)
