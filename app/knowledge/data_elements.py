"""What the rules can read of a record, and which kinds of personal data are among it.

Nothing here is written by hand a second time: every rule is run over records that note what is asked
of them, so that a rule that reads something new is seen to read it. The measures are left out, since
what they work on is sent to them and never read from a record.
"""

from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, ValuesView
from dataclasses import dataclass, fields
from enum import StrEnum
from fractions import Fraction
from itertools import chain

from app.engine.provenance import Age, Citation, DefinitionError, Source, Tag
from app.engine.reading import Fact, Facts, Side, exactly
from app.knowledge import Knowledge
from app.knowledge.anatomy import Place, place_of, place_of_level
from app.knowledge.finding import INDETERMINATE, Finding
from app.knowledge.findings import BESIDE_SCORES, FINDINGS
from app.knowledge.histology import Primary
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Case, Patient, Years
from app.knowledge.policy import Policy
from app.knowledge.sources import local_policy
from app.knowledge.urgent import lesion_alarms, patient_alarms

USCDI = Citation(
    key="USCDI health status assessments",
    title="United States Core Data for Interoperability, data class Health Status Assessments: functional "
    "status is how well a person manages daily living, walking among the examples",
    place="definition of the class and of functional status",
    tag=Tag.READ,
    url="https://www.healthit.gov/isp/uscdi-data-class/health-status-assessments",
)
US_CORE = Citation(
    key="US Core screening and assessments",
    title="US Core: the categories of screening and assessment Observations that tell which USCDI health "
    "status assessment one is (functional, disability, cognitive), or that it is a social determinant",
    place="value set of the category of screening and assessment Observations",
    tag=Tag.READ,
    url="https://hl7.org/fhir/us/core/STU6/ValueSet-us-core-screening-assessment-observation-category.html",
)
SURVEY = local_policy(
    "USE-1",
    "Whatever records keep as a survey counts as a health status assessment: performance status, walking, "
    "pain, tolerance of surgery and life expectancy. The published class names functional status; the others "
    "are counted rather than denied",
)


class PersonalData(StrEnum):
    """The kinds of personal data whose use has to be stated, as they are named on the wire."""

    RACE = "race"
    ETHNICITY = "ethnicity"
    LANGUAGE = "language"
    SEXUAL_ORIENTATION = "sexualOrientation"
    GENDER_IDENTITY = "genderIdentity"
    SEX = "sex"
    DATE_OF_BIRTH = "dateOfBirth"
    SOCIAL_DETERMINANTS = "sdoh"
    HEALTH_STATUS = "healthStatusAssessments"


@dataclass(frozen=True, slots=True)
class DataElement:
    """One thing that a rule can read.

    Args:
        code: a finding, or an attribute of the patient or of a lesion, as ``patient.age``.
        personal: the kind of personal data that it is; None for any other clinical datum.
    """

    code: str
    label: str
    personal: PersonalData | None = None


# What a patient or a lesion has beside findings. The ones that no rule can read today stand here so that
# a rule that begins to read one is seen.
_ATTRIBUTES: Mapping[str, DataElement] = {
    element.code: element
    for element in (
        DataElement("patient.age", "Age, from the date of birth", PersonalData.DATE_OF_BIRTH),
        DataElement("patient.primary", "Primary tumours, from Conditions"),
        DataElement("patient.lesions", "Every lesion on record"),
        DataElement("patient.unavailable", "Parts of the record that could not be looked at"),
        DataElement("patient.sex", "Sex", PersonalData.SEX),
        DataElement("patient.gender", "Administrative gender", PersonalData.SEX),
        DataElement("patient.gender_identity", "Gender identity", PersonalData.GENDER_IDENTITY),
        DataElement("patient.sexual_orientation", "Sexual orientation", PersonalData.SEXUAL_ORIENTATION),
        DataElement("patient.race", "Race", PersonalData.RACE),
        DataElement("patient.ethnicity", "Ethnicity", PersonalData.ETHNICITY),
        DataElement("patient.language", "Language", PersonalData.LANGUAGE),
        DataElement("patient.social", "Social determinants of health", PersonalData.SOCIAL_DETERMINANTS),
        DataElement("lesion.place", "Site, level and side of the lesion"),
        DataElement("lesion.conditions", "Conditions that name the lesion"),
        DataElement("lesion.not_scored", "Whether the disease is active"),
        DataElement("lesion.osteoporotic", "Osteoporotic fracture as the diagnosis"),
        DataElement("lesion.spans", "Levels that the same Condition names"),
        DataElement("lesion.totals", "Totals of scores that the record holds"),
        DataElement("lesion.names_within", "Lesions recorded within the same site"),
        DataElement("lesion.id", "Identifier of the lesion"),
    )
}
# The Observation categories of FHIR, and what they say of the findings kept under them.
_CATEGORIES: Mapping[str, PersonalData | None] = {
    "exam": None,
    "imaging": None,
    "laboratory": None,
    "procedure": None,
    "therapy": None,
    "activity": PersonalData.HEALTH_STATUS,
    "survey": PersonalData.HEALTH_STATUS,
    "social-history": PersonalData.SOCIAL_DETERMINANTS,
    "vital-signs": None,
}


