"""What a server gave of one data need, taken out of its pages: all of it or nothing."""

from dataclasses import dataclass

from app.errors import UnreadableError
from app.fhir import wire
from app.fhir.collection import Collected, collect, fewer_than_found
from app.fhir.needs import set_aside_others
from app.fhir.server.failure import Failure
from app.fhir.server.searching import Pulled


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of one wish.

    Args:
        part: the resources, and what is lacking.
        failure: what ended it before its end; None where all of it is there.
        nothing: whether nothing came at all.
    """

    part: Collected
    failure: Failure | None
    nothing: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """What a client sent of a search before the service read on.

    Args:
        total: how many there are, as the server counted them.
        matches: how many were sent.
    """

    total: int | None = None
    matches: int = 0


NOT_COUNTED = Counted()


def fetched(pulled: Pulled, before: Counted = NOT_COUNTED) -> Fetched:
    """What can be used of what was pulled.

    Args:
        pulled: what came.
        before: what was sent of the same search.
    """
    need, part = pulled.wanted.need, Collected()
    matches, total = before.matches, before.total
    try:
        for page in pulled.pages:
            matches += collect(page, part, [need], page=True, search=True)
            counted = getattr(page, "total", None)
            total = counted if total is None else total
    except UnreadableError:
        # A name that is repeated can hide whose a resource is: nothing of the search is believed.
        return Fetched(Collected(), Failure.NOT_FHIR, nothing=True)
    twice = _repeated(part)
    set_aside_others(need, part, 0)
    for remark in pulled.remarks:
        part.lacks(need, remark)
    if pulled.failure is None and total is not None and total > matches - twice:
        part.lacks(need, fewer_than_found(total, matches - twice))
    return Fetched(part, pulled.failure, pulled.nothing)


def _repeated(part: Collected) -> int:
    """How many resources came a second time: a server whose pages shift sends some twice and others never."""
    named = [
        (type(resource).__name__, resource.id, _version(resource))
        for resource, _ in part.resources
        if resource.id is not None
    ]
    return len(named) - len(set(named))


def _version(resource: wire.Single | wire.Stub) -> object:
    """What tells versions of one resource apart, as it came."""
    meta: wire.Meta | None = getattr(resource, "meta", None)
    return meta.lastUpdated if meta is not None else None
