"""What Mirels says beside its number: who should look, what to doubt, what to record next."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from app.engine.provenance import Age
from app.engine.reading import Interval
from app.engine.score import ScoreResult
from app.knowledge.anatomy import SITES, Kind, Place, place_of
from app.knowledge.instrument import (
    APPLIES,
    Advice,
    Applicability,
    Remark,
    Remarks,
    Urgency,
    day,
    names,
    set_aside,
    source_cautions,
    totals_text,
)
from app.knowledge.lesion import Lesion, RecordedTotal
from app.knowledge.mirels.table import MIRELS
from app.knowledge.policy import Policy
from app.knowledge.sources import (
    AMENDOLA_2023,
    HUMERUS_2023,
    MIRELS_1989,
    TADROS_2018,
    VAN_DER_LINDEN_2004,
    VAN_DER_WAL_2020,
    at,
    local_policy,
)

# Findings that are no item and speak for or against high risk by themselves.
_BESIDE = (
    "axial-cortical-involvement",
    "circumferential-cortical-involvement",
    "cortical-breach",
    "lesser-trochanter-fracture",
    "pathological-fracture",
)
DECIDES = "orthopaedic oncology with radiation oncology"
_RISK = at(TADROS_2018, "MIR-B", "Mirels fracture risk and recommendation table")
_N1 = at(MIRELS_1989, "MIR-N1", "abstract against the table in use")
_GEN_5 = local_policy("GEN-5", "Nothing reassuring while a worse answer is possible")
_FEMUR, _PROXIMAL_FEMUR, _HUMERUS = (
    place_of("femur"),
    place_of("proximal-femur"),
    place_of("humerus"),
)
_EIGHT = 8
_FROM_30_MM = Interval(Fraction(30), None)
_OVER_30_MM = Interval(Fraction(30), None, low_closed=False)
_OVER_HALF = Interval(Fraction(50), None, low_closed=False)


_LES_1 = local_policy("LES-1", "A lesion without a site is not scored as settled")
_MIR_E2 = local_policy("MIR-E2", "Mirels is for long bones only")
_MIR_E7 = local_policy("MIR-E7", "Not applicable once the bone is broken")
_MIR_R4 = at(TADROS_2018, "MIR-R4", "proximal femur slide")
_MIR_R5 = at(TADROS_2018, "MIR-R5", "proximal femur slide")
_MIR_E3 = local_policy("MIR-E3", "Both options kept")
_MIR_E4 = local_policy("MIR-E4", "No pain counts 1 point")
_MIR_E6 = local_policy("MIR-E6", "Size read on CT or MRI is accepted and flagged")
_MIR_E8 = local_policy("MIR-E8", "Side is mandatory for limbs")
_CON_3 = local_policy("CON-3", "A recorded total never replaces its items")

_SITE_UNKNOWN = Applicability(
    None, "The site is not recorded: Mirels applies only if the lesion is in a long bone.", (_LES_1,)
)
_BONE_UNKNOWN = Applicability(
    None, "The bone is not named: Mirels applies only if it is a long bone.", (_MIR_E2,)
)
_NOT_LONG_BONE = Applicability(applies=False, reason="Mirels is for long bones.", cites=(_MIR_E2,))
_BROKEN = Applicability(
    applies=False,
    reason="A fracture is recorded: Mirels is for bones that have not broken. Consider the local fracture "
    "pathway and orthopaedic oncology.",
    cites=(_MIR_E7,),
)
_PERHAPS_BROKEN = Applicability(
    None,
    "Entries leave open whether the bone is broken: Mirels is for bones that are not.",
    (_MIR_E7,),
)


def applies(lesion: Lesion) -> Applicability:
    """Whether Mirels is made for this lesion (MIR-E2, MIR-E7)."""
    kind = lesion.place.kind
    if kind is None:
        return _SITE_UNKNOWN
    if kind not in (Kind.LONG_BONE, Kind.LIMB_BONE):
        return _NOT_LONG_BONE
    if lesion.may_be("pathological-fracture"):
        return _PERHAPS_BROKEN if lesion.may_be("pathological-fracture", "absent") else _BROKEN
    return _BONE_UNKNOWN if kind is Kind.LIMB_BONE else APPLIES


def remarker(policy: Policy) -> Callable[[ScoreResult, Lesion | None], Remarks]:
    """What to say of a result under this site's policy."""

    def remark(result: ScoreResult, lesion: Lesion | None) -> Remarks:
        named = lesion is not None and lesion.place.site is not None
        flags = tuple(_flags(result, lesion)) if lesion is not None and named else ()
        totals = _recorded_totals(lesion)
        worse = any(one.total > MIRELS.band(result.bands[-1]).high for one in totals)
        cautions = [*source_cautions(result), *_score_cautions(result)]
        next_items = [] if result.settled else list(result.would_settle or result.missing)
        if lesion is not None:
            cautions += set_aside(lesion, _BESIDE)
            cautions += _lesion_cautions(result, lesion, policy)
            femoral = named and _within(_FEMUR, lesion.place)
            if femoral and not lesion.recorded("axial-cortical-involvement"):
                next_items.append("axial-cortical-involvement")
        return Remarks(
            advice=_disagreeing(result, policy)
            if worse
            else _advice(result, policy, totals, flagged=bool(flags)),
            flags=(*_recorded_high(totals), *flags),
            cautions=tuple(cautions),
            record_next=tuple(next_items),
        )

    return remark


