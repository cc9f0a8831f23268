"""The place that a coded body site names, with its side, from every way records write it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.engine.reading import Side
from app.fhir.codes import Code, CodeBook
from app.fhir.wire import Concept, Extension
from app.knowledge.anatomy import (
    PART_BY_CODE,
    SIDE_BY_CODE,
    SITE_BY_CODE,
    SITES,
    UNSITED_CODES,
    Kind,
    Place,
    place_of_levels,
)

LATERALITY_URL = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-laterality-qualifier"
QUALIFIER_URL = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-body-location-qualifier"
STRUCTURE_URL = "http://hl7.org/fhir/StructureDefinition/bodySite"


@dataclass(frozen=True, slots=True)
class ReadSite:
    """What one or more body sites say.

    Args:
        places: a place for each site named; empty where none is.
        side: the side named beside them.
        structures: references of BodyStructures named by extension.
    """

    places: tuple[Place, ...] = ()
    side: Side | None = None
    structures: tuple[str, ...] = ()


NOTHING = ReadSite()


def read_sites(book: CodeBook, concepts: Sequence[Concept], qualifiers: Sequence[Concept] = ()) -> ReadSite:
    """The places of a list of body sites; sides and parts beside them count for each."""
    if not concepts:
        return NOTHING
    if len(concepts) == 1 and not qualifiers:
        plain = _plain(book, concepts[0])
        if plain is not None:
            return plain
    named = [(concept, _place(book, concept)) for concept in concepts]
    # A qualifier that stands alone counts for every site beside it; one that stands with a site, for it.
    alone = [*qualifiers, *(concept for concept, place in named if place is None)]
    shared = _qualifiers(book, alone)
    places: list[Place] = []
    sides: list[Side | None] = []
    for concept, place in named:
        if place is None:
            continue
        own = _qualifiers(book, [concept])
        for part in (*own.parts, *shared.parts):
            if place.site is not None and place.site in part:
                place = Place(part[place.site])  # noqa: PLW2901  each qualifier narrows it
        sides.append(own.side or shared.side)
        sided = place.site is not None and SITES[place.site].sided
        places.append(place._replace(side=sides[-1]) if sided else place)
    side = sides[0] if sides else shared.side
    structures = tuple(
        extension.valueReference.reference
        for concept in concepts
        for extension in concept.extension or ()
        if extension.url == STRUCTURE_URL
        and extension.valueReference is not None
        and extension.valueReference.reference
    )
    return ReadSite(tuple(dict.fromkeys(places)), side, structures)


def _plain(book: CodeBook, concept: Concept) -> ReadSite | None:
    """The site of one coding and nothing beside it, which is the rule; None for anything else."""
    if concept.extension or not concept.coding or len(concept.coding) != 1:
        return None
    coding = concept.coding[0]
    code = book.resolve(coding.system, coding.code)
    return _PLAIN.get(code) if code is not None else None


_PLAIN = {code: ReadSite((place,)) for code, place in SITE_BY_CODE.items()}


def narrow(coded: Place, sites: Sequence[Place]) -> tuple[tuple[Place, ...], bool]:
    """The places that a disorder's own code and its body sites name together.

    Returns:
        The places, and whether code and site contradict each other; then every level that either
        names stays possible.
    """
    known = [place for place in sites if place.site is not None]
    if coded.site is None:
        return tuple(sites), False
    if not known:
        return (coded,), False
    found: list[Place] = []
    contradiction = False
    for place in known:
        if coded.holds(place):
            found.append(place)
        elif place.holds(coded):
            found.append(coded._replace(side=coded.side or place.side))
        else:
            contradiction = True
            both_spinal = coded.kind is Kind.SPINE and place.kind is Kind.SPINE
            levels = (*coded.levels, *place.levels)
            found.append(place_of_levels(levels) if both_spinal and levels else place)
    return tuple(dict.fromkeys(found)), contradiction


def _place(book: CodeBook, concept: Concept) -> Place | None:
    codes = list(_codes(book, concept, qualifiers=False))
    named = list(dict.fromkeys(SITE_BY_CODE[code] for code in codes if code in SITE_BY_CODE))
    if named:
        return _narrowest(named)
    beside = [c for c in codes if c in SIDE_BY_CODE or c in PART_BY_CODE or c in UNSITED_CODES]
    unread = [code for code in codes if code not in beside]
    if unread:
        return Place(unread="|".join(unread[0]))
    if beside:
        return None
    written = concept.text or any(c.code or c.system or c.display for c in concept.coding or ())
    return Place(unread="text") if written else None


def _narrowest(named: Sequence[Place]) -> Place:
    """Several codings of one concept name one thing: the narrowest they agree on."""
    best = named[0]
    for place in named[1:]:
        if best.holds(place):
            best = place
        elif not place.holds(best):
            levels = (*best.levels, *place.levels)
            best = place_of_levels(levels) if best.levels and place.levels else Place(unread="several")
    return best


class _Qualifiers(NamedTuple):
    side: Side | None
    parts: list[Mapping[str, str]]


def _qualifiers(book: CodeBook, concepts: Iterable[Concept]) -> _Qualifiers:
    codes = [code for concept in concepts for code in _codes(book, concept)]
    side = _one_side(SIDE_BY_CODE[code] for code in codes if code in SIDE_BY_CODE)
    return _Qualifiers(side, [PART_BY_CODE[code] for code in codes if code in PART_BY_CODE])


def _codes(book: CodeBook, concept: Concept, *, qualifiers: bool = True) -> Iterator[Code]:
    for coding in concept.coding or ():
        code = book.resolve(coding.system, coding.code)
        if code is not None:
            yield code
    if qualifiers:
        for extension in concept.extension or ():
            yield from _extension_codes(book, extension)


def _extension_codes(book: CodeBook, extension: Extension) -> Iterator[Code]:
    if extension.url in (LATERALITY_URL, QUALIFIER_URL) and extension.valueCodeableConcept:
        yield from _codes(book, extension.valueCodeableConcept, qualifiers=False)


def _one_side(sides: Iterable[Side]) -> Side | None:
    found = set(sides)
    if not found:
        return None
    return found.pop() if len(found) == 1 else Side.BILATERAL
