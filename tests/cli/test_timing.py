"""spine-mets assess --timing: what each part of an assessment took, beside the result."""

import json
import re
from pathlib import Path

import pytest

from app.knowledge import load
from app.knowledge.policy import Policy
from tests.api.bundle import bundle
from tests.cds_hooks.record import spinal_lesion
from tests.cli.conftest import Invoke

AS_OF = ("--as-of", "2026-11-20T12:00:00+00:00")
PARTS = {"reading", "grouping", "alarms", "cards", "other"}


@pytest.fixture
def record(tmp_path: Path) -> Path:
    path = tmp_path / "record.json"
    path.write_text(json.dumps(bundle(spinal_lesion("T11"))), encoding="utf-8")
    return path


def test_every_score_and_pathway_is_listed_beside_reading_and_grouping(invoke: Invoke, record: Path) -> None:
    knowledge = load(Policy())
    done = invoke("assess", record, *AS_OF, "--timing", "--json")
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stderr)["timing"]
    expected = {*PARTS, *knowledge.instruments, *knowledge.pathways, *knowledge.patient_scores}
    assert {row["part"] for row in rows} == expected
    milliseconds = [row["milliseconds"] for row in rows]
    assert milliseconds == sorted(milliseconds, reverse=True)
    assert sum(row["share"] for row in rows) == pytest.approx(1, abs=0.01)
    assert all(row["times"] == 1 for row in rows if row["part"] not in PARTS)


def test_the_table_goes_to_standard_error_with_a_row_for_each(invoke: Invoke, record: Path) -> None:
    knowledge = load(Policy())
    done = invoke("assess", record, *AS_OF, "--timing")
    rows = re.findall(r"│ ([a-z-]+) +│ +[\d.]+ │ +(\d+) │ +[\d.]+ % │", done.stderr)
    assert {*knowledge.instruments, *knowledge.pathways, "reading", "grouping"} <= {part for part, _ in rows}
    assert "Time by part" not in done.stdout


def test_each_file_of_a_directory_adds_to_it(invoke: Invoke, record: Path) -> None:
    (record.parent / "second.json").write_bytes(record.read_bytes())
    done = invoke("assess", record.parent, *AS_OF, "--timing", "--json")
    times = {row["part"]: row["times"] for row in json.loads(done.stderr)["timing"]}
    assert times["sins"] == times["noms"] == times["reading"] == 2


def test_without_it_nothing_is_said_of_time(invoke: Invoke, record: Path) -> None:
    timed = invoke("assess", record, *AS_OF, "--timing")
    plain = invoke("assess", record, *AS_OF)
    assert plain.stderr == ""
    assert plain.stdout == timed.stdout
