"""Why a clinician may override a card: few reasons for each kind of card, in two code systems.

The codes of HL7 are those of its code system of reasons for not following a recommendation; their displays
are made here from the codes. What it has no code for has one of the service's own.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from cds_hooks.card import WireCoding

HL7 = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"


class CardKind(StrEnum):
    """What a card is about, as far as the reasons against it differ."""

    LESION = "lesion"
    URGENT = "urgent"
    ORDER = "order"
    INCOMPLETE = "incomplete"


# In a word of its own, so that a site can map each code: what the code system of HL7 does not say.
_OWN: Mapping[str, str] = MappingProxyType(
    {
        "already-acted-on": "Already acted on",
        "discussed-with-surgeon": "Already discussed with the surgeon",
        "surgical-opinion-obtained": "Surgical opinion obtained",
        "discussed-at-meeting": "Discussed at the multidisciplinary meeting",
        "not-a-metastasis": "The lesion is not a metastasis",
        "no-bone-disease": "There is no bone disease to look for",
        "finding-wrong": "A finding in the record is wrong",
        "finding-known-before": "The finding is not new",
        "imaging-elsewhere": "Imaging is under way elsewhere",
        "recorded-elsewhere": "It is recorded where this service cannot look",
        "other-lesion": "The order is for another lesion",
        "goals-of-care": "Not in line with the goals of care",
    }
)
_REASONS: Mapping[CardKind, tuple[str, ...]] = MappingProxyType(
    {
        CardKind.LESION: (
            "action-completed",
            "discussed-with-surgeon",
            "discussed-at-meeting",
            "imaging-elsewhere",
            "not-a-metastasis",
            "finding-wrong",
            "goals-of-care",
            "patient-refuses",
            "inappropriate-recipient",
            "recipient-does-not-trust",
        ),
        CardKind.URGENT: (
            "already-acted-on",
            "discussed-with-surgeon",
            "imaging-elsewhere",
            "finding-known-before",
            "finding-wrong",
            "not-a-metastasis",
            "goals-of-care",
            "patient-refuses",
            "inappropriate-recipient",
        ),
        CardKind.ORDER: (
            "surgical-opinion-obtained",
            "discussed-at-meeting",
            "risk-benefit-ratio",
            "not-a-metastasis",
            "other-lesion",
            "finding-wrong",
            "imaging-elsewhere",
            "patient-contraindication",
            "prefers-alternative",
            "recipient-does-not-trust",
        ),
        CardKind.INCOMPLETE: (
            "recorded-elsewhere",
            "imaging-elsewhere",
            "no-bone-disease",
            "wrong-time-workflow",
            "inappropriate-recipient",
            "action-not-priority",
        ),
    }
)


@cache
def override_reasons(base: str, kind: CardKind) -> list[WireCoding]:
    """The reasons that a card of one kind offers, each once and with its display.

    Args:
        base: the canonical base of the service's own code systems.
        kind: what the card is about.
    """
    return [_coding(base, code) for code in _REASONS[kind]]


def displays(base: str) -> Mapping[tuple[str, str], str]:
    """The display of every reason that any card offers, by system and code."""
    codings = [coding for kind in CardKind for coding in override_reasons(base, kind)]
    return {(coding.system, coding.code): coding.display or "" for coding in codings}


def _coding(base: str, code: str) -> WireCoding:
    if code in _OWN:
        return WireCoding(code, f"{base}/CodeSystem/override-reason", _OWN[code])
    return WireCoding(code, HL7, code.replace("-", " ").capitalize())
