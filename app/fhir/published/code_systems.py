"""The service's own code systems as R4 CodeSystems: findings, answers and orders, complete. Pure.

Displays and definitions are the words of the knowledge. The option codes that the Questionnaires tolerate
beside these are no concepts: ``none`` is an option of three items and means another thing in each.
"""

from collections.abc import Iterator, Mapping

from app.engine.provenance import Source
from app.engine.reading import Fact, Side
from app.fhir.codes import CodeBook
from app.fhir.proposals import Json
from app.fhir.published.canonical import canonical
from app.knowledge import Knowledge
from app.knowledge.anatomy import LEVELS, SITES, Place, place_of, place_of_level
from app.knowledge.finding import ANSWER, INDETERMINATE, OBSERVABLE, ORDER, Finding
from app.knowledge.findings import FINDINGS, PANELS, TOTALS
from app.knowledge.instrument import Instrument
from app.knowledge.orderables import OWN_ORDERABLES

_UNSURE = "looked at, and could not be told"


def code_systems(book: CodeBook, knowledge: Knowledge) -> Iterator[Json]:
    """Every code system of the service.

    Args:
        book: the codes under this deployment's base.
        knowledge: under no site's own policy, which may fix the points of an answer that are open elsewhere.
    """
    yield _system(
        book,
        knowledge,
        OBSERVABLE,
        "Findings and scores",
        "What was observed: findings, totals and panels that are read, and the scores that are given out.",
        list(_observables(knowledge)),
        _KIND,
        _UNIT,
    )
    yield _system(
        book,
        knowledge,
        ANSWER,
        "Answers",
        "The coded answers of findings, and the places that the first items of the Questionnaires name.",
        list(_answers(knowledge)),
        *(_points_property(instrument) for instrument in knowledge.instruments.values()),
    )
    orders = [
        _concept(code, one.label, f"{one.label}: {one.group.value}") for code, one in OWN_ORDERABLES.items()
    ]
    yield _system(
        book,
        knowledge,
        ORDER,
        "Techniques that can be ordered",
        "Techniques without a verified standard code, which a site maps its orderables onto.",
        orders,
    )


_KIND: Json = {
    "code": "kind",
    "description": "finding, total, panel, or a score of the patient",
    "type": "code",
}
_UNIT: Json = {
    "code": "unit",
    "description": "the UCUM unit in which the value of a quantity is kept",
    "type": "string",
}


def _system(
    book: CodeBook,
    knowledge: Knowledge,
    path: str,
    title: str,
    description: str,
    concepts: list[Json],
    *properties: Json,
) -> Json:
    code = path.removeprefix("CodeSystem/")
    first = canonical(
        book,
        knowledge,
        "CodeSystem",
        code,
        name=code.capitalize(),
        title=title,
        description=description,
    )
    whole: Json = {
        **first,
        "caseSensitive": True,
        "valueSet": f"{book.base}/ValueSet/{code}s",
        "compositional": False,
        "versionNeeded": True,
        "content": "complete",
        "count": len(concepts),
    }
    if properties:
        whole["property"] = list(properties)
    return whole | {"concept": concepts}


def _concept(code: str, display: str, definition: str | None = None, *properties: Json) -> Json:
    concept: Json = {"code": code, "display": display}
    if definition is not None:
        concept["definition"] = definition
    if properties:
        concept["property"] = list(properties)
    return concept


# -- what was observed ----------------------------------------------------------------------------------


def _observables(knowledge: Knowledge) -> Iterator[Json]:
    for finding in FINDINGS.values():
        kind = _kind("finding")
        value = "a coded answer"
        properties = [kind]
        if finding.scale is not None:
            value = f"a quantity in {finding.scale.unit}"
            properties.append({"code": "unit", "valueString": finding.scale.unit})
        definition = f"{finding.label}: of {finding.scope.value}, as {value}"
        yield _concept(finding.code, finding.label, definition, *properties)
    for total, score in TOTALS.items():
        name = knowledge.instruments[score].score.name
        yield _concept(total, f"{name}: total", f"The total of the {name}, ready-made", _kind("total"))
    for panel in PANELS:
        name = knowledge.instruments[panel].score.name
        yield _concept(panel, name, f"The {name} with its items", _kind("panel"))
    for code, one in knowledge.patient_scores.items():
        yield _concept(
            code, one.score.name, f"The {one.score.name}, as this service works it out", _kind("score")
        )


def _kind(kind: str) -> Json:
    return {"code": "kind", "valueCode": kind}


# -- how it was answered --------------------------------------------------------------------------------


def _answers(knowledge: Knowledge) -> Iterator[Json]:
    instruments = tuple(knowledge.instruments.values())
    findings: dict[str, list[Finding]] = {}
    for finding in FINDINGS.values():
        for answer in finding.answer_labels:
            findings.setdefault(answer, []).append(finding)
    for answer, answered in findings.items():
        label = answered[0].answer_labels[answer]
        # An answer of many findings means what each of them asks: its value sets tell which.
        definition = f"{answered[0].label}: {label}" if len(answered) == 1 else None
        points = {
            instrument.code: found
            for instrument in instruments
            for finding in answered
            if (found := _points_of_answer(instrument, finding, answer)) is not None
        }
        yield _concept(answer, label, definition, *_points(points))
    yield _concept(INDETERMINATE, "indeterminate", f"{INDETERMINATE}: {_UNSURE}")
    for instrument in instruments:
        yield from _form_answers(instrument, known=findings)
    for level in LEVELS:
        yield _placed(instruments, level, f"{level}", place_of_level(level))
    for site in SITES.values():
        yield _placed(instruments, site.code, site.label, place_of(site.code))
    for side in Side:
        yield _concept(side.value, side.value)


def _form_answers(instrument: Instrument, known: Mapping[str, object]) -> Iterator[Json]:
    """Answers on the form of a score to what is a quantity elsewhere."""
    for form in instrument.form:
        item = instrument.score.item(form.item)
        for option in form.options:
            if option.answer not in known:
                label = item.labels[option.option]
                points = {instrument.code: item.points_of(option.option)}
                yield _concept(option.answer, label, f"{item.label}: {label}", *_points(points))


def _placed(instruments: tuple[Instrument, ...], code: str, label: str, place: Place) -> Json:
    points = {}
    for instrument in instruments:
        found = _one(instrument, instrument.place_item, instrument.by_place(place) or ())
        if found is not None:
            points[instrument.code] = found
    return _concept(code, label, None, *_points(points))


def _points_of_answer(instrument: Instrument, finding: Finding, answer: str) -> int | None:
    """The points of a coded answer in an instrument; None where it does not fix one number."""
    for reading in instrument.readings:
        if finding.code in reading.readings:
            fact = Fact(finding.code, frozenset({answer}), Source(""))
            left = [statement.possible for statement in reading.readings[finding.code]([fact])]
            return _one(instrument, reading.item.code, frozenset().union(*left))
    return None


def _one(instrument: Instrument, item: str, options: frozenset[str] | tuple[()]) -> int | None:
    by_option = instrument.score.points_by_option(item)
    points = {by_option[option] for option in options}
    return points.pop() if len(points) == 1 else None


def _points_property(instrument: Instrument) -> Json:
    return {
        "code": f"{instrument.code}-points",
        "description": f"What this answer counts in the {instrument.score.name}, where it fixes that",
        "type": "integer",
    }


def _points(points: Mapping[str, int]) -> Iterator[Json]:
    for instrument, number in points.items():
        yield {"code": f"{instrument}-points", "valueInteger": number}
