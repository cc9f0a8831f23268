"""The publications that the evidence is taken from, and what is said beside each.

Publications that rules stand on as well are those of the knowledge: one title for one publication.
"""

from dataclasses import replace

from app.engine.provenance import Citation, Tag
from app.evidence.item import Publication
from app.knowledge.sources import FOURNEY_2011, SAHGAL_2013, TADROS_2018

REVIEW_DATE = "2023-06-01"
PAST_REVIEW = "source past its own review date (1 June 2023)"

HAO = Publication(
    "HAO",
    Citation(
        key="HAO",
        title="Hao B et al. Therapeutic effects of CT-guided microwave ablation combined with "
        "cementoplasty in the treatment of bone metastasis. Accepted 1 November 2023",
        place="whole article",
        tag=Tag.SEED,
    ),
    cautions=("20 patients, one centre, no control group",),
)
CHEN = Publication(
    "CHEN",
    Citation(
        key="CHEN",
        title="Chen L et al. Percutaneous CT-guided microwave ablation combined with vertebral "
        "augmentation for treatment of painful spinal metastases. AJNR Am J Neuroradiol "
        "2022;43(3):501-506",
        place="whole article",
        tag=Tag.SEED,
        url="https://doi.org/10.3174/ajnr.A7415",
    ),
    cautions=(
        "retrospective, one centre, no control group",
        "interests disclosed by two authors: payment for writing or reviewing; for language editing",
    ),
)
MSTS = Publication(
    "MSTS",
    Citation(
        key="MSTS",
        title="Wodajo F. Musculoskeletal Tumor Society Novel Practice Assessment: radiofrequency "
        "ablation for skeletal metastases. 1 June 2022",
        place="whole document",
        tag=Tag.SEED,
    ),
    cautions=(PAST_REVIEW,),
)
XU = Publication(
    "XU",
    Citation(
        key="XU",
        title="Efficacy of percutaneous vertebroplasty for the relief of osteoblastic spinal metastasis "
        "pain. doi 10.3892/etm.2021.10159",
        place="whole article",
        tag=Tag.SEED,
        url="https://doi.org/10.3892/etm.2021.10159",
    ),
    cautions=("retrospective, 39 patients, no control group",),
)
TAD = Publication(
    "TAD",
    replace(TADROS_2018, key="TAD", place="whole deck"),
    cautions=("slides, not a reviewed publication",),
)
SAHGAL = Publication("SAHGAL", SAHGAL_2013)
FRACTURE_COHORTS = Publication(
    "PMC6349598",
    Citation(
        key="PMC6349598",
        title="Vertebral fracture after stereotactic radiotherapy, cohorts as tabulated in PMC6349598",
        place="table 1",
        tag=Tag.READ,
        url="https://pmc.ncbi.nlm.nih.gov/articles/PMC6349598/",
    ),
)
FRACTURE_2023 = Publication(
    "JCM 2023",
    Citation(
        key="JCM 2023",
        title="Vertebral fracture after stereotactic radiotherapy, 391 patients with 779 segments. "
        "J Clin Med 2023;12:3853",
        place="results",
        tag=Tag.READ,
    ),
)
# Named only where two sources disagree with what one of these says.
FOURNEY = Publication("FOURNEY", FOURNEY_2011)
TOMASIAN_2021 = Publication(
    "TOMASIAN 2021",
    Citation(
        key="Tomasian 2021",
        title="Tomasian A et al. Complications of percutaneous radiofrequency ablation of spinal osseous "
        "metastases. AJR Am J Roentgenol 2021;216(6):1607-1613",
        place="abstract",
        tag=Tag.READ,
    ),
)
PUBLICATIONS: tuple[Publication, ...] = (
    *(HAO, CHEN, MSTS, XU, TAD),
    *(SAHGAL, FRACTURE_COHORTS, FRACTURE_2023, FOURNEY, TOMASIAN_2021),
)
