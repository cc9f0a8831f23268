"""The routes of measures: definitions, calculations, and bodies that are refused (contract 2)."""

import json
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.knowledge import load
from app.knowledge.policy import Policy
from tests.api.caller import SCORES, Caller, pointers
from tests.cds_hooks.record import Json
from tests.contract import document

KNOWLEDGE = load(Policy())
CANARY = "Zwykowska 1951-03-14 MRN-4711"
# measure: inputs with the fewest and the most that they can hold, and one body for each kind of answer
BODIES: Mapping[str, list[Json]] = {
    "pain-bands": [
        {},
        {"pain_score": 5},
        {"pain_score": 4.3, "band_set": "mcdonald-2016"},
        {"pain_score": {"low": 4}, "pain_score_after": {"low": 1, "high": 2}},
        {"visual_analogue_scale": 43, "visual_analogue_scale_after": {"high": 20}},
    ],
    "morphine-equivalents": [
        {},
        {"opioids": [{}]},
        {"opioids": [{"opioid": "oxycodone", "route": "oral", "daily_dose_milligrams": 20}]},
        {"opioids": [{"opioid": "fentanyl", "route": "transdermal", "micrograms_per_hour": 75}]},
        {
            "opioids": [
                {"opioid": ["codeine", "tramadol"], "route": ["oral", "parenteral"]},
                {
                    "opioid": "morphine",
                    "route": "oral",
                    "daily_dose_milligrams": {"low": 5, "high": 10.5},
                    "as_needed": True,
                    "actual_daily_dose_milligrams": 2.5,
                },
            ]
        },
    ],
    "odi": [
        {},
        {"sum": 16, "answered": 9},
        {"sum": 16.0},
        {"percentage": 50},
        {"section_1": 3, "section_2": [0, 5]},
    ],
    "eq-5d-3l-japan": [
        {},
        {"state": "21232", "questionnaire_version": "3L"},
        {"mobility": 1, "pain_discomfort": [2, 3]},
    ],
    "quality-adjusted-life-years": [
        {},
        {"utilities": [{"time_months": 0, "utility": 1}, {"time_months": 12}]},
        {"utilities": [{"time_months": 0, "utility": {"low": 0.5}}], "death_months": 6},
        {"claimed_quality_adjusted_life_years": 0.0455, "claimed_at_months": 1},
    ],
    "performance-status": [{}, {"ecog": 1}, {"ecog": [0, 1], "karnofsky": 90}],
    "qlq-bm22": [
        {},
        {"painful_sites": 40, "scaling": "unknown"},
        {
            "painful_sites": 40.5,
            "pain_characteristics": {"low": 1, "high": 2},
            "scaling": "transformed-0-100",
        },
    ],
}
RESULT_KEYS = {
    "score", "version", "unit", "settled", "minimum", "maximum", "value", "bands", "missing", "would_settle",
    "cautions", "flags", "references",
}  # fmt: skip
EVERY = [(measure, body) for measure, bodies in BODIES.items() for body in bodies]


async def calculated(caller: Caller, measure: str, body: Json) -> Json:
    response = await caller.post(f"{SCORES}/{measure}", body)
    assert response.status_code == 200, response.text[:300]
    found: Json = response.json()
    return found


def test_every_measure_is_tried_below() -> None:
    assert set(BODIES) <= set(KNOWLEDGE.measures)


@pytest.mark.parametrize(("measure", "body"), EVERY)
async def test_every_answer_has_the_shape_that_the_document_promises(
    caller: Caller, measure: str, body: Json
) -> None:
    found = await calculated(caller, measure, body)
    assert set(found) >= RESULT_KEYS
    assert found["score"] == measure
    assert found["version"] == KNOWLEDGE.measures[measure].version
    assert all(reference["tag"] in ("S", "V", "V2", "D") for reference in found["references"])
    assert all(text.endswith("]") for text in found["cautions"])


@pytest.mark.parametrize(("measure", "body"), EVERY)
def test_every_body_that_is_taken_is_in_the_document(caller: Caller, measure: str, body: Json) -> None:
    validator = jsonschema.Draft202012Validator(whole_schema(caller, measure))
    assert list(validator.iter_errors(body)) == []


def body_schema(caller: Caller, measure: str) -> Mapping[str, Any]:
    return document.body_schema(caller.document, f"{SCORES}/{measure}")


def whole_schema(caller: Caller, measure: str) -> Mapping[str, Any]:
    """With everything that it refers to."""
    return {**body_schema(caller, measure), "components": caller.document["components"]}


