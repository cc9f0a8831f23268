"""What is said of medicines that are drafted beside a planned puncture. Pure.

No source gives a rule for anticoagulants or bone agents around these procedures: what it does say is told,
and nothing else.
"""

from collections.abc import Iterator
from dataclasses import replace

from app.assess.ordered.concern import Beside, Concern, Weight, capital, lower
from app.assess.result import LesionAssessment
from app.engine.criteria import Criterion, Status
from app.knowledge.conditions import CEMENT_ORDERS
from app.knowledge.orderables import Group, Orderable
from app.knowledge.sources import local_policy

_ORD_CLOT = local_policy("ORD-CLOT", "An anticoagulant drafted beside a puncture is named beside its limits")
_ORD_LIMITS = local_policy(
    "ORD-LIMITS", "Cement in another bone than a vertebra: the limits of clotting that hold for ablation"
)
_MOST_LEVELS = 3


def of_puncture(orderable: Orderable, lesion: LesionAssessment, beside: Beside) -> Iterator[Concern]:
    """What a puncture is told of the medicines, and of the other punctures, that are drafted beside it."""
    if beside.anticoagulants:
        yield _drafted(beside.anticoagulants, (orderable.label,), lesion)
    elif beside.anticoagulated:
        told = "An anticoagulant is on record"
        taken = _clotting(told, "an anticoagulant on record", orderable.label, lesion)
        yield replace(taken, sources=beside.anticoagulated)
    if orderable.group is Group.CEMENT and beside.bone_agents:
        yield from _bone_agents(beside.bone_agents, lesion)
    if orderable.group is Group.CEMENT and beside.levels_cemented > _MOST_LEVELS:
        yield from _many_levels(beside.levels_cemented, lesion)


def of_medicine(orderable: Orderable, lesion: LesionAssessment, beside: Beside) -> Iterator[Concern]:
    """What a medicine is told of the punctures that are drafted beside it."""
    if orderable.group is Group.ANTICOAGULANT:
        yield _drafted((orderable.label,), beside.punctures, lesion)
    elif any(label in _CEMENT_LABELS for label in beside.punctures):
        yield from _bone_agents((orderable.label,), lesion)


_CEMENT_LABELS = frozenset(CEMENT_ORDERS)


def _drafted(medicines: tuple[str, ...], punctures: tuple[str, ...], lesion: LesionAssessment) -> Concern:
    named, planned = " and ".join(medicines), " and ".join(punctures)
    told = f"{capital(named)} is drafted beside {planned}; values on record may be from before this order"
    return _clotting(told, named, planned, lesion)


def _clotting(told: str, named: str, planned: str, lesion: LesionAssessment) -> Concern:
    keys = ("AUG-EXC-4", "ABL-EXC-1") if planned in _CEMENT_LABELS else ("ABL-EXC-1", "AUG-EXC-4")
    rule = _rule_of(lesion, keys[0]) or _rule_of(lesion, keys[1])
    limits = f" The limits of {planned}: {rule.text[0].lower()}{rule.text[1:]} [{rule.id}]" if rule else ""
    return Concern(
        "ORD-CLOT",
        Weight.AGAINST,
        f"{named} beside a planned puncture ({planned})",
        f"{told}.{limits} How it is handled around the procedure is for those who do it: this service has no "
        "rule for that.",
        (*(rule.cites if rule is not None else ()), _ORD_CLOT),
    )


def _bone_agents(medicines: tuple[str, ...], lesion: LesionAssessment) -> Iterator[Concern]:
    rule = _rule_of(lesion, "AUG-DENO")
    if rule is not None:
        named = " and ".join(medicines)
        yield Concern(
            "AUG-DENO",
            Weight.MIND,
            f"{named} beside cement; their timing is unresolved",
            f"{capital(named)} is drafted beside cement: the source calls the timing of bone agents against "
            "cement unresolved; its case was denosumab, after which one attempt failed in sclerotic bone.",
            rule.cites,
        )


def _many_levels(levels: int, lesion: LesionAssessment) -> Iterator[Concern]:
    rule = _rule_of(lesion, "AUG-REL-5")
    if rule is not None:
        text = (
            f"Cement is drafted at {levels} lesions: more than three levels in one session are a reason for "
        )
        text += "caution in the sources."
        yield Concern("AUG-REL-5", Weight.MIND, f"cement drafted at {levels} lesions", text, rule.cites)


def _rule_of(lesion: LesionAssessment, key: str) -> Criterion | None:
    """A rule of the pathways that are made for a lesion."""
    for judgement in lesion.pathways:
        criteria = judgement.pathway.criteria
        for rule in criteria.rules if criteria is not None else ():
            if rule.id == key:
                return rule
    return None


def of_cement_elsewhere(lesion: LesionAssessment) -> Iterator[Concern]:
    """Cement in a bone that has no criteria of augmentation: the limits of clotting all the same."""
    for judgement in lesion.pathways:
        result = judgement.result
        if judgement.pathway.code != "ablation" or result is None or result.outcome is None:
            continue
        limits = next((one for one in result.judged if one.criterion.id == "ABL-EXC-1"), None)
        if limits is None:
            continue
        rule, cites = limits.criterion, (*limits.criterion.cites, _ORD_LIMITS)
        if limits.status is Status.MET:
            headline = "to be deferred, platelets or INR"
            yield Concern("ORD-LIMITS", Weight.DEFERS, headline, rule.text, cites, limits.sources)
        elif limits.status is Status.UNKNOWN:
            labels = {one.code: one.label for one in judgement.pathway.inputs}
            open_codes = [code for code in rule.asks if not result.given[code].single]
            headline = f"open, and would defer: {', '.join(lower(labels[code]) for code in open_codes)}"
            text = f"Platelets and INR are not both recorded within their time. {rule.text}"
            yield Concern("ORD-LIMITS", Weight.OPEN, headline, text, cites, limits.sources)
