"""The YAML of the file of the organisations: loaded where there is such a file."""

from typing import Any

import yaml

from app.settings.tenants import Place, TenantsFileError

# Anything else would be an object of some program.
_PLAIN = "tag:yaml.org,2002:"


def read_yaml(content: bytes) -> tuple[Any, dict[Place, int]]:
    """What the file says, and the line of everything in it.

    Raises:
        TenantsFileError: it is no YAML, or YAML that refers to itself.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TenantsFileError(line, "the file is not UTF-8: save it as UTF-8") from None
    lines: dict[Place, int] = {}
    try:
        _refuse_references(text)
        loader = yaml.SafeLoader(text)
        return _value(loader, loader.get_single_node(), (), lines), lines
    except TenantsFileError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _no_yaml(mark.line + 1 if mark is not None else 1) from None
    # A scalar whose tag it does not fit fails in as many ways as there are tags.
    except (yaml.YAMLError, ValueError, RecursionError, LookupError, AttributeError, TypeError):
        raise _no_yaml(1) from None


def _no_yaml(line: int) -> TenantsFileError:
    return TenantsFileError(line, "this is no YAML: check indentation, colons and quotes")


def _refuse_references(text: str) -> None:
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        # A reference can stand for itself, or for a thousand times what it says.
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark is not None else 1
            raise TenantsFileError(line, "write it out: no reference is followed")


def _value(loader: yaml.SafeLoader, node: yaml.Node | None, place: Place, lines: dict[Place, int]) -> Any:  # noqa: ANN401  YAML is any value
    """What a node says; the line of everything in it is noted."""
    if node is None:
        raise TenantsFileError(1, "the file is empty: list the organisations under tenants")
    line = lines[place] = node.start_mark.line + 1
    if not node.tag.startswith(_PLAIN) or "python/" in node.tag:
        raise _no_yaml(line)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            where = key.start_mark.line + 1
            name = loader.construct_object(key)
            if not isinstance(name, str):
                raise TenantsFileError(where, "a name must be a text: put it into quotes")
            if name in found:
                raise TenantsFileError(where, "this name stands here twice: keep one of them")
            found[name] = _value(loader, value, (*place, name), lines)
            lines[(*place, name)] = where
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, one, (*place, number), lines) for number, one in enumerate(node.value)]
    return loader.construct_object(node)
