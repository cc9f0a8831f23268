"""Mirels' score for long bones: the table, how a record answers it, and what it advises."""

from app.knowledge.instrument import Instrument
from app.knowledge.mirels import advice, readings
from app.knowledge.mirels.form import FORM
from app.knowledge.mirels.table import MIRELS
from app.knowledge.policy import SHARED_POLICIES, Policy


def instrument(policy: Policy) -> Instrument:
    """The score as this site uses it."""
    return Instrument(
        score=MIRELS,
        short="Mirels",
        readings=readings.readings(policy),
        place_item="site",
        by_place=readings.site_by_place(policy),
        applies=advice.applies,
        remark=advice.remarker(policy),
        lead=("site", "laterality"),
        form=FORM,
        alarm="high",
        topic="mirels",
        policies=(*(f"MIR-E{number}" for number in range(1, 10)), "FEMR-1-urgency", *SHARED_POLICIES),
    )
