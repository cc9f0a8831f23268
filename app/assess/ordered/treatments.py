"""What is said of a treatment that is ordered for a lesion: stability, fracture risk, criteria, NOMS. Pure.

Every rule is one that the scores and the pathways judge anyway; an order decides which of them are told, and
states what only an order can: a dose, and that a treatment is planned.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from app.assess.ordered.concern import Beside, Concern, Weight, lower, some
from app.assess.ordered.medicines import of_cement_elsewhere, of_puncture
from app.assess.ordered.order import Order
from app.assess.result import Judgement, LesionAssessment, Scored
from app.engine.criteria import Criterion, Effect, Outcome
from app.engine.provenance import Citation, Source
from app.engine.question import Item, given
from app.engine.reading import Interval
from app.knowledge.anatomy import Kind
from app.knowledge.conditions import CEMENT_ORDERS
from app.knowledge.instrument import Urgency, totals_text
from app.knowledge.orderables import STEREOTACTIC, Group, Orderable
from app.knowledge.pathway import YES, PathwayResult
from app.knowledge.sources import local_policy

FRACTURE_PATHWAY = "fracture-after-stereotactic-radiotherapy"
_PATHWAYS: Mapping[Group, tuple[str, ...]] = {
    Group.CEMENT: ("augmentation", "femur", "acetabulum", "pelvis"),
    Group.ABLATION: ("ablation",),
    Group.RADIOTHERAPY: ("noms", "radiotherapy", FRACTURE_PATHWAY, "femur"),
    Group.SPINE_SURGERY: ("noms",),
    Group.FIXATION: ("femur", "embolisation"),
    Group.EMBOLISATION: ("embolisation",),
    Group.PHYSIOTHERAPY: ("femur",),
}
_ORD_FIRST = local_policy(
    "ORD-FIRST",
    "A surgical opinion first, where the spine is or may be unstable",
)


def judgements_of(order: Order, lesion: LesionAssessment) -> tuple[Judgement, ...]:
    """The pathways that bear on an order at a lesion, judged with what the order states."""
    orderable = order.orderable
    if orderable is None:
        return ()
    wanted = _PATHWAYS.get(orderable.group, ())
    found = [one for one in lesion.pathways if one.pathway.code in wanted and one.result is not None]
    if not _is_stereotactic(order, orderable):
        return tuple(one for one in found if one.pathway.code != FRACTURE_PATHWAY)
    return tuple(_planned(one, order) if one.pathway.code == FRACTURE_PATHWAY else one for one in found)


_STEREOTACTIC_FROM = Interval(Fraction(20), None)


def _is_stereotactic(order: Order, orderable: Orderable) -> bool:
    """Whether it is stereotactic by its code, or by its dose where its code does not say (VCF-R4)."""
    dose = order.dose_per_fraction
    if orderable.code == STEREOTACTIC.code or not dose.recorded:
        return orderable.code == STEREOTACTIC.code
    return orderable.code == "radiotherapy" and any(span.meets(_STEREOTACTIC_FROM) for span in dose.spans)


def _planned(judgement: Judgement, order: Order) -> Judgement:
    """The risk factors of fracture with the plan and the dose that the order states."""
    result, pathway = judgement.result, judgement.pathway
    if result is None:
        return judgement
    plan = next(one for one in pathway.inputs if one.code == "stereotactic_planned")
    stated = dict(result.given)
    if isinstance(plan, Item):
        stated[plan.code] = given(plan, [YES], (Source(order.reference),))
    if order.dose_per_fraction.recorded:
        stated["dose_per_fraction"] = order.dose_per_fraction
    return replace(judgement, result=pathway.judge(stated))


def of_treatment(
    order: Order,
    orderable: Orderable,
    lesion: LesionAssessment,
    judgements: tuple[Judgement, ...],
    beside: Beside,
) -> Iterator[Concern]:
    """What the scores and the pathways say of a treatment."""
    yield from _of_scores(order, orderable, lesion, beside)
    for judgement in judgements:
        result = judgement.result
        if result is None or judgement.applicability.applies is False:
            continue
        if judgement.applicability.applies is None and not orderable.group.punctures:
            continue
        if judgement.pathway.code == "noms":
            yield from _of_noms(orderable, result, beside)
        elif judgement.pathway.code == FRACTURE_PATHWAY:
            yield from _of_fracture(order, result)
        elif result.outcome is not None and orderable.group.punctures:
            yield from _of_criteria(orderable, judgement, result, result.outcome)
        elif result.outcome is not None:
            yield from _of_rules(orderable, result, result.outcome)
    if orderable.group is Group.CEMENT and not any(one.pathway.code == "augmentation" for one in judgements):
        yield from of_cement_elsewhere(lesion)
    if orderable.group.punctures:
        yield from of_puncture(orderable, lesion, beside)


def _of_scores(
    order: Order, orderable: Orderable, lesion: LesionAssessment, beside: Beside
) -> Iterator[Concern]:
    for scored in lesion.scores:
        if scored.result is None:
            if any(cite.key == "MIR-E7" for cite in scored.applicability.cites):
                yield from _broken(orderable, scored)
        elif scored.applicability.applies is False or lesion.lesion.names_within:
            continue
        elif _names_other_bones(order, spine=scored.instrument.code == "sins"):
            # The lesion has no site: if it is what the order is for, it is where the order says.
            continue
        elif scored.instrument.code == "sins":
            yield from _of_stability(orderable, scored, beside)
        elif scored.instrument.code == "mirels":
            yield from _of_fracture_risk(orderable, scored)


def _names_other_bones(order: Order, *, spine: bool) -> bool:
    """Whether every site that an order names lies outside what a score is made for."""
    kinds = {place.kind for place in order.places if place.kind is not None}
    made_for = {Kind.SPINE, Kind.PELVIC_RING} if spine else {Kind.LONG_BONE, Kind.LIMB_BONE}
    return bool(kinds) and not kinds & made_for


def _broken(orderable: Orderable, scored: Scored) -> Iterator[Concern]:
    reason, cites = scored.applicability.reason or "", scored.applicability.cites
    if orderable.group is Group.FIXATION:
        headline = "a fracture is recorded; no longer prophylactic"
        yield Concern("MIR-E7", Weight.MIND, headline, reason, cites)
    else:
        headline = "a fracture is recorded; orthopaedic oncology first"
        yield Concern("MIR-E7", Weight.FIRST, headline, reason, cites)


_STEPS = {
    Group.CEMENT: ("never cement alone, spine surgeon first", "cement only after surgical assessment"),
    Group.ABLATION: ("ablation alone never answers it", "surgical opinion first"),
    Group.RADIOTHERAPY: ("spine surgeon's opinion first", "surgical opinion first"),
    Group.PHYSIOTHERAPY: ("spine surgeon's opinion first", "surgical opinion first"),
    Group.EMBOLISATION: ("spine surgeon's opinion first", "surgical opinion first"),
}


def _of_stability(orderable: Orderable, scored: Scored, beside: Beside) -> Iterator[Concern]:
    """What SINS says of a treatment: a spine that is or may be unstable is a surgeon's question first."""
    result, advice = scored.result, scored.advice
    if result is None or advice is None:
        return
    totals = totals_text(result.totals)
    if "unstable" in result.bands:
        sure = result.bands == ("unstable",)
        said = f"unstable by SINS {totals}" if sure else f"unstable spine not excluded (SINS {totals})"
        worst = 0
    elif "potentially-unstable" in result.bands:
        sure = len(result.bands) == 1
        said = (
            f"potentially unstable by SINS {totals}"
            if sure
            else f"potential instability not excluded (SINS {totals})"
        )
        worst = 1
    elif advice.urgency is not Urgency.ROUTINE:
        said, worst = lower(advice.headline), 0
    else:
        # A low score that does not hold here, as of a segment already fixed, is no reassurance.
        for flag in scored.flags:
            headline = lower(flag.text.split(". ")[0].rstrip("."))
            yield Concern(flag.key, Weight.MIND, headline, cites=flag.cites)
        return
    if scored.as_recorded is not None:
        said = lower(advice.headline)
    cites = (*advice.cites, _ORD_FIRST)
    if orderable.group not in _STEPS:
        yield Concern(advice.key, Weight.MIND, said, cites=advice.cites)
    elif beside.stabilised and orderable.group is not Group.PHYSIOTHERAPY:
        headline = f"{said}; {' and '.join(beside.stabilised)} drafted too"
        yield Concern(advice.key, Weight.MIND, headline, cites=cites)
    else:
        yield Concern(advice.key, Weight.FIRST, f"{said}; {_STEPS[orderable.group][worst]}", cites=cites)


