"""What a Condition or a Procedure says about bone disease, fractures and earlier treatment."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from app.engine.reading import Side
from app.knowledge.anatomy import SNOMED, Place, place_of

ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"


class Disease(StrEnum):
    """What a Condition's code means for bones."""

    BONE_METASTASIS = "bone metastasis"
    BONE_TUMOUR = "primary bone tumour"
    BLOOD_CANCER = "myeloma or lymphoma"
    MARROW_METASTASIS = "bone marrow metastasis"

    @property
    def makes_lesion_without_site(self) -> bool:
        """Whether the code alone says that a bone holds a lesion.

        Myeloma, lymphoma and marrow disease allow lesions to be found at sites, but name none.
        """
        return self in (Disease.BONE_METASTASIS, Disease.BONE_TUMOUR)


_NOWHERE = Place()
_METASTASES: Mapping[str, Place] = {
    "94222008": _NOWHERE,
    "285618001": _NOWHERE,
    "134421000": _NOWHERE,
    "94602001": place_of("spine"),
    "285619009": place_of("spine"),
    "866087009": place_of("spine"),
    "94250008": place_of("cervical-spine"),
    "94274006": place_of("thoracic-spine"),
    "94389000": place_of("lumbar-spine"),
    "94527001": place_of("sacrum"),
    "94259009": place_of("coccyx"),
    "94526005": place_of("sacrococcygeal-region"),
    "94300004": place_of("femur"),
    "94382009": place_of("lower-limb-long-bone"),
    "94383004": place_of("upper-limb-long-bone"),
    "94219006": place_of("lower-limb-bone"),
    "94221001": place_of("upper-limb-bone"),
    "94635006": place_of("tibia"),
    "94301000": place_of("fibula"),
    "94508007": place_of("radius"),
    "94650002": place_of("ulna"),
    "94478006": place_of("pelvis"),
    "94337005": place_of("ilium"),
    "94353008": place_of("ischium"),
    "94504009": place_of("pubis"),
    "94521000": place_of("rib"),
}
_CODED: dict[tuple[str, str], tuple[Disease, Place]] = {
    **{(SNOMED, code): (Disease.BONE_METASTASIS, place) for code, place in _METASTASES.items()},
    (ICD10CM, "C79.51"): (Disease.BONE_METASTASIS, _NOWHERE),
    (ICD10CM, "C7B.03"): (Disease.BONE_METASTASIS, _NOWHERE),
    (SNOMED, "94217008"): (Disease.MARROW_METASTASIS, _NOWHERE),
    (ICD10CM, "C79.52"): (Disease.MARROW_METASTASIS, _NOWHERE),
    (SNOMED, "448710000"): (Disease.BONE_TUMOUR, _NOWHERE),
    (SNOMED, "1157067003"): (Disease.BONE_TUMOUR, place_of("spine")),
    (ICD10CM, "C41.2"): (Disease.BONE_TUMOUR, place_of("spine")),
    (ICD10CM, "C41.4"): (Disease.BONE_TUMOUR, _NOWHERE),
    **{
        (SNOMED, code): (Disease.BLOOD_CANCER, _NOWHERE)
        for code in ("109989006", "415110002", "118600007", "109969005")
    },
}
DISEASE_BY_CODE: Mapping[tuple[str, str], tuple[Disease, Place]] = MappingProxyType(_CODED)
# ICD-10-CM categories, matched by the first characters as the code list says.
DISEASE_BY_CATEGORY: tuple[tuple[str, Disease], ...] = (
    ("C40", Disease.BONE_TUMOUR),
    ("C41", Disease.BONE_TUMOUR),
    *((f"C{number}", Disease.BLOOD_CANCER) for number in range(81, 89)),
    ("C90.0", Disease.BLOOD_CANCER),
    ("C90.3", Disease.BLOOD_CANCER),
)

