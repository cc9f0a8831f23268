"""What SINS says beside its number: who should look, what to doubt, what to record next."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from app.engine.provenance import Age
from app.engine.score import ScoreResult
from app.knowledge.anatomy import Kind
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
from app.knowledge.policy import Policy
from app.knowledge.sins.table import LESION, SINS
from app.knowledge.sources import (
    BOLLEN,
    FISHER_2010,
    FOURNEY_2011,
    SAHGAL_2013,
    TADROS_2018,
    at,
    local_policy,
)

# Findings that are no item and change what the score means.
_BESIDE = (
    "instrumented-segment",
    "post-treatment-change",
    "prior-radiation",
    "imaging-supine-only",
)
DECIDES = "spine surgery with oncology and radiation oncology"
_CONSULT = at(FOURNEY_2011, "SINS-B2", "abstract, categories")
_RED_5 = local_policy("RED-5", "SINS of 13 or more: urgent spine surgery assessment")
_RED_5B = local_policy("RED-5b", "SINS of 13 or more reachable: discuss now")
_GEN_5 = local_policy("GEN-5", "Nothing reassuring while a worse answer is possible")


_LES_1 = local_policy("LES-1", "A lesion without a site is not scored as settled")
_SINS_1 = at(FISHER_2010, "SINS-1", "table, location")
_SINS_E14 = local_policy("SINS-E14", "SINS is not applicable without a tumour")
_CON_3 = local_policy("CON-3", "A recorded total never replaces the items behind it")
_SINS_E13 = local_policy("SINS-E13", "Marked and never called stable")
_SINS_E15 = local_policy("SINS-E15", "Sclerosis after treatment is flagged")
_SINS_E16 = local_policy("SINS-E16", "Supine imaging is accepted and flagged")
_SINS_E11 = local_policy("SINS-E11", "Levels are scored one by one")
_SURG_1 = at(TADROS_2018, "SURG-1", "surgical evaluation slide")
_SINS_L = local_policy("SINS-L", "Levels outside the map are not taken as 0")
_SINS_E1 = local_policy("SINS-E1", "Both sides of the edge")

_SITE_UNKNOWN = Applicability(
    None, "The site is not recorded: SINS applies only if the lesion is in the spine.", (_LES_1,)
)
_BONE_UNKNOWN = Applicability(
    None, "The bone is not named: SINS applies only if it is the sacrum.", (_LES_1,)
)
_NOT_SPINE = Applicability(applies=False, reason="SINS is for lesions of the spine.", cites=(_SINS_1,))
_NO_TUMOUR = Applicability(
    applies=False,
    reason="Recorded as an osteoporotic fracture, with no tumour at this level: SINS is for tumours. Record "
    "the tumour if there is one.",
    cites=(_SINS_E14,),
)


def applies(lesion: Lesion) -> Applicability:
    """Whether SINS is made for this lesion."""
    kind = lesion.place.kind
    if kind is None:
        return _SITE_UNKNOWN
    if kind is Kind.PELVIC_RING:
        return _BONE_UNKNOWN
    if kind is not Kind.SPINE:
        return _NOT_SPINE
    return _NO_TUMOUR if lesion.osteoporotic else APPLIES


def remarker(policy: Policy) -> Callable[[ScoreResult, Lesion | None], Remarks]:
    """What to say of a result under this site's policy."""

    def remark(result: ScoreResult, lesion: Lesion | None) -> Remarks:
        outside = lesion is not None and lesion.may_be("instrumented-segment")
        totals = _recorded_totals(lesion)
        flags = tuple(_flags(lesion, totals)) if lesion is not None else ()
        worse = any(one.total > SINS.band(result.bands[-1]).high for one in totals)
        cautions = [*source_cautions(result), *([] if outside else _one_step(result))]
        if lesion is not None:
            cautions += set_aside(lesion, _BESIDE)
            cautions += _lesion_cautions(result, lesion, policy)
        return Remarks(
            advice=_disagreeing(result, policy)
            if worse
            else _advice(result, policy, totals, outside=outside),
            flags=flags,
            cautions=tuple(cautions),
            record_next=() if result.settled else result.would_settle or result.missing,
        )

    return remark


def _advice(
    result: ScoreResult, policy: Policy, recorded: Sequence[RecordedTotal], *, outside: bool
) -> Advice:
    totals = totals_text(result.totals)
    red_5 = Urgency(policy.choice("RED-5"))
    consult = Urgency(policy.choice("SINS-B2-urgency"))
    if result.bands == ("unstable",):
        return Advice(
            "RED-5",
            "Unstable: urgent spine surgery assessment",
            f"SINS {totals}: unstable. Consider an urgent spine surgery assessment; spinal "
            "precautions meanwhile as the local protocol says.",
            DECIDES,
            red_5,
            (_CONSULT, _RED_5),
        )
    if "unstable" in result.bands:
        return Advice(
            "RED-5b",
            "May be unstable: discuss with spine surgery now",
            f"SINS {totals}: an unstable spine is not excluded. Consider discussing it with spine "
            f"surgery now{_deciding(result)}.{_without_items(result, recorded)}",
            DECIDES,
            Urgency(policy.choice("RED-5b")),
            (_CONSULT, _RED_5B),
        )
    if result.bands == ("potentially-unstable",):
        return Advice(
            "SINS-B2",
            "Potentially unstable: spine surgery to assess",
            f"SINS {totals}: potentially unstable. Consider a spine surgery assessment before "
            "treatment is chosen.",
            DECIDES,
            consult,
            (_CONSULT,),
        )
    if not result.settled:
        return Advice(
            "GEN-5",
            "Potential instability not excluded",
            f"SINS {totals}: a potentially unstable spine is not excluded{_deciding(result)}."
            f"{_without_items(result, recorded)}",
            DECIDES,
            consult,
            (_CONSULT, _GEN_5),
        )
    if outside:
        return Advice(
            "SINS-E13",
            "Low score, outside validated use",
            f"SINS {totals}, for a segment that is or may be instrumented, fused or cemented: such "
            "segments were excluded from validation, so this is no statement of stability.",
            DECIDES,
            Urgency.ROUTINE,
            (BOLLEN,),
        )
    return Advice(
        "SINS-B1",
        "Stable by SINS",
        f"SINS {totals}: stable by this score. It does not judge the spinal cord, nerve roots or "
        "pain control; treatment remains for the team to choose, no intervention included.",
        DECIDES,
        Urgency.ROUTINE,
        (_CONSULT,),
    )


