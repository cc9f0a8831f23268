"""The orders of a call at the lesions they are for, with what is to be said of them. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.assess.ordered.concern import Beside, Concern
from app.assess.ordered.concerns import concerns_of
from app.assess.ordered.order import Order, Orders
from app.assess.ordered.sites import Target, beside_it, certain_targets, could_mean, targets_of
from app.assess.ordered.treatments import judgements_of
from app.assess.result import Assessment, Judgement, LesionAssessment
from app.engine.reading import Fact, Interval
from app.knowledge.instrument import Urgency
from app.knowledge.orderables import STABILISING, Group, Orderable


@dataclass(frozen=True, slots=True)
class OrderAtLesion:
    """One order at one lesion, and what is said of it.

    Args:
        concerns: the heaviest first.
        judgements: the pathways that bear on it, judged with what the order states.
    """

    order: Order
    target: Target
    concerns: tuple[Concern, ...]
    judgements: tuple[Judgement, ...] = ()


@dataclass(frozen=True, slots=True)
class LesionOrders:
    """The orders of a call that something is to be said of at one lesion."""

    lesion: LesionAssessment
    orders: tuple[OrderAtLesion, ...]

    @property
    def concerns(self) -> tuple[Concern, ...]:
        """What is said of all of them, the heaviest first, each headline once."""
        found = sorted((c for one in self.orders for c in one.concerns), key=lambda concern: concern.weight)
        once: dict[str, Concern] = {}
        for concern in found:
            once.setdefault(concern.headline, concern)
        return tuple(once.values())

    @property
    def urgency(self) -> Urgency:
        """The most urgent of what is said, and of what cannot wait at this lesion whatever is ordered."""
        now = (a.urgency for a in self.lesion.alarms if a.urgency.critical)
        every = [*now, *(concern.urgency for concern in self.concerns)]
        return min(every, key=lambda urgency: urgency.rank, default=Urgency.ROUTINE)


@dataclass(frozen=True, slots=True)
class Unsited:
    """An order that no lesion is recorded for, and the lesions that it could be for.

    Args:
        elsewhere: whether it names a site, and lesions are recorded only beside it.
    """

    order: Order
    lesions: tuple[LesionAssessment, ...]
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Ordered:
    """Everything that is said of the orders of a call.

    Args:
        lesions: most urgent first.
        unreadable: how many selected orders cannot be read.
    """

    lesions: tuple[LesionOrders, ...] = ()
    unsited: tuple[Unsited, ...] = ()
    unreadable: int = 0


def judge_orders(assessment: Assessment, orders: Orders) -> Ordered:
    """What is to be said of the selected orders, the other drafts being background."""
    if not assessment.lesions:
        return Ordered(unreadable=orders.unreadable)
    targets = [targets_of(order, assessment) for order in orders.listed]
    by_id = {one.lesion.id: one for one in assessment.lesions}
    # An order that may be for one of several lesions is counted for none of them.
    certain = [certain_targets(order, found) for order, found in zip(orders.listed, targets, strict=True)]
    stabilised = _drafted(orders, certain, lambda one: one.code in STABILISING)
    punctures = _drafted(orders, targets, lambda one: one.group.punctures)
    cemented = len(_drafted(orders, certain, lambda one: one.group is Group.CEMENT))
    anticoagulants, agents = _labels(orders, Group.ANTICOAGULANT), _labels(orders, Group.BONE_AGENT)
    taken = tuple(fact.source for fact in assessment.whole_patient.usable("anticoagulant") if _taken(fact))
    at_lesion: dict[str, list[OrderAtLesion]] = {}
    unsited: list[Unsited] = []
    for order, found in zip(orders.listed, targets, strict=True):
        if not order.selected:
            continue
        if order.orderable is not None and order.orderable.group.of_the_patient:
            # Given to the patient: it concerns every lesion that a needle is planned for.
            found = tuple(Target(by_id[name]) for name in punctures)  # noqa: PLW2901  the order has no site
        elif not found and (lesions := could_mean(order, assessment)):
            unsited.append(Unsited(order, lesions))
        elif not found and (lesions := beside_it(order, assessment)):
            unsited.append(Unsited(order, lesions, elsewhere=True))
        for target in found:
            name = target.lesion.lesion.id
            beside = Beside(
                stabilised=stabilised.get(name, ()),
                punctures=punctures.get(name, ()),
                anticoagulants=anticoagulants,
                anticoagulated=taken,
                bone_agents=agents,
                levels_cemented=cemented,
            )
            judgements = judgements_of(order, target.lesion)
            concerns = concerns_of(order, target, judgements, beside)
            if concerns:
                at_lesion.setdefault(name, []).append(OrderAtLesion(order, target, concerns, judgements))
    listed = [
        LesionOrders(by_id[name], tuple(sorted(said, key=_heaviest_first)))
        for name, said in at_lesion.items()
    ]
    position = {name: number for number, name in enumerate(by_id)}
    listed.sort(key=lambda one: (one.urgency.rank, one.concerns[0].weight, position[one.lesion.lesion.id]))
    return Ordered(tuple(listed), tuple(unsited), orders.unreadable)


def _heaviest_first(one: OrderAtLesion) -> tuple[int, str]:
    return (one.concerns[0].weight, one.order.reference)


def _taken(fact: Fact) -> bool:
    return not isinstance(fact.value, Interval) and "present" in fact.value


def _drafted(
    orders: Orders, targets: Sequence[Sequence[Target]], wanted: Callable[[Orderable], bool]
) -> Mapping[str, tuple[str, ...]]:
    """By the id of a lesion, what of a kind is drafted there; selected or not."""
    found: dict[str, dict[str, None]] = {}
    for order, at in zip(orders.listed, targets, strict=True):
        if order.orderable is not None and wanted(order.orderable):
            for target in at:
                found.setdefault(target.lesion.lesion.id, {})[order.orderable.label] = None
    return {name: tuple(labels) for name, labels in found.items()}


def _labels(orders: Orders, group: Group) -> tuple[str, ...]:
    labels = (o.orderable.label for o in orders.listed if o.orderable and o.orderable.group is group)
    return tuple(dict.fromkeys(labels))
