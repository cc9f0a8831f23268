"""Bones, spinal levels and sides: what a recorded site says, and what it leaves open.

Codes: SNOMED CT as listed with status V1 in DICOM CID 7603, mCODE 4.0.0 and HL7 Terminology 7.0.1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from app.engine.provenance import DefinitionError
from app.engine.reading import Side

SNOMED = "http://snomed.info/sct"

LEVELS: tuple[str, ...] = (
    *(f"C{n}" for n in range(8)),
    *(f"T{n}" for n in range(1, 13)),
    *(f"L{n}" for n in range(1, 6)),
    *(f"S{n}" for n in range(1, 6)),
)
_ORDER = {level: place for place, level in enumerate(LEVELS)}


class Kind(StrEnum):
    """What a bone is, as far as the scores ask."""

    SPINE = "spine"
    LONG_BONE = "long bone"
    OTHER_BONE = "other bone"
    LIMB_BONE = "limb bone not named"
    PELVIC_RING = "innominate bone, sacrum or coccyx, not told which"


@dataclass(frozen=True, slots=True)
class Site:
    """A bone or a part of one.

    Args:
        levels: for the spine, the levels it may be; empty for the coccyx, which SINS does not place.
        parent: the site that contains it.
        limb: ``upper`` or ``lower`` for bones of a limb.
        trochanteric: whether a lesion here is, may be, or is not peritrochanteric.
    """

    code: str
    label: str
    kind: Kind
    levels: tuple[str, ...] = ()
    parent: str | None = None
    sided: bool = False
    limb: str | None = None
    trochanteric: str = "no"


def _spine(code: str, label: str, *letters: str) -> Site:
    levels = tuple(level for level in LEVELS if level[0] in letters and level != "C0")
    return Site(code, label, Kind.SPINE, levels)


def _long(code: str, label: str, limb: str, parent: str | None = None, trochanteric: str = "no") -> Site:
    return Site(code, label, Kind.LONG_BONE, (), parent, True, limb, trochanteric)


def _other(code: str, label: str, parent: str | None = None, *, sided: bool = True) -> Site:
    return Site(code, label, Kind.OTHER_BONE, (), parent, sided)


SITES: Mapping[str, Site] = MappingProxyType(
    {
        site.code: site
        for site in (
            _spine("spine", "spine", "C", "T", "L", "S"),
            Site("occiput", "occiput", Kind.SPINE, ("C0",)),
            _spine("cervical-spine", "cervical spine", "C"),
            _spine("thoracic-spine", "thoracic spine", "T"),
            _spine("lumbar-spine", "lumbar spine", "L"),
            _spine("sacrum", "sacrum", "S"),
            _spine("cervicothoracic-spine", "cervicothoracic spine", "C", "T"),
            _spine("thoracolumbar-spine", "thoracolumbar spine", "T", "L"),
            _spine("lumbosacral-spine", "lumbosacral spine", "L", "S"),
            Site("coccyx", "coccyx", Kind.SPINE),
            Site("sacrococcygeal-region", "sacrococcygeal region", Kind.SPINE),
            _long("upper-limb-long-bone", "long bone of the upper limb", "upper", "upper-limb-bone"),
            _long("humerus", "humerus", "upper", "upper-limb-long-bone"),
            _long("proximal-humerus", "proximal humerus", "upper", "humerus"),
            _long("humeral-shaft", "shaft of the humerus", "upper", "humerus"),
            _long("distal-humerus", "distal humerus", "upper", "humerus"),
            _long("radius", "radius", "upper", "upper-limb-long-bone"),
            _long("ulna", "ulna", "upper", "upper-limb-long-bone"),
            _long(
                "lower-limb-long-bone",
                "long bone of the lower limb",
                "lower",
                "lower-limb-bone",
                "maybe",
            ),
            _long("femur", "femur", "lower", "lower-limb-long-bone", "maybe"),
            _long("proximal-femur", "proximal femur", "lower", "femur", "maybe"),
            _long("femoral-head", "head of the femur", "lower", "proximal-femur", "maybe"),
            _long("femoral-neck", "neck of the femur", "lower", "proximal-femur", "maybe"),
            _long("peritrochanteric-femur", "peritrochanteric femur", "lower", "proximal-femur", "yes"),
            _long("femoral-shaft", "shaft of the femur", "lower", "femur"),
            _long("distal-femur", "distal femur", "lower", "femur"),
            _long("tibia", "tibia", "lower", "lower-limb-long-bone"),
            _long("tibial-shaft", "shaft of the tibia", "lower", "tibia"),
            _long("tibial-plateau", "tibial plateau", "lower", "tibia"),
            _long("fibula", "fibula", "lower", "lower-limb-long-bone"),
            Site("upper-limb-bone", "bone of the upper limb", Kind.LIMB_BONE, (), None, True, "upper"),
            Site(
                "lower-limb-bone",
                "bone of the lower limb",
                Kind.LIMB_BONE,
                (),
                None,
                True,
                "lower",
                "maybe",
            ),
            Site("bony-pelvis", "bony pelvis", Kind.PELVIC_RING, (), None, sided=True),
            _other("pelvis", "pelvis", "bony-pelvis"),
            _other("ilium", "ilium", "pelvis"),
            _other("ischium", "ischium", "pelvis"),
            _other("pubis", "pubis", "pelvis"),
            _other("acetabulum", "acetabulum", "pelvis"),
            _other("rib", "rib"),
            _other("scapula", "scapula"),
            _other("clavicle", "clavicle"),
            _other("hand", "bone of the hand"),
            _other("foot", "bone of the foot"),
        )
    }
)


class Place(NamedTuple):
    """A site, the levels it leaves possible, and a side: what makes two lesions one or two.

    Args:
        site: a key of ``SITES``; None where no site is recorded.
        levels: possible levels of the spine from head to foot.
        side: for sited bones other than the spine.
        unread: a site that is recorded with a code this service does not know.
    """

    site: str | None = None
    levels: tuple[str, ...] = ()
    side: Side | None = None
    unread: str | None = None

    @property
    def level(self) -> str | None:
        """The level, where only one is possible."""
        return self.levels[0] if len(self.levels) == 1 else None

    @property
    def kind(self) -> Kind | None:
        """What the bone is; None where no site is recorded."""
        return None if self.site is None else SITES[self.site].kind

    @property
    def label(self) -> str:
        """The place in words, short enough for the head of a card."""
        if self.site is None:
            return "Bone, site not recorded"
        site = SITES[self.site]
        if site.kind is Kind.SPINE:
            if self.level is not None:
                return self.level
            return _capital(f"{site.label}, level not recorded" if site.levels else site.label)
        if not site.sided:
            return _capital(site.label)
        if self.side is None:
            return _capital(f"{site.label}, side not recorded")
        return _capital(f"{self.side.value} {site.label}")

    def holds(self, other: "Place") -> bool:
        """Whether the other place is this one or lies within it, as far as recorded."""
        if self.site is None:
            return self.unread is None or self == other
        if other.site is None:
            return False
        if self.kind is Kind.SPINE:
            if not self.levels or not other.levels:
                return self.site == other.site
            return set(other.levels) <= set(self.levels)
        if self.side is not None and self.side is not other.side:
            return False
        return self.site == other.site or self.site in _ancestors(other.site)


def place_of(site: str, side: Side | None = None) -> Place:
    """The place that a site and a side name."""
    definition = SITES[site]
    return Place(site, definition.levels, side if definition.sided else None)


def place_of_level(level: str) -> Place:
    """The place that one spinal level names.

    Raises:
        DefinitionError: there is no such level.
    """
    if level not in _ORDER:
        raise DefinitionError(f"there is no spinal level {level!r}")
    return Place(_REGION[level], (level,))


def sort_levels(levels: Iterable[str]) -> tuple[str, ...]:
    """The levels from head to foot, each once."""
    return tuple(sorted(set(levels), key=_ORDER.__getitem__))


def place_of_levels(levels: Iterable[str]) -> Place:
    """The narrowest place that leaves exactly these levels possible."""
    ordered = sort_levels(levels)
    if len(ordered) == 1:
        return place_of_level(ordered[0])
    holding = [site for site in SITES.values() if site.levels and set(ordered) <= set(site.levels)]
    # The occiput stands beside the column, not in it: with another level, only the spine holds both.
    narrowest = min(holding, key=lambda site: len(site.levels), default=SITES["spine"])
    return Place(narrowest.code, ordered)


def _ancestors(site: str) -> Iterable[str]:
    parent = SITES[site].parent
    while parent is not None:
        yield parent
        parent = SITES[parent].parent


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_REGION = {
    level: {"C": "cervical-spine", "T": "thoracic-spine", "L": "lumbar-spine", "S": "sacrum"}[level[0]]
    for level in LEVELS
} | {"C0": "occiput"}

# Vertebra and, where one exists, body of vertebra: a record may use either.
_LEVEL_CODES: Mapping[str, tuple[str, ...]] = {
    "C0": ("31640002",),
    "C1": ("14806007",),
    "C2": ("39976000",),
    "C3": ("113205007", "91116008"),
    "C4": ("5329002", "14705001"),
    "C5": ("36978003", "67479001"),
    "C6": ("36054005", "88298007"),
    "C7": ("87391001", "16126006"),
    "T1": ("64864005", "56094003"),
    "T2": ("53733008", "50060007"),
    "T3": ("1626008", "73138009"),
    "T4": ("73071006", "86197001"),
    "T5": ("56401006", "6105006"),
    "T6": ("45296009", "32430008"),
    "T7": ("62487009", "71737002"),
    "T8": ("11068009", "77435000"),
    "T9": ("82687006", "33766003"),
    "T10": ("7610001", "48405002"),
    "T11": ("12989004", "52120002"),
    "T12": ("23215003", "280849005"),
    "L1": ("66794005", "61032001"),
    "L2": ("14293000", "53983007"),
    "L3": ("36470004", "55492004"),
    "L4": ("11994002", "71996003"),
    "L5": ("49668003", "21799000"),
    "S1": ("65985001",),
    "S2": ("11808007",),
    "S3": ("49967005",),
    "S4": ("69950008",),
    "S5": ("21452006",),
}
_SITE_CODES: Mapping[str, tuple[str, ...]] = {
    "spine": ("421060004", "51282000", "3572006", "78972004", "89340005", "40265002"),
    "cervical-spine": ("122494005", "84667006"),
    "thoracic-spine": ("122495006", "35769007"),
    "lumbar-spine": ("122496007", "73903008"),
    "cervicothoracic-spine": ("1217257000",),
    "thoracolumbar-spine": ("1217256009",),
    "lumbosacral-spine": ("297173004",),
    "sacrum": ("54735007", "87141009"),
    "coccyx": ("64688005",),
    "femur": ("71341001",),
    "proximal-femur": ("310651003",),
    "distal-femur": ("310652005",),
    "femoral-neck": ("29627003",),
    "femoral-head": ("2812003",),
    "peritrochanteric-femur": ("55499008",),
    "femoral-shaft": ("41111004",),
    "humerus": ("85050009",),
    "proximal-humerus": ("119524001",),
    "humeral-shaft": ("20760004",),
    "distal-humerus": ("118495001",),
    "tibia": ("12611008",),
    "tibial-shaft": ("52687003",),
    "tibial-plateau": ("306783000",),
    "radius": ("62413002",),
    "ulna": ("23416004",),
    "fibula": ("87342007",),
    "acetabulum": ("37783008",),
    "bony-pelvis": ("118645006",),
    "ilium": ("22356005",),
    "ischium": ("85710004",),
    "pubis": ("82561000",),
    "rib": ("113197003",),
    "scapula": ("79601000",),
}
SITE_BY_CODE: Mapping[tuple[str, str], Place] = MappingProxyType(
    {(SNOMED, code): place_of(site) for site, codes in _SITE_CODES.items() for code in codes}
    | {(SNOMED, code): place_of_level(lv) for lv, codes in _LEVEL_CODES.items() for code in codes}
)
# Codes that name a bone but not which one: no site.
UNSITED_CODES: frozenset[tuple[str, str]] = frozenset({(SNOMED, "272673000")})
SIDE_BY_CODE: Mapping[tuple[str, str], Side] = MappingProxyType(
    {
        (SNOMED, "7771000"): Side.LEFT,
        (SNOMED, "24028007"): Side.RIGHT,
        (SNOMED, "51440002"): Side.BILATERAL,
    }
)
# "Proximal" and "distal" beside a whole bone.
PART_BY_CODE: Mapping[tuple[str, str], Mapping[str, str]] = MappingProxyType(
    {
        (SNOMED, "40415009"): {"femur": "proximal-femur", "humerus": "proximal-humerus"},
        (SNOMED, "46053002"): {"femur": "distal-femur", "humerus": "distal-humerus"},
    }
)
