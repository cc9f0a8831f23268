"""What each part of judging takes: the core reads no clock, and says what it has just done."""

from collections.abc import Callable

# Told the name of a part as it ends; whatever was done since the last call was that part.
Lap = Callable[[str], None]
# Begins the laps of one judging.
BeginLaps = Callable[[], Lap]

# Parts that are no score and no pathway, whose names are their codes.
GROUPING = "grouping"
ALARMS = "alarms"
OTHER = "other"


def unheard(_part: str) -> None:
    """Nobody asks how long anything takes."""


def begin_unheard() -> Lap:
    """The laps of one judging, where nobody asks how long they take."""
    return unheard
