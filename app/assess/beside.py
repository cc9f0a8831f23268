"""What stands in the record beside a score, that the score does not judge and nobody may overlook."""

from app.assess.result import Assessment, FindingView, LesionAssessment, finding_view
from app.knowledge.anatomy import Kind
from app.knowledge.findings import BESIDE_SCORES, HARMLESS_ANSWERS, LOOK_FIRST

_OF_THE_SPINE = (None, Kind.SPINE, Kind.PELVIC_RING)


def beside(assessment: Assessment, assessed: LesionAssessment) -> tuple[FindingView, ...]:
    """The findings beside a lesion's scores that are present or may be, in the order in which they matter."""
    found = (
        finding_view(code, facts)
        for code in BESIDE_SCORES
        if (facts := (*assessed.lesion.facts.get(code, ()), *assessment.patient_facts.get(code, ())))
    )
    return tuple(view for view in found if not set(view.possible) <= HARMLESS_ANSWERS)


def look_first(assessed: LesionAssessment, views: tuple[FindingView, ...]) -> tuple[FindingView, ...]:
    """Those that come before any score: at a spine, or at a bone that is not told."""
    if assessed.lesion.place.kind not in _OF_THE_SPINE:
        return ()
    return tuple(view for view in views if view.finding in LOOK_FIRST)
