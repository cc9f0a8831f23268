"""What stands in the sources and is not kept as evidence, with the reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One thing left out.

    Args:
        fact: the id of the fact, or of the source where it has none.
        what: what it is.
        reason: why it is not here, or where it is instead.
    """

    fact: str
    what: str
    reason: str


LEFT_OUT: tuple[LeftOut, ...] = (
    LeftOut(
        "TAD-SINS", "the SINS table and its worked example", "a rule: served as the definition of the score"
    ),
    LeftOut("TAD-MIR", "the Mirels table", "a rule: served as the definition of the score"),
    LeftOut("TAD-NOMS", "the NOMS table", "a decision table, not an outcome: belongs to the pathway"),
    LeftOut("HAO-QALY", "quality-adjusted life years", "impossible or undefined: INC-4 and INC-5 only"),
    LeftOut("HAO-SURVIVAL", "survival and follow-up times", "they exclude each other: INC-7 only"),
    LeftOut("HAO-PATHOLOGY", "kinds of tumour in table 1", "the rows have slipped: INC-8 only"),
    LeftOut("SINS-PERFORMANCE", "reliability of SINS", "served with the definition of the score"),
    LeftOut("MIRELS-PERFORMANCE", "performance of Mirels", "served with the definition of the score"),
    LeftOut(
        "SBRT-2002-2024",
        "10% of 600 treatments with a fracture, 11% at 1 and 21% at 3 years",
        "no publication is named that could be cited",
    ),
    LeftOut("TAD-ABSCOPAL", "immune response far from an ablated tumour", "no figure and no study is named"),
    LeftOut("TAD-CASES", "images of single patients with good results", "pictures without measurements"),
    LeftOut("XU-MECHANISM", "biology of bone-forming metastases", "no clinical outcome"),
    LeftOut("INCIDENCE", "how common bone metastases are (HAO, XU)", "background; no technique is concerned"),
    LeftOut("INC-39-LITERATURE", "thoracic before lumbar in other literature", "primary source not read"),
)
