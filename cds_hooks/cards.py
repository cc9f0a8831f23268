"""Cards from an assessment: one per lesion, most urgent first, at most five. Pure.

Every text on a card is this service's own, but for references and dates, which are shown as code.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from app.assess.beside import beside, look_first
from app.assess.record import Gap
from app.assess.result import Assessment, FindingView, LesionAssessment, Scored
from app.engine.provenance import Age
from app.engine.provenance import Source as RecordSource
from app.engine.question import Answer, Item
from app.engine.score import ScoreResult
from app.knowledge.findings import FINDINGS
from app.knowledge.instrument import Urgency, names, totals_text
from cds_hooks.markdown import code_span, plain
from cds_hooks.protocol import MAX_SUMMARY, Card, Source, WireCoding

MAX_CARDS = 5
MAX_DETAIL = 4_000
_MAX_SOURCES = 2
_MAX_CLAIMS = 4
_MAX_ASIDE = 3
_SET_ASIDE = frozenset({"observations", "conditions", "lesion"})
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
_NEEDS = {
    "patient": "the Patient",
    "conditions": "Conditions",
    "observations": "Observations",
    "procedures": "Procedures",
    "bodyStructures": "BodyStructures",
    "questionnaireResponses": "QuestionnaireResponses",
    "resources": "unreadable resources",
}
# Findings that outrank any score of stability: shown beside it whatever it says.


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
        views = beside(assessment, assessed)
        first = look_first(assessed, views)
        urgency = min(assessed.urgency, Urgency.URGENT, key=lambda u: u.rank) if first else assessed.urgency
        return Card(
            uuid=self._uuid(hook_instance, assessed.lesion.id),
            summary=_summary(assessed, leading, first, len(hidden)),
            indicator=_INDICATORS[urgency],
            source=self._source(leading),
            detail=_detail(assessment, assessed, leading, views, hidden),
            overrideReasons=OVERRIDE_REASONS,
        )

    def _incomplete(self, assessment: Assessment, hook_instance: str) -> Card:
        needs = _not_looked_at(assessment)
        return Card(
            uuid=self._uuid(hook_instance, "incomplete"),
            summary="Bone metastases: not everything could be checked",
            indicator="info",
            source=Source("spine-mets-cds", topic=WireCoding("incomplete", self.topics)),
            detail=(
                f"**Not looked at in full:** {needs}. No lesion was found in the rest, which does not "
                "mean that there is none.\n\n"
                + "\n".join(f"- {code_span(g.reason)}" for g in _gaps(assessment))
            )[:MAX_DETAIL],
            overrideReasons=OVERRIDE_REASONS,
        )

    def _source(self, scored: Scored) -> Source:
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


# -- summary -----------------------------------------------------------------------------------------


def _summary(assessed: LesionAssessment, scored: Scored, first: Sequence[FindingView], hidden: int) -> str:
    more = f" (+{hidden} more lesions)" if hidden > 1 else " (+1 more lesion)" if hidden else ""
    texts = [text.rstrip(".") if first else text for text in _summaries(assessed, scored)]
    tails = _look_first(first)
    # What comes before any score outlives its finer points; the result itself outlives a list of it.
    tried = [text + tail for tail in tails for text in texts[:-1] or texts]
    for text in (*tried, texts[-1] + tails[-1]):
        if len(text) + len(more) <= MAX_SUMMARY:
            return text + more
    return f"{assessed.lesion.place.label}: see detail{more}"


def _look_first(first: Sequence[FindingView]) -> list[str]:
    """What to look at before the score, in fewer and fewer words."""
    if not first:
        return [""]
    labels = [FINDINGS[view.finding].label for view in first]
    named = [label[0].lower() + label[1:] for label in labels]
    beyond = f" and {len(named) - 1} more" if len(named) > 1 else ""
    return [
        f"; look first at {' and '.join(named)}",
        f"; look first at {named[0]}{beyond}",
        f"; {len(named)} finding{'s' * (len(named) > 1)} to look at first",
    ]


def _summaries(assessed: LesionAssessment, scored: Scored) -> Iterator[str]:
    """The same statement in fewer and fewer words; the last is always short enough."""
    label = assessed.lesion.place.label
    result, advice = scored.result, scored.advice
    if assessed.lesion.not_scored is not None:
        yield f"{label}: {assessed.lesion.not_scored}"
        yield f"{label}: not active, not scored"
        return
    if result is None or advice is None:
        reasons = " ".join(s.applicability.reason or "" for s in assessed.scores)
        yield f"{label}: no score applies. {reasons}"
        yield f"{label}: no score applies; see why in the detail"
        return
    if scored.applicability.applies is None and not assessed.lesion.names_within:
        yield f"{label}: SINS and Mirels cannot be settled until the bone is recorded"
        return
    if assessed.lesion.names_within:
        yield f"{label}: {advice.headline}"
        yield f"{label}: may mean a lesion scored by itself"
        return
    head = f"{label}: {scored.instrument.short} {totals_text(result.totals)} of {result.score.highest}"
    headline = advice.headline + (", preliminary" if _provisional(result) else "")
    if scored.as_recorded is None and not result.settled and result.would_settle:
        yield f"{head}. {headline}; {names(result.score, result.would_settle)} would settle it"
    if scored.flags and scored.as_recorded is None and result.settled:
        yield f"{head}. {headline}; {len(scored.flags)} warning{'s' * (len(scored.flags) > 1)} beside it"
    yield f"{head}. {headline}"
    yield f"{head}. See detail"


def _provisional(result: ScoreResult) -> bool:
    return any(s.provisional for answer in result.answers.values() for s in answer.sources)


# -- detail ------------------------------------------------------------------------------------------


def _detail(
    assessment: Assessment,
    assessed: LesionAssessment,
    scored: Scored,
    views: Sequence[FindingView],
    hidden: Sequence[LesionAssessment],
) -> str:
    """Sections in the order in which they matter; the last give way where all do not fit."""
    sections = [
        *_says(assessed, scored),
        *_beside(views),
        *_table(scored),
        *_open(scored),
        *_hidden(hidden),
        *([] if assessed.lesion.not_scored else _unseen(assessment)),
        *_cautions(scored),
        *_references(scored, assessment),
    ]
    kept: list[str] = []
    room = MAX_DETAIL - len(_SHORTENED)
    whole = True
    for section in sections:
        if len(section) + 2 > room:
            whole = False
            section = _head(section, room - 2) if section.startswith(_SOURCES) else ""  # noqa: PLW2901  what is left of it
            if not section:
                continue
        kept.append(section)
        room -= len(section) + 2
    return "\n\n".join(kept) + ("" if whole else _SHORTENED)


def _head(section: str, room: int) -> str:
    """As many lines of a list as there is room for, its heading and one row at least."""
    lines = section.split("\n")
    while len(lines) > 1 and len("\n".join(lines)) > room:
        lines.pop()
    return "\n".join(lines) if len(lines) > 1 else ""


_SOURCES = "**Sources**\n"
_SHORTENED = "\n\nShortened: the whole assessment is at `POST /api/v1/assessments`."


def _says(assessed: LesionAssessment, scored: Scored) -> Iterator[str]:
    if assessed.lesion.not_scored is not None:
        yield assessed.lesion.not_scored
        return
    if scored.advice is None:
        yield "\n".join(f"- {s.applicability.reason}" for s in assessed.scores)
        return
    yield f"**{scored.advice.text}**"
    for flag in scored.flags:
        if flag.text != scored.advice.text:
            yield f"**Mind:** {flag.text}"
    yield (
        f"For {scored.advice.decides} to decide with the patient; alternatives, no intervention "
        "included, are theirs to weigh."
    )


def _beside(views: Sequence[FindingView]) -> Iterator[str]:
    told: list[str] = []
    for view in views:
        labels = FINDINGS[view.finding].answer_labels
        answers = " or ".join(labels.get(answer, answer) for answer in view.possible)
        when = max((source.effective or "" for source in view.sources), default="")[:10]
        told.append(f"{FINDINGS[view.finding].label}: {answers}{f' ({when})' if when else ''}")
    if told:
        yield (
            "**Recorded beside the score, which does not judge it:** "
            + "; ".join(told)
            + ". Look at it first; do not wait for this tool."
        )


def _table(scored: Scored) -> Iterator[str]:
    if scored.result is None:
        return
    result = scored.result
    rows = ["| Item | The record says | Points | Source |", "|---|---|---|---|"]
    for item in result.score.items:
        answer = result.answers[item.code]
        points = _exactly(result.points(item.code))
        rows.append(f"| {item.label} | {_says_of(item, answer)} | {points} | {_sources(item, answer)} |")
    bands = ", ".join(_band(result, code) for code in result.bands)
    rows.append(f"| **Total** | **{bands}** | **{_exactly(result.totals)}** | |")
    yield "\n".join(rows)


def _band(result: ScoreResult, code: str) -> str:
    band = result.score.band(code)
    return f"{band.label} ({band.low}-{band.high})" if band.low < band.high else f"{band.label} ({band.low})"


def _exactly(numbers: Sequence[int]) -> str:
    """Every number there is and no other: ``1 or 3``, ``0, 1 or 3``, ``6 to 9 or 11``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = [
        part
        for run in runs
        for part in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run))  # noqa: PLR2004  two numbers are no range
    ]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"


