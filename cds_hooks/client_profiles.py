"""What each kind of client can do with a card, as data, and a card in the shape that one can use. Pure.

A profile changes how a card is offered and never what it says: summary, indicator, detail and uuid stay.
What a client cannot apply is not offered to it; the detail says the same in words.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID, uuid5

import msgspec

from cds_hooks.card import Action, Behaviour, Card, Link, Source, Suggestion

ActionType = Literal["create", "update", "delete"]
Resources = frozenset[str] | None
_EVERYTHING: Mapping[ActionType, Resources] = MappingProxyType(
    {"create": None, "update": None, "delete": None}
)
_LONGEST_TOPIC = 100
_NO_WORD = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """What one kind of client can do.

    Args:
        name: as settings name it.
        suggestions: whether cards offer suggestions where settings do not say.
        behaviours: the values of ``selectionBehavior`` that it knows, the one to fall back on first.
        applies: by type of action, the resource types that it can apply; None for every type.
        acts_only: whether a suggestion without actions is of no use to it, or breaks it.
        one_action_per_suggestion: whether a suggestion may have one action only.
        shows_description: whether it shows the description of an action and never the suggestion's label.
        topic: what the code of a card's topic must be, where it is particular about it.
        registered_smart_links: whether it shows only the smart links whose address is registered with it.
        app_context: whether it hands ``appContext`` on.
        matches_prefetch_by_type: whether sites give prefetch keys other names, so that types have to tell.
        old_delete: whether it wants the id to delete in ``resource``, as the first version had it.
        action_selection: whether it knows ``actionSelectionBehavior`` of the 3.0 ballot.
    """

    name: str
    suggestions: bool = True
    behaviours: tuple[Behaviour, ...] = ("any", "at-most-one")
    applies: Mapping[ActionType, Resources] = field(default_factory=lambda: _EVERYTHING)
    acts_only: bool = False
    one_action_per_suggestion: bool = False
    shows_description: bool = False
    topic: re.Pattern[str] | None = None
    registered_smart_links: bool = False
    app_context: bool = True
    matches_prefetch_by_type: bool = False
    old_delete: bool = False
    action_selection: bool = False


_ORDERS = frozenset({"ServiceRequest", "MedicationRequest"})
PROFILES: Mapping[str, ClientProfile] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            ClientProfile("generic"),
            ClientProfile(
                "epic",
                behaviours=("any",),
                applies=MappingProxyType({"create": _ORDERS | {"Condition"}, "delete": _ORDERS}),
                acts_only=True,
                one_action_per_suggestion=True,
                shows_description=True,
                topic=re.compile(rf"[A-Za-z0-9]{{1,{_LONGEST_TOPIC}}}"),
                registered_smart_links=True,
                matches_prefetch_by_type=True,
            ),
            ClientProfile("cerner", suggestions=False, registered_smart_links=True, app_context=False),
            # Its handlers throw on an update that lacks what they look for, and on no actions at all.
            ClientProfile(
                "sandbox", applies=MappingProxyType({"create": None, "delete": None}), acts_only=True
            ),
        )
    }
)


class OldDelete(Action, omit_defaults=True):
    """A delete as the first version of the specification has it: the id stands in ``resource``."""

    resource: Any = None

    def __post_init__(self) -> None:
        """Refuse what that version forbids."""
        if self.type != "delete" or self.resourceId is not None or not isinstance(self.resource, str):
            raise ValueError("such a delete has the id of a resource in the place of the resource")


def shape(
    card: Card, profile: ClientProfile, *, suggestions: bool, registered: Collection[str] = frozenset()
) -> Card:
    """The card as a client of this profile can use it; the same object where nothing has to change.

    Args:
        card: as the service means it.
        profile: what the client can do.
        suggestions: whether suggestions are offered at all.
        registered: the addresses of smart links that are registered with the client.
    """
    behaviour = _behaviour(card, profile)
    offered = [
        part
        for suggestion in (card.suggestions or () if suggestions else ())
        for part in _offered(suggestion, profile, behaviour)
    ]
    shaped: dict[str, object] = {
        "suggestions": offered or None,
        "selectionBehavior": behaviour if offered else None,
        "links": list(_links(card.links or (), profile, registered)) or None,
        "source": _source(card.source, profile),
    }
    changed = {name: value for name, value in shaped.items() if value != getattr(card, name)}
    return msgspec.structs.replace(card, **changed) if changed else card


def _behaviour(card: Card, profile: ClientProfile) -> Behaviour | None:
    wanted = card.selectionBehavior
    return wanted if wanted is None or wanted in profile.behaviours else profile.behaviours[0]


# -- suggestions ----------------------------------------------------------------------------------------


def _offered(
    suggestion: Suggestion, profile: ClientProfile, behaviour: Behaviour | None
) -> Iterator[Suggestion]:
    """The suggestion as the client can apply it: whole, in parts, or not at all.

    Its actions are meant together: where one of them cannot be applied, the rest would be something that
    nobody proposed.
    """
    actions = suggestion.actions or []
    if not (actions or not profile.acts_only) or not all(_applied(action, profile) for action in actions):
        return
    how = suggestion.actionSelectionBehavior or "all"
    told = profile.action_selection and not profile.one_action_per_suggestion
    if len(actions) > 1 and how == "at-most-one" and not told:
        # A client that does not know the alternatives for such would apply them all.
        return
    if len(actions) > 1 and (profile.one_action_per_suggestion or (how == "any" and not told)):
        yield from _parts(suggestion, actions, profile, behaviour)
        return
    # Of the two texts the description says more: where it is shown alone, the label says the same.
    alone = profile.shows_description and len(actions) == 1
    yield msgspec.structs.replace(
        suggestion,
        label=actions[0].description if alone else suggestion.label,
        actions=[_action(action, profile, action.description) for action in actions] or None,
        actionSelectionBehavior=suggestion.actionSelectionBehavior if told else None,
    )


def _parts(
    suggestion: Suggestion, actions: Sequence[Action], profile: ClientProfile, behaviour: Behaviour | None
) -> Iterator[Suggestion]:
    """One suggestion for each action, each told as a part of the whole."""
    for number, action in enumerate(actions, start=1):
        label = f"{suggestion.label} ({number} of {len(actions)}): {action.description}"
        yield Suggestion(
            label,
            str(uuid5(UUID(suggestion.uuid), str(number))),
            # Of alternatives, one at most may be recommended.
            isRecommended=suggestion.isRecommended if behaviour == "any" else None,
            actions=[_action(action, profile, label if profile.shows_description else action.description)],
        )


def _applied(action: Action, profile: ClientProfile) -> bool:
    if action.type not in profile.applies:
        return False
    types = profile.applies[action.type]
    return types is None or _resource_type(action) in types


def _resource_type(action: Action) -> str:
    if action.resource is not None:
        return str(action.resource.get("resourceType", ""))
    *_, kind, _id = ("", *(action.resourceId or "").split("/"))
    return kind


def _action(action: Action, profile: ClientProfile, description: str) -> Action:
    if profile.old_delete and action.type == "delete":
        return OldDelete("delete", description, resource=action.resourceId)
    if description == action.description:
        return action
    return msgspec.structs.replace(action, description=description)


# -- links and topic ------------------------------------------------------------------------------------


def _links(links: Sequence[Link], profile: ClientProfile, registered: Collection[str]) -> Iterator[Link]:
    for link in links:
        if link.type == "smart" and profile.registered_smart_links and link.url not in registered:
            continue
        if link.appContext is not None and not profile.app_context:
            yield msgspec.structs.replace(link, appContext=None)
        else:
            yield link


def _source(source: Source, profile: ClientProfile) -> Source:
    topic = source.topic
    if topic is None or profile.topic is None or profile.topic.fullmatch(topic.code):
        return source
    return msgspec.structs.replace(source, topic=msgspec.structs.replace(topic, code=topic_slug(topic.code)))


def topic_slug(code: str) -> str:
    """The code of a topic in letters and digits only, each word after the first begun with a capital."""
    first, *rest = filter(None, _NO_WORD.split(code))
    return "".join((first, *(word[0].upper() + word[1:] for word in rest)))[:_LONGEST_TOPIC]
