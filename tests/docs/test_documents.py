import json
import re
from pathlib import Path

import httpx
import pytest

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


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "docs/mapping.md",
        "docs/clients.md",
        "docs/trying-it-out.md",
        "docs/conformance.md",
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
