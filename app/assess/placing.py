"""How places compare: one within another, one that may be another, and what can be said of each."""

import re
from collections.abc import Iterable

from app.assess.record import Entry
from app.knowledge.anatomy import SITES, Kind, Place, place_of
from app.knowledge.finding import Finding, Scope

_KINDS = {
    Scope.SPINE: (Kind.SPINE, Kind.PELVIC_RING),
    Scope.LIMB: (Kind.LONG_BONE, Kind.LIMB_BONE),
    Scope.LESION: tuple(Kind),
    Scope.PATIENT: tuple(Kind),
}
# A reference that says what type it is of; contained resources, URNs and searches do not.
_TYPED = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/[^/#?]+")
_LESION_TYPES = frozenset({"Condition", "BodyStructure"})


def lesion_id(place: Place, number: int) -> str:
    """The id of the lesion at a place; the number tells apart sites that cannot be read."""
    if place.level is not None:
        return place.level
    if place.site is None:
        return f"site-not-known-{number}" if place.unread else "site-not-recorded"
    if place.levels and place.levels != SITES[place.site].levels:
        return f"{place.site}-{'-'.join(place.levels)}"
    return place.site if place.side is None else f"{place.side.value}-{place.site}"


def with_finer(places: Iterable[Place], finer: Iterable[Place]) -> list[Place]:
    """The places, each replaced by those within it."""
    found = list(places)
    for place in finer:
        if not any(place.holds(p) for p in found):
            found = [p for p in found if not p.holds(place)]
            found.append(place)
    return found


def may_touch(one: Place, other: Place) -> bool:
    """Whether two places may be the same spot, as far as recorded."""
    if one.site is None or other.site is None:
        return False
    if one.kind is Kind.SPINE and other.kind is Kind.SPINE:
        return bool(set(one.levels) & set(other.levels)) or one.site == other.site
    if one.side and other.side and one.side is not other.side:
        return False
    return Place(one.site).holds(Place(other.site)) or Place(other.site).holds(Place(one.site))


def may_be_a_lesion(focus: str) -> bool:
    """Whether a focus is, or may be, a Condition or a BodyStructure."""
    typed = _TYPED.fullmatch(focus)
    return typed is None or typed[1] in _LESION_TYPES


def names_other_side(entry: Entry, place: Place) -> bool:
    """Whether an entry without a site names the other side of the body (LAT-1)."""
    if entry.side is None or place.site is None or not SITES[place.site].sided:
        return False
    return entry.place is None and entry.side is not place.side


def can_describe(finding: Finding | None, place: Place) -> bool:
    """Whether a finding can be one of a lesion at a place, as far as recorded."""
    kind = place.kind
    if kind is None or finding is None:
        return True
    if finding.scope is Scope.PELVIS:
        return place_of("bony-pelvis").holds(Place(place.site))
    return kind in _KINDS[finding.scope]
