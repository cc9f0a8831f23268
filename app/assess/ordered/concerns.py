"""What somebody who orders this for a lesion would want to know first. Pure."""

from collections.abc import Iterator

from app.assess.ordered.concern import Beside, Concern, Weight
from app.assess.ordered.imaging import of_imaging
from app.assess.ordered.medicines import of_medicine
from app.assess.ordered.order import Order
from app.assess.ordered.sites import Target
from app.assess.ordered.treatments import of_treatment
from app.assess.result import Judgement, LesionAssessment
from app.knowledge.instrument import Urgency
from app.knowledge.orderables import Group
from app.knowledge.sources import local_policy

_ORD_SITE = local_policy("ORD-SITE", "An order whose site and reason name different bones is questioned")
_ORD_ALONE = local_policy("ORD-ONE", "An order without a site is judged for the only lesion it can be for")
_ORD_CODE = local_policy("ORD-CODE", "An order at a lesion that no code explains is said not to be judged")


def concerns_of(
    order: Order, target: Target, judgements: tuple[Judgement, ...], beside: Beside
) -> tuple[Concern, ...]:
    """What is to be said of an order at a lesion, the heaviest first; none where there is nothing."""
    found = [*_of_site(target), *_of_alarms(target.lesion, critical=True)]
    orderable = order.orderable
    if orderable is None:
        found += _not_judged(order)
    elif orderable.group.of_the_patient:
        found += of_medicine(orderable, target.lesion, beside)
    elif orderable.group is Group.IMAGING:
        found += of_imaging(orderable, target.lesion)
    elif orderable.group is not Group.REFERRAL:
        found += of_treatment(order, orderable, target.lesion, judgements, beside)
    if orderable is not None and orderable.group not in (Group.IMAGING, Group.REFERRAL):
        # A fracture is told of the treatment already, in the words of what is ordered.
        said = {one.key for one in found}
        found += (one for one in _of_alarms(target.lesion, critical=False) if one.key not in said)
    if found and target.assumed:
        found.append(
            Concern(
                "ORD-ONE",
                Weight.MIND,
                "names no site",
                "The order names no site: judged for the only lesion on record that it can be for.",
                (_ORD_ALONE,),
            )
        )
    found += (Concern("ORD-READ", Weight.MIND, text, f"Of the order, {text}.") for text in order.unread)
    return tuple(sorted(found, key=lambda concern: concern.weight))


def _of_site(target: Target) -> Iterator[Concern]:
    if target.elsewhere is not None:
        yield Concern(
            "ORD-SITE",
            Weight.FIRST,
            f"the order names {target.elsewhere}: check the site",
            f"The order names {target.elsewhere} as its site, and a lesion elsewhere as its reason: check "
            "which is meant.",
            (_ORD_SITE,),
        )


def _of_alarms(lesion: LesionAssessment, *, critical: bool) -> Iterator[Concern]:
    """What cannot wait is told whatever is ordered; what is urgent, beside a treatment."""
    for alarm in lesion.alarms:
        if alarm.urgency.critical is critical and alarm.urgency is not Urgency.ROUTINE:
            yield Concern(alarm.key, Weight.FIRST, alarm.headline, cites=alarm.cites)


def _not_judged(order: Order) -> Iterator[Concern]:
    named = "by no code that this service can tell" if order.coded else "by text only"
    yield Concern(
        "ORD-CODE",
        Weight.MIND,
        f"an order named {named} is not judged",
        f"The order is named {named}, and orders are judged by their codes: nothing was checked for it.",
        (_ORD_CODE,),
    )
