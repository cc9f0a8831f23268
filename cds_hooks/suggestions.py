"""Which suggestions a lesion's card offers: drafts to accept, and the score to file. Pure.

Nothing here orders, and nothing is offered that the card does not say in words: an imaging study where an
item that it shows is open, a referral where a rule asks for that opinion, a score where one was made.
"""

from collections.abc import Callable, Collection, Iterator, Sequence

from app.assess.result import Assessment, Judgement, LesionAssessment, Scored
from app.engine.criteria import Effect, Suitability
from app.fhir.codes import CodeBook
from app.fhir.proposals import Proposal, draft_request, title_of
from app.fhir.score_observation import score_observation
from app.knowledge.instrument import Advice, Urgency, day, totals_text
from app.knowledge.noms.table import URGENT_REVIEW
from cds_hooks.card import Action, Suggestion
from cds_hooks.imaging_offers import limb, whole_spine
from cds_hooks.offer import (
    DISAGREEING,
    EMERGENCY,
    ORTHOPAEDIC_ONCOLOGY,
    RADIATION_ONCOLOGY,
    SPINE_SURGERY,
    Offer,
    asking,
    asks_surgeon,
    by_rule,
    counts,
    judged_by,
    limb_score,
    perhaps_spinal,
    reading_of,
    reasons_of,
    scored_by,
    soonest,
    spinal_score,
    urgency_of,
    worse_recorded,
)

MAX_SUGGESTIONS = 5
# What comes before any needle: compression, an examination for it, and infection.
_BEFORE_A_NEEDLE = frozenset({EMERGENCY, "RED-1-open", "RED-1-gait", "RED-4", "RED-7", "RED-9"})
_BEFORE_RADIOTHERAPY = frozenset({EMERGENCY, "RED-4"})
_NOT_NOW = frozenset({Suitability.CONTRAINDICATED, Suitability.DEFER})
_FRACTURED = frozenset({"MIR-E7", "ACER-2"})
_SURGEON_FIRST = "surgical opinion first"
_RT_3 = by_rule("Stability and surgery are evaluated before radiotherapy is", "RT-3-before")
# A referral by the code that names no specialty, which is what one to spine surgery is drafted with.
_UNNAMED_REFERRAL = "referral"


def suggestions_for(
    assessment: Assessment,
    assessed: LesionAssessment,
    scored: Scored,
    *,
    book: CodeBook,
    identity: Callable[[str], str],
    drafted: Collection[str] = (),
    encounter: str | None = None,
    unsaved: Collection[str] = (),
) -> list[Suggestion]:
    """What a lesion's card offers, most urgent first, at most five; any of them may be accepted.

    Args:
        assessment: of the patient; the first of its lesions that a study of the whole spine is for offers it.
        assessed: the lesion.
        scored: the score that its card is about.
        book: the codes under this deployment's base.
        identity: a deterministic uuid by a key, another for each card.
        drafted: what stands among the draft orders already, by the names under which orders are read.
        encounter: the id of the encounter, where it is known.
        unsaved: references of resources that came with the call and stand in no record yet: where there are
            any, the call is about the lesions that they name.
    """
    lesion, patient = assessed.lesion, assessment.patient
    if not counts(assessed) or patient is None:
        return []
    lesions = sorted(assessment.lesions, key=lambda one: not set(unsaved).intersection(one.lesion.conditions))
    found = [whole_spine(lesions, assessed), *(find(assessed) for find in _OFFERS)]
    offers = [offer for offer in found if offer is not None and not _stands(offer, drafted)]
    offers.sort(key=lambda offer: offer.urgency.rank)
    made: list[Suggestion] = []
    for offer in offers:
        request = draft_request(
            offer.kind,
            patient=patient,
            lesions=(lesion, *offer.others),
            urgency=offer.urgency,
            note=offer.note,
            identity=identity(f"{offer.kind} resource"),
            encounter=encounter,
            unsaved=unsaved,
        )
        title = title_of(offer.kind, lesion.place)
        title = title if offer.kind is Proposal.WHOLE_SPINE_MRI else title[0].lower() + title[1:]
        made.append(
            Suggestion(
                f"Draft: {title}",
                identity(f"{offer.kind} suggestion"),
                isRecommended=offer.recommended or None,
                actions=[
                    Action(
                        "create", f"Create a draft: {title}. Nothing is ordered until it is signed.", request
                    )
                ],
            )
        )
    if _can_be_filed(scored):
        observation = score_observation(
            book, assessment, assessed, scored, identity("score resource"), unsaved
        )
        made.append(_filing(assessed, scored, observation, identity("score suggestion")))
    if len(made) == 1:
        # Of one there is nothing to tell apart (R110).
        made[0].isRecommended = None
    return made[:MAX_SUGGESTIONS]


