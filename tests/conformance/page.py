"""docs/conformance.md: every requirement with its level, its tests and where it stands."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tests.conformance.markers import Naming
from tests.conformance.requirements import SECTIONS, Requirement, State

_SHOWN = 3
_HEAD = """# Conformance to CDS Hooks

What the service does of CDS Hooks 2.0.1, requirement by requirement, and the tests that prove it. Written by
`make conformance`: the test suite writes it again and compares, and fails where a requirement has
neither a test nor a reason.

- **Level**: as the specification has it; C- is the client's duty, which the service checks or survives; a
  rule without a version is this project's own.
- **Versions**: the versions of CDS Hooks that ask for it; 3.0b is the ballot, whose features are off unless
  `SPINE_METS_BALLOT` names them.
- **Status**: *tested*; *in part*, with what is still to come; *coming*; *documented*; *not applicable*.

Beside these tests, every answer below `/cds-services` that a client of the test suite receives is walked
(`tests/conformance/walker.py`): strict JSON, nothing null or empty, no unknown member, every length,
enumeration, uuid and reference.
"""


def page(requirements: Sequence[Requirement], namings: Iterable[Naming]) -> str:
    """The page, in Markdown."""
    proven: dict[str, list[Naming]] = {}
    for naming in namings:
        if naming.proves:
            proven.setdefault(naming.number, []).append(naming)
    counts = Counter(status(one, proven) for one in requirements)
    lines = [_HEAD, "| status | requirements |", "|---|---|"]
    lines += [f"| {name} | {number} |" for name, number in sorted(counts.items())]
    for section, title in SECTIONS.items():
        lines += ["", f"## {section}. {title}", "", "| | level | versions | requirement | tests | status |"]
        lines.append("|---|---|---|---|---|---|")
        lines += [_row(one, proven) for one in requirements if one.section == section]
    return "\n".join(lines) + "\n"


def status(requirement: Requirement, proven: Mapping[str, Sequence[Naming]]) -> str:
    """Where a requirement stands: its state, or whether a test proves it."""
    if requirement.state is not State.TESTED:
        return requirement.state.value
    return "tested" if requirement.number in proven else "**missing**"


def _row(requirement: Requirement, proven: Mapping[str, Sequence[Naming]]) -> str:
    found = proven.get(requirement.number, ())
    tests = [f"[{one.test}](../{one.path})" for one in found[:_SHOWN]]
    if len(found) > _SHOWN:
        tests.append(f"{len(found) - _SHOWN} more")
    said = status(requirement, proven)
    cells = (
        requirement.number,
        requirement.level,
        requirement.versions,
        requirement.requirement,
        "<br>".join(tests),
        f"{said}. {requirement.reason}" if requirement.reason else said,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
