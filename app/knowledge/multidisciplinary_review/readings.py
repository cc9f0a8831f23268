"""How a record answers whether the meeting decides: open categories, conflicts, earlier radiotherapy."""

from collections.abc import Mapping

from app.engine.criteria import Given
from app.engine.provenance import Source
from app.engine.quantity import measured
from app.engine.question import Answer, compatible
from app.engine.reading import Fact, Interval
from app.knowledge.finding import Scope
from app.knowledge.findings import FINDINGS
from app.knowledge.instrument import APPLIES, Applicability
from app.knowledge.mirels.table import MIRELS
from app.knowledge.multidisciplinary_review import rules
from app.knowledge.pathway import NO, YES, present
from app.knowledge.patient import Case
from app.knowledge.sins.table import SINS
from app.knowledge.sources import local_policy

_NO_TUMOUR = Applicability(
    applies=False,
    reason="This is for bone metastases; recorded is an osteoporotic fracture.",
    cites=(local_policy("MDT-1", "What is no emergency ends with the multidisciplinary meeting"),),
)
# Of pain scales and laboratory values the latest counts: earlier ones are no conflict.
_OF_A_LESION = tuple(
    code for code, finding in FINDINGS.items() if finding.scope is not Scope.PATIENT and not finding.latest
)
_BANDS = {score.code: score.bands for score in (SINS, MIRELS)}


def applies(case: Case) -> Applicability:
    """Every lesion that may be a metastasis, whatever its bone."""
    return _NO_TUMOUR if case.lesion.osteoporotic else APPLIES


def read(case: Case) -> Mapping[str, Given]:
    """What the record answers; which treatments are eligible is stated by the caller."""
    return {
        "bands_undetermined": _bands(case),
        "sources_conflict": _conflict(case),
        "prior_radiation": present(rules.EARLIER, case.facts("prior-radiation")),
    }


def _bands(case: Case) -> Answer:
    """Yes where a score reaches two categories; no where every score has one; open without a score."""
    reached = [
        {band.code for band in _BANDS[score] for total in totals if band.low <= total <= band.high}
        for score, totals in case.totals.items()
        if score in _BANDS and totals
    ]
    if not reached:
        return Answer(rules.BANDS.codes)
    return Answer((YES if any(len(bands) > 1 for bands in reached) else NO,), recorded=True)


def _conflict(case: Case) -> Answer:
    """Whether facts of one finding of this lesion exclude one another."""
    usable = {finding: case.lesion.usable(finding) for finding in _OF_A_LESION}
    if not any(usable.values()):
        return Answer(rules.CONFLICT.codes)
    sources: dict[Source, None] = {
        fact.source: None for finding, facts in usable.items() if _exclude_each_other(facts) for fact in facts
    }
    return Answer((YES if sources else NO,), recorded=True, sources=tuple(sources))


def _exclude_each_other(facts: tuple[Fact, ...]) -> bool:
    if len(facts) < 2:  # noqa: PLR2004  one fact contradicts nothing
        return False
    if isinstance(facts[0].value, Interval):
        return measured(facts).conflicting
    return compatible([fact.value for fact in facts if not isinstance(fact.value, Interval)])[1]
