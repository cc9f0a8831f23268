"""Medicine without machinery: instruments as frozen data, found by looking.

Adding an instrument is adding a folder here with a function ``instrument(policy)``.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from pkgutil import iter_modules
from types import MappingProxyType

from app.engine.provenance import DefinitionError
from app.knowledge.instrument import Instrument
from app.knowledge.policy import DEFAULT_WINDOWS, LOCAL_POLICIES, Policy

VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything the service knows, under one site's policy.

    Args:
        digest: SHA-256 over every file of the knowledge and of the engine that applies it, and over
            the policy: one byte changed changes it.
    """

    version: str
    digest: str
    policy: Policy
    instruments: Mapping[str, Instrument]


def load(policy: Policy) -> Knowledge:
    """All instruments under a policy.

    Raises:
        DefinitionError: a definition or the policy contradicts itself.
    """
    instruments: dict[str, Instrument] = {}
    for module in iter_modules(__path__):
        if module.ispkg:
            instrument = import_module(f"{__name__}.{module.name}").instrument(policy)
            if instrument.score.code in instruments:
                raise DefinitionError(f"two instruments have the code {instrument.score.code}")
            instruments[instrument.score.code] = instrument
    ordered = dict(sorted(instruments.items(), key=lambda pair: pair[0] != "sins"))
    return Knowledge(VERSION, _digest(policy), policy, MappingProxyType(ordered))


def _digest(policy: Policy) -> str:
    choices = [(local.key, policy.choice(local.key)) for local in LOCAL_POLICIES]
    windows = [(name, policy.window(name)) for name in DEFAULT_WINDOWS]
    digest = hashlib.sha256(repr((choices, windows)).encode())
    for package in ("app.knowledge", "app.engine"):
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
