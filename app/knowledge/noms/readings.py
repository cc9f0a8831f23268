"""How a record answers NOMS: each input from what it names, none inferred from another."""

from collections.abc import Mapping

from app.engine.criteria import Given
from app.engine.provenance import Source
from app.engine.question import Answer
from app.knowledge.anatomy import Kind
from app.knowledge.instrument import APPLIES, Applicability
from app.knowledge.noms.table import (
    ESCC,
    MYELOPATHY,
    PRIOR_RADIATION,
    RADIOSENSITIVITY,
    STABILITY,
    SYSTEMIC,
)
from app.knowledge.pathway import coded_answer
from app.knowledge.patient import Case
from app.knowledge.sins.table import SINS
from app.knowledge.sources import TADROS_2018, at, local_policy

_NOMS = at(TADROS_2018, "NOMS", "NOMS decision slide")
_NOT_SPINE = Applicability(applies=False, reason="NOMS is for metastases of the spine.", cites=(_NOMS,))
_BONE_UNKNOWN = Applicability(
    None,
    "The bone is not recorded: NOMS applies only if it is the spine.",
    (local_policy("LES-1", "A lesion without a site is not judged as settled"),),
)


def applies(case: Case) -> Applicability:
    """Whether NOMS is made for this lesion."""
    kind = case.lesion.place.kind
    if kind in (None, Kind.PELVIC_RING):
        return _BONE_UNKNOWN
    return APPLIES if kind is Kind.SPINE and not case.lesion.osteoporotic else _NOT_SPINE


def read(case: Case) -> Mapping[str, Given]:
    """What the record answers of each input."""
    both = {code: {code} for code in ("present", "absent")}
    return {
        "escc": coded_answer(ESCC, case.facts("escc-grade"), {code: {code} for code in ESCC.codes}),
        "myelopathy": coded_answer(MYELOPATHY, case.facts("myelopathy"), both),
        "radiosensitivity": radiosensitivity(case),
        "stability": stability(case),
        "systemic": coded_answer(
            SYSTEMIC, case.facts("surgical-tolerance"), {code: {code} for code in SYSTEMIC.codes}
        ),
        "prior_radiation": coded_answer(PRIOR_RADIATION, case.facts("prior-radiation"), both),
    }


def radiosensitivity(case: Case) -> Answer:
    """The classes that the recorded primaries leave possible; two primaries are a set (ONC-2)."""
    primary = case.patient.primary
    return Answer(
        RADIOSENSITIVITY.ordered(primary.radiosensitivity),
        recorded=primary.recorded,
        sources=primary.sources,
    )


def stability(case: Case) -> Answer:
    """The categories of SINS that are still reachable (NOMS-X2)."""
    totals = case.totals.get("sins", ())
    if not totals:
        return Answer(STABILITY.codes)
    bands = {band.code for band in SINS.bands for total in totals if band.low <= total <= band.high}
    facts = [fact for listed in case.lesion.facts.values() for fact in listed if fact.source.age.usable]
    sources: dict[Source, None] = {fact.source: None for fact in facts if fact.finding in _OF_SINS}
    # A segment outside the validated use of the score is never taken as stable by it.
    if case.lesion.may_be("instrumented-segment"):
        bands |= {"stable", "potentially-unstable"} if bands == {"stable"} else set()
    return Answer(STABILITY.ordered(bands), recorded=bool(sources), sources=tuple(sources))


_OF_SINS = frozenset(
    {
        "spinal-pain",
        "bone-lesion-quality",
        "spinal-alignment",
        "vertebral-collapse",
        "vertebral-height-loss",
        "vertebral-body-involvement",
        "posterolateral-involvement",
    }
)
