"""Cards from an assessment: one per lesion, most urgent first, at most five. Pure.

Every text on a card is this service's own, but for references and dates, which are shown as code.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from app.assess.ordered import LesionOrders, Ordered, Unsited, judge_orders
from app.assess.ordered.concern import capital
from app.assess.ordered.order import Order
from app.assess.result import Assessment, LesionAssessment
from app.fhir.codes import CodeBook
from app.knowledge.instrument import Instrument, Urgency
from app.knowledge.orderables import Group
from app.knowledge.pathway import Pathway
from cds_hooks.card import Card, Source, Suggestion, WireCoding
from cds_hooks.details import NOTHING_ADDED, detail_of, gaps_of, not_looked_at, stands_on
from cds_hooks.gather import Gathered
from cds_hooks.identities import named
from cds_hooks.links import card_links
from cds_hooks.markdown import code_span
from cds_hooks.order_lines import added_by, name_of
from cds_hooks.order_suggestions import order_suggestions
from cds_hooks.order_summaries import order_summary
from cds_hooks.override_reasons import CardKind, override_reasons
from cds_hooks.services import HookService
from cds_hooks.staging import added_by_staging, staging_summary
from cds_hooks.suggestions import suggestions_for
from cds_hooks.summaries import comes_first, summary_of

MAX_CARDS = 5
_INDICATORS: dict[Urgency, Literal["info", "warning", "critical"]] = {
    Urgency.EMERGENCY: "critical",
    Urgency.SAME_DAY: "critical",
    Urgency.URGENT: "warning",
    Urgency.ROUTINE: "info",
}
_PRODUCT = "spine-mets-cds"
INCOMPLETE = "incomplete"
_URGENT_WITHOUT_LESION = "Bone disease, no lesion recorded: an urgent finding that cannot wait, see detail"


@dataclass(frozen=True, slots=True)
class Call:
    """What a call says beside the record.

    Args:
        tenant: whose call it is, so that two tenants never share an identity.
        hook_instance: the call's own identity: the same call twice gets the same cards.
        encounter: the id of the encounter, where it is known.
    """

    service: HookService
    hook_instance: str
    tenant: str = ""
    encounter: str | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What a card is about: the memory of an override goes by it.

    Args:
        topic: the code of its source's topic.
        site: the lesion and the orders that it is about.
        rule: the rule that it stands on.
    """

    topic: str
    site: str
    rule: str
    urgency: Urgency


Held = Callable[[About], bool]


@dataclass(frozen=True, slots=True)
class MadeCard:
    """A card, with what it is about.

    Args:
        held: whether it is held back, since one like it was overridden a short while ago.
    """

    card: Card
    about: About
    held: bool = False


