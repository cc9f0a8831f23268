"""Items, their options, and answers as sets of options still possible."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from app.engine.provenance import Citation, DefinitionError, Source


@dataclass(frozen=True, slots=True)
class Option:
    """One way an item can be answered, and the points it carries."""

    code: str
    label: str
    points: int
    cite: Citation


@dataclass(frozen=True, slots=True)
class Item:
    """One question of an instrument, with every option it allows in printed order.

    Args:
        codes: the option codes in printed order.
        labels: the labels of the options, by code.
    """

    code: str
    label: str
    question: str
    options: tuple[Option, ...]
    cite: Citation
    codes: tuple[str, ...] = field(init=False, compare=False)
    labels: Mapping[str, str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", tuple(option.code for option in self.options))
        object.__setattr__(self, "labels", {o.code: o.label for o in self.options})
        codes = [option.code for option in self.options]
        if len(codes) < 2:  # noqa: PLR2004  a question with one option asks nothing
            raise DefinitionError(f"item {self.code}: fewer than two options")
        for code in codes:
            if codes.count(code) > 1:
                raise DefinitionError(f"item {self.code}: two options have the code {code!r}")

    def points_of(self, code: str) -> int:
        """The points of one option.

        Raises:
            DefinitionError: the item has no such option.
        """
        for option in self.options:
            if option.code == code:
                return option.points
        raise DefinitionError(f"item {self.code}: no option {code!r}")

    def ordered(self, codes: Iterable[str]) -> tuple[str, ...]:
        """The given codes in printed order, each once.

        Raises:
            DefinitionError: a code is not an option of the item.
        """
        wanted = codes if isinstance(codes, frozenset) else frozenset(codes)
        found = tuple(code for code in self.codes if code in wanted)
        if len(found) != len(wanted):
            unknown = sorted(wanted.difference(found))
            raise DefinitionError(f"item {self.code}: no option {unknown}")
        return found


class Statement(NamedTuple):
    """What one source says about one item: the options it leaves possible."""

    possible: frozenset[str]
    source: Source


@dataclass(frozen=True, slots=True)
class Answer:
    """The options of one item that the record still leaves possible.

    Args:
        possible: option codes in printed order, never empty.
        recorded: whether a usable source speaks to the item; all options may still be possible.
        conflicting: whether sources exclude one another, so that all they say is kept.
        sources: the sources that were used.
        unused: sources that speak to the item but are stale, undated or in the future.
        claims: where sources conflict, what each of them says.
    """

    possible: tuple[str, ...]
    recorded: bool = False
    conflicting: bool = False
    sources: tuple[Source, ...] = ()
    unused: tuple[Source, ...] = ()
    claims: tuple[Statement, ...] = ()

    def __post_init__(self) -> None:
        if not self.possible:
            raise DefinitionError("an answer leaves at least one option possible")

    @property
    def single(self) -> bool:
        """Whether exactly one option is left."""
        return len(self.possible) == 1


def unknown(item: Item, unused: tuple[Source, ...] = ()) -> Answer:
    """The answer to an item about which nothing usable is recorded: every option."""
    return Answer(possible=item.codes, unused=unused)


def given(item: Item, codes: Iterable[str], sources: tuple[Source, ...] = ()) -> Answer:
    """The answer that a caller states outright: the named options, recorded.

    Raises:
        DefinitionError: no option is named, or an unknown one.
    """
    return Answer(possible=item.ordered(codes), recorded=True, sources=sources)


def reconcile(item: Item, statements: Iterable[Statement], unused: tuple[Source, ...] = ()) -> Answer:
    """The answer that all statements about one item allow together.

    An option stays possible where no other option is supported by the same statements and more.
    Statements that can all be true at once so narrow each other to the options common to all;
    statements that exclude one another are a conflict: what each side says is kept, and flagged. The
    order of the statements never matters.
    """
    stated = list(statements)
    if not stated:
        return unknown(item, unused)
    if len(stated) == 1:
        # One source an item is the rule.
        only = stated[0]
        return Answer(item.ordered(only.possible), True, False, (only.source,), unused)
    possible, conflicting = compatible([statement.possible for statement in stated])
    return Answer(
        possible=item.ordered(possible),
        recorded=True,
        conflicting=conflicting,
        sources=tuple(sorted({statement.source for statement in stated}, key=_by_place)),
        unused=unused,
        claims=tuple(sorted(set(stated), key=_by_source)) if conflicting else (),
    )


def compatible(claims: Sequence[frozenset[str]]) -> tuple[frozenset[str], bool]:
    """The options that claims leave possible together, and whether some exclude each other."""
    common = frozenset.intersection(*claims)
    if common:
        return common, False
    support = {
        option: frozenset(n for n, claim in enumerate(claims) if option in claim)
        for option in frozenset.union(*claims)
    }
    kept = {option for option, mine in support.items() if not any(mine < other for other in support.values())}
    return frozenset(kept), True


def _by_source(statement: Statement) -> tuple[tuple[str, str, str, bool], list[str]]:
    return (_by_place(statement.source), sorted(statement.possible))


def _by_place(source: Source) -> tuple[str, str, str, bool]:
    return (source.reference, source.effective or "", source.age, source.provisional)
