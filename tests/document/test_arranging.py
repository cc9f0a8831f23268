"""The order of the document: by name, but for what people read in the order of a definition."""

import json

from app.document.arranging import arranged


def test_names_are_in_order_members_and_examples_as_they_were() -> None:
    schema = {"type": "object", "properties": {"z": {"type": "string", "description": "d"}, "a": {}}}
    given = {
        "paths": [{"z": 1, "a": 2}],
        "content": {
            "application/fhir+json": {},
            "application/json": {"schema": schema, "example": {"z": 1, "a": 2}},
        },
    }
    found = json.dumps(arranged(given))
    assert found == (
        '{"content": {"application/json": {"example": {"z": 1, "a": 2}, "schema": {"properties": '
        '{"z": {"description": "d", "type": "string"}, "a": {}}, "type": "object"}}, '
        '"application/fhir+json": {}}, "paths": [{"a": 2, "z": 1}]}'
    )
    assert json.dumps(arranged(arranged(given))) == found
