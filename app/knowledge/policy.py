"""Local policy: what no publication settles, as settings with a default.

Every rule tagged D is listed here. Where a site can choose, the choices never reassure more than the
default does: an edge is kept open (``interval``) or taken as its worse side (``upper``); the one limit
that may be raised, the INR, only within its published range. Where any other choice would be a guess,
there is one choice, and the list says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from app.engine.provenance import DefinitionError
from app.engine.reading import Edge

INTERVAL = "interval"
UPPER = "upper"
_EDGE = (INTERVAL, UPPER)
_FIXED = ("fixed",)


@dataclass(frozen=True, slots=True)
class LocalPolicy:
    """One decision of this service where the literature gives none.

    Args:
        choices: what a site may set; the first is the default; a single one cannot be changed.
    """

    key: str
    text: str
    choices: tuple[str, ...]

    @property
    def default(self) -> str:
        """The choice that holds where a site sets none."""
        return self.choices[0]


LOCAL_POLICIES: tuple[LocalPolicy, ...] = (
    LocalPolicy("SINS-E1", "Collapse of exactly 50 %: both sides of the edge, or the worse.", _EDGE),
    LocalPolicy("SINS-E2", "Body involvement of exactly 50 % without collapse.", _EDGE),
    LocalPolicy("SINS-E3", "Collapse present, extent not recorded.", _EDGE),
    LocalPolicy("SINS-E4", "Collapse known absent, body involvement not recorded.", _EDGE),
    LocalPolicy("SINS-E6", "Subluxation and deformity both recorded: the higher.", ("highest", INTERVAL)),
    LocalPolicy("SINS-E7", "Deformity present, not said to be new or old.", _EDGE),
    LocalPolicy("SINS-E8", "Pain present, kind not recorded; a pain score alone never gives 3.", _EDGE),
    LocalPolicy(
        "SINS-E9",
        "No pain and mechanical pain both recorded: both kept and flagged, since dropping either "
        "would be a guess.",
        _FIXED,
    ),
    LocalPolicy(
        "SINS-E10",
        "Bilateral in one record, unilateral in another: both kept and flagged, for the same reason.",
        _FIXED,
    ),
    LocalPolicy(
        "SINS-E11",
        "A lesion spanning levels is scored level by level; the highest is shown. Pooling levels "
        "would score a vertebra that does not exist.",
        _FIXED,
    ),
    LocalPolicy("SINS-E12", "A level that may lie in two regions leaves both possible.", _EDGE),
    LocalPolicy(
        "SINS-E13",
        "An instrumented, fused or cemented segment is scored, marked as outside validated use and "
        "never called stable, because such patients were excluded from validation.",
        _FIXED,
    ),
    LocalPolicy(
        "SINS-E14",
        "An osteoporotic fracture without a tumour is not scored: the score is for tumours.",
        _FIXED,
    ),
    LocalPolicy("SINS-E15", "Sclerosis after treatment: a caution.", ("show", "hide")),
    LocalPolicy("SINS-E16", "Alignment read on supine imaging only: a caution.", ("show", "hide")),
    LocalPolicy("SINS-E17", "Points that no option has are refused, never changed to the nearest.", _FIXED),
    LocalPolicy(
        "SINS-E18",
        "Pain stated to be non-mechanical, constant pain too, is the 1-point option.",
        _FIXED,
    ),
    LocalPolicy("MIR-E1", "A size that rounds to one or two thirds: both sides of the edge.", _EDGE),
    LocalPolicy("MIR-E2", "Mirels is for long bones; elsewhere it is not applicable.", _FIXED),
    LocalPolicy("MIR-E3", "Femoral head or neck, or a femur without a place: 2 or 3.", _EDGE),
    LocalPolicy("MIR-E4", "No pain: 1 point, flagged, since the original has no zero.", _FIXED),
    LocalPolicy("MIR-E5", "The pain item is never taken from a pain score.", _FIXED),
    LocalPolicy("MIR-E6", "Size read on CT or MRI: a caution.", ("show", "hide")),
    LocalPolicy("MIR-E7", "Fracture already present: Mirels is not applicable.", _FIXED),
    LocalPolicy("MIR-E8", "A limb lesion without a side is a lesion of its own.", _FIXED),
    LocalPolicy("MIR-E9", "Only a femur can be peritrochanteric.", _FIXED),
    LocalPolicy(
        "CON-1",
        "Sources that disagree inside their time window are all kept and flagged; of pain scales and "
        "laboratory values the latest counts.",
        _FIXED,
    ),
    LocalPolicy("CON-3", "A recorded total never replaces the items behind it.", _FIXED),
    LocalPolicy("GEN-5", "Nothing reassuring while a worse answer is possible.", _FIXED),
    LocalPolicy("LES-1", "A lesion without a site is never scored as settled.", _FIXED),
    LocalPolicy(
        "LES-7",
        "A site of which nothing else is recorded, and within which a lesion is recorded, stays a lesion "
        "of its own, never pooled with it, and raises no alarm of its own.",
        _FIXED,
    ),
    LocalPolicy("LES-6", "Resolved, remitted and inactive disease is shown and not scored.", _FIXED),
    LocalPolicy("SINS-L", "Levels outside the published map are never taken as 0.", _FIXED),
    LocalPolicy(
        "TIME-1",
        "What was found before radiotherapy, surgery, ablation or cement at the very lesion no longer "
        "counts as "
        "known after it. Falls, new pain and steroids are not read from a record.",
        _FIXED,
    ),
    LocalPolicy("TIME-2", "Undated and future entries are not counted, and said.", _FIXED),
    LocalPolicy("TIME-3", "A preliminary entry counts and is marked provisional.", _FIXED),
    LocalPolicy(
        "TIME-5",
        "Staleness removes reassurance, never an alarm. The windows themselves can be set.",
        _FIXED,
    ),
    LocalPolicy(
        "AUG-EXC-4-inr-limit",
        "The INR above which a puncture is deferred; a site may raise it to 1.8, the end of the range that "
        "SIR 2019 gives.",
        ("1.5", "1.8"),
    ),
    LocalPolicy("AUG-REL-2", "An INR above 1.5 within a site's higher limit is a relative reason.", _FIXED),
    LocalPolicy("AUG-EXC-6", "Allergy to bone cement contraindicates, awaiting clinician sign-off.", _FIXED),
    LocalPolicy(
        "AUG-EXC-8",
        "Where SINS of 13 or more is reachable no indication for cement holds; 7 to 12 needs a surgeon "
        "first.",
        _FIXED,
    ),
    LocalPolicy("AUG-PW-1", "An intact posterior wall is the standard situation.", _FIXED),
    LocalPolicy(
        "AUG-NOTE",
        "Exclusions of the trials are taken as contraindications, which the trials do not say.",
        _FIXED,
    ),
    LocalPolicy("TRIAL-XU", "A study's population is matched and shown, never a prohibition.", _FIXED),
    LocalPolicy("TRIAL-CHEN", "A study's population is matched and shown, never a prohibition.", _FIXED),
    LocalPolicy("TRIAL-HAO", "A study's population is matched and shown, never a prohibition.", _FIXED),
    LocalPolicy(
        "ABL-1-contact",
        "Tumour in contact with cord or nerve root excludes ablation; the series excluded margins close to a "
        "root.",
        _FIXED,
    ),
    LocalPolicy(
        "ABL-PACEMAKER",
        "Laser with a pacemaker, stated for osteoid osteoma, is taken over for metastases and labelled so.",
        _FIXED,
    ),
    LocalPolicy(
        "INC-14",
        "The distance rule of ablation is graded: contact excludes, nearness needs protection.",
        _FIXED,
    ),
    LocalPolicy(
        "INC-45",
        "Nearness to nerves relieved pain better in one trial and is warned of elsewhere: safety wins.",
        _FIXED,
    ),
    LocalPolicy(
        "VCF-R1",
        "Risk factors of fracture after stereotactic radiotherapy are listed with their hazard ratios; no "
        "personal risk is calculated, since no baseline was published.",
        _FIXED,
    ),
    LocalPolicy(
        "VCF-R2",
        "A collapse of 50 % or more is never ranked below a smaller one: the intervals overlap.",
        _FIXED,
    ),
    LocalPolicy(
        "VCF-R3",
        "A dose per fraction between two published classes may belong to either.",
        _FIXED,
    ),
    LocalPolicy(
        "IMG-R1",
        "The attenuation of a sclerotic lesion is information only, of lesions that were never treated; it "
        "never excludes a metastasis, and exactly 885 HU settles nothing.",
        _FIXED,
    ),
    LocalPolicy("MDT-1", "What is no emergency ends with the multidisciplinary meeting.", _FIXED),
    LocalPolicy(
        "MDT-2",
        "The meeting decides where bands are open, sources conflict, radiotherapy was given before or two "
        "treatments are eligible.",
        _FIXED,
    ),
    LocalPolicy(
        "INC-36",
        "Cement at the acetabulum: a fracture, a deficient medial wall or a breached cortex is a relative "
        "reason against, since the sources disagree.",
        _FIXED,
    ),
    LocalPolicy(
        "INC-41",
        "No zone of the pelvis reassures: a sacroiliac lesion counts as high risk wherever it is coded.",
        _FIXED,
    ),
    LocalPolicy("ESCC-2", "Grades 0, 1a and 1b count as low, 2 and 3 as high, 1c as either.", _FIXED),
    LocalPolicy(
        "ESCC-4",
        "Below the cord the compression grade is shown as outside its study, and a statement on the cauda "
        "equina is "
        "asked for.",
        _FIXED,
    ),
    LocalPolicy("ESCC-6", "A compression grade without a usable date does not count, and is said.", _FIXED),
    LocalPolicy(
        "NOMS-X1",
        "Low-grade compression with myelopathy has no row: urgent review, since any row would be a guess.",
        _FIXED,
    ),
    LocalPolicy("NOMS-X2", "SINS 7 to 12 reaches the stable and the unstable rows.", _FIXED),
    LocalPolicy("NOMS-X3", "A histology whose class is not known reaches the rows of both classes.", _FIXED),
    LocalPolicy(
        "NOMS-X4", "Surgical tolerance not recorded reaches both rows; rows 1 to 6 ignore it.", _FIXED
    ),
    LocalPolicy("NOMS-X5", "Grade 1c reaches the low and the high rows.", _FIXED),
    LocalPolicy("NOMS-X6", "Earlier radiotherapy leaves either radiosensitivity class possible.", _FIXED),
    LocalPolicy("NOMS-X7", "Surgical tolerance is entered by a clinician, never inferred.", _FIXED),
    LocalPolicy("NOMS-X8", "A new neurologic deficit comes before any row.", _FIXED),
    LocalPolicy("RED-3", "Signs of cauda equina compression have the urgency of a new deficit.", _FIXED),
    LocalPolicy("RED-9", "A new deficit after ablation or cement is an emergency.", _FIXED),
    LocalPolicy("RED-1-open", "A neurologic sign that could not be told has to be examined.", _FIXED),
    LocalPolicy(
        "RED-1-gait",
        "Urgency where a patient cannot walk and the record does not say since when.",
        ("urgent", "same-day", "emergency"),
    ),
    LocalPolicy(
        "RED-4",
        "Urgency of epidural compression of grade 2 or 3 without a deficit.",
        ("same-day", "emergency"),
    ),
    LocalPolicy("RED-6", "Urgency of hypercalcaemia as a diagnosis.", ("same-day", "emergency")),
    LocalPolicy("RED-7", "Urgency of suspected infection at a lesion.", ("urgent", "same-day", "emergency")),
    LocalPolicy(
        "SURG-1",
        "Urgency of early surgical evaluation: canal, deformity or several levels.",
        ("urgent", "same-day"),
    ),
    LocalPolicy(
        "MIR-E7-urgency",
        "Urgency of a fracture on record in a long bone or the pelvis.",
        ("urgent", "same-day"),
    ),
    LocalPolicy(
        "RED-5",
        "Urgency of a lesion whose SINS is 13 or more.",
        ("urgent", "same-day", "emergency"),
    ),
    LocalPolicy(
        "RED-5b",
        "Urgency of a lesion whose SINS may be 13 or more.",
        ("urgent", "same-day", "emergency"),
    ),
    LocalPolicy(
        "SINS-B2-urgency",
        "Urgency of a lesion that is potentially unstable.",
        ("urgent", "same-day"),
    ),
    LocalPolicy(
        "FEMR-1-urgency",
        "Urgency of a long bone lesion at 8 or more, or with a high-risk flag.",
        ("urgent", "same-day"),
    ),
    LocalPolicy(
        "ORD-SITE",
        "An order whose site and reason name different bones is questioned, whatever else is said of it.",
        _FIXED,
    ),
    LocalPolicy(
        "ORD-ONE",
        "An order without a site is judged for the only lesion on record that it can be for, and says so; "
        "with several it is judged for none.",
        _FIXED,
    ),
    LocalPolicy(
        "ORD-CODE",
        "An order at a lesion that is named by text only, or by a code that is not known, is not guessed at: "
        "the card says that nothing was checked.",
        _FIXED,
    ),
    LocalPolicy(
        "ORD-CLOT",
        "An anticoagulant drafted beside a puncture is named beside the published limits of platelets and "
        "INR. How it is handled is not said: no source of this service does.",
        _FIXED,
    ),
    LocalPolicy(
        "ORD-LIMITS",
        "Cement in a bone other than a vertebra is judged by the limits of platelets and INR that hold for "
        "ablation, whose sources speak of bone in general.",
        _FIXED,
    ),
    LocalPolicy(
        "ORD-FIRST",
        "Radiotherapy, ablation, embolisation or physiotherapy of a spine that is or may be unstable: a "
        "surgical opinion first.",
        _FIXED,
    ),
)


_DEFAULTS = {policy.key: policy.default for policy in LOCAL_POLICIES}
# Policies about what cannot wait.
URGENT_POLICIES = (
    "MIR-E7-urgency",
    "RED-1-gait",
    "RED-1-open",
    "RED-3",
    "RED-4",
    "RED-6",
    "RED-7",
    "RED-9",
    "SURG-1",
)
# Policies about orders.
ORDER_POLICIES = ("ORD-CLOT", "ORD-CODE", "ORD-FIRST", "ORD-LIMITS", "ORD-ONE", "ORD-SITE")
# Policies about the record, which hold for every instrument.
SHARED_POLICIES = (
    "CON-1",
    "CON-3",
    "GEN-5",
    "LES-1",
    "LES-6",
    "LES-7",
    "TIME-1",
    "TIME-2",
    "TIME-3",
    "TIME-5",
)


@dataclass(frozen=True, slots=True)
class Window:
    """How long an entry stays fresh, and then how long it may still be used.

    Args:
        fresh: days up to which it is fresh.
        ageing: days up to which it is used with its date as a caution; beyond, it is stale.
    """

    fresh: int
    ageing: int

    def __post_init__(self) -> None:
        if not 0 <= self.fresh <= self.ageing:
            raise DefinitionError("a window needs 0 <= fresh <= ageing")


DEFAULT_WINDOWS: Mapping[str, Window | None] = MappingProxyType(
    {
        "imaging": Window(28, 60),
        "film": Window(60, 60),
        "planning": Window(7, 28),
        "pain": Window(7, 14),
        "neurologic-deficit": Window(0, 3),
        "neurologic-examination": Window(7, 14),
        "clinical-state": Window(7, 14),
        "performance": Window(30, 60),
        "blood-before-puncture": Window(7, 7),
        "blood-in-prognosis": Window(30, 60),
        "lasting": None,
    }
)


@dataclass(frozen=True, slots=True)
class Policy:
    """The choices in force: the defaults, and what a site has set instead.

    Args:
        choices: by policy key; a key left out has its default.
        windows: by window name; None never goes stale.
    """

    choices: Mapping[str, str] = field(default_factory=dict)
    windows: Mapping[str, Window | None] = field(default_factory=lambda: DEFAULT_WINDOWS)

    def __post_init__(self) -> None:
        known = {policy.key: policy for policy in LOCAL_POLICIES}
        for key, choice in self.choices.items():
            if key not in known:
                raise DefinitionError(f"there is no local policy {key}; see GET /api/v1/policies")
            if choice not in known[key].choices:
                raise DefinitionError(f"policy {key}: the choices are {', '.join(known[key].choices)}")
        unknown = self.windows.keys() - DEFAULT_WINDOWS.keys()
        if unknown:
            raise DefinitionError(f"there is no time window {sorted(unknown)}")

    @classmethod
    def of(cls, choices: Mapping[str, str], windows: Mapping[str, str]) -> "Policy":
        """A policy from a site's settings.

        Args:
            choices: by policy key.
            windows: by window name, as ``fresh/ageing`` in days.

        Raises:
            DefinitionError: a key, a choice or a window is not known, or a window is not two numbers.
        """
        spans = {name: _window(name, text) for name, text in windows.items()}
        return cls(choices=dict(choices), windows={**DEFAULT_WINDOWS, **spans})

    def choice(self, key: str) -> str:
        """The choice in force for one policy."""
        if key in self.choices:
            return self.choices[key]
        if key not in _DEFAULTS:
            raise DefinitionError(f"there is no local policy {key}")
        return _DEFAULTS[key]

    def edges(self, *edges: tuple[str, Edge]) -> tuple[Edge, ...]:
        """Those edges that this site takes as their worse side, given with their policy keys."""
        return tuple(edge for key, edge in edges if self.choice(key) == UPPER)

    def window(self, name: str) -> Window | None:
        """The time window of that name; None never goes stale."""
        return self.windows[name] if name in self.windows else DEFAULT_WINDOWS[name]


def _window(name: str, text: str) -> Window:
    fresh, _, ageing = text.partition("/")
    if not (fresh.isdigit() and ageing.isdigit()):
        raise DefinitionError(f"time window {name}: two whole numbers of days are needed, as 28/60")
    return Window(int(fresh), int(ageing))
