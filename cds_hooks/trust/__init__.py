"""Trusting a client: who calls, told by the JWT of CDS Hooks."""

from cds_hooks.trust.issuer import Issuer
from cds_hooks.trust.keys import FetchedKeys
from cds_hooks.trust.refusal import NotAuthenticatedError, Reason, ReplayStoreDownError
from cds_hooks.trust.replay import Replays, StoredReplays, Verdict
from cds_hooks.trust.trust import Caller, Trust

__all__ = [
    "Caller",
    "FetchedKeys",
    "Issuer",
    "NotAuthenticatedError",
    "Reason",
    "ReplayStoreDownError",
    "Replays",
    "StoredReplays",
    "Trust",
    "Verdict",
]
