"""The wire of a CDS Hooks 2.0.1 answer: cards, suggestions and links. Imports nothing of the service's own.

Numbers in brackets are those of the conformance checklist that the tests name. Optional members without a
value are left out [R5]; what the specification forbids cannot be built.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

MAX_DETAIL = 4_000
MAX_SUMMARY = 139
Fhir = Mapping[str, Any]
Behaviour = Literal["at-most-one", "any"]


class WireCoding(msgspec.Struct, omit_defaults=True):
    """A coding; ``display`` is required in override reasons [R102, R122]."""

    code: str
    system: str
    display: str | None = None


class Source(msgspec.Struct, omit_defaults=True):
    """The primary origin of the guidance [R97 to R101]."""

    label: str
    url: str | None = None
    topic: WireCoding | None = None


class Link(msgspec.Struct, omit_defaults=True):
    """A link; ``appContext`` goes with ``smart`` only [R103, R104]."""

    label: str
    url: str
    type: Literal["absolute", "smart"]
    appContext: str | None = None

    def __post_init__(self) -> None:
        """Refuse what the specification forbids."""
        if self.appContext is not None and self.type != "smart":
            raise ValueError("appContext goes with smart links only")


class Action(msgspec.Struct, omit_defaults=True):
    """One change of the record that a clinician may accept [R112 to R119].

    Args:
        description: what a clinician reads of it; always sent.
        resource: the whole resource, for ``create`` and ``update``.
        resourceId: ``Type/id``, for ``delete``; some clients of the first version want a bare ``resource``.
    """

    type: Literal["create", "update", "delete"]
    description: str
    resource: Fhir | None = None
    resourceId: str | None = None

    def __post_init__(self) -> None:
        """Refuse what the specification forbids."""
        if not self.description.strip():
            raise ValueError("an action is described")
        if (self.type == "delete") != (self.resource is None) or (self.type == "delete") != bool(
            self.resourceId
        ):
            raise ValueError("create and update carry a resource, delete the id of one")


class Suggestion(msgspec.Struct, omit_defaults=True):
    """A step that a clinician may accept; all its actions apply together [R108 to R111]."""

    label: str
    uuid: str
    isRecommended: bool | None = None
    actions: list[Action] | None = None
    actionSelectionBehavior: Literal["all", "any", "at-most-one"] | None = None

    def __post_init__(self) -> None:
        """Refuse what the specification forbids."""
        if not self.label.strip() or (self.actions is not None and not self.actions):
            raise ValueError("a suggestion has a label, and actions where it has that member")


class Card(msgspec.Struct, omit_defaults=True):
    """A card; members without a value are left out [R5, R82 to R94]."""

    uuid: str
    summary: str
    indicator: Literal["info", "warning", "critical"]
    source: Source
    detail: str | None = None
    suggestions: list[Suggestion] | None = None
    selectionBehavior: Behaviour | None = None
    overrideReasons: list[WireCoding] | None = None
    links: list[Link] | None = None
    extension: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        """Refuse what the specification forbids."""
        # An astral character counts twice where a client counts in UTF-16.
        if not self.summary.strip() or len(self.summary.encode("utf-16-le")) > 2 * MAX_SUMMARY:
            raise ValueError("a summary is one line of fewer than 140 characters")
        if "\n" in self.summary:
            raise ValueError("a summary is one line of fewer than 140 characters")
        if (self.suggestions is None) != (self.selectionBehavior is None) or self.suggestions == []:
            raise ValueError("suggestions and selectionBehavior go together, and neither is empty")
        recommended = sum(bool(one.isRecommended) for one in self.suggestions or ())
        if self.selectionBehavior == "at-most-one" and recommended > 1:
            raise ValueError("of alternatives, at most one is recommended")


class Cards(msgspec.Struct, omit_defaults=True):
    """The answer to an invocation: ``cards`` is always there [R73, R74].

    Args:
        systemActions: actions applied without a person; none of this service's ever orders anything.
    """

    cards: list[Card]
    systemActions: list[Action] | None = None
