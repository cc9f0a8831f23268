"""Which imaging a card offers: where it shows what a score leaves open, or an emergency asks for it. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.assess.result import Judgement, LesionAssessment, Scored
from app.fhir.proposals import Proposal
from app.knowledge.anatomy import Place, place_of
from app.knowledge.findings import FINDINGS
from app.knowledge.instrument import Advice, Urgency
from cds_hooks.offer import (
    EMERGENCY,
    SPINE_SURGERY,
    Offer,
    asking,
    counts,
    judged_by,
    limb_score,
    reading_of,
    reasons_of,
    soonest,
    spinal_score,
    urgency_of,
)

# What imaging shows of each score.
_SHOWN = {
    "sins": frozenset({"lesion", "alignment", "collapse", "posterolateral"}),
    "mirels": frozenset({"lesion", "size"}),
}
_FEMUR = place_of("femur")
_AXIAL = "axial-cortical-involvement"
_WITHIN_A_DAY = "MRI as soon as possible, within 24 hours at most."
_CONTRAST = "With and without contrast; the radiologist may choose otherwise."
_MODALITY = (
    "MRI first for structure; CT for cortical boundaries that matter and for fractures with little "
    "displacement [IMG-MOD-1]."
)
_GRADE = (
    "epidural compression grade (0, 1a, 1b, 1c, 2 or 3), below the cord whether the cauda equina is "
    "compressed"
)


@dataclass(frozen=True, slots=True)
class _Look:
    """What an MRI of the whole spine is to show of one lesion.

    Args:
        settles: the names of what it is to settle.
        asked: what to report.
        structure: whether an item of SINS is among it.
    """

    held: LesionAssessment
    urgency: Urgency
    settles: tuple[str, ...]
    asked: tuple[str, ...]
    structure: bool
    recommended: bool

    @property
    def alarms(self) -> tuple[Advice, ...]:
        """What cannot wait and asks for it, or makes it more urgent."""
        return asking(self.held, SPINE_SURGERY)


def whole_spine(lesions: Iterable[LesionAssessment], assessed: LesionAssessment) -> Offer | None:
    """MRI of the whole spine for every lesion that it is to show something of, at the first of them only.

    Args:
        lesions: of the patient, those whose cards come first before the others.
        assessed: the lesion that is asked about.
    """
    looks = [look for held in lesions if counts(held) and (look := _look_at(held)) is not None]
    if not looks or looks[0].held.lesion.id != assessed.lesion.id:
        return None
    of_patient = dict.fromkeys(alarm for look in looks for alarm in look.alarms if alarm.of_patient)
    emergency = any(alarm.key == EMERGENCY for alarm in of_patient)
    return Offer(
        Proposal.WHOLE_SPINE_MRI,
        min((look.urgency for look in looks), key=lambda one: one.rank),
        " ".join(
            [
                *reasons_of(of_patient),
                *([_WITHIN_A_DAY] if emergency else []),
                *_readings(looks),
                _purpose(looks),
                _CONTRAST,
                *([_MODALITY] if any(look.structure for look in looks) else []),
            ]
        ),
        recommended=looks[0].recommended,
        others=tuple(look.held.lesion for look in looks[1:]),
    )


def _look_at(held: LesionAssessment) -> _Look | None:
    """What a deficit asks for, and what SINS or NOMS leaves open."""
    emergency = any(alarm.key == EMERGENCY for alarm in held.alarms)
    sins, noms = spinal_score(held), judged_by(held, "noms")
    items = _to_show(sins)
    grade = noms is not None and _asks_for_grade(noms, stable=_is_stable(held, sins))
    if not (emergency or items or grade):
        return None
    return _Look(
        held,
        urgency=soonest(urgency_of(sins if items else None), asking(held, SPINE_SURGERY)),
        settles=tuple(name for name, wanted in (("SINS", items), ("NOMS", grade)) if wanted),
        asked=(*_questions(sins, items), *([_GRADE] if grade or emergency else [])),
        structure=bool(items),
        recommended=emergency or (_alone(sins) if items else _settled_by_grade(noms)),
    )


def _readings(looks: Sequence[_Look]) -> Iterator[str]:
    """What cannot wait of each lesion and its score, with its place where there are several."""
    for look in looks:
        reasons = reasons_of(alarm for alarm in look.alarms if not alarm.of_patient)
        told = " ".join([*reasons, *reading_of(look.held, spinal_score(look.held))])
        if told:
            yield f"{look.held.lesion.place.label}: {told}" if len(looks) > 1 else told


def _purpose(looks: Sequence[_Look]) -> str:
    """What to report, of which lesions, and what that settles."""
    asked: dict[str, list[str]] = {}
    for look in looks:
        for question in look.asked:
            asked.setdefault(question, []).append(look.held.lesion.place.label)
    told = (
        question if len(places) == len(looks) else f"{question} of {', '.join(places)}"
        for question, places in asked.items()
    )
    settles = dict.fromkeys(name for look in looks for name in look.settles)
    purpose = f"To settle {' and '.join(settles)}, report" if settles else "Report"
    places = ", ".join(look.held.lesion.place.label for look in looks)
    return f"{places}. {purpose}: {'; '.join(told)}."


def limb(assessed: LesionAssessment) -> Offer | None:
    """Radiographs where they show what Mirels leaves open."""
    place, mirels = assessed.lesion.place, limb_score(assessed)
    items = _to_show(mirels)
    if mirels is None or not items:
        return None
    femoral = _in_femur(place)
    asked = list(_questions(mirels, items))
    if femoral and _AXIAL in mirels.record_next:
        asked.append(f"{FINDINGS[_AXIAL].label.lower()}, in mm")
    why = " ".join(reading_of(assessed, mirels))
    return Offer(
        Proposal.FEMUR_RADIOGRAPHS if femoral else Proposal.LIMB_RADIOGRAPHS,
        mirels.urgency,
        f"{why} {place.label}. To settle Mirels, report: {'; '.join(asked)}.",
        recommended=_alone(mirels),
    )


def _to_show(scored: Scored | None) -> tuple[str, ...]:
    """The open items that imaging shows, where one of them is not recorded or would settle the score."""
    result = scored.result if scored is not None else None
    if scored is None or result is None or result.settled:
        return ()
    wanted = _SHOWN[scored.instrument.code]
    return tuple(
        item.code
        for item in result.score.items
        if item.code in wanted
        and not result.answers[item.code].single
        and item.code in (*result.missing, *result.would_settle)
    )


def _alone(scored: Scored | None) -> bool:
    """Whether everything that could settle a score is shown by imaging."""
    result = scored.result if scored is not None else None
    if scored is None or result is None or not result.would_settle:
        return False
    return _SHOWN[scored.instrument.code].issuperset(result.would_settle)


def _questions(scored: Scored | None, items: Sequence[str]) -> Iterator[str]:
    """What to report of each item, with every answer that the score knows."""
    result = scored.result if scored is not None else None
    if result is None:
        return
    for code in items:
        item = result.score.item(code)
        yield f"{item.label.lower()} ({', '.join(item.labels.values())})"


def _asks_for_grade(noms: Judgement, *, stable: bool) -> bool:
    """Whether the grade of compression would settle NOMS, or is missing where more than that is open."""
    rows = noms.result.rows if noms.result is not None else None
    if rows is None or rows.settled:
        return False
    return "escc" in rows.outcome.would_settle or ("escc" in rows.missing and not stable)


def _settled_by_grade(noms: Judgement | None) -> bool:
    rows = noms.result.rows if noms is not None and noms.result is not None else None
    return rows is not None and rows.outcome.would_settle == ("escc",)


def _is_stable(assessed: LesionAssessment, sins: Scored | None) -> bool:
    """Whether the lesion is settled as stable and nothing speaks against leaving it at that."""
    advice = sins.advice if sins is not None else None
    return advice is not None and advice.key == "SINS-B1" and not assessed.alarms


def _in_femur(place: Place) -> bool:
    return _FEMUR.holds(place._replace(side=None))
