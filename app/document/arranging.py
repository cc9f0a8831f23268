"""The document in one order, whatever order its parts were made in."""

from typing import Any

# Generators take the first form of an answer as its type.
_FIRST = "application/json"


def arranged(node: Any) -> Any:  # noqa: ANN401  JSON is any value
    """The same with every object in the order of its names, but JSON first where there are several forms.

    Args:
        node: the document, or a part of it.
    """
    if isinstance(node, dict):
        return {name: arranged(node[name]) for name in sorted(node, key=lambda name: (name != _FIRST, name))}
    if isinstance(node, list):
        return [arranged(inner) for inner in node]
    return node
