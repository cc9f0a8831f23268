"""spine-mets fhir: the definitions as files."""

import json
from pathlib import Path

import pytest
from fhir.resources.R4B import get_fhir_model_class
from typer.testing import CliRunner, Result

from app.cli import app
from tests.fhir.records import BASE

PUBLIC = "https://cds.example.org"


def run(directory: Path, **settings: str) -> Result:
    environment = {f"SPINE_METS_{name.upper()}": value for name, value in settings.items()}
    return CliRunner().invoke(app, ["fhir", str(directory)], env=environment)


def written(directory: Path) -> dict[str, dict[str, object]]:
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in directory.iterdir()}


def test_every_definition_is_a_valid_file_of_its_own(tmp_path: Path) -> None:
    done = run(tmp_path / "made" / "here")
    assert done.exit_code == 0
    found = written(tmp_path / "made" / "here")
    assert f"{len(found)} definitions" in done.stdout
    assert {
        "CodeSystem-observable.json",
        "Questionnaire-sins.json",
        "StructureDefinition-fractions.json",
    } <= set(found)
    for name, document in found.items():
        kind = str(document["resourceType"])
        get_fhir_model_class(kind).model_validate(document)
        assert name == f"{kind}-{document['id']}.json"


def test_a_second_run_writes_the_same(tmp_path: Path) -> None:
    run(tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    run(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


@pytest.mark.parametrize(
    ("settings", "url", "reached"),
    [
        ({}, BASE, None),
        (
            {"canonical_base": "https://terminology.example.org", "public_base_url": PUBLIC},
            "https://terminology.example.org",
            f"{PUBLIC}/fhir",
        ),
    ],
)
def test_the_addresses_are_those_of_the_deployment(
    tmp_path: Path, settings: dict[str, str], url: str, reached: str | None
) -> None:
    run(tmp_path, **settings)
    found = written(tmp_path)
    assert found["CodeSystem-answer.json"]["url"] == f"{url}/CodeSystem/answer"
    implementation = found["CapabilityStatement-spine-mets-cds.json"]["implementation"]
    assert isinstance(implementation, dict)
    assert implementation.get("url") == reached


def test_a_directory_that_cannot_be_made_is_told_and_not_a_traceback(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("", encoding="utf-8")
    done = run(taken)
    assert done.exit_code == 1
    assert "cannot be written" in done.stderr
    assert done.exception is None or isinstance(done.exception, SystemExit)


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, policy='{"MIR-E3": "canary"}')
    assert done.exit_code == 2
    assert "SPINE_METS_POLICY" in done.stderr
    assert list(tmp_path.iterdir()) == []
