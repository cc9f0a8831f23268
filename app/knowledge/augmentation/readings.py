"""How a record answers vertebral augmentation: what it states, and nothing inferred from it (MAP-1)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from app.engine.criteria import Given, Input, unknown_answer
from app.engine.provenance import Age, DefinitionError
from app.engine.quantity import Measured
from app.engine.question import Answer, Item, compatible
from app.engine.reading import Interval, exactly
from app.knowledge.anatomy import Kind
from app.knowledge.augmentation.inputs import INPUTS
from app.knowledge.findings import PAIN_SCALES
from app.knowledge.instrument import APPLIES, Applicability, Remark, day
from app.knowledge.pathway import (
    NO,
    YES,
    all_yes,
    any_present,
    any_yes,
    coded_answer,
    number_from,
    present,
)
from app.knowledge.patient import Case
from app.knowledge.policy import Policy
from app.knowledge.sources import TADROS_2018, at, local_policy

_BY_CODE: Mapping[str, Input] = {one.code: one for one in INPUTS}
_NO_CONTACT = ("escc-0", "escc-1a", "escc-1b")
_CONTACT = ("escc-1c", "escc-2", "escc-3")
_COLLAPSED = ("collapse-over-50", "collapse-under-50", "collapse-present")
_NOT_COLLAPSED = ("collapse-none", "collapse-none-involved-over-50")
_NOT_SPINE = Applicability(
    applies=False,
    reason="Vertebral augmentation is for the spine.",
    cites=(at(TADROS_2018, "AUG", "vertebral augmentation slides"),),
)
_BONE_UNKNOWN = Applicability(
    None,
    "The bone is not recorded: vertebral augmentation applies only if it is the spine.",
    (local_policy("LES-1", "A lesion without a site is not judged as settled"),),
)
_STALE = local_policy("TIME-5", "Staleness removes reassurance, never an alarm")


def applies(case: Case) -> Applicability:
    """Whether augmentation is a question for this lesion."""
    kind = case.lesion.place.kind
    if kind in (None, Kind.PELVIC_RING):
        return _BONE_UNKNOWN
    return APPLIES if kind is Kind.SPINE and not case.lesion.osteoporotic else _NOT_SPINE


def _item(code: str) -> Item:
    found = _BY_CODE[code]
    if not isinstance(found, Item):
        raise DefinitionError(f"input {code} is a number")
    return found


def _answer(case: Case, finding: str, code: str, yes: Iterable[str], no: Iterable[str]) -> Answer:
    facts = case.facts(finding)
    if not facts:
        return unknown_answer(_item(code))
    options = {answer: {YES} for answer in yes} | {answer: {NO} for answer in no}
    return coded_answer(_item(code), facts, options)


def _agreed(code: str, answers: Iterable[Answer]) -> Answer:
    """What several findings of one thing leave possible together; all they say where they conflict."""
    recorded = [answer for answer in answers if answer.recorded]
    if not recorded:
        return Answer(_item(code).codes, unused=tuple(s for answer in answers for s in answer.unused))
    possible, conflicting = compatible([frozenset(answer.possible) for answer in recorded])
    return Answer(
        _item(code).ordered(possible),
        recorded=True,
        conflicting=conflicting or any(answer.conflicting for answer in recorded),
        sources=tuple(dict.fromkeys(source for answer in recorded for source in answer.sources)),
        unused=tuple(dict.fromkeys(source for answer in recorded for source in answer.unused)),
    )


def read(case: Case) -> Mapping[str, Given]:
    """What the record answers of each input; what is for a clinician to judge stays open."""
    given: dict[str, Given] = {
        "cord_compression": cord_compression(case, "cord_compression"),
        "epidural_contact": _epidural_contact(case),
        "infection": any_present(
            _item("infection"), case.lesion.facts.get("local-infection", ()), case.facts("systemic-infection")
        ),
        "posterior_wall_disrupted": _answer(
            case, "posterior-wall", "posterior_wall_disrupted", ("wall-disrupted",), ("wall-intact",)
        ),
        "epidural_disease": _epidural(case, "epidural_disease"),
        "cord_compressed_on_imaging": _answer(
            case, "escc-grade", "cord_compressed_on_imaging", ("escc-2", "escc-3"), (*_NO_CONTACT, "escc-1c")
        ),
        "osteoblastic": _answer(
            case, "bone-lesion-quality", "osteoblastic", ("lesion-blastic",), ("lesion-lytic", "lesion-mixed")
        ),
        "radiotherapy_given_or_awaited": _given_before(case),
    }
    for code, finding in _SAME:
        given[code] = present(_item(code), case.facts(finding))
    for code, finding in (
        ("platelets", "platelets"),
        ("inr", "inr"),
        ("wbc", "white-cells"),
        ("ecog", "ecog"),
    ):
        given[code] = number_from(case.facts(finding))
    given["pain_score"] = number_from(
        fact for scale in PAIN_SCALES for fact in case.lesion.facts.get(scale, ())
    )
    if case.patient.age is not None:
        given["age"] = Measured(
            (Interval(Fraction(case.patient.age.low), Fraction(case.patient.age.high)),), recorded=True
        )
    return given | _sins(case) | _indications_ruled_out(case)


_SAME = (
    ("active_bleeding", "active-bleeding"),
    ("cement_allergy", "cement-allergy"),
    ("complete_destruction", "complete-vertebral-destruction"),
    ("posterior_arch", "posterior-arch-involvement"),
    ("uncontrolled_hypertension", "uncontrolled-hypertension"),
    ("life_expectancy_over_3_months", "life-expectancy-over-3-months"),
    ("denosumab", "denosumab"),
)


def cord_compression(case: Case, code: str) -> Answer:
    """Whether there are clinical signs: one is enough, and only all of them absent is none."""
    item = _item(code)
    signs = [
        present(item, case.facts(finding))
        for finding in ("myelopathy", "new-neurologic-deficit", "sphincter-dysfunction")
    ]
    diagnosed = present(item, case.facts("spinal-cord-compression"))
    return any_yes(item, [*signs, diagnosed] if diagnosed.recorded else signs)


def _epidural(case: Case, code: str) -> Answer:
    """Whether there is epidural tumour: a grade above 0 and the finding of that name are one thing."""
    graded = _answer(case, "escc-grade", code, ("escc-1a", "escc-1b", *_CONTACT), ("escc-0",))
    return _agreed(code, [graded, present(_item(code), case.facts("epidural-disease"))])


def _epidural_contact(case: Case) -> Answer:
    code = "epidural_contact"
    item = _item(code)
    collapsed = _agreed(
        code,
        [
            _answer(case, "vertebral-collapse", code, _COLLAPSED, _NOT_COLLAPSED),
            height_lost(item, case),
        ],
    )
    fractured = any_yes(item, [collapsed, present(item, case.facts("pathological-fracture"))])
    touched = any_yes(
        item,
        [
            _answer(case, "escc-grade", code, _CONTACT, _NO_CONTACT),
            present(item, case.facts("root-contact")),
        ],
    )
    return all_yes(item, [fractured, _epidural(case, code), touched])


def height_lost(item: Item, case: Case) -> Answer:
    """Whether the vertebra has lost height: any measured loss is a collapse, none at all is not."""
    loss = number_from(case.facts("vertebral-height-loss"))
    if not loss.recorded:
        return Answer(item.codes, unused=loss.unused)
    possible = [YES] if any(span.high is None or span.high > 0 for span in loss.spans) else []
    possible += [NO] if any(span.meets(exactly(0)) for span in loss.spans) else []
    return Answer(
        item.ordered(possible),
        recorded=True,
        conflicting=loss.conflicting,
        sources=loss.sources,
        unused=loss.unused,
    )


def _given_before(case: Case) -> Answer:
    """Radiotherapy that was given answers yes; none given leaves open whether it is awaited."""
    item = _item("radiotherapy_given_or_awaited")
    return coded_answer(item, case.facts("prior-radiation"), {"present": {YES}})


def _sins(case: Case) -> dict[str, Given]:
    totals = case.totals.get("sins", ())
    if not totals:
        return {}
    return {
        "sins_minimum": Measured((exactly(totals[0]),), recorded=True),
        "sins_maximum": Measured((exactly(totals[-1]),), recorded=True),
    }


def _indications_ruled_out(case: Case) -> dict[str, Given]:
    """Indications that a finding excludes; that one holds is for a clinician to say."""
    quality = {
        code: _answer(case, "bone-lesion-quality", code, (), out)
        for code, out in (
            ("indication_2", ("lesion-blastic",)),
            ("indication_3", ("lesion-lytic", "lesion-mixed")),
            ("indication_5", ("lesion-blastic", "lesion-mixed")),
        )
    }
    ruled: dict[str, Given] = {
        code: replace(answer, recorded=False) if len(answer.possible) > 1 else answer
        for code, answer in quality.items()
    }
    item = _item("indication_1")
    pain = _answer(case, "spinal-pain", "indication_1", (), ("pain-free", "pain-occasional"))
    collapse = _answer(case, "vertebral-collapse", "indication_1", (), _NOT_COLLAPSED)
    neither = any_yes(item, [pain, collapse])
    ruled["indication_1"] = neither if neither.possible == (NO,) else Answer(item.codes)
    return ruled


def agree(given: Mapping[str, Given]) -> Mapping[str, Given]:
    """The inputs; where only the lowest SINS is stated, the highest is not below it."""
    lowest, highest = given["sins_minimum"], given["sins_maximum"]
    if not isinstance(lowest, Measured) or not isinstance(highest, Measured):
        raise DefinitionError("SINS bounds are numbers")
    if highest.recorded or not lowest.recorded:
        return given
    least = lowest.spans[0].low
    return {**given, "sins_maximum": replace(highest, spans=(Interval(least, Fraction(18)),))}


def contradiction(given: Mapping[str, Given]) -> tuple[str, str] | None:
    """The input that contradicts another, and how to mend it; None where they agree."""
    lowest, highest = given.get("sins_minimum"), given.get("sins_maximum")
    if isinstance(lowest, Measured) and isinstance(highest, Measured):
        low, high = lowest.spans[0].low, highest.spans[0].high
        if lowest.recorded and highest.recorded and low is not None and high is not None and low > high:
            return (
                "sins_minimum",
                "sins_minimum is above sins_maximum: send the lowest and the highest total.",
            )
    return None


def notes(policy: Policy) -> Callable[[Case], tuple[Remark, ...]]:
    """What a record obliges one to say: values too old to count that were adverse when they were fresh."""
    limit = Fraction(policy.choice("AUG-EXC-4-inr-limit"))

    def stale(case: Case) -> tuple[Remark, ...]:
        return tuple(_stale_values(case, limit))

    return stale


def _stale_values(case: Case, limit: Fraction) -> Iterator[Remark]:
    adverse = (
        ("platelets", "Platelets", Interval(None, Fraction(50), high_closed=False)),
        ("inr", "INR", Interval(limit, None, low_closed=False)),
    )
    for finding, label, span in adverse:
        if any(fact.source.age.usable for fact in case.facts(finding)):
            continue
        for fact in case.facts(finding):
            if fact.source.age is Age.STALE and isinstance(fact.value, Interval) and span.meets(fact.value):
                yield Remark(
                    "TIME-5",
                    f"{label} {fact.value.text} recorded on {day(fact.source)}, too old to count and "
                    f"adverse then: "
                    "measure again before any puncture.",
                    (_STALE,),
                )
