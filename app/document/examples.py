"""An example of every body that is taken, and of every answer in JSON."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from app.document.parts import SCHEMA, Json, operations_of

# Written by `make openapi` from what the service answers to the bodies; long lists are cut short in it.
ANSWERS = Path(__file__).parent / "answer_examples.json"
_FIRST_ERROR = "4"


def add_examples(document: Json, requests: Mapping[str, Any], answers: Mapping[str, Any] | None) -> None:
    """Give every body, and every answer in JSON, an example.

    Args:
        document: the document.
        requests: bodies by path; where there is none, the schema of the body has one.
        answers: what is answered, by operation and media type; what is kept where left out.
    """
    told = kept_answers() if answers is None else answers
    schemas = document["components"]["schemas"]
    for path, _, operation in operations_of(document):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            body = schemas[media["schema"]["$ref"].removeprefix(SCHEMA)]
            example = requests.get(path, next(iter(body.get("examples", ())), None))
            if example is not None:
                media["example"] = example
        of_this = told.get(operation["operationId"], {})
        for status, answer in operation["responses"].items():
            for media_type, media in answer.get("content", {}).items():
                if status < _FIRST_ERROR and media_type in of_this:
                    media["example"] = of_this[media_type]


@cache
def kept_answers() -> Mapping[str, Any]:
    """The answers that are kept, by operation and media type; none before they are written first."""
    if not ANSWERS.is_file():
        return {}
    found: Mapping[str, Any] = json.loads(ANSWERS.read_bytes())
    return found
