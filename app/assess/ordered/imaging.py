"""What is said of an imaging study of a lesion: what of the record it would answer. Pure."""

from collections.abc import Iterator

from app.assess.ordered.concern import Concern, Weight, lower, some
from app.assess.result import LesionAssessment
from app.knowledge.anatomy import Kind
from app.knowledge.orderables import Orderable

_IMAGED_ITEMS = {
    "sins": ("lesion", "alignment", "collapse", "posterolateral"),
    "mirels": ("lesion", "size"),
}
_AXIAL = "axial-cortical-involvement"
_FEMUR_STUDIES = frozenset({"radiograph-femur", "ct-femur"})
_SOFT_TISSUE = ("escc",)


def open_items(orderable: Orderable, lesion: LesionAssessment) -> tuple[tuple[str, ...], bool]:
    """What an imaging study can answer that is not settled: labels, and whether one could settle a score.

    Only a study that shows the spinal canal answers the grade of epidural compression.
    """
    labels: list[str] = []
    settles = False
    for scored in lesion.scores:
        if scored.result is None:
            continue
        for code in _IMAGED_ITEMS.get(scored.instrument.code, ()):
            if not scored.result.answers[code].single:
                labels.append(lower(scored.result.score.item(code).label))
                settles = settles or (not scored.settled and code in scored.result.would_settle)
    leading = lesion.leading
    if _AXIAL in leading.record_next and orderable.code in _FEMUR_STUDIES:
        labels.append("axial length of cortex involved")
    if orderable.shows_soft_tissue and lesion.lesion.place.kind is Kind.SPINE:
        for judgement in lesion.pathways:
            if judgement.pathway.code == "noms" and judgement.result is not None:
                named = {one.code: one.label for one in judgement.pathway.inputs}
                labels += [
                    lower(named[code]) for code in _SOFT_TISSUE if not judgement.result.given[code].single
                ]
    return tuple(dict.fromkeys(labels)), settles


def of_imaging(orderable: Orderable, lesion: LesionAssessment) -> Iterator[Concern]:
    """What to ask the reader of the study for; nothing where nothing is open."""
    yield from _too_little(orderable, lesion)
    labels, settles = open_items(orderable, lesion)
    if not labels:
        return
    cites = tuple(cite for scored in lesion.scores if scored.result for cite in scored.references[:1])
    text = f"Not settled in the record, and answered by this study: {', '.join(labels)}."
    if settles:
        text += " One of them could settle the score."
    yield Concern("ORD-IMAGING", Weight.MIND, f"ask the reader for {some(labels)}", text, cites)


def _too_little(orderable: Orderable, lesion: LesionAssessment) -> Iterator[Concern]:
    """RED-1 asks for magnetic resonance imaging of the whole spine, whatever else is ordered."""
    if orderable.covers is None or orderable.covers.kind is not Kind.SPINE:
        return
    for alarm in lesion.alarms:
        if alarm.key == "RED-1" and orderable.code not in ("mri-whole-spine", "mri-spine"):
            yield Concern(
                alarm.key,
                Weight.FIRST,
                f"{orderable.label} is not the whole-spine MRI that this asks for",
                cites=alarm.cites,
            )
