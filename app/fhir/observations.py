"""Observations, alone, in components, in panels: each finding in them as one entry."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import msgspec

from app.assess.record import Entry, Total, When
from app.engine.reading import Interval, exactly
from app.errors import UnreadableError
from app.fhir.codes import CodeBook
from app.fhir.names import Names
from app.fhir.sites import NOTHING, ReadSite, read_sites
from app.fhir.times import read_period, read_when
from app.fhir.versions import latest_versions
from app.fhir.wire import (
    DECODE_ERRORS,
    BodyStructure,
    Concept,
    Observation,
    Quantity,
    Range,
    Stub,
    Valued,
    decode_known,
    decode_stub,
)
from app.knowledge.finding import INDETERMINATE, Finding, Scale
from app.knowledge.findings import FINDINGS, TOTALS

FINAL = frozenset({"final", "amended", "corrected"})
PROVISIONAL = "preliminary"
IGNORED = frozenset({"entered-in-error", "cancelled"})
# How the method of a score that this service gave to be filed begins.
OWN_METHOD = "spine-mets-cds "
_CORRECTED = ("amended", "corrected")
# Tells apart versions of one resource that cannot be ordered: it and what follows are never shown.
VERSION_MARK = "\u0000"
# Beyond it, a number is infinite to most parsers (J08).
_LARGEST_EXPONENT = 308
_UCUM = "http://unitsofmeasure.org"
_COMPARATORS = ("<", "<=", ">=", ">")


class UnreadValueError(ValueError):
    """A value that says nothing this service can use; the message says why."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What an Observation's parts inherit: whose lesion, when, how final."""

    site: ReadSite
    focus: tuple[str, ...]
    when: When | None
    provisional: bool


def frame_of(
    book: CodeBook, observation: Observation, reference: str, parent: Frame | None, names: Names
) -> Frame:
    """Focus, site and time of an Observation, each taken from its panel where it has none."""
    site = read_sites(book, [observation.bodySite]) if observation.bodySite else NOTHING
    focus: tuple[str, ...] = ()
    if observation.focus or site.structures:
        listed = (*(f.reference for f in observation.focus or ()), *site.structures)
        focus = tuple(names.within(name, reference) for name in listed if name)
    when = (
        read_when(observation.effectiveDateTime)
        or read_when(observation.effectiveInstant)
        or read_period(observation.effectivePeriod)
    )
    if parent is not None:
        focus = focus or parent.focus
        site = site if site != NOTHING else parent.site
        when = when or parent.when
    return Frame(site, focus, when, observation.status == PROVISIONAL)


def entries_of(
    book: CodeBook, observation: Observation, reference: str, frame: Frame, gaps: list[str]
) -> Iterator[Entry | Total]:
    """Every finding of one Observation.

    Args:
        book: the codes that are understood.
        observation: the resource.
        reference: how it is referred to.
        frame: what its findings inherit.
        gaps: what could not be read is added here, one text for each.
    """
    found = _entry(book, observation, reference, frame, gaps)
    if found is not None:
        yield found
    for number, component in enumerate(observation.component or ()):
        if component.modifierExtension:
            if book.finding(component.code) is not None:
                gaps.append(f"{reference}#component[{number}] carries a modifier this service does not know.")
            continue
        found = _entry(book, component, f"{reference}#component[{number}]", frame, gaps)
        if found is not None:
            yield found


def _entry(
    book: CodeBook, part: Valued, reference: str, frame: Frame, gaps: list[str]
) -> Entry | Total | None:
    code = book.finding(part.code)
    if code is None:
        return None
    places = frame.site.places
    place = places[0] if places else None
    try:
        if code in TOTALS:
            total = _total(part)
            if total is None:
                return None
            entry = Entry(code, frozenset(), reference, frame.when, frame.provisional, place, frame.focus)
            return Total(TOTALS[code], total, entry)
        value = _value(book, part, FINDINGS[code])
    except UnreadValueError as error:
        gaps.append(f"{reference}: {error}")
        return None
    if value is None:
        return None
    return Entry(code, value, reference, frame.when, frame.provisional, place, frame.focus, frame.site.side)


def _value(book: CodeBook, part: Valued, finding: Finding) -> frozenset[str] | Interval | None:
    others = _other_values(part)
    if finding.scale is None and part.valueCodeableConcept is not None and not others:
        return _coded(book, part.valueCodeableConcept, finding)
    if others + (part.valueCodeableConcept is not None) > 1:
        raise UnreadValueError("holds two values; record one.")
    if finding.scale is not None:
        if part.valueCodeableConcept is not None and finding.coded_numbers:
            return _coded_number(book, part.valueCodeableConcept, finding)
        return _quantity(part, finding.scale)
    if others:
        raise UnreadValueError(f"{finding.label.lower()} needs a coded answer, and holds something else.")
    return None


def _other_values(part: Valued) -> int:
    """How many values there are beside a coded one."""
    typed = (part.valueQuantity is not None) + (part.valueRange is not None)
    return typed + (part.valueInteger is not None) + _unread_values(part)


