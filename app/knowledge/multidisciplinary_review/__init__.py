"""Multidisciplinary review: when the meeting decides, and why."""

from app.engine.criteria import Criteria
from app.knowledge.multidisciplinary_review.readings import applies, read
from app.knowledge.multidisciplinary_review.rules import INPUTS, RULES
from app.knowledge.pathway import Pathway
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.sources import TADROS_2018, local_policy


def pathway(_policy: Policy) -> Pathway:
    """The rules as this service uses them."""
    return Pathway(
        code="multidisciplinary-review",
        name="Multidisciplinary review",
        short="Multidisciplinary review",
        version="2026",
        criteria=Criteria("multidisciplinary-review", INPUTS, RULES),
        applies=applies,
        read=read,
        decides="the multidisciplinary meeting",
        use=(
            "Every lesion that is no emergency: which reasons the record gives for the meeting to decide.",
            "Reasons: open category, sources that disagree, earlier radiotherapy, two treatments eligible.",
        ),
        misuse=(
            "Not for emergencies: a new neurologic deficit does not wait for a meeting.",
            "Not to leave the meeting out: no reason found here does not mean that there is none.",
        ),
        references=(
            local_policy("MDT-2", "When the multidisciplinary meeting decides is local policy"),
            TADROS_2018,
        ),
        policies=("MDT-1", "MDT-2", *SHARED_POLICIES),
    )
