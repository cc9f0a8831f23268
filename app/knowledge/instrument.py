"""What an instrument is: a score, how a record answers it, when it applies, and what it advises."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.engine.provenance import Age, Citation, DefinitionError, Source, Tag
from app.engine.question import Answer, given
from app.engine.reading import Fact, Interval, ItemReadings
from app.engine.score import Score, ScoreResult
from app.knowledge.anatomy import Place
from app.knowledge.findings import FINDINGS
from app.knowledge.form import FormItem
from app.knowledge.lesion import Lesion
from app.knowledge.sources import local_policy


class Urgency(StrEnum):
    """How soon a person should act, most urgent first."""

    EMERGENCY = "emergency"
    SAME_DAY = "same-day"
    URGENT = "urgent"
    ROUTINE = "routine"

    @property
    def rank(self) -> int:
        """0 for the most urgent."""
        return _URGENCIES.index(self)

    @property
    def critical(self) -> bool:
        """Whether it cannot wait for anything: what a card calls critical."""
        return self in (Urgency.EMERGENCY, Urgency.SAME_DAY)


_URGENCIES = tuple(Urgency)


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to say beside a result, with the rule it follows."""

    key: str
    text: str
    cites: tuple[Citation, ...]

    def __post_init__(self) -> None:
        _refuse_unsourced(f"remark {self.key}", self.cites)


@dataclass(frozen=True, slots=True)
class Advice:
    """What a clinician may consider, and who decides.

    Args:
        key: the rule it follows, for instance ``RED-5``.
        headline: the finding and the step, in few words.
        text: the same in full sentences.
        decides: the specialty or meeting that decides.
        of_patient: whether it concerns the patient, and not one lesion.
        of_spine: whether it speaks of the spine, and so of every lesion there.
    """

    key: str
    headline: str
    text: str
    decides: str
    urgency: Urgency
    cites: tuple[Citation, ...]
    of_patient: bool = False
    of_spine: bool = True

    def __post_init__(self) -> None:
        _refuse_unsourced(f"advice {self.key}", self.cites)


@dataclass(frozen=True, slots=True)
class Remarks:
    """Everything an instrument says beside its numbers."""

    advice: Advice
    flags: tuple[Remark, ...] = ()
    cautions: tuple[Remark, ...] = ()
    record_next: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applicability:
    """Whether an instrument is made for a lesion; None where the record does not tell."""

    applies: bool | None
    reason: str | None = None
    cites: tuple[Citation, ...] = ()

    def __post_init__(self) -> None:
        if self.reason is not None:
            _refuse_unsourced("applicability", self.cites)


APPLIES = Applicability(applies=True)


@dataclass(frozen=True, slots=True)
class Instrument:
    """A score with everything needed to use it on a record.

    Args:
        short: the name by which clinicians call it.
        readings: how a record answers each item but the one that the place answers.
        place_item: the item that the lesion's place answers.
        by_place: the options of that item that a place leaves possible; None where it tells nothing.
        lead: the items that decide the lesion in the instrument's questionnaire.
        form: the other items as questions.
        alarm: the band whose stale finding still raises an alarm.
        topic: the stable code of its cards.
    """

    score: Score
    short: str
    readings: tuple[ItemReadings, ...]
    place_item: str
    by_place: Callable[[Place], frozenset[str] | None]
    applies: Callable[[Lesion], Applicability]
    remark: Callable[[ScoreResult, Lesion | None], Remarks]
    lead: tuple[str, ...]
    form: tuple[FormItem, ...]
    alarm: str
    topic: str
    policies: tuple[str, ...]

    def __post_init__(self) -> None:
        read = [reading.item.code for reading in self.readings]
        wanted = [item.code for item in self.score.items if item.code != self.place_item]
        if sorted(read) != sorted(wanted):
            raise DefinitionError(f"score {self.score.code}: items without a reading, or read twice")
        if sorted(form.item for form in self.form) != sorted(wanted):
            raise DefinitionError(f"score {self.score.code}: items without a question, or asked twice")
        self.score.band(self.alarm)

    @property
    def code(self) -> str:
        """The code of its score."""
        return self.score.code

    def answers(self, lesion: Lesion, *, stale_too: bool = False) -> Mapping[str, Answer]:
        """The answer to every item from the record of one lesion."""
        answers = {
            reading.item.code: reading.answer(lesion.facts, stale_too=stale_too) for reading in self.readings
        }
        options = self.by_place(lesion.place)
        if options is not None:
            sources = tuple(Source(reference) for reference in lesion.conditions)
            answers[self.place_item] = given(self.score.item(self.place_item), options, sources)
        return answers


