"""Values that must never come out again, and requests that hold them in every text."""

import copy
import json
from collections.abc import Iterator, Sequence
from typing import Any

from tests.cds_hooks.hook_request import hook_request, prefetch_of
from tests.cds_hooks.record import VERTEBRAE, Json, condition, patient, site_of, spinal_lesion

TOKEN = "eyJhbGciOiJub25lIn0.Q2FuYXJ5LVRva2Vu.c2ln"  # noqa: S105  invented, to be looked for
NAME = "Zwykowska-Canary"
GIVEN = "Philomena-Canary"
MRN = "MRN-4711-0815-Canary"
BIRTH_DATE = "1951-03-14"
FREE_TEXT = "weeps at night, tel. 030-555-0143 Canary"
CANARIES = (TOKEN, NAME, GIVEN, MRN, BIRTH_DATE, FREE_TEXT, "555-0143", "Canary")
PERSON: Json = {
    "identifier": [{"system": "https://ehr.example.org/mrn", "value": MRN}],
    "name": [{"family": NAME, "given": [GIVEN], "text": f"{GIVEN} {NAME}"}],
    "birthDate": BIRTH_DATE,
    "telecom": [{"system": "phone", "value": "030-555-0143"}],
    "text": {"status": "generated", "div": f"<div>{GIVEN} {NAME}, {BIRTH_DATE}, {MRN}</div>"},
}
AUTHORIZATION: Json = {
    "access_token": TOKEN,
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.read",
    "subject": "spine-mets",
    "patient": "p-1",
}
HEADERS = {
    "content-type": "application/json",
    "authorization": f"Bearer {TOKEN}",
    "x-patient": MRN,
    "cookie": f"session={TOKEN}",
    "user-agent": NAME,
    "referer": f"https://ehr.example.org/?name={NAME}",
}


def marked_record() -> list[Json]:
    """T11 with a person's data in every member that this service does not need."""
    record = [*spinal_lesion("T11"), condition("c-2", "94274006", site_of(VERTEBRAE["T5"]))]
    for resource in record:
        resource["subject"]["display"] = f"{GIVEN} {NAME}"
        resource["subject"]["identifier"] = {"value": MRN}
        resource["note"] = [{"text": FREE_TEXT, "authorString": NAME}]
        resource["text"] = {"div": f"<div>{FREE_TEXT}</div>"}
        resource["code"]["text"] = f"{FREE_TEXT} {NAME}"
        resource["identifier"] = [{"system": "urn:x", "value": MRN}]
        resource["contained"] = [patient("inner", **PERSON)]
        resource["extension"] = [{"url": "urn:x", "valueString": FREE_TEXT}]
    return record


def marked_request() -> Json:
    """A good request that is full of a person's data."""
    record = marked_record()
    return hook_request(
        prefetch=prefetch_of(record) | {"patient": patient(**PERSON)},
        fhirServer="https://ehr.example.org/fhir",
        fhirAuthorization=AUTHORIZATION,
        extension={"org.example.note": FREE_TEXT, "org.example.user": NAME},
    )


def marked_bundle() -> Json:
    entries = [{"resource": resource} for resource in (patient(**PERSON), *marked_record())]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries, "id": "b"}


def texts(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where the texts of a document are."""
    if isinstance(node, dict):
        for name, child in node.items():
            yield from texts(child, (*path, name))
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from texts(child, (*path, number))
    elif isinstance(node, str):
        yield path


def replaced(document: Json, path: Sequence[str | int], value: Any) -> Json:
    """A copy of a document with another value at one place."""
    changed = copy.deepcopy(document)
    holder: Any = changed
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    return changed


def traces(*texts_to_search: str) -> list[str]:
    """The canaries that came out."""
    whole = "\n".join(texts_to_search)
    escaped = json.dumps(whole)
    return [canary for canary in CANARIES if canary in whole or canary in escaped]
