"""Resources gathered from Bundles, and what is known to be missing from them.

A Bundle whose every entry decodes is read in one pass. Where an entry does not, or where a repeated
name could change whose a resource is, each entry is read by itself, so that a bad one costs itself only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from app.assess.record import Gap
from app.errors import UnreadableError
from app.fhir import wire
from app.fhir.strict import check_names, has_escaped_letters

Buffer = bytes | msgspec.Raw
Decoded = wire.Single | wire.WholeBundle | wire.Bundle | wire.LooseBundle | wire.Stub


@dataclass(slots=True)
class Collected:
    """Resources from one or several Bundles.

    Args:
        resources: each with the full URL it stands under.
        unread: stubs of resources that do not decode, with their full URL.
        gaps: what could not be looked at, by data need.
        unavailable: those needs.
    """

    resources: list[tuple[wire.Single | wire.Stub, str | None]] = field(default_factory=list)
    unread: list[wire.Stub | None] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    unavailable: set[str] = field(default_factory=set)

    def lacks(self, need: str, reason: str) -> None:
        """Note that a data need could not be looked at in full."""
        self.gaps.append(Gap(need, reason))
        self.unavailable.add(need)


def decode(raw: Buffer) -> Decoded:
    """One resource or Bundle, as far as this service reads it.

    Returns:
        A whole Bundle where every entry decodes and no name is repeated, a Bundle of undecoded entries
        where not, and a stub for a resource of another type or with a member of the wrong type.

    Raises:
        UnreadableError: it is no JSON object, or a resource repeats a name.
    """
    try:
        whole: wire.Single | wire.WholeBundle = wire.decode_whole(raw)
    except wire.DECODE_ERRORS:
        return _decode_apart(raw)
    if isinstance(whole, wire.WholeBundle):
        data = bytes(raw)
        if data.count(b'"subject"') != subjects_in(whole) or has_escaped_letters(data):
            return _decode_apart(raw)
        return whole
    check_names(bytes(raw))
    return whole


def subjects_in(bundle: wire.WholeBundle) -> int:
    """How many of its resources name a subject: each once, where no name is repeated."""
    return sum(1 for entry in bundle.entry or () if getattr(entry.resource, "subject", None) is not None)


def _decode_apart(raw: Buffer) -> wire.Bundle | wire.LooseBundle | wire.Stub | wire.Single:
    try:
        known: wire.Known = wire.decode_known(raw)
    except wire.DECODE_ERRORS:
        stub = _stub(raw)
        return _loosely(raw) if stub.resourceType == "Bundle" else stub
    if not isinstance(known, wire.Bundle):
        check_names(bytes(raw))
    return known


def _loosely(raw: Buffer) -> wire.LooseBundle:
    try:
        return wire.decode_loose_bundle(raw)
    except wire.DECODE_ERRORS:
        raise UnreadableError(
            "The Bundle's entry and link must be lists, and its total a whole number: send valid R4."
        ) from None


def _stub(raw: Buffer) -> wire.Stub:
    try:
        return wire.decode_stub(raw)
    except wire.DECODE_ERRORS:
        ensure_object(raw)
        return wire.Stub()


def ensure_object(body: Buffer) -> None:
    """Refuse a body that is no JSON object.

    Raises:
        UnreadableError: it is not.
    """
    try:
        msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except wire.DECODE_ERRORS:
        raise UnreadableError("The body is not a JSON object: check its syntax.") from None


def collect(
    found: Decoded,
    into: Collected,
    needs: Sequence[str],
) -> None:
    """Add a resource, or those of a Bundle, noting what the Bundle says it lacks of each need."""
    if isinstance(found, wire.WholeBundle):
        _collect_whole(found, into, needs)
    elif isinstance(found, wire.Bundle | wire.LooseBundle):
        _collect_apart(found, into, needs)
    elif isinstance(found, wire.OperationOutcome):
        if _failed(found):
            for need in needs:
                into.lacks(need, "The server reports an error instead of data.")
    elif isinstance(found, wire.Stub):
        into.unread.append(found)
        into.resources.append((found, None))
    else:
        into.resources.append((found, None))


def _collect_whole(bundle: wire.WholeBundle, into: Collected, needs: Sequence[str]) -> None:
    matches, failed = 0, False
    for entry in bundle.entry or ():
        resource = entry.resource
        failed = failed or _refused(entry.response)
        if resource is None:
            continue
        if isinstance(resource, wire.OperationOutcome):
            failed = failed or _failed(resource)
            continue
        matches += entry.search is None or entry.search.mode in (None, "match")
        into.resources.append((resource, entry.fullUrl))
    _note_lacks(bundle.link, bundle.total, matches, into, needs, failed=failed)


def _collect_apart(bundle: wire.Bundle | wire.LooseBundle, into: Collected, needs: Sequence[str]) -> None:
    matches, failed = 0, False
    for entry in _entries(bundle, into):
        failed = failed or _refused(entry.response)
        if entry.resource is msgspec.UNSET:
            continue
        raw = bytes(entry.resource)
        check_names(raw)
        try:
            resource: wire.Known | wire.Stub = wire.decode_known(raw)
        except wire.DECODE_ERRORS:
            unread = _unread(raw, into)
            if unread is None:
                continue
            if unread.resourceType == "OperationOutcome":
                # It says that something went wrong, and not what: nothing may be concluded.
                failed = True
                continue
            if unread.resourceType == "Bundle":
                _collect_apart(_loosely(raw), into, needs)
                continue
            resource = unread
        if isinstance(resource, wire.OperationOutcome):
            failed = failed or _failed(resource)
            continue
        matches += entry.search is None or entry.search.mode in (None, "match")
        if isinstance(resource, wire.Bundle):
            _collect_apart(resource, into, needs)
        else:
            into.resources.append((resource, entry.fullUrl))
    _note_lacks(bundle.link, bundle.total, matches, into, needs, failed=failed)


def _unread(raw: bytes, into: Collected) -> wire.Stub | None:
    try:
        stub = wire.decode_stub(raw)
    except wire.DECODE_ERRORS:
        into.unread.append(None)
        return None
    if stub.resourceType not in ("Bundle", "OperationOutcome"):
        into.unread.append(stub)
    return stub


def _entries(bundle: wire.Bundle | wire.LooseBundle, into: Collected) -> Iterator[wire.Entry]:
    if isinstance(bundle, wire.Bundle):
        yield from bundle.entry or ()
        return
    for number, entry in enumerate(bundle.entry or ()):
        try:
            yield wire.decode_entry(entry)
        except wire.DECODE_ERRORS:
            into.lacks("resources", f"Entry {number + 1} of the Bundle cannot be read.")


def _note_lacks(
    links: Sequence[wire.Link] | None,
    total: int | None,
    matches: int,
    into: Collected,
    needs: Sequence[str],
    *,
    failed: bool,
) -> None:
    paged = any(link.relation == "next" for link in links or ())
    for need in needs:
        if failed:
            into.lacks(need, "The server reports an error for part of the search.")
        if paged:
            into.lacks(need, "The search has more pages than were sent.")
        elif total is not None and total > matches:
            into.lacks(need, f"The search found {total} resources and {matches} were sent.")


def _refused(response: wire.EntryResponse | None) -> bool:
    """Whether an entry of a batch answer says that its part of the batch failed."""
    return response is not None and response.status is not None and not response.status.startswith("2")


def _failed(outcome: wire.OperationOutcome) -> bool:
    return any(issue.severity in ("error", "fatal") for issue in outcome.issue or ())
