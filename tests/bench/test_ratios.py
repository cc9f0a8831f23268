"""What the benchmark makes of its samples."""

import pytest

from bench.ratios import Pair, Sample, figures, multiple, percentile, spread


def sample(answers: int, cpu: float = 0.95, *, seconds: float = 1.0, after: float = 0.0) -> Sample:
    return Sample(seconds, cpu, after, [0.001 * n for n in range(answers, 0, -1)])


def pair(answers: int, cpu: float = 0.95, *, bare: int = 100, bare_cpu: float = 0.95) -> Pair:
    return Pair(sample(bare, bare_cpu), sample(answers, cpu), sample(bare, bare_cpu))


@pytest.mark.parametrize(
    ("share", "value"), [(0.01, 1), (0.5, 50), (0.501, 51), (0.99, 99), (0.991, 100), (1.0, 100)]
)
def test_a_percentile_is_the_nearest_rank(share: float, value: int) -> None:
    assert percentile(range(1, 101), share) == value


def test_a_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 0.01) == percentile([7.0], 0.99) == 7.0


def test_a_spread_has_the_median_and_both_ends() -> None:
    found = spread([3.0, 1.0, 2.0, 10.0])
    assert (found.median, found.lowest, found.highest) == (2.5, 1.0, 10.0)


def test_a_sample_is_held_against_what_was_before_and_after_it() -> None:
    found = Pair(sample(100), sample(60), sample(140))
    assert found.throughput == pytest.approx(0.5)


def test_processor_time_that_comes_after_the_answers_counts_for_them() -> None:
    found = sample(100, 0.5, after=0.5)
    assert found.cpu_milliseconds == pytest.approx(10)
    assert found.utilisation == 0.5


def test_more_processor_time_is_a_lower_ratio() -> None:
    found = Pair(sample(100, 0.4), sample(100, 0.8), sample(100, 0.4))
    assert found.cpu == pytest.approx(0.5)


@pytest.mark.parametrize("place", ["before", "sample", "after"])
def test_a_pair_with_an_idle_server_says_nothing_of_throughput(place: str) -> None:
    samples = {"before": sample(100), "sample": sample(50), "after": sample(100)}
    busy = [Pair(**samples)] * 3
    idle = Pair(**{**samples, place: sample(10, 0.899)})
    found = figures([*busy, idle], 8)
    assert (found.pairs, found.rejected) == (4, 1)
    assert found.throughput == spread([0.5])
    assert found.cpu != spread([0.5]), "its processor time counts"


def test_exactly_nine_tenths_is_busy() -> None:
    found = figures([pair(50, 0.9, bare_cpu=0.9)] * 3, 8)
    assert found.rejected == 0


def test_two_busy_pairs_are_too_few() -> None:
    found = figures([pair(50)] * 2 + [pair(50, 0.5)] * 7, 8)
    assert found.throughput is None
    assert found.ratio == found.cpu.median


def test_one_connection_keeps_no_server_busy_and_counts() -> None:
    assert figures([pair(50, 0.5)] * 3, 1).throughput == spread([0.5])


def test_the_ratio_is_the_one_that_flatters_less() -> None:
    client_bound = [pair(95, 0.9, bare=100, bare_cpu=0.99)] * 3
    found = figures(client_bound, 8)
    assert found.throughput is not None
    assert found.ratio == min(found.throughput.median, found.cpu.median) == found.throughput.median


def test_latencies_of_all_samples_are_one_lot() -> None:
    found = figures([pair(100)] * 3, 8)
    assert found.answers == 300
    assert found.p50_milliseconds == pytest.approx(50)
    assert found.p99_milliseconds == pytest.approx(99)


def test_two_servers_are_compared_within_each_round() -> None:
    ours, theirs = [pair(200), pair(100), pair(60)], [pair(100), pair(25), pair(20)]
    by_time, by_cpu = multiple(ours, theirs, 8)
    assert by_time == by_cpu
    assert by_cpu.median == pytest.approx(3)
    assert [by_cpu.lowest, by_cpu.highest] == pytest.approx([2, 4])


def test_a_round_in_which_one_of_both_was_idle_does_not_count() -> None:
    by_time, by_cpu = multiple([pair(200)] * 3, [pair(100), pair(100), pair(100, 0.5)], 8)
    assert by_time is None
    assert by_cpu.lowest == pytest.approx(2 * 0.5 / 0.95)
