"""The NOMS table as published: ten rows, and the one situation that its authors left without a row.

Neurologic (grade of epidural compression, myelopathy), Oncologic (radiosensitivity), Mechanical (stability),
Systemic (whether surgery is tolerated).
"""

from app.engine.table import Column, Row, Table, Treatment, Widening, conditions
from app.knowledge.pathway import choice
from app.knowledge.sources import BILSKY_2010, TADROS_2018, at, local_policy

_SLIDE = "NOMS decision slide"
_NOMS = at(TADROS_2018, "NOMS", _SLIDE)
_X1 = local_policy("NOMS-X1", "Low-grade compression with myelopathy has no row: urgent review")
_X6 = local_policy("NOMS-X6", "After earlier radiotherapy either radiosensitivity class is possible")

ESCC = choice(
    "escc",
    "Epidural compression grade",
    "Which epidural spinal cord compression grade, on axial T2 images at the worst level?",
    at(BILSKY_2010, "ESCC-1", "grading"),
    ("escc-0", "0: bone only"),
    ("escc-1a", "1a: epidural, thecal sac not deformed"),
    ("escc-1b", "1b: thecal sac deformed, cord not touched"),
    ("escc-1c", "1c: thecal sac deformed, cord touched, not compressed"),
    ("escc-2", "2: cord compressed, fluid around it visible"),
    ("escc-3", "3: cord compressed, no fluid visible"),
)
MYELOPATHY = choice(
    "myelopathy",
    "Myelopathy",
    "Are there signs of myelopathy?",
    _NOMS,
    ("present", "present"),
    ("absent", "absent"),
)
RADIOSENSITIVITY = choice(
    "radiosensitivity",
    "Radiosensitivity",
    "Is this tumour sensitive or resistant to conventional radiotherapy?",
    _NOMS,
    ("sensitive", "radiosensitive"),
    ("resistant", "radioresistant"),
)
STABILITY = choice(
    "stability",
    "Mechanical stability",
    "Is the spine stable, by SINS?",
    _NOMS,
    ("stable", "stable (SINS 0 to 6)"),
    ("potentially-unstable", "potentially unstable (SINS 7 to 12)"),
    ("unstable", "unstable (SINS 13 to 18)"),
)
SYSTEMIC = choice(
    "systemic",
    "Surgical tolerance",
    "Does a clinician judge that the patient can tolerate surgery?",
    _NOMS,
    ("surgery-able", "able to tolerate surgery"),
    ("surgery-unable", "not able to tolerate surgery"),
)
PRIOR_RADIATION = choice(
    "prior_radiation",
    "Earlier radiotherapy",
    "Has this level been irradiated before?",
    _X6,
    ("present", "irradiated before"),
    ("absent", "not irradiated before"),
)

CONVENTIONAL = Treatment("conventional-radiotherapy", "conventional external beam radiotherapy")
STABILISE_CONVENTIONAL = Treatment(
    "stabilisation-then-conventional-radiotherapy",
    "stabilisation, then conventional external beam radiotherapy",
)
STEREOTACTIC = Treatment("stereotactic-radiosurgery", "stereotactic radiosurgery")
STABILISE_STEREOTACTIC = Treatment(
    "stabilisation-then-stereotactic-radiosurgery", "stabilisation, then stereotactic radiosurgery"
)
DECOMPRESS_STEREOTACTIC = Treatment(
    "decompression-stabilisation-then-stereotactic-radiosurgery",
    "decompression and stabilisation, then stereotactic radiosurgery",
)
URGENT_REVIEW = Treatment(
    "no-row-urgent-review", "no row: urgent review, looking for another level or another cause"
)


def _row(number: int, treatment: Treatment, **values: str | tuple[str, ...]) -> Row:
    cite = at(TADROS_2018, f"NOMS-{number}", f"{_SLIDE}, row {number}")
    return Row(f"NOMS-{number}", conditions(**values), treatment, cite)


_LOW = {"escc": "low", "myelopathy": "absent"}
_HIGH_RESISTANT = {"escc": "high", "radiosensitivity": "resistant"}

NOMS = Table(
    code="noms",
    columns=(
        Column(
            ESCC,
            {
                "escc-0": frozenset({"low"}),
                "escc-1a": frozenset({"low"}),
                "escc-1b": frozenset({"low"}),
                # NOMS-X5: the grade between the rows reaches both.
                "escc-1c": frozenset({"low", "high"}),
                "escc-2": frozenset({"high"}),
                "escc-3": frozenset({"high"}),
            },
        ),
        Column(MYELOPATHY, {code: frozenset({code}) for code in MYELOPATHY.codes}),
        Column(RADIOSENSITIVITY, {code: frozenset({code}) for code in RADIOSENSITIVITY.codes}),
        Column(
            STABILITY,
            {
                "stable": frozenset({"stable"}),
                # NOMS-X2: the table has no row between stable and unstable.
                "potentially-unstable": frozenset({"stable", "unstable"}),
                "unstable": frozenset({"unstable"}),
            },
        ),
        Column(SYSTEMIC, {code: frozenset({code}) for code in SYSTEMIC.codes}),
    ),
    rows=(
        _row(1, CONVENTIONAL, **_LOW, radiosensitivity="sensitive", stability="stable"),
        _row(2, STABILISE_CONVENTIONAL, **_LOW, radiosensitivity="sensitive", stability="unstable"),
        _row(3, STEREOTACTIC, **_LOW, radiosensitivity="resistant", stability="stable"),
        _row(4, STABILISE_STEREOTACTIC, **_LOW, radiosensitivity="resistant", stability="unstable"),
        _row(5, CONVENTIONAL, escc="high", radiosensitivity="sensitive", stability="stable"),
        _row(6, STABILISE_CONVENTIONAL, escc="high", radiosensitivity="sensitive", stability="unstable"),
        _row(7, DECOMPRESS_STEREOTACTIC, **_HIGH_RESISTANT, stability="stable", systemic="surgery-able"),
        _row(8, CONVENTIONAL, **_HIGH_RESISTANT, stability="stable", systemic="surgery-unable"),
        _row(9, DECOMPRESS_STEREOTACTIC, **_HIGH_RESISTANT, stability="unstable", systemic="surgery-able"),
        _row(10, STABILISE_CONVENTIONAL, **_HIGH_RESISTANT, stability="unstable", systemic="surgery-unable"),
        Row("NOMS-X1", conditions(escc="low", myelopathy="present"), URGENT_REVIEW, _X1),
    ),
    widenings=(Widening(PRIOR_RADIATION, "present", "radiosensitivity"),),
)
