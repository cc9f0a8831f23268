"""Radiotherapy of a bone metastasis: what the guideline of 2024 offers, with its published schedules."""

from app.engine.criteria import Criteria
from app.knowledge.pathway import Pathway
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.radiotherapy.readings import applies, read
from app.knowledge.radiotherapy.rules import INPUTS, RULES
from app.knowledge.sources import ASTRO_2024, TADROS_2018, WODAJO_2022, XU_2021


def pathway(_policy: Policy) -> Pathway:
    """The rules as this service uses them."""
    return Pathway(
        code="radiotherapy",
        name="Radiotherapy of a bone metastasis",
        short="Radiotherapy",
        version="2024",
        criteria=Criteria("radiotherapy", INPUTS, RULES),
        applies=applies,
        read=read,
        decides="radiation oncology, with spine or orthopaedic surgery and oncology",
        use=(
            "One bone metastasis: which kinds of radiotherapy the guideline offers, and what goes before.",
            "Schedules are those that the guideline prints, as total dose and fractions, for discussion.",
        ),
        misuse=(
            "Not as a prescription: radiation oncology settles dose, fractions and volume.",
            "Not before urgent findings: with cord compression, stability and surgery are looked at first.",
            "Not as a substitute for NOMS, which weighs radiosensitivity, compression and stability.",
            "Not against instability: radiotherapy does not make a bone stronger.",
            "Not from the guideline itself: a reprint was read. It gives no figure for a good performance.",
        ),
        references=(ASTRO_2024, TADROS_2018, XU_2021, WODAJO_2022),
        policies=SHARED_POLICIES,
    )
