"""Several reads and searches in one request, where a server takes a batch."""

from collections.abc import Sequence

import msgspec

from app.errors import UnreadableError
from app.fhir import wire
from app.fhir.collection import Decoded, decode, refused
from app.fhir.server.asking import Asker
from app.fhir.server.failure import Failure, FetchError, judge_status
from app.fhir.server.searching import Wanted, sized

_encode = msgspec.json.Encoder().encode


async def answers(asker: Asker, wishes: Sequence[Wanted]) -> list[Decoded | Failure]:
    """The answer to each wish, in their order, or why it has none.

    Raises:
        FetchError: the batch as a whole brought nothing.
    """
    entries = [
        {"request": {"method": "GET", "url": sized(one.query) if one.searches else one.query}}
        for one in wishes
    ]
    body = _encode({"resourceType": "Bundle", "type": "batch", "entry": entries})
    found = await asker.post(asker.server.base.text, body, "application/fhir+json")
    if not isinstance(found, wire.WholeBundle | wire.Bundle | wire.LooseBundle):
        raise FetchError(Failure.NOT_FHIR)
    given = _entries(found)
    if len(given) != len(wishes):
        # Which answer belongs to which wish cannot be told.
        raise FetchError(Failure.NOT_FHIR)
    return [_answer(entry) for entry in given]


def _entries(
    found: wire.WholeBundle | wire.Bundle | wire.LooseBundle,
) -> Sequence[wire.Entry | wire.WholeEntry]:
    if not isinstance(found, wire.LooseBundle):
        return found.entry or ()
    try:
        return [wire.decode_entry(raw) for raw in found.entry or ()]
    except wire.DECODE_ERRORS:
        raise FetchError(Failure.NOT_FHIR) from None


def _answer(entry: wire.Entry | wire.WholeEntry) -> Decoded | Failure:
    status = (entry.response.status or "") if entry.response is not None else ""
    number = status[:3]
    failure = judge_status(int(number)) if number.isascii() and number.isdigit() else Failure.NOT_FHIR
    if failure is not None:
        return failure
    if refused(entry.response):
        return Failure.NOT_RELEASED
    if isinstance(entry, wire.WholeEntry):
        return entry.resource if entry.resource is not None else Failure.NOT_FHIR
    if not isinstance(entry.resource, msgspec.Raw):
        return Failure.NOT_FHIR
    try:
        return decode(entry.resource)
    except UnreadableError:
        return Failure.NOT_FHIR
