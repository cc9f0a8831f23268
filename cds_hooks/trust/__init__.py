"""Trusting a client: who calls, told by the JWT of CDS Hooks."""

from app.trust.keys import FetchedKeys
from app.trust.refusal import Reason
from cds_hooks.trust.issuer import Issuer
from cds_hooks.trust.refusal import NotAuthenticatedError, ReplayStoreDownError
from cds_hooks.trust.replay import Replays, StoredReplays, Verdict
from cds_hooks.trust.trust import Caller, Proved, Trust

__all__ = [
    "Caller",
    "FetchedKeys",
    "Issuer",
    "NotAuthenticatedError",
    "Proved",
    "Reason",
    "ReplayStoreDownError",
    "Replays",
    "StoredReplays",
    "Trust",
    "Verdict",
]