def source_cautions(result: ScoreResult) -> Sequence[Remark]:
    """What the age, the status and the agreement of the sources oblige one to say."""
    cautions: list[Remark] = []
    for code, answer in result.answers.items():
        label = result.score.item(code).label
        if answer.conflicting:
            cautions.append(
                Remark(
                    "CON-1",
                    f"{label}: the sources disagree; every answer they give is kept.",
                    (_CONFLICT,),
                )
            )
        for source in answer.sources:
            if source.provisional:
                text = f"{label}: the entry is preliminary and may still change."
                cautions.append(Remark("TIME-3", text, (_STATUS,)))
            if source.age is Age.AGEING:
                text = f"{label}: recorded on {day(source)}; look at its age before relying on it."
                cautions.append(Remark("TIME-5", text, (_AGE,)))
        cautions += [
            Remark("TIME-2", f"{label}: {_UNUSED[source.age].format(day(source))}", (_AGE,))
            for source in answer.unused
        ]
    return cautions


def set_aside(lesion: Lesion, findings: Sequence[str]) -> Sequence[Remark]:
    """What to say of entries beside the score that are too old, undated or in the future to count."""
    return [
        Remark(
            "TIME-5" if fact.source.age is Age.STALE else "TIME-2",
            f"{FINDINGS[finding].label}{_value(fact)}: {_UNUSED[fact.source.age].format(day(fact.source))}",
            (_AGE,),
        )
        for finding in findings
        for fact in lesion.facts.get(finding, ())
        if not fact.source.age.usable
    ]


def _value(fact: Fact) -> str:
    if isinstance(fact.value, Interval):
        return f" {fact.value.text}"
    labels = FINDINGS[fact.finding].answer_labels
    return " " + " or ".join(labels[code] for code in sorted(fact.value) if code in labels)


def _refuse_unsourced(what: str, cites: Sequence[Citation]) -> None:
    if not cites:
        raise DefinitionError(f"{what} has no source")
    if any(cite.tag is Tag.UNREAD for cite in cites):
        raise DefinitionError(f"{what}: a rule whose source was not read cannot speak")


def day(source: Source) -> str:
    """The day of a source as recorded, or that there is none."""
    return source.effective[:10] if source.effective else "an unknown day"


def names(score: Score, items: Sequence[str]) -> str:
    """Item labels in a sentence: ``pain or alignment``."""
    labels = [score.item(code).label.lower() for code in items]
    if len(labels) < 2:  # noqa: PLR2004  one label needs no joining
        return "".join(labels)
    return f"{', '.join(labels[:-1])} or {labels[-1]}"


def totals_text(totals: Sequence[int]) -> str:
    """Reachable totals in few characters: ``7``, ``6, 7 or 9``, ``3 to 18``."""
    if len(totals) == 1:
        return str(totals[0])
    if len(totals) <= 3:  # noqa: PLR2004  three numbers are still read at a glance
        return f"{', '.join(map(str, totals[:-1]))} or {totals[-1]}"
    return f"{totals[0]} to {totals[-1]}"


_CONFLICT = local_policy("CON-1", "Sources that disagree are all kept and flagged")
_STATUS = local_policy("TIME-3", "A preliminary entry counts and is marked provisional")
_AGE = local_policy("TIME-5", "Time windows: fresh, ageing, stale")
_UNUSED = {
    Age.STALE: "recorded on {}, too old to count as known: look again.",
    Age.UNDATED: "an entry without a usable date is not counted.",
    Age.FUTURE: "an entry dated {}, in the future, is not counted.",
}
