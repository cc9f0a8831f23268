"""The requirements of CDS Hooks, as data: requirements.csv."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

HERE = Path(__file__).with_name("requirements.csv")
SECTIONS = {
    "A": "Transport and JSON",
    "B": "Discovery",
    "C": "Invocation: the request",
    "D": "Prefetch templates",
    "E": "Prefetch that arrives",
    "F": "Access to the FHIR server",
    "G": "Answer and status",
    "H": "Cards",
    "I": "Source, coding and link",
    "J": "Suggestions, actions and override reasons",
    "K": "Feedback",
    "L": "Trusting the client",
    "M": "CORS",
    "N": "Contexts of the hooks",
    "O": "Life of a card",
    "P": "Extensions",
    "Q": "Speed",
    "R": "Audit and operation",
}


class State(StrEnum):
    """What is said of a requirement beside its tests."""

    TESTED = ""
    IN_PART = "in part"
    COMING = "coming"
    DOCUMENTED = "documented"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement.

    Args:
        level: C- is the client's duty, which the service has to check or to survive.
        versions: the versions of CDS Hooks that ask for it; blank for a rule of this project.
        reason: why no test proves it, or what its tests do not prove yet.
    """

    number: str
    section: str
    level: str
    versions: str
    requirement: str
    state: State
    reason: str


def read_requirements() -> tuple[Requirement, ...]:
    """Every requirement, in the order of their numbers."""
    with HERE.open(encoding="utf-8", newline="") as file:
        return tuple(_requirement(row) for row in csv.DictReader(file))


def _requirement(row: Mapping[str, str]) -> Requirement:
    return Requirement(
        row["number"],
        row["section"],
        row["level"],
        row["versions"],
        row["requirement"],
        State(row["state"]),
        row["reason"],
    )
