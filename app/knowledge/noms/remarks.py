"""What NOMS says beside its rows: where the table ends, and what it never judges."""

from collections.abc import Iterator, Mapping

from app.engine.criteria import Given
from app.engine.provenance import Age
from app.engine.question import Answer
from app.knowledge.instrument import Remark
from app.knowledge.noms.table import NOMS
from app.knowledge.patient import Case
from app.knowledge.sources import BILSKY_2010, CHEN_2022, TADROS_2018, at, local_policy

_X1 = local_policy("NOMS-X1", "Low-grade compression with myelopathy has no row: urgent review")
_X2 = local_policy("NOMS-X2", "SINS 7 to 12 reaches the stable and the unstable rows")
_X3 = local_policy("NOMS-X3", "Histology unknown: the rows of both classes")
_X5 = local_policy("NOMS-X5", "Grade 1c: the low rows, and the high rows as alternative")
_X6 = at(CHEN_2022, "NOMS-X6", "introduction, repeated radiotherapy")
_X6_SET = local_policy("NOMS-X6", "After earlier radiotherapy either radiosensitivity class is possible")
_X7 = local_policy("NOMS-X7", "Tolerance of surgery is entered by a clinician, never inferred")
_X8 = local_policy("NOMS-X8", "A new neurologic deficit comes before any row")
# Myelopathy is an input of the table itself.
_DEFICITS = ("new-neurologic-deficit", "sphincter-dysfunction", "spinal-cord-compression")
_AFTER_THE_DEFICIT = (
    "A neurologic deficit is recorded, which comes before any row: entries made before it do not show what "
    "it means, so examine and image again first."
)
_ESCC_3 = at(BILSKY_2010, "ESCC-3", "grade 1c")
_ONC_1 = at(TADROS_2018, "ONC-1", "NOMS slides, stereotactic radiosurgery")
_SUR_CTX = at(TADROS_2018, "SUR-CTX", "surgery slides")


_ESCC_4 = at(BILSKY_2010, "ESCC-4", "cervical and thoracic cases")
_ESCC_4_ASKS = local_policy("ESCC-4", "Below the cord a statement on the cauda equina is asked for")
_ESCC_6 = local_policy("ESCC-6", "A grade without a usable date does not count")
# The cord ends at about the first or second lumbar vertebra.
_BELOW_THE_CORD = frozenset({"L2", "L3", "L4", "L5", "S1", "S2", "S3", "S4", "S5"})


def notes(case: Case) -> tuple[Remark, ...]:
    """What the place and the date of a compression grade oblige one to say."""
    grades = case.facts("escc-grade")
    found: list[Remark] = []
    levels = case.lesion.place.levels
    if levels and set(levels) <= _BELOW_THE_CORD and any(fact.source.age.usable for fact in grades):
        found.append(
            Remark(
                "ESCC-4",
                "The compression grade was studied at the cord only; at this level state whether the cauda "
                "equina "
                "is compressed.",
                (_ESCC_4, _ESCC_4_ASKS),
            )
        )
    if any(fact.source.age is Age.UNDATED for fact in grades):
        text = "A compression grade is recorded without a usable date and does not count: date it."
        found.append(Remark("ESCC-6", text, (_ESCC_6,)))
    if any(case.patient.ever(sign) for sign in _DEFICITS):
        found.append(Remark("NOMS-X8", _AFTER_THE_DEFICIT, (_X8,)))
    return tuple(found)


def remark(given: Mapping[str, Given]) -> tuple[Remark, ...]:
    """What to say beside the rows that the inputs leave."""
    return tuple(_remarks({code: value for code, value in given.items() if isinstance(value, Answer)}))


def _remarks(answers: Mapping[str, Answer]) -> Iterator[Remark]:
    rows = {row.id for row in NOMS.evaluate(answers).outcome.rows}
    if answers["myelopathy"].recorded and "NOMS-X1" in rows:
        yield Remark(
            "NOMS-X1",
            "Myelopathy with low-grade compression has no row in NOMS: urgent review, looking for another "
            "level or another cause.",
            (_X1,),
        )
    if "potentially-unstable" in answers["stability"].possible and answers["stability"].recorded:
        yield Remark(
            "NOMS-X2",
            "NOMS knows only stable and unstable: for SINS 7 to 12, or outside its validated use, both rows "
            "are "
            "shown, and spine surgery assesses.",
            (_X2,),
        )
    if len(answers["radiosensitivity"].possible) > 1:
        yield Remark(
            "NOMS-X3",
            "The recorded primary does not settle the tumour's radiosensitivity: the rows of both classes "
            "are shown.",
            (_X3,),
        )
    if answers["escc"].recorded and "escc-1c" in answers["escc"].possible:
        yield Remark(
            "NOMS-X5",
            "Grade 1c lies between low and high, and its place is disputed: the low row is the usual one, "
            "the high row an alternative to discuss.",
            (_X5, _ESCC_3),
        )
    prior = answers["prior_radiation"]
    if not prior.recorded:
        yield Remark(
            "NOMS-X6",
            "Whether this level was irradiated before is not recorded; it would change the class and the "
            "dose that the cord still tolerates.",
            (_X6, _X6_SET),
        )
    elif "present" in prior.possible:
        yield Remark(
            "NOMS-X6",
            "Irradiated before, or perhaps: either class is possible, and radiation oncology has to review "
            "the dose that the cord has had.",
            (_X6, _X6_SET),
        )
    if {"NOMS-7", "NOMS-8", "NOMS-9", "NOMS-10"} & rows:
        if not answers["systemic"].recorded:
            yield Remark(
                "NOMS-X7",
                "Whether surgery is tolerated is for a clinician to enter; it is never inferred from age or "
                "performance status.",
                (_X7,),
            )
        yield Remark(
            "SUR-CTX",
            "Decompression was described for young or highly functional patients with a reasonable long-term "
            "outlook; that judgement is the team's.",
            (_SUR_CTX,),
        )
    if "resistant" in answers["radiosensitivity"].possible:
        yield Remark(
            "ONC-1",
            "Resistance concerns conventional radiotherapy: stereotactic doses reach nearly all tumours.",
            (_ONC_1,),
        )
