"""Vertebral fracture after stereotactic radiotherapy: which published risk factors are there."""

from app.engine.criteria import Criteria
from app.knowledge.fracture_after_stereotactic_radiotherapy.readings import applies, read
from app.knowledge.fracture_after_stereotactic_radiotherapy.rules import INPUTS, RULES, agree, remark
from app.knowledge.pathway import Pathway
from app.knowledge.pathway_sources import STEREOTACTIC_2023, STEREOTACTIC_COHORTS
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.sources import SAHGAL_2013, TADROS_2018

CODE = "fracture-after-stereotactic-radiotherapy"


def pathway(_policy: Policy) -> Pathway:
    """The risk factors as this service uses them."""
    return Pathway(
        code=CODE,
        name="Vertebral fracture after stereotactic radiotherapy",
        short="Fracture after stereotactic radiotherapy",
        version="2013",
        criteria=Criteria(CODE, INPUTS, RULES),
        applies=applies,
        read=read,
        agree=agree,
        remark=remark,
        decides="radiation oncology with spine surgery and interventional radiology",
        use=(
            (
                "One vertebra with a metastasis for which stereotactic radiotherapy is thought of: which of "
                "the published risk factors of a fracture are there."
            ),
            "Each factor is told with its hazard ratio, its 95 % interval and its reference.",
        ),
        misuse=(
            "Not as the risk of one person: no baseline was published, and ratios are not multiplied.",
            "Not to rank a collapse of 50 % or more as safer than a smaller one: the intervals overlap.",
            "Not for conventional radiotherapy, and not for bones other than the spine.",
            "Not as proof for cement beforehand: there is no level-1 evidence.",
        ),
        references=(SAHGAL_2013, STEREOTACTIC_COHORTS, STEREOTACTIC_2023, TADROS_2018),
        policies=("VCF-R1", "VCF-R2", "VCF-R3", *SHARED_POLICIES),
    )
