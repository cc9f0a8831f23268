"""New England Spinal Metastasis Score: the table and how a record answers it."""

from app.knowledge.instrument import Remark
from app.knowledge.nesms.readings import read
from app.knowledge.nesms.table import ALBUMIN, AMBULATION, NESMS
from app.knowledge.patient_score import PatientScore
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.prognosis_reading import remarker

_ENTERED = Remark(
    "NESMS",
    "Albumin and walking are as a clinician enters them: the cut-offs behind them were not verified, so that "
    "no value on record answers them.",
    (ALBUMIN.cite, AMBULATION.cite),
)


def patient_score(_policy: Policy) -> PatientScore:
    """The score; no choice of a site changes it."""
    return PatientScore(
        score=NESMS,
        short="NESMS",
        read=read,
        remark=remarker(_ENTERED),
        policies=SHARED_POLICIES,
    )