def _unread_values(part: Valued) -> int:
    """How many values there are of kinds that no finding has."""
    return (
        (part.valueString is not msgspec.UNSET)
        + (part.valueBoolean is not msgspec.UNSET)
        + (part.valueRatio is not msgspec.UNSET)
        + (part.valueSampledData is not msgspec.UNSET)
        + (part.valueTime is not msgspec.UNSET)
        + (part.valueDateTime is not msgspec.UNSET)
        + (part.valuePeriod is not msgspec.UNSET)
    )


def _coded(book: CodeBook, concept: Concept, finding: Finding) -> frozenset[str]:
    answers = book.answers[finding.code]
    found: frozenset[str] = frozenset()
    for coding in concept.coding or ():
        code = book.resolve(coding.system, coding.code)
        if code is not None and code in answers:
            found |= {answers[code]}
    if not found:
        raise UnreadValueError(f"the answer to {finding.label.lower()} has no code this service knows.")
    return _INDETERMINATE if INDETERMINATE in found else found


_INDETERMINATE = frozenset({INDETERMINATE})


def _coded_number(book: CodeBook, concept: Concept, finding: Finding) -> Interval:
    """A grade that is recorded as a code of a standard; several leave all between them possible."""
    codes = (book.resolve(coding.system, coding.code) for coding in concept.coding or ())
    known = {code for code in codes if code is not None and code in finding.coded_numbers}
    grades = sorted({finding.coded_numbers[code] for code in known})
    if len(grades) == 1:
        return exactly(grades[0])
    if grades:
        text = " or ".join(str(grade) for grade in grades)
        return Interval(Fraction(grades[0]), Fraction(grades[-1]), text=text)
    raise UnreadValueError(f"the answer to {finding.label.lower()} has no code this service knows.")


def _quantity(part: Valued, scale: Scale) -> Interval | None:
    if part.valueQuantity is not None:
        return read_quantity(part.valueQuantity, scale)
    if part.valueRange is not None:
        interval = _from_range(part.valueRange, scale)
    elif part.valueInteger is not None and scale.bare:
        interval = exactly(Decimal(part.valueInteger), f"{part.valueInteger}")
    elif part.valueInteger is not None or part.valueCodeableConcept is not None or _unread_values(part):
        raise UnreadValueError(f"needs a quantity with the UCUM unit {scale.unit}.")
    else:
        return None
    return interval if interval is None else _plausible(interval, scale)


def read_quantity(quantity: Quantity, scale: Scale) -> Interval | None:
    """A quantity as the stretch in which it leaves the value; None where it holds no number.

    Raises:
        UnreadValueError: it has a unit, a comparator or a number that the scale does not take.
        UnreadableError: the number is too large for any reader.
    """
    written = _written(quantity)
    if written is None:
        return None
    unit = _unit(quantity)
    # A number in its unit says nothing of who has it, and the same few stand in most records.
    usual = len(written) <= _USUAL_DIGITS and unit in scale.factors
    return (_kept if usual else _stretch)(written, quantity.comparator, unit, scale)


def _stretch(written: bytes, comparator: str | None, unit: str | None, scale: Scale) -> Interval:
    value, decimals, text = _in_unit(_decimal(written), unit, scale)
    if comparator is None:
        return _plausible(Interval(value, value, text=text, decimals=decimals), scale)
    if comparator not in _COMPARATORS:
        raise UnreadValueError("has a comparator that is none of <, <=, >=, >.")
    below = comparator.startswith("<")
    closed = comparator.endswith("=")
    bound = Fraction(scale.low if below else scale.high)
    if value == bound and not closed:
        raise UnreadValueError(f"is outside {scale.low} to {scale.high} {scale.unit}.")
    text = f"{comparator} {text}"
    if below:
        return _plausible(Interval(min(bound, value), value, high_closed=closed, text=text), scale)
    return _plausible(Interval(value, max(bound, value), low_closed=closed, text=text), scale)


_USUAL_DIGITS = 16
_kept = lru_cache(maxsize=4_096)(_stretch)


def _plausible(interval: Interval, scale: Scale) -> Interval:
    span = Interval(Fraction(scale.low), Fraction(scale.high))
    if not span.meets(interval) or any(
        bound is not None and not scale.low <= bound <= scale.high for bound in (interval.low, interval.high)
    ):
        raise UnreadValueError(f"is outside {scale.low} to {scale.high} {scale.unit}.")
    return interval


def _from_range(span: Range, scale: Scale) -> Interval | None:
    low, high = _bound(span.low, scale), _bound(span.high, scale)
    if low is None and high is None:
        return None
    bottom = low if low is not None else Fraction(scale.low)
    top = high if high is not None else Fraction(scale.high)
    if bottom > top:
        raise UnreadValueError("has a range that ends before it begins.")
    return Interval(bottom, top, text=f"{float(bottom):g} to {float(top):g} {scale.unit}")