@pytest.mark.parametrize("measure", BODIES)
def test_the_document_names_every_input_and_no_default(caller: Caller, measure: str) -> None:
    schema = body_schema(caller, measure)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]) == {entry.code for entry in KNOWLEDGE.measures[measure].inputs}
    assert schema["additionalProperties"] is False
    assert '"default"' not in json.dumps(schema)
    assert all(found["description"].strip() for found in schema["properties"].values())


@pytest.mark.parametrize("measure", BODIES)
async def test_a_definition_holds_everything(caller: Caller, measure: str) -> None:
    response = await caller.get(f"{SCORES}/{measure}")
    assert response.status_code == 200
    found = response.json()
    assert found["score"] == measure
    assert found["name"].strip()
    assert found["version"].strip()
    assert [entry["input"] for entry in found["inputs"]] == list(body_schema(caller, measure)["properties"])
    assert found["use"]
    assert found["misuse"]
    assert found["references"]
    assert found["knowledge"] == {"version": KNOWLEDGE.version, "digest": KNOWLEDGE.digest}
    for reference in (*found["references"], *(entry["reference"] for entry in found["inputs"])):
        assert reference["tag"] in ("S", "V", "V2", "D")
        assert reference["title"].strip()
        assert reference["place"].strip()
    assert (await caller.get(f"{SCORES}/{measure}")).content == response.content


@pytest.mark.parametrize(
    ("measure", "rules"), [("pain-bands", {"INS-5"}), ("qlq-bm22", {"BM-2", "BM-3"}), ("odi", set())]
)
async def test_a_definition_names_the_rules_it_leaves_out(
    caller: Caller, measure: str, rules: set[str]
) -> None:
    found = (await caller.get(f"{SCORES}/{measure}")).json()
    assert {rule["rule"] for rule in found["left_out"]} == rules


async def test_a_definition_says_unit_range_and_options_of_an_input(caller: Caller) -> None:
    inputs = {e["input"]: e for e in (await caller.get(f"{SCORES}/pain-bands")).json()["inputs"]}
    line = inputs["visual_analogue_scale"]
    assert (line["unit"], line["minimum"], line["maximum"], line["kind"]) == ("mm", 0, 100, "number-or-range")
    levels = (await caller.get(f"{SCORES}/eq-5d-3l-japan")).json()["inputs"][0]
    assert [option["option"] for option in levels["options"]] == [1, 2, 3]
    rows = (await caller.get(f"{SCORES}/morphine-equivalents")).json()["inputs"][0]
    assert {entry["input"]: entry["unit"] for entry in rows["fields"]}["micrograms_per_hour"] == "ug/h"


@pytest.mark.parametrize(
    ("measure", "body", "value", "bands"),
    [
        ("pain-bands", {"pain_score": 4}, 4, ["mild"]),
        ("pain-bands", {"pain_score": 4.0}, 4, ["mild"]),
        ("pain-bands", {"pain_score": 4.3}, 4.3, ["moderate"]),
        (
            "morphine-equivalents",
            {"opioids": [{"opioid": "methadone", "route": "oral", "daily_dose_milligrams": 0.1}]},
            0.47,
            [],
        ),
        ("odi", {"sum": 16, "answered": 9}, 35.55555555555556, ["moderate"]),
        ("eq-5d-3l-japan", {"state": "33333"}, -0.111, []),
        ("performance-status", {"karnofsky": 70}, 70, ["kps-50-70"]),
        ("performance-status", {"ecog": 1}, None, ["kps-50-70", "kps-80-100"]),
        ("qlq-bm22", {"painful_sites": 40}, None, []),
    ],
)
async def test_numbers_are_exact(
    caller: Caller, measure: str, body: Json, value: float | None, bands: list[str]
) -> None:
    found = await calculated(caller, measure, body)
    assert (found["value"], found["bands"]) == (value, bands)


async def test_the_catalogue_lists_every_measure(caller: Caller) -> None:
    listed = {entry["score"]: entry for entry in (await caller.get(SCORES)).json()["scores"]}
    for measure in BODIES:
        assert listed[measure]["definition"] == f"{SCORES}/{measure}"
        assert listed[measure]["version"] == KNOWLEDGE.measures[measure].version


@pytest.mark.parametrize("measure", BODIES)
async def test_another_method_is_a_405_that_names_both(caller: Caller, measure: str) -> None:
    response = await caller.call("DELETE", f"{SCORES}/{measure}", None, {})
    assert response.status_code == 405
    assert [name.strip() for name in response.headers["allow"].split(",")] == ["GET", "POST"]


