"""SINS and Mirels as printed, written down again, and calculated without any cleverness."""

from collections.abc import Mapping, Sequence
from itertools import product

Table = Mapping[str, Mapping[str, int]]

TABLES: Mapping[str, Table] = {
    "sins": {
        "location": {"junctional": 3, "mobile": 2, "semirigid": 1, "rigid": 0},
        "pain": {"mechanical": 3, "occasional": 1, "none": 0},
        "lesion": {"lytic": 2, "mixed": 1, "blastic": 0},
        "alignment": {"subluxation": 4, "deformity": 2, "normal": 0},
        "collapse": {"over-50": 3, "under-50": 2, "involved-over-50": 1, "none": 0},
        "posterolateral": {"bilateral": 3, "unilateral": 1, "none": 0},
    },
    "mirels": {
        "site": {"upper-limb": 1, "lower-limb": 2, "peritrochanteric": 3},
        "pain": {"mild": 1, "moderate": 2, "functional": 3},
        "lesion": {"blastic": 1, "mixed": 2, "lytic": 3},
        "size": {"under-third": 1, "third-to-two-thirds": 2, "over-two-thirds": 3},
    },
}
BANDS: Mapping[str, Sequence[tuple[str, range]]] = {
    "sins": (("stable", range(7)), ("potentially-unstable", range(7, 13)), ("unstable", range(13, 19))),
    "mirels": (("low", range(4, 8)), ("borderline", range(8, 9)), ("high", range(9, 13))),
}
LEVELS: Mapping[str, str] = {
    **dict.fromkeys(("C0", "C1", "C2", "C7", "T1", "T2", "T11", "T12", "L1", "L5", "S1"), "junctional"),
    **dict.fromkeys(("C3", "C4", "C5", "C6", "L2", "L3", "L4"), "mobile"),
    **dict.fromkeys(("T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10"), "semirigid"),
    **dict.fromkeys(("S2", "S3", "S4", "S5"), "rigid"),
}
Answers = Mapping[str, Sequence[str]]


def totals(score: str, answers: Answers) -> list[int]:
    """Every total that the answers leave possible; an item left out leaves every option."""
    table = TABLES[score]
    return sorted({sum(points) for points in product(*_points(table, answers))})


def _points(table: Table, answers: Answers) -> list[set[int]]:
    return [{options[code] for code in answers.get(item, options)} for item, options in table.items()]


def bands(score: str, answers: Answers) -> list[str]:
    reached = totals(score, answers)
    return [name for name, span in BANDS[score] if any(total in span for total in reached)]


def would_settle(score: str, answers: Answers) -> list[str]:
    """Items not yet single, one of whose remaining options alone would leave one band."""
    return [
        item
        for item, options in TABLES[score].items()
        if len(set(answers.get(item, options))) > 1
        and any(len(bands(score, {**answers, item: [code]})) == 1 for code in answers.get(item, options))
    ]
