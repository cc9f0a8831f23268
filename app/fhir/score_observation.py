"""A score as an R4 Observation to file: its total or range, its items, and what they stand on. Pure.

It says no more than the result does: what is open stays a range, what is not recorded has no value, and its
date is that of the oldest entry behind it. Filed, it is never read back as something newly observed.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from app.assess.result import Assessment, LesionAssessment, Prognosis, Scored, finding_view
from app.engine.provenance import Source
from app.engine.question import Answer, Item
from app.engine.reading import Fact, Interval, ItemReadings
from app.engine.score import ScoreResult
from app.fhir.codes import CodeBook
from app.fhir.observations import OWN_METHOD
from app.fhir.proposals import Json, body_site, site_code, standing
from app.fhir.questionnaires import ORDINAL_URL
from app.fhir.times import read_when
from app.knowledge import Knowledge
from app.knowledge.anatomy import SNOMED
from app.knowledge.findings import FINDINGS
from app.knowledge.form import FormItem
from app.knowledge.lesion import Lesion

PRODUCT = OWN_METHOD.strip()
_UCUM = "http://unitsofmeasure.org"
_POINTS = "{score}"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_NOT_RECORDED = MappingProxyType({"dataAbsentReason": {"coding": [{"system": _ABSENT, "code": "unknown"}]}})
# The reference of the Device that every resource of this service contains.
SOFTWARE = "#software"
# What R4 allows a score to be derived from, of what scores are read from.
_INPUTS = ("Observation", "QuestionnaireResponse")
_OUTSIDE = "SINS-E13"
_DISAGREEING = "CON-3"


def score_observation(
    book: CodeBook,
    assessment: Assessment,
    assessed: LesionAssessment,
    scored: Scored,
    identity: str,
    unsaved: Collection[str] = (),
) -> Json:
    """One score of one lesion as a resource.

    Args:
        book: the codes under this deployment's base.
        assessment: where the score comes from.
        assessed: the lesion.
        scored: its score, one that has a result.
        identity: the id of the Observation, a uuid.
        unsaved: references of resources that stand in no record yet.

    Raises:
        ValueError: the score has no result for this lesion.
    """
    result = scored.result
    if result is None:
        raise ValueError("a score that does not apply cannot be filed")
    lesion = assessed.lesion
    return _observation(
        book,
        assessment,
        result,
        identity,
        _Told(
            final=is_final(scored),
            interpretations=tuple(_interpretations(scored, result)),
            notes=tuple(notes(scored)),
            components=tuple(_components(book, scored, result, lesion)),
            lesion=lesion,
        ),
        unsaved,
    )


def prognosis_observation(
    book: CodeBook,
    assessment: Assessment,
    prognosis: Prognosis,
    identity: str,
    unsaved: Collection[str] = (),
) -> Json:
    """One prognostic score of the patient as a resource; it is about no lesion.

    Args:
        book: the codes under this deployment's base.
        assessment: where the score comes from.
        prognosis: the score with its result.
        identity: the id of the Observation, a uuid.
        unsaved: references of resources that stand in no record yet.
    """
    result = prognosis.result
    told = _Told(
        final=result.settled and not any(source.provisional for source in _sources(result)),
        interpretations=tuple(result.score.band(code).label for code in result.bands),
        notes=(*_open_ends(result), *dict.fromkeys(caution.text for caution in prognosis.cautions)),
        components=tuple(_in_words(result)),
    )
    return _observation(book, assessment, result, identity, told, unsaved)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a score says beside its number.

    Args:
        lesion: what it is about; None for a score of the patient.
    """

    final: bool
    interpretations: tuple[str, ...]
    notes: tuple[str, ...]
    components: tuple[Json, ...]
    lesion: Lesion | None = None


