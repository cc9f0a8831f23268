"""How many children a metric may have, and what their labels may be."""

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest

from app.metrics.values import Family
from tests.metrics.counted import labels_of, value


def family(most: int) -> tuple[Family[Counter], CollectorRegistry]:
    registry = CollectorRegistry()
    return Family(Counter("seen", "Seen.", ("what",), registry=registry), most), registry


def test_what_comes_after_the_bound_counts_together() -> None:
    seen, registry = family(3)
    for number in range(100):
        seen.of(f"code-{number}").inc()
    text = generate_latest(registry).decode()
    assert labels_of(text) == {"code-0", "code-1", "code-2", "other"}
    assert value(text, "seen_total", what="other") == 97
    assert len(seen._children) == 4


@pytest.mark.parametrize("text", ["", "two words", "new\nline", 'quo"te', "x" * 97, "naïve"])
def test_what_is_no_code_counts_as_other_and_is_not_remembered(text: str) -> None:
    seen, registry = family(3)
    seen.of(text).inc()
    assert labels_of(generate_latest(registry).decode()) == {"other"}
    assert list(seen._children) == [("other",)]


def test_a_child_is_found_again() -> None:
    seen, _ = family(3)
    assert seen.of("one") is seen.of("one")
