"""Several versions of one resource in one record: the latest counts; what cannot be ordered all counts."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol, TypeVar

import msgspec

from app.fhir.times import read_when
from app.fhir.wire import Meta

_NEVER = datetime.min.replace(tzinfo=UTC)
# Without times of update, a correction follows what it corrects, and a withdrawal follows both.
_ORDER = {"amended": 1, "corrected": 1, "entered-in-error": 2}


class Versioned(Protocol):
    """A resource that may say when it was last updated."""

    meta: Meta | None


Version = TypeVar("Version", bound=Versioned)


def latest_versions(resources: Iterable[tuple[Version, str]]) -> list[tuple[str, Version]]:
    """Each resource in its latest version; versions that cannot be ordered are all there, once each."""
    by_reference: dict[str, list[Version]] = {}
    for resource, reference in resources:
        by_reference.setdefault(reference, []).append(resource)
    found: list[tuple[str, Version]] = []
    for reference, versions in by_reference.items():
        if len(versions) == 1:
            found.append((reference, versions[0]))
            continue
        dated = all(version.meta is not None and version.meta.lastUpdated for version in versions)
        ranks = [_rank(version, dated=dated) for version in versions]
        best = max(ranks)
        latest = [v for v, rank in zip(versions, ranks, strict=True) if rank == best]
        found += [(reference, v) for v in {msgspec.json.encode(v): v for v in latest}.values()]
    return found


def _rank(resource: Versioned, *, dated: bool) -> tuple[datetime, int]:
    when = read_when(resource.meta.lastUpdated if dated and resource.meta else None)
    instant = when.instant if when is not None and when.instant is not None else _NEVER
    return (instant, _ORDER.get(getattr(resource, "status", None) or "", 0))