def _says_of(item: Item, answer: Answer) -> str:
    if not answer.recorded:
        return _NOT_USED[answer.unused[0].age] if answer.unused else "not recorded"
    text = _labels(item, answer.possible)
    if answer.conflicting:
        return f"sources disagree: {text}"
    return "could not be told" if len(answer.possible) == len(item.options) else text


_NOT_USED = {
    Age.STALE: "too old",
    Age.UNDATED: "without a usable date",
    Age.FUTURE: "dated in the future",
}


def _labels(item: Item, options: Iterable[str]) -> str:
    return plain("; or ".join(item.labels[option] for option in options))


def _sources(item: Item, answer: Answer) -> str:
    if answer.claims:
        return "; ".join(
            f"{_labels(item, item.ordered(claim.possible))}: {_source(claim.source)}"
            for claim in answer.claims[:_MAX_CLAIMS]
        )
    used = answer.sources or answer.unused
    shown = [_source(source) for source in used[:_MAX_SOURCES]]
    if len(used) > _MAX_SOURCES:
        shown.append(f"{len(used) - _MAX_SOURCES} more")
    return ", ".join(shown)


def _source(source: RecordSource) -> str:
    text = code_span(source.reference)
    if source.effective:
        text += f" {code_span(source.effective[:10])}"
    if source.age is not Age.FRESH:
        text += f" {source.age.value}"
    return f"{text} preliminary" if source.provisional else text


