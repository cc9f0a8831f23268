"""The documents of the knowledge, with what the evidence says against its sources beside each."""

from collections.abc import Iterable, Mapping

from app.engine.sheet import Cell, Document, Grid, Link, Paragraph, Section
from app.evidence import Evidence, load
from app.evidence.item import Inconsistency
from app.knowledge import Knowledge
from app.knowledge.sheets import documents, signed, standing

EVIDENCE = "evidence"
# Which conflicts between figures concern which definition; the page of the evidence has all of them.
CONFLICTS_BY_PAGE: Mapping[str, tuple[int, ...]] = {
    "sins": (30, 31),
    "mirels": (32,),
    "noms": (16, 33),
    "augmentation": (14, 19, 27, 36, 37, 40, 46, 47, 49),
    "ablation": (13, 14, 16, 18, 19, 38, 43, 44, 45, 47),
    "radiotherapy": (34, 38),
    "fracture-after-stereotactic-radiotherapy": (34,),
    "acetabulum": (36,),
    "pelvis": (41,),
    "embolisation": (23,),
    "pain-bands": (13, 28),
    "qlq-bm22": (6, 29),
    "eq-5d-3l-japan": (6, 9),
    "quality-adjusted-life-years": (4, 5),
}


def knowledge_documents(knowledge: Knowledge) -> Mapping[str, Document]:
    """Every document, by its code, the evidence last."""
    evidence = load()
    by_number = {conflict.number: conflict for conflict in evidence.inconsistencies}
    conflicts = {
        code: Section(
            "Figures that exclude each other",
            (_conflicts(by_number[number] for number in numbers if number in by_number),),
        )
        for code, numbers in CONFLICTS_BY_PAGE.items()
    }
    return {**documents(knowledge, conflicts), EVIDENCE: _evidence(knowledge, evidence)}


def _evidence(knowledge: Knowledge, evidence: Evidence) -> Document:
    figures = tuple(
        (
            Link(evidence.items[code].title, f"/api/v1/evidence/figures/{code}.svg"),
            evidence.items[code].population,
            _source(evidence, code),
        )
        for code in evidence.figures
    )
    found = tuple(
        (
            item.title if item.usable else f"{item.title} (rejected)",
            item.population,
            _source(evidence, code),
            ", ".join(conflict.id for conflict in item.conflicts) or "-",
        )
        for code, item in evidence.items.items()
    )
    return Document(
        EVIDENCE,
        "Evidence",
        ("What the sources found. Nothing here speaks on a card.", standing(knowledge)),
        (
            Section("Figures", (Grid(("Figure", "Population", "Source"), figures),)),
            Section("Everything found", (Grid(("What", "Population", "Source", "Conflicts"), found),)),
            Section(
                "Figures that exclude each other",
                (
                    Paragraph("Both values are kept with their places; none is shown without its conflict."),
                    _conflicts(evidence.inconsistencies),
                ),
            ),
            signed(),
        ),
    )


def _source(evidence: Evidence, code: str) -> str:
    cite = evidence.items[code].cite
    return f"{evidence.items[code].publication.key} [{cite.tag.value}], {cite.place}"


def _conflicts(conflicts: Iterable[Inconsistency]) -> Grid:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            conflict.id,
            conflict.conflict,
            "; ".join(f"{stated.value} ({stated.place})" for stated in conflict.values) or "-",
            conflict.check,
            conflict.handling,
        )
        for conflict in conflicts
    )
    return Grid(("Conflict", "What", "Values", "Check", "What is done"), rows)
