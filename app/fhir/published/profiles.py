"""The shapes that this service has beyond R4: profiles of scores, and extensions of an order. Pure."""

from collections.abc import Iterator

from app.fhir.codes import CodeBook
from app.fhir.orders import DOSE_EXTENSION, FRACTIONS_EXTENSION
from app.fhir.proposals import Json
from app.fhir.published.canonical import canonical
from app.knowledge import Knowledge
from app.knowledge.instrument import Instrument

_R4 = "http://hl7.org/fhir/StructureDefinition"
# The parent of every simple observation in US Core from 6.0.0 on.
_PARENT = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-simple-observation"
_UCUM = "http://unitsofmeasure.org"


def profiles(book: CodeBook, knowledge: Knowledge) -> Iterator[Json]:
    """A profile of Observation for every score of a lesion, and the extensions of radiotherapy orders."""
    for instrument in knowledge.instruments.values():
        yield _score(book, knowledge, instrument)
    gray = {"system": _UCUM, "code": "Gy"}
    yield _extension(
        book,
        knowledge,
        DOSE_EXTENSION,
        "DosePerFraction",
        "Dose per fraction",
        "The dose per fraction of the radiotherapy that is ordered, in Gy.",
        {"type": [{"code": "Quantity"}], "patternQuantity": gray},
    )
    yield _extension(
        book,
        knowledge,
        FRACTIONS_EXTENSION,
        "Fractions",
        "Number of fractions",
        "The number of fractions of the radiotherapy that is ordered.",
        {"type": [{"code": "integer"}], "minValueInteger": 1},
    )


def _constraint(first: Json, kind: str, of: str, parent: str, elements: list[Json]) -> Json:
    """A definition that narrows its parent.

    Args:
        first: its first members, and where it may stand.
        kind: ``resource`` or ``complex-type``.
        of: the type that is narrowed.
        parent: the address of its parent.
        elements: what is narrowed.
    """
    return {
        **first,
        "fhirVersion": "4.0.1",
        "kind": kind,
        "abstract": False,
        "type": of,
        "baseDefinition": parent,
        "derivation": "constraint",
        "differential": {"element": elements},
    }


# -- extensions -----------------------------------------------------------------------------------------


def _extension(
    book: CodeBook,
    knowledge: Knowledge,
    path: str,
    name: str,
    title: str,
    description: str,
    value: Json,
) -> Json:
    elements: list[Json] = [
        {
            "id": "Extension",
            "path": "Extension",
            "short": title,
            "definition": description,
            "min": 0,
            "max": "1",
        },
        {"id": "Extension.extension", "path": "Extension.extension", "max": "0"},
        {"id": "Extension.url", "path": "Extension.url", "fixedUri": f"{book.base}/{path}"},
        {"id": "Extension.value[x]", "path": "Extension.value[x]", "min": 1, **value},
    ]
    identity = path.removeprefix("StructureDefinition/")
    first = canonical(
        book, knowledge, "StructureDefinition", identity, name=name, title=title, description=description
    )
    first["context"] = [{"type": "element", "expression": "ServiceRequest"}]
    return _constraint(first, "complex-type", "Extension", f"{_R4}/Extension", elements)


# -- scores ---------------------------------------------------------------------------------------------


def _score(book: CodeBook, knowledge: Knowledge, instrument: Instrument) -> Json:
    score = instrument.score
    items = len(score.items)
    elements = [
        _element("", short=score.name),
        _element("category", min=1),
        _element(
            "code",
            patternCodeableConcept={"coding": [{"system": book.observable_system, "code": instrument.code}]},
        ),
        # One lesion, as any server's Condition or BodyStructure names it.
        _element("focus", max="1", type=[_reference("Condition", "BodyStructure")]),
        _element(
            "value[x]",
            short="The total, or the lowest and the highest that are still possible",
            min=1,
            type=[{"code": "Quantity"}, {"code": "Range"}],
        ),
        _element("interpretation", short="Every category still possible that may be told"),
        _element("method", short="The service and its knowledge, by version and digest", min=1),
        _element("device", short="The software that worked it out", min=1),
        _element(
            "component",
            slicing={"discriminator": [{"type": "pattern", "path": "code"}], "rules": "closed"},
            min=items,
            max=str(items),
        ),
        *_items(book, instrument),
    ]
    first = canonical(
        book,
        knowledge,
        "StructureDefinition",
        f"{instrument.code}-score",
        name=f"{instrument.code.capitalize()}Score",
        title=score.name,
        description=f"The {score.name} of one lesion as this service gives it out: its total or its range, "
        "and its items.",
    )
    return _constraint(first, "resource", "Observation", _PARENT, elements)


def _items(book: CodeBook, instrument: Instrument) -> Iterator[Json]:
    findings = {form.item: form.finding for form in instrument.form}
    for item in instrument.score.items:
        pattern: Json = {"text": item.label}
        if item.code in findings:
            pattern = {"coding": [{"system": book.observable_system, "code": findings[item.code]}]}
        path, name = "Observation.component", f"Observation.component:{item.code}"
        yield {
            "id": name,
            "path": path,
            "sliceName": item.code,
            "short": item.question,
            "min": 1,
            "max": "1",
        }
        yield {"id": f"{name}.code", "path": f"{path}.code", "patternCodeableConcept": pattern}
        yield {
            "id": f"{name}.value[x]",
            "path": f"{path}.value[x]",
            "short": "The answer, its points on the coding; none where it is not recorded",
            "type": [{"code": "CodeableConcept"}],
        }


def _element(name: str, **members: object) -> Json:
    path = f"Observation.{name}" if name else "Observation"
    return {"id": path, "path": path, **members}


def _reference(*targets: str) -> Json:
    return {"code": "Reference", "targetProfile": [f"{_R4}/{target}" for target in targets]}
