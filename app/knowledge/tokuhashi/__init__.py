"""Revised Tokuhashi score (2005): the table and how a record answers it."""

from app.knowledge.patient_score import PatientScore
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.prognosis_reading import remarker
from app.knowledge.tokuhashi.readings import read
from app.knowledge.tokuhashi.table import TOKUHASHI


def patient_score(_policy: Policy) -> PatientScore:
    """The score; no choice of a site changes it."""
    return PatientScore(
        score=TOKUHASHI,
        short="Tokuhashi",
        read=read,
        remark=remarker(),
        policies=SHARED_POLICIES,
    )
