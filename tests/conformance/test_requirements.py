"""Every requirement of CDS Hooks is proven by a test or has its reason, and the page of them is current."""

import re
from pathlib import Path

import pytest

from tests.conformance.markers import Naming, namings, read_markers
from tests.conformance.page import page
from tests.conformance.requirements import SECTIONS, Requirement, State, read_requirements
from tools.conformance import KEPT, written

ROOT = Path(__file__).parents[2]
REQUIREMENTS = read_requirements()
BY_NUMBER = {one.number: one for one in REQUIREMENTS}
NAMINGS = read_markers(ROOT)
PROVEN = {naming.number for naming in NAMINGS if naming.proves}
LEVELS = re.compile(r"(?:C-)?(?:MUST|SHOULD|MAY)(?: NOT)?|should|derived|encouraged|informative|note")


def test_there_are_181_in_order() -> None:
    assert [one.number for one in REQUIREMENTS] == [f"R{number}" for number in range(1, 182)]


@pytest.mark.parametrize("number", BY_NUMBER)
def test_a_requirement_is_described(number: str) -> None:
    one = BY_NUMBER[number]
    assert one.section in SECTIONS
    assert LEVELS.fullmatch(one.level)
    assert one.requirement.strip().endswith(".")
    assert bool(one.reason.strip()) == (one.state is not State.TESTED)


@pytest.mark.parametrize("number", BY_NUMBER)
def test_a_requirement_has_a_test_or_a_reason(number: str) -> None:
    match BY_NUMBER[number].state:
        case State.TESTED | State.IN_PART:
            assert number in PROVEN, f"no test that is expected to pass names {number}"
        case State.NOT_APPLICABLE:
            assert number not in PROVEN, f"{number} is tested after all"
        case _:
            return


def test_nothing_is_put_off() -> None:
    assert [one.number for one in REQUIREMENTS if one.state in (State.COMING, State.IN_PART)] == []


def test_what_is_documented_has_its_section() -> None:
    documented = [one for one in REQUIREMENTS if one.state is State.DOCUMENTED]
    assert documented
    for one in documented:
        named = re.match(r'([\w/-]+\.md), "([^"]+)": ', one.reason)
        assert named, one.number
        headings = re.findall(r"(?m)^#+ (.+)$", (ROOT / named[1]).read_text(encoding="utf-8"))
        assert named[2] in headings, one.number


def test_a_marker_names_what_there_is() -> None:
    unknown = {naming for naming in NAMINGS if naming.number not in BY_NUMBER}
    assert {f"{one.path}: {one.test} names {one.number}" for one in unknown} == set()


def test_a_marker_stands_on_a_test() -> None:
    """A marker on a function that pytest never runs would prove something by nothing."""
    astray = {naming for naming in NAMINGS if not naming.test.rpartition(".")[2].startswith("test")}
    assert astray == set()


def test_the_page_is_current() -> None:
    assert KEPT.is_file(), "make conformance writes it"
    assert KEPT.read_text(encoding="utf-8") == written(), "stale: make conformance"


MODULE = """
import pytest
pytestmark = [pytest.mark.conforms("R1"), pytest.mark.slow]

@pytest.mark.conforms("R2", "R3")
@pytest.mark.parametrize("a", [1])
async def test_one(a): ...

@pytest.mark.xfail(strict=True, reason="x")
@pytest.mark.conforms("R4")
def test_two(): ...

@pytest.mark.conforms("R5")
class TestThree:
    def test_it(self): ...
    def other(self): ...

@pytest.mark.conforms("R6")
def no_test(): ...

@pytest.mark.parametrize("a", [pytest.param(1, marks=pytest.mark.xfail(reason="x"))])
@pytest.mark.conforms("R7")
def test_four(a): ...
"""


def test_markers_are_read_wherever_they_stand() -> None:
    found = [(one.number, one.test, one.proves) for one in namings(MODULE, "x.py")]
    assert found == [
        ("R1", "test_one", True),
        ("R2", "test_one", True),
        ("R3", "test_one", True),
        ("R1", "test_two", False),
        ("R4", "test_two", False),
        ("R1", "TestThree.test_it", True),
        ("R5", "TestThree.test_it", True),
        ("R6", "no_test", False),
        ("R1", "test_four", True),
        ("R7", "test_four", True),
    ]


@pytest.mark.parametrize(
    ("state", "proves", "status"),
    [
        (State.TESTED, True, "tested"),
        (State.TESTED, False, "**missing**"),
        (State.COMING, True, "coming. why"),
        (State.NOT_APPLICABLE, False, "not applicable. why"),
    ],
)
def test_the_page_says_where_a_requirement_stands(state: State, proves: bool, status: str) -> None:
    reason = "" if state is State.TESTED else "why"
    one = Requirement("R1", "A", "MUST", "all", "A | B.", state, reason)
    shown = page([one], [Naming("R1", "tests/x.py", "test_x", proves)])
    link = "[test_x](../tests/x.py)" if proves else ""
    assert f"| R1 | MUST | all | A \\| B. | {link} | {status} |" in shown
