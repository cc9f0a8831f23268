"""What the sources found, as data: usable values, and the conflicts between them.

Nothing here drives a card. It stands beside the assessment, above the knowledge, whose publications
it cites: one title for one publication.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from app.engine.provenance import DefinitionError
from app.evidence import chen, chen_facts, fracture, hao, msts, msts_studies, tad, tad_facts, xu
from app.evidence.disputed_across import INCONSISTENCIES
from app.evidence.item import Inconsistency, Item, Series, by_code
from app.evidence.studies import Estimates, Table

DRAWN_TABLES = ("tad-pain-outcomes", "tad-local-control")


@dataclass(frozen=True, slots=True)
class Evidence:
    """All evidence.

    Args:
        items: every item under its code, in the order of the sources.
        inconsistencies: every conflict, in order of number.
        figures: the drawing of each item that has one, as SVG under the item's code.
    """

    items: Mapping[str, Item]
    inconsistencies: tuple[Inconsistency, ...]
    figures: Mapping[str, bytes]

    @property
    def usable(self) -> tuple[Item, ...]:
        """Every item that may be quoted."""
        return tuple(item for item in self.items.values() if item.usable)


ITEMS: Mapping[str, Item] = MappingProxyType(
    by_code(
        (
            *hao.ITEMS,
            *(*chen.ITEMS, *chen_facts.ITEMS),
            *(*msts.ITEMS, *msts_studies.ITEMS),
            *xu.ITEMS,
            *(*tad.ITEMS, *tad_facts.ITEMS),
            *fracture.ITEMS,
        )
    )
)


def drawn() -> tuple[Item, ...]:
    """The usable items that have a figure: every series, and what a figure makes clearer."""
    return tuple(
        item
        for item in ITEMS.values()
        if item.usable
        and (isinstance(item, Series | Estimates) or (isinstance(item, Table) and item.code in DRAWN_TABLES))
    )


@cache
def load() -> Evidence:
    """All evidence with its figures, read once.

    Raises:
        DefinitionError: a figure is missing, or there is one that no item has.
    """
    return Evidence(ITEMS, INCONSISTENCIES, figures_in(files("app.evidence").joinpath("figures")))


def figures_in(folder: Traversable) -> Mapping[str, bytes]:
    """The figure of each item that has one, in the order of the items.

    Raises:
        DefinitionError: a figure is missing, or there is one that no item has.
    """
    drawings = (entry for entry in folder.iterdir() if entry.name.endswith(".svg"))
    kept = {entry.name.removesuffix(".svg"): entry.read_bytes() for entry in drawings}
    codes = [item.code for item in drawn()]
    if set(kept) != set(codes):
        raise DefinitionError("the figures are not those of the evidence: make figures")
    return MappingProxyType({code: kept[code] for code in codes})
