"""What a CDS Hooks 2.0.1 service may send, written from section 4 of the conformance checklist."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema

TEXT = {"type": "string", "minLength": 1, "pattern": r"\S"}
URL = {"type": "string", "pattern": r"^https://[^/\s]+\S*$"}
# A card may lead to this machine while nobody else can reach the service: the demo, and these tests.
LINK_URL = {
    "type": "string",
    "pattern": r"^(?:https://[^/\s]+|http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?(?=/|$))\S*$",
}
OBJECT = {"type": "object", "minProperties": 1}
# Keys of an extension are unique in the world: names of a domain, turned round.
EXTENSION = {**OBJECT, "propertyNames": {"pattern": r"^[a-z][a-z0-9-]*(?:\.[A-Za-z0-9_-]+)+$"}}
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
# An icon and autolaunchable are allowed and never sent: the first needs a picture, the second an app that
# conveys every card by itself.
LINK = strict(
    {"label": TEXT, "url": LINK_URL, "type": {"enum": ["absolute", "smart"]}},
    {"appContext": TEXT, "extension": EXTENSION},
) | {
    "if": {"required": ["appContext"]},
    "then": {"properties": {"type": {"const": "smart"}}},
}
ACTION = strict(
    {"type": {"enum": ["create", "update", "delete"]}, "description": TEXT},
    {
        "resource": {**OBJECT, "required": ["resourceType", "id"]},
        "resourceId": {"type": "string", "pattern": r"^[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,256}$"},
        "extension": EXTENSION,
    },
) | {
    "if": {"properties": {"type": {"const": "delete"}}},
    "then": {"required": ["resourceId"], "properties": {"resource": False}},
    "else": {"required": ["resource"], "properties": {"resourceId": False}},
}
CHOICE = {"enum": ["all", "any", "at-most-one"]}


def answer_schema(*, action_selection: bool) -> dict[str, Any]:
    """The schema of an answer.

    Args:
        action_selection: whether the part of the 3.0 ballot is switched on.
    """
    suggestion = strict(
        {"label": TEXT, "uuid": UUID},
        {
            "isRecommended": {"type": "boolean"},
            "actions": several(ACTION),
            "extension": EXTENSION,
            **({"actionSelectionBehavior": CHOICE} if action_selection else {}),
        },
    )
    card = strict(
        {
            # The specification makes uuid optional; this service promises it.
            "uuid": UUID,
            "summary": {**TEXT, "maxLength": 139, "pattern": r"^[^\r\n]*\S[^\r\n]*$"},
            "indicator": {"enum": ["info", "warning", "critical"]},
            "source": strict({"label": TEXT}, {"url": URL, "topic": CODING}),
        },
        {
            "detail": {**TEXT, "maxLength": 4_000},
            "suggestions": several(suggestion),
            "selectionBehavior": {"enum": ["at-most-one", "any"]},
            "overrideReasons": several(OVERRIDE_REASON),
            "links": several(LINK),
            "extension": EXTENSION,
        },
    ) | {
        "dependentRequired": {"suggestions": ["selectionBehavior"], "selectionBehavior": ["suggestions"]},
    }
    return strict(
        {"cards": {"type": "array", "items": card}},
        {"systemActions": several(ACTION), "extension": EXTENSION},
    )


SERVICE = strict(
    {"hook": TEXT, "id": TEXT, "description": TEXT},
    {
        "title": TEXT,
        "usageRequirements": TEXT,
        "prefetch": {"type": "object", "minProperties": 1, "additionalProperties": TEXT},
        "version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$"},
        "hookVersion": {"type": "string", "pattern": r"^\d+\.\d+(?:\.\d+)?$"},
        "extension": EXTENSION,
    },
)
DISCOVERY = strict({"services": {"type": "array", "items": SERVICE}}, {"extension": EXTENSION})

CARDS_VALIDATOR = jsonschema.Draft202012Validator(answer_schema(action_selection=False))
BALLOT_CARDS_VALIDATOR = jsonschema.Draft202012Validator(answer_schema(action_selection=True))
DISCOVERY_VALIDATOR = jsonschema.Draft202012Validator(DISCOVERY)


def hollow(node: Any, path: str = "") -> Iterator[str]:
    """Every member that is null or empty, by its path; a list of cards or services may be empty."""
    empty = isinstance(node, str | list | dict) and not node
    if node is None or (empty and path not in ("", "/cards", "/services")):
        yield path
    if isinstance(node, dict):
        for name, child in node.items():
            yield from hollow(child, f"{path}/{name}")
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from hollow(child, f"{path}/{number}")
