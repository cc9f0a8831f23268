"""One call in every mixture: what the client sends by itself, and what it leaves to be fetched."""

import json
from collections.abc import Collection
from typing import Any

from tests.both_ways.charts import Chart
from tests.cds_hooks.hook_request import HOOK_INSTANCE, KEYS
from tests.cds_hooks.record import Json

TOKEN = "token-of-the-mixtures"  # noqa: S105  the test server's own, no secret
EVERY_KEY = frozenset(KEYS)
NO_KEY = frozenset[str]()


def under(base: str, resource: Json) -> str:
    """The address of a resource on its server."""
    return f"{base}/{resource['resourceType']}/{resource['id']}"


def prefetch_of(
    chart: Chart, base: str, keys: Collection[str] = EVERY_KEY, *, null: bool = False, absolute: bool = False
) -> Json:
    """These prefetch keys, each with what its search finds on the server.

    Args:
        chart: the record.
        base: the server that the record comes from.
        keys: the keys.
        null: whether a search that finds nothing is written as null, and not as an empty Bundle.
        absolute: whether references hold the whole address.
    """
    found: Json = {}
    for key in KEYS:
        if key not in keys:
            continue
        resources = chart.of_key(key)
        if absolute:
            resources = _absolute(resources, chart, base)
        if key == "patient":
            (found[key],) = resources
        elif resources or not null:
            found[key] = _searchset(resources, base)
        else:
            found[key] = None
    return found


def _searchset(resources: Collection[Json], base: str) -> Json:
    entries = [
        {"fullUrl": under(base, one), "resource": one, "search": {"mode": "match"}} for one in resources
    ]
    found: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return found | ({"entry": entries} if entries else {})


def _absolute(resources: Collection[Json], chart: Chart, base: str) -> list[Json]:
    text = json.dumps(list(resources))
    for one in chart.resources:
        name = f"{one['resourceType']}/{one['id']}"
        text = text.replace(f'"reference": "{name}"', f'"reference": "{base}/{name}"')
    found: list[Json] = json.loads(text)
    return found


def request_of(
    chart: Chart, prefetch: Json | None, server: str | None = None, token: str | None = None
) -> Json:
    """The call.

    Args:
        chart: whose it is.
        prefetch: what the client sends; None where it sends no prefetch at all.
        server: the server that the rest may be fetched from; None where the client names none.
        token: the access that it gives.
    """
    request: Json = {"hook": chart.hook, "hookInstance": HOOK_INSTANCE, "context": chart.context}
    if prefetch is not None:
        request["prefetch"] = prefetch
    if server is not None:
        request["fhirServer"] = server
    if token is not None:
        request["fhirAuthorization"] = _access(chart, token)
    return request


def _access(chart: Chart, token: str) -> dict[str, Any]:
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.read",
        "subject": "spine-mets-cds",
        "patient": chart.patient,
    }
