"""Sclerotic lesion: what its attenuation and its look say, as information and never as a diagnosis."""

from app.engine.criteria import Criteria
from app.knowledge.pathway import Pathway
from app.knowledge.pathway_sources import AZAR_2021, ULANO_2016
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.sclerotic_lesion.readings import applies, read
from app.knowledge.sclerotic_lesion.rules import INPUTS, RULES, agree
from app.knowledge.sources import TADROS_2018


def pathway(_policy: Policy) -> Pathway:
    """The rules as this service uses them."""
    return Pathway(
        code="sclerotic-lesion",
        name="Sclerotic bone lesion on imaging",
        short="Sclerotic lesion",
        version="2021",
        criteria=Criteria("sclerotic-lesion", INPUTS, RULES),
        applies=applies,
        read=read,
        agree=agree,
        decides="radiology, with biopsy where it matters",
        use=(
            "One sclerotic lesion that was never treated: what a mean attenuation measured by a reader says.",
            "Beside it, what the imaging slides say of sclerotic, lytic, marrow and soft-tissue lesions.",
        ),
        misuse=(
            "Not to exclude a metastasis: the threshold did not discriminate in biopsied lesions.",
            "Not after any treatment: the study had untreated metastases and bone islands only.",
            "Not with an attenuation taken by software from an image: a reader measures and enters it.",
            "Not for exactly 885 HU, which the threshold leaves open.",
        ),
        references=(ULANO_2016, AZAR_2021, TADROS_2018),
        policies=("IMG-R1", *SHARED_POLICIES),
    )
