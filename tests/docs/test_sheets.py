"""The committed sheets are those of the knowledge in force."""

from pathlib import Path

import pytest

from app.engine.provenance import Citation, DefinitionError, Tag
from app.engine.sheet import Document, Grid, Link, Listing, Paragraph, Section, markdown, references
from app.knowledge import load
from app.knowledge.policy import Policy
from app.web.knowledge_documents import knowledge_documents
from tests.cli.conftest import Invoke, invoke  # noqa: F401  the fixture is used by its name

KEPT = Path(__file__).parents[2] / "docs" / "sheets"
DOCUMENTS = knowledge_documents(load(Policy()))


def test_every_definition_has_its_sheet_and_no_sheet_is_left_over() -> None:
    assert {path.name for path in KEPT.iterdir()} == {f"{code}.md" for code in DOCUMENTS}, "make sheets"


@pytest.mark.parametrize("code", list(DOCUMENTS))
def test_no_sheet_is_stale(code: str) -> None:
    path = KEPT / f"{code}.md"
    assert path.is_file(), "make sheets writes it"
    assert path.read_text(encoding="utf-8") == f"{markdown(DOCUMENTS[code])}\n", "stale: make sheets"


def test_the_command_writes_them(tmp_path: Path, invoke: Invoke) -> None:  # noqa: F811  the fixture
    done = invoke("sheets", tmp_path / "new")
    assert done.exit_code == 0
    assert f"{len(DOCUMENTS)} sheets" in done.stdout
    written = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()}
    assert written == {f"{code}.md": f"{markdown(one)}\n" for code, one in DOCUMENTS.items()}


def test_the_command_leaves_other_files_alone(tmp_path: Path, invoke: Invoke) -> None:  # noqa: F811  as above
    other = tmp_path / "notes.md"
    other.write_text("ours")
    assert invoke("sheets", tmp_path).exit_code == 0
    assert other.read_text() == "ours"


def test_markdown_keeps_text_from_becoming_markup() -> None:
    text = "a|b *c* `d` <e> \\ 5 <6"
    document = Document("x", text, (text,), (Section(text, (Listing((text,)), Grid((text,), ((text,),)))),))
    escaped = "a\\|b \\*c\\* \\`d\\` \\<e> \\\\ 5 <6"
    assert markdown(document).splitlines() == [
        f"# {escaped}",
        "",
        escaped,
        "",
        f"## {escaped}",
        "",
        f"- {escaped}",
        "",
        f"| {escaped} |",
        "|---|",
        f"| {escaped} |",
    ]


def test_an_address_of_the_service_is_no_link_in_a_file() -> None:
    blocks = (Paragraph("p"), Listing((Link("out", "https://x.org/1"), Link("in", "/api/v1/x"))))
    lines = markdown(Document("x", "X", (), (Section("S", blocks),))).splitlines()
    assert lines[-2:] == ["- out <https://x.org/1>", "- in (`/api/v1/x`)"]


def test_a_row_that_does_not_fit_its_table_is_refused() -> None:
    with pytest.raises(DefinitionError, match="too long or too short"):
        Grid(("one", "two"), (("only one",),))


def test_a_publication_is_named_once_with_every_place() -> None:
    one, other = (Citation("K", "A title", place, Tag.READ) for place in ("page 1", "page 2"))
    local = Citation("L", "A decision", "local policy", Tag.LOCAL_POLICY)
    (listing,) = references((one, other, one, local)).blocks
    assert listing == Listing(
        ("[V] A title (read in public text): page 1; page 2", "[D] A decision (local policy)")
    )
