"""What was read of each resource, as something that names and compares it."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from app.audit.seal import Seal
from app.decision import Origin, Read
from app.fhir import wire
from app.fhir.needs import NEED_BY_TYPE

Resources = Sequence[tuple[wire.Single | wire.Stub, str | None]]
_VERSION = re.compile(rb'"([A-Za-z0-9.\-]{1,64})"')
# An instant; what else a server writes there is not kept.
_UPDATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_NO_META = wire.Meta()
_encode = msgspec.json.Encoder().encode
_decode_meta = msgspec.json.Decoder(wire.Meta).decode


def reads(seal: Seal, resources: Resources, need: str | None, origin: Origin) -> Iterator[Read]:
    """Each resource with its version and the digest of what was decoded of it.

    Args:
        seal: makes the digests.
        resources: as they were collected.
        need: the data need that they came for; that of its type for each where left out.
        origin: where they came from.
    """
    digest = seal.digest
    for resource, _url in resources:
        kind = type(resource).__name__
        if isinstance(resource, wire.Stub):
            # A type that nobody knows may be any text, a patient's name among them.
            kind = resource.resourceType or ""
            kind = kind if kind in NEED_BY_TYPE else "other"
        meta: wire.Meta | None = getattr(resource, "meta", None)
        if meta is None:
            meta = _meta_of(resource)
        version = None if meta.versionId is msgspec.UNSET else _version(bytes(meta.versionId))
        updated = None if meta.lastUpdated is None else _instant(meta.lastUpdated)
        yield Read(
            kind,
            resource.id,
            version,
            updated,
            digest(_encode(resource)),
            need or _need_of(kind),
            origin,
        )


# Of the resources of one patient most were changed at the same few moments.
@lru_cache(maxsize=1_024)
def _version(raw: bytes) -> str | None:
    found = _VERSION.fullmatch(raw)
    return found[1].decode() if found is not None else None


@lru_cache(maxsize=1_024)
def _instant(text: str) -> str | None:
    return text if _UPDATED.fullmatch(text) else None


def _meta_of(resource: wire.Single | wire.Stub) -> wire.Meta:
    """The meta of a type of which it is not decoded with the resource."""
    raw = getattr(resource, "raw_meta", msgspec.UNSET)
    if raw is msgspec.UNSET:
        return _NO_META
    try:
        return _decode_meta(raw)
    except wire.DECODE_ERRORS:
        return _NO_META


def _need_of(kind: str) -> str:
    return NEED_BY_TYPE.get(kind, "medications" if kind.startswith("Medication") else "other")
