"""Score of van der Linden: the table and how a record answers it."""

from app.knowledge.patient_score import PatientScore
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.prognosis_reading import remarker
from app.knowledge.van_der_linden.readings import read
from app.knowledge.van_der_linden.table import VAN_DER_LINDEN


def patient_score(_policy: Policy) -> PatientScore:
    """The score; no choice of a site changes it."""
    return PatientScore(
        score=VAN_DER_LINDEN,
        short="van der Linden",
        read=read,
        remark=remarker(),
        policies=SHARED_POLICIES,
    )
