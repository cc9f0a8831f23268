"""The linter has nothing to say of either form of the OpenAPI document, not even a hint."""

import json
from pathlib import Path

import pytest

from tests.missing_tools import skip_or_fail
from tools.node_packages import NodeUnavailableError
from tools.openapi_lint import RULES, RULES_OF_THREE_ZERO, findings

ROOT = Path(__file__).parents[2]
DOCUMENTS = {
    ROOT / "openapi" / "openapi.json": RULES,
    ROOT / "openapi" / "openapi-3.0.json": RULES_OF_THREE_ZERO,
}


def linted(document: Path, rules: Path) -> list[str]:
    try:
        return findings(document, rules=rules)
    except NodeUnavailableError as error:
        skip_or_fail("THE LINTER OF THE OPENAPI DOCUMENTS", "linter", str(error))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_linter_finds_nothing(document: Path) -> None:
    assert linted(document, DOCUMENTS[document]) == []


def test_the_linter_looks(tmp_path: Path) -> None:
    operation = {"operationId": "get score!", "tags": ["Unheard of"], "responses": {}}
    spoiled = {"openapi": "3.1.0", "info": {}, "paths": {"/": {"get": operation}}}
    path = tmp_path / "spoiled.json"
    path.write_text(json.dumps(spoiled), encoding="utf-8")
    rules = {finding.split(": ")[1] for finding in linted(path, RULES)}
    assert {"operation-operationId-valid-in-url", "operation-tag-defined", "oas3-api-servers"} <= rules
