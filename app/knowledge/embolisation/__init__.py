"""Embolisation before surgery of the acetabulum, or before ablation of a vascular metastasis."""

from app.engine.criteria import Criteria
from app.knowledge.embolisation.rules import INPUTS, RULES, applies, read
from app.knowledge.pathway import Pathway
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.sources import TADROS_2018, WODAJO_2022


def pathway(_policy: Policy) -> Pathway:
    """The rules as this service uses them."""
    return Pathway(
        code="embolisation",
        name="Embolisation before surgery or ablation",
        short="Embolisation",
        version="2018",
        criteria=Criteria("embolisation", INPUTS, RULES),
        applies=applies,
        read=read,
        decides="interventional radiology with orthopaedic oncology",
        use=(
            "A metastasis that may bleed: surgery of the acetabulum, or ablation of a vascular lesion.",
            "For discussion once surgery or ablation is considered; by itself it treats no fracture.",
        ),
        misuse=(
            "Not as an indication for the operation or the ablation that follows.",
            "Not as reassurance: another primary does not make a lesion poor in vessels.",
            "Not for surgery of bones other than the acetabulum, of which the sources read here say nothing.",
            "Not as a rule on timing: the day before was the practice of one series.",
        ),
        references=(TADROS_2018, WODAJO_2022),
        policies=SHARED_POLICIES,
    )
