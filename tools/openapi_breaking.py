"""What a change of the OpenAPI document breaks for callers of the last release.

``python -m tools.openapi_breaking`` compares ``openapi/openapi.json`` with ``openapi/released.json``. What
callers send may become wider, what they are sent may become narrower or gain members; everything else breaks
somebody.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RELEASED = ROOT / "openapi" / "released.json"
CURRENT = ROOT / "openapi" / "openapi.json"
Json = Mapping[str, Any]
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_EVERY_TYPE = frozenset(("array", "boolean", "integer", "null", "number", "object", "string"))
# The bounds of a value, by keyword: 1 where a higher one is the stricter, -1 where a lower one is.
_BOUNDS = {
    "minimum": 1,
    "exclusiveMinimum": 1,
    "minLength": 1,
    "minItems": 1,
    "minProperties": 1,
    "maximum": -1,
    "exclusiveMaximum": -1,
    "maxLength": -1,
    "maxItems": -1,
    "maxProperties": -1,
}
# What a text must look like: another one may refuse what was taken, or send what was never sent.
_FORMS = ("pattern", "format")
Found = Iterator[str]


def breaks(released: Json, current: Json) -> list[str]:
    """Every break, each with its place; nothing where callers of the release notice nothing.

    Args:
        released: the document of the last release.
        current: the one that would be released next.
    """
    return sorted(set(_Comparison(released, current).document()))


class _Comparison:
    """Two documents, each with the parts that it refers to."""

    def __init__(self, released: Json, current: Json) -> None:
        self._released, self._current = released, current
        # A schema that refers to itself is compared once.
        self._compared: set[tuple[str, str, bool]] = set()

    def document(self) -> Found:
        """The breaks of every operation."""
        for path, item in self._released["paths"].items():
            if path not in self._current["paths"]:
                yield f"{path}: removed"
                continue
            for method in (name for name in item if name in _METHODS):
                place = f"{method.upper()} {path}"
                operation = self._current["paths"][path].get(method)
                if operation is None:
                    yield f"{place}: removed"
                else:
                    yield from self._operation(place, item[method], operation)

    def _operation(self, place: str, before: Json, now: Json) -> Found:
        if before["operationId"] != now["operationId"]:
            yield f"{place}: operationId is another"
        yield from self._parameters(place, before.get("parameters", ()), now.get("parameters", ()))
        yield from self._body(f"{place}: body", before.get("requestBody"), now.get("requestBody"))
        yield from self._answers(place, before["responses"], now["responses"])
        if not _proofs(before) <= _proofs(now):
            yield f"{place}: a way to prove who calls is gone"

    def _parameters(self, place: str, before: Iterable[Json], now: Iterable[Json]) -> Found:
        old = {(one["in"], one["name"]): one for one in (self._before(part) for part in before)}
        new = {(one["in"], one["name"]): one for one in (self._now(part) for part in now)}
        for key, parameter in new.items():
            where = f"{place}: parameter {key[1]}"
            earlier = old.get(key)
            if parameter.get("required") and not (earlier or {}).get("required"):
                yield f"{where}: has to be sent now"
            if earlier is not None:
                yield from self._schema(where, earlier["schema"], parameter["schema"], taken=True)
        yield from (f"{place}: parameter {key[1]}: removed" for key in old.keys() - new.keys())

    def _body(self, place: str, before: Json | None, now: Json | None) -> Found:
        if before is None:
            if now is not None and self._now(now).get("required"):
                yield f"{place}: has to be sent now"
            return
        if now is None:
            yield f"{place}: removed"
            return
        old, new = self._before(before), self._now(now)
        if new.get("required") and not old.get("required"):
            yield f"{place}: has to be sent now"
        yield from self._contents(place, old, new, taken=True)

    def _answers(self, place: str, before: Json, now: Json) -> Found:
        for status, answer in before.items():
            where = f"{place}: {status}"
            if status not in now:
                # A fault that cannot happen any more is missed by nobody.
                if status.startswith(("2", "3")):
                    yield f"{where}: removed"
                continue
            yield from self._contents(where, self._before(answer), self._now(now[status]), taken=False)
        yield from (
            f"{place}: {status}: a new way to succeed"
            for status in now.keys() - before.keys()
            if status.startswith("2")
        )

    def _contents(self, place: str, before: Json, now: Json, *, taken: bool) -> Found:
        new = now.get("content", {})
        for media_type, media in before.get("content", {}).items():
            if media_type not in new:
                yield f"{place}: {media_type}: removed"
            elif "schema" in media:
                yield from self._schema(
                    f"{place}: {media_type}", media["schema"], new[media_type].get("schema", {}), taken=taken
                )

    # -- schemas -----------------------------------------------------------------------------------------

    def _schema(self, place: str, before: Json, now: Json, *, taken: bool) -> Found:
        """What a schema breaks.

        Args:
            place: where it stands.
            before: as it was released.
            now: as it is.
            taken: whether callers send it; else they are sent it.
        """
        key = (before.get("$ref", ""), now.get("$ref", ""), taken)
        if all(key[:2]):
            if key in self._compared:
                return
            self._compared.add(key)
            place = f"{'sent' if taken else 'answered'} {key[1].rpartition('/')[2]}"
        old, new = self._before(before), self._now(now)
        # Callers send less than is taken, and are sent less than they read.
        narrow, wide = (old, new) if taken else (new, old)
        yield from _types(place, narrow, wide)
        yield from _values(place, narrow, wide)
        yield from _bounds(place, narrow, wide)
        yield from _forms(place, old, new)
        yield from self._members(place, old, new, taken=taken)
        for keyword in ("items", "additionalProperties"):
            if isinstance(old.get(keyword), Mapping) and isinstance(new.get(keyword), Mapping):
                yield from self._schema(f"{place}[]", old[keyword], new[keyword], taken=taken)
        for keyword in ("anyOf", "oneOf", "allOf"):
            yield from self._branches(place, keyword, old, new, taken=taken)

    def _members(self, place: str, old: Json, new: Json, *, taken: bool) -> Found:
        before, now = old.get("properties", {}), new.get("properties", {})
        needed_before, needed_now = set(old.get("required", ())), set(new.get("required", ()))
        for name, schema in before.items():
            if name in now:
                yield from self._schema(f"{place}.{name}", schema, now[name], taken=taken)
            elif not taken or new.get("additionalProperties") is False:
                yield f"{place}.{name}: removed"
        if taken:
            yield from (f"{place}.{name}: has to be sent now" for name in needed_now - needed_before)
            if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
                yield f"{place}: no other member is taken any more"
            if new.get("not") != old.get("not") and "not" in new:
                yield f"{place}: something more is refused"
        else:
            yield from (
                f"{place}.{name}: may be left out now" for name in needed_before - needed_now if name in now
            )
            if old.get("additionalProperties") is False:
                yield from (
                    f"{place}.{name}: added to what was closed" for name in now.keys() - before.keys()
                )

    def _branches(self, place: str, keyword: str, old: Json, new: Json, *, taken: bool) -> Found:
        before, now = _named(old.get(keyword, ())), _named(new.get(keyword, ()))
        for name in before.keys() & now.keys():
            yield from self._schema(f"{place}|{name}", before[name], now[name], taken=taken)
        lost, won = before.keys() - now.keys(), now.keys() - before.keys()
        if keyword == "allOf":
            lost, won = won, lost
        broken = lost if taken else won
        told = "is not taken any more" if taken else "may be answered now"
        yield from (f"{place}: {name} {told}" for name in broken)

    def _before(self, part: Json) -> Json:
        return _resolved(self._released, part)

    def _now(self, part: Json) -> Json:
        return _resolved(self._current, part)


def _resolved(document: Json, part: Json) -> Json:
    while "$ref" in part:
        found: Any = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def _proofs(operation: Json) -> set[frozenset[str]]:
    return {frozenset(one) for one in operation.get("security", ())}


def _types_of(schema: Json) -> frozenset[str]:
    found = schema.get("type")
    if found is None:
        return _EVERY_TYPE
    types = {found} if isinstance(found, str) else set(found)
    # Every whole number is a number.
    return frozenset(types | ({"integer"} if "number" in types else set()))


def _types(place: str, narrow: Json, wide: Json) -> Found:
    if not _types_of(narrow) <= _types_of(wide):
        yield f"{place}: type is another"


def _values(place: str, narrow: Json, wide: Json) -> Found:
    """Values that are sent and not read any more, whichever side sends."""
    sent, read = _enumerated(narrow), _enumerated(wide)
    if read is None:
        return
    if sent is None:
        yield f"{place}: any value became some values"
        return
    yield from (f"{place}: value {value} has no place" for value in sent if value not in read)


def _enumerated(schema: Json) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    found: list[Any] | None = schema.get("enum")
    return found


def _bounds(place: str, narrow: Json, wide: Json) -> Found:
    for keyword, sign in _BOUNDS.items():
        if keyword not in wide:
            continue
        if keyword not in narrow or sign * narrow[keyword] < sign * wide[keyword]:
            yield f"{place}: {keyword} is passed"


def _forms(place: str, old: Json, new: Json) -> Found:
    for keyword in _FORMS:
        if old.get(keyword) != new.get(keyword):
            yield f"{place}: {keyword} is another"


def _named(branches: Iterable[Json]) -> dict[str, Json]:
    """Branches by what they are: a name, or their type."""
    return {
        branch.get("$ref", "").rpartition("/")[2] or json.dumps(branch.get("type"), sort_keys=True): branch
        for branch in branches
    }


if __name__ == "__main__":
    broken = breaks(json.loads(RELEASED.read_bytes()), json.loads(CURRENT.read_bytes()))
    sys.stdout.writelines(f"{one}\n" for one in broken)
    sys.exit(1 if broken else 0)
