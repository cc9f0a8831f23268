"""What the FHIR addresses of this service do, as an R4 CapabilityStatement. Pure."""

from collections.abc import Iterable

from app.fhir.codes import CodeBook
from app.fhir.proposals import Json
from app.fhir.published.canonical import canonical
from app.fhir.score_observation import PRODUCT
from app.knowledge import Knowledge

FHIR_PATH = "/fhir"
# The search parameters that every type takes, with the type that FHIR gives each.
SEARCHED_BY = {"_id": "token", "url": "uri"}


def capability_statement(
    book: CodeBook, knowledge: Knowledge, public_base_url: str | None, types: Iterable[str]
) -> Json:
    """The statement of one running service.

    Args:
        book: the codes under this deployment's base.
        knowledge: gives the version.
        public_base_url: where callers reach the service; None where that is not set.
        types: the resource types that are served.
    """
    description = "The definitions that the codes of this service stand on; no patient data."
    implementation = {"description": description}
    if public_base_url is not None:
        implementation["url"] = f"{public_base_url}{FHIR_PATH}"
    first = canonical(
        book,
        knowledge,
        "CapabilityStatement",
        PRODUCT,
        name="SpineMetsCds",
        title=f"{PRODUCT}: published definitions",
        description=description,
    )
    return {
        **first,
        "kind": "instance",
        "software": {"name": PRODUCT, "version": knowledge.version},
        "implementation": implementation,
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "resource": [_served(kind) for kind in types]}],
    }


def _served(kind: str) -> Json:
    return {
        "type": kind,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchParam": [{"name": name, "type": of} for name, of in SEARCHED_BY.items()],
    }