def element_of(code: str, findings: Mapping[str, Finding] = FINDINGS) -> DataElement:
    """What a rule reads under a code.

    Raises:
        DefinitionError: it is neither a finding nor an attribute that is listed, or its category is not.
    """
    if code in _ATTRIBUTES:
        return _ATTRIBUTES[code]
    if code not in findings:
        raise DefinitionError(f"a rule reads {code}, of which nobody has said what it is")
    finding = findings[code]
    if unknown := set(finding.category) - _CATEGORIES.keys():
        raise DefinitionError(f"finding {code}: nobody has said what is kept under {sorted(unknown)}")
    personal = next(filter(None, (_CATEGORIES[category] for category in finding.category)), None)
    return DataElement(code, finding.label, personal)


def read_by(knowledge: Knowledge, findings: Mapping[str, Finding] = FINDINGS) -> tuple[DataElement, ...]:
    """Everything that the rules can read, in alphabetical order of codes.

    Raises:
        DefinitionError: a rule reads something of which nobody has said what it is.
    """
    watch = _Watch()
    for records in _records(findings):
        facts = _Notebook(records.facts, watch)
        lesions = [watch.lesion(lesion, facts) for lesion in records.lesions]
        for lesion in lesions:
            patient = watch.patient(Patient(facts, records.primary, records.age, (lesion, lesions[1])))
            _read(knowledge, lesion, patient)
    return tuple(element_of(code, findings) for code in sorted(watch.noted | set(BESIDE_SCORES)))


def uses(elements: Iterable[DataElement]) -> Mapping[PersonalData, bool]:
    """Which kinds of personal data are among what the rules read."""
    found = {element.personal for element in elements}
    return {kind: kind in found for kind in PersonalData}


# -- rules, run over records that take notes ---------------------------------------------------------------


def _read(knowledge: Knowledge, lesion: Lesion, patient: Patient) -> None:
    """Everything that rules look at in one record."""
    totals: dict[str, tuple[int, ...]] = {}
    for instrument in knowledge.instruments.values():
        instrument.applies(lesion)
        result = instrument.score.evaluate(instrument.answers(lesion))
        instrument.remark(result, lesion)
        totals[instrument.code] = result.totals
    case = Case(lesion, patient, totals)
    for pathway in knowledge.pathways.values():
        pathway.applies(case)
        pathway.judge(pathway.read(case))
        pathway.notes(case)
    for score in knowledge.patient_scores.values():
        score.remark(score.score.evaluate(score.read(case.patient)))
    _alarms(case, knowledge.policy)


def _alarms(case: Case, policy: Policy) -> None:
    patient_alarms(case.patient, policy)
    lesion_alarms(case, policy)


