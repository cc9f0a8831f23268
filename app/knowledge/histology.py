"""Primary tumours: which codes name which, and how radiosensitive their metastases are.

A record may name several primaries, one that is not confirmed, or none: what is still possible is then a
set. Codes: SNOMED CT and ICD-10-CM as listed with status V1; ICD-10-CM is matched by category.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.engine.provenance import Citation, DefinitionError, Source
from app.knowledge.anatomy import SNOMED
from app.knowledge.conditions import ICD10CM
from app.knowledge.sources import CHEN_2022, TADROS_2018, at

SENSITIVE = "sensitive"
RESISTANT = "resistant"
EITHER = frozenset({SENSITIVE, RESISTANT})


@dataclass(frozen=True, slots=True)
class Histology:
    """One kind of primary tumour.

    Args:
        radiosensitivity: the classes that the sources leave possible for conventional radiotherapy.
        cite: the source of the class; None where both are possible for want of one that was read.
        codes: SNOMED CT codes.
        categories: ICD-10-CM categories.
    """

    code: str
    label: str
    radiosensitivity: frozenset[str] = EITHER
    cite: Citation | None = None
    codes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.cite is None) != (self.radiosensitivity == EITHER):
            raise DefinitionError(f"histology {self.code}: a class needs a source")


_SENSITIVE = at(TADROS_2018, "ONC-sensitive", "NOMS slide, radiosensitive tumours")
_RESISTANT = at(CHEN_2022, "ONC-resistant", "introduction, tumours that respond poorly to radiotherapy")


def _sensitive(code: str, label: str, codes: tuple[str, ...], categories: tuple[str, ...]) -> Histology:
    return Histology(code, label, frozenset({SENSITIVE}), _SENSITIVE, codes, categories)


def _resistant(code: str, label: str, codes: tuple[str, ...], categories: tuple[str, ...]) -> Histology:
    return Histology(code, label, frozenset({RESISTANT}), _RESISTANT, codes, categories)


HISTOLOGIES: Mapping[str, Histology] = MappingProxyType(
    {
        histology.code: histology
        for histology in (
            _sensitive("breast", "breast", ("254837009", "372064008", "408643008"), ("C50",)),
            _sensitive("prostate", "prostate", ("399068003", "93974005", "126906006"), ("C61",)),
            _sensitive("myeloma", "myeloma", ("109989006", "415110002"), ("C90.0", "C90.3")),
            _sensitive(
                "lymphoma",
                "lymphoma",
                ("118600007", "109969005"),
                tuple(f"C{number}" for number in range(81, 89)),
            ),
            _resistant(
                "non-small-cell-lung", "non-small-cell lung", ("254637007", "424132000", "423121009"), ()
            ),
            _resistant("kidney", "kidney", ("702391001", "93849006", "363518003"), ("C64",)),
            _resistant("melanoma", "melanoma", ("93655004", "372244006"), ("C43",)),
            _resistant("sarcoma", "sarcoma", ("424413001", "448710000"), ("C49",)),
            Histology("small-cell-lung", "small-cell lung", codes=("254632001",)),
            Histology(
                "lung",
                "lung, kind not told",
                codes=("93880001", "363358000"),
                categories=("C34",),
            ),
            Histology("thyroid", "thyroid", codes=("94098005", "363478007"), categories=("C73",)),
            Histology("liver", "liver", codes=("109841003", "93870000"), categories=("C22.0",)),
            Histology("colon", "colon", codes=("363406005", "93761005"), categories=("C18",)),
            Histology("rectum", "rectum", codes=("363351006",), categories=("C20",)),
            Histology("stomach", "stomach", categories=("C16",)),
            Histology("oesophagus", "oesophagus", categories=("C15",)),
            Histology("pancreas", "pancreas", codes=("363418001",), categories=("C25",)),
            Histology("bladder", "bladder", codes=("255108000",), categories=("C67",)),
            Histology("ovary", "ovary", codes=("363443007",)),
            Histology(
                "bone",
                "primary bone tumour, kind not told",
                codes=("1157067003",),
                categories=("C40", "C41"),
            ),
            Histology("unknown-primary", "primary not found", codes=("285618001", "285619009")),
            Histology("other", "a primary that this service does not classify"),
        )
    }
)
HISTOLOGY_BY_CODE: Mapping[tuple[str, str], str] = MappingProxyType(
    {(SNOMED, code): h.code for h in HISTOLOGIES.values() for code in h.codes}
)
_CATEGORIES = tuple((category, h.code) for h in HISTOLOGIES.values() for category in h.categories)
# Chapter C of ICD-10-CM is malignant; these are secondary, or say that the site is not told.
_NO_PRIMARY = ("C77", "C78", "C79", "C7B", "C80")


def histology_of(code: tuple[str, str]) -> str | None:
    """The histology that one code of a Condition names; None where it names no primary tumour."""
    system, text = code
    if system == ICD10CM:
        for category, histology in _CATEGORIES:
            if text.startswith(category):
                return histology
        return "other" if text.startswith("C") and not text.startswith(_NO_PRIMARY) else None
    return HISTOLOGY_BY_CODE.get(code)


# Codings of one Condition are translations of each other: what says less yields to what says more.
_YIELDS = {
    "lung": frozenset({"small-cell-lung", "non-small-cell-lung"}),
    "bone": frozenset({"sarcoma"}),
    "other": frozenset(HISTOLOGIES) - {"other"},
}


def narrowest(named: Iterable[str | None]) -> tuple[str, ...]:
    """The histologies that the codings of one Condition name, the vaguer left out beside the narrower."""
    found = {name for name in named if name is not None}
    return tuple(sorted(name for name in found if not _YIELDS.get(name, frozenset()) & found))


@dataclass(frozen=True, slots=True)
class Primary:
    """The primary tumours that a record leaves possible.

    Args:
        possible: histology codes, in the order of the list; every one where none is recorded.
        recorded: whether a Condition names one.
        sources: those Conditions.
    """

    possible: tuple[str, ...] = tuple(HISTOLOGIES)
    recorded: bool = False
    sources: tuple[Source, ...] = ()

    @property
    def radiosensitivity(self) -> frozenset[str]:
        """The classes that these primaries leave possible (ONC-2)."""
        return frozenset().union(*(HISTOLOGIES[code].radiosensitivity for code in self.possible))

    def may_be(self, *histologies: str) -> bool:
        """Whether one of these primaries is recorded as possible."""
        return self.recorded and not set(self.possible).isdisjoint(histologies)

    def certainly(self, *histologies: str) -> bool:
        """Whether every primary that is recorded is one of these."""
        return self.recorded and set(self.possible) <= set(histologies)

    @property
    def label(self) -> str:
        """The primaries in words; empty where none is recorded."""
        return " or ".join(HISTOLOGIES[code].label for code in self.possible) if self.recorded else ""


def primary_of(named: Iterable[tuple[str, Source, bool]]) -> Primary:
    """The primaries that Conditions name, as histology, source and whether it is confirmed.

    Two primaries are a set, and one that is not confirmed leaves any other possible too (ONC-2).
    """
    listed = list(named)
    if not listed:
        return Primary()
    found = {histology for histology, _, _ in listed}
    if not all(confirmed for _, _, confirmed in listed):
        found.add("other")
    return Primary(
        possible=tuple(code for code in HISTOLOGIES if code in found),
        recorded=True,
        sources=tuple(dict.fromkeys(source for _, source, _ in listed)),
    )
