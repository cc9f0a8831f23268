"""How a record answers the New England Spinal Metastasis Score: by the modified Bauer score alone."""

from collections.abc import Mapping

from app.engine.question import Answer
from app.knowledge.modified_bauer.readings import read as read_bauer
from app.knowledge.modified_bauer.table import MODIFIED_BAUER_SCORE
from app.knowledge.nesms.table import BAUER
from app.knowledge.patient import Patient

_HIGH_FROM = 3


def read(patient: Patient) -> Mapping[str, Answer]:
    """What a record says of the modified Bauer score; albumin and walking are for a clinician to judge."""
    answers = read_bauer(patient)
    result = MODIFIED_BAUER_SCORE.evaluate(answers)
    left = {"high" if total >= _HIGH_FROM else "low" for total in result.totals}
    return {
        BAUER.code: Answer(
            BAUER.ordered(left),
            recorded=any(answer.recorded for answer in answers.values()),
            conflicting=any(answer.conflicting for answer in answers.values()),
            sources=tuple(dict.fromkeys(s for answer in answers.values() for s in answer.sources)),
            unused=tuple(dict.fromkeys(s for answer in answers.values() for s in answer.unused)),
        )
    }
