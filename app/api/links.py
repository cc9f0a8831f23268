"""The links of the OpenAPI document: which operation an answer leads to, and with what of it.

Generated clients offer them as next steps, and generated tests follow them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

_DONE = "200"


class Link(NamedTuple):
    """A step from the answer of one operation to another operation.

    Args:
        name: names it among the links of the answer.
        to: the id of the operation it leads to.
        parameters: what that operation is called with, as runtime expressions of OpenAPI.
        description: what is found there.
        body: what is sent there.
    """

    name: str
    to: str
    parameters: Mapping[str, str]
    description: str
    body: object = None

    def documented(self) -> dict[str, Any]:
        """The link as a Link Object of OpenAPI."""
        found: dict[str, Any] = {"operationId": self.to, "description": self.description}
        if self.parameters:
            found["parameters"] = dict(self.parameters)
        if self.body is not None:
            found["requestBody"] = self.body
        return found


_LINKS: Mapping[str, tuple[Link, ...]] = {
    "listScores": (
        Link(
            "definition",
            "getScoreDefinition",
            {"score": "$response.body#/scores/0/score"},
            "The definition of a score that is listed",
        ),
    ),
    "getScoreDefinition": (
        Link(
            "questionnaire",
            "getScoreQuestionnaire",
            {"score": "$request.path.score"},
            "The form of the score; scores of a lesion have one",
        ),
    ),
    "listPathways": (
        Link(
            "definition",
            "getPathwayDefinition",
            {"pathway": "$response.body#/pathways/0/pathway"},
            "The definition of a pathway that is listed",
        ),
    ),
    "listEvidence": (
        Link(
            "figure",
            "getEvidenceFigure",
            {"series": "$response.body#/series/0/code"},
            "The drawing of a series; one without a figure has none",
        ),
    ),
    "discoverCdsServices": (
        Link(
            "sourceAttributes",
            "getSourceAttributes",
            {"service": "$response.body#/services/0/id"},
            "What stands behind a service that is offered",
        ),
    ),
    "searchFhirDefinitions": (
        Link(
            "read",
            "getFhirDefinition",
            {
                "resource_type": "$request.path.resource_type",
                "identity": "$response.body#/entry/0/resource/id",
            },
            "A definition that was found",
        ),
    ),
}
_INVOKE, _FEEDBACK = "invoke", "sendFeedback"
# A moment that any clock has passed, to be replaced by the one at which the clinician chose.
_REPORT = {
    "feedback": [
        {
            "card": "$response.body#/cards/0/uuid",
            "outcome": "overridden",
            "outcomeTimestamp": "2026-01-31T08:00:00Z",
        }
    ]
}


def add_links(document: dict[str, Any]) -> None:
    """Add the links between those operations that a document has.

    Args:
        document: the OpenAPI document, which is changed.
    """
    operations = {
        operation["operationId"]: operation
        for methods in document["paths"].values()
        for operation in methods.values()
    }
    for name, operation in operations.items():
        links = [link for link in _links_of(name) if link.to in operations]
        if links and _DONE in operation["responses"]:
            operation["responses"][_DONE]["links"] = {link.name: link.documented() for link in links}


def _links_of(operation: str) -> tuple[Link, ...]:
    if not operation.startswith(_INVOKE):
        return _LINKS.get(operation, ())
    to = _FEEDBACK + operation.removeprefix(_INVOKE)
    return (Link("feedback", to, {}, "Tells what became of a card; the moment is when it did", _REPORT),)
