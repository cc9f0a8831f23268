"""Additive scores over sets of possible answers: every reachable total, exactly.

A set of totals is held as one integer whose bit *n* says that the total *n* is reachable. Adding an
item is then a shift for each of its points, and asking which bands are left is a mask, so an answer
costs microseconds however many options are open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from app.engine.provenance import Citation, DefinitionError
from app.engine.question import Answer, Item, unknown


@dataclass(frozen=True, slots=True)
class Band:
    """A category of totals, both ends included."""

    code: str
    label: str
    low: int
    high: int
    meaning: str
    cite: Citation


@dataclass(frozen=True, slots=True)
class Performance:
    """One published measurement of how well an instrument does."""

    measure: str
    value: str
    population: str
    cite: Citation


@dataclass(frozen=True, slots=True)
class Score:
    """An additive instrument: its items, its bands, and what has been published about it.

    Args:
        code: the identifier used in every interface.
        worse: whether a ``high`` or a ``low`` total is the worse one.
        ceiling: totals above it count as it; None where the sum stands as it is.
        lowest: the lowest total that a complete answer can have.
        highest: the highest, the ceiling where one binds.
    """

    code: str
    name: str
    version: str
    items: tuple[Item, ...]
    bands: tuple[Band, ...]
    worse: str
    use: tuple[str, ...]
    misuse: tuple[str, ...]
    performance: tuple[Performance, ...]
    references: tuple[Citation, ...]
    ceiling: int | None = None
    lowest: int = field(init=False, compare=False)
    highest: int = field(init=False, compare=False)
    _masks: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _points: Mapping[str, Mapping[str, int]] = field(init=False, repr=False, compare=False)
    _kept: dict[tuple[tuple[str, ...], ...], "_Outcome"] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        lowest = sum(min((o.points for o in item.options), default=0) for item in self.items)
        full = sum(max((o.points for o in item.options), default=0) for item in self.items)
        highest = full if self.ceiling is None else min(full, self.ceiling)
        object.__setattr__(self, "lowest", lowest)
        object.__setattr__(self, "highest", highest)
        self._refuse_contradictions()
        # A sum above the ceiling lies in the last band, so that only the totals shown need capping.
        ends = [*(b.high for b in self.bands[:-1]), full]
        masks = tuple(_run(b.low, end) for b, end in zip(self.bands, ends, strict=True))
        points = {item.code: {o.code: o.points for o in item.options} for item in self.items}
        object.__setattr__(self, "_masks", masks)
        object.__setattr__(self, "_points", points)

    def _refuse_contradictions(self) -> None:
        self._refuse_bad_items()
        self._refuse_bad_bands()

    def _refuse_bad_items(self) -> None:
        if self.worse not in ("high", "low"):
            raise DefinitionError(f"score {self.code}: worse is 'high' or 'low'")
        if self.highest < self.lowest:
            raise DefinitionError(f"score {self.code}: the ceiling lies below the lowest total {self.lowest}")
        item_codes = [item.code for item in self.items]
        for code in item_codes:
            if item_codes.count(code) > 1:
                raise DefinitionError(f"score {self.code}: two items have the code {code!r}")
        for item in self.items:
            if any(option.points < 0 for option in item.options):
                raise DefinitionError(f"score {self.code}: item {item.code} has negative points")

    def _refuse_bad_bands(self) -> None:
        band_codes = [band.code for band in self.bands]
        for code in band_codes:
            if band_codes.count(code) > 1:
                raise DefinitionError(f"score {self.code}: two bands have the code {code!r}")
        for band in self.bands:
            if band.low > band.high:
                raise DefinitionError(f"score {self.code}: band {band.code} ends before it begins")
        for before, after in pairwise(self.bands):
            if after.low <= before.high:
                raise DefinitionError(f"score {self.code}: bands {before.code} and {after.code} overlap")
            if after.low > before.high + 1:
                raise DefinitionError(f"score {self.code}: no band between {before.code} and {after.code}")
        if not self.bands or self.bands[0].low != self.lowest or self.bands[-1].high != self.highest:
            raise DefinitionError(
                f"score {self.code}: the bands do not cover {self.lowest} to {self.highest}"
            )

    def item(self, code: str) -> Item:
        """The item with this code.

        Raises:
            DefinitionError: there is none.
        """
        for item in self.items:
            if item.code == code:
                return item
        raise DefinitionError(f"score {self.code}: no item {code!r}")

    def points_by_option(self, item: str) -> Mapping[str, int]:
        """The points of every option of one item."""
        return self._points[item]

    def band(self, code: str) -> Band:
        """The band with this code.

        Raises:
            DefinitionError: there is none.
        """
        for band in self.bands:
            if band.code == code:
                return band
        raise DefinitionError(f"score {self.code}: no band {code!r}")

    def evaluate(self, answers: Mapping[str, Answer]) -> "ScoreResult":
        """Every total, band and next step that the answers leave open.

        Args:
            answers: by item code; an item left out is unknown.

        Raises:
            DefinitionError: an answer names an item or option that the score does not have.
        """
        if not answers.keys() <= self._points.keys():
            unknown_items = sorted(answers.keys() - self._points.keys())
            raise DefinitionError(f"score {self.code}: no item {unknown_items}")
        full = {item.code: answers.get(item.code) or unknown(item) for item in self.items}
        outcome = self._outcome(tuple(answer.possible for answer in full.values()))
        return ScoreResult(
            score=self,
            answers=full,
            totals=outcome.totals,
            bands=outcome.bands,
            settled=len(outcome.bands) == 1,
            missing=tuple(code for code, answer in full.items() if not answer.recorded),
            would_settle=outcome.would_settle,
        )

    def bands_with(
        self, answers: Mapping[str, Answer], item: str, options: tuple[str, ...]
    ) -> tuple[str, ...]:
        """The bands still reachable if one item had other options.

        Args:
            answers: to every item.
            item: the item whose options are exchanged.
            options: what is still possible of it instead, in printed order.
        """
        possible = tuple(options if code == item else answers[code].possible for code in self._points)
        return self._outcome(possible).bands

    def _outcome(self, possible: tuple[tuple[str, ...], ...]) -> "_Outcome":
        """What depends on the options alone; the answers of patients repeat, so it is kept."""
        kept = self._kept.get(possible)
        if kept is None:
            kept = self._calculate(possible)
            if len(self._kept) < _MOST_KEPT:
                self._kept[possible] = kept
        return kept

    def _calculate(self, possible: tuple[tuple[str, ...], ...]) -> "_Outcome":
        points: list[frozenset[int]] = []
        for (code, by_option), options in zip(self._points.items(), possible, strict=True):
            for option in options:
                if option not in by_option:
                    raise DefinitionError(f"score {self.code}: item {code} has no option {option!r}")
            points.append(frozenset(by_option[option] for option in options))
        reachable = _sums(points)
        settling = [
            code
            for number, code in enumerate(self._points)
            if len(possible[number]) > 1
            and self._can_settle(_sums(points[:number] + points[number + 1 :]), points[number])
        ]
        totals = _bits(_capped(reachable, self.highest))
        return _Outcome(totals, self._bands_in(reachable), tuple(settling))

    def _can_settle(self, others: int, points: Iterable[int]) -> bool:
        return any(sum(1 for m in self._masks if (others << n) & m) == 1 for n in points)

    def _bands_in(self, reachable: int) -> tuple[str, ...]:
        return tuple(
            band.code for band, mask in zip(self.bands, self._masks, strict=True) if reachable & mask
        )


@dataclass(frozen=True, slots=True)
class _Outcome:
    totals: tuple[int, ...]
    bands: tuple[str, ...]
    would_settle: tuple[str, ...]


# Enough for every complete answer of the largest score and as many partial ones.
_MOST_KEPT = 4_096


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """What the answers leave possible.

    Args:
        totals: every reachable total, ascending.
        bands: codes of the bands still reachable, from low to high.
        settled: whether one band is left.
        missing: items about which nothing usable is recorded.
        would_settle: items not yet single, at least one of whose options would leave one band.
    """

    score: Score
    answers: Mapping[str, Answer]
    totals: tuple[int, ...]
    bands: tuple[str, ...]
    settled: bool
    missing: tuple[str, ...]
    would_settle: tuple[str, ...]

    @property
    def minimum(self) -> int:
        """The lowest reachable total."""
        return self.totals[0]

    @property
    def maximum(self) -> int:
        """The highest reachable total."""
        return self.totals[-1]

    @property
    def total(self) -> int | None:
        """The total, where only one is reachable."""
        return self.totals[0] if len(self.totals) == 1 else None

    def points(self, item: str) -> tuple[int, ...]:
        """The points that the item may still carry, ascending."""
        by_option = self.score.points_by_option(item)
        return tuple(sorted({by_option[option] for option in self.answers[item].possible}))


def _sums(points: Iterable[Iterable[int]]) -> int:
    """Every sum of one value of each, as a set of bits."""
    reachable = 1
    for values in points:
        total = 0
        for value in values:
            total |= reachable << value
        reachable = total
    return reachable


def _run(low: int, high: int) -> int:
    """The totals from one to another, both included, as a set of bits."""
    return (1 << high + 1) - (1 << low)


def _capped(reachable: int, ceiling: int) -> int:
    """The same set with every total above the ceiling counted as the ceiling."""
    return reachable & ((1 << ceiling) - 1) | (1 << ceiling if reachable >> ceiling else 0)


def _bits(reachable: int) -> tuple[int, ...]:
    return tuple(n for n in range(reachable.bit_length()) if reachable >> n & 1)