def _disagreeing(result: ScoreResult, policy: Policy) -> Advice:
    return Advice(
        "CON-3",
        "Items and a recorded total disagree: look again",
        f"SINS {totals_text(result.totals)} by its items, but a recorded total is of a worse category. "
        "Consider a new reading and a word with spine surgery before relying on either.",
        DECIDES,
        Urgency(policy.choice("RED-5b")),
        (_CONSULT, _CON_3),
    )


def _deciding(result: ScoreResult) -> str:
    if result.would_settle:
        return f"; {names(SINS, result.would_settle)} would settle the category"
    return f"; to be recorded: {names(SINS, result.missing)}" if result.missing else ""


def _without_items(result: ScoreResult, recorded: Sequence[RecordedTotal]) -> str:
    """The worst total that somebody recorded, where items behind it are missing; none that would calm."""
    worst = max((one.total for one in recorded), default=0)
    if not result.missing or worst <= SINS.band("stable").high:
        return ""
    return f" A SINS of {worst} is recorded without all the items behind it."


def _recorded_totals(lesion: Lesion | None) -> tuple[RecordedTotal, ...]:
    """The totals of SINS that the record holds; one in the future is not counted."""
    if lesion is None:
        return ()
    return tuple(one for one in lesion.totals if one.score == SINS.code and one.source.age is not Age.FUTURE)


def _flags(lesion: Lesion, totals: Sequence[RecordedTotal]) -> Iterator[Remark]:
    if lesion.may_be("instrumented-segment"):
        yield Remark(
            "SINS-E13",
            "The segment is, or may be, instrumented, fused or cemented: outside validated use.",
            (BOLLEN, _SINS_E13),
        )
    for recorded in totals:
        if recorded.total >= SINS.band("unstable").low:
            yield Remark(
                "RED-5",
                f"SINS {recorded.total} (unstable) is recorded on {day(recorded.source)}: re-examine now.",
                (_RED_5,),
            )


def _one_step(result: ScoreResult) -> Sequence[Remark]:
    """SINS-C1: lesion quality is read with a kappa near .24, so one step is within its error."""
    if not result.settled:
        return ()
    bands = SINS.bands_with(result.answers, "lesion", _wider(result.answers["lesion"].possible))
    if bands == result.bands:
        return ()
    others = " or ".join(SINS.band(code).label for code in bands if code not in result.bands)
    return (
        Remark(
            "SINS-C1",
            f"Had the bone lesion been read one step differently, the category would be {others}: "
            "observers agree only fairly on it (kappa .244).",
            (FOURNEY_2011,),
        ),
    )


@cache
def _wider(possible: tuple[str, ...]) -> tuple[str, ...]:
    """The options, and those one step beside them."""
    order = LESION.codes
    places = {order.index(code) for code in possible}
    return tuple(code for n, code in enumerate(order) if {n - 1, n, n + 1} & places)


def _lesion_cautions(result: ScoreResult, lesion: Lesion, policy: Policy) -> Iterator[Remark]:
    treated = lesion.may_be("post-treatment-change") or lesion.may_be("prior-radiation")
    quality = result.answers["lesion"]
    sclerotic = quality.recorded and bool({"mixed", "blastic"} & set(quality.possible))
    if policy.choice("SINS-E15") == "show" and treated and sclerotic:
        yield Remark(
            "SINS-E15",
            "After treatment: sclerosis may not equal strength.",
            (_SINS_E15,),
        )
    if policy.choice("SINS-E16") == "show" and lesion.may_be("imaging-supine-only"):
        yield Remark(
            "SINS-E16",
            "Alignment was read on supine imaging only, which may under-estimate deformity.",
            (_SINS_E16,),
        )
    if len(lesion.spans) > 1:
        yield Remark(
            "SINS-E11",
            f"The lesion is recorded at {', '.join(lesion.spans)}: each level is scored; the highest "
            "counts. Multilevel disease is a reason for early surgical evaluation.",
            (
                _SINS_E11,
                _SURG_1,
            ),
        )
    if lesion.place.kind is Kind.SPINE and not lesion.place.levels:
        yield Remark(
            "SINS-L",
            "The published level map does not place the coccyx: every location stays possible.",
            (_SINS_L,),
        )
    collapse = result.answers["collapse"]
    if collapse.recorded and collapse.possible == ("over-50", "under-50"):
        yield Remark(
            "SINS-E1",
            "Collapse at or about 50 %, or of untold extent: both sides of the edge are kept; one series "
            "counted 50 % as the higher.",
            (_SINS_E1, SAHGAL_2013),
        )
    for recorded in lesion.totals:
        if recorded.score == SINS.code and recorded.total not in result.totals:
            yield Remark(
                "SINS-total",
                f"The record holds a SINS of {recorded.total}, which its items do not give: check both.",
                (_CON_3,),
            )
