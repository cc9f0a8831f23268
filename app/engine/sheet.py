"""A document to read, to print and to sign: what a clinician checks against the paper, free of markup.

A document is built once, as data, and written in as many forms as are needed: here as Markdown.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.engine.provenance import Citation, DefinitionError, Tag
from app.engine.score import Performance, Score


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to an address, of this service or elsewhere."""

    text: str
    address: str


Cell = str | Link


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Entries, one under the other."""

    entries: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; every row has as many cells as the head."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.head) for row in self.rows):
            raise DefinitionError(f"table {', '.join(self.head)}: a row is too long or too short")


Block = Paragraph | Listing | Grid


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document under its own title."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """Everything on one sheet.

    Args:
        code: its name in addresses and of its file.
        lead: what stands between the title and the first section.
    """

    code: str
    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]


# -- a score ------------------------------------------------------------------------------------------


def sheet(score: Score) -> str:
    """The score as Markdown: table, bands, use, misuse, performance, references with their tags."""
    return markdown(Document(score.code, f"{score.name} ({score.version})", (), score_sections(score)))


def score_sections(score: Score) -> tuple[Section, ...]:
    """Everything that a score says of itself."""
    items = tuple(
        ("" if number else f"{item.label} ({cited(item.cite)})", option.label, str(option.points))
        for item in score.items
        for number, option in enumerate(item.options)
    )
    bands = tuple(
        (
            f"{band.low} to {band.high}" if band.low < band.high else str(band.low),
            band.label,
            band.meaning,
            cited(band.cite),
        )
        for band in score.bands
    )
    performance = tuple(map(_performance, score.performance))
    return (
        Section("Items", (Grid(("Item", "Option", "Points"), items),)),
        Section(
            "Totals",
            (
                Grid(("Total", "Category", "Meaning", "Source"), bands),
                Paragraph(f"The {'higher' if score.worse == 'high' else 'lower'} total is the worse one."),
            ),
        ),
        *listed("Use", score.use),
        *listed("Not for", score.misuse),
        *listed("Performance", performance or ("No published measurement was read.",)),
        references(score.references),
    )


def _performance(one: Performance) -> str:
    return f"{one.measure}: {one.value} ({one.population}; {cited(one.cite)})"


def listed(title: str, entries: Iterable[Cell]) -> Iterator[Section]:
    """A section of entries, where there are any."""
    found = tuple(entries)
    if found:
        yield Section(title, (Listing(found),))


def cited(cite: Citation) -> str:
    """A rule and its tag, in few characters."""
    return f"{cite.key} [{cite.tag.value}]"


def references(cites: Iterable[Citation]) -> Section:
    """Every publication once, with its tag in letters and words and every place that is cited."""
    places: dict[tuple[str, str, str | None], dict[str, None]] = {}
    for cite in cites:
        text = f"[{cite.tag.value}] {cite.title} ({cite.tag.label})"
        places.setdefault((text, cite.tag.value, cite.url), {})[cite.place] = None
    entries: list[Cell] = []
    for (text, tag, url), found in places.items():
        full = text if tag == Tag.LOCAL_POLICY.value else f"{text}: {'; '.join(found)}"
        entries.append(full if url is None else Link(full, url))
    return Section("References", (Listing(tuple(entries)),))


# -- Markdown -----------------------------------------------------------------------------------------

# What would become markup: emphasis, code, tables, tags.
_SPECIAL = re.compile(r"[\\|*`]|<(?=[A-Za-z/!?])")


def markdown(document: Document) -> str:
    """The document as Markdown, one line for each row, entry or paragraph."""
    lines = [f"# {_escaped(document.title)}"]
    for text in document.lead:
        lines += ["", _escaped(text)]
    for section in document.sections:
        lines += ["", f"## {_escaped(section.title)}"]
        for block in section.blocks:
            lines += ["", *_lines(block)]
    return "\n".join(lines)


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield _escaped(block.text)
    elif isinstance(block, Listing):
        for entry in block.entries:
            yield f"- {_inline(entry)}"
    else:
        yield f"| {' | '.join(map(_escaped, block.head))} |"
        yield f"|{'---|' * len(block.head)}"
        for row in block.rows:
            yield f"| {' | '.join(map(_inline, row))} |"


def _inline(cell: Cell) -> str:
    if isinstance(cell, str):
        return _escaped(cell)
    if cell.address.startswith("https://"):
        return f"{_escaped(cell.text)} <{cell.address}>"
    # An address of the service leads nowhere from a file.
    return f"{_escaped(cell.text)} (`{cell.address}`)"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)
