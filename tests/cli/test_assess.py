"""spine-mets assess: one file after another, each with its cards or what is wrong with it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.bundle import bundle
from tests.cds_hooks.hook_request import hook_request, prefetch_of
from tests.cds_hooks.record import (
    STABLE,
    Json,
    condition,
    operation_outcome,
    patient,
    spinal_lesion,
    subject,
)
from tests.cli.conftest import Invoke

AS_OF = ("--as-of", "2026-11-20T12:00:00+00:00")
RECORD = spinal_lesion("T11")
UNSTABLE = "T11: SINS 18 of 18. Unstable: urgent spine surgery assessment"
Write = Callable[[str, Any], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(name: str, content: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return to_file


def ndjson(*resources: Json) -> str:
    return "\n".join(json.dumps(resource) for resource in resources) + "\n\n"


FILES: dict[str, Any] = {
    "bundle.json": bundle(RECORD),
    "records.ndjson": ndjson(patient(), *RECORD),
    "request.json": hook_request(RECORD),
}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_record_in_every_form_gives_the_same_card(invoke: Invoke, write: Write, name: str) -> None:
    done = invoke("assess", write(name, FILES[name]), *AS_OF)
    assert done.exit_code == 0, done.output
    assert f"WARNING {UNSTABLE}" in done.stdout
    assert name in done.stdout
    for expected in ("Location", "junctional", "Observation/c-t11-1", "2026-11-18"):
        assert expected in done.stdout
    assert "Gap" not in done.stdout
    assert done.stderr == ""


def test_a_single_resource_is_a_record_too(invoke: Invoke, write: Write) -> None:
    done = invoke("assess", write("condition.json", RECORD[0]), *AS_OF)
    assert done.exit_code == 0
    assert "T11: SINS 3 to 18 of 18" in done.stdout
    assert "Gap (patient): The record holds no Patient resource." in done.stdout


def test_a_record_without_bone_disease_has_no_card(invoke: Invoke, write: Write) -> None:
    done = invoke("assess", write("bundle.json", bundle([condition("c", "254837009")])), *AS_OF)
    assert done.exit_code == 0
    assert "No card: no bone metastasis is recorded." in done.stdout


@pytest.mark.parametrize("lack", [{"total": 80}, {"link": [{"relation": "next", "url": "x"}]}])
def test_a_record_that_was_not_read_in_full_is_never_said_to_hold_none(
    invoke: Invoke, write: Write, lack: Json
) -> None:
    done = invoke("assess", write("bundle.json", bundle([operation_outcome("fatal")]) | lack), *AS_OF)
    assert "no bone metastasis is recorded" not in done.stdout
    assert "INFO Bone metastases: not everything could be checked" in done.stdout


def test_a_directory_is_assessed_file_by_file(invoke: Invoke, write: Write, tmp_path: Path) -> None:
    write("b/two.json", bundle(spinal_lesion("T5", STABLE)))
    write("a/one.json", bundle(RECORD))
    write("three.ndjson", ndjson(patient(), *spinal_lesion("L3")))
    write("notes.txt", "not a record")
    done = invoke("assess", tmp_path, *AS_OF)
    assert done.exit_code == 0, done.output
    places = [done.stdout.index(name) for name in ("one.json", "two.json", "three.ndjson")]
    assert places == sorted(places)
    assert "notes.txt" not in done.stdout
    assert "INFO T5: SINS 1 of 18. Stable by SINS" in done.stdout


def test_an_empty_directory_is_no_failure(invoke: Invoke, tmp_path: Path) -> None:
    assert invoke("assess", tmp_path, *AS_OF).exit_code == 0


def test_json_is_one_object_a_line(invoke: Invoke, write: Write, tmp_path: Path) -> None:
    write("a.json", bundle(RECORD))
    write("b.json", "{")
    done = invoke("assess", tmp_path, "--json", *AS_OF)
    assert done.exit_code == 1
    good, bad = (json.loads(line) for line in done.stdout.splitlines())
    assert good["file"] == "a.json"
    assert [card["summary"] for card in good["cards"]] == [UNSTABLE]
    assert set(good["cards"][0]) == {"indicator", "summary", "detail"}
    assert good["assessment"]["lesions"][0]["level"] == "T11"
    assert good["assessment"]["as_of"] == "2026-11-20T12:00:00+00:00"
    assert set(bad) == {"file", "error"}


@pytest.mark.parametrize(
    ("moment", "usable"),
    [
        ("2026-11-20T12:00:00+00:00", True),
        ("2026-11-20T12:00:00Z", True),
        ("2026-11-20T12:00+09:00", True),
        ("2026-11-20T12:00:00", False),
        ("2026-11-20", False),
        ("yesterday", False),
        ("", False),
        ("2026-13-20T12:00:00Z", False),
        ("now", False),
    ],
)
def test_a_moment_needs_its_offset(invoke: Invoke, write: Write, moment: str, usable: bool) -> None:
    done = invoke("assess", write("bundle.json", bundle(RECORD)), "--as-of", moment)
    assert done.exit_code == (0 if usable else 2)
    if not usable:
        assert "--as-of needs a date and time with offset" in done.stderr
        assert done.stdout == ""


def test_the_moment_decides_what_is_too_old(invoke: Invoke, write: Write) -> None:
    path = write("bundle.json", bundle(RECORD))
    later = invoke("assess", path, "--as-of", "2027-06-01T00:00:00+00:00")
    assert "re-examine now" in later.stdout
    assert "SINS 18 of 18" not in later.stdout


BAD_FILES: dict[str, Any] = {
    "empty.json": b"",
    "blank.json": b" \n ",
    "broken.json": "{",
    "text.json": "not a record",
    "list.json": [patient()],
    "number.json": 5,
    "latin.json": b'{"resourceType": "\xff"}',
    "mark.json": b"\xef\xbb\xbf{}",
    "deep.json": b"[" * 20_000,
    "two.json": bundle([*RECORD, patient("p-2")]),
    "subjects.json": bundle([*RECORD, condition("c-9", subject=subject("p-2"))], whose={}),
    "two.ndjson": ndjson(patient(), patient("p-2"), *RECORD),
    "broken.ndjson": ndjson(patient()) + "{\n",
    "hook.json": hook_request(RECORD, hook="order-sign"),
    "member.json": hook_request(RECORD, context={"patientId": ""}),
    "missing.json": hook_request(prefetch={}),
    "other.json": hook_request(prefetch=prefetch_of(RECORD) | {"patient": patient("p-2")}),
}


@pytest.mark.parametrize("name", sorted(BAD_FILES))
def test_a_file_that_cannot_be_assessed_is_said_to_be_so(invoke: Invoke, write: Write, name: str) -> None:
    done = invoke("assess", write(name, BAD_FILES[name]), *AS_OF)
    assert done.exit_code == 1, done.output
    assert "Not assessed: " in done.stdout
    assert "Traceback" not in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)


def test_a_bad_file_costs_the_others_nothing(invoke: Invoke, write: Write, tmp_path: Path) -> None:
    write("a.json", "{")
    write("b.json", bundle(RECORD))
    done = invoke("assess", tmp_path, *AS_OF)
    assert done.exit_code == 1
    assert "Not assessed: " in done.stdout
    assert UNSTABLE in done.stdout


def test_a_directory_with_the_name_of_a_file_costs_the_others_nothing(
    invoke: Invoke, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "a.json").mkdir()
    write("b.json", bundle(RECORD))
    done = invoke("assess", tmp_path, *AS_OF)
    assert UNSTABLE in done.stdout
    assert done.exception is None or isinstance(done.exception, SystemExit)


def test_a_file_that_cannot_be_opened_costs_the_others_nothing(
    invoke: Invoke, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "a.json").symlink_to(tmp_path / "nowhere.json")
    write("b.json", bundle(RECORD))
    done = invoke("assess", tmp_path, *AS_OF)
    assert UNSTABLE in done.stdout
    assert done.exception is None or isinstance(done.exception, SystemExit)


def test_a_file_that_is_not_there_is_a_usage_error(invoke: Invoke, tmp_path: Path) -> None:
    done = invoke("assess", tmp_path / "nothing.json")
    assert done.exit_code == 2
    # The frame around the message breaks a long path wherever its width ends.
    assert "nothing.json" in re.sub(r"[\s│]+", "", done.stderr)


def test_what_a_record_says_is_never_markup_of_the_terminal(invoke: Invoke, write: Write) -> None:
    record = spinal_lesion("T11", name="[bold red]c[/]")
    record[1]["effectiveDateTime"] = "[/]"
    done = invoke("assess", write("[red]x[bold].json", bundle(record)), *AS_OF)
    assert done.exit_code == 0, done.output
    assert "[red]x[bold].json" in done.stdout


def test_the_clock_of_the_demo_can_be_fixed_by_the_environment(invoke: Invoke, write: Write) -> None:
    path = write("bundle.json", bundle(RECORD))
    done = invoke("assess", path, "--json", settings={"AS_OF": "2026-11-20T12:00:00+00:00"})
    assert json.loads(done.stdout)["assessment"]["as_of"] == "2026-11-20T12:00:00+00:00"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"POLICY": '{"SINS-E1": "x"}'}, "SINS-E1"),
        ({"POLICY": '{"SINS-X": "upper"}'}, "SINS-X"),
        ({"WINDOWS": '{"pain": "x"}'}, "pain"),
        ({"CODE_MAP": "/nowhere/map.json"}, "map.json"),
        ({"HOST": "192.0.2.1"}, "SPINE_METS_HOST"),
        ({"PROFILE": "hospital"}, "SPINE_METS_PROFILE"),
    ],
)
def test_bad_settings_stop_it_and_are_named(
    invoke: Invoke, write: Write, settings: dict[str, str], named: str
) -> None:
    done = invoke("assess", write("bundle.json", bundle(RECORD)), *AS_OF, settings=settings)
    assert done.exit_code == 2, done.output
    assert named in done.stderr
    assert done.stdout == ""
