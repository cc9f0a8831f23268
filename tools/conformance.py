"""Writes docs/conformance.md: the requirements of CDS Hooks and the tests that prove them."""

from pathlib import Path

from tests.conformance.markers import read_markers
from tests.conformance.page import page
from tests.conformance.requirements import read_requirements

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "docs" / "conformance.md"


def written() -> str:
    """The page as it is now: requirements and markers are read, no test runs."""
    return page(read_requirements(), read_markers(ROOT))


def main() -> None:
    """Write the page again."""
    KEPT.write_text(written(), encoding="utf-8")


if __name__ == "__main__":
    main()
