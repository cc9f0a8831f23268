"""Contract 1.3: the same findings score the same in all four shapes, in any mixture, in any order."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.assess import assess
from tests.fhir.records import (
    AS_OF,
    KNOWLEDGE,
    LOINC,
    MILDEST,
    READER,
    RECENT,
    SERVER,
    WORST,
    Json,
    answer,
    assessed,
    bundle,
    component,
    concept,
    condition,
    entry,
    everything_of,
    items,
    observation,
    patient,
    quantity,
    reference,
    response,
    scored,
    scores_of,
    site,
    snomed,
    spinal_lesion,
    totals,
)

Answers = Mapping[str, str]
Shape = Callable[[str, Answers], list[Json]]

# The published points of every answer, and the item that it answers.
SINS: Mapping[str, tuple[str, Mapping[str, int]]] = {
    "spinal-pain": ("pain", {"pain-mechanical": 3, "pain-occasional": 1, "pain-free": 0}),
    "bone-lesion-quality": ("lesion", {"lesion-lytic": 2, "lesion-mixed": 1, "lesion-blastic": 0}),
    "spinal-alignment": (
        "alignment",
        {"alignment-subluxation": 4, "alignment-deformity": 2, "alignment-normal": 0},
    ),
    "vertebral-collapse": (
        "collapse",
        {
            "collapse-over-50": 3,
            "collapse-under-50": 2,
            "collapse-none-involved-over-50": 1,
            "collapse-none": 0,
        },
    ),
    "posterolateral-involvement": (
        "posterolateral",
        {"posterolateral-bilateral": 3, "posterolateral-unilateral": 1, "posterolateral-none": 0},
    ),
}
LOCATION: Mapping[str, int] = {"C1": 3, "C4": 2, "T5": 1, "T11": 3, "L3": 2, "S3": 0}
MIDDLING: Answers = {
    "spinal-pain": "pain-occasional",
    "bone-lesion-quality": "lesion-lytic",
    "spinal-alignment": "alignment-normal",
    "vertebral-collapse": "collapse-none-involved-over-50",
    "posterolateral-involvement": "posterolateral-unilateral",
}
UNDATED: Json = {"effectiveDateTime": None}


def separate(level: str, answers: Answers) -> list[Json]:
    return items("separate", answers, at=level)


def separate_with_focus(level: str, answers: Answers) -> list[Json]:
    return items("focused", answers, about=f"Condition/c-{level}")


def components(level: str, answers: Answers) -> list[Json]:
    parts = [component(finding, value) for finding, value in answers.items()]
    return [observation("components", "sins", None, at=level, component=parts)]


def components_of_another_panel(level: str, answers: Answers) -> list[Json]:
    (panel,) = components(level, answers)
    return [panel | {"id": "foreign", "code": concept((LOINC, "18782-3"))}]


def members(level: str, answers: Answers) -> list[Json]:
    listed = [observation(f"m-{f}", f, value, **UNDATED) for f, value in answers.items()]
    named = [reference(f"Observation/{member['id']}") for member in listed]
    return [observation("panel", "sins", None, at=level, hasMember=named), *listed]


def members_of_a_panel_with_focus(level: str, answers: Answers) -> list[Json]:
    panel, *listed = members(level, answers)
    del panel["bodySite"]
    return [panel | {"focus": [reference(f"Condition/c-{level}")]}, *listed]


def members_by_absolute_reference(level: str, answers: Answers) -> list[Json]:
    panel, *listed = members(level, answers)
    panel["hasMember"] = [reference(f"{SERVER}/Observation/{member['id']}") for member in listed]
    return [entry(resource, f"{SERVER}/Observation/{resource['id']}") for resource in (panel, *listed)]


def members_by_urn(level: str, answers: Answers) -> list[Json]:
    panel, *listed = members(level, answers)
    urls = [f"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e{n}" for n in range(len(listed))]
    for member in listed:
        del member["id"]
    panel["hasMember"] = [reference(url) for url in urls]
    return [panel, *(entry(member, url) for member, url in zip(listed, urls, strict=True))]


def contained_members(level: str, answers: Answers) -> list[Json]:
    panel, *listed = members(level, answers)
    named = [reference(f"#{member['id']}") for member in listed]
    return [panel | {"id": "holder", "contained": listed, "hasMember": named}]


def questionnaire(level: str, answers: Answers) -> list[Json]:
    answered = {SINS[finding][0]: value for finding, value in answers.items()}
    return [response("response", "sins", {"level": level, **answered})]


def questionnaire_by_snomed_level(level: str, answers: Answers) -> list[Json]:
    (resource,) = questionnaire(level, answers)
    resource["item"][0]["answer"] = [{"valueCoding": site(level)["coding"][0]}]
    return [resource]


def questionnaire_in_groups(level: str, answers: Answers) -> list[Json]:
    (resource,) = questionnaire(level, answers)
    first, *rest = resource["item"]
    return [resource | {"item": [{"linkId": "a-group", "item": [first, {"linkId": "inner", "item": rest}]}]}]


SHAPES: tuple[Shape, ...] = (
    separate,
    separate_with_focus,
    components,
    components_of_another_panel,
    members,
    members_of_a_panel_with_focus,
    members_by_absolute_reference,
    members_by_urn,
    contained_members,
    questionnaire,
    questionnaire_by_snomed_level,
    questionnaire_in_groups,
)


def expected_totals(level: str, answers: Answers) -> tuple[int, ...]:
    """Every sum that the answers leave reachable, by the published table."""
    reachable = {LOCATION[level]}
    for finding, (_, points) in SINS.items():
        given_answer = answers.get(finding, "indeterminate")
        left = points.values() if given_answer == "indeterminate" else {points[given_answer]}
        reachable = {total + more for total in reachable for more in left}
    return tuple(sorted(reachable))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("level", "answers"),
    [
        ("T11", WORST),
        ("S3", MILDEST),
        ("T5", MIDDLING),
        ("C4", {"bone-lesion-quality": "lesion-mixed"}),
        ("L3", {**MIDDLING, "spinal-pain": "indeterminate"}),
        ("C1", {"spinal-alignment": "alignment-subluxation", "vertebral-collapse": "collapse-over-50"}),
    ],
    ids=["worst", "mildest", "middling", "one item", "indeterminate", "two items"],
)
def test_sins_is_the_same_in_every_shape(level: str, answers: Answers, shape: Shape) -> None:
    lesion = condition(f"c-{level}", level)
    found = assessed(lesion, *shape(level, answers))
    assert totals(found, level) == expected_totals(level, answers)
    assert scores_of(found) == scores_of(assessed(lesion, *separate(level, answers)))
    assert found.gaps == ()


SIZES: Mapping[str, float] = {
    "size-under-third": 20,
    "size-third-to-two-thirds": 50,
    "size-over-two-thirds": 80,
}
FEMUR = {"site": "femoral-shaft", "laterality": "left"}
SHAFT = snomed("41111004", "7771000")


@pytest.mark.parametrize(
    ("pain", "quality", "size", "total"),
    [
        ("limb-pain-mild", "lesion-blastic", "size-under-third", 5),
        ("limb-pain-functional", "lesion-lytic", "size-over-two-thirds", 11),
        ("limb-pain-moderate", "lesion-mixed", "size-third-to-two-thirds", 8),
    ],
)
def test_mirels_is_the_same_in_every_shape(pain: str, quality: str, size: str, total: int) -> None:
    values: dict[str, Json | str] = {
        "limb-pain": pain,
        "bone-lesion-quality": quality,
        "cortical-destruction": quantity(SIZES[size]),
    }
    alone = [observation(f, f, value, bodySite=SHAFT) for f, value in values.items()]
    parts = [component(f, value) for f, value in values.items()]
    named = [reference(f"Observation/{f}") for f in values]
    bare = [observation(f, f, value, effectiveDateTime=None) for f, value in values.items()]
    answers = FEMUR | {"pain": pain, "lesion": quality, "size": size}
    shapes = [
        alone,
        [observation("parts", "mirels", None, bodySite=SHAFT, component=parts)],
        [observation("panel", "mirels", None, bodySite=SHAFT, hasMember=named), *bare],
        [response("response", "mirels", answers)],
    ]
    lesion = condition("c", SHAFT)
    found = [assessed(lesion, *shape) for shape in shapes]
    assert [totals(one, "left-femoral-shaft", "mirels") for one in found] == [(total,)] * 4
    assert all(scores_of(one) == scores_of(found[0]) for one in found)


@pytest.mark.parametrize(
    ("score", "answers"),
    [
        ("sins", {"level": "T11", "pain": "mechanical", "lesion": "lytic"}),
        ("mirels", FEMUR | {"pain": "functional", "lesion": "lytic", "size": "over-two-thirds"}),
    ],
)
def test_a_response_may_answer_with_the_options_of_the_score(score: str, answers: Answers) -> None:
    found = assessed(condition("c", "T11"), condition("f", SHAFT), response("q", score, answers))
    lesion_id = "T11" if score == "sins" else "left-femoral-shaft"
    options = {item: code for item, code in answers.items() if item not in ("level", "site", "laterality")}
    result = scored(found, lesion_id, score).result
    assert result is not None
    assert {item: result.answers[item].possible for item in options} == {i: (c,) for i, c in options.items()}


def test_a_response_to_another_questionnaire_says_nothing() -> None:
    other = response("q", "sins", {"level": "T11", "pain": "pain-free"}, questionnaire="https://a.example/q")
    assert not answer(assessed(condition("c", "T11"), other), "T11", "pain").recorded


def test_a_response_to_a_version_of_the_questionnaire_is_read() -> None:
    answered = response("q", "sins", {"level": "T11", "pain": "pain-free"})
    answered["questionnaire"] += "|2010"
    found = assessed(condition("c", "T11"), answered)
    assert answer(found, "T11", "pain").possible == ("none",)


@pytest.mark.parametrize(
    ("status", "recorded", "provisional"),
    [
        ("completed", True, False),
        ("amended", True, False),
        ("in-progress", True, True),
        ("entered-in-error", False, False),
        ("stopped", False, False),
    ],
)
def test_time_3_the_status_of_a_response_decides(status: str, recorded: bool, provisional: bool) -> None:
    answered = response("q", "sins", {"level": "T11", "pain": "pain-free"}, status=status)
    given_answer = answer(assessed(condition("c", "T11"), answered), "T11", "pain")
    assert given_answer.recorded == recorded
    assert any(source.provisional for source in given_answer.sources) == provisional


# -- any mixture, any order ---------------------------------------------------------------------------


@st.composite
def mixtures(draw: st.DrawFn) -> tuple[str, Answers, list[Json]]:
    """A level, answers to some findings, and resources that hold each in a shape of its own."""
    level = draw(st.sampled_from(sorted(LOCATION)))
    answers = {
        finding: draw(st.sampled_from([*points, "indeterminate"]))
        for finding, (_, points) in SINS.items()
        if draw(st.booleans())
    }
    chosen = {finding: draw(st.sampled_from(SHAPES)) for finding in answers}
    resources: list[Json] = [condition(f"c-{level}", level)]
    for shape in SHAPES:
        held = {finding: value for finding, value in answers.items() if chosen[finding] is shape}
        if held:
            resources += _renamed(shape(level, held), shape.__name__)
    return level, answers, draw(st.permutations(resources))


def _renamed(resources: list[Json], prefix: str) -> list[Json]:
    """Panels of different shapes get ids of their own."""
    return [r | {"id": f"{prefix}-{r['id']}"} if "hasMember" in r else r for r in resources]


@settings(max_examples=150)
@given(mixtures())
def test_any_mixture_of_shapes_gives_the_same_scores(mixture: tuple[str, Answers, list[Json]]) -> None:
    level, answers, resources = mixture
    found = assessed(*resources)
    assert totals(found, level) == expected_totals(level, answers)
    assert scores_of(found) == scores_of(assessed(condition("c", level), *separate(level, answers)))


RECORD: list[Json] = [
    patient(),
    *spinal_lesion("T11", WORST),
    condition("c-L3", "L3"),
    *members("L3", MIDDLING),
    observation("again", "spinal-pain", "pain-mechanical", at="L3"),
    condition("thoracic", code="94274006"),
    condition("limbs", site("femur", "7771000"), site("humerus", "24028007")),
    observation("limb", "limb-pain", "limb-pain-mild", at="femur"),
    response("q", "mirels", FEMUR | {"pain": "limb-pain-functional"}),
    condition("unsited"),
    observation("about-unsited", "bone-lesion-quality", "lesion-lytic", about="Condition/unsited"),
    observation("astray", "spinal-pain", "pain-free"),
    observation("score-1", "pain-score", quantity(4, "{score}"), effectiveDateTime="2026-11-17"),
    observation("score-2", "pain-score", quantity(6, "{score}"), effectiveDateTime=RECENT),
    observation("total", "sins-total", {"valueInteger": 15}, at="L3"),
    observation("odd", "spinal-pain", {"valueString": "bad"}),
    {"resourceType": "Encounter", "id": "e", "subject": reference("Patient/p1")},
]


@settings(max_examples=100)
@given(st.permutations(RECORD))
def test_the_order_of_entries_never_matters(shuffled: list[Json]) -> None:
    found = assess(READER.bundle(bundle(shuffled)), AS_OF, KNOWLEDGE)
    assert everything_of(found) == everything_of(assess(READER.bundle(bundle(RECORD)), AS_OF, KNOWLEDGE))


@settings(max_examples=50)
@given(st.permutations(RECORD[1:]), st.integers(0, len(RECORD)))
def test_an_unrelated_resource_changes_nothing(shuffled: list[Json], place: int) -> None:
    unrelated = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "mood"}}
    unrelated |= {"subject": reference("Patient/p1"), "valueString": "good"}
    shuffled.insert(place, unrelated)
    assert everything_of(assessed(*shuffled)) == everything_of(assessed(*RECORD[1:]))