def _observation(
    book: CodeBook,
    assessment: Assessment,
    result: ScoreResult,
    identity: str,
    told: _Told,
    unsaved: Collection[str],
) -> Json:
    sources = _sources(result)
    observation: Json = {
        "resourceType": "Observation",
        "id": identity,
        "contained": [software(assessment.knowledge)],
        "status": "final" if told.final else "preliminary",
        "category": [{"coding": [{"system": _CATEGORY, "code": "exam"}]}],
        "code": {
            "coding": [{"system": book.observable_system, "code": result.score.code}],
            "text": result.score.name,
        },
    }
    if assessment.patient is not None:
        observation["subject"] = {"reference": f"Patient/{assessment.patient}"}
    conditions = standing(told.lesion.conditions, ("Condition",), unsaved) if told.lesion is not None else ()
    if conditions:
        observation["focus"] = [{"reference": conditions[0]}]
    observation |= {
        "effectiveDateTime": _oldest(sources) or assessment.as_of.isoformat(),
        "issued": assessment.as_of.isoformat(),
        **_value(result),
    }
    if told.interpretations:
        observation["interpretation"] = [{"text": text} for text in told.interpretations]
    if told.notes:
        observation["note"] = [{"text": text} for text in told.notes]
    site = body_site(told.lesion.place) if told.lesion is not None else None
    if site is not None:
        observation["bodySite"] = site
    observation |= {"method": {"text": method(assessment.knowledge)}, "device": {"reference": SOFTWARE}}
    derived = standing((source.reference for source in sources), _INPUTS, unsaved)
    if derived:
        observation["derivedFrom"] = [{"reference": reference} for reference in derived]
    observation["component"] = list(told.components)
    return observation


def _sources(result: ScoreResult) -> list[Source]:
    return [source for answer in result.answers.values() for source in answer.sources]


def software(knowledge: Knowledge) -> Json:
    """This service as a Device, to be contained in what it made."""
    return {
        "resourceType": "Device",
        "id": SOFTWARE.removeprefix("#"),
        "deviceName": [{"name": PRODUCT, "type": "model-name"}],
        "version": [{"value": knowledge.version}],
    }


def method(knowledge: Knowledge) -> str:
    """How a score was worked out: the service, and its knowledge to the byte."""
    return f"{OWN_METHOD}{knowledge.version} {knowledge.digest[:12]}"


def is_final(scored: Scored) -> bool:
    """Whether a score is settled, and by entries that are final themselves."""
    sources = _sources(scored.result) if scored.result is not None else ()
    return scored.settled and not any(source.provisional for source in sources)


def _oldest(sources: Collection[Source]) -> str | None:
    """The date of the oldest entry, as R4 writes it; a partial date is as old as it can be."""
    texts = {source.effective for source in sources}
    dated = [when for text in texts if (when := read_when(text)) is not None]
    if not dated:
        return None
    when = min(dated, key=lambda one: (one.first, one.instant or _DAY_BEGINS, one.text))
    if when.instant is not None:
        return when.instant.isoformat()
    # A time without an offset is no dateTime of R4: its day is.
    return when.text if len(when.text) <= len("2026-11-20") else when.first.isoformat()


_DAY_BEGINS = datetime.min.replace(tzinfo=UTC)


def _value(result: ScoreResult) -> Json:
    if result.total is not None:
        return {"valueQuantity": _points(result.total)}
    return {"valueRange": {"low": _points(result.minimum), "high": _points(result.maximum)}}


def _points(number: int) -> Json:
    return {"value": number, "unit": _POINTS, "system": _UCUM, "code": _POINTS}


def _interpretations(scored: Scored, result: ScoreResult) -> Iterator[str]:
    """That it is outside its validated use, and every category that may be told."""
    if any(flag.key == _OUTSIDE for flag in scored.flags):
        yield "outside validated use"
    yield from categories(scored, result)


def categories(scored: Scored, result: ScoreResult) -> tuple[str, ...]:
    """Every category still possible, but for a reassuring one beside what speaks against it."""
    disputed = scored.advice is not None and scored.advice.key == _DISAGREEING
    kept = result.bands
    if disputed or scored.flags or scored.part_unseen:
        kept = tuple(code for code in kept if code != result.score.bands[0].code)
    return tuple(result.score.band(code).label for code in kept)


def notes(scored: Scored) -> Iterator[str]:
    """What a score leaves open, and what is to be said beside it."""
    if scored.result is not None:
        yield from _open_ends(scored.result, scored.applicability.reason)
    yield from dict.fromkeys(remark.text for remark in (*scored.flags, *scored.cautions))