def _bound(quantity: Quantity | None, scale: Scale) -> Fraction | None:
    written = _written(quantity) if quantity is not None else None
    if quantity is None or written is None:
        return None
    value, _, _ = _in_unit(_decimal(written), _unit(quantity), scale)
    return value


def _unit(quantity: Quantity) -> str | None:
    """The unit by its code, and by its name where the code is of another system than UCUM."""
    if quantity.code is None or quantity.system not in (None, _UCUM):
        return quantity.unit
    return quantity.code or quantity.unit


def _in_unit(value: Decimal, unit: str | None, scale: Scale) -> tuple[Fraction, int | None, str]:
    """A number in the unit of the scale, its digits after the point where it was in it, and its text."""
    if abs(value.adjusted()) > 9:  # noqa: PLR2004  1e9 is no measurement
        raise UnreadValueError("has a number that is no measurement.")
    if unit is None and scale.bare:
        unit = scale.unit
    if unit is None or unit not in scale.factors:
        raise UnreadValueError(f"needs the UCUM unit {' or '.join(scale.factors)}.")
    factor = scale.factors[unit]
    decimals = exactly(value).decimals if factor == 1 else None
    # What is no unit but a kind of count, as {score} and {INR}, adds nothing to the number.
    shown = f"{value}" if unit == "1" or unit.startswith("{") else f"{value} {unit}"
    return Fraction(value) * factor, decimals, shown


def _written(quantity: Quantity) -> bytes | None:
    """The number as written; None where there is none."""
    if not isinstance(quantity.value, msgspec.Raw):
        return None
    written = bytes(quantity.value)
    return None if written == b"null" else written


def _decimal(written: bytes) -> Decimal:
    if written[:1] not in b"-0123456789":
        raise UnreadValueError("has something else than a number; write it as a number.")
    value = Decimal(written.decode())
    if abs(value.adjusted()) > _LARGEST_EXPONENT:
        raise UnreadableError("A number is too large: send a finite number or leave it out.")
    return value


def _total(part: Valued) -> int | None:
    if part.valueInteger is not None:
        return part.valueInteger
    quantity = part.valueQuantity
    written = _written(quantity) if quantity is not None and quantity.comparator is None else None
    if written is None:
        return None
    value = _decimal(written)
    if value != value.to_integral_value() or not 0 <= value <= 100:  # noqa: PLR2004  no score reaches 100
        raise UnreadValueError("holds a total that is no whole number of points.")
    return int(value)


def contained_in(
    observation: Observation, reference: str
) -> Iterator[tuple[Observation | BodyStructure | Stub, str]]:
    """The Observations and BodyStructures contained in one, or stubs of those that do not decode."""
    for raw in observation.contained or ():
        inner: object
        try:
            inner = decode_known(raw)
        except DECODE_ERRORS:
            inner = _stub(raw)
        if isinstance(inner, Observation | BodyStructure | Stub) and inner.id:
            yield inner, f"{reference}#{inner.id}"


def _stub(raw: msgspec.Raw) -> Stub | None:
    try:
        stub = decode_stub(raw)
    except DECODE_ERRORS:
        return None
    return stub if stub.resourceType == "Observation" else None


def current(observations: Iterable[tuple[Observation, str]]) -> dict[str, Observation]:
    """Each Observation in its latest version: by time of update, else a correction before the rest.

    Versions that cannot be ordered are all kept, as a conflict is. A corrected report replaces an earlier
    one under another id where both carry one business identifier. Scores of this service are left out.
    """
    kept = [(name, o) for name, o in latest_versions(observations) if not _is_own_score(o)]
    corrected = {key for _, o in kept if o.status in _CORRECTED for key in _identifiers(o)}
    found: dict[str, Observation] = {}
    for number, (reference, observation) in enumerate(kept):
        superseded = corrected and observation.status not in _CORRECTED
        if superseded and corrected & set(_identifiers(observation)):
            continue
        found[f"{reference}{VERSION_MARK}{number}" if reference in found else reference] = observation
    return found


def _is_own_score(observation: Observation) -> bool:
    """Whether this service worked it out: what it was read from stands in the record, and counts already."""
    method = observation.method
    return method is not None and method.text is not None and method.text.startswith(OWN_METHOD)


def panels(observations: Mapping[str, Observation], names: Names) -> dict[str, str]:
    """For every member of a panel, the reference of the one panel that names it."""
    parents: dict[str, str | None] = {}
    for reference, observation in observations.items():
        if observation.status in IGNORED or observation.modifierExtension or observation.implicitRules:
            continue
        for member in observation.hasMember or ():
            if member.reference:
                name = names.within(member.reference, reference)
                named_before = parents.get(name, reference)
                parents[name] = reference if named_before == reference else None
    return {member: parent for member, parent in parents.items() if parent is not None}


def _identifiers(observation: Observation) -> Iterator[tuple[str, str, str]]:
    if not observation.identifier:
        return
    codings = (observation.code.coding or ()) if observation.code else ()
    code = repr([(coding.system, coding.code) for coding in codings])
    for identifier in observation.identifier:
        if identifier.system and identifier.value:
            yield (identifier.system, identifier.value, code)
