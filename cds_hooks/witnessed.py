"""What a call of CDS Hooks tells of itself to those who witness decisions."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from app.audit.noting import Noted
from app.audit.results import results_of
from app.audit.seal import Seal
from app.decision import Caller, Read, Shown, Told
from app.store import Report
from cds_hooks.card import Card
from cds_hooks.cards import MadeCard
from cds_hooks.gather import Taken
from cds_hooks.judging import Judged, encounter_of
from cds_hooks.protocol import HookRequest

if TYPE_CHECKING:
    # Loaded where there are any: app/parties.py.
    from cds_hooks.trust import Caller as Admitted

_encode = msgspec.json.Encoder().encode


def caller_of(admitted: "Admitted | None") -> Caller | None:
    """Who sent a call, as decisions name them; None where nobody had to prove it."""
    if admitted is None:
        return None
    return Caller(admitted.issuer, admitted.subject, admitted.token_digest)


def note_request(noted: Noted, request: HookRequest, base: str | None) -> None:
    """Note whose record a call is about, and who asks.

    Args:
        noted: the call so far.
        request: its request.
        base: the address of the server that its ids belong to.
    """
    noted.instance, noted.base = request.hook_instance, base
    noted.user = request.text("userId")
    noted.encounter = encounter_of(request)
    patient = request.text("patientId")
    noted.patient = None if patient is None else patient.removeprefix("Patient/")


def note_taken(noted: Noted, taken: Taken) -> None:
    """Note what a call brought, what was fetched for it, and what stayed open."""
    noted.sent, noted.upstream, noted.token = taken.sent, taken.upstream, taken.access_use
    begins = 0
    for count, need, origin in taken.parts:
        if count:
            noted.resources.append((taken.collected.resources[begins : begins + count], need, origin))
        begins += count
    if noted.seal is not None and taken.service.bundle == "draftOrders" and taken.bundle is not None:
        digest = noted.seal.digest(bytes(taken.bundle))
        noted.more.append(Read("Bundle", None, None, None, digest, "draftOrders", "context"))
    open_needs = {key: wish.code for key, wish in taken.wishes.items()}
    noted.gaps = {
        need: (open_needs.get(need, "in-part"),)
        for need in dict.fromkeys((*open_needs, *sorted(taken.collected.unavailable)))
    }
    noted.needs = {
        key: "unavailable" if wish.link is None else "partial" for key, wish in taken.wishes.items()
    }


def shown_of(made: Iterable[MadeCard], seal: Seal | None, *, shadow: bool) -> tuple[Shown, ...]:
    """Each card that was made, with the digests of its text and of what it suggests.

    Both are made of the card as the rules made it, before it is fitted to a client, so that they are the same
    for every client; links and reasons to override are no part of them.

    Args:
        made: the cards.
        seal: makes the digests; None where nobody keeps them.
        shadow: whether none of them is shown.
    """
    return tuple(
        Shown(
            one.card.uuid,
            one.about.topic,
            one.about.rule,
            one.card.indicator,
            "" if seal is None else seal.digest(_encode(_told(one.card))),
            shown=not shadow and not one.held,
            held=one.held,
            offers=seal.digest(_encode(one.card.suggestions)) if seal and one.card.suggestions else "",
        )
        for one in made
    )


def _told(card: Card) -> tuple[str, str, str | None]:
    return card.summary, card.indicator, card.detail


def note_judged(noted: Noted, judged: Judged, now: datetime, *, shadow: bool) -> None:
    """Note what the rules made of a call.

    Args:
        noted: the call so far.
        judged: what they made of it.
        now: the moment that its record was judged at.
        shadow: whether nothing is shown.
    """
    noted.judged = now
    noted.results = results_of(judged.assessment)
    noted.cards = shown_of(judged.made, noted.seal, shadow=shadow)


def note_reports(noted: Noted, reports: Iterable[Report]) -> None:
    """Note how many cards were accepted and overridden; no comment, and no card."""
    noted.told = tuple(
        Told(report.outcome, report.reason.code if report.reason is not None else None) for report in reports
    )
    outcomes = [told.outcome for told in noted.told]
    noted.results = {outcome: str(outcomes.count(outcome)) for outcome in sorted(set(outcomes))}
