"""What the service keeps: which cards it issued, and what clinicians made of them. No text of a record."""

from app.store.database import StoreError
from app.store.pseudonyms import pseudonym
from app.store.recorder import Recorder
from app.store.records import Counts, IssuedCard, Outcome, Reason, Report, Tally
from app.store.small_cells import Told, tell
from app.store.store import Store

__all__ = [
    "Counts",
    "IssuedCard",
    "Outcome",
    "Reason",
    "Recorder",
    "Report",
    "Store",
    "StoreError",
    "Tally",
    "Told",
    "pseudonym",
    "tell",
]
