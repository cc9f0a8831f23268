"""Ablation of a bone metastasis: features that speak for or against each technique, never one answer."""

from app.engine.criteria import Criteria
from app.knowledge.ablation import readings
from app.knowledge.ablation.inputs import INPUTS
from app.knowledge.ablation.matrix import MATRIX
from app.knowledge.ablation.remarks import remark
from app.knowledge.ablation.rules import rules
from app.knowledge.ablation_sources import (
    CIRSE_2022,
    NICE_ABLATION_CONSULTATION,
    NICE_ABLATION_SCOPE,
)
from app.knowledge.augmentation.readings import notes
from app.knowledge.pathway import Pathway
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.sources import CHEN_2022, HAO_2023, SIR_2019, TADROS_2018, WODAJO_2022, XU_2021


def pathway(policy: Policy) -> Pathway:
    """The rules as this site uses them."""
    return Pathway(
        code="ablation",
        name="Ablation of a bone metastasis",
        short="Ablation",
        version="2022",
        criteria=Criteria("ablation", INPUTS, (*rules(policy), *MATRIX)),
        applies=readings.applies,
        read=readings.read,
        agree=readings.agree,
        contradiction=readings.contradiction,
        remark=remark,
        notes=notes(policy),
        decides="interventional radiology with oncology, radiation oncology and spine or orthopaedic surgery",
        use=(
            (
                "One bone metastasis: which of its features speak for or against radiofrequency, microwave, "
                "cryo-, laser, focused-ultrasound or alcohol ablation, and which patients the series studied."
            ),
            (
                "A list of options to discuss. Planning also looks at lysis, posterior cortex, retropulsion, "
                "pedicles, dura, neural compression, vascularity, paraspinal mass and bone quality."
            ),
        ),
        misuse=(
            "Not as one answer or a ranking: operator experience and equipment decide too.",
            (
                "Not as a statement where the matrix says nothing: a blank cell means that no statement was "
                "found, and never that a technique is unsuitable."
            ),
            "Not against instability: ablation adds no strength to bone.",
            "Not before urgent findings: cord compression is acted on first.",
            "Not as a prohibition where patients were merely not studied.",
            'Not for device settings, and not for curative intent: "small" and "significant" have no number.',
        ),
        references=(
            TADROS_2018,
            CHEN_2022,
            HAO_2023,
            WODAJO_2022,
            XU_2021,
            SIR_2019,
            CIRSE_2022,
            NICE_ABLATION_CONSULTATION,
            NICE_ABLATION_SCOPE,
        ),
        policies=(
            "ABL-1-contact",
            "ABL-PACEMAKER",
            "AUG-EXC-4-inr-limit",
            "INC-14",
            "INC-45",
            "TRIAL-CHEN",
            "TRIAL-HAO",
            *SHARED_POLICIES,
        ),
    )
