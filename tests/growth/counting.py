"""How many calls of functions some work takes: the same every time, on every machine."""

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls_of(work: Callable[[], object]) -> int:
    """Every call of a function, of Python or of C, while the work is done once more.

    It is done before without counting, so that what is kept from one time to the next is there already.
    """
    work()
    counted = 0

    def count(_frame: FrameType, event: str, _about: Any) -> None:
        nonlocal counted
        if event in ("call", "c_call"):
            counted += 1

    # Whatever else the collector has to call must not come in between.
    gc.collect()
    gc.disable()
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
        gc.enable()
    return counted
