"""What a service answered, read as far as it can be: a foreign answer need not be as it should."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.call.door import Reply
from app.call.exact_json import Json, member, objects, parse, text

_URGENCY = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class Card:
    """One card, as the service sent it.

    Args:
        members: everything in it; nothing of it is checked.
    """

    members: Json

    @property
    def uuid(self) -> str | None:
        """What feedback names it by."""
        return text(self.members, "uuid")

    @property
    def indicator(self) -> str:
        """How urgent it is."""
        return text(self.members, "indicator") or "no indicator"

    @property
    def summary(self) -> str:
        """The one sentence."""
        return text(self.members, "summary") or "(no summary)"

    @property
    def suggestions(self) -> tuple[Json, ...]:
        """The steps that can be accepted."""
        return tuple(objects(self.members, "suggestions"))

    @property
    def override_reasons(self) -> tuple[Json, ...]:
        """The reasons that an override can give."""
        return tuple(objects(self.members, "overrideReasons"))


@dataclass(frozen=True, slots=True)
class FeedbackSent:
    """What became of the feedback.

    Args:
        status: the HTTP status; nothing where none was sent.
        faults: why it failed or was not sent.
    """

    status: int | None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave.

    Args:
        service: the id of the service that was called.
        status: the HTTP status.
        body: the answer's bytes.
        milliseconds: from the request to the whole answer.
        request: what was sent, without the token of the FHIR server.
        cards: most urgent first, otherwise in the service's order.
        system_actions: what the service wants applied without asking anybody.
        faults: what the service said of an error, or what is wrong with its answer.
        notes: what was left out of the call or looks unintended.
        feedback: what became of the feedback, where it was asked for.
        decision: the id under which the service keeps its record of this answer, where it names one.
    """

    service: str
    hook: str
    status: int
    body: bytes
    milliseconds: float
    request: Json
    cards: tuple[Card, ...] = ()
    system_actions: tuple[Json, ...] = ()
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    feedback: FeedbackSent | None = None
    decision: str | None = None

    @property
    def good(self) -> bool:
        """Whether the service answered with cards, be they none, and took the feedback if there was any."""
        return not self.faults and not (self.feedback and self.feedback.faults)


def read_cards(reply: Reply) -> tuple[tuple[Card, ...], tuple[Json, ...]]:
    """The cards and system actions of an answer with status 200.

    Raises:
        ValueError: it is no JSON object with a list of cards; the message says so.
    """
    try:
        document = parse(reply.body)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("cards"), list):
        raise ValueError("The answer has status 200 and is no JSON object that holds cards.")  # noqa: TRY004  one fault, however it came about
    cards = [Card(one) for one in objects(document, "cards")]
    return tuple(sorted(cards, key=_urgency)), tuple(objects(document, "systemActions"))


def _urgency(card: Card) -> int:
    return _URGENCY.index(card.indicator) if card.indicator in _URGENCY else len(_URGENCY)


def faults_of(reply: Reply) -> tuple[str, ...]:
    """What an error says: each issue of an OperationOutcome, or the text of another JSON error."""
    if reply.location is not None:
        return (f"The service redirects to {reply.location}; redirects are not followed.",)
    try:
        document = parse(reply.body)
    except ValueError:
        document = None
    said = tuple(_said(document)) if isinstance(document, dict) else ()
    return said or ("The answer carries no explanation.",)


def _said(document: Json) -> Iterator[str]:
    if document.get("resourceType") == "OperationOutcome":
        for issue in objects(document, "issue"):
            place = text(issue, "severity") or "error"
            code = text(issue, "code")
            said = text(issue, "diagnostics") or text(member(issue, "details"), "text") or "no diagnostics"
            yield f"{place}{f' ({code})' if code else ''}: {said}{_where(issue)}"
        return
    title, detail = text(document, "title"), text(document, "detail")
    if title or detail:
        yield ": ".join(part for part in (title, detail) if part)


def _where(issue: Json) -> str:
    """The places that an issue names, in brackets."""
    for name in ("expression", "location"):
        places = issue.get(name)
        if isinstance(places, list) and places:
            return f" [{', '.join(str(place) for place in places)}]"
    return ""
