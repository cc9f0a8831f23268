"""Whom the service answers for: how its client shows cards, and what its operator chose."""

from dataclasses import dataclass, replace

from app.settings import Settings
from cds_hooks.client_profiles import PROFILES, ClientProfile


@dataclass(frozen=True, slots=True)
class Tenant:
    """One organisation whose EHR calls the service.

    Args:
        name: stands beside everything that is kept for it.
        profile: what its client can do.
        suggestions: whether its cards offer suggestions.
        shadow: whether it is shown nothing, while everything is evaluated and recorded.
        quiet_days: days for which a card that was overridden is not shown again, unless it got worse.
        ballot: parts of the CDS Hooks 3.0 ballot that are switched on for it.
    """

    name: str
    profile: ClientProfile
    suggestions: bool
    shadow: bool = False
    quiet_days: int = 0
    ballot: frozenset[str] = frozenset()


def tenant_of(settings: Settings) -> Tenant:
    """The tenant that settings describe."""
    profile = PROFILES[settings.client_profile]
    wanted = settings.client_suggestions
    return Tenant(
        settings.tenant,
        replace(profile, action_selection="action-selection" in settings.ballot),
        profile.suggestions if wanted is None else wanted,
        settings.shadow,
        settings.quiet_days,
        frozenset(settings.ballot),
    )
