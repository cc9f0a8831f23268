"""Resources gathered from Bundles, and what is known to be missing from them.

A Bundle whose every entry decodes is read in one pass, and a large one in several. Where an entry does not,
each is read by itself, so that a bad one costs itself only. Whoever calls has judged the body first
(app/fhir/strict.py): no name stands twice in it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from app.assess.record import Gap
from app.errors import UnreadableError
from app.fhir import wire
from app.fhir.outcomes import says_failed, says_more
from app.fhir.parts import AT_ONCE, Apart, Buffer, apart, listed, together, written

MORE_PAGES = "The search has more pages than were sent."
Decoded = wire.Single | wire.WholeBundle | wire.Bundle | wire.LooseBundle | wire.Stub


@dataclass(slots=True)
class Collected:
    """Resources from one or several Bundles.

    Args:
        resources: each with the full URL it stands under.
        unread: stubs of resources that do not decode, with their full URL.
        gaps: what could not be looked at, by data need.
        unavailable: those needs.
        unseen: those of them of which nothing at all could be looked at.
    """

    resources: list[tuple[wire.Single | wire.Stub, str | None]] = field(default_factory=list)
    unread: list[wire.Stub | None] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    unavailable: set[str] = field(default_factory=set)
    unseen: set[str] = field(default_factory=set)

    @property
    def sites(self) -> int:
        """How many of the resources may each be a lesion, or tell of one."""
        return sum(
            getattr(resource, "bodySite", None) is not None or isinstance(resource, wire.BodyStructure)
            for resource, _ in self.resources
        )

    def lacks(self, need: str, reason: str, *, wholly: bool = False) -> None:
        """Note that a data need could not be looked at in full, or not at all."""
        self.gaps.append(Gap(need, reason))
        self.unavailable.add(need)
        if wholly:
            self.unseen.add(need)

    def include(self, part: "Collected") -> None:
        """Add what was collected apart."""
        self.resources += part.resources
        self.unread += part.unread
        self.gaps += part.gaps
        self.unavailable |= part.unavailable
        self.unseen |= part.unseen


def decode(raw: Buffer) -> Decoded:
    """One resource or Bundle, as far as this service reads it.

    Returns:
        A whole Bundle where every entry decodes, a Bundle of undecoded entries where not or where it is
        large, and a stub for a resource of another type or with a member of the wrong type.

    Raises:
        UnreadableError: it is no JSON object.
    """
    if memoryview(raw).nbytes > AT_ONCE:
        return _large_bundle(raw) or _decode_apart(raw)
    try:
        whole: wire.Single | wire.WholeBundle = wire.decode_whole(raw)
    except wire.DECODE_ERRORS:
        return _decode_apart(raw)
    return whole


def _large_bundle(raw: Buffer) -> wire.LooseBundle | None:
    """A Bundle of which no call reads all; None where it is none, or its entries are not what is large."""
    try:
        parts = apart(raw)
    except wire.DECODE_ERRORS:
        return None
    entries = parts.member("entry") if parts is not None else None
    if parts is None or not isinstance(entries, Apart) or entries.names is not None:
        return None
    others = parts.without("entry")
    if _stub(others).resourceType != "Bundle":
        return None
    bundle = _loosely(others)
    bundle.entry = [msgspec.Raw(written(part)) for part in entries.parts]
    return bundle


def _decode_apart(raw: Buffer) -> wire.Bundle | wire.LooseBundle | wire.Stub | wire.Single:
    try:
        known: wire.Known = wire.decode_known(raw)
    except wire.DECODE_ERRORS:
        stub = _stub(raw)
        return stub if stub.resourceType != "Bundle" else _loosely(raw)
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
    found: Decoded, into: Collected, needs: Sequence[str], *, page: bool = False, search: bool = False
) -> int:
    """Add a resource, or those of a Bundle, noting what the Bundle says it lacks of each need.

    Args:
        found: the resource or Bundle.
        into: everything so far.
        needs: the data needs that it answers.
        page: whether it is one page of a search that is followed: then how many there are in all, and
            whether there are more, is for the one who follows.
        search: whether it answers a search, so that an entry without its resource is one that was not shown.

    Returns:
        How many matches it holds; 0 for what is no Bundle.
    """
    if isinstance(found, wire.WholeBundle | wire.Bundle | wire.LooseBundle):
        held = _Held()
        if isinstance(found, wire.WholeBundle):
            _collect_whole(found.entry or (), into, held)
        elif isinstance(found, wire.Bundle):
            _collect_apart(found.entry or (), into, held, needs)
        else:
            _collect_loose(found.entry or (), into, held, needs)
        if search and held.unshown and found.total != 0:
            for need in needs:
                into.lacks(need, f"The search names {held.unshown} resources that it does not show.")
        _note_lacks(found, into, needs, held, page=page)
        return held.matches
    if isinstance(found, wire.OperationOutcome):
        if says_failed(found):
            for need in needs:
                into.lacks(need, "The server reports an error instead of data.", wholly=True)
    elif isinstance(found, wire.Stub):
        into.unread.append(found)
        into.resources.append((found, None))
    else:
        into.resources.append((found, None))
    return 0


@dataclass(slots=True)
class _Held:
    """What a Bundle was found to hold.

    Args:
        failed: whether it reports an error for part of the search.
        more: whether it says that there may be more than was sent.
        unshown: matches that are named without being shown.
    """

    matches: int = 0
    unshown: int = 0
    failed: bool = False
    more: bool = False

    def note(self, outcome: wire.OperationOutcome) -> None:
        self.failed = self.failed or says_failed(outcome)
        self.more = self.more or says_more(outcome)


def _collect_loose(raws: Sequence[Buffer], into: Collected, held: _Held, needs: Sequence[str]) -> None:
    number = 0
    for some in together(raws):
        try:
            whole = wire.decode_whole_entries(listed(some))
        except wire.DECODE_ERRORS:
            _collect_apart(_entries(some, number, into), into, held, needs)
        else:
            _collect_whole(whole, into, held)
        number += len(some)


def _collect_whole(entries: Iterable[wire.WholeEntry], into: Collected, held: _Held) -> None:
    for entry in entries:
        resource = entry.resource
        held.failed = held.failed or refused(entry.response)
        if resource is None:
            held.unshown += _names_something(entry)
            continue
        if isinstance(resource, wire.OperationOutcome):
            held.note(resource)
            continue
        held.matches += _is_match(entry.search)
        into.resources.append((resource, entry.fullUrl))


def _collect_apart(entries: Iterable[wire.Entry], into: Collected, held: _Held, needs: Sequence[str]) -> None:
    for entry in entries:
        held.failed = held.failed or refused(entry.response)
        if entry.resource is msgspec.UNSET:
            held.unshown += _names_something(entry)
            continue
        raw = bytes(entry.resource)
        try:
            resource: wire.Known | wire.Stub = wire.decode_known(raw)
        except wire.DECODE_ERRORS:
            unread = _unread(raw, into)
            if unread is None:
                continue
            if unread.resourceType == "OperationOutcome":
                # It says that something went wrong, and not what: nothing may be concluded.
                held.failed = True
                continue
            if unread.resourceType == "Bundle":
                collect(_loosely(raw), into, needs)
                continue
            resource = unread
        if isinstance(resource, wire.OperationOutcome):
            held.note(resource)
            continue
        held.matches += _is_match(entry.search)
        if isinstance(resource, wire.Bundle):
            collect(resource, into, needs)
        else:
            into.resources.append((resource, entry.fullUrl))


def _is_match(search: wire.Search | None) -> bool:
    return search is None or search.mode in (None, "match")


def _names_something(entry: wire.WholeEntry | wire.Entry) -> bool:
    """Whether an entry without a resource stands for one: an empty one, as some clients send it, does not."""
    if entry.response is not None or not _is_match(entry.search):
        return False
    return entry.fullUrl is not None or entry.search is not None


def _unread(raw: bytes, into: Collected) -> wire.Stub | None:
    try:
        stub = wire.decode_stub(raw)
    except wire.DECODE_ERRORS:
        into.unread.append(None)
        return None
    if stub.resourceType not in ("Bundle", "OperationOutcome"):
        into.unread.append(stub)
    return stub


def _entries(raws: Sequence[Buffer], before: int, into: Collected) -> Iterator[wire.Entry]:
    for number, raw in enumerate(raws, before + 1):
        try:
            yield wire.decode_entry(raw)
        except wire.DECODE_ERRORS:
            into.lacks("resources", f"Entry {number} of the Bundle cannot be read.")


def _note_lacks(
    bundle: wire.WholeBundle | wire.Bundle | wire.LooseBundle,
    into: Collected,
    needs: Sequence[str],
    held: _Held,
    *,
    page: bool,
) -> None:
    paged = next_page(bundle) is not None
    total = bundle.total
    for need in needs:
        if held.failed:
            into.lacks(need, "The server reports an error for part of the search.")
        if held.more:
            into.lacks(need, "The server says that there may be more than it sent.")
        if page:
            continue
        if paged:
            into.lacks(need, MORE_PAGES)
        elif total is not None and total > held.matches:
            into.lacks(need, fewer_than_found(total, held.matches))


def next_page(bundle: wire.WholeBundle | wire.Bundle | wire.LooseBundle) -> str | None:
    """The address of the next page as the server writes it, empty where it gives none; None at the last."""
    for link in bundle.link or ():
        if link.relation == "next":
            return link.url or ""
    return None


def fewer_than_found(total: int, matches: int) -> str:
    """What is lacking where a search counts more than it sends."""
    return f"The search found {total} resources and {matches} were sent."


def refused(response: wire.EntryResponse | None) -> bool:
    """Whether an entry of a batch answer says that its part of the batch failed, or cannot be understood."""
    if response is None:
        return False
    if response.status is not None and not response.status.startswith("2"):
        return True
    if response.outcome is msgspec.UNSET or response.outcome == _NULL:
        return False
    try:
        outcome = wire.decode_known(response.outcome)
    except wire.DECODE_ERRORS:
        return True
    return not isinstance(outcome, wire.OperationOutcome) or says_failed(outcome)


_NULL = msgspec.Raw(b"null")