def _stands(offer: Offer, drafted: Collection[str]) -> bool:
    """Whether a draft of the same stands there already."""
    return offer.kind in drafted or (offer.kind is Proposal.SPINE_SURGERY and _UNNAMED_REFERRAL in drafted)


def _can_be_filed(scored: Scored) -> bool:
    """Whether a score was certainly made for the lesion, and something is recorded beyond its place.

    Not where a recorded total contradicts it: it is read again before anything is filed.
    """
    result = scored.result
    if result is None or scored.applicability.applies is not True:
        return False
    if scored.advice is not None and scored.advice.key == DISAGREEING:
        return False
    place = scored.instrument.place_item
    return any(answer.recorded for code, answer in result.answers.items() if code != place)


def _filing(
    assessed: LesionAssessment, scored: Scored, observation: dict[str, object], uuid: str
) -> Suggestion:
    result = scored.result
    totals = totals_text(result.totals) if result is not None else ""
    name = scored.instrument.short
    return Suggestion(
        f"File the score: {name} {totals}",
        uuid,
        actions=[
            Action(
                "create",
                f"File {name} {totals} of {assessed.lesion.place.label} as an Observation "
                f"({observation['status']}), with its items and what they were read from.",
                observation,
            )
        ],
    )


# -- opinions -------------------------------------------------------------------------------------------


def _note(why: Sequence[str], assessed: LesionAssessment, question: str, reasons: Sequence[str] = ()) -> str:
    """Why, then the question and where it is asked, then the rules that speak for it."""
    return " ".join([*why, f"{assessed.lesion.place.label}. To settle: {question}", *reasons])


def _spine_surgery(assessed: LesionAssessment) -> Offer | None:
    """Where SINS reaches 7, or a finding asks for a spine surgeon whatever a score says."""
    sins, alarms = spinal_score(assessed), asking(assessed, SPINE_SURGERY)
    if not alarms and not asks_surgeon(sins):
        return None
    question = "is the spine stable, and does it need stabilisation or decompression?"
    if not perhaps_spinal(assessed):
        question = "is there a lesion of the spine, and does it need stabilisation or decompression?"
    return Offer(
        Proposal.SPINE_SURGERY,
        soonest(urgency_of(sins), alarms),
        _note([*reasons_of(alarms), *reading_of(assessed, sins)], assessed, question),
    )


def _orthopaedics(assessed: LesionAssessment) -> Offer | None:
    """Where Mirels reaches 8, or a finding speaks for high risk or a fracture whatever it says."""
    mirels, alarms = limb_score(assessed), asking(assessed, ORTHOPAEDIC_ONCOLOGY)
    if not alarms and not asks_surgeon(mirels):
        return None
    broken = any(alarm.key in _FRACTURED for alarm in alarms)
    return Offer(
        Proposal.ORTHOPAEDIC_ONCOLOGY,
        soonest(urgency_of(mirels), alarms),
        _note(
            [*reasons_of(alarms), *reading_of(assessed, mirels)],
            assessed,
            "how is the fracture to be treated?" if broken else "is the bone to be fixed before it breaks?",
        ),
    )


def _radiation_oncology(assessed: LesionAssessment) -> Offer | None:
    """Where what cannot wait asks for it, NOMS is settled on it, or its indication for pain is met."""
    alarms = asking(assessed, RADIATION_ONCOLOGY) if perhaps_spinal(assessed) else ()
    if any(alarm.key in _BEFORE_RADIOTHERAPY for alarm in alarms):
        # What was recorded before the deficit settles nothing after it.
        reasons = [_RT_3]
    else:
        reasons = [*_noms_decision(assessed), *_met(assessed, "radiotherapy", {"RT-1"})]
    if not reasons:
        return None
    return Offer(
        Proposal.RADIATION_ONCOLOGY,
        soonest(Urgency.ROUTINE, alarms),
        _note(_surgeon_first(assessed), assessed, "is it to be irradiated, and how?", reasons),
    )


def _surgeon_first(assessed: LesionAssessment) -> list[str]:
    """What cannot wait, and the score: with a surgeon's opinion first, where one of them asks for it."""
    alarms = _bearing_on(assessed)
    scored = spinal_score(assessed) or limb_score(assessed)
    if asks_surgeon(scored):
        return [*reasons_of(alarms), *reading_of(assessed, scored, f": {_SURGEON_FIRST}")]
    first = [f"{_SURGEON_FIRST.capitalize()}."] if alarms else []
    return [*reasons_of(alarms), *first, *reading_of(assessed, scored)]


def _bearing_on(assessed: LesionAssessment) -> tuple[Advice, ...]:
    """What cannot wait and is for a surgeon of this bone to decide."""
    return asking(assessed, *((SPINE_SURGERY,) if perhaps_spinal(assessed) else ()), ORTHOPAEDIC_ONCOLOGY)