def _open(scored: Scored) -> Iterator[str]:
    if scored.result is None:
        return
    result = scored.result
    if not scored.settled and result.would_settle:
        yield f"**Would settle it:** {names(result.score, result.would_settle)}."
    if result.missing:
        yield f"**Not recorded or too old:** {_and(result, result.missing)}."
    others = [FINDINGS[code].label.lower() for code in scored.record_next if code in FINDINGS]
    if others:
        yield f"**To record next:** {', '.join(others)}."


def _and(result: ScoreResult, items: Iterable[str]) -> str:
    return ", ".join(result.score.item(code).label.lower() for code in items)


def _hidden(hidden: Sequence[LesionAssessment]) -> Iterator[str]:
    if hidden:
        labels = ", ".join(lesion.lesion.place.label for lesion in hidden)
        yield f"**{len(hidden)} more not shown on cards, none more urgent:** {labels}."


def _unseen(assessment: Assessment) -> Iterator[str]:
    if assessment.unavailable:
        yield f"**Not everything could be checked:** {_not_looked_at(assessment)}."
    aside = [g.reason for g in assessment.gaps if g.need in _SET_ASIDE - assessment.unavailable]
    if aside:
        more = f"\n- and {len(aside) - _MAX_ASIDE} more" if len(aside) > _MAX_ASIDE else ""
        listed = "\n".join(f"- {code_span(reason)}" for reason in aside[:_MAX_ASIDE])
        yield f"**Recorded, and not counted for any lesion**\n{listed}{more}"


def _not_looked_at(assessment: Assessment) -> str:
    return ", ".join(_NEEDS.get(need, need) for need in sorted(assessment.unavailable))


def _gaps(assessment: Assessment) -> list[Gap]:
    return [gap for gap in assessment.gaps if gap.need in assessment.unavailable][:10]


def _cautions(scored: Scored) -> Iterator[str]:
    if scored.cautions:
        texts = dict.fromkeys(f"- {caution.text}" for caution in scored.cautions)
        yield "**Cautions**\n" + "\n".join(texts)


def _references(scored: Scored, assessment: Assessment) -> Iterator[str]:
    if not scored.references:
        return
    told = dict.fromkeys(cite.printed for cite in scored.references)
    knowledge = assessment.knowledge
    yield (
        _SOURCES
        + "\n".join(f"- {text}" for text in told)
        + f"\n\nKnowledge {knowledge.version} `{knowledge.digest[:12]}`, judged at "
        f"{assessment.as_of:%Y-%m-%d %H:%M %Z}."
    )
