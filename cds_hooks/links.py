"""Links of a card to the pages that say what it stands on. No address holds anything of a patient."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from app.settings import is_loopback
from cds_hooks.card import Link

MAX_LINKS = 4
# What the page of figures has a part of its own for, by the definition that a card speaks of.
FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "augmentation": "cement",
        "ablation": "ablation",
        "embolisation": "embolisation",
        "fracture-after-stereotactic-radiotherapy": "fracture after stereotactic radiotherapy",
        "acetabulum": "acetabulum",
        "pelvis": "pelvis",
    }
)


class Definition(Protocol):
    """An instrument or a pathway, as far as a link names it."""

    @property
    def code(self) -> str:
        """Its name in addresses."""

    @property
    def short(self) -> str:
        """Its name in few words."""


def card_links(
    base: str | None, spoken_of: Iterable[Definition], *, urgent: bool = False
) -> list[Link] | None:
    """Links to the definitions that a card speaks of, and to figures of one; None where there are none.

    Args:
        base: where browsers reach this service; None where they do not.
        spoken_of: the instruments and pathways, the one that the card is about first.
        urgent: whether the card says something that outranks every score.
    """
    if base is None:
        return None
    definitions = {one.code: one.short for one in spoken_of}
    figures = next(_figures(base, definitions), None)
    links = [_absolute(f"{base}/knowledge/urgent", "Urgent findings: rules and sources")] if urgent else []
    links += [
        _absolute(f"{base}/knowledge/{code}", f"{short}: definition and sources")
        for code, short in definitions.items()
    ]
    kept = [*links[: MAX_LINKS - 1], figures] if figures is not None else links[:MAX_LINKS]
    return kept or None


def _figures(base: str, codes: Iterable[str]) -> Iterator[Link]:
    for code in codes:
        if code in FIGURES:
            yield _absolute(f"{base}/evidence#{code}", f"Published figures: {FIGURES[code]}")


def _absolute(url: str, label: str) -> Link:
    return Link(label, url, "absolute")


def smart_link(url: str, label: str, hook_instance: str, lesion: str, missing: Iterable[str]) -> Link:
    """A link that launches an app on one lesion; what the app learns of it travels apart from the address.

    Args:
        url: where the app is launched.
        label: what a clinician reads.
        hook_instance: the call that the card answers.
        lesion: the id of the lesion in the assessment, which is made of its place.
        missing: the codes of the items that are not recorded.

    Raises:
        ValueError: the address is not https (http is for this machine only), or has a query or a fragment.
    """
    parts = urlsplit(url)
    plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not (parts.hostname and (parts.scheme == "https" or plain)) or parts.query or parts.fragment:
        raise ValueError("an app is launched at an https address without query or fragment")
    context = {"hookInstance": hook_instance, "lesion": lesion, "missing": list(missing)}
    return Link(label, url, "smart", appContext=msgspec.json.encode(context).decode())
