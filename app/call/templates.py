"""Prefetch: what a service asks for, filled from the file as an EHR would fill it from its database."""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from urllib.parse import quote

from app.call.exact_json import Json
from app.call.record import Entry, Record
from app.call.search import SearchError, search

# An address that belongs to nobody, for the resources of a file that names no server.
NO_SERVER = "https://fhir.example.org/r4"
_TOKEN = re.compile(r"\{\{(.*?)\}\}")
_CONTEXT = re.compile(r"context\.(\w+)")
_USERS: Mapping[str, str] = MappingProxyType(
    {
        "userPractitionerId": "Practitioner",
        "userPractitionerRoleId": "PractitionerRole",
        "userPatientId": "Patient",
        "userRelatedPersonId": "RelatedPerson",
    }
)
_READ = re.compile(r"([A-Z][A-Za-z]*)/([A-Za-z0-9.-]{1,64})")
_SEARCH = re.compile(r"([A-Z][A-Za-z]*)(?:\?(.*))?", re.DOTALL)


class UnusableTemplateError(ValueError):
    """A template that cannot be filled.

    Args:
        message: why, in words that fit after "left out:".
    """


def prefetch(
    templates: Mapping[str, str], context: Json, record: Record, server: str | None
) -> tuple[Json, list[str]]:
    """What every template finds in the record, and notes on what was left out or ignored.

    A read that finds nothing is ``null``, a search that finds nothing an empty searchset: both say that the
    client looked [R54, R55]. A template that cannot be filled leaves its key out [R53].

    Args:
        templates: the queries by their keys, as discovery lists them.
        context: what the tokens stand for.
        record: what is searched.
        server: the base address of the EHR's FHIR server, for the addresses of the resources.
    """
    filled: Json = {}
    notes: list[str] = []
    for key, template in templates.items():
        try:
            filled[key], more = _answer(resolve(template, context), record, server or NO_SERVER)
        except (UnusableTemplateError, SearchError) as error:
            notes.append(f"prefetch {key} is left out: {error}")
        else:
            notes += [f"prefetch {key}: {note}" for note in more]
    return filled, notes


def resolve(template: str, context: Json) -> str:
    """A template with its tokens replaced by what the context holds, written as in a URL.

    Raises:
        UnusableTemplateError: a token is none of CDS Hooks 2.0, or the context has nothing for it.
    """
    return _TOKEN.sub(lambda found: _written(_value(found[1], context)), template)


def _value(token: str, context: Json) -> str:
    named = _CONTEXT.fullmatch(token)
    if named is not None:
        value = context.get(named[1])
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str | int | Decimal) and str(value):
            return str(value)
        raise UnusableTemplateError(f"the context has no single value for {{{{{token}}}}}")
    if token in _USERS:
        kind, _, name = str(context.get("userId", "")).partition("/")
        if kind == _USERS[token] and name:
            return name
        raise UnusableTemplateError(f"the user is no {_USERS[token]}, as {{{{{token}}}}} needs")
    raise UnusableTemplateError(f"{{{{{token}}}}} is no token of CDS Hooks 2.0")


def _written(value: str) -> str:
    for sign in "\\,|$":
        value = value.replace(sign, f"\\{sign}")
    return quote(value, safe="/:")


def _answer(query: str, record: Record, server: str) -> tuple[Json | None, list[str]]:
    read = _READ.fullmatch(query)
    if read is not None:
        found = (entry.resource for entry in record.entries if entry.place == query)
        return next(found, None), []
    asked = _SEARCH.fullmatch(query)
    if asked is None:
        raise UnusableTemplateError("it is neither Type/id nor Type?parameters")
    entries, ignored = search(record, asked[1], asked[2] or "")
    notes = [f"ignored {', '.join(ignored)}"] if ignored else []
    held = len(list(record.of_type(asked[1])))
    if held and not entries:
        notes.append(f"the search finds none of the file's {held} {asked[1]} resources")
    return _searchset(entries, server), notes


def _searchset(entries: list[Entry], server: str) -> Json:
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    if entries:
        bundle["entry"] = [_found(entry, server) for entry in entries]
    return bundle


def _found(entry: Entry, server: str) -> Json:
    address = entry.full_url
    if entry.place is not None and not (address or "").startswith(("http://", "https://")):
        # An address by urn would leave the relative references of a searchset without a base.
        address = f"{server.rstrip('/')}/{entry.place}"
    found: Json = {"resource": entry.resource, "search": {"mode": "match"}}
    return {"fullUrl": address, **found} if address else found
