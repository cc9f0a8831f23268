"""What the card of a lesion says of its orders: each named, with its reasons and their sources. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from app.assess.ordered import LesionOrders, OrderAtLesion
from app.assess.ordered.concern import Concern, Weight, capital
from app.assess.ordered.treatments import FRACTURE_PATHWAY, concerns_technique
from app.assess.result import Judgement
from app.engine.criteria import Always, Criterion
from app.knowledge.orderables import Orderable
from cds_hooks.details import Added
from cds_hooks.markdown import code_span
from cds_hooks.pathway_lines import Line, latest, lines_of, told_of

_MOST_ORDERS = 6
_MOST_RULES = 8


def added_by(ordered: LesionOrders, notes: tuple[str, ...]) -> Added:
    """What the orders for a lesion add to its card."""
    shown = ordered.orders[:_MOST_ORDERS]
    more = len(ordered.orders) - len(shown)
    texts = [_order(one) for one in shown]
    if more:
        texts.append(f"{more} more order{'s' * (more > 1)} for this lesion, none weightier.")
    lines = tuple(_lines(ordered))
    cites = tuple(cite for one in ordered.orders for concern in one.concerns for cite in concern.cites)
    judgements = tuple({j.pathway.code: j for one in ordered.orders for j in one.judgements}.values())
    return Added(before=tuple(texts), lines=lines, notes=notes, cites=cites, judgements=judgements)


def name_of(orderable: Orderable | None) -> str:
    """What a card calls an order."""
    return orderable.label if orderable is not None else "not read by its code"


def _order(one: OrderAtLesion) -> str:
    """One order: what it is, and what there is to say of it, the heaviest first."""
    order = one.order
    plan = ""
    if order.dose_per_fraction.recorded:
        plan = f", {order.dose_per_fraction.text} a fraction"
    if order.fractions is not None:
        plan += f", {order.fractions} fraction{'s' * (order.fractions > 1)}"
    head = f"**Order: {name_of(order.orderable)}{plan}** ({code_span(order.reference)})"
    # What the line of a pathway says below stands here only where it ends the matter.
    said = [one for one in one.concerns if not one.in_line or one.weight <= Weight.DEFERS]
    return "\n".join([head, *map(_said, said)])


def _said(concern: Concern) -> str:
    text = concern.text or f"{capital(concern.headline)}."
    return f"- {text} [{concern.key}]{told_of(latest(concern.sources))}"


def _lines(ordered: LesionOrders) -> Iterator[Line]:
    """The pathways that bear on the orders, each once, told of the techniques that are ordered."""
    seen: dict[str, list[OrderAtLesion]] = {}
    for one in ordered.orders:
        for judgement in one.judgements:
            seen.setdefault(judgement.pathway.code, []).append(one)
    flagged = {flag.key for scored in ordered.lesion.scores for flag in scored.flags}
    for code, orders in seen.items():
        techniques = [one.order.orderable for one in orders if one.order.orderable is not None]

        def speaks(rule: Criterion, code: str = code, techniques: list[Orderable] = techniques) -> bool:
            if isinstance(rule.when, Always) or (rule.quiet and code != FRACTURE_PATHWAY):
                return False
            return any(concerns_technique(rule, orderable) for orderable in techniques)

        judgement = next(j for j in orders[0].judgements if j.pathway.code == code)
        for line in lines_of((judgement,), flagged, speaks, most=_MOST_RULES):
            yield _with_limits(line, judgement) if code == FRACTURE_PATHWAY else line


def _with_limits(line: Line, judgement: Judgement) -> Line:
    """Ratios with what must be said beside them: that they are no risk of one person."""
    cautions = judgement.result.cautions if judgement.result is not None else ()
    text = "\n".join([line.text, *(f"- mind: {caution.text}" for caution in cautions)])
    return replace(line, text=text, cites=(*line.cites, *(c for one in cautions for c in one.cites)))
