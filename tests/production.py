"""Settings without which the service does not start outside the demo."""

from typing import Any

PRODUCTION: dict[str, Any] = {
    "profile": "service",
    "authentication": "gateway",
    "public_base_url": "https://cds.example.org",
    "audit_failure": "open",
    "pseudonym_key": "a secret of these tests that is long enough",
}
