"""The document in one order, whatever order its parts were made in."""

from typing import Any

# Generators take the first form of an answer as its type.
_FIRST = "application/json"
# As they are sent.
_EXAMPLES = ("example", "examples")


def arranged(node: Any) -> Any:  # noqa: ANN401  JSON is any value
    """The same with every object in the order of its names.

    JSON comes first where there are several forms; members of schemas and of examples stay in the order of
    their definitions, which people read them in.

    Args:
        node: the document, or a part of it.
    """
    if isinstance(node, dict):
        names = sorted(node, key=lambda name: (name != _FIRST, name))
        return {name: node[name] if name in _EXAMPLES else _part(name, node[name]) for name in names}
    if isinstance(node, list):
        return [arranged(inner) for inner in node]
    return node


def _part(name: str, part: Any) -> Any:  # noqa: ANN401  as above
    if name == "properties" and isinstance(part, dict):
        return {member: arranged(schema) for member, schema in part.items()}
    return arranged(part)
