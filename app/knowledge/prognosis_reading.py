"""How a record answers what several prognostic scores ask alike, and what to say of how it did."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from app.engine.question import Answer, Item, unknown
from app.engine.reading import CodedReading, ItemReadings
from app.engine.score import ScoreResult
from app.knowledge.finding import INDETERMINATE
from app.knowledge.instrument import Remark, source_cautions
from app.knowledge.patient import Patient
from app.knowledge.prognosis_sources import POSSIBLE_VALUES, PRO_0, PRO_R1

LUNG = frozenset({"lung", "small-cell-lung", "non-small-cell-lung"})
# Of these two the record does not tell which primary it is.
UNTOLD = frozenset({"other", "unknown-primary"})

_SHARED = (
    Remark(
        "PRO-0",
        "A group's figure, not this person's: no score of this kind agreed with real survival in more than "
        "90 %.",
        (PRO_0,),
    ),
    Remark(
        "PRO-R1",
        "Shown beside the criterion of a life expectancy over three months, which a clinician enters; it "
        "never sets it.",
        (PRO_R1,),
    ),
)


@dataclass(frozen=True, slots=True)
class ReadAnswer(Answer):
    """An answer with what to say of how the record gave it."""

    notes: tuple[Remark, ...] = ()


def remarker(*always: Remark) -> Callable[[ScoreResult], tuple[Remark, ...]]:
    """What to say beside a result: of its sources, of how they were read, of this score, of every score."""

    def remark(result: ScoreResult) -> tuple[Remark, ...]:
        notes = [
            note
            for answer in result.answers.values()
            if isinstance(answer, ReadAnswer)
            for note in answer.notes
        ]
        return (*source_cautions(result), *dict.fromkeys(notes), *always, *_SHARED)

    return remark


def coded(item: Item, finding: str, options: Mapping[str, Iterable[str]]) -> ItemReadings:
    """The reading of one coded finding; looked at and not told leaves every option.

    Args:
        item: what it answers.
        finding: the code of the finding.
        options: by coded answer, the options that it leaves possible.
    """
    every = {code: frozenset(left) for code, left in options.items()}
    every[INDETERMINATE] = frozenset(item.codes)
    return ItemReadings(item, {finding: CodedReading(finding, every)})


def visceral(item: Item) -> ItemReadings:
    """The reading of visceral metastases for an item that is yes or no."""
    return coded(
        item,
        "visceral-metastases",
        {"visceral-none": {"no"}, "visceral-removable": {"yes"}, "visceral-unremovable": {"yes"}},
    )


def by_primary(
    item: Item, patient: Patient, options: Mapping[str, frozenset[str]], otherwise: str | None = None
) -> Answer:
    """What the primaries that are still possible say of an item.

    Args:
        item: what they answer.
        patient: whose primaries they are.
        options: by histology, the options that it leaves possible.
        otherwise: the option of a classified histology that is not listed; None where each is listed. A
            histology that is listed nowhere and not classified leaves every option.
    """
    primary = patient.primary
    if not primary.recorded:
        return unknown(item)
    rest = frozenset(item.codes)
    left: set[str] = set()
    untold = False
    for histology in primary.possible:
        if histology in options:
            left |= options[histology]
        elif histology in UNTOLD or otherwise is None:
            untold = True
            left |= rest
        else:
            left.add(otherwise)
    notes = (_untold(item),) if untold else ()
    return ReadAnswer(item.ordered(left), recorded=True, sources=primary.sources, notes=notes)


def _untold(item: Item) -> Remark:
    text = (
        f"{item.label}: the primary is not found, not confirmed, or none that this service classifies; every "
        "option stays possible."
    )
    return Remark("GEN-2", text, (POSSIBLE_VALUES,))