@dataclass(frozen=True, slots=True)
class CardMaker:
    """Makes cards for one deployment.

    Args:
        book: the codes under this deployment's base.
        public_base: where browsers reach the service's own pages; None where they do not.
    """

    book: CodeBook
    public_base: str | None = None

    def cards(
        self, assessment: Assessment, gathered: Gathered, call: Call, held: Held = lambda _about: False
    ) -> list[MadeCard]:
        """At most five cards, most urgent first, what is not shown counted on the last; and those held back.

        Args:
            assessment: of the patient.
            gathered: what the call brought.
            call: what it says beside the record.
            held: says of what a card is about whether it is held back.
        """
        service = call.service
        if service.bundle == "draftOrders":
            return self._orders(assessment, gathered, call, held)
        lesions: Sequence[LesionAssessment] = assessment.lesions
        if service.urgent_only:
            lesions = [one for one in lesions if one.urgency is not Urgency.ROUTINE]
        elif service.bundle == "conditions":
            lesions = [
                one
                for one in lesions
                if one.lesion.not_scored is None and gathered.added & set(one.lesion.conditions)
            ]
        quiet = [one for one in lesions if held(self._about(one))]
        others = [one for one in lesions if one not in quiet] if quiet else lesions
        made = list(self._of_patient(assessment, call))
        room = MAX_CARDS - len(made)
        shown, hidden = others[:room], others[room:]
        made += [
            self._lesion(assessment, lesion, call, hidden if lesion is shown[-1] else (), gathered.added)
            for lesion in shown
        ]
        made += (
            replace(self._lesion(assessment, one, call, (), gathered.added), held=True)
            for one in quiet[:MAX_CARDS]
        )
        if all(one.held for one in made) and _could_hide(assessment, gathered, service):
            made.append(self._incomplete(assessment, call))
        return made

    def _lesion(
        self,
        assessment: Assessment,
        assessed: LesionAssessment,
        call: Call,
        hidden: Sequence[LesionAssessment],
        unsaved: frozenset[str],
    ) -> MadeCard:
        leading = assessed.leading
        added, summary = NOTHING_ADDED, summary_of(assessed, leading, len(hidden))
        if call.service.bundle == "conditions":
            added, summary = added_by_staging(assessed), staging_summary(assessed, summary)
        identity = self._identities(call, assessed.lesion.id)
        offered = suggestions_for(
            assessment,
            assessed,
            leading,
            book=self.book,
            identity=identity,
            encounter=call.encounter,
            unsaved=unsaved,
        )
        urgent = any(alarm.urgency is not Urgency.ROUTINE for alarm in assessed.alarms)
        return self._made(
            assessed,
            summary=summary,
            detail=detail_of(assessment, assessed, leading, hidden, added),
            kind=CardKind.URGENT if urgent else CardKind.LESION,
            offered=offered,
            uuid=identity(""),
            about=self._about(assessed),
        )

    def _about(self, assessed: LesionAssessment) -> About:
        return About(self._topic_of(assessed), assessed.lesion.id, _rule(assessed), assessed.urgency)

    def _topic_of(self, assessed: LesionAssessment) -> str:
        topic = self._source(assessed).topic
        return topic.code if topic is not None else ""

    def _of_patient(self, assessment: Assessment, call: Call) -> Iterator[MadeCard]:
        """What cannot wait of a patient with bone disease, where no lesion is there for it to stand at."""
        if call.service.bundle is not None or any(one.alarms for one in assessment.lesions):
            return
        alerts = [
            one for one in assessment.alerts if one.lesion is None and one.urgency is not Urgency.ROUTINE
        ]
        if not alerts:
            return
        first = alerts[0]
        told = [f"**{alert.text}** [{alert.key}]" for alert in alerts]
        cites = dict.fromkeys(cite.printed for alert in alerts for cite in alert.references)
        card = Card(
            uuid=self._identities(call, "patient")(""),
            summary=_URGENT_WITHOUT_LESION,
            indicator=_INDICATORS[first.urgency],
            source=Source(
                f"{first.key}: {first.references[0].short}",
                first.references[0].url,
                WireCoding("urgent", self._topics),
            ),
            detail="\n\n".join(
                [
                    *told,
                    "No lesion that counts is recorded in a bone, which does not mean that there is none.",
                    *_unseen(assessment),
                    "**Sources**\n" + "\n".join(f"- {printed}" for printed in cites),
                    stands_on(assessment),
                ]
            ),
            overrideReasons=override_reasons(self.book.base, CardKind.URGENT),
        )
        yield MadeCard(card, About("urgent", "", first.key, first.urgency))

    # -- orders -------------------------------------------------------------------------------------

    def _orders(self, assessment: Assessment, gathered: Gathered, call: Call, held: Held) -> list[MadeCard]:
        ordered = judge_orders(assessment, gathered.drafts.orders)
        quiet = [one for one in ordered.lesions if held(self._about_orders(one))]
        others = [one for one in ordered.lesions if one not in quiet] if quiet else ordered.lesions
        shown, hidden = others[:MAX_CARDS], others[MAX_CARDS:]
        unsited = ordered.unsited[: MAX_CARDS - len(shown)]
        notes = tuple(_not_judged(ordered, len(ordered.unsited) - len(unsited)))
        rest = [other.lesion for other in hidden]
        last = shown[-1] if shown else None
        made = [
            self._ordered(
                assessment, one, gathered, call, rest if one is last else (), notes if one is last else ()
            )
            for one in shown
        ]
        made += [
            self._unsited(assessment, one, call, notes if last is None and one is unsited[-1] else ())
            for one in unsited
        ]
        made.sort(key=lambda one: one.about.urgency.rank)
        made += (
            replace(self._ordered(assessment, one, gathered, call, (), ()), held=True)
            for one in quiet[:MAX_CARDS]
        )
        hides = bool(notes) and assessment.bone_disease
        if all(one.held for one in made) and (hides or _could_hide(assessment, gathered, call.service)):
            made.append(self._incomplete(assessment, call, notes))
        return made

    def _ordered(
        self,
        assessment: Assessment,
        ordered: LesionOrders,
        gathered: Gathered,
        call: Call,
        hidden: Sequence[LesionAssessment],
        notes: tuple[str, ...],
    ) -> MadeCard:
        assessed = ordered.lesion
        identity = self._identities(call, assessed.lesion.id)
        return self._made(
            assessed,
            summary=order_summary(ordered, len(hidden)),
            detail=detail_of(assessment, assessed, assessed.leading, hidden, added_by(ordered, notes)),
            kind=CardKind.ORDER,
            offered=order_suggestions(
                assessment,
                ordered,
                gathered.drafts,
                book=self.book,
                identity=identity,
                encounter=call.encounter,
            ),
            uuid=identity(""),
            about=self._about_orders(ordered),
        )

    def _about_orders(self, ordered: LesionOrders) -> About:
        # Other orders at the same lesion are another question: an override answers none but its own.
        codes = {one.order.orderable.code if one.order.orderable else "" for one in ordered.orders}
        site = f"{ordered.lesion.lesion.id} {' '.join(sorted(codes))}"
        return About(self._topic_of(ordered.lesion), site, ordered.concerns[0].key, ordered.urgency)

    def _unsited(
        self, assessment: Assessment, unsited: Unsited, call: Call, notes: Sequence[str]
    ) -> MadeCard:
        """An order whose site is not known, or holds no lesion while one is recorded beside it."""
        order = unsited.order
        reference, name = order.reference, name_of(order.orderable)
        number = len(unsited.lesions)
        alarming = unsited.elsewhere or any(one.urgency is not Urgency.ROUTINE for one in unsited.lesions)
        urgency = Urgency.URGENT if alarming else Urgency.ROUTINE
        listed = "\n".join(f"- {summary_of(one, one.leading, 0)}" for one in unsited.lesions[:MAX_CARDS]) + (
            f"\n- and {number - MAX_CARDS} more" if number > MAX_CARDS else ""
        )
        if unsited.elsewhere:
            site = order.places[0].label
            summary = f"{capital(name)} at {site}: no lesion is recorded there; check side and level"
            told = (
                f"**Order: {name}** ({code_span(reference)}) names {site}, where no lesion is recorded. "
                "One is recorded on the other side, or at the next level: check which is meant. The order "
                "was not judged."
            )
        else:
            bones = "one bone lesion" if number == 1 else f"one of {number} bone lesions"
            summary = f"{capital(name)}: the order names no site that can be read, and {bones} could be meant"
            told = (
                f"**Order: {name}** ({code_span(reference)}) names no body site in a code that this service "
                "reads, and no lesion as its reason. It was not judged. Put the site, or the Condition that "
                "it is for, on the order."
            )
        card = Card(
            uuid=self._identities(call, f"order {reference}")(""),
            summary=summary,
            indicator=_INDICATORS[urgency],
            source=Source(_PRODUCT, topic=WireCoding("order-without-site", self._topics)),
            detail="\n\n".join([told, f"**On record**\n{listed}", *notes, stands_on(assessment)]),
            overrideReasons=override_reasons(self.book.base, CardKind.ORDER),
        )
        about = About("order-without-site", f"order {reference}", "ORD-SITE", urgency)
        return MadeCard(card, about)

    # -- parts --------------------------------------------------------------------------------------

    def _made(
        self,
        assessed: LesionAssessment,
        *,
        summary: str,
        detail: str,
        kind: CardKind,
        offered: list[Suggestion],
        uuid: str,
        about: About,
    ) -> MadeCard:
        card = Card(
            uuid=uuid,
            summary=summary,
            indicator=_INDICATORS[about.urgency],
            source=self._source(assessed),
            detail=detail,
            suggestions=offered or None,
            selectionBehavior="any" if offered else None,
            overrideReasons=override_reasons(self.book.base, kind),
            links=card_links(self.public_base, _spoken_of(assessed), urgent=bool(assessed.alarms)),
        )
        return MadeCard(card, about)

    def _incomplete(self, assessment: Assessment, call: Call, notes: Sequence[str] = ()) -> MadeCard:
        needs = not_looked_at(assessment)
        parts = list(notes)
        if needs:
            found = "No lesion was found in the rest" if not assessment.lesions else "More may be there"
            means = ", which does not mean that there is none" if not assessment.lesions else ""
            parts.append(f"**Not looked at in full:** {needs}. {found}{means}.")
            parts.append("\n".join(f"- {code_span(g.reason)}" for g in gaps_of(assessment)))
        elif not notes:
            parts.append(
                "**Not read:** a problem that was just put on the list. Nothing was concluded from it."
            )
        card = Card(
            uuid=self._identities(call, "incomplete")(""),
            summary="Bone metastases: not everything could be checked",
            indicator="info",
            source=Source(_PRODUCT, topic=WireCoding("incomplete", self._topics)),
            detail="\n\n".join([*parts, stands_on(assessment)]),
            overrideReasons=override_reasons(self.book.base, CardKind.INCOMPLETE),
        )
        return MadeCard(card, About(INCOMPLETE, "", INCOMPLETE, Urgency.ROUTINE))

    def _source(self, assessed: LesionAssessment) -> Source:
        scored = assessed.leading
        judged = next((one for one in assessed.pathways if one.applicability.applies), None)
        if scored.result is None and judged is not None:
            # No score is made for this bone: the card is about its pathways.
            cite = judged.pathway.references[0]
            topic = WireCoding(judged.pathway.code, self._topics, judged.pathway.short)
            return Source(f"{judged.pathway.short}: {cite.short}", cite.url, topic)
        first = scored.instrument.score.references[0]
        return Source(
            f"{scored.instrument.short}: {first.key}",
            first.url,
            WireCoding(scored.instrument.topic, self._topics, scored.instrument.short),
        )

    @property
    def _topics(self) -> str:
        return f"{self.book.base}/CodeSystem/card-topic"

    def _identities(self, call: Call, key: str) -> Callable[[str], str]:
        """Deterministic uuids of one card and its parts, by tenant, call, service and card."""
        base = named(_NAMESPACE, f"{call.tenant}|{call.hook_instance}|{call.service.id}|{key}")
        return lambda part: named(base, part) if part else base


