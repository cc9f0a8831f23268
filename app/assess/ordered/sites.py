"""Which lesions an order is for: by the site it names, else by its reason, else the only one there is."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.assess.ordered.order import Order
from app.assess.result import Assessment, LesionAssessment
from app.engine.reading import Side
from app.knowledge.anatomy import LEVELS, Kind, Place
from app.knowledge.instrument import Urgency
from app.knowledge.orderables import Group

# Bones that a treatment is for by itself; another is for any bone.
_KINDS: dict[str, tuple[Kind, ...]] = {
    "vertebroplasty": (Kind.SPINE,),
    "kyphoplasty": (Kind.SPINE,),
    "spinal-decompression": (Kind.SPINE,),
    "spinal-stabilisation": (Kind.SPINE,),
    "prophylactic-fixation": (Kind.LONG_BONE, Kind.LIMB_BONE),
}


@dataclass(frozen=True, slots=True)
class Target:
    """One lesion that an order is, or may be, for.

    Args:
        assumed: the order names no site, and this is the only lesion on record that it can be for.
        by_reason: the order's reason names the lesion.
        elsewhere: the site that the order names, where that is another than its reason's.
    """

    lesion: LesionAssessment
    assumed: bool = False
    by_reason: bool = False
    elsewhere: str | None = None


def targets_of(order: Order, assessment: Assessment) -> tuple[Target, ...]:
    """The lesions that count and that an order is, or may be, for."""
    counted = [one for one in assessment.lesions if one.lesion.not_scored is None]
    reasons = frozenset(order.conditions)
    by_reason = [one for one in counted if reasons & set(one.lesion.conditions)]
    named = [place for place in order.places if place.site is not None]
    if named and (order.sited or not by_reason):
        at_site = [one for one in counted if any(meets(place, one.lesion.place) for place in named)]
        targets = [Target(one, by_reason=one in by_reason) for one in at_site]
        if order.sited:
            label = " and ".join(place.label for place in named)
            # A site and a reason that exclude each other: the wrong level is one slip away.
            targets += (
                Target(one, by_reason=True, elsewhere=label)
                for one in by_reason
                if one not in at_site and not _sharing(one, at_site, reasons)
            )
        return tuple(targets) or _emergencies(order, counted)
    if by_reason:
        return tuple(Target(one, by_reason=True) for one in by_reason)
    if _needs_a_site(order) and not order.places and not _for_another(order, assessment):
        fitting = [one for one in counted if _fits(order, one.lesion.place)]
        if len(fitting) == 1:
            return (Target(fitting[0], assumed=True),)
    return ()


def _for_another(order: Order, assessment: Assessment) -> bool:
    """Whether its reason names a lesion that does not count any more."""
    over = (one.lesion.conditions for one in assessment.lesions if one.lesion.not_scored is not None)
    return bool(set(order.conditions) & {name for names in over for name in names})


def _emergencies(order: Order, counted: Sequence[LesionAssessment]) -> tuple[Target, ...]:
    """Imaging of another part of the spine concerns the lesion at which the whole of it cannot wait."""
    orderable = order.orderable
    if orderable is None or orderable.group is not Group.IMAGING:
        return ()
    if not any(place.kind is Kind.SPINE for place in order.places):
        return ()
    for one in counted:
        if any(alarm.urgency is Urgency.EMERGENCY and alarm.of_spine for alarm in one.alarms):
            return (Target(one),)
    return ()


def _sharing(lesion: LesionAssessment, at_site: Sequence[LesionAssessment], reasons: frozenset[str]) -> bool:
    """Whether the reason that names a lesion names one at the order's site as well."""
    own = reasons & set(lesion.lesion.conditions)
    return any(own & set(other.lesion.conditions) for other in at_site)


