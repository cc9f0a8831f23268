import json
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from app import cli
from app.fhir.codes import code_book
from app.main import create_app
from app.settings import Settings

ROOT = Path(__file__).parents[2]
BASE = "https://fhir.spine-mets-cds.org"


def fenced(document: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)


async def test_the_request_of_the_readme_gives_the_answer_of_the_readme() -> None:
    command = fenced("README.md", "sh")[0]
    body = json.loads(re.search(r"-d '(.*)'", command)[1])  # type: ignore[index]  # the README has one
    path = re.search(r"8000(/\S+)", command)[1]  # type: ignore[index]  # as above
    transport = httpx.ASGITransport(create_app(Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.post(path, json=body)
    answer = response.json()
    shown = json.loads(fenced("README.md", "json")[0])
    assert answer.keys() - shown.keys() == {"items", "references", "knowledge"}
    assert {name: answer[name] for name in shown} == shown


def test_the_worked_map_is_read(tmp_path: Path) -> None:
    path = tmp_path / "codes.json"
    path.write_text(fenced("docs/mapping.md", "json")[0])
    book = code_book(BASE, path)
    assert book.resolve("https://radiology.example.org/answers", "S") == (
        f"{BASE}/CodeSystem/answer",
        "lesion-blastic",
    )


def test_the_worked_check_of_a_map_prints_what_the_document_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes, record = fenced("docs/mapping.md", "json")
    (tmp_path / "codes.json").write_text(codes)
    (tmp_path / "record.json").write_text(record)
    monkeypatch.chdir(tmp_path)
    command = fenced("docs/mapping.md", "sh")[0].split()
    assert command.pop(0) == "spine-mets"
    done = CliRunner().invoke(cli.app, command)
    assert done.exit_code == 1, done.output
    assert done.stdout == fenced("docs/mapping.md", "text")[0]


@pytest.mark.parametrize("number", [0, 1], ids=["a score", "a record"])
def test_the_package_as_a_library_prints_what_the_document_shows(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "record.json").write_text(fenced("docs/trying-it-out.md", "json")[0])
    monkeypatch.chdir(tmp_path)
    printed = StringIO()
    with redirect_stdout(printed):
        exec(fenced("docs/library.md", "python")[number], {})  # noqa: S102  a document of this project
    assert printed.getvalue() == fenced("docs/library.md", "text")[number]


async def test_the_pathway_of_the_readme_gives_what_the_readme_says() -> None:
    readme = " ".join((ROOT / "README.md").read_text().split())
    asked = re.search(r"`POST (/api/v1/pathways/noms)` with `({.*?})` gives row (NOMS-\d+), (.*?),", readme)
    assert asked is not None
    transport = httpx.ASGITransport(create_app(Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.post(asked[1], json=json.loads(asked[2]))
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["rows"] == [asked[3]]
    assert answer["treatments"] == [asked[4].replace(" and ", " ").replace(" ", "-")]


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "docs/ehr.md",
        "docs/library.md",
        "docs/mapping.md",
        "docs/clients.md",
        "docs/ehr-clients.md",
        "docs/trying-it-out.md",
        "docs/conformance.md",
        "docs/performance.md",
        "CONTRIBUTING.md",
    ],
)
def test_every_link_to_a_file_leads_to_one(document: str) -> None:
    text = (ROOT / document).read_text()
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    missing = [link for link in links if not (ROOT / document).parent.joinpath(link).exists()]
    assert not missing


def test_every_setting_of_the_readme_exists_and_every_setting_is_in_it() -> None:
    named = set(re.findall(r"`SPINE_METS_([A-Z_]+)`", (ROOT / "README.md").read_text()))
    known = {name.upper() for name in Settings.model_fields}
    assert named == known
