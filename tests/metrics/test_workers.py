"""Several processes that count together, and those of them that have ended."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.metrics import shared_between
from app.metrics.values import FOLDER, forget_the_dead
from tests.metrics.counted import value

# Counts one call, leaves a request open, and tells what all of them counted.
WORKER = """
import sys
from tests.metrics.counted import decision, metrics, told
counted = metrics()
counted.decided(decision())
counted.in_flight.inc()
counted.servers_of("default").rests("server-1", "open")
counted.runs("0.1.0", "39da78cc1e3e")
print(told(counted))
"""


def counting(folder: Path) -> str:
    done = subprocess.run(  # noqa: S603  our own command
        [sys.executable, "-c", WORKER],
        env={**os.environ, FOLDER: str(folder)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_counts_of_dead_workers_stay_and_their_gauges_go(tmp_path: Path) -> None:
    texts = [counting(tmp_path) for _ in range(3)]
    assert [value(text, "cds_requests_total") for text in texts] == [1, 2, 3]
    assert [value(text, "cds_request_seconds_count") for text in texts] == [1, 2, 3]
    # Each is dead when the next one tells: what it had in flight is not in flight any more.
    assert [value(text, "cds_http_in_flight") for text in texts] == [1, 1, 1]
    assert [value(text, "cds_breaker_state") for text in texts] == [2, 2, 2]
    assert [value(text, "cds_build_info") for text in texts] == [1, 1, 1]


def test_the_gauges_of_a_worker_that_lives_are_kept(tmp_path: Path) -> None:
    alive = tmp_path / f"gauge_livesum_{os.getpid()}.db"
    other = tmp_path / "gauge_livesum_x.db"
    for file in (alive, other):
        file.touch()
    forget_the_dead(tmp_path)
    assert alive.exists()
    assert other.exists()


def test_a_folder_for_several_processes_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER, raising=False)
    with shared_between(1):
        assert FOLDER not in os.environ
    with shared_between(2):
        folder = Path(os.environ[FOLDER])
        assert folder.is_dir()
        (folder / "counter_1.db").touch()
    assert FOLDER not in os.environ
    assert not folder.exists()


def test_a_folder_of_the_operator_is_put_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    with shared_between(2):
        assert os.environ[FOLDER] != str(tmp_path)
    assert os.environ[FOLDER] == str(tmp_path)


def test_processes_that_are_started_inside_count_together() -> None:
    with shared_between(2):
        folder = Path(os.environ[FOLDER])
        assert [value(counting(folder), "cds_requests_total") for _ in range(2)] == [1, 2]
    # Another start begins at nothing.
    with shared_between(2):
        assert value(counting(Path(os.environ[FOLDER])), "cds_requests_total") == 1
