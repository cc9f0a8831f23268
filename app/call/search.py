"""FHIR searches over the resources of a file: the part that prefetch templates use."""

from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType
from urllib.parse import unquote

from app.call.dates import PREFIXES, Span, compares, period_span, span_of
from app.call.exact_json import Json, member, objects, text
from app.call.record import Entry, Record

# Whom a resource is about, where that is neither its subject nor its patient.
_ABOUT = MappingProxyType({"Task": ("for",), "Coverage": ("beneficiary",)})
_DATED = MappingProxyType(
    {
        "AllergyIntolerance": ("recordedDate",),
        "CarePlan": ("period",),
        "ClinicalImpression": ("effectiveDateTime", "effectivePeriod"),
        "Composition": ("date",),
        "DiagnosticReport": ("effectiveDateTime", "effectivePeriod"),
        "DocumentReference": ("date",),
        "Encounter": ("period",),
        "Immunization": ("occurrenceDateTime",),
        "List": ("date",),
        "Observation": ("effectiveDateTime", "effectivePeriod", "effectiveInstant"),
        "Procedure": ("performedDateTime", "performedPeriod"),
        "RiskAssessment": ("occurrenceDateTime", "occurrencePeriod"),
    }
)
_MEDICATIONS = frozenset(
    {"MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"}
)
_TOKENS = MappingProxyType(
    {
        "code": "code",
        "category": "category",
        "status": "status",
        "clinical-status": "clinicalStatus",
        "type": "type",
    }
)
_Test = Callable[[Entry], bool]


class SearchError(ValueError):
    """A search that a server would refuse.

    Args:
        message: why, in words that fit after "left out:".
    """


def search(record: Record, resource_type: str, query: str) -> tuple[list[Entry], list[str]]:
    """The entries that a search finds, in the file's order, and the parameters that were ignored.

    Args:
        record: what is searched.
        resource_type: the type that is asked for.
        query: the parameters as they stand in a URL; a plus sign means itself.

    Raises:
        SearchError: a value cannot be read.
    """
    tests: list[_Test] = []
    ignored: list[str] = []
    for pair in filter(None, query.split("&")):
        written, _, raw = pair.partition("=")
        name, value = unquote(written), unquote(raw)
        test = _test(record, resource_type, name, value)
        if test is None:
            ignored.append(name)
        else:
            tests.append(test)
    found = [entry for entry in record.of_type(resource_type) if all(test(entry) for test in tests)]
    return found, ignored


def _test(record: Record, resource_type: str, name: str, value: str) -> _Test | None:
    """What an entry must pass for one parameter; nothing where the parameter is not known here."""
    wanted = [one for one in _split(value, ",") if one]
    if not wanted:
        raise SearchError(f"the parameter {name} has no value")
    if name in ("patient", "subject", "subject:Patient", "patient:Patient"):
        return _about(record, wanted)
    if name == "_id":
        return _identified(wanted)
    if name == "questionnaire":
        return _answering(wanted)
    if name == "date" and resource_type in _DATED:
        return _dated(_DATED[resource_type], wanted)
    if name in _TOKENS:
        return _coded(_token_member(resource_type, name), wanted)
    return None


def _identified(wanted: Iterable[str]) -> _Test:
    ids = {_unescaped(one) for one in wanted}
    return lambda entry: text(entry.resource, "id") in ids


def _about(record: Record, wanted: Iterable[str]) -> _Test:
    patients = {
        record.place_of(one) if "/" in one or one.startswith("urn:") else f"Patient/{one}"
        for one in map(_unescaped, wanted)
    }

    def test(entry: Entry) -> bool:
        return any(record.place_of(one) in patients for one in _references(entry.resource))

    return test


def _references(resource: Json) -> Iterator[str]:
    about = _ABOUT.get(resource["resourceType"], ("subject", "patient"))
    holders = [member(resource, name) for name in about]
    if resource["resourceType"] == "Appointment":
        holders += [member(one, "actor") for one in objects(resource, "participant")]
    for holder in holders:
        reference = text(holder, "reference")
        if reference is not None:
            yield reference


def _answering(wanted: Iterable[str]) -> _Test:
    canonicals = {_unescaped(one) for one in wanted}

    def test(entry: Entry) -> bool:
        answered = text(entry.resource, "questionnaire")
        # A search without a version finds every version.
        return answered is not None and (answered in canonicals or answered.partition("|")[0] in canonicals)

    return test


def _dated(members: Iterable[str], wanted: Iterable[str]) -> _Test:
    spans = [_searched(_unescaped(one)) for one in wanted]

    def test(entry: Entry) -> bool:
        return any(
            compares(prefix, searched, target)
            for target in _times(entry.resource, members)
            for prefix, searched in spans
        )

    return test


def _searched(value: str) -> tuple[str, Span]:
    prefix, written = (value[:2], value[2:]) if value[:2] in PREFIXES else ("eq", value)
    try:
        return prefix, span_of(written)
    except ValueError:
        raise SearchError("a date of it cannot be compared") from None


def _times(resource: Json, members: Iterable[str]) -> Iterator[Span]:
    for name in members:
        value = resource.get(name)
        try:
            if isinstance(value, str):
                yield span_of(value)
            elif isinstance(value, dict):
                yield period_span(value)
        except ValueError:  # a resource without a readable time is not found by time
            continue


def _token_member(resource_type: str, name: str) -> str:
    if name == "code" and resource_type in _MEDICATIONS:
        return "medicationCodeableConcept"
    return _TOKENS[name]


def _coded(name: str, wanted: Iterable[str]) -> _Test:
    tokens = [[_unescaped(part) for part in _split(one, "|")] for one in wanted]

    def test(entry: Entry) -> bool:
        return any(
            _token_fits(token, system, code)
            for system, code in _codings(entry.resource.get(name))
            for token in tokens
        )

    return test


def _codings(value: object) -> Iterator[tuple[str | None, str | None]]:
    """The system and code of each coding; a bare code, whose system its element implies, has ``*``."""
    if isinstance(value, str):
        yield "*", value
    elif isinstance(value, list):
        for one in value:
            yield from _codings(one)
    elif isinstance(value, dict):
        for coding in objects(value, "coding") if "coding" in value else (value,):
            yield text(coding, "system"), text(coding, "code")


def _token_fits(token: list[str], system: str | None, code: str | None) -> bool:
    """``code``, ``system|code``, ``system|`` (any code of it) or ``|code`` (a code without a system)."""
    if len(token) == 1:
        return code == token[0]
    wanted_system, wanted_code = token[0], "|".join(token[1:])
    system_fits = system == "*" or (system or "") == wanted_system
    return system_fits and (code == wanted_code or (not wanted_code and code is not None))


def _split(value: str, sign: str) -> list[str]:
    """Parts between signs that are not escaped; the parts keep their escapes."""
    parts = [""]
    signs = iter(value)
    for one in signs:
        if one == "\\":
            parts[-1] += one + next(signs, "")
        elif one == sign:
            parts.append("")
        else:
            parts[-1] += one
    return parts


def _unescaped(value: str) -> str:
    signs = iter(value)
    return "".join(next(signs, "\\") if one == "\\" else one for one in signs)
