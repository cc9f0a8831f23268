"""QuestionnaireResponses to this service's own Questionnaires, read back as findings."""

from collections.abc import Iterable, Iterator

from app.assess.record import Entry
from app.engine.reading import Side
from app.fhir.codes import Code, CodeBook
from app.fhir.times import read_when
from app.fhir.wire import Coding, QuestionnaireResponse, ResponseItem
from app.knowledge import Knowledge
from app.knowledge.anatomy import (
    LEVELS,
    SIDE_BY_CODE,
    SITE_BY_CODE,
    SITES,
    Place,
    place_of,
    place_of_level,
    place_of_levels,
)
from app.knowledge.form import merge
from app.knowledge.instrument import Instrument

FINAL = frozenset({"completed", "amended"})
PROVISIONAL = frozenset({"in-progress"})
# The options of the score itself name a limb, not a bone.
_SITE_OF_OPTION = {
    "upper-limb": "upper-limb-long-bone",
    "lower-limb": "lower-limb-long-bone",
    "peritrochanteric": "peritrochanteric-femur",
}


def instrument_of(book: CodeBook, knowledge: Knowledge, response: QuestionnaireResponse) -> Instrument | None:
    """The instrument whose Questionnaire was answered; None where it is not one of ours."""
    canonical = (response.questionnaire or "").partition("|")[0]
    prefix = f"{book.base}/Questionnaire/"
    if not canonical.startswith(prefix):
        return None
    return knowledge.instruments.get(canonical.removeprefix(prefix))


def response_entries(
    book: CodeBook,
    instrument: Instrument,
    response: QuestionnaireResponse,
    reference: str,
    gaps: list[str],
) -> Iterator[Entry]:
    """Every answered item as one entry at the lesion that the first items decide."""
    answered = {item.linkId: item for item in _flat(response.item or ()) if item.linkId}
    place, side = _where(book, [answered[code] for code in instrument.lead if code in answered])
    when = read_when(response.authored)
    provisional = response.status in PROVISIONAL
    for form in instrument.form:
        item = answered.get(form.item)
        answers = (item.answer or ()) if item else ()
        codings = [answer.valueCoding for answer in answers if answer.valueCoding]
        if any(answer.other for answer in answers):
            gaps.append(f"{reference}#{form.item}: holds an answer that is no coding.")
            continue
        if not codings:
            continue
        values = [form.value_of(_answer_code(book, coding)) for coding in codings]
        merged = merge([value for value in values if value is not None])
        if merged is None or None in values:
            gaps.append(f"{reference}#{form.item}: holds an answer that is no option of the item.")
            continue
        yield Entry(form.finding, merged, f"{reference}#{form.item}", when, provisional, place, side=side)


def _answer_code(book: CodeBook, coding: Coding) -> str:
    code = book.resolve(coding.system or book.answer_system, coding.code)
    return code[1] if code is not None and code[0] == book.answer_system else ""


def _where(book: CodeBook, items: Iterable[ResponseItem]) -> tuple[Place | None, Side | None]:
    """The lesion that the first items name, and the side where they name no more than that."""
    places: list[Place] = []
    sides: set[Side] = set()
    for item in items:
        for answer in item.answer or ():
            coding = answer.valueCoding
            if coding is None:
                if answer.other:
                    places.append(_UNREAD)
                continue
            code = book.resolve(coding.system or book.answer_system, coding.code)
            named = _side(book, code)
            if named is not None:
                sides.add(named)
            else:
                places.append(_site(book, code))
    side = sides.pop() if len(sides) == 1 else Side.BILATERAL if sides else None
    if not places:
        return None, side
    if _UNREAD in places:
        return _UNREAD, None
    if all(place.levels for place in places):
        return place_of_levels(level for place in places for level in place.levels), None
    if len({place.site for place in places}) > 1 or places[0].site is None:
        return _UNREAD, None
    return place_of(places[0].site, side), None


def _side(book: CodeBook, code: Code | None) -> Side | None:
    if code is None:
        return None
    return SIDE_BY_CODE.get(code) or (_SIDES.get(code[1]) if code[0] == book.answer_system else None)


def _site(book: CodeBook, code: Code | None) -> Place:
    if code is None:
        return _UNREAD
    if code in SITE_BY_CODE:
        return SITE_BY_CODE[code]
    if code[0] != book.answer_system:
        return _UNREAD
    if code[1] in LEVELS:
        return place_of_level(code[1])
    name = _SITE_OF_OPTION.get(code[1], code[1])
    return place_of(name) if name in SITES else _UNREAD


_UNREAD = Place(unread="answer")
_SIDES = {side.value: side for side in Side}


def _flat(items: Iterable[ResponseItem]) -> Iterator[ResponseItem]:
    for item in items:
        yield item
        yield from _flat(item.item or ())
        for answer in item.answer or ():
            yield from _flat(answer.item or ())