class _Watch:
    """Records that note what is read of them.

    Args:
        noted: findings, and attributes of lesions and patients, by their codes.
    """

    def __init__(self) -> None:
        noted: set[str] = set()
        self.noted = noted

        class WatchedFact(Fact):
            def __getattribute__(self, name: str) -> object:
                if name == "value":
                    noted.add(self[0])
                return super().__getattribute__(name)

        class WatchedLesion(Lesion):
            def __getattribute__(self, name: str) -> object:
                _note("lesion", name, Lesion, noted)
                return super().__getattribute__(name)

        class WatchedPatient(Patient):
            def __getattribute__(self, name: str) -> object:
                _note("patient", name, Patient, noted)
                return super().__getattribute__(name)

        self._fact, self._lesion, self._patient = WatchedFact, WatchedLesion, WatchedPatient

    def fact(self, fact: Fact) -> Fact:
        """A fact that is noted when its value is read."""
        return self._fact(*fact)

    def lesion(self, lesion: Lesion, facts: Facts) -> Lesion:
        """A lesion with these facts."""
        known = {field.name: getattr(lesion, field.name) for field in fields(lesion)}
        return self._lesion(**{**known, "facts": facts})

    def patient(self, patient: Patient) -> Patient:
        """The same patient, watched."""
        return self._patient(**{field.name: getattr(patient, field.name) for field in fields(patient)})


class _Notebook(Mapping[str, tuple[Fact, ...]]):
    """Facts by finding that note each finding asked for.

    Going through all of them notes nothing yet: a fact found that way is noted when its value is read.
    """

    def __init__(self, facts: Facts, watch: _Watch) -> None:
        self._facts = {code: tuple(map(watch.fact, listed)) for code, listed in facts.items()}
        self._noted = watch.noted

    def __getitem__(self, finding: str) -> tuple[Fact, ...]:
        self._noted.add(finding)
        return self._facts[finding]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def items(self) -> ItemsView[str, tuple[Fact, ...]]:
        return self._facts.items()

    def values(self) -> ValuesView[tuple[Fact, ...]]:
        return self._facts.values()


def _note(what: str, name: str, kind: type[Lesion | Patient], noted: set[str]) -> None:
    """An attribute that holds data; facts note themselves, and methods read through these."""
    if not name.startswith("_") and name != "facts" and not callable(getattr(kind, name, None)):
        noted.add(f"{what}.{name}")


# -- records that make rules look at everything --------------------------------------------------------------

_PLACES: tuple[Place, ...] = (
    Place(),
    *(place_of_level(level) for level in ("C2", "T10", "S1")),
    *(
        place_of(site, Side.LEFT)
        for site in ("femoral-neck", "femur", "humerus", "acetabulum", "ilium", "rib")
    ),
)


@dataclass(frozen=True, slots=True)
class _Records:
    """One state of a record, at every kind of place."""

    facts: Facts
    age: Years | None
    primary: Primary
    lesions: tuple[Lesion, ...]


def _records(findings: Mapping[str, Finding]) -> Iterator[_Records]:
    """Nothing recorded, and then every finding at once with its first answer, its second, and so on."""
    answers = max((len(finding.answers) for finding in findings.values()), default=0)
    states: Iterable[Callable[[Finding], Fact]] = chain(
        (_recorded(number) for number in range(answers)),
        (_indeterminate, _stale),
    )
    yield _state({}, None, Primary())
    for state in states:
        facts = {code: (state(finding),) for code, finding in findings.items()}
        yield _state(facts, Years(50, 50), Primary(("breast",), recorded=True, sources=(_SOURCE,)))


def _state(facts: Facts, age: Years | None, primary: Primary) -> _Records:
    lesions = (
        Lesion(str(number), place, facts, spans=(place.label, "L2")) for number, place in enumerate(_PLACES)
    )
    return _Records(facts, age, primary, tuple(lesions))


_SOURCE = Source("Observation/any", "2026-01-05T10:00:00Z")


def _recorded(number: int) -> Callable[[Finding], Fact]:
    def fact(finding: Finding) -> Fact:
        if finding.scale is not None:
            span = Fraction(finding.scale.high - finding.scale.low)
            value = finding.scale.low + span * min(number, 4) / 4
            return Fact(finding.code, exactly(value), _SOURCE)
        answer = finding.answers[min(number, len(finding.answers) - 1)][0]
        return Fact(finding.code, frozenset({answer}), _SOURCE)

    return fact


def _indeterminate(finding: Finding) -> Fact:
    if finding.scale is not None:
        return _recorded(0)(finding)
    return Fact(finding.code, frozenset({INDETERMINATE}), _SOURCE)


def _stale(finding: Finding) -> Fact:
    fact = _recorded(0)(finding)
    return fact._replace(source=_SOURCE._replace(age=Age.STALE))
