"""Cards from an assessment: one per lesion, most urgent first, at most five. Pure.

Every text on a card is this service's own, but for references and dates, which are shown as code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from app.assess.result import Assessment, LesionAssessment, Scored
from app.knowledge.instrument import Urgency
from cds_hooks.details import detail_of, gaps_of, not_looked_at, stands_on
from cds_hooks.markdown import code_span
from cds_hooks.protocol import Card, Source, WireCoding
from cds_hooks.summaries import summary_of

MAX_CARDS = 5
_INDICATORS: dict[Urgency, Literal["info", "warning", "critical"]] = {
    Urgency.EMERGENCY: "critical",
    Urgency.SAME_DAY: "critical",
    Urgency.URGENT: "warning",
    Urgency.ROUTINE: "info",
}
_REASONS_SYSTEM = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
OVERRIDE_REASONS = [
    WireCoding(code, _REASONS_SYSTEM, display)
    for code, display in (
        ("action-completed", "Action completed"),
        ("need-more-info", "Need more information"),
        ("wrong-time-workflow", "Wrong time in the workflow"),
        ("inappropriate-recipient", "Inappropriate recipient"),
        ("patient-ineligible", "Patient ineligible"),
        ("patient-contraindication", "Patient contraindication"),
        ("recipient-does-not-trust", "Recipient does not trust the recommendation"),
        ("patient-refuses", "Patient refuses"),
    )
]


@dataclass(frozen=True, slots=True)
class CardMaker:
    """Makes cards for one deployment.

    Args:
        topics: the code system of card topics.
        tenant: whose cards these are, so that two tenants never share an identity.
    """

    topics: str
    tenant: str = ""

    def cards(self, assessment: Assessment, hook_instance: str) -> list[Card]:
        """At most five cards, most urgent first; what is not shown is counted on the last."""
        shown = assessment.lesions[:MAX_CARDS]
        hidden = assessment.lesions[MAX_CARDS:]
        cards = [
            self._lesion(assessment, lesion, hook_instance, hidden if lesion is shown[-1] else ())
            for lesion in shown
        ]
        if not cards and _could_hide_a_lesion(assessment):
            cards.append(self._incomplete(assessment, hook_instance))
        return cards

    def _lesion(
        self,
        assessment: Assessment,
        assessed: LesionAssessment,
        hook_instance: str,
        hidden: Sequence[LesionAssessment],
    ) -> Card:
        leading = _leading(assessed)
        return Card(
            uuid=self._uuid(hook_instance, assessed.lesion.id),
            summary=summary_of(assessed, leading, len(hidden)),
            indicator=_INDICATORS[assessed.urgency],
            source=self._source(assessed, leading),
            detail=detail_of(assessment, assessed, leading, hidden),
            overrideReasons=OVERRIDE_REASONS,
        )

    def _incomplete(self, assessment: Assessment, hook_instance: str) -> Card:
        needs = not_looked_at(assessment)
        return Card(
            uuid=self._uuid(hook_instance, "incomplete"),
            summary="Bone metastases: not everything could be checked",
            indicator="info",
            source=Source("spine-mets-cds", topic=WireCoding("incomplete", self.topics)),
            detail=(
                f"**Not looked at in full:** {needs}. No lesion was found in the rest, which does not "
                "mean that there is none.\n\n"
                + "\n".join(f"- {code_span(g.reason)}" for g in gaps_of(assessment))
                + f"\n\n{stands_on(assessment)}"
            ),
            overrideReasons=OVERRIDE_REASONS,
        )

    def _source(self, assessed: LesionAssessment, scored: Scored) -> Source:
        judged = next((one for one in assessed.pathways if one.applicability.applies), None)
        if scored.result is None and judged is not None:
            # No score is made for this bone: the card is about its pathways.
            cite = judged.pathway.references[0]
            topic = WireCoding(judged.pathway.code, self.topics, judged.pathway.short)
            return Source(f"{judged.pathway.short}: {cite.short}", cite.url, topic)
        first = scored.instrument.score.references[0]
        return Source(
            f"{scored.instrument.short}: {first.key}",
            first.url,
            WireCoding(scored.instrument.topic, self.topics, scored.instrument.short),
        )

    def _uuid(self, hook_instance: str, key: str) -> str:
        return str(uuid5(_NAMESPACE, f"{self.tenant}|{hook_instance}|{key}"))


_NAMESPACE: UUID = uuid5(NAMESPACE_URL, "https://fhir.spine-mets-cds.org/cards")


def _could_hide_a_lesion(assessment: Assessment) -> bool:
    """Whether something that was not looked at could hold a lesion."""
    if {"conditions", "resources"} & assessment.unavailable:
        return True
    return assessment.bone_disease and bool(assessment.unavailable)


def _leading(assessed: LesionAssessment) -> Scored:
    """The score that the card is about: the most urgent of those that apply, else the first."""
    applying = [scored for scored in assessed.scores if scored.result is not None]
    return min(applying or assessed.scores, key=lambda scored: scored.urgency.rank)
