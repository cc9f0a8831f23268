"""The page on security names only what exists, and no threat without a test."""

import re
from collections.abc import Mapping

import pytest

from app.logs import ALLOWED_FIELDS
from tests.docs.test_safety import (
    PLACE,
    ROOT,
    SETTING,
    TEST,
    known_tests,
    named,
    page,
    proofs_in,
    table,
    tables,
    unknown_in,
)

PAGE = "SECURITY.md"
THREATS = ["threat", "what the service does", "where", "tests"]


def threats() -> Mapping[str, list[str]]:
    return {row[0].split()[0]: row for row in table(page(PAGE), THREATS)}


def part(title: str) -> str:
    """What stands under a heading."""
    (found,) = re.findall(rf"(?ms)^## {re.escape(title)}$(.*?)(?=^## |\Z)", page(PAGE))
    return str(found)


def test_everything_that_is_named_exists() -> None:
    assert unknown_in(page(PAGE), beside="") == []


def test_every_row_has_every_cell() -> None:
    for head, rows in tables(page(PAGE)):
        for row in rows:
            assert len(row) == len(head), row[0]
            assert all(row), row[0]


def test_threats_are_numbered_without_a_gap() -> None:
    assert list(threats()) == [f"T{number}" for number in range(1, len(threats()) + 1)]


@pytest.mark.parametrize("threat", list(threats()))
def test_a_threat_has_its_measure_its_place_and_a_test(threat: str) -> None:
    _name, measure, where, proof = threats()[threat]
    assert measure.strip("- .")
    assert proofs_in(proof)
    # Nothing in these cells goes unchecked.
    assert set(named(proof)) == proofs_in(proof)
    assert named(where)
    for one in named(where):
        assert PLACE.fullmatch(one) or SETTING.fullmatch(one) or (ROOT / one).is_file(), one


def test_what_may_be_logged_is_what_is_logged() -> None:
    (fields,) = re.findall(r"\n\n((?:`\w+`\s+)+)\n", part("What is never logged"))
    assert named(fields) == sorted(ALLOWED_FIELDS)


def test_what_stops_the_start_names_where_it_is_shown() -> None:
    shown = {one for one in named(part("What stops the start")) if one.startswith("tests/")}
    assert shown
    assert shown <= {one.partition("::")[0] for one in known_tests()}


def test_a_vulnerability_has_a_private_way_and_no_invented_address() -> None:
    text = part("Reporting a vulnerability")
    assert "private advisory form" in text
    assert not re.search(r"[\w.+-]+@[\w-]+\.\w+", page(PAGE))


def test_no_test_is_named_twice_in_one_row() -> None:
    for row in threats().values():
        listed = [one for one in named(row[3]) if TEST.fullmatch(one)]
        assert len(listed) == len(set(listed)), row[0]
