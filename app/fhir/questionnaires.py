"""Every score as a FHIR Questionnaire, built and checked by fhir.resources when first asked for."""

from typing import Any

from app.fhir.codes import CodeBook
from app.knowledge.anatomy import LEVELS, SITES, Kind
from app.knowledge.instrument import Instrument

ORDINAL_URL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"


def questionnaire(book: CodeBook, instrument: Instrument) -> bytes:
    """The Questionnaire of a score, as JSON.

    Its linkIds are the codes of the items; its first items decide the lesion.
    """
    score = instrument.score
    resource: dict[str, Any] = {
        "resourceType": "Questionnaire",
        "id": score.code,
        "url": f"{book.base}/Questionnaire/{score.code}",
        "version": score.version,
        "name": f"{instrument.short}Questionnaire",
        "title": score.name,
        "status": "active",
        "experimental": False,
        "subjectType": ["Patient"],
        "purpose": " ".join(score.use),
        "copyright": "; ".join(cite.title for cite in score.references[:1]),
        "item": [*_leading(book, instrument), *_items(book, instrument)],
    }
    from app.fhir.r4b import MODELS  # noqa: PLC0415  a start has no Questionnaire to check

    checked = MODELS["Questionnaire"].model_validate(resource)
    return str(checked.model_dump_json(exclude_none=True)).encode()


def _leading(book: CodeBook, instrument: Instrument) -> list[dict[str, Any]]:
    system = book.answer_system
    questions = {
        "level": ("Which level of the spine?", [(level, level) for level in LEVELS]),
        "site": (
            "Which long bone, and which part of it?",
            [(s.code, s.label) for s in SITES.values() if s.kind is Kind.LONG_BONE],
        ),
        "laterality": ("Which side?", [("left", "left"), ("right", "right")]),
    }
    return [
        {
            "linkId": code,
            "text": questions[code][0],
            "type": "choice",
            "required": False,
            "answerOption": [
                {"valueCoding": {"system": system, "code": value, "display": display}}
                for value, display in questions[code][1]
            ],
        }
        for code in instrument.lead
    ]


def _items(book: CodeBook, instrument: Instrument) -> list[dict[str, Any]]:
    items = []
    for form in instrument.form:
        item = instrument.score.item(form.item)
        labels = {option.code: option for option in item.options}
        items.append(
            {
                "linkId": item.code,
                "code": [{"system": book.observable_system, "code": form.finding, "display": item.label}],
                "prefix": item.label,
                "text": item.question,
                "type": "choice",
                "required": False,
                "answerOption": [
                    {
                        "valueCoding": {
                            "extension": [{"url": ORDINAL_URL, "valueDecimal": labels[option.option].points}],
                            "system": book.answer_system,
                            "code": option.answer,
                            "display": labels[option.option].label,
                        }
                    }
                    for option in form.options
                ],
            }
        )
    return items
