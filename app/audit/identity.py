"""Names for decisions: they sort by the moment and tell nothing else."""

import os
from datetime import datetime
from uuid import UUID

_VERSION_7 = 7 << 76
_VARIANT = 2 << 62


def decision_id(moment: datetime) -> str:
    """A new UUID of version 7 (RFC 9562): the moment in milliseconds, then 74 bits of chance.

    Args:
        moment: when the decision began.
    """
    chance = int.from_bytes(os.urandom(10))
    milliseconds = int(moment.timestamp() * 1000) & (1 << 48) - 1
    high = (chance >> 62) & 0xFFF
    low = chance & (1 << 62) - 1
    return str(UUID(int=milliseconds << 80 | _VERSION_7 | high << 64 | _VARIANT | low))