def _of_fracture_risk(orderable: Orderable, scored: Scored) -> Iterator[Concern]:
    """What Mirels says of a treatment of a long bone."""
    result, advice = scored.result, scored.advice
    if result is None or advice is None:
        return
    head = f"Mirels {totals_text(result.totals)}, {lower(advice.headline)}"
    calm = result.bands == ("low",) and not scored.flags and advice.urgency is Urgency.ROUTINE
    if calm and orderable.group is Group.FIXATION:
        yield Concern(advice.key, Weight.MIND, head, cites=advice.cites)
    elif calm and _AXIAL in scored.record_next:
        headline = "axial length of cortex not recorded; 30 mm or more would mean high risk"
        yield Concern("MIR-R2", Weight.MIND, headline, cites=scored.references)
    elif not calm and orderable.group is Group.FIXATION:
        if result.bands == ("high",):
            head = f"Mirels {totals_text(result.totals)}, high: agrees with the published recommendation"
        yield Concern(advice.key, Weight.MIND, head, cites=advice.cites)
    elif not calm:
        yield Concern(advice.key, Weight.FIRST, head, cites=advice.cites)


_AXIAL = "axial-cortical-involvement"
# Not studied where met, and asked for where nobody has looked.
_ASKED = frozenset({"ABL-EXC-2", "ABL-EXC-4", "ABL-EXC-5", "MIR-R4"})
# Said by the score already, in the words of what is ordered.
_SAID = frozenset({"AUG-EXC-8", "INC-40", "ABL-9", "FEMR-1", "FEMR-2", "FEMR-3", "MIR-E7"})
_SHORT = {"cord_compression": "cord compression", "epidural_contact": "epidural contact"}
_HEADLINES = {
    "AUG-PW-2": "posterior wall disrupted: with caution",
    "AUG-EXC-1": "contraindicated, cord or cauda equina compression",
    "AUG-EXC-2": "contraindicated, epidural tumour in contact",
    "AUG-EXC-3": "contraindicated, infection",
    "AUG-EXC-4": "to be deferred, platelets or INR",
    "AUG-EXC-5": "contraindicated, bleeding or a tendency to bleed",
    "AUG-EXC-6": "contraindicated, cement allergy",
    "ABL-1-contact": "excluded, tumour in contact with cord or root",
    "ABL-EXC-1": "to be deferred, platelets or INR",
    "AUG-REL-1": "platelets below 100, or white cells below 2.5: the sources disagree",
    "MIR-R4": "cement alone carries a high fracture risk here",
}
_WEIGHTS = {
    Effect.ABSOLUTE: Weight.FORBIDS,
    Effect.DEFER: Weight.DEFERS,
    Effect.AGAINST: Weight.AGAINST,
    Effect.RELATIVE: Weight.AGAINST,
}


