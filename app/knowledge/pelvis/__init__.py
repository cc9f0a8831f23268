"""A metastasis of the pelvis or the sacrum: what speaks for a high risk of fracture."""

from app.engine.criteria import Criteria
from app.knowledge.pathway import Pathway
from app.knowledge.pelvis.rules import INPUTS, RULES, applies, read
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.sources import TADROS_2018


def pathway(_policy: Policy) -> Pathway:
    """The rules as this service uses them."""
    return Pathway(
        code="pelvis",
        name="Metastasis of the pelvis",
        short="Pelvis",
        version="2018",
        criteria=Criteria("pelvis", INPUTS, RULES),
        applies=applies,
        read=read,
        decides="orthopaedic oncology with interventional radiology and radiation oncology",
        use=(
            "A metastasis of the pelvis or the sacrum: which features speak for a high risk of fracture.",
            "Assessed for stability first, as in the spine; the acetabulum has a pathway of its own too.",
        ),
        misuse=(
            "Not as a score: the features are not weighted, and no number of them means low risk.",
            "Not as reassurance by zone: a lesion coded to the ilium may reach the sacroiliac region.",
            'Not with a size limit: the source says "large" and gives no figure.',
            "Not in place of SINS where the sacrum is involved.",
        ),
        references=(TADROS_2018,),
        policies=("INC-41", *SHARED_POLICIES),
    )