# measure, body, the places named, a word of the message that mends it
REFUSED: list[tuple[str, Any, set[str], str]] = [
    ("pain-bands", {"pain_score": 10.1}, {"/pain_score"}, "0 to 10"),
    ("pain-bands", {"pain_score": -0.1}, {"/pain_score"}, "0 to 10"),
    ("pain-bands", {"pain_score": 43}, {"/pain_score"}, "visual_analogue_scale"),
    ("pain-bands", {"pain_score": "4"}, {"/pain_score"}, "number"),
    ("pain-bands", {"pain_score": True}, {"/pain_score"}, "number"),
    ("pain-bands", {"pain_score": None}, {"/pain_score"}, "number"),
    ("pain-bands", {"pain_score": [4]}, {"/pain_score"}, "number"),
    ("pain-bands", {"pain_score": {}}, {"/pain_score"}, "low"),
    ("pain-bands", {"pain_score": {"low": 5, "high": 4}}, {"/pain_score"}, "low is above high"),
    ("pain-bands", {"pain_score": {"from": 5}}, {"/pain_score"}, "low"),
    ("pain-bands", {"visual_analogue_scale": 100.5}, {"/visual_analogue_scale"}, "0 to 100 mm"),
    ("pain-bands", {"band_set": "serlin"}, {"/band_set"}, "cut-points-4-8"),
    ("pain-bands", {"band_set": ["cut-points-4-8"]}, {"/band_set"}, "cut-points-4-8"),
    ("pain-bands", {"pain_score": 4, "visual_analogue_scale": 40}, {"/visual_analogue_scale"}, "not both"),
    ("pain-bands", {"pain": 4}, {"/pain"}, "pain_score"),
    ("pain-bands", {"pain_score": 11, "band_set": "x", "pain": 1}, {"/pain_score", "/band_set", "/pain"}, ""),
    ("morphine-equivalents", {"opioids": []}, {"/opioids"}, "empty list"),
    ("morphine-equivalents", {"opioids": {}}, {"/opioids"}, "list"),
    ("morphine-equivalents", {"opioids": [{"opioid": "heroin"}]}, {"/opioids/0/opioid"}, "other"),
    ("morphine-equivalents", {"opioids": [{}, {"opioid": []}]}, {"/opioids/1/opioid"}, "morphine"),
    ("morphine-equivalents", {"opioids": [{"dose": 5}]}, {"/opioids/0/dose"}, "daily_dose_milligrams"),
    ("morphine-equivalents", {"opioids": [{"as_needed": 1}]}, {"/opioids/0/as_needed"}, "true or false"),
    ("morphine-equivalents", {"opioids": [{"daily_dose_milligrams": -1}]},
     {"/opioids/0/daily_dose_milligrams"}, "0 to"),
    ("morphine-equivalents", {"opioids": [{}] * 51}, {"/opioids"}, "50"),
    ("morphine-equivalents", {"opioids": [{"opioid": "fentanyl", "route": "transdermal",
     "daily_dose_milligrams": 5}]}, {"/opioids/0/daily_dose_milligrams"}, "micrograms_per_hour"),
    ("odi", {"section_1": 6}, {"/section_1"}, "0, 1, 2, 3, 4, 5"),
    ("odi", {"section_1": True}, {"/section_1"}, "0, 1, 2, 3, 4, 5"),
    ("odi", {"section_1": 2.5}, {"/section_1"}, "0, 1, 2, 3, 4, 5"),
    ("odi", {"section_11": 5}, {""}, "section_10"),
    ("odi", {"sum": 51}, {"/sum"}, "0 to 50"),
    ("odi", {"sum": 46, "answered": 9}, {"/sum"}, "five points"),
    ("odi", {"answered": 0}, {"/answered"}, "1 to 10"),
    ("odi", {"sum": 5, "percentage": 10}, {"/percentage"}, "not both"),
    ("eq-5d-3l-japan", {"mobility": 4}, {"/mobility"}, "EQ-5D-5L"),
    ("eq-5d-3l-japan", {"mobility": [1, 5]}, {"/mobility"}, "EQ-5D-5L"),
    ("eq-5d-3l-japan", {"state": "11245"}, {"/state"}, "EQ-5D-5L"),
    ("eq-5d-3l-japan", {"state": 11211}, {"/state"}, "digits"),
    ("eq-5d-3l-japan", {"state": "11211\n"}, {"/state"}, "digits"),
    ("eq-5d-3l-japan", {"questionnaire_version": "5L"}, {"/questionnaire_version"}, "EQ-5D-5L"),
    ("eq-5d-3l-japan", {"state": "11111", "mobility": 1}, {"/state"}, "not both"),
    ("quality-adjusted-life-years",
     {"claimed_quality_adjusted_life_years": 0.455, "claimed_at_months": 1},
     {"/claimed_quality_adjusted_life_years"}, "impossible"),
    ("quality-adjusted-life-years", {"utilities": [{"time_months": 0, "utility": 1.1}]},
     {"/utilities/0/utility"}, "-1 to 1"),
    ("quality-adjusted-life-years", {"utilities": [{"utility": 1}]}, {"/utilities/0/time_months"}, "0 to"),
    ("quality-adjusted-life-years", {"utilities": [{"time_months": 1}, {"time_months": 1}]},
     {"/utilities/1/time_months"}, "one time"),
    ("quality-adjusted-life-years", {"qlq_bm22": 40}, {"/qlq_bm22"}, "no utility"),
    ("performance-status", {"ecog": 5}, {"/ecog"}, "death"),
    ("performance-status", {"karnofsky": 75}, {"/karnofsky"}, "70"),
    ("qlq-bm22", {"total": 40}, {"/total"}, "no published total"),
    ("qlq-bm22", {"painful_sites": 101}, {"/painful_sites"}, "0 to 100"),
    ("qlq-bm22", {"scaling": "raw"}, {"/scaling"}, "transformed-0-100"),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "body", "places", "word"), REFUSED)
