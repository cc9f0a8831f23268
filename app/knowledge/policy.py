"""Local policy: what no publication settles, as settings with a default.

Every rule tagged D is listed here. Where a site can choose, the choices never reassure more than the
default does: an edge is kept open (``interval``) or taken as its worse side (``upper``). Where any
other choice would be a guess, there is one choice, and the list says why.
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
    LocalPolicy("TIME-2", "Undated and future entries are not counted, and said.", _FIXED),
    LocalPolicy("TIME-3", "A preliminary entry counts and is marked provisional.", _FIXED),
    LocalPolicy(
        "TIME-5",
        "Staleness removes reassurance, never an alarm. The windows themselves can be set.",
        _FIXED,
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
)


_DEFAULTS = {policy.key: policy.default for policy in LOCAL_POLICIES}
# Policies about the record, which hold for every instrument.
SHARED_POLICIES = ("CON-1", "CON-3", "GEN-5", "LES-1", "LES-6", "LES-7", "TIME-2", "TIME-3", "TIME-5")


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
