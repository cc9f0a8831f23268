"""Where a statement comes from: a place in the literature, or a resource in the record."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class DefinitionError(ValueError):
    """A definition contradicts itself; raised at import, with the fault named."""


class Tag(StrEnum):
    """How well a rule is verified, and so whether it may speak on a card."""

    SEED = "S"
    READ = "V"
    SECONDARY = "V2"
    UNREAD = "K"
    LOCAL_POLICY = "D"

    @property
    def label(self) -> str:
        """The tag in words, as a card shows it."""
        return _TAG_LABELS[self]


_TAG_LABELS = {
    Tag.SEED: "stated in a source of this service",
    Tag.READ: "read in public text",
    Tag.SECONDARY: "secondary source",
    Tag.UNREAD: "primary source not read",
    Tag.LOCAL_POLICY: "local policy",
}


@dataclass(frozen=True, slots=True)
class Citation:
    """One place in the literature, or a local policy.

    Args:
        key: the rule's or the source's identifier, for instance ``SINS-E1``.
        title: the publication, in words a reader can search for.
        place: where in it: table, page, section.
        tag: how well it is verified.
        url: an address that was checked; None where none was.
        short: the publication in few words, kept where one of its rules is cited.
        printed: title and tag, as a card shows them.
    """

    key: str
    title: str
    place: str
    tag: Tag
    url: str | None = None
    short: str = field(default="", compare=False)
    printed: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not (self.key.strip() and self.title.strip()):
            raise DefinitionError("a citation needs a key and a title")
        if self.url is not None and not self.url.startswith("https://"):
            raise DefinitionError(f"citation {self.key}: the url is not https")
        object.__setattr__(self, "short", self.short or self.key)
        object.__setattr__(self, "printed", f"{self.title} ({self.tag.label})")


class Age(StrEnum):
    """What an entry's date means for its use."""

    FRESH = "fresh"
    AGEING = "ageing"
    STALE = "stale"
    UNDATED = "undated"
    FUTURE = "future"

    @property
    def usable(self) -> bool:
        """Whether an answer of this age still counts as known."""
        return self in (Age.FRESH, Age.AGEING)


class Source(NamedTuple):
    """One resource of the record that says something.

    Args:
        reference: ``Observation/abc``, as a client can resolve it; a component adds ``#`` and its place.
        effective: the clinical time as recorded, or None.
        age: what that time means at the moment asked about.
        provisional: whether the resource is not final yet.
    """

    reference: str
    effective: str | None = None
    age: Age = Age.FRESH
    provisional: bool = False
