"""Score of Rades for death within two months: the table and how a record answers it."""

from app.knowledge.instrument import Remark
from app.knowledge.patient_score import PatientScore
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.prognosis_reading import remarker
from app.knowledge.rades_two_month.readings import read
from app.knowledge.rades_two_month.table import ECOG, INTERVAL, ONSET, RADES_TWO_MONTH_SCORE

_ENTERED = Remark(
    "RAD2",
    "The interval since the cancer diagnosis and the onset of the motor deficit are as a clinician enters "
    "them. A Karnofsky status is not turned into ECOG.",
    (INTERVAL.cite, ONSET.cite, ECOG.cite),
)


def patient_score(_policy: Policy) -> PatientScore:
    """The score; no choice of a site changes it."""
    return PatientScore(
        score=RADES_TWO_MONTH_SCORE,
        short="Rades, two months",
        read=read,
        remark=remarker(_ENTERED),
        policies=SHARED_POLICIES,
    )
