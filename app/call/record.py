"""The file that stands in for an EHR's database: a Bundle, one resource or NDJSON, of one patient."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.call.exact_json import Json, member, objects, parse, text
from app.call.faults import UsageError


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource and the address its Bundle gives it."""

    resource: Json
    full_url: str | None = None

    @property
    def place(self) -> str | None:
        """``Type/id``, or nothing where it has no id."""
        name = text(self.resource, "id")
        return f"{self.resource['resourceType']}/{name}" if name else None


@dataclass(frozen=True, slots=True)
class Record:
    """The resources of one patient.

    Args:
        patient_id: the id of its only Patient.
        addresses: the ``Type/id`` behind each address that the file's Bundle gives.
        notes: what was left out of it.
    """

    entries: tuple[Entry, ...]
    patient_id: str
    addresses: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def of_type(self, resource_type: str) -> Iterator[Entry]:
        """The entries of one resource type."""
        return (entry for entry in self.entries if entry.resource["resourceType"] == resource_type)

    def place_of(self, reference: str) -> str:
        """The ``Type/id`` that a reference means: relative, absolute, or an address of the Bundle's own."""
        bare = reference.partition("/_history/")[0]
        return self.addresses.get(bare) or "/".join(bare.split("/")[-2:])


def read_record(content: bytes) -> Record:
    """The record of a file's only patient.

    Args:
        content: a Bundle of any type, one resource, or NDJSON.

    Raises:
        UsageError: it is none of these, or holds no Patient, several, or one without an id.
    """
    entries, repeated = _without_repeats(read_entries(content, "--patient"))
    patients = [entry for entry in entries if entry.resource["resourceType"] == "Patient"]
    if len(patients) != 1:
        count = "no Patient" if not patients else f"{len(patients)} Patients"
        raise UsageError(f"--patient: the file holds {count}; a call is about exactly one.")
    patient_id = text(patients[0].resource, "id")
    if patient_id is None:
        raise UsageError("--patient: the Patient has no id, so no context and no search can name it.")
    notes = (f"{repeated} resources repeat a type and id of the file; the first is used",) if repeated else ()
    addresses = {entry.full_url: entry.place for entry in entries if entry.full_url and entry.place}
    return Record(tuple(_as_a_server_holds_them(entries, addresses)), patient_id, addresses, notes)


def read_bundle(content: bytes, option: str) -> Json:
    """The resources of a file as a Bundle; a Bundle is taken as it stands.

    Args:
        content: a Bundle, one resource, or NDJSON.
        option: what an error names.

    Raises:
        UsageError: it is none of these.
    """
    documents = _documents(content, option)
    if len(documents) == 1 and documents[0].get("resourceType") == "Bundle":
        return documents[0]
    entries = [{"resource": entry.resource} for entry in _entries(documents, option)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def read_object(content: bytes, option: str) -> Json:
    """The JSON object of a file.

    Raises:
        UsageError: it holds none; the message names the option.
    """
    try:
        document = parse(content)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise UsageError(f"{option}: the file holds no JSON object.")
    return document


def read_entries(content: bytes, option: str) -> list[Entry]:
    """Every resource of a file, out of its Bundles.

    Raises:
        UsageError: it is no Bundle, resource or NDJSON; the message names the option.
    """
    return list(_entries(_documents(content, option), option))


def _documents(content: bytes, option: str) -> list[Json]:
    try:
        whole = parse(content)
    except ValueError:
        return list(_lines(content, option))
    if not isinstance(whole, dict):
        raise UsageError(f"{option}: the file holds no JSON object: give a Bundle, a resource or NDJSON.")
    return [whole]


def _lines(content: bytes, option: str) -> Iterator[Json]:
    lines = [(number, line) for number, line in enumerate(content.split(b"\n"), 1) if line.strip()]
    if len(lines) < 2:  # noqa: PLR2004  one line that is no JSON is no NDJSON either
        raise UsageError(f"{option}: the file is no JSON in UTF-8: give a Bundle, a resource or NDJSON.")
    for number, line in lines:
        try:
            document = parse(line)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise UsageError(
                f"{option}: the file is neither one JSON document nor NDJSON: line {number} holds no object."
            )
        yield document


def _entries(documents: Iterable[Json], option: str) -> Iterator[Entry]:
    for document in documents:
        kind = text(document, "resourceType")
        if kind is None:
            raise UsageError(
                f"{option}: an object of the file has no resourceType, so it is no FHIR resource."
            )
        if kind != "Bundle":
            yield Entry(document)
            continue
        for entry in objects(document, "entry"):
            resource = member(entry, "resource")
            if resource.get("resourceType") == "Bundle":
                yield from _entries([resource], option)
            elif text(resource, "resourceType") not in (None, "OperationOutcome"):
                yield Entry(resource, text(entry, "fullUrl"))


def _without_repeats(entries: Iterable[Entry]) -> tuple[list[Entry], int]:
    kept: list[Entry] = []
    seen: set[str] = set()
    repeated = 0
    for entry in entries:
        if entry.place is not None and entry.place in seen:
            repeated += 1
            continue
        if entry.place is not None:
            seen.add(entry.place)
        kept.append(entry)
    return kept, repeated


def _as_a_server_holds_them(entries: Iterable[Entry], addresses: Mapping[str, str]) -> Iterator[Entry]:
    """References by ``urn:`` made ``Type/id``: a service never sees the Bundle that explains them."""
    places = {address: place for address, place in addresses.items() if address.startswith("urn:")}
    for entry in entries:
        resource = _placed(entry.resource, places) if places else entry.resource
        yield Entry(resource, entry.full_url)


def _placed(value: Any, places: Mapping[str, str]) -> Any:  # noqa: ANN401  any JSON value in, the same out
    if isinstance(value, list):
        return [_placed(one, places) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: places.get(one, one) if name == "reference" and isinstance(one, str) else _placed(one, places)
        for name, one in value.items()
    }