def could_mean(order: Order, assessment: Assessment) -> tuple[LesionAssessment, ...]:
    """The lesions that an order without a site that can be read, or a reason, could be for."""
    if any(place.site is not None for place in order.places) or not _needs_a_site(order):
        return ()
    if targets_of(order, assessment) or _for_another(order, assessment):
        return ()
    fitting = [
        one for one in assessment.lesions if one.lesion.not_scored is None and _fits(order, one.lesion.place)
    ]
    exercise = order.orderable is not None and order.orderable.group is Group.PHYSIOTHERAPY
    # Physiotherapy is ordered for the patient as a rule: its site is asked for where a bone is at risk.
    if exercise and all(one.urgency is Urgency.ROUTINE for one in fitting):
        return ()
    return tuple(fitting)


def certain_targets(order: Order, targets: Sequence[Target]) -> tuple[Target, ...]:
    """Those of its targets that an order means and no other: by a site of which they are the only lesion."""
    if len(targets) == 1:
        return tuple(targets)
    found: list[Target] = []
    for place in order.places:
        here = [one for one in targets if place.site is not None and meets(place, one.lesion.lesion.place)]
        if len(here) == 1 and here[0] not in found:
            found += here
    return tuple(found)


_NEEDLES = frozenset({Group.CEMENT, Group.ABLATION})


def beside_it(order: Order, assessment: Assessment) -> tuple[LesionAssessment, ...]:
    """Lesions of the other side, or of the next level, where none is recorded at the site of a treatment.

    The next level is asked about of needles only: fields and constructs reach beyond a lesion by intention.
    """
    if not order.sited or not _needs_a_site(order) or targets_of(order, assessment):
        return ()
    counted = [one for one in assessment.lesions if one.lesion.not_scored is None]
    needle = order.orderable is not None and order.orderable.group in _NEEDLES
    return tuple(
        one
        for one in counted
        if any(
            _other_side(place, one.lesion.place) or (needle and _next_level(place, one.lesion.place))
            for place in order.places
        )
    )


def _other_side(ordered: Place, lesion: Place) -> bool:
    if ordered.side is None or lesion.side is None or _sides_meet(ordered.side, lesion.side):
        return False
    return meets(ordered._replace(side=None), lesion._replace(side=None))


def _next_level(ordered: Place, lesion: Place) -> bool:
    if ordered.level is None or lesion.level is None:
        return False
    return abs(LEVELS.index(ordered.level) - LEVELS.index(lesion.level)) == 1


def _needs_a_site(order: Order) -> bool:
    """Whether it is done at one site: the others are for the patient, or say nothing without one."""
    if order.orderable is None or order.orderable.group.of_the_patient:
        return False
    return order.orderable.group not in (Group.IMAGING, Group.REFERRAL)


def _fits(order: Order, place: Place) -> bool:
    kinds = _KINDS.get(order.orderable.code) if order.orderable is not None else None
    return kinds is None or place.kind is None or place.kind in kinds


def meets(ordered: Place, lesion: Place) -> bool:
    """Whether the place of an order is, or may be, the place of a lesion."""
    if lesion.site is None:
        return True
    if ordered.kind is Kind.SPINE and lesion.kind is Kind.SPINE and ordered.levels and lesion.levels:
        return bool(set(ordered.levels) & set(lesion.levels))
    if not _sides_meet(ordered.side, lesion.side):
        return False
    bare, of_lesion = Place(ordered.site, ordered.levels), Place(lesion.site, lesion.levels)
    return bare.holds(of_lesion) or of_lesion.holds(bare) or _within_the_pelvis(ordered, lesion)


def _sides_meet(one: Side | None, other: Side | None) -> bool:
    return one is None or other is None or one is other or Side.BILATERAL in (one, other)


def _within_the_pelvis(ordered: Place, lesion: Place) -> bool:
    """The ring of the pelvis holds the sacrum and the coccyx, which the spine does too."""
    sites = {ordered.site, lesion.site}
    return "bony-pelvis" in sites and bool(sites & {"sacrum", "coccyx", "sacrococcygeal-region"})