async def test_what_cannot_be_used_is_a_422_that_says_how_to_mend_it(
    caller: Caller, measure: str, body: Any, places: set[str], word: str
) -> None:
    problem = await caller.problem(f"{SCORES}/{measure}", body, 422)
    assert pointers(problem) == places
    assert word in " ".join(error["message"] for error in problem["errors"])


@pytest.mark.parametrize("measure", BODIES)
async def test_a_refusal_repeats_nothing(caller: Caller, measure: str) -> None:
    inputs = KNOWLEDGE.measures[measure].inputs
    for body in ({entry.code: CANARY for entry in inputs}, {CANARY: 1}, {inputs[0].code: {CANARY: [CANARY]}}):
        problem = await caller.problem(f"{SCORES}/{measure}", body, 422)
        assert "Zwykowska" not in str(problem)


@pytest.mark.parametrize("measure", BODIES)
@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"5", b"", b"{", b'{"ecog": NaN}', b'{"ecog": 1, "ecog": 2}', b'{"sum": 1e999}']
)
async def test_a_body_that_is_no_json_object_is_a_400(caller: Caller, measure: str, body: bytes) -> None:
    await caller.problem(f"{SCORES}/{measure}", body, 400)


async def test_other_media_types_and_large_bodies_are_refused(caller: Caller) -> None:
    await caller.problem(f"{SCORES}/odi", b"{}", 415, **{"content-type": "text/plain"})
    await caller.problem(f"{SCORES}/odi", b'{"x": "' + b"x" * 100_000 + b'"}', 413)


async def test_as_many_faults_as_fit_are_named(caller: Caller) -> None:
    rows = [{"dose": 1}] * 50
    problem = await caller.problem(f"{SCORES}/morphine-equivalents", {"opioids": rows}, 422)
    assert len(problem["errors"]) == 20


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 200)
    | st.floats(-5, 200)
    | st.sampled_from(["oral", "11111", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["low", "high", "opioid", "time_months", "utility", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@settings(max_examples=300)
@given(data=st.data(), measure=st.sampled_from(sorted(BODIES)))
async def test_any_body_is_answered_or_refused_and_the_document_says_which(
    caller: Caller, data: st.DataObject, measure: str
) -> None:
    names = [entry.code for entry in KNOWLEDGE.measures[measure].inputs]
    body = data.draw(st.dictionaries(st.sampled_from(names), json_values, max_size=3))
    response = await caller.post(f"{SCORES}/{measure}", body)
    assert response.status_code in (200, 422)
    fits = jsonschema.Draft202012Validator(whole_schema(caller, measure)).is_valid(body)
    # What the document does not allow is never taken; what it allows may still contradict itself.
    assert fits or response.status_code == 422
    if fits and response.status_code == 422:
        assert {error["code"] for error in response.json()["errors"]} == {"business-rule"}
