"""A metastasis of the acetabulum: non-operative, a surgical opinion, or cement with caution."""

from app.engine.criteria import Criteria
from app.knowledge.acetabulum.readings import applies, read, remark
from app.knowledge.acetabulum.rules import INPUTS, RULES
from app.knowledge.pathway import Pathway
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.sources import TADROS_2018, WODAJO_2022


def pathway(_policy: Policy) -> Pathway:
    """The rules as this service uses them."""
    return Pathway(
        code="acetabulum",
        name="Metastasis of the acetabulum",
        short="Acetabulum",
        version="2018",
        criteria=Criteria("acetabulum", INPUTS, RULES),
        applies=applies,
        read=read,
        remark=remark,
        aloud=True,
        decides="orthopaedic oncology with interventional radiology and radiation oncology",
        use=(
            "A metastasis of the acetabulum: whether dome, medial wall and posterior column are intact.",
            "What then asks for a surgical opinion, for caution with cement, or for embolisation first.",
        ),
        misuse=(
            "Not as reassurance while one of dome, medial wall and posterior column is not recorded.",
            "Not as a prohibition of cement: the sources disagree, and here the reasons are relative.",
            "Not to grade by Harrington, MAC or Levin: those classifications are not computed here.",
            "Not for the rest of the pelvis, which has a pathway of its own.",
        ),
        references=(TADROS_2018, WODAJO_2022),
        policies=("INC-36", *SHARED_POLICIES),
    )
