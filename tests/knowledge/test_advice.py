import re
from collections.abc import Callable, Iterator
from itertools import product
from random import Random

import pytest

from app.engine.provenance import Tag
from app.engine.question import Answer, given
from app.engine.score import Score, ScoreResult
from app.knowledge.anatomy import SITES, place_of
from app.knowledge.instrument import Advice, Instrument, Remarks, Urgency, totals_text
from app.knowledge.lesion import Lesion

BEST = {"sins": "stable", "mirels": "low"}
STABLE = re.compile(r"\bstable\b", re.IGNORECASE)
REASSURING = re.compile(r"^(stable|low)\b|\bby (sins|mirels)$", re.IGNORECASE)
SAMPLE = 5000


def random_answers(score: Score) -> Iterator[dict[str, Answer]]:
    random = Random(score.code)  # noqa: S311  a repeatable sample, no secret
    for _ in range(SAMPLE):
        yield {
            item.code: given(item, random.sample(item.codes, random.randint(1, len(item.codes))))
            for item in score.items
            if random.random() < 0.8
        }


def one_item_unknown(score: Score) -> Iterator[dict[str, Answer]]:
    for unknown in score.items:
        known = [item for item in score.items if item != unknown]
        for codes in product(*(item.codes for item in known)):
            yield {item.code: given(item, [c]) for item, c in zip(known, codes, strict=True)}


def complete(score: Score) -> Iterator[dict[str, Answer]]:
    for codes in product(*(item.codes for item in score.items)):
        yield {i.code: given(i, [code]) for i, code in zip(score.items, codes, strict=True)}


def results(score: Score) -> Iterator[ScoreResult]:
    for answers in (*random_answers(score), *one_item_unknown(score), *complete(score)):
        yield score.evaluate(answers)


@pytest.fixture(scope="module", params=["sins", "mirels"])
def said(
    request: pytest.FixtureRequest, instrument: Callable[..., Instrument]
) -> list[tuple[ScoreResult, Remarks]]:
    used = instrument(request.param)
    return [(result, used.remark(result, None)) for result in results(used.score)]


@pytest.fixture(scope="module")
def said_of_instrumented(
    sins: Instrument, lesion: Callable[..., Lesion]
) -> list[tuple[ScoreResult, Remarks]]:
    case = lesion("T10", {"instrumented-segment": "present"})
    return [(result, sins.remark(result, case)) for result in results(sins.score)]


def test_gen_5_nothing_reassuring_while_a_worse_band_is_reachable(
    said: list[tuple[ScoreResult, Remarks]],
) -> None:
    for result, remarks in said:
        best = (BEST[result.score.code],)
        reassures = bool(REASSURING.search(remarks.advice.headline))
        assert reassures == (result.bands == best), (result.answers, remarks.advice.headline)


def test_gen_5_stable_is_not_even_a_word_while_a_worse_band_is_reachable(
    said: list[tuple[ScoreResult, Remarks]],
) -> None:
    for result, remarks in said:
        if result.bands != ("stable",):
            assert not STABLE.search(f"{remarks.advice.headline} {remarks.advice.text}")


def test_only_the_best_band_alone_is_routine(said: list[tuple[ScoreResult, Remarks]]) -> None:
    for result, remarks in said:
        routine = remarks.advice.urgency is Urgency.ROUTINE
        assert routine == (result.bands == (BEST[result.score.code],))


def test_sins_e13_an_instrumented_segment_is_never_called_stable(
    said_of_instrumented: list[tuple[ScoreResult, Remarks]],
) -> None:
    for result, remarks in said_of_instrumented:
        texts = [remarks.advice.headline, remarks.advice.text, *(f.text for f in remarks.flags)]
        assert not STABLE.search(" ".join(texts)), result.answers
        assert [flag.key for flag in remarks.flags] == ["SINS-E13"]


def test_sins_e13_no_caution_calls_an_instrumented_segment_stable(
    said_of_instrumented: list[tuple[ScoreResult, Remarks]],
) -> None:
    texts = [caution.text for _, remarks in said_of_instrumented for caution in remarks.cautions]
    assert not [text for text in texts if STABLE.search(text)]


def test_the_worst_band_alone_is_said_plainly(said: list[tuple[ScoreResult, Remarks]]) -> None:
    worst = {"unstable": "Unstable", "high": "High"}
    for result, remarks in said:
        band = result.bands[-1]
        plain = remarks.advice.headline.startswith(("Unstable", "High:"))
        assert plain == (result.bands == (band,) and band in worst)


def test_what_would_settle_is_what_to_record_next(
    said: list[tuple[ScoreResult, Remarks]],
) -> None:
    for result, remarks in said:
        expected = () if result.settled else result.would_settle or result.missing
        assert remarks.record_next == expected


def test_advice_names_who_decides_and_stands_on_sources_that_may_speak(
    said: list[tuple[ScoreResult, Remarks]],
) -> None:
    spoken: set[Advice] = {remarks.advice for _, remarks in said}
    for advice in spoken:
        assert advice.decides
        assert advice.cites
        assert Tag.UNREAD not in {cite.tag for cite in advice.cites}


def test_10_3_a_card_gives_no_orders(said: list[tuple[ScoreResult, Remarks]]) -> None:
    orders = re.compile(r"\b(must|perform|give|administer|operate|prescribe)\b", re.IGNORECASE)
    for _, remarks in said:
        texts = [remarks.advice.text, *(caution.text for caution in remarks.cautions)]
        assert not orders.search(" ".join(texts))


def test_texts_are_of_a_length_that_fits_a_card(said: list[tuple[ScoreResult, Remarks]]) -> None:
    longest = max(len(place_of(site).label) for site in SITES)
    for _, remarks in said:
        assert len(f"{remarks.advice.headline}: ") + longest < 140
        assert 40 < len(remarks.advice.text) < 400
        assert all(20 < len(remark.text) < 300 for remark in remarks.cautions)


def test_totals_and_bands_are_short(said: list[tuple[ScoreResult, Remarks]]) -> None:
    for result, remarks in said:
        text = totals_text(result.totals)
        assert len(text) <= len("10, 11 or 12")
        assert f"{result.score.code.capitalize().replace('Sins', 'SINS')} {text}" in (remarks.advice.text)


@pytest.mark.parametrize(
    ("totals", "text"),
    [
        ((7,), "7"),
        ((6, 7), "6 or 7"),
        ((6, 7, 9), "6, 7 or 9"),
        ((3, 4, 5, 18), "3 to 18"),
    ],
)
def test_totals_in_words(totals: tuple[int, ...], text: str) -> None:
    assert totals_text(totals) == text
