"""Medicine without machinery: instruments as frozen data, found by looking.

Adding something is adding a folder here with one function of the policy: ``instrument`` (a score of a
lesion), ``patient_score`` (a score of the patient), ``pathway`` (rules that are no sum) or ``measure``
(a calculation with a shape of its own).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Protocol, TypeVar

from app.engine.provenance import DefinitionError
from app.knowledge.instrument import Instrument
from app.knowledge.measure import Measure
from app.knowledge.pathway import Pathway
from app.knowledge.patient_score import PatientScore
from app.knowledge.policy import DEFAULT_WINDOWS, LOCAL_POLICIES, Policy

VERSION = "0.1.0"
# The days on which the rules were first given out and last changed; a source's own date is in its citation.
RELEASED = "2026-11-21"
REVISED = "2026-11-21"


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """Everything the service knows, under one site's policy; what is made of one is kept by it.

    Args:
        digest: SHA-256 over every file of the knowledge, of the engine that applies it and of the evidence,
            and over the policy: one byte changed changes it.
    """

    version: str
    digest: str
    policy: Policy
    instruments: Mapping[str, Instrument]
    patient_scores: Mapping[str, PatientScore]
    pathways: Mapping[str, Pathway]
    measures: Mapping[str, Measure]


def load(policy: Policy) -> Knowledge:
    """Everything there is, under a policy.

    Raises:
        DefinitionError: a definition or the policy contradicts itself.
    """
    modules = [import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__) if m.ispkg]
    instruments = _named(m.instrument(policy) for m in modules if hasattr(m, "instrument"))
    patient_scores = _named(m.patient_score(policy) for m in modules if hasattr(m, "patient_score"))
    pathways = _named(m.pathway(policy) for m in modules if hasattr(m, "pathway"))
    measures = _named(m.measure(policy) for m in modules if hasattr(m, "measure"))
    codes = [*instruments, *patient_scores, *measures]
    if len(set(codes)) != len(codes):
        raise DefinitionError("two scores have one code")
    return Knowledge(
        VERSION,
        _digest(policy),
        policy,
        _in_order(instruments, ("sins", "mirels")),
        _in_order(patient_scores, ()),
        _in_order(pathways, PATHWAY_ORDER),
        _in_order(measures, ()),
    )


# The order in which pathways are told on a card.
PATHWAY_ORDER = (
    "noms",
    "augmentation",
    "ablation",
    "radiotherapy",
    "fracture-after-stereotactic-radiotherapy",
    "femur",
    "acetabulum",
    "pelvis",
    "embolisation",
    "myeloma",
    "sclerotic-lesion",
    "multidisciplinary-review",
)


class _Coded(Protocol):
    @property
    def code(self) -> str: ...


Coded = TypeVar("Coded", bound=_Coded)


def _named(found: Iterable[Coded]) -> dict[str, Coded]:
    named: dict[str, Coded] = {}
    for one in found:
        if one.code in named:
            raise DefinitionError(f"two definitions have the code {one.code}")
        named[one.code] = one
    return named


def _in_order(named: Mapping[str, Coded], first: Sequence[str]) -> Mapping[str, Coded]:
    ordered = [code for code in first if code in named] + [code for code in named if code not in first]
    return MappingProxyType({code: named[code] for code in ordered})


def _digest(policy: Policy) -> str:
    choices = [(local.key, policy.choice(local.key)) for local in LOCAL_POLICIES]
    windows = [(name, policy.window(name)) for name in DEFAULT_WINDOWS]
    digest = hashlib.sha256(repr((choices, windows)).encode())
    for package in ("app.knowledge", "app.engine", "app.evidence"):
        root = files(package)
        for path, source in sorted(_sources(root, "")):
            digest.update(f"{package}/{path}\0".encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()


def _sources(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            found += _sources(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".py"):
            found.append((prefix + entry.name, entry))
    return found
