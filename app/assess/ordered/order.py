"""What a clinician is about to order, free of any wire format."""

from dataclasses import dataclass

from app.engine.quantity import UNMEASURED, Measured
from app.knowledge.anatomy import Place
from app.knowledge.orderables import Orderable


@dataclass(frozen=True, slots=True)
class Order:
    """One draft order.

    Args:
        reference: its type and id, as the client writes it.
        orderable: what is ordered; None where no code tells.
        coded: whether it carries a code at all.
        selected: whether this call is about it; the others are background.
        places: the sites that it names, by its own body sites or by its code.
        sited: whether it names a site by itself, and not by its code only.
        conditions: references of the Conditions that it names as its reason.
        dose_per_fraction: of radiotherapy, in Gy.
        fractions: of radiotherapy.
        unread: what of it could not be read, in words of this service.
    """

    reference: str
    orderable: Orderable | None
    coded: bool = True
    selected: bool = True
    places: tuple[Place, ...] = ()
    sited: bool = False
    conditions: tuple[str, ...] = ()
    dose_per_fraction: Measured = UNMEASURED
    fractions: int | None = None
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Orders:
    """Every draft of a call.

    Args:
        listed: those that can be read, in the order of the call.
        unreadable: how many selected ones cannot be read, or do not prove whose they are.
    """

    listed: tuple[Order, ...] = ()
    unreadable: int = 0

    @property
    def selected(self) -> tuple[Order, ...]:
        """Those that the call is about."""
        return tuple(order for order in self.listed if order.selected)
