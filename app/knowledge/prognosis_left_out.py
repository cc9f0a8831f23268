"""Prognostic scores and rules that are not put to work, and why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOutScore:
    """One score or rule about prognosis that is not implemented.

    Args:
        rule: its identifier.
        what: what it is.
        reason: why nothing is computed from it.
        external: whether a value computed elsewhere is accepted and shown as such.
    """

    rule: str
    what: str
    reason: str
    external: bool = False


PROGNOSIS_LEFT_OUT: tuple[LeftOutScore, ...] = (
    LeftOutScore(
        "Tomita",
        "Tomita score of 2001, 2 to 10, high being worse.",
        "Its points, bands and groups of primaries were not read at the source, and one review misprints "
        "them; its published c-statistic for one-year survival is 0.69.",
    ),
    LeftOutScore(
        "Katagiri",
        "New Katagiri score of 2014, 0 to 10, high being worse.",
        "Its factors and bands were read, its points were not.",
    ),
    LeftOutScore(
        "RAD08",
        "Score of Rades of 2008, 20 to 45.",
        "The points of its items were not read; as recalled they add up to 46, and the published highest is "
        "45. The figures for 36 and more were not read either.",
    ),
    LeftOutScore(
        "Rades, further scores",
        "Scores of Rades for walking, for elderly patients, for myeloma and for an unknown primary.",
        "Each has a scale of its own and their tables were not read; only the score for death within two "
        "months is here, under its full name.",
    ),
    LeftOutScore(
        "OSRI",
        "Oswestry Spinal Risk Index.",
        "Its formula was read, the points of its primaries were not.",
    ),
    LeftOutScore(
        "SORG nomogram",
        "SORG nomogram for survival in spinal metastases.",
        "It is a graph whose points are printed nowhere as a table.",
        external=True,
    ),
    LeftOutScore(
        "SORG-ML",
        "SORG machine-learning models.",
        "They are hosted, and their coefficients are not public.",
        external=True,
    ),
    LeftOutScore(
        "PATHFx",
        "PATHFx models.",
        "They are hosted, and their coefficients are not public.",
        external=True,
    ),
    LeftOutScore(
        "Tokuhashi 1990",
        "Original Tokuhashi score, 0 to 12.",
        "It groups other primaries; versions are never mixed, and only the revision of 2005 is here.",
    ),
    LeftOutScore(
        "Tokuhashi reprints",
        "Reprints that count vertebrae as three or more, one or two, none, or turn the signs of the bands.",
        "They contradict the reprint with corrections, which is followed: three or more, two, one.",
    ),
    LeftOutScore(
        "Bauer original",
        "Original Bauer score, 0 to 5, with an item on pathological fracture.",
        "Another version with other bands; versions are never mixed.",
    ),
    LeftOutScore(
        "Bauer medians",
        "Median survivals of the groups of the modified Bauer score.",
        "Their source was not read; no figure is shown.",
    ),
    LeftOutScore(
        "NESMS cut-offs",
        "The cut-offs for albumin and for independent walking.",
        "Their source was not read; a clinician enters normal or low, intact or impaired.",
    ),
    LeftOutScore(
        "NEU-1",
        "What each Frankel grade means, and the grades of the AIS beside them.",
        "The source was not read; the letter is taken as recorded, and the AIS is never turned into Frankel.",
    ),
)
