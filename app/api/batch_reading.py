"""The body of a batch, taken apart: each Bundle stays as it was sent, and none is copied."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec

from app.api.calculation import MOST_ISSUES, SHOWABLE_NAME
from app.errors import ContradictionError, Issue, TooLargeError, UnreadableError
from app.fhir.strict import check_body

MOST_ITEMS = 100
ID_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"
_ID = re.compile(ID_PATTERN.strip("^$"))
_MEMBERS = frozenset({"id", "bundle"})
_ID_TEXT = "id takes 1 to 64 letters, digits, dots, underscores and hyphens"
_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_text = msgspec.json.Decoder(str).decode


class Item(NamedTuple):
    """One item of a batch.

    Args:
        id: the caller's own name for it.
        bundle: what it holds as its Bundle, which may be anything; None where it holds nothing.
    """

    id: str
    bundle: msgspec.Raw | None

    @property
    def sent(self) -> bytes:
        """What was sent as its Bundle, character for character; empty where nothing was."""
        return b"" if self.bundle is None else bytes(self.bundle)


def read_items(body: bytes) -> list[Item]:
    """The items of a batch, in their order.

    Raises:
        UnreadableError: the body is no JSON object.
        TooLargeError: there are more items than a batch may have.
        ContradictionError: it is no batch, or its items cannot be told apart.
    """
    check_body(body)
    members = _members(body)
    if members is None:
        raise UnreadableError("The body must be a JSON object with the member items.")
    raws = _listed(members.get("items"))
    if raws is not None and len(raws) > MOST_ITEMS:
        message = f"A batch takes {MOST_ITEMS} items: send the others in another one."
        raise TooLargeError(message, [Issue("/items", "too-long", message)])
    items: list[Item] = []
    faults = [*islice(_unknown(members, ("items",), ""), MOST_ISSUES)]
    if not raws:
        message = "items takes a list of 1 to 100 objects, each with id and bundle."
        faults.insert(0, Issue("/items", "invalid" if "items" in members else "required", message))
    faults += islice(_faults(raws or (), items), MOST_ISSUES)
    if faults:
        raise ContradictionError(
            "The items of the batch cannot be told apart: see errors.", faults[:MOST_ISSUES]
        )
    return items


def _faults(raws: Sequence[msgspec.Raw], items: list[Item]) -> Iterator[Issue]:
    """What is wrong with each item; the good ones are put into the list."""
    seen: dict[str, int] = {}
    for number, raw in enumerate(raws):
        place = f"/items/{number}"
        members = _members(raw)
        if members is None:
            yield Issue(place, "invalid", "An item must be an object with id and bundle.")
            continue
        yield from _unknown(members, _MEMBERS, place)
        name = _id_in(members)
        if name is None:
            code = "invalid" if "id" in members else "required"
            yield Issue(f"{place}/id", code, f"{_ID_TEXT}.")
        elif name in seen:
            message = f"Each item needs an id of its own: this one stands at /items/{seen[name]} too."
            yield Issue(f"{place}/id", "duplicate", message)
        else:
            seen[name] = number
            items.append(Item(name, members.get("bundle")))


def _unknown(members: Mapping[str, object], known: Collection[str], place: str) -> Iterator[Issue]:
    """Members that nobody knows, each once; a name is shown only where it looks like one."""
    told: set[str] = set()
    for name in members:
        shown = name if SHOWABLE_NAME.fullmatch(name) else ""
        if name in known or shown in told:
            continue
        told.add(shown)
        message = f"There is no member {shown}; the members are {', '.join(sorted(known))}."
        yield Issue(f"{place}/{shown}" if shown else place, "invalid", message.replace(" ;", ";"))


def _members(raw: bytes | msgspec.Raw) -> Mapping[str, msgspec.Raw] | None:
    try:
        return _decode_members(raw)
    except msgspec.DecodeError:
        return None


def _listed(raw: msgspec.Raw | None) -> list[msgspec.Raw] | None:
    try:
        return None if raw is None else _decode_list(raw)
    except msgspec.DecodeError:
        return None


def _id_in(members: Mapping[str, msgspec.Raw]) -> str | None:
    try:
        found = _decode_text(members["id"]) if "id" in members else ""
    except msgspec.DecodeError:
        return None
    return found if _ID.fullmatch(found) else None
