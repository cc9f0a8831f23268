"""What a test does where a program that it needs is not there."""

import os
from typing import NoReturn

import pytest

REQUIRED_BY = ("CI", "SPINE_METS_TESTS_NEED_NODE")


def skip_or_fail(skipped: str, needed: str, reason: str) -> NoReturn:
    """Skips the test and says so aloud; in continuous integration it fails.

    Args:
        skipped: which tests these are, in capitals.
        needed: what they miss.
        reason: why it is not there, and what to install.
    """
    if any(os.environ.get(name, "").lower() not in ("", "0", "false") for name in REQUIRED_BY):
        pytest.fail(f"There is no {needed}: {reason}.")
    pytest.skip(f"{skipped} WERE SKIPPED: {reason}.")
