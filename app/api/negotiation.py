"""Which of two media types a caller asks for: JSON as this service writes it, or FHIR (RFC 9110, 12.5.1)."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_FHIR = "application/fhir+json"
_JSON = "application/json"
_QUALITY = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")
# A caller may say which FHIR it reads: https://hl7.org/fhir/R4/http.html#version-parameter
_R4 = ("4.0", "4.0.1")


class _Range(NamedTuple):
    """One entry of the header: what it names, and how much that is wanted."""

    media_type: str
    quality: float


def wants_fhir(accept: str | None) -> bool:
    """Whether FHIR is asked for by its name, and at least as much as JSON is.

    A wildcard asks for nothing in particular. Of two types wanted alike the one with a name goes before the
    one under a wildcard, and of two names the first.

    Args:
        accept: the Accept header; several of them joined by commas.
    """
    ranges = list(_ranges(accept or ""))
    names = [one.media_type for one in ranges]
    if _FHIR not in names:
        return False
    fhir = _quality(ranges, _FHIR)
    if fhir <= 0:
        return False
    json = _quality(ranges, _JSON)
    if fhir != json or _JSON not in names:
        return fhir >= json
    return names.index(_FHIR) < names.index(_JSON)


def _quality(ranges: list[_Range], media_type: str) -> float:
    """How much a media type is wanted, by the entry that names it most precisely."""
    for name in (media_type, "application/*", "*/*"):
        found = [one.quality for one in ranges if one.media_type == name]
        if found:
            return max(found)
    return 0


def _ranges(accept: str) -> Iterator[_Range]:
    for entry in accept.split(","):
        media_type, *rest = (part.strip() for part in entry.split(";"))
        parameters = {
            name.strip().lower(): value.strip().strip('"')
            for name, _, value in (part.partition("=") for part in rest)
        }
        quality = parameters.get("q", "1")
        if not _QUALITY.fullmatch(quality):
            continue
        if media_type.lower() == _FHIR and parameters.get("fhirversion", _R4[0]) not in _R4:
            continue
        yield _Range(media_type.lower(), float(quality))
