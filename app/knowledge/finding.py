"""What a finding is: whom it describes, how it is answered or measured, and how long it stays fresh."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from app.engine.provenance import DefinitionError

LOINC = "http://loinc.org"
OBSERVABLE = "CodeSystem/observable"
ANSWER = "CodeSystem/answer"
ORDER = "CodeSystem/order"
INDETERMINATE = "indeterminate"

PRESENT_ABSENT = (("present", "present"), ("absent", "absent"))


class Scope(StrEnum):
    """Whom or what a finding describes."""

    SPINE = "a lesion of the spine"
    LIMB = "a lesion of a long bone"
    PELVIS = "a lesion of the pelvis"
    LESION = "a lesion of any bone"
    PATIENT = "the patient"


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """How a quantity is measured; one is itself and no other, so that it can be looked up by.

    Args:
        unit: the UCUM unit in which its value is kept.
        factors: what a value in another UCUM unit is multiplied by; a unit not listed is unknown.
        low: the lowest plausible value.
        high: the highest plausible value.
        bare: whether a number without a unit is read as being in ``unit``.
    """

    unit: str
    factors: Mapping[str, Fraction]
    low: int
    high: int
    bare: bool = False


PERCENT = Scale("%", {"%": Fraction(1)}, 0, 100)
LENGTH = Scale("mm", {"mm": Fraction(1), "cm": Fraction(10)}, 0, 500)
PAIN_SCALE = Scale("{score}", {"{score}": Fraction(1), "1": Fraction(1)}, 0, 10, bare=True)
PAIN_LINE = Scale(
    "{score}",
    {"{score}": Fraction(1), "1": Fraction(1), "cm": Fraction(1), "mm": Fraction(1, 10)},
    0,
    10,
    bare=True,
)
_CELLS = {
    "10*9/L": Fraction(1),
    "10*3/uL": Fraction(1),
    "10*3/mm3": Fraction(1),
    "/uL": Fraction(1, 1000),
    "/mm3": Fraction(1, 1000),
}
PLATELETS = Scale("10*9/L", _CELLS, 0, 5000)
WHITE_CELLS = Scale("10*9/L", _CELLS, 0, 1000)
RATIO = Scale("{INR}", {"{INR}": Fraction(1), "{ratio}": Fraction(1), "1": Fraction(1)}, 0, 50, bare=True)
ALBUMIN = Scale("g/L", {"g/L": Fraction(1), "g/dL": Fraction(10)}, 0, 100)
KARNOFSKY = Scale("{score}", {"{score}": Fraction(1), "1": Fraction(1), "%": Fraction(1)}, 0, 100, bare=True)
ECOG = Scale("{score}", {"{score}": Fraction(1), "1": Fraction(1)}, 0, 5, bare=True)
ATTENUATION = Scale("[hnsf'U]", {"[hnsf'U]": Fraction(1)}, -1100, 4000)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that can be observed.

    Args:
        code: its code in the service's own system.
        answers: for a coded finding, code and label of each answer.
        scale: for a quantity, how it is measured.
        window: the name of the time window for its age.
        windows: other windows for single answers.
        latest: whether the latest value counts instead of all in the window (laboratory, pain scales).
        codes: standard codes that carry it, as system and code.
        answer_codes: standard codes for its answers.
        category: the Observation categories under which servers keep it.
        coded_numbers: standard codes that stand for a number of a quantity.
    """

    code: str
    label: str
    scope: Scope
    window: str
    answers: tuple[tuple[str, str], ...] = ()
    scale: Scale | None = None
    windows: Mapping[str, str] = field(default_factory=dict)
    latest: bool = False
    codes: tuple[tuple[str, str], ...] = ()
    answer_codes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    category: tuple[str, ...] = ("exam", "imaging")
    coded_numbers: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if bool(self.answers) == bool(self.scale):
            raise DefinitionError(f"finding {self.code}: either answers or a scale")

    @property
    def answer_labels(self) -> Mapping[str, str]:
        """Labels of the answers by code."""
        return dict(self.answers)
