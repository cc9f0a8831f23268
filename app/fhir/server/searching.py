"""One search of one data need: every page of it, or as far as it came and why no further."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import msgspec

from app.fhir import wire
from app.fhir.collection import Decoded, next_page
from app.fhir.server.asking import Asker, follow
from app.fhir.server.failure import Failure, FetchError

MAX_PAGES = 20
MAX_RESOURCES = 2_000
# Most servers send 10 to 50 at a time where they are not asked for more; Oracle Health sends 200 at most.
PAGE_SIZE = 200
_Bundle = wire.WholeBundle | wire.Bundle | wire.LooseBundle
# What a server may leave out of its self link without answering another question.
_MANNERS = frozenset({"_count", "_sort", "_format", "_total"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something of the record that a call still needs.

    Args:
        need: the data need.
        query: a read or a search, relative to the server's base.
        from_page: the link of the page to go on from, where the client sent those before it.
    """

    need: str
    query: str
    from_page: str | None = None

    @property
    def resource_type(self) -> str:
        """The type that is asked for."""
        return self.query.partition("?")[0].partition("/")[0]

    @property
    def searches(self) -> bool:
        """Whether it is a search, and not the read of one resource."""
        return "?" in self.query


@dataclass(slots=True)
class Pulled:
    """What came of one wish, in the order of coming.

    Args:
        pages: the resource that was read, or the Bundles of the search.
        failure: what ended it before its end; None where all of it is there.
        remarks: what is lacking for another reason.
    """

    wanted: Wanted
    pages: list[Decoded] = field(default_factory=list)
    failure: Failure | None = None
    remarks: list[str] = field(default_factory=list)

    @property
    def resources(self) -> int:
        """How many resources came."""
        return sum(len(page.entry or ()) if isinstance(page, _Bundle) else 1 for page in self.pages)

    @property
    def nothing(self) -> bool:
        """Whether nothing came at all."""
        return self.failure is not None and not self.pages


async def read(asker: Asker, pulled: Pulled) -> None:
    """Read one resource.

    Raises:
        FetchError: it could not be read.
    """
    take(pulled, await asker.get(f"{asker.server.base.text}/{pulled.wanted.query}"))


def take(pulled: Pulled, found: Decoded) -> None:
    """Take the resource that was read.

    Raises:
        FetchError: it is of another type than was asked for.
    """
    kind = found.resourceType if isinstance(found, wire.Stub) else type(found).__name__
    if kind != pulled.wanted.resource_type:
        raise FetchError(Failure.NOT_FHIR)
    pulled.pages.append(found)


def first_address(asker: Asker, wanted: Wanted) -> str:
    """Where a search begins.

    Raises:
        FetchError: its link leads away from the server.
    """
    base = asker.server.base.text
    if wanted.from_page is not None:
        return follow(asker.server, wanted.from_page, f"{base}/{wanted.query}")
    return f"{base}/{sized(wanted.query)}"


def sized(query: str) -> str:
    """A search that asks for large pages."""
    return f"{query}&_count={PAGE_SIZE}"


async def pages(asker: Asker, pulled: Pulled, found: Decoded, at: str) -> None:
    """Take the first page of a search, and follow it to its end.

    Args:
        asker: asks the server.
        pulled: takes the pages.
        found: the first page.
        at: the address that it came from.

    Raises:
        FetchError: the search broke off; what came before stays.
    """
    seen, entries = {at}, 0
    asked = pulled.wanted.query if pulled.wanted.from_page is None else None
    while True:
        page = _bundle(found)
        pulled.pages.append(page)
        if asked is not None and _answers_another(page, asked):
            pulled.remarks.append(Failure.OTHER_QUESTION.value)
        asked = None
        entries += len(page.entry or ())
        link = next_page(page)
        if link is None:
            break
        at = follow(asker.server, link, at)
        if at in seen:
            raise FetchError(Failure.REPEATED_PAGE)
        seen.add(at)
        if len(seen) > MAX_PAGES or entries >= MAX_RESOURCES:
            raise FetchError(Failure.MORE_PAGES)
        found = await asker.get(at)


def _bundle(found: Decoded) -> _Bundle:
    if not isinstance(found, wire.WholeBundle | wire.Bundle | wire.LooseBundle):
        raise FetchError(Failure.NOT_FHIR)
    kind = found.type
    bare = found.total is None and found.link is None and found.entry is None
    # Some servers leave the type out; a Bundle with nothing at all answers no search.
    if kind not in (None, "searchset", msgspec.UNSET, _SEARCHSET) or (bare and kind in (None, msgspec.UNSET)):
        raise FetchError(Failure.NOT_FHIR)
    return found


_SEARCHSET = msgspec.Raw(b'"searchset"')


def _answers_another(page: _Bundle, query: str) -> bool:
    """Whether the server's self link shows that it left out something it was asked [S49].

    A self link that shows none of what was asked, as servers with opaque links write it, tells nothing.
    """
    link = next((one.url for one in page.link or () if one.relation == "self"), None)
    if not link:
        return False
    asked, answered = _parameters(query), _parameters(link)
    names = asked.keys() - _MANNERS
    if not names & answered.keys():
        return False
    return not names <= answered.keys() or asked.get("patient") != answered.get("patient")


_ALIASES = {"subject": "patient"}


def _parameters(address: str) -> dict[str, str]:
    """The parameters of a search by name; of a patient the id alone, however it is written."""
    try:
        query = urlsplit(address).query
    except ValueError:
        return {}
    found = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        plain = name.partition(":")[0]
        plain = _ALIASES.get(plain, plain)
        found[plain] = value.rpartition("/")[2] if plain == "patient" else value
    return found
