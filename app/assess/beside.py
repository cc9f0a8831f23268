"""What stands in the record beside a score, that the score does not judge and nobody may overlook."""

from app.assess.result import Assessment, FindingView, LesionAssessment, finding_view
from app.knowledge.findings import ALARMED, BESIDE_SCORES, HARMLESS_ANSWERS

_FRACTURES = frozenset({"MIR-E7", "ACER-2"})


def beside(assessment: Assessment, assessed: LesionAssessment) -> tuple[FindingView, ...]:
    """The findings beside a lesion's scores that are or may be there, and that no alarm tells already."""
    found = (
        finding_view(code, facts)
        for code in BESIDE_SCORES
        if (facts := (*assessed.lesion.facts.get(code, ()), *assessment.patient_facts.get(code, ())))
    )
    # A fracture says nothing of nerves and vessels.
    told = ALARMED if any(alarm.key not in _FRACTURES for alarm in assessed.alarms) else frozenset()
    return tuple(
        view for view in found if view.finding not in told and not set(view.possible) <= HARMLESS_ANSWERS
    )
