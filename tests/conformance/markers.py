"""Which test names which requirement: read from the source of the tests, so that nothing has to run."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# A test that is left out, or that is known to fail, proves nothing.
_PROVES_NOTHING = frozenset({"xfail", "skip", "skipif"})


@dataclass(frozen=True, slots=True, order=True)
class Naming:
    """One test that names one requirement.

    Args:
        number: what stands in the marker; not always the number of a requirement.
        proves: whether the test runs and is expected to pass.
    """

    number: str
    path: str
    test: str
    proves: bool


def read_markers(root: Path) -> tuple[Naming, ...]:
    """Every requirement that a test below ``tests`` names, in the order of paths and lines."""
    return tuple(
        naming
        for path in sorted((root / "tests").rglob("test_*.py"))
        for naming in namings(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix())
    )


def namings(code: str, path: str) -> Iterator[Naming]:
    """Every requirement that the tests of one module name, by marker of function, class or module."""
    module = ast.parse(code)
    of_module = [mark for node in module.body if _is_pytestmark(node) for mark in _marks(node)]
    for node in module.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _of_function(node, of_module, path, node.name)
            case ast.ClassDef() if node.name.startswith("Test"):
                of_class = [*of_module, *_decorating(node.decorator_list)]
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                        yield from _of_function(inner, of_class, path, f"{node.name}.{inner.name}")
            case _:
                continue


def _of_function(
    node: ast.FunctionDef | ast.AsyncFunctionDef, around: Iterable[ast.expr], path: str, name: str
) -> Iterator[Naming]:
    marks = [*around, *_decorating(node.decorator_list)]
    collected = node.name.startswith("test")
    proves = collected and not any(_name(mark) in _PROVES_NOTHING for mark in marks)
    # A function that is no test inherits nothing of its module, but a marker of its own is a mistake.
    for mark in marks if collected else _decorating(node.decorator_list):
        if isinstance(mark, ast.Call) and _name(mark) == "conforms":
            for argument in mark.args:
                number = argument.value if isinstance(argument, ast.Constant) else ast.unparse(argument)
                yield Naming(str(number), path, name, proves)


def _is_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
    )


def _marks(node: ast.stmt) -> list[ast.expr]:
    value = node.value if isinstance(node, ast.Assign) else None
    if isinstance(value, ast.List | ast.Tuple):
        return list(value.elts)
    return [] if value is None else [value]


def _decorating(decorators: Iterable[ast.expr]) -> list[ast.expr]:
    return [mark for mark in decorators if "mark" in ast.unparse(mark).partition("(")[0].split(".")]


def _name(mark: ast.expr) -> str:
    """What stands behind ``pytest.mark.``."""
    return ast.unparse(mark).partition("(")[0].rpartition(".")[2]
