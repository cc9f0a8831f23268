"""One name for a resource, however a reference writes it."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from app.fhir import wire

_VERSIONED = re.compile(r"(https?://.+/)?([A-Za-z]+/[A-Za-z0-9.\-]{1,256})(?:/_history/.*)?")
_SAFE_ID = re.compile(r"[A-Za-z0-9.\-_:]{1,256}")


class Names:
    """Resolves references to the name under which a resource is read."""

    def __init__(self, resources: Sequence[tuple[wire.Single | wire.Stub, str | None]]) -> None:
        self._resources = resources
        self._by_url: dict[str, str] | None = None
        self._bases: set[str] = set()

    def of(self, reference: str) -> str:
        """The name that a reference stands for: relative, absolute, versioned or a full URL."""
        if self._by_url is None:
            # Most records refer by relative reference only; the index is made on first use.
            self._by_url = {
                url: own_reference(resource, url, number)
                for number, (resource, url) in enumerate(self._resources)
                if url
            }
            split = (_VERSIONED.fullmatch(url) for url in self._by_url)
            self._bases = {normal_base(match[1]) for match in split if match and match[1]}
        found = self._by_url.get(reference)
        if found is not None:
            return found
        match = _VERSIONED.fullmatch(reference)
        if match is None:
            return reference
        base, name = match[1], match[2]
        if base and self._bases and normal_base(base) not in self._bases:
            # The same id on another server means something else.
            return reference
        return name

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


def normal_base(base: str) -> str:
    """A server's base URL as servers are compared: case of the host and the default port do not count."""
    try:
        parts = urlsplit(base.rstrip("/"))
    except ValueError:
        # What is no URL is nobody's but its own.
        return base
    default = {"http": ":80", "https": ":443"}.get(parts.scheme.lower(), "")
    host = parts.netloc.lower()
    host = host.removesuffix(default) if default else host
    return f"{parts.scheme.lower()}://{host}{parts.path}"


def safe(identifier: str | None) -> bool:
    """Whether an id can be printed: FHIR's own letters, and the length that servers send."""
    return identifier is not None and _SAFE_ID.fullmatch(identifier) is not None