_NAMESPACE = str(uuid5(NAMESPACE_URL, "https://fhir.spine-mets-cds.org/cards"))


def _could_hide(assessment: Assessment, gathered: Gathered, service: HookService) -> bool:
    """Whether something that was not looked at could hold what the call asks about."""
    if service.bundle == "conditions":
        return gathered.unread_context
    if service.bundle == "draftOrders" and not any(map(_is_for_a_bone, gathered.drafts.orders.selected)):
        # Without such an order there is nothing that a lesion could forbid.
        return False
    if {"conditions", "resources"} & assessment.unavailable:
        return True
    return assessment.bone_disease and bool(assessment.unavailable)


def _is_for_a_bone(order: Order) -> bool:
    """Whether an order is one that a lesion would have something to say of."""
    orderable = order.orderable
    if orderable is None:
        return False
    return not (orderable.group.of_the_patient or orderable.group is Group.REFERRAL)


def _not_judged(ordered: Ordered, lost: int) -> Iterator[str]:
    if lost:
        yield f"**Not judged:** {lost} more order{'s' * (lost > 1)} without a site that can be read."
    if ordered.unreadable:
        number = ordered.unreadable
        yield (
            f"**Not judged:** {number} order{'s' * (number > 1)} of this call could not be read, or did not "
            "prove to be this patient's."
        )


def _unseen(assessment: Assessment) -> Iterator[str]:
    if assessment.unavailable:
        yield f"**Not everything could be checked:** {not_looked_at(assessment)}."


def _spoken_of(assessed: LesionAssessment) -> Iterator[Instrument | Pathway]:
    """The definitions that a card speaks of, the one that it is about first."""
    leading = assessed.leading
    if leading.result is not None:
        yield leading.instrument
    yield from (one.pathway for one in assessed.pathways if one.applicability.applies)


def _rule(assessed: LesionAssessment) -> str:
    """The rule that a lesion's card stands on: what cannot wait, else what the score advises."""
    advice = assessed.leading.advice
    alarm = next(iter(assessed.alarms), None)
    if alarm is not None and comes_first(alarm, assessed.leading):
        return alarm.key
    if advice is not None:
        return advice.key
    return "not-scored" if assessed.lesion.not_scored is not None else "no-score"
