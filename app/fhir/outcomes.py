"""What a server says of its own answer, where it says it by code."""

from collections.abc import Collection

from app.fhir import wire

# Codes of Epic on FHIR [fhir.md 4]: one vendor's, and a system of their own at every site, so that the
# code alone is compared. A code that means something else elsewhere costs a gap that need not be.
_MORE_DATA = frozenset({"4119", "4127"})
_OPENED_FOR_A_REASON = frozenset({"4130", "4131", "4134"})


def says_failed(outcome: wire.OperationOutcome) -> bool:
    """Whether it reports an error, or data that were held back."""
    return any(
        issue.severity in ("error", "fatal") or _holds(issue, _OPENED_FOR_A_REASON)
        for issue in outcome.issue or ()
    )


def says_more(outcome: wire.OperationOutcome) -> bool:
    """Whether it says that there may be more than was sent."""
    return any(_holds(issue, _MORE_DATA) for issue in outcome.issue or ())


def opened_for_a_reason(body: bytes) -> bool:
    """Whether an answer asks for a reason to open the record, which no program gives."""
    try:
        outcome = wire.decode_known(body)
    except wire.DECODE_ERRORS:
        return False
    return isinstance(outcome, wire.OperationOutcome) and any(
        _holds(issue, _OPENED_FOR_A_REASON) for issue in outcome.issue or ()
    )


def _holds(issue: wire.OutcomeIssue, codes: Collection[str | None]) -> bool:
    codings = issue.details.coding if issue.details is not None else None
    return any(coding.code in codes for coding in codings or ())
