"""The detail of a card: what the record says of one lesion, what follows, and where it comes from. Pure.

Every text is this service's own, but for references and dates, which are shown as code.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.assess.beside import beside
from app.assess.record import Gap
from app.assess.result import Assessment, FindingView, Judgement, LesionAssessment, Scored
from app.engine.provenance import Citation
from app.engine.provenance import Source as RecordSource
from app.engine.score import ScoreResult
from app.knowledge.findings import FINDINGS
from app.knowledge.instrument import Advice, Remark, Urgency, names
from app.knowledge.pathway import PathwayResult
from app.knowledge.urgent.patient import DO_NOT_WAIT
from cds_hooks.card import MAX_DETAIL
from cds_hooks.item_table import item_table, short_item_table
from cds_hooks.markdown import code_span
from cds_hooks.pathway_lines import Line, lines_of
from cds_hooks.summaries import comes_first

_MAX_ASIDE = 3
_SET_ASIDE = frozenset({"observations", "conditions", "lesion"})
_NEEDS = {
    "patient": "the Patient",
    "conditions": "Conditions",
    "observations": "Observations",
    "procedures": "Procedures",
    "bodyStructures": "BodyStructures",
    "questionnaireResponses": "QuestionnaireResponses",
    "medications": "MedicationRequests",
    "resources": "unreadable resources",
}


@dataclass(frozen=True, slots=True)
class Added:
    """What a hook adds to the card of a lesion.

    Args:
        before: told before what the score says: what is ordered.
        after: told after who decides: what staging needs.
        lines: what the pathways say of it; None where they say what they say of the lesion.
        notes: what the call held beside it that was not judged.
        cites: what the added texts stand on.
        judgements: the pathways whose cautions are told; those of the lesion where left out.
    """

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    lines: tuple[Line, ...] | None = None
    notes: tuple[str, ...] = ()
    cites: tuple[Citation, ...] = ()
    judgements: tuple[Judgement, ...] | None = None


NOTHING_ADDED = Added()


def detail_of(
    assessment: Assessment,
    assessed: LesionAssessment,
    scored: Scored,
    hidden: Sequence[LesionAssessment],
    added: Added = NOTHING_ADDED,
) -> str:
    """Sections in the order of reading; where all do not fit, those that matter least give way.

    What cannot wait comes first, then what the scores and the pathways say, then what they stand on.
    """
    first = [alarm for alarm in assessed.alarms if comes_first(alarm, scored)]
    beside_score = [alarm for alarm in assessed.alarms if not comes_first(alarm, scored)]
    counts = assessed.lesion.not_scored is None
    flagged = {flag.key for flag in scored.flags}
    judgements = assessed.pathways if added.judgements is None else added.judgements
    lines = list(added.lines or ())
    if added.lines is None and counts:
        lines = list(lines_of(assessed.pathways, flagged))
    sections = [
        *_ranked(_MUST, (told := list(_alarms(first)))[:1]),
        *_ranked(_ALARM, told[1:]),
        *_ranked(_MUST, added.before),
        *_ranked(_MUST, _says(assessed, scored, leads=not (first or added.before))),
        *(not_checked(assessment) if counts else ()),
        *_ranked(_ALARM, _alarms(beside_score)),
        *_ranked(_MUST, _decides(assessed, scored, judgements)),
        *_ranked(_MUST, added.after),
        *(Section(_ALARM if line.leads else _PATHWAY, line.text) for line in lines),
        *_ranked(_MUST, _beside(beside(assessment, assessed))),
        *_table(scored),
        *_ranked(_BASIS, _open(scored)),
        *_ranked(_BASIS, added.notes),
        *_ranked(_BASIS, _hidden(hidden)),
        *_ranked(_BASIS, _not_counted(assessment) if counts else ()),
        *_ranked(
            _CAUTION,
            _cautions(scored, judgements),
        ),
    ]
    cites = _cites(assessed, scored, lines, added.cites)
    return fitted(sections, cites, stands_on(assessment))


# What gives way first has the highest rank; of one rank, what is read last.
_MUST, _ALARM, _BASIS, _PATHWAY, _CAUTION = range(5)


class Section(NamedTuple):
    """A part of a detail.

    Args:
        rank: how much it matters.
        shorter: makes what may stand in its place where there is no room for it.
    """

    rank: int
    text: str
    shorter: Callable[[], str] | None = None


def _ranked(rank: int, texts: Iterable[str]) -> Iterator[Section]:
    return (Section(rank, text) for text in texts)


def _table(scored: Scored) -> Iterator[Section]:
    result = scored.result
    if result is not None:
        yield Section(_MUST, item_table(scored, result), lambda: short_item_table(scored, result))


def fitted(sections: Sequence[Section], cites: Sequence[Citation], judged: str) -> str:
    """The sections that fit, in the order of reading, and every source, in short where there is no more room.

    A list may lose its last lines; no source is ever left out.
    """
    texts = [section.text for section in sections]
    whole = "\n\n".join([*texts, *_sources_in_full(cites), judged])
    if len(whole) <= MAX_DETAIL:
        return whole
    ends = [*_sources_in_short(cites), judged]
    brief = "\n\n".join([*texts, *ends])
    if len(brief) <= MAX_DETAIL:
        return brief
    kept: dict[int, str] = {}
    room = MAX_DETAIL - len(_SHORTENED) - sum(len(end) + 2 for end in ends)
    for number, section in sorted(enumerate(sections), key=lambda one: one[1].rank):
        fitted = _fitted(section, room - 2)
        if fitted:
            kept[number] = fitted
            room -= len(fitted) + 2
    return "\n\n".join([*(kept[number] for number in sorted(kept)), *ends]) + _SHORTENED


def _fitted(section: Section, room: int) -> str:
    """The section, else what may stand in its place, else its head; nothing where none of them fits."""
    if len(section.text) <= room:
        return section.text
    shorter = section.shorter() if section.shorter is not None else ""
    return shorter if shorter and len(shorter) <= room else _head(section.text, room)


def _alarms(alarms: Sequence[Advice]) -> Iterator[str]:
    for number, alarm in enumerate(alarms):
        # Each text stands alone in an assessment; on a card the first says it for all.
        text = alarm.text if not number else alarm.text.removesuffix(DO_NOT_WAIT).rstrip()
        yield f"**{text}**"


def _decides(assessed: LesionAssessment, scored: Scored, judgements: Iterable[Judgement]) -> Iterator[str]:
    """Who decides, of all that the card says, once; of its pathways where nothing else names them."""
    if assessed.lesion.not_scored is not None:
        return
    who = [alarm.decides for alarm in assessed.alarms]
    who += [scored.advice.decides] if scored.advice is not None else []
    who = who or [one.pathway.decides for one in judgements if any(lines_of((one,)))]
    if who:
        yield (
            f"For {'; '.join(dict.fromkeys(who))} to decide with the patient; alternatives, no intervention "
            "included, are theirs to weigh." + _meeting(assessed, who)
        )


def _meeting(assessed: LesionAssessment, who: Iterable[str]) -> str:
    """MDT-1: what can wait for a meeting belongs there, and is said once."""
    can_wait = assessed.urgency in (Urgency.URGENT, Urgency.ROUTINE)
    return " Consider the multidisciplinary meeting." if can_wait and _MEETING not in who else ""


_MEETING = "the multidisciplinary meeting"


def _head(section: str, room: int) -> str:
    """As many lines of a list as there is room for, its heading and one row at least; no part of a table."""
    lines = section.split("\n")
    if lines[0].startswith("|"):
        return ""
    while len(lines) > 1 and len("\n".join(lines)) > room:
        lines.pop()
    return "\n".join(lines) if len(lines) > 1 else ""


_SHORTENED = "\n\nShortened: the whole assessment is at `POST /api/v1/assessments`."


def _says(assessed: LesionAssessment, scored: Scored, *, leads: bool) -> Iterator[str]:
    if assessed.lesion.not_scored is not None:
        yield assessed.lesion.not_scored
        return
    if scored.advice is None:
        yield "\n".join(f"- {s.applicability.reason}" for s in assessed.scores)
        return
    # Beside what cannot wait, a score is told and not shouted.
    yield f"**{scored.advice.text}**" if leads else scored.advice.text
    for flag in scored.flags:
        if flag.text != scored.advice.text:
            yield f"**Mind:** {flag.text}"


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


def _open(scored: Scored) -> Iterator[str]:
    if scored.result is None:
        return
    result = scored.result
    if not scored.settled and result.would_settle:
        yield f"**Would settle it:** {names(result.score, result.would_settle)}."
    if result.missing:
        why = "Not recorded, too old, or not looked at" if scored.part_unseen else "Not recorded or too old"
        yield f"**{why}:** {_and(result, result.missing)}."
    others = [FINDINGS[code].label.lower() for code in scored.record_next if code in FINDINGS]
    if others:
        yield f"**To record next:** {', '.join(others)}."


def _and(result: ScoreResult, items: Iterable[str]) -> str:
    return ", ".join(result.score.item(code).label.lower() for code in items)


def _hidden(hidden: Sequence[LesionAssessment]) -> Iterator[str]:
    if hidden:
        labels = ", ".join(lesion.lesion.place.label for lesion in hidden)
        yield f"**{len(hidden)} more not shown on cards, none more urgent:** {labels}."


def not_checked(assessment: Assessment) -> Iterator[Section]:
    """What could not be looked at in full, with its reasons and in short; nothing where all could be."""
    if not assessment.unavailable:
        return
    short = f"**Not everything could be checked:** {not_looked_at(assessment)}."
    needs_by_reason: dict[str, list[str]] = {}
    for gap in gaps_of(assessment):
        needs_by_reason.setdefault(gap.reason, []).append(_NEEDS.get(gap.need, gap.need))
    reasons = "\n".join(f"- {', '.join(needs)}: {code_span(why)}" for why, needs in needs_by_reason.items())
    yield Section(_MUST, f"{short}\n{reasons}", lambda: short)


def _not_counted(assessment: Assessment) -> Iterator[str]:
    aside = [g.reason for g in assessment.gaps if g.need in _SET_ASIDE - assessment.unavailable]
    if aside:
        more = f"\n- and {len(aside) - _MAX_ASIDE} more" if len(aside) > _MAX_ASIDE else ""
        listed = "\n".join(f"- {code_span(reason)}" for reason in aside[:_MAX_ASIDE])
        yield f"**Recorded, and not counted for any lesion**\n{listed}{more}"


def not_looked_at(assessment: Assessment) -> str:
    """The data needs that could not be looked at in full, in words."""
    return ", ".join(_NEEDS.get(need, need) for need in sorted(assessment.unavailable))


def gaps_of(assessment: Assessment) -> list[Gap]:
    """Why they could not, the first ten reasons."""
    return [gap for gap in assessment.gaps if gap.need in assessment.unavailable][:10]


def _cautions(scored: Scored, judgements: Iterable[Judgement]) -> Iterator[str]:
    remarks = [*scored.cautions]
    told = _sources_of_score(scored)
    for judged in judgements:
        result = judged.result
        if result is None or not judged.applicability.applies:
            continue
        # What criteria say beside themselves stands in the assessment; a table's limits stand here.
        if result.rows is not None:
            remarks += judged.notes
            remarks += (one for one in result.cautions if _bears_on(one, result))
        used = {s for value in result.given.values() for s in (*value.sources, *value.unused)}
        if used - told:
            remarks += judged.cautions
        told |= used
    if remarks:
        texts = dict.fromkeys(f"- {remark.text}" for remark in remarks)
        yield "**Cautions**\n" + "\n".join(texts)


def _bears_on(remark: Remark, result: PathwayResult) -> bool:
    """Whether a remark is worth its room: one on surgical tolerance only where that would settle it."""
    if remark.key not in ("NOMS-X7", "SUR-CTX"):
        return True
    return not result.settled and "systemic" in result.would_settle


def _sources_of_score(scored: Scored) -> set[RecordSource]:
    """The entries whose age, status and agreement the score speaks of already."""
    if scored.result is None:
        return set()
    answers = scored.result.answers.values()
    return {source for answer in answers for source in (*answer.sources, *answer.unused)}


def _cites(
    assessed: LesionAssessment, scored: Scored, lines: Sequence[Line], added: Sequence[Citation]
) -> list[Citation]:
    """What the card stands on, each publication or policy once."""
    cites: list[Citation] = [*scored.references, *added]
    cites += (cite for alarm in assessed.alarms for cite in alarm.cites)
    cites += (cite for line in lines for cite in line.cites)
    return list({cite.printed: cite for cite in cites}.values())


def _sources_in_full(cites: Sequence[Citation]) -> Iterator[str]:
    if cites:
        yield "**Sources**\n" + "\n".join(f"- {cite.printed}" for cite in cites)


def _sources_in_short(cites: Sequence[Citation]) -> Iterator[str]:
    """Names under which the knowledge lists them, grouped by how well they were verified."""
    by_tag: dict[str, dict[str, None]] = {}
    for cite in cites:
        by_tag.setdefault(cite.tag.label, {})[cite.short] = None
    if by_tag:
        told = "; ".join(f"{label}: {', '.join(names)}" for label, names in by_tag.items())
        yield f"**Sources** {told}."


def stands_on(assessment: Assessment) -> str:
    """Which knowledge it stands on, and the moment that it was judged for."""
    knowledge = assessment.knowledge
    return (
        f"Knowledge {knowledge.version} `{knowledge.digest[:12]}`, judged at "
        f"{assessment.as_of:%Y-%m-%d %H:%M %Z}."
    )
