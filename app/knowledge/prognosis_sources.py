"""The publications that the prognostic scores stand on, and the local rules that hold for all of them."""

from app.engine.provenance import Citation, Tag
from app.engine.score import Performance
from app.knowledge.sources import NESMS_COHORT, at, local_policy

TOKUHASHI_REVIEW = Citation(
    key="Tokuhashi 2014",
    title="Tokuhashi 2014, review of prognostic scores in spinal metastases. World J Orthop 5:262",
    place="abstract",
    tag=Tag.READ,
    url="https://pmc.ncbi.nlm.nih.gov/articles/PMC4095019/",
)
MODIFIED_BAUER = Citation(
    key="Modified Bauer",
    title="Modified Bauer score, as printed by dss.dign.eu after Leithner 2008",
    place="table",
    tag=Tag.READ,
)
NESMS_SUMMARY = Citation(
    key="NESMS",
    title="New England Spinal Metastasis Score, as summarised in an abstract",
    place="abstract",
    tag=Tag.SECONDARY,
)
SCHOENFELD_2020 = Citation(
    key="Schoenfeld 2020",
    title="Schoenfeld AJ et al. Prospective validation of the New England Spinal Metastasis Score, "
    "180 patients. Spine J 2020",
    place="abstract",
    tag=Tag.READ,
    url="https://doi.org/10.1016/j.spinee.2020.02.009",
)
VAN_DER_LINDEN_SCORE = Citation(
    key="VDL",
    title="Score of van der Linden and the Dutch Bone Metastasis Study Group, as printed by Medical "
    "Algorithms",
    place="table; its medians were read off a figure",
    tag=Tag.READ,
    url="https://www.medicalalgorithms.com/scoring-system-of-van-der-linden-and-the-dutch-bone-metastasis-"
    "study-group-for-predicting-survival-in-patients-with-metastases-to-the-spinal-column",
)
RADES_TWO_MONTH = Citation(
    key="RAD2",
    title="Score of Rades et al. for death within two months in metastatic spinal cord compression, as "
    "printed by Medical Algorithms",
    place="table and performance",
    tag=Tag.READ,
    url="https://www.medicalalgorithms.com/score-of-rades-et-al-for-identifying-a-patient-with-metastatic-"
    "spinal-cord-compression-with-short-life-expectancy",
)
PRO_0 = at(TOKUHASHI_REVIEW, "PRO-0", "abstract, agreement with real survival")
PRO_R1 = local_policy(
    "PRO-R1", "Life expectancy over three months is entered by a clinician; no score ever sets it"
)
POSSIBLE_VALUES = local_policy("GEN-2", "An input is the set of its values that are still possible")
NOT_RECORDED = local_policy("GEN-3", "What is not recorded is not taken as absent")

SHARED_MISUSE = (
    "Not for one person: it gives the figure of a published group, as a range.",
    "Not to set the criterion of a life expectancy over three months: a clinician enters that.",
    "Not as a certainty: no score of this kind agreed with real survival in more than 90 %.",
    "SINS is no prognostic score and stands in for none: its c-statistic for one-year survival was 0.54.",
)


def survival_at_one_year(value: str) -> Performance:
    """How well a score told one-year survival in the prospective comparison of four scores."""
    return Performance(
        "one-year survival, c-statistic",
        value,
        "202 patients, prospective",
        at(NESMS_COHORT, "PRO-0", "abstract, c-statistics"),
    )