def _of_criteria(
    orderable: Orderable, judgement: Judgement, result: PathwayResult, outcome: Outcome
) -> Iterator[Concern]:
    found = list(_of_rules(orderable, result, outcome))
    yield from found
    if any(concern.weight is Weight.FORBIDS for concern in found):
        return
    asked = [
        rule
        for rule in outcome.unknown
        if (rule.effect in (Effect.ABSOLUTE, Effect.DEFER) or rule.id in _ASKED)
        and concerns_technique(rule, orderable)
    ]
    open_codes = dict.fromkeys(code for rule in asked for code in rule.asks if not result.given[code].single)
    if open_codes:
        labels = {one.code: one.label for one in judgement.pathway.inputs}
        named = [lower(labels[code]) for code in open_codes]
        short = [_SHORT.get(code) or lower(labels[code]) for code in open_codes]
        heavy = [rule.effect in (Effect.ABSOLUTE, Effect.DEFER) for rule in asked]
        would = "forbid or defer" if any(heavy) else "speak against"
        headline = f"open, and would {would}: {some(short)}"
        text = f"Open, and would {would}: {', '.join(named)}."
        # The line of a pathway names what would forbid or defer, and nothing else that is asked for.
        in_line = all(heavy)
        yield Concern("OPEN", Weight.OPEN, headline, text, in_line=in_line)


