"""FHIR records that nobody on this project wrote. They stand beside it and are never part of it."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cds_hooks.hook_request import TYPES, hook_request
from tests.cds_hooks.record import Json, patient, searchset

DATA = Path(__file__).parents[2].parent / "shared" / "data"
NEEDS_DATA = pytest.mark.skipif(not DATA.is_dir(), reason="shared/data is not beside the project")
# By which a file may rightly hold a lesion.
_OF_BONE = re.compile(
    r'"(?:94222008|94602001|94250008|94274006|94389000|94527001|94300004|94478006|285618001|C79\.51|C41\.\d)"'
)
_SUBJECT = re.compile(r"(?:^|/)Patient/([A-Za-z0-9.\-]+)|^(urn:uuid:[\w.-]+)$")


def files(*folders: str) -> list[Any]:
    """Every file of some folders as a parameter of a test, named after itself."""
    found = [path for folder in folders for path in sorted((DATA / folder).glob("*.json"))]
    return [pytest.param(path, id=path.stem) for path in found]


def content(path: Path) -> bytes:
    return path.read_bytes()


def document(path: Path) -> Any:
    return json.loads(content(path))


def of_bone(path: Path) -> bool:
    """Whether a file holds a code of bone metastasis or of a tumour of bone."""
    return _OF_BONE.search(path.read_text(encoding="utf-8")) is not None


def resources_in(record: Any) -> Iterator[Json]:
    """A resource, or those of a Bundle."""
    if record.get("resourceType") != "Bundle":
        yield record
        return
    for entry in record.get("entry", ()):
        if "resource" in entry:
            yield from resources_in(entry["resource"])


def subjects(resources: Iterable[Json]) -> set[str]:
    """The patients that resources name, as ids or as the URN of an entry."""
    found: set[str] = set()
    for resource in resources:
        if resource["resourceType"] == "Patient" and "id" in resource:
            found.add(resource["id"])
        for name in ("subject", "patient"):
            reference = resource.get(name, {})
            text = reference.get("reference", "") if isinstance(reference, dict) else ""
            match = _SUBJECT.search(text)
            if match:
                found.add(match[1] or match[2].removeprefix("urn:uuid:"))
    return found


def as_request(record: Json) -> Json | None:
    """A patient-view request with the record in prefetch, as the EHR that holds it would send it."""
    text = json.dumps(record)
    # A server stores what a Bundle names by URN under an id of its own: the same one in these files.
    listed = list(resources_in(json.loads(re.sub(r'"urn:uuid:([\w.-]+)"', r'"Patient/\1"', text))))
    whose = subjects(listed)
    if len(whose) != 1:
        return None
    (name,) = whose
    own = [r for r in listed if r["resourceType"] == "Patient"] or [patient(name)]
    prefetch: Json = {"patient": own[0]}
    for key, types in TYPES.items():
        if key != "patient":
            prefetch[key] = searchset(r for r in listed if r["resourceType"] in types)
    return hook_request(prefetch=prefetch, patient_id=name)