def _recorded_totals(lesion: Lesion | None) -> tuple[RecordedTotal, ...]:
    """The totals of Mirels that the record holds; one in the future is not counted."""
    if lesion is None:
        return ()
    return tuple(
        one for one in lesion.totals if one.score == MIRELS.code and one.source.age is not Age.FUTURE
    )


def _recorded_high(totals: Sequence[RecordedTotal]) -> Iterator[Remark]:
    for one in totals:
        if one.total >= MIRELS.band("high").low:
            yield Remark(
                "MIR-B3",
                f"Mirels {one.total} (high) is recorded on {day(one.source)}: re-examine now.",
                (_RISK, _CON_3),
            )


def _disagreeing(result: ScoreResult, policy: Policy) -> Advice:
    return Advice(
        "CON-3",
        "Items and a recorded total disagree: look again",
        f"Mirels {totals_text(result.totals)} by its items, but a recorded total is of a worse category. "
        "Consider a new reading and a word with orthopaedic oncology before relying on either.",
        DECIDES,
        Urgency(policy.choice("FEMR-1-urgency")),
        (_RISK, _CON_3),
    )


def _advice(
    result: ScoreResult, policy: Policy, recorded: Sequence[RecordedTotal], *, flagged: bool
) -> Advice:
    totals = totals_text(result.totals)
    soon = Urgency(policy.choice("FEMR-1-urgency"))
    if result.bands == ("high",):
        return Advice(
            "MIR-B3",
            "High: orthopaedic oncology to assess for fixation",
            f"Mirels {totals}: high. Consider orthopaedic oncology assessment; prophylactic fixation "
            "is the published recommendation at 9 or more (published fracture risk of the band 33 to 100 %; "
            "sensitivity above 91 %, specificity 35 %).",
            DECIDES,
            soon,
            (_RISK,),
        )
    if result.bands == ("borderline",):
        return Advice(
            "MIR-N1",
            "Borderline: orthopaedic oncology to judge",
            f"Mirels {totals}: borderline. Consider orthopaedic oncology: the original abstract asks "
            "for fixation from 8, the table in use from 9 (published fracture risk at 8: 15 %).",
            DECIDES,
            soon,
            (_RISK, _N1),
        )
    if not result.settled:
        return Advice(
            "GEN-5",
            "Higher fracture risk not excluded"
            if "low" in result.bands
            else "At least borderline: orthopaedic oncology to judge",
            f"Mirels {totals}: {_bands(result)} remain possible{_deciding(result)}."
            f"{_without_items(result, recorded)}",
            DECIDES,
            soon if "high" in result.bands or "borderline" in result.bands else Urgency.ROUTINE,
            (_RISK, _GEN_5),
        )
    if flagged:
        return Advice(
            "MIR-R",
            "Low score, high-risk finding: orthopaedic oncology to assess",
            f"Mirels {totals}, but a finding beside the score speaks for high risk. Consider "
            "orthopaedic oncology assessment.",
            DECIDES,
            soon,
            (_RISK, VAN_DER_WAL_2020),
        )
    return Advice(
        "MIR-B1",
        "Low by Mirels",
        f"Mirels {totals}: in the low band; observation or radiotherapy were published for it, with a "
        f"fracture risk "
        "under 4 %. The team decides, no intervention included.",
        DECIDES,
        Urgency.ROUTINE,
        (_RISK,),
    )


def _bands(result: ScoreResult) -> str:
    labels = [MIRELS.band(code).label for code in result.bands]
    return f"{', '.join(labels[:-1])} and {labels[-1]}"


def _deciding(result: ScoreResult) -> str:
    if result.would_settle:
        return f"; {names(MIRELS, result.would_settle)} would settle the category"
    return f"; to be recorded: {names(MIRELS, result.missing)}" if result.missing else ""


