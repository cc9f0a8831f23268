"""spine-mets scores."""

import re

from tests.api.score_table import BANDS, TABLES
from tests.cli.conftest import Invoke


def test_lists_every_score_in_one_line(invoke: Invoke) -> None:
    done = invoke("scores")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert len(lines) == len(TABLES)
    assert re.match(r"sins\s+0 to 18\s+Spinal Instability Neoplastic Score$", lines[0])
    assert re.match(r"mirels\s+4 to 12\s+Mirels", lines[1])


def test_prints_the_sheet_of_one_as_a_clinician_knows_it(invoke: Invoke) -> None:
    for score, table in TABLES.items():
        done = invoke("scores", score)
        assert done.exit_code == 0
        rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("|")]
        points = [int(row[-1].rstrip(" |")) for row in rows if row[-1].rstrip(" |").isdigit()]
        assert points == [value for options in table.values() for value in options.values()]
        for _, span in BANDS[score]:
            low, high = span[0], span[-1]
            assert any((f"{low} to {high}" if low < high else str(low)) in row[0] for row in rows)
        for title in ("## Use", "## Not for", "## Performance", "## References"):
            assert title in done.stdout
        assert "[V]" in done.stdout or "[S]" in done.stdout


def test_an_unknown_score_names_the_known(invoke: Invoke) -> None:
    done = invoke("scores", "tomita")
    assert done.exit_code == 2
    assert "sins, mirels" in done.stderr
    assert done.stdout == ""


def test_without_a_command_the_help_is_shown(invoke: Invoke) -> None:
    done = invoke()
    for command in ("serve", "assess", "scores", "openapi"):
        assert command in done.output