def _of_rules(orderable: Orderable, result: PathwayResult, outcome: Outcome) -> Iterator[Concern]:
    favoured = {
        rule.id for rule in outcome.met if rule.effect is Effect.FAVOURS and rule.technique == orderable.code
    }
    for rule in outcome.met:
        if rule.id in _SAID or not concerns_technique(rule, orderable):
            continue
        weight = _WEIGHTS.get(rule.effect)
        if rule.effect is Effect.STUDY and orderable.group.punctures and not rule.id.startswith("TRIAL-"):
            # What a study left out speaks against; that a patient is unlike its patients does not.
            weight = None if rule.quiet else Weight.AGAINST
        if rule.technique is None and rule.effect is Effect.AGAINST and rule.id in favoured:
            # Harder for every technique, and this is the one that the matrix favours for it.
            weight = Weight.MIND
        if rule.id == "AUG-DENO":
            weight = Weight.MIND
        if weight is not None:
            headline = _HEADLINES.get(rule.id) or lower(rule.text.split(". ")[0].rstrip("."))
            if rule.effect is Effect.DEFER and (numbers := result.numbers(rule)):
                headline = f"to be deferred, {' and '.join(map(lower, numbers))}"
            # MIR-R4 is a flag of the score too, which tells it in the place of a line.
            yield Concern(rule.id, weight, headline, cites=rule.cites, in_line=rule.id != "MIR-R4")


def concerns_technique(rule: Criterion, orderable: Orderable) -> bool:
    """Whether a rule speaks of what is ordered: of every technique, or of this one."""
    if rule.technique is None or rule.technique == orderable.code:
        return True
    return rule.technique == "cementoplasty" and orderable.code in CEMENT_ORDERS


def _of_noms(orderable: Orderable, result: PathwayResult, beside: Beside) -> Iterator[Concern]:
    rows = result.rows
    if rows is None:
        return
    cites = tuple(row.cite for row in rows.outcome.rows)
    if not rows.settled:
        if orderable.group in (Group.RADIOTHERAPY, Group.SPINE_SURGERY):
            wanted = rows.outcome.would_settle or rows.missing
            labels = [lower(one.label) for one in result.pathway.inputs if one.code in wanted]
            named = f": {some(labels)} to record" if labels else ""
            headline = f"NOMS not settled{named}"
            yield Concern("NOMS", Weight.MIND, headline, cites=cites, in_line=True)
        return
    treatment, row = rows.outcome.treatments[0], rows.outcome.rows[0].id
    surgery = treatment.code.startswith(("stabilisation", "decompression"))
    if treatment.code == "no-row-urgent-review":
        yield Concern("NOMS-X1", Weight.FIRST, "NOMS has no row; urgent review", cites=cites, in_line=True)
    elif orderable.group is Group.RADIOTHERAPY and surgery:
        planned = beside.stabilised and treatment.code.startswith("stabilisation")
        weight = Weight.MIND if planned else Weight.FIRST
        yield Concern(row, weight, f"NOMS: {treatment.label}", cites=cites, in_line=True)
    elif _differs(orderable, treatment.code, surgery=surgery):
        yield Concern(row, Weight.MIND, f"NOMS: {treatment.label}", cites=cites, in_line=True)


def _differs(orderable: Orderable, treatment: str, *, surgery: bool) -> bool:
    if orderable.group is Group.SPINE_SURGERY:
        return not surgery or (orderable.code == "spinal-decompression") != treatment.startswith("decompress")
    kinds = {"conventional-radiotherapy": "conventional", "stereotactic-radiotherapy": "stereotactic"}
    kind = kinds.get(orderable.code)
    return kind is not None and kind not in treatment


def _of_fracture(order: Order, result: PathwayResult) -> Iterator[Concern]:
    outcome = result.outcome
    if outcome is None:
        return
    factors = [rule for rule in outcome.met if rule.effect is Effect.RISK_FACTOR]
    warned = next((rule for rule in outcome.met if rule.id == "VCF-R4"), None)
    cites = tuple(cite for rule in factors for cite in rule.cites)
    if warned is not None:
        headline = "20 Gy or more a fraction with risk factors of fracture; cement first is for the meeting"
        yield Concern("VCF-R4", Weight.AGAINST, headline, cites=warned.cites, in_line=True)
    if factors:
        least = "at least " if any(rule.effect is Effect.RISK_FACTOR for rule in outcome.unknown) else ""
        number = f"{least}{len(factors)} risk factor{'s' * (len(factors) > 1)} of vertebral fracture"
        yield Concern("VCF", Weight.MIND, number, cites=cites, in_line=True)
    if not order.dose_per_fraction.recorded:
        text = "The order names no dose per fraction, which the risk of a vertebral fracture depends on."
        yield Concern("VCF-DOSE", Weight.MIND, "dose per fraction not in the order", text, _any_cite(result))


def _any_cite(result: PathwayResult) -> tuple[Citation, ...]:
    return result.pathway.references[:1]
