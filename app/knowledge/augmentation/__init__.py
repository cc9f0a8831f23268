"""Vertebral augmentation: what speaks for cement in a vertebra, what forbids or delays it."""

from app.knowledge.augmentation import readings
from app.knowledge.augmentation.inputs import SINS_MINIMUM
from app.knowledge.augmentation.rules import criteria
from app.knowledge.pathway import Pathway
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.sources import CHEN_2022, HAO_2023, IMWG_2019, NICE_AUGMENTATION, TADROS_2018, XU_2021


def pathway(policy: Policy) -> Pathway:
    """The criteria as this site uses them."""
    return Pathway(
        code="augmentation",
        name="Vertebral augmentation",
        short="Augmentation",
        version="2024",
        criteria=criteria(policy),
        also=(SINS_MINIMUM,),
        suits=True,
        applies=readings.applies,
        read=readings.read,
        agree=readings.agree,
        contradiction=readings.contradiction,
        notes=readings.notes(policy),
        decides="oncology, interventional radiology and spine surgery",
        use=(
            (
                "One vertebra with a metastasis or myeloma: whether cement is indicated, "
                "contraindicated, or to be deferred until something is corrected."
            ),
        ),
        misuse=(
            (
                "Not cement alone for an unstable spine: where SINS of 13 or more is reachable no indication "
                "holds."
            ),
            "Not before urgent findings: cord compression is acted on first.",
            "Not as a prohibition where a patient was merely not studied.",
        ),
        references=(TADROS_2018, XU_2021, CHEN_2022, HAO_2023, NICE_AUGMENTATION, IMWG_2019),
        policies=(
            "AUG-EXC-4-inr-limit",
            "AUG-REL-2",
            "AUG-EXC-6",
            "AUG-EXC-8",
            "AUG-PW-1",
            "AUG-NOTE",
            "TRIAL-XU",
            *SHARED_POLICIES,
        ),
    )
