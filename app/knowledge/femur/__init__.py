"""A metastasis of the femur: fixation, judgement or observation, and why cement alone may fail."""

from app.engine.criteria import Criteria
from app.knowledge.femur.readings import applies, read
from app.knowledge.femur.rules import INPUTS, RULES
from app.knowledge.pathway import Pathway
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.sources import MIRELS_1989, RAMSEY_2020, TADROS_2018, VAN_DER_LINDEN_2004, VAN_DER_WAL_2020


def pathway(_policy: Policy) -> Pathway:
    """The rules as this service uses them."""
    return Pathway(
        code="femur",
        name="Metastasis of the femur",
        short="Femur",
        version="2020",
        criteria=Criteria("femur", INPUTS, RULES),
        applies=applies,
        read=read,
        decides="orthopaedic oncology with radiation oncology and interventional radiology",
        use=(
            "A metastasis of the femur: whether Mirels, or a feature beside it, asks for orthopaedics.",
            "From 30 mm of cortex along the axis counts as high risk; against cement alone, more than 30 mm.",
            "The length was measured on plain films of the last two months.",
        ),
        misuse=(
            "Not for a femur that is broken: Mirels was made for bones that are not.",
            "Not as reassurance: 7 or less says nothing while a feature beside the score is not recorded.",
            "Not for the humerus, where other thresholds did best.",
            "Not as an order to fix: thresholds disagree at 8, and specificity at 9 was 35 % in one series.",
        ),
        references=(MIRELS_1989, TADROS_2018, VAN_DER_LINDEN_2004, VAN_DER_WAL_2020, RAMSEY_2020),
        policies=("MIR-E7", *SHARED_POLICIES),
    )
