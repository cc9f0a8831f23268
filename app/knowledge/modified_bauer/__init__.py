"""Modified Bauer score: the table and how a record answers it."""

from app.knowledge.modified_bauer.readings import read
from app.knowledge.modified_bauer.table import MODIFIED_BAUER_SCORE
from app.knowledge.patient_score import PatientScore
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.prognosis_reading import remarker


def patient_score(_policy: Policy) -> PatientScore:
    """The score; no choice of a site changes it."""
    return PatientScore(
        score=MODIFIED_BAUER_SCORE,
        short="Modified Bauer",
        read=read,
        remark=remarker(),
        policies=SHARED_POLICIES,
    )
