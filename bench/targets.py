"""The targets, each with whether it is met."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """One target.

    Args:
        code: names it.
        title: says what is measured.
        limit: the value that is to be reached, or not to be exceeded.
        at_least: whether it is to be reached; it is not to be exceeded otherwise.
        unit: of both values; empty for a multiple.
    """

    code: str
    title: str
    limit: float
    at_least: bool
    unit: str = ""

    @property
    def wanted(self) -> str:
        """The limit in words."""
        unit = f" {self.unit}" if self.unit else ""
        return f"{'at least' if self.at_least else 'under'} {self.limit:g}{unit}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target held against what was measured.

    Args:
        measured: the value; None where it could not be measured.
    """

    target: Target
    measured: float | None

    @property
    def met(self) -> bool | None:
        """Whether it is met; None where nobody knows."""
        if self.measured is None:
            return None
        if self.target.at_least:
            return self.measured >= self.target.limit
        return self.measured < self.target.limit

    @property
    def word(self) -> str:
        """The same in words."""
        return {True: "met", False: "not met", None: "not measured"}[self.met]


TARGETS = (
    Target("open", "throughput, of the yardstick's", 1.0, at_least=True),
    Target(
        "rs384",
        "throughput with an RS384 JWT, replay check and audit, of the yardstick's",
        0.7,
        at_least=True,
    ),
    Target("es384", "the same with an ES384 JWT", 0.45, at_least=True),
    Target("healthchain", "throughput, of HealthChain's", 6.0, at_least=True),
    Target("p99-eight", "p99 at 8 connections, of p50", 3.0, at_least=False),
    Target("p99-one", "p99 at 1 connection", 2.0, at_least=False, unit="ms"),
    Target("memory", "resident memory after the load", 120.0, at_least=False, unit="MiB"),
    Target("start", "start to ready", 1.5, at_least=False, unit="s"),
    Target("observations", "the dearest further Observation, of the cheapest", 1.2, at_least=False),
    Target("lesions", "the dearest further lesion, of the cheapest", 1.2, at_least=False),
    Target("blocking", "the longest wait of a probe for the largest body", 50.0, at_least=False, unit="ms"),
    Target("fetching", "p99 with 32 hooks in flight that fetch, of p50", 4.0, at_least=False),
)


def judged(measured: Mapping[str, float | None]) -> tuple[Verdict, ...]:
    """Every target with whether it is met.

    Args:
        measured: the values by the code of their target; what is not there was not measured.
    """
    return tuple(Verdict(target, measured.get(target.code)) for target in TARGETS)