# Conditions that state a finding of a lesion, where they name its site, or of the patient. Urinary
# incontinence and difficulty in walking are not among them: as diagnoses they are mostly old and have
# other causes.
FINDING_BY_CONDITION: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        (SNOMED, "441684001"): (("bone-lesion-quality", "lesion-lytic"),),
        (SNOMED, "84138006"): (("vertebral-collapse", "collapse-present"),),
        (SNOMED, "12454008"): (("spinal-cord-compression", "present"), ("sphincter-dysfunction", "present")),
        **dict.fromkeys(
            (
                (SNOMED, "71286001"),
                (SNOMED, "192970008"),
                (ICD10CM, "G95.20"),
                (ICD10CM, "G95.29"),
                (ICD10CM, "G83.4"),
            ),
            (("spinal-cord-compression", "present"),),
        ),
        (ICD10CM, "G99.2"): (("myelopathy", "present"),),
        **dict.fromkeys(
            ((SNOMED, "102568007"), (SNOMED, "60389000"), (SNOMED, "1845001"), (ICD10CM, "G82.20")),
            (("new-neurologic-deficit", "present"),),
        ),
        **dict.fromkeys(
            ((SNOMED, "72042002"), (ICD10CM, "R15.9"), (ICD10CM, "R33.9")),
            (("sphincter-dysfunction", "present"),),
        ),
        (SNOMED, "282145008"): (("ambulatory", "absent"),),
        (SNOMED, "66931009"): (("hypercalcaemia", "present"),),
        (ICD10CM, "E83.52"): (("hypercalcaemia", "present"),),
        (SNOMED, "866087009"): (("pathological-fracture", "present"),),
        (SNOMED, "134421000"): (("pathological-fracture", "present"),),
        (SNOMED, "268029009"): (("pathological-fracture", "present"),),
        (SNOMED, "274146004"): (("pathological-fracture", "present"),),
        (SNOMED, "409667007"): (("pathological-fracture", "present"),),
        (SNOMED, "409666003"): (("pathological-fracture", "present"),),
        (SNOMED, "287065007"): (("pathological-fracture", "present"),),
        **{
            (ICD10CM, code): (("pathological-fracture", "present"),)
            for code in ("M84.58XA", "M84.551A", "M84.521A", "M84.561A", "M84.550A")
        },
        **{
            (ICD10CM, code): (("vertebral-collapse", "collapse-present"),)
            for code in ("M48.50XA", "M48.54XA", "M48.56XA")
        },
    }
)
# Where the code of such a Condition already names a bone.
PLACE_BY_CONDITION: Mapping[tuple[str, str], Place] = MappingProxyType(
    {
        (SNOMED, "274146004"): place_of("spine"),
        (SNOMED, "84138006"): place_of("spine"),
        (SNOMED, "409667007"): place_of("femur"),
        (SNOMED, "409666003"): place_of("femoral-neck"),
        (SNOMED, "287065007"): place_of("humerus"),
        (ICD10CM, "M84.551A"): place_of("femur", Side.RIGHT),
        (ICD10CM, "M84.521A"): place_of("humerus", Side.RIGHT),
        (ICD10CM, "M84.561A"): place_of("tibia", Side.RIGHT),
        (ICD10CM, "M84.550A"): place_of("pelvis"),
        (ICD10CM, "M48.50XA"): place_of("spine"),
        (ICD10CM, "M48.54XA"): place_of("thoracic-spine"),
        (ICD10CM, "M48.56XA"): place_of("lumbar-spine"),
    }
)
OSTEOPOROTIC_FRACTURES: frozenset[tuple[str, str]] = frozenset(
    {(SNOMED, "240198002"), (SNOMED, "443165006"), (ICD10CM, "M80.08XA")}
)

# Procedures that leave a segment outside the validated use of SINS.
_INSTRUMENTATION: Mapping[str, Place] = {
    "178831001": place_of("spine"),
    "178834009": place_of("spine"),
    "709504001": place_of("thoracic-spine"),
    "178541006": place_of("cervical-spine"),
    "265717009": place_of("lumbar-spine"),
    "359586003": place_of("spine"),
}
INSTRUMENTATION_BY_CODE: Mapping[tuple[str, str], Place] = MappingProxyType(
    {(SNOMED, code): place for code, place in _INSTRUMENTATION.items()}
)
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
# Medicines that a rule asks for. Others of the same ingredient are mapped by the site.
FINDING_BY_MEDICINE: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        (RXNORM, "993452"): "denosumab",
        **{
            (RXNORM, code): "anticoagulant"
            for code in ("11289", "114194", "1364430", "1114195", "1037045", "67108", "5224")
        },
    }
)

CEMENT_ORDERS: tuple[str, ...] = ("vertebroplasty", "kyphoplasty", "cementoplasty")
ABLATION_ORDERS: tuple[str, ...] = (
    "radiofrequency-ablation",
    "microwave-ablation",
    "cryoablation",
    "laser-ablation",
    "focused-ultrasound",
    "alcohol-ablation",
)
INSTRUMENTATION_ORDERS: tuple[str, ...] = (*CEMENT_ORDERS, "spinal-stabilisation")
RADIOTHERAPY_BY_CODE: frozenset[tuple[str, str]] = frozenset(
    (SNOMED, code)
    for code in (
        "1217123003",
        "1222565005",
        "1287742003",
        "108290001",
        "53438000",
        "33195004",
        "1156506007",
        "441799006",
        "1156530009",
        "1162782007",
        "115959002",
        "445232009",
    )
)
RADIOTHERAPY_ORDERS: tuple[str, ...] = ("conventional-radiotherapy", "stereotactic-radiotherapy")
