"""What a record answers that several pathways ask: where the lesion lies, what it comes from, what hurts."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from app.engine.provenance import Citation, Source
from app.engine.quantity import Measured
from app.engine.question import Answer, Item, compatible
from app.engine.reading import Fact, Interval
from app.knowledge.anatomy import Kind, Place, place_of
from app.knowledge.findings import PAIN_SCALES
from app.knowledge.instrument import APPLIES, Applicability
from app.knowledge.pathway import NO, YES, any_present, choice, coded_answer, yes_no
from app.knowledge.patient import Case
from app.knowledge.sources import local_policy

SPINE, ELSEWHERE = "spine", "elsewhere"
HYPERVASCULAR = ("renal", "thyroid", "hepatocellular")
_LES_1 = local_policy("LES-1", "A lesion without a site is not judged as settled")
_CLASS = {
    "kidney": ("renal",),
    "thyroid": ("thyroid",),
    # The codes of a liver cancer do not all say that it is hepatocellular.
    "liver": ("hepatocellular", "other"),
}
# Primaries that this service cannot tell apart may be any.
_ANY_PRIMARY = frozenset({"other", "unknown-primary"})
_PAIN = (
    (
        "spinal-pain",
        {"pain-mechanical": {YES}, "pain-occasional": {YES}, "pain-present": {YES}, "pain-free": {NO}},
    ),
    (
        "limb-pain",
        {
            "limb-pain-mild": {YES},
            "limb-pain-moderate": {YES},
            "limb-pain-functional": {YES},
            "limb-pain-none": {NO},
        },
    ),
)
_NO_PAIN = Interval(Fraction(0), Fraction(0))
_SOME_PAIN = Interval(Fraction(0), None, low_closed=False)


# -- where the lesion lies -----------------------------------------------------------------------------


def within(place: Place, site: str) -> bool | None:
    """Whether a place lies within a bone; None where it may, as far as recorded."""
    if place.site is None:
        return None
    whole, sideless = place_of(site), replace_side(place)
    if whole.holds(sideless):
        return True
    overlapping = bool(set(place.levels) & set(whole.levels))
    return None if overlapping or sideless.holds(whole) else False


def replace_side(place: Place) -> Place:
    """The same place without its side."""
    return place._replace(side=None)


def in_spine(place: Place) -> bool | None:
    """Whether a place lies in the spine; None where the record does not tell."""
    if place.kind in (None, Kind.PELVIC_RING):
        return None
    return place.kind is Kind.SPINE


def made_for(case: Case, bone: str, cite: Citation, *, lies: bool | None) -> Applicability:
    """Whether a pathway is made for a lesion.

    Args:
        case: the lesion, of its patient.
        bone: the bone that the pathway is for, in words.
        cite: the source that limits the pathway to it.
        lies: whether the lesion lies in that bone; None where it may.
    """
    if case.lesion.osteoporotic:
        return Applicability(applies=False, reason="This is for tumours of bone.", cites=(cite,))
    if lies is None:
        return Applicability(
            None, f"The bone is not told exactly: this applies only if it is {bone}.", (_LES_1,)
        )
    return APPLIES if lies else Applicability(applies=False, reason=f"This is for {bone}.", cites=(cite,))


def placed(item: Item, case: Case, *, lies: bool | None) -> Answer:
    """The answer to a yes-or-no input that the place of the lesion gives."""
    if lies is None:
        return Answer(item.codes)
    return Answer((YES if lies else NO,), recorded=True, sources=place_sources(case))


def place_sources(case: Case) -> tuple[Source, ...]:
    """The Conditions that name the place."""
    return tuple(Source(reference) for reference in case.lesion.conditions)


def region_item(cite: Citation) -> Item:
    """The question whether the lesion lies in the spine."""
    return choice(
        "region",
        "Region",
        "Does the lesion lie in the spine, the sacrum included, or elsewhere?",
        cite,
        (SPINE, "spine"),
        (ELSEWHERE, "another bone"),
    )


def region(item: Item, case: Case) -> Answer:
    """What the place says of the region."""
    lies = in_spine(case.lesion.place)
    if lies is None:
        return Answer(item.codes)
    return Answer((SPINE if lies else ELSEWHERE,), recorded=True, sources=place_sources(case))


# -- what it comes from ---------------------------------------------------------------------------------


def primary_item(cite: Citation) -> Item:
    """The question from which primary a metastasis comes, as far as its blood supply asks."""
    return choice(
        "primary",
        "Primary tumour",
        "Which primary tumour does the lesion come from?",
        cite,
        ("renal", "renal cell carcinoma"),
        ("thyroid", "thyroid cancer"),
        ("hepatocellular", "hepatocellular carcinoma"),
        ("other", "another primary"),
    )


def primary(item: Item, case: Case) -> Answer:
    """What the recorded primaries leave possible."""
    recorded = case.patient.primary
    if not recorded.recorded:
        return Answer(item.codes)
    if _ANY_PRIMARY & set(recorded.possible):
        return Answer(item.codes, recorded=True, sources=recorded.sources)
    found = {one for histology in recorded.possible for one in _CLASS.get(histology, ("other",))}
    return Answer(item.ordered(found), recorded=True, sources=recorded.sources)


def large_mass_item(cite: Citation) -> Item:
    """The question whether there is a large soft-tissue mass."""
    return yes_no(
        "large_soft_tissue_mass",
        "Large soft-tissue mass",
        "Is there a large soft-tissue mass (the source gives no size)?",
        cite,
    )


def large_mass(item: Item, case: Case) -> Answer:
    """No mass is no large mass; whether one is large is for a clinician to say."""
    return coded_answer(item, case.facts("soft-tissue-component"), {"absent": {NO}})


# -- what hurts, and what fails -------------------------------------------------------------------------


def painful(item: Item, case: Case) -> Answer:
    """Whether this lesion hurts: its own coded pain, or a pain score that can only mean it."""
    answers = [coded_answer(item, case.lesion.facts.get(finding, ()), options) for finding, options in _PAIN]
    answers += [_scaled(item, case.lesion.facts.get(scale, ())) for scale in PAIN_SCALES]
    return agreed(item, answers)


def neurologic_signs(item: Item, case: Case) -> Answer:
    """Whether there are neurologic signs: one is enough, and only all of them absent is none."""
    return any_present(
        item,
        *(case.facts(f) for f in ("myelopathy", "new-neurologic-deficit", "sphincter-dysfunction")),
    )


def agreed(item: Item, answers: Iterable[Answer]) -> Answer:
    """What several findings of one thing leave possible together; all they say where they conflict."""
    listed = list(answers)
    unused = tuple(dict.fromkeys(source for answer in listed for source in answer.unused))
    heard = [answer for answer in listed if answer.recorded]
    if not heard:
        return Answer(item.codes, unused=unused)
    possible, conflicting = compatible([frozenset(answer.possible) for answer in heard])
    return Answer(
        item.ordered(possible),
        recorded=True,
        conflicting=conflicting or any(answer.conflicting for answer in heard),
        sources=tuple(dict.fromkeys(source for answer in heard for source in answer.sources)),
        unused=unused,
    )


def _scaled(item: Item, facts: Iterable[Fact]) -> Answer:
    answers = []
    for fact in facts:
        if not isinstance(fact.value, Interval):
            continue
        if not fact.source.age.usable:
            answers.append(Answer(item.codes, unused=(fact.source,)))
            continue
        possible = [YES] if _SOME_PAIN.meets(fact.value) else []
        if _NO_PAIN.meets(fact.value):
            possible.append(NO)
        answers.append(Answer(item.ordered(possible), recorded=True, sources=(fact.source,)))
    return agreed(item, answers)


# -- numbers whose edge belongs to neither side -----------------------------------------------------------


def widened(value: Measured, low: Fraction, high: Fraction, gap: Interval) -> Measured:
    """A number with every stretch that meets a gap widened to both sides of it.

    Args:
        value: the number.
        low: a number that certainly lies on the lower side of the gap.
        high: a number that certainly lies on its upper side.
        gap: where the sources leave open to which side a number belongs.
    """
    spans = tuple(_widen(span, low, high) if span.meets(gap) else span for span in value.spans)
    return value if spans == value.spans else replace(value, spans=spans)


def _widen(span: Interval, low: Fraction, high: Fraction) -> Interval:
    starts, ends = span.low, span.high
    low_closed, high_closed = span.low_closed, span.high_closed
    if starts is not None and starts > low:
        starts, low_closed = low, True
    if ends is not None and ends < high:
        ends, high_closed = high, True
    return Interval(starts, ends, low_closed, high_closed, span.text)