def _open_ends(result: ScoreResult, reason: str | None = None) -> Iterator[str]:
    if result.total is None:
        yield f"Every total still possible: {', '.join(map(str, result.totals))}."
    if reason is not None:
        yield reason
    if result.missing:
        labels = ", ".join(result.score.item(code).label.lower() for code in result.missing)
        yield f"Not recorded or too old: {labels}."


# -- items ----------------------------------------------------------------------------------------------


def _components(book: CodeBook, scored: Scored, result: ScoreResult, lesion: Lesion) -> Iterator[Json]:
    forms = {form.item: form for form in scored.instrument.form}
    readings = {reading.item.code: reading for reading in scored.instrument.readings}
    for item in result.score.items:
        answer = result.answers[item.code]
        form, reading = forms.get(item.code), readings.get(item.code)
        code: Json = {"text": item.label}
        if form is not None:
            code = {"coding": [{"system": book.observable_system, "code": form.finding}], **code}
        if not answer.recorded:
            yield {"code": code, **_NOT_RECORDED}
        elif not answer.single:
            yield {"code": code, "valueCodeableConcept": {"text": _words(item, answer)}}
        elif form is not None and reading is not None:
            yield {"code": code, "valueCodeableConcept": _answered(book, item, answer, form, reading, lesion)}
        else:
            yield {"code": code, "valueCodeableConcept": _placed(item, answer, lesion)}


def _in_words(result: ScoreResult) -> Iterator[Json]:
    """The items of a score of the patient, which are read from more than one kind of entry each."""
    for item in result.score.items:
        answer = result.answers[item.code]
        if answer.recorded:
            yield {"code": {"text": item.label}, "valueCodeableConcept": {"text": _words(item, answer)}}
        else:
            yield {"code": {"text": item.label}, **_NOT_RECORDED}


def _words(item: Item, answer: Answer) -> str:
    return "; or ".join(item.labels[option] for option in answer.possible)


def _answered(
    book: CodeBook, item: Item, answer: Answer, form: FormItem, reading: ItemReadings, lesion: Lesion
) -> Json:
    (option,) = answer.possible
    stated = _stated(option, form, reading, lesion)
    if stated is None:
        return {"text": item.labels[option]}
    coding = _coding(book.answer_system, stated, item.points_of(option))
    return {"coding": [coding], "text": FINDINGS[form.finding].answer_labels[stated]}


def _placed(item: Item, answer: Answer, lesion: Lesion) -> Json:
    """What the place answers: by the code of the vertebra, where there is one level."""
    (option,) = answer.possible
    level, code = lesion.place.level, site_code(lesion.place)
    if level is None or code is None:
        return {"text": item.labels[option]}
    return {
        "coding": [_coding(SNOMED, code, item.points_of(option))],
        "text": f"{level}: {item.labels[option]}",
    }


def _coding(system: str, code: str, points: int) -> Json:
    return {"extension": [{"url": ORDINAL_URL, "valueDecimal": points}], "system": system, "code": code}


def _stated(option: str, form: FormItem, reading: ItemReadings, lesion: Lesion) -> str | None:
    """The answer that the record gives for an option of the item; None where no one code says as much.

    An old deformity and a normal spine are the same option and not the same answer, and what a site takes
    for granted at an edge was answered by nobody.
    """
    if FINDINGS[form.finding].scale is not None:
        return None
    facts = lesion.usable(form.finding)
    if not facts:
        # Another finding answers it, a measurement for instance: in the words of the form.
        granted = any(edge.taken == option for edge in reading.edges)
        return None if granted else next(one.answer for one in form.options if one.option == option)
    said = facts[0].value if len(facts) == 1 else _agreed(facts)
    if isinstance(said, Interval) or len(said) != 1:
        return None
    (code,) = said
    leaves = [s.possible for s in reading.readings[form.finding]([facts[0]._replace(value=said)])]
    return code if leaves == [frozenset({option})] else None


def _agreed(facts: Sequence[Fact]) -> frozenset[str]:
    """What several facts of one finding leave possible together."""
    return frozenset(finding_view(facts[0].finding, facts).possible)
