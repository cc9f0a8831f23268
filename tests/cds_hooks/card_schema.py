"""What a CDS Hooks 2.0.1 service may send, written from section 4 of the conformance checklist."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema

TEXT = {"type": "string", "minLength": 1, "pattern": r"\S"}
URL = {"type": "string", "pattern": r"^https://[^/\s]+"}
OBJECT = {"type": "object", "minProperties": 1}
UUID = {
    "type": "string",
    "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
}


def strict(required: Mapping[str, Any], optional: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **optional},
        "additionalProperties": False,
    }


def several(of: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": of}


CODING = strict({"code": TEXT, "system": TEXT}, {"display": TEXT})
OVERRIDE_REASON = strict({"code": TEXT, "system": TEXT, "display": TEXT}, {})
LINK = {
    "oneOf": [
        strict({"label": TEXT, "url": URL, "type": {"const": "absolute"}}, {"autolaunchable": {}}),
        strict(
            {"label": TEXT, "url": URL, "type": {"const": "smart"}},
            {"appContext": TEXT, "autolaunchable": {"type": "boolean"}},
        ),
    ]
}
ACTION = strict(
    {"type": {"enum": ["create", "update", "delete"]}, "description": TEXT},
    {"resource": OBJECT, "resourceId": TEXT, "extension": OBJECT},
)
SUGGESTION = strict(
    {"label": TEXT, "uuid": UUID},
    {"isRecommended": {"type": "boolean"}, "actions": several(ACTION), "extension": OBJECT},
)
CARD = strict(
    {
        # The specification makes uuid optional; this service promises it.
        "uuid": UUID,
        "summary": {**TEXT, "maxLength": 139, "pattern": r"^[^\r\n]*\S[^\r\n]*$"},
        "indicator": {"enum": ["info", "warning", "critical"]},
        "source": strict({"label": TEXT}, {"url": URL, "icon": URL, "topic": CODING}),
    },
    {
        "detail": {**TEXT, "maxLength": 4_000},
        "suggestions": several(SUGGESTION),
        "selectionBehavior": {"enum": ["at-most-one", "any"]},
        "overrideReasons": several(OVERRIDE_REASON),
        "links": several(LINK),
        "extension": OBJECT,
    },
) | {
    "dependentRequired": {"suggestions": ["selectionBehavior"], "selectionBehavior": ["suggestions"]},
}
CARDS = strict({"cards": {"type": "array", "items": CARD}}, {"systemActions": several(ACTION)})
SERVICE = strict(
    {"hook": TEXT, "id": TEXT, "description": TEXT},
    {
        "title": TEXT,
        "usageRequirements": TEXT,
        "prefetch": {"type": "object", "minProperties": 1, "additionalProperties": TEXT},
        "extension": OBJECT,
    },
)
DISCOVERY = strict({"services": {"type": "array", "items": SERVICE}}, {})

CARDS_VALIDATOR = jsonschema.Draft202012Validator(CARDS)
DISCOVERY_VALIDATOR = jsonschema.Draft202012Validator(DISCOVERY)


def hollow(node: Any, path: str = "") -> Iterator[str]:
    """Every member that is null or empty, by its path; an empty list of cards is allowed."""
    if node is None or (isinstance(node, str | list | dict) and not node and path != "/cards"):
        yield path
    if isinstance(node, dict):
        for name, child in node.items():
            yield from hollow(child, f"{path}/{name}")
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from hollow(child, f"{path}/{number}")
