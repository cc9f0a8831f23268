"""Morphine equivalents (rules MME-1 to MME-5; worked cases TC-08 and TC-09)."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.measure import RefusedError
from tests.knowledge.measure_case import MEASURES, ask, keys

# The table of 2022, written down again.
FACTORS = {
    "codeine": "0.15",
    "hydrocodone": "1",
    "hydromorphone": "5",
    "methadone": "4.7",
    "morphine": "1",
    "oxycodone": "1.5",
    "oxymorphone": "3",
    "tapentadol": "0.4",
    "tramadol": "0.2",
}
PATCH = {"opioid": "fentanyl", "route": "transdermal"}
NO_FACTOR = [
    ("buprenorphine", "oral"),
    ("buprenorphine", "transdermal"),
    ("morphine", "parenteral"),
    ("hydromorphone", "neuraxial"),
    ("fentanyl", "parenteral"),
    ("fentanyl", "oral"),
    ("morphine", "other"),
    ("other", "oral"),
]


def oral(opioid: Any, milligrams: Any, **more: Any) -> dict[str, Any]:
    return {"opioid": opioid, "route": "oral", "daily_dose_milligrams": milligrams, **more}


def total(*opioids: dict[str, Any]) -> Any:
    return ask("morphine-equivalents", opioids=list(opioids))


@pytest.mark.parametrize(
    ("opioids", "milligrams"),
    [
        pytest.param([oral("hydrocodone", 20)], "20", id="TC-08 hydrocodone 20 mg a day"),
        pytest.param([oral("oxycodone", 20)], "30", id="TC-08 oxycodone 20 mg a day"),
        pytest.param(
            [{**PATCH, "micrograms_per_hour": 75}], "180", id="TC-09 fentanyl 75 micrograms an hour"
        ),
        pytest.param([oral("hydrocodone", 20), oral("oxycodone", 20)], "50", id="a sum"),
        pytest.param([oral("tramadol", 300), oral("codeine", 120)], "78", id="weak opioids"),
        pytest.param([oral("methadone", 10)], "47", id="methadone, one factor at every dose"),
        pytest.param([oral("hydromorphone", 8)], "40", id="hydromorphone, by the edition of 2022"),
        pytest.param([oral("morphine", 0)], "0", id="a dose of 0 that is stated"),
        pytest.param(
            [{**PATCH, "micrograms_per_hour": 25}, {**PATCH, "micrograms_per_hour": 50}],
            "180",
            id="two patches at once",
        ),
        pytest.param([oral("morphine", "0.1"), oral("morphine", "0.2")], "0.3", id="exact decimals"),
    ],
)
def test_worked_cases(opioids: list[dict[str, Any]], milligrams: str) -> None:
    found = total(*opioids)
    assert found.value == found.minimum == found.maximum == Fraction(milligrams)
    assert found.settled
    assert found.details["computable"] is True
    assert found.details["lower_bound"] is False


@pytest.mark.parametrize(("opioid", "factor"), FACTORS.items())
def test_every_factor_of_the_table(opioid: str, factor: str) -> None:
    assert total(oral(opioid, 100)).value == 100 * Fraction(factor)


def test_the_table_holds_nothing_else() -> None:
    (rows,) = MEASURES["morphine-equivalents"].inputs
    drugs = set(rows.fields[0].codes)
    assert drugs == {*FACTORS, "fentanyl", "buprenorphine", "other"}


def test_mme_1_a_patch_counts_once_by_its_rate() -> None:
    found = total({**PATCH, "micrograms_per_hour": 75})
    assert found.value == 180
    assert "MME-1" in keys(found.cautions)


def test_mme_1_a_patch_in_milligrams_a_day_is_refused() -> None:
    with pytest.raises(RefusedError, match="micrograms_per_hour") as raised:
        total(oral("morphine", 10), {**PATCH, "daily_dose_milligrams": 5})
    assert raised.value.refusals[0].path == ("opioids", 1, "daily_dose_milligrams")


def test_mme_1_a_drug_by_mouth_has_no_rate() -> None:
    with pytest.raises(RefusedError, match="daily_dose_milligrams"):
        total({"opioid": "morphine", "route": "oral", "micrograms_per_hour": 5})


@pytest.mark.parametrize(
    "more", [{"daily_dose_milligrams": 5}, {"actual_daily_dose_milligrams": 5, "as_needed": True}]
)
def test_mme_1_two_amounts_of_one_drug_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match="not both"):
        total({**PATCH, "micrograms_per_hour": 25, **more})


def test_every_fault_is_named_at_once() -> None:
    wrong = [{**PATCH, "daily_dose_milligrams": 5}, oral("morphine", 5, micrograms_per_hour=5)]
    with pytest.raises(RefusedError) as raised:
        total(*wrong)
    assert [refusal.path[1] for refusal in raised.value.refusals] == [0, 1]


@pytest.mark.parametrize("opioids", [[oral("morphine", 10)], [oral("other", 10)], []])
def test_mme_2_every_answer_says_that_it_is_not_for_rotation(opioids: list[dict[str, Any]]) -> None:
    found = total(*opioids) if opioids else ask("morphine-equivalents")
    assert "MME-2" in keys(found.cautions)
    for remark in (*found.cautions, *found.flags):
        assert "rotat" not in remark.text.lower()
        assert "switch" not in remark.text.lower()


@pytest.mark.parametrize(("opioid", "route"), NO_FACTOR)
def test_mme_3_without_a_factor_the_total_is_a_lower_bound(opioid: str, route: str) -> None:
    found = total(oral("oxycodone", 20), {"opioid": opioid, "route": route, "daily_dose_milligrams": 5})
    assert (found.value, found.minimum, found.maximum) == (None, 30, None)
    assert found.details["computable"] is False
    assert found.details["lower_bound"] is True
    assert "MME-3" in keys(found.flags)
    assert found.settled is False
    assert found.would_settle == ()


def test_mme_3_a_route_that_is_not_told_may_have_no_factor() -> None:
    found = total(oral("oxycodone", 20), {"opioid": "morphine", "daily_dose_milligrams": 10})
    assert (found.minimum, found.maximum) == (30, None)
    assert found.missing == ("opioids/1/route",)
    assert found.would_settle == ("opioids/1/route",)


def test_mme_4_the_version_is_named_where_older_tables_differ() -> None:
    assert MEASURES["morphine-equivalents"].version == "CDC 2022"
    for opioid in FACTORS:
        changed = opioid in ("hydromorphone", "tramadol", "methadone")
        assert ("MME-4" in keys(total(oral(opioid, 10)).cautions)) is changed


@pytest.mark.parametrize(
    ("more", "low", "high"),
    [
        ({"as_needed": True}, 0, 60),
        ({"as_needed": True, "actual_daily_dose_milligrams": 10}, 15, 15),
        ({"as_needed": True, "actual_daily_dose_milligrams": 0}, 0, 0),
        ({"as_needed": True, "actual_daily_dose_milligrams": (10, 20)}, 15, 30),
        ({"as_needed": False}, 60, 60),
    ],
)
def test_mme_5_as_needed_is_the_intake_if_known_else_0_to_the_maximum(
    more: dict[str, Any], low: int, high: int
) -> None:
    found = total(oral("oxycodone", 40, **more))
    assert (found.minimum, found.maximum) == (low, high)
    assert found.value == (low if low == high else None)
    wanted = more == {"as_needed": True}
    assert ("MME-5" in keys(found.cautions)) is wanted
    assert found.missing == (("opioids/0/actual_daily_dose_milligrams",) if wanted else ())


def test_mme_5_an_intake_above_the_maximum_is_used_and_flagged() -> None:
    found = total(oral("morphine", 20, as_needed=True, actual_daily_dose_milligrams=30))
    assert found.value == 30
    assert "MME-5" in keys(found.flags)


def test_mme_5_an_intake_of_a_regular_drug_is_refused() -> None:
    with pytest.raises(RefusedError, match="as_needed"):
        total(oral("morphine", 20, actual_daily_dose_milligrams=10))


def test_mme_5_the_intake_would_settle() -> None:
    found = total(oral("morphine", 20), oral("oxycodone", 20, as_needed=True))
    assert (found.minimum, found.maximum) == (20, 50)
    assert found.would_settle == ("opioids/1/actual_daily_dose_milligrams",)


def test_an_unknown_dose_is_never_0() -> None:
    found = total({"opioid": "morphine", "route": "oral"})
    assert (found.value, found.minimum, found.maximum) == (None, 0, None)
    assert found.missing == found.would_settle == ("opioids/0/daily_dose_milligrams",)
    patch = total(PATCH)
    assert patch.missing == ("opioids/0/micrograms_per_hour",)


def test_a_patch_as_needed_stays_a_maximum() -> None:
    found = total({**PATCH, "micrograms_per_hour": 25, "as_needed": True})
    assert (found.minimum, found.maximum) == (0, 60)
    assert found.would_settle == ()


def test_an_opioid_or_a_route_that_would_have_a_factor_would_settle() -> None:
    found = total({"opioid": ["morphine", "buprenorphine"], "daily_dose_milligrams": 10})
    assert found.missing == ("opioids/0/route",)
    assert found.would_settle == ()
    by_mouth = total(oral(["morphine", "buprenorphine"], 10))
    assert by_mouth.would_settle == ("opioids/0/opioid",)
    assert (by_mouth.minimum, by_mouth.maximum) == (0, None)


def test_two_unknown_doses_settle_nothing_alone() -> None:
    unknown = {"opioid": "morphine", "route": "oral"}
    assert total(unknown, unknown).would_settle == ()


def test_opioids_not_recorded_are_not_none_taken() -> None:
    found = ask("morphine-equivalents")
    assert (found.value, found.maximum, found.missing) == (None, None, ("opioids",))
    assert found.settled is False
    assert found.flags


def test_one_of_several_opioids_gives_a_range() -> None:
    found = total(oral(["codeine", "oxycodone"], 20))
    assert (found.minimum, found.maximum, found.value) == (3, 30, None)
    assert found.would_settle == ("opioids/0/opioid",)
    assert found.details["computable"] is True


amounts = st.integers(0, 2000).map(lambda tenths: Fraction(tenths, 10))


@given(st.lists(st.tuples(st.sampled_from(sorted(FACTORS)), amounts), min_size=1, max_size=5))
def test_the_total_is_the_exact_sum_in_any_order(taken: list[tuple[str, Fraction]]) -> None:
    rows = [oral(opioid, amount) for opioid, amount in taken]
    expected = sum((Fraction(FACTORS[opioid]) * amount for opioid, amount in taken), Fraction(0))
    assert total(*rows).value == total(*reversed(rows)).value == expected


@given(amounts, amounts, st.sampled_from(sorted(FACTORS)))
def test_knowing_more_never_widens(one: Fraction, other: Fraction, opioid: str) -> None:
    low, high = sorted((one, other))
    wide = total(oral(opioid, (low, high)))
    narrow = total(oral(opioid, high))
    assert wide.minimum <= narrow.value <= wide.maximum
