"""How many lesions a record shows for certain: the least there are, never the number.

A lesion that may be the same as another adds nothing, and neither does a site at which only a finding is
recorded that a healthy bone can have too.
"""

from collections.abc import Callable, Iterable, Sequence

from app.engine.provenance import Source
from app.engine.question import Answer, Item, unknown
from app.engine.reading import Interval, Side
from app.knowledge.anatomy import LEVELS, SITES, Kind, Place
from app.knowledge.finding import INDETERMINATE
from app.knowledge.instrument import Remark
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Patient
from app.knowledge.prognosis_reading import ReadAnswer
from app.knowledge.prognosis_sources import NOT_RECORDED

Apart = Callable[[Lesion, Lesion], bool]

# Only a tumour has these.
_TUMOUR_FINDINGS = ("bone-lesion-quality", "lesion-diameter")
_OUTSIDE_THE_SPINE = (Kind.LONG_BONE, Kind.OTHER_BONE, Kind.LIMB_BONE)
_SACRAL = frozenset(level for level in LEVELS if level.startswith("S"))
# Parts of one of these may be named by two entries that mean one lesion.
_WHOLE_BONES = frozenset({"femur", "humerus", "tibia", "pelvis"})
# What a bone of a limb that is not named may be, beside the long bones.
_OF_LIMB = {
    "upper": frozenset({"hand", "scapula", "clavicle"}),
    "lower": frozenset({"foot", "pelvis", "ilium", "ischium", "pubis", "acetabulum", "bony-pelvis"}),
}
_ORDER = {level: number for number, level in enumerate(LEVELS)}


def at_least(
    item: Item,
    patient: Patient,
    options: Sequence[frozenset[str]],
    among: Callable[[Place], bool],
    apart: Apart,
) -> Answer:
    """What the lesions on record say of an item that counts them.

    Args:
        item: what they answer.
        patient: whose lesions they are.
        options: what is left possible where at least one, two, three ... are there; the last holds for more.
        among: the places that the item counts.
        apart: whether two lesions are two for certain.
    """
    here = [lesion for lesion in patient.lesions if _counts(lesion) and among(lesion.place)]
    lesions = [lesion for lesion in here if _certain(lesion)]
    unused = tuple(dict.fromkeys(s for lesion in here if not _certain(lesion) for s in _set_aside(lesion)))
    # One of them may be the primary itself, where that may be a tumour of bone.
    spare = 1 if patient.primary.may_be("bone", "sarcoma") else 0
    number = _least(lesions, apart, len(options) + spare) - spare
    if number < 1:
        return unknown(item, unused)
    left = item.ordered(options[min(number, len(options)) - 1])
    notes = (_more(item, number),) if len(left) > 1 else ()
    sources = tuple(dict.fromkeys(source for lesion in lesions for source in _sources(lesion)))
    return ReadAnswer(left, recorded=True, sources=sources, unused=unused, notes=notes)


def vertebral(place: Place) -> bool:
    """Whether a place is a vertebra for certain; the occiput and the coccyx are left out."""
    return place.kind is Kind.SPINE and bool(place.levels) and "C0" not in place.levels


def outside_the_spine(place: Place) -> bool:
    """Whether a place is a bone outside the spine for certain."""
    return place.kind in _OUTSIDE_THE_SPINE


def anywhere(_place: Place) -> bool:
    """Whether a place may hold a lesion: always."""
    return True


def different_places(one: Lesion, other: Lesion) -> bool:
    """Whether two lesions lie at different places for certain."""
    here, there = one.place, other.place
    if here.site is None or there.site is None:
        return False
    if here.kind is Kind.SPINE and there.kind is Kind.SPINE:
        return _levels(here).isdisjoint(_levels(there))
    if Kind.SPINE in (here.kind, there.kind):
        spine, bone = (here, there) if here.kind is Kind.SPINE else (there, here)
        return bone.kind is not Kind.PELVIC_RING or _levels(spine).isdisjoint(_SACRAL)
    if {here.side, there.side} == {Side.LEFT, Side.RIGHT}:
        return True
    return not _may_be_one_bone(here.site, there.site)


def separate_lesions(one: Lesion, other: Lesion) -> bool:
    """Whether two lesions are two for certain, and not one that reaches over two neighbouring levels."""
    if not different_places(one, other):
        return False
    if one.place.kind is not Kind.SPINE or other.place.kind is not Kind.SPINE:
        return True
    named_apart = (
        bool(one.conditions) and bool(other.conditions) and set(one.conditions).isdisjoint(other.conditions)
    )
    return named_apart or not _neighbours(one.place, other.place)


def _counts(lesion: Lesion) -> bool:
    return lesion.not_scored is None and not lesion.osteoporotic


def _certain(lesion: Lesion) -> bool:
    """Whether a Condition names the lesion, or a usable fact says that there is a tumour."""
    return bool(lesion.conditions) or any(
        isinstance(fact.value, Interval) or INDETERMINATE not in fact.value
        for finding in _TUMOUR_FINDINGS
        for fact in lesion.usable(finding)
    )


def _sources(lesion: Lesion) -> Iterable[Source]:
    yield from (Source(reference) for reference in lesion.conditions)
    for finding in _TUMOUR_FINDINGS:
        yield from (fact.source for fact in lesion.usable(finding))


def _set_aside(lesion: Lesion) -> Iterable[Source]:
    for finding in _TUMOUR_FINDINGS:
        yield from (fact.source for fact in lesion.facts.get(finding, ()) if not fact.source.age.usable)


def _least(lesions: Sequence[Lesion], apart: Apart, most: int) -> int:
    """The largest number, up to ``most``, of lesions of which any two are two for certain."""
    number = min(len(lesions), 1)
    # Without a site none is told from another; those with one are no more than there are places in a body.
    sited = [lesion for lesion in lesions if lesion.place.site is not None]
    while number < most and _pick(sited, apart, number + 1):
        number += 1
    return number


def _pick(lesions: Sequence[Lesion], apart: Apart, wanted: int) -> bool:
    if wanted == 0:
        return True
    for place, lesion in enumerate(lesions):
        rest = [other for other in lesions[place + 1 :] if apart(lesion, other)]
        if len(rest) >= wanted - 1 and _pick(rest, apart, wanted - 1):
            return True
    return False


def _levels(place: Place) -> frozenset[str]:
    # Without levels it is the coccyx or the region of it and the sacrum.
    return frozenset(place.levels) or _SACRAL


def _neighbours(one: Place, other: Place) -> bool:
    return any(abs(_ORDER[a] - _ORDER[b]) == 1 for a in _levels(one) for b in _levels(other))


def _may_be_one_bone(one: str, other: str) -> bool:
    first, second = _line(one), _line(other)
    if one in second or other in first or _WHOLE_BONES & set(first) & set(second):
        return True
    return any(
        SITES[limb].kind is Kind.LIMB_BONE and bone in _OF_LIMB[SITES[limb].limb or "lower"]
        for limb, bone in ((one, other), (other, one))
    )


def _line(site: str) -> tuple[str, ...]:
    """A site and every site that contains it."""
    line = [site]
    while (parent := SITES[line[-1]].parent) is not None:
        line.append(parent)
    return tuple(line)


def _more(item: Item, number: int) -> Remark:
    text = f"{item.label}: the record shows at least {number}; others may be there that nobody recorded."
    return Remark("GEN-3", text, (NOT_RECORDED,))
