"""What an ECOG grade leaves possible of the Karnofsky score, table by table."""

from collections.abc import Iterator, Mapping, Sequence

from app.engine.reading import Interval, exactly
from app.knowledge.instrument import Remark
from app.knowledge.measure import Answers, Detail, MeasureResult, reached, single
from app.knowledge.performance_status.table import (
    BANDS,
    MAPS,
    POINTS,
    PS_1,
    SCORES,
    TOK_1,
    GradeMap,
    karnofsky_of_ecog,
)


def performance_status(answers: Answers) -> MeasureResult:
    """The Karnofsky scores still possible: as recorded, else the union of the published tables."""
    grades = _numbers(answers, "ecog")
    recorded = _numbers(answers, "karnofsky")
    union = _union(grades)
    scores = recorded or union
    bands = reached(BANDS, [exactly(score) for score in scores])
    outside = bool(grades and recorded) and not set(recorded) & set(union)
    span = exactly(scores[0]), exactly(scores[-1])
    return MeasureResult(
        minimum=span[0].low,
        maximum=span[1].high,
        # A grade is no Karnofsky score, even where the tables leave one only.
        value=single(Interval(span[0].low, span[1].high)) if recorded else None,
        bands=bands,
        settled=len(bands) == 1,
        missing=tuple(name for name in ("ecog", "karnofsky") if name not in answers.values),
        would_settle=() if len(bands) == 1 else tuple(_would_settle(grades, recorded)),
        cautions=tuple(_cautions(grades, recorded)),
        flags=(_OUTSIDE,) if outside else (),
        details={
            "maps": tuple(_row(table, grades) for table in MAPS) if grades else (),
            "union": {"minimum": union[0], "maximum": union[-1], "rule": PS_1.key, "basis": PS_1.tag.label}
            if grades
            else None,
            "karnofsky": tuple(recorded),
            "tokuhashi_points": tuple(POINTS[code] for code in bands),
        },
    )


def _numbers(answers: Answers, name: str) -> list[int]:
    return sorted(int(code) for code in answers.codes(name) or ())


def _union(grades: Sequence[int]) -> list[int]:
    spans = [karnofsky_of_ecog(grade) for grade in grades]
    return [score for score in SCORES if not spans or any(span.meets(exactly(score)) for span in spans)]


def _row(table: GradeMap, grades: Sequence[int]) -> Mapping[str, Detail]:
    spans = [table.spans[grade] for grade in grades]
    return {
        "map": table.code,
        "label": table.label,
        "minimum": min(low for low, _ in spans),
        "maximum": max(high for _, high in spans),
    }


def _would_settle(grades: Sequence[int], recorded: Sequence[int]) -> Iterator[str]:
    """A Karnofsky score always settles; a grade only where its union lies in one option."""
    if not recorded:
        left = grades or tuple(range(5))
        if len(left) > 1 and any(_one_band(grade) for grade in left):
            yield "ecog"
    yield "karnofsky"


def _one_band(grade: int) -> bool:
    return len(reached(BANDS, [exactly(score) for score in _union([grade])])) == 1


def _cautions(grades: Sequence[int], recorded: Sequence[int]) -> Iterator[Remark]:
    if not grades:
        return
    cites = (PS_1, *(table.cite for table in MAPS))
    yield Remark("PS-1", "Three published tables of ECOG and Karnofsky do not agree: all are shown.", cites)
    if not recorded:
        text = "The range is their union, by local policy: record a Karnofsky score where one is needed."
        yield Remark("PS-1", text, (PS_1, TOK_1))


_OUTSIDE = Remark(
    "PS-1",
    "No published table joins the ECOG grade and the Karnofsky score recorded: check both.",
    (PS_1, *(table.cite for table in MAPS)),
)
