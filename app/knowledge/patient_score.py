"""A score of the patient as a whole: shown beside what is said of the lesions, never deciding it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.engine.provenance import Citation
from app.engine.question import Answer
from app.engine.score import Score, ScoreResult
from app.knowledge.instrument import Remark
from app.knowledge.patient import Patient


@dataclass(frozen=True, slots=True)
class PatientScore:
    """A prognostic score with everything needed to use it on a record.

    Args:
        short: the name by which clinicians call it.
        read: what the record answers; an item left out is unknown.
        remark: what to say beside a result.
    """

    score: Score
    short: str
    read: Callable[[Patient], Mapping[str, Answer]]
    remark: Callable[[ScoreResult], tuple[Remark, ...]]
    policies: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The code of its score."""
        return self.score.code

    @property
    def references(self) -> tuple[Citation, ...]:
        """The sources of its score."""
        return self.score.references
