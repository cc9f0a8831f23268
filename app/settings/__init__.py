"""Settings: what the operator says, read once at start and held in values that do not change."""

from app.settings.choices import Choices, is_loopback
from app.settings.environment import SHORTEST_KEY, Profile, Settings
from app.settings.parties import AccessTokenIssuer, ApiKey, CdsClient, FhirServer

__all__ = [
    "SHORTEST_KEY",
    "AccessTokenIssuer",
    "ApiKey",
    "CdsClient",
    "Choices",
    "FhirServer",
    "Profile",
    "Settings",
    "is_loopback",
]
