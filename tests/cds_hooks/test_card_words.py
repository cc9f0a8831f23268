"""The words that no card may say are found where they stand, and nothing harmless is taken for them."""

import pytest

from tests.cds_hooks.card_words import check_words


@pytest.mark.parametrize(
    "said",
    [
        "A rule (primary source not read)",
        "Perform vertebroplasty at T11",
        "Administer dexamethasone now",
        "Ablate with 40 W for three minutes",
        "Stop above 42 \u00b0C",
        "Inject 5 mL of cement",
        "The patient will live nine months",
        "The lesion is safe",
        "Fracture: low risk",
        "Rotate to methadone",
    ],
)
def test_what_no_card_may_say_is_found(said: str) -> None:
    with pytest.raises(AssertionError):
        check_words({"summary": "T11", "detail": said})


@pytest.mark.parametrize(
    "said",
    [
        "Consider an urgent spine surgery assessment",
        "whole-spine MRI within 24 hours at most",
        "the guideline names 16 mg by mouth",
        "published schedules: 8 Gy in 1 fraction",
        "expected to live longer than three months",
    ],
)
def test_what_a_card_does_say_is_not(said: str) -> None:
    check_words({"summary": "T11", "detail": said})
