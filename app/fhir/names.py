"""One name for a resource, however a reference writes it."""

import re
from collections.abc import Sequence

from app.fhir import wire

_VERSIONED = re.compile(r"(?:https?://.+/)?([A-Za-z]+/[A-Za-z0-9.\-]{1,256})(?:/_history/.*)?")
_SAFE_ID = re.compile(r"[A-Za-z0-9.\-_:]{1,256}")


class Names:
    """Resolves references to the name under which a resource is read."""

    def __init__(self, resources: Sequence[tuple[wire.Single | wire.Stub, str | None]]) -> None:
        self._resources = resources
        self._by_url: dict[str, str] | None = None

    def of(self, reference: str) -> str:
        """The name that a reference stands for: relative, absolute, versioned or a full URL."""
        if self._by_url is None:
            # Most records refer by relative reference only; the index is made on first use.
            self._by_url = {
                url: own_reference(resource, url, number)
                for number, (resource, url) in enumerate(self._resources)
                if url
            }
        found = self._by_url.get(reference)
        if found is not None:
            return found
        match = _VERSIONED.fullmatch(reference)
        return match[1] if match else reference

    def within(self, reference: str, container: str) -> str:
        """The same, where ``#id`` means a resource contained in another."""
        return container + reference if reference.startswith("#") else self.of(reference)


def own_reference(resource: wire.Single | wire.Stub, full_url: str | None, number: int) -> str:
    """The name under which a resource is read: its type and id, else its full URL, else its place."""
    kind = resource.resourceType if isinstance(resource, wire.Stub) else type(resource).__name__
    if safe(resource.id):
        return f"{kind}/{resource.id}"
    if full_url and safe(full_url.removeprefix("urn:uuid:")):
        return full_url
    return f"{kind}/unnamed-{number + 1}"


def safe(identifier: str | None) -> bool:
    """Whether an id can be printed: FHIR's own letters, and the length that servers send."""
    return identifier is not None and _SAFE_ID.fullmatch(identifier) is not None
