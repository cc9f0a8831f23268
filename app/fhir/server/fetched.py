"""What a server gave of one data need, taken out of its pages: all of it or nothing."""

from dataclasses import dataclass

from app.errors import UnreadableError
from app.fhir.collection import Collected, collect
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


def fetched(pulled: Pulled) -> Fetched:
    """What can be used of what was pulled."""
    need, part = pulled.wanted.need, Collected()
    try:
        for page in pulled.pages:
            collect(page, part, [need], page=True)
    except UnreadableError:
        # A name that is repeated can hide whose a resource is: nothing of the search is believed.
        return Fetched(Collected(), Failure.NOT_FHIR, nothing=True)
    set_aside_others(need, part, 0)
    for remark in pulled.remarks:
        part.lacks(need, remark)
    return Fetched(part, pulled.failure, pulled.nothing)
