"""Bone disease of myeloma: when augmentation is indicated, and why ablation is seldom needed."""

from app.engine.criteria import Criteria
from app.knowledge.myeloma.rules import INPUTS, RULES, applies, read
from app.knowledge.pathway import Pathway
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.sources import IMWG_2019, TADROS_2018


def pathway(_policy: Policy) -> Pathway:
    """The rules as this service uses them."""
    return Pathway(
        code="myeloma",
        name="Bone disease of myeloma",
        short="Myeloma",
        version="2019",
        criteria=Criteria("myeloma", INPUTS, RULES),
        applies=applies,
        read=read,
        decides="haematology with interventional radiology, spine surgery and radiation oncology",
        use=(
            "A bone lesion of myeloma: when the myeloma group counts augmentation as absolutely indicated.",
            "What the deck says of implants and of ablation in myeloma.",
        ),
        misuse=(
            "Not before urgent findings, and not against an unstable spine.",
            "Not in place of the augmentation pathway: its contraindications hold for myeloma too.",
            "Not as an exclusion by the age of a fracture: its sources name different times.",
            "Not for a lesion whose primary may be another tumour.",
        ),
        references=(IMWG_2019, TADROS_2018),
        policies=SHARED_POLICIES,
    )