def _without_items(result: ScoreResult, recorded: Sequence[RecordedTotal]) -> str:
    """The worst total that somebody recorded, where items behind it are missing; none that would calm."""
    worst = max((one.total for one in recorded), default=0)
    if not result.missing or worst <= MIRELS.band("low").high:
        return ""
    return f" A Mirels of {worst} is recorded without all the items behind it."


def _within(whole: Place, place: Place) -> bool:
    """Whether a place is, or may be, part of a bone."""
    sideless = Place(place.site)
    return whole.holds(sideless) or sideless.holds(whole)


def _flags(result: ScoreResult, lesion: Lesion) -> Iterator[Remark]:
    place = lesion.place
    if _within(_HUMERUS, place):
        if result.maximum >= _EIGHT:
            reach = "is" if result.minimum >= _EIGHT else "may be"
            yield Remark(
                "MIR-R1",
                f"Humerus: the score {reach} 8 or more, the threshold that did best in this bone; 9 "
                "alone is not to be used here.",
                (HUMERUS_2023,),
            )
        if lesion.may_be("cortical-breach"):
            yield Remark(
                "MIR-R1-breach",
                "Humerus with a cortical breach: the strongest predictor of fracture in one series "
                "(odds ratio 21.0, 5.7 to 77.2).",
                (HUMERUS_2023,),
            )
    if _within(_FEMUR, place):
        if lesion.may_reach("axial-cortical-involvement", _FROM_30_MM):
            yield Remark(
                "MIR-R2",
                "Femur with 30 mm or more of cortex involved along its axis: high risk whatever the "
                "Mirels score (the 2004 series used more than 30 mm, the 2020 series 30 mm or more).",
                (VAN_DER_WAL_2020, VAN_DER_LINDEN_2004),
            )
        if lesion.may_reach("circumferential-cortical-involvement", _OVER_HALF):
            yield Remark(
                "MIR-R3",
                "Femur with more than half of the circumference involved: high risk whatever the "
                "Mirels score.",
                (VAN_DER_LINDEN_2004,),
            )
    if _within(_PROXIMAL_FEMUR, place):
        if lesion.may_reach("axial-cortical-involvement", _OVER_30_MM) or lesion.may_be(
            "lesser-trochanter-fracture"
        ):
            yield Remark(
                "MIR-R4",
                "Proximal femur with more than 30 mm of cortex involved or an earlier fracture of the "
                "lesser trochanter: cement alone carries a high fracture risk; cement with screws is "
                "an alternative to discuss.",
                (_MIR_R4,),
            )
        pain = result.answers["pain"]
        if pain.recorded and "functional" in pain.possible:
            yield Remark(
                "MIR-R5",
                "Proximal femur with pain on use: the most reliable single predictor of an impending "
                "fracture.",
                (_MIR_R5,),
            )


def _score_cautions(result: ScoreResult) -> Iterator[Remark]:
    if _EIGHT in result.totals:
        yield Remark(
            "MIR-N1",
            "At 8 the original disagrees with itself: its abstract asks for fixation from 8, the "
            "table in use from 9.",
            (_N1,),
        )


def _lesion_cautions(result: ScoreResult, lesion: Lesion, policy: Policy) -> Iterator[Remark]:
    place = lesion.place
    if len(result.answers["site"].possible) > 1 and place.site is not None:
        yield Remark(
            "MIR-E3",
            "Femur, not told whether peritrochanteric: published practice differs on head and neck, "
            "so 2 and 3 points stay possible.",
            (_MIR_E3, AMENDOLA_2023),
        )
    if lesion.may_be("limb-pain", "limb-pain-none"):
        yield Remark(
            "MIR-E4",
            "No pain: the original has no zero, so it counts 1 point.",
            (_MIR_E4,),
        )
    if result.answers["size"].recorded and policy.choice("MIR-E6") == "show":
        yield Remark(
            "MIR-E6",
            "Size was defined on plain films: mind the difference if it was read on CT or MRI.",
            (_MIR_E6,),
        )
    if place.site is not None and SITES[place.site].sided and place.side is None:
        yield Remark(
            "MIR-E8",
            "The side is not recorded: this lesion is kept apart from lesions of either side.",
            (_MIR_E8,),
        )
    femoral = place.site is not None and _within(_FEMUR, place)
    if femoral and not lesion.recorded("axial-cortical-involvement"):
        yield Remark(
            "MIR-R2-unknown",
            "Axial cortical involvement is not recorded: 30 mm or more would mean high risk whatever "
            "the score.",
            (VAN_DER_WAL_2020,),
        )
    for recorded in lesion.totals:
        if recorded.score == MIRELS.code and recorded.total not in result.totals:
            yield Remark(
                "MIR-total",
                f"The record holds a Mirels total of {recorded.total}, which its items do not give: "
                "check both.",
                (_CON_3,),
            )
