"""What every definition that this service publishes has in common: its address, version, date and status."""

from app.fhir.codes import CodeBook
from app.fhir.proposals import Json
from app.fhir.score_observation import PRODUCT
from app.knowledge import REVISED, Knowledge


def canonical(
    book: CodeBook,
    knowledge: Knowledge,
    kind: str,
    identity: str,
    *,
    name: str,
    title: str,
    description: str,
) -> Json:
    """The first members of a definition.

    Args:
        book: the codes under this deployment's base.
        knowledge: gives the version.
        kind: its resource type.
        identity: its id, by which its address ends.
        name: its name for machines.
        title: its name for people.
        description: what it is.
    """
    return {
        "resourceType": kind,
        "id": identity,
        "url": f"{book.base}/{kind}/{identity}",
        "version": knowledge.version,
        "name": name,
        "title": title,
        "status": "active",
        "experimental": False,
        "date": REVISED,
        "publisher": PRODUCT,
        "description": description,
    }


def machine_name(code: str) -> str:
    """A code as a name that programs can use: ``escc-grade`` as ``EsccGrade``."""
    return "".join(part[:1].upper() + part[1:] for part in code.split("-"))