def _noms_decision(assessed: LesionAssessment) -> Iterator[str]:
    noms = judged_by(assessed, "noms")
    rows = noms.result.rows if noms is not None and noms.settled and noms.result is not None else None
    # Every row but the one without a treatment names radiotherapy.
    if rows is not None and rows.outcome.treatments != (URGENT_REVIEW,):
        keys = " or ".join(row.id for row in rows.outcome.rows)
        yield f"NOMS: {rows.outcome.treatments[0].label} ({keys})."


def _interventional_radiology(assessed: LesionAssessment) -> Offer | None:
    """Where criteria for cement or ablation are met, and nothing forbids or delays it or comes first."""
    if any(alarm.key in _BEFORE_A_NEEDLE for alarm in assessed.alarms) or _may_be_unstable(assessed):
        return None
    judged = [judged_by(assessed, code) for code in ("augmentation", "ablation")]
    if any(one is not None and _forbidden(one) for one in judged):
        return None
    reasons = [*_cement(assessed), *_ablation(assessed)]
    if not reasons:
        return None
    after = list(_after_surgeon(assessed))
    why = _surgeon_first(assessed)
    if after:
        why = [*after, *reasons_of(_bearing_on(assessed)), *reading_of(assessed, spinal_score(assessed))]
    return Offer(
        Proposal.INTERVENTIONAL_RADIOLOGY,
        Urgency.ROUTINE,
        _note(why, assessed, "is cement or ablation an option?", reasons),
    )


def _may_be_unstable(assessed: LesionAssessment) -> bool:
    """Whether SINS is, may be, or was recorded as unstable: no cement or ablation before a surgeon saw it."""
    sins = scored_by(assessed, "sins")
    if sins is None or sins.result is None:
        return False
    unstable = sins.result.score.band(sins.instrument.alarm)
    worse = worse_recorded(assessed, sins)
    totals = [sins.result.maximum, *([worse.total] if worse is not None else [])]
    recorded = sins.as_recorded is not None or any(flag.key == "RED-5" for flag in sins.flags)
    return recorded or max(totals) >= unstable.low


def _after_surgeon(assessed: LesionAssessment) -> Iterator[str]:
    """INC-40: from a SINS of 7 nothing is put into the bone before a surgeon has assessed it."""
    sins = spinal_score(assessed)
    if sins is None or sins.result is None or not asks_surgeon(sins):
        return
    worse = worse_recorded(assessed, sins)
    told = totals_text(sins.result.totals)
    if worse is not None:
        told = f"{worse.total}, recorded on {day(worse.source)}"
    yield f"{sins.instrument.short} {told}: only after surgical assessment [INC-40]."


def _forbidden(judged: Judgement) -> bool:
    outcome = judged.result.outcome if judged.result is not None else None
    return outcome is not None and outcome.suitability in _NOT_NOW


def _cement(assessed: LesionAssessment) -> Iterator[str]:
    judged = judged_by(assessed, "augmentation")
    result = judged.result if judged is not None else None
    if result is None or result.outcome is None:
        return
    if result.suitability in (Suitability.ELIGIBLE, Suitability.CAUTION):
        yield from (by_rule(r.text, r.id) for r in result.outcome.met if r.effect is Effect.INDICATION)


def _ablation(assessed: LesionAssessment) -> Iterator[str]:
    """Its indications, and where the lesion hurts its options too; with what speaks against all of it."""
    judged = judged_by(assessed, "ablation")
    outcome = judged.result.outcome if judged is not None and judged.result is not None else None
    if outcome is None:
        return
    wanted = {Effect.INDICATION}
    if any(True for _ in _met(assessed, "radiotherapy", {"RT-1"})):
        wanted.add(Effect.OPTION)
    # An option of one technique is about how to do it, and not about whether.
    offered = [
        r
        for r in outcome.met
        if r.effect in wanted and (r.technique is None or r.effect is Effect.INDICATION)
    ]
    if offered:
        against = [
            r for r in outcome.met if r.effect is Effect.AGAINST and r.technique is None and not r.quiet
        ]
        yield from (by_rule(r.text, r.id) for r in (*offered, *against))


def _met(assessed: LesionAssessment, code: str, wanted: Collection[str]) -> Iterator[str]:
    judged = judged_by(assessed, code)
    outcome = judged.result.outcome if judged is not None and judged.result is not None else None
    if outcome is not None:
        yield from (by_rule(rule.text, rule.id) for rule in outcome.met if rule.id in wanted)


_OFFERS: Sequence[Callable[[LesionAssessment], Offer | None]] = (
    limb,
    _spine_surgery,
    _orthopaedics,
    _radiation_oncology,
    _interventional_radiology,
)
