"""Spinal Instability Neoplastic Score: the table, how a record answers it, and what it advises."""

from app.knowledge.instrument import Instrument
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.sins import advice, readings
from app.knowledge.sins.form import FORM
from app.knowledge.sins.table import SINS


def instrument(policy: Policy) -> Instrument:
    """The score as this site uses it."""
    return Instrument(
        score=SINS,
        short="SINS",
        readings=readings.readings(policy),
        place_item="location",
        by_place=readings.location_by_place(policy),
        applies=advice.applies,
        remark=advice.remarker(policy),
        lead=("level",),
        form=FORM,
        alarm="unstable",
        topic="sins",
        policies=(
            *(f"SINS-E{number}" for number in (1, 2, 3, 4, *range(6, 19))),
            "SINS-L",
            "RED-5",
            "RED-5b",
            "SINS-B2-urgency",
            *SHARED_POLICIES,
        ),
    )
