"""The one line at the head of a card about orders: what is ordered, and what weighs most."""

from collections.abc import Iterator

from app.assess.ordered import LesionOrders
from cds_hooks.card import MAX_SUMMARY
from cds_hooks.order_lines import name_of


def order_summary(ordered: LesionOrders, hidden: int) -> str:
    """The summary of a lesion's card about orders: the fullest statement that fits, never cut off.

    Args:
        ordered: the orders for the lesion.
        hidden: how many cards are not shown.
    """
    more = f" (+{hidden} more lesion{'s' * (hidden > 1)})" if hidden else ""
    for text in _summaries(ordered):
        if len(text) + len(more) <= MAX_SUMMARY:
            return text + more
    return f"{ordered.lesion.lesion.place.label}: see detail on what is ordered{more}"


def _summaries(ordered: LesionOrders) -> Iterator[str]:
    """The same statement in fewer and fewer words."""
    label = ordered.lesion.lesion.place.label
    read = [one for one in ordered.orders if one.order.orderable is not None]
    if not read:
        yield f"{label}: {ordered.concerns[0].headline}"
        return
    names = " and ".join(dict.fromkeys(name_of(one.order.orderable) for one in read))
    first = next(iter(ordered.lesion.alarms), None)
    if first is not None and first.urgency.critical:
        yield f"{label}: {first.headline}. Ordered: {names}"
        yield f"{label}: {first.headline}"
        return
    heads = [concern.headline for concern in ordered.concerns]
    weightiest = next(one for one in ordered.orders if one.concerns[0].headline == heads[0])
    leading = name_of(weightiest.order.orderable)
    for named in dict.fromkeys((names, leading)):
        yield from (f"{label}, {named}: {'; '.join(heads[:n])}" for n in (2, 1) if n <= len(heads))
    yield f"{label}: {heads[0]}"
    number = len(ordered.concerns)
    yield f"{label}, {leading}: {number} thing{'s' * (number > 1)} to weigh first; see detail"
