"""A fracture on record: MIR-E7 in a limb, ACER-2 in the pelvis, and what leaves it open."""

import pytest

from tests.assess.test_urgent import ago, alert
from tests.fhir.records import LEFT, RIGHT, Json, assessed, condition, observation, site, snomed

PLACES: dict[str, Json] = {
    "femur": site("femur", LEFT),
    "humerus": site("humerus", LEFT),
    "acetabulum": snomed("37783008", LEFT),
    "ilium": site("ilium", LEFT),
    "bony-pelvis": site("bony-pelvis"),
    "T11": site("T11"),
    "sacrum": snomed("54735007"),
    "rib": site("rib", LEFT),
}
# bone, what is recorded of it -> which alarm there is
FRACTURES: list[tuple[str, list[str], str | None]] = [
    ("femur", ["present"], "MIR-E7"),
    ("humerus", ["present"], "MIR-E7"),
    ("acetabulum", ["present"], "ACER-2"),
    ("ilium", ["present"], "ACER-2"),
    ("bony-pelvis", ["present"], "ACER-2"),
    # SINS counts what a collapse means; of a rib no rule says anything.
    ("T11", ["present"], None),
    ("sacrum", ["present"], None),
    ("rib", ["present"], None),
    ("femur", [], None),
    ("femur", ["absent"], None),
    ("femur", ["indeterminate"], None),
    ("acetabulum", ["absent"], None),
    ("acetabulum", ["indeterminate"], None),
    ("femur", ["present", "absent"], "MIR-E7"),
]


def broken(bone: str, *answers: str, when: str | None = ago(30)) -> list[Json]:
    found = [
        observation(f"f{n}", "pathological-fracture", answer, about="Condition/c", effectiveDateTime=when)
        for n, answer in enumerate(answers)
    ]
    return [condition("c", PLACES[bone]), *found]


@pytest.mark.parametrize(("bone", "answers", "key"), FRACTURES)
def test_mir_e7_a_bone_that_is_recorded_as_broken(bone: str, answers: list[str], key: str | None) -> None:
    found = assessed(*broken(bone, *answers))
    (one,) = found.lesions
    fractures = [alarm for alarm in one.alarms if alarm.key in ("MIR-E7", "ACER-2")]
    assert [alarm.key for alarm in fractures] == ([key] if key else [])
    for alarm in fractures:
        assert alarm.headline == "fracture recorded: fracture pathway and orthopaedic oncology"
        assert (alarm.urgency, alarm.decides) == ("urgent", "orthopaedic oncology")
        assert "recorded on 2026-10-21" in alarm.text
        assert "MIR-E7-urgency" in {cite.key for cite in alarm.cites}
        assert one.urgency == "urgent"


def test_a_fracture_lasts_and_one_in_the_future_is_ignored() -> None:
    old = alert(assessed(*broken("femur", "present", when="2019-01-01")), "MIR-E7")
    assert (old.urgency, old.lesion) == ("urgent", "left-femur")
    assert "recorded on 2019-01-01: Mirels no longer applies" in old.text
    assert "recorded without a date" in alert(assessed(*broken("femur", "present", when=None)), "MIR-E7").text
    assert assessed(*broken("acetabulum", "present", when="2026-12-24")).alerts == ()


@pytest.mark.parametrize(
    ("bone", "said"),
    [
        ("acetabulum", "fracture of the acetabulum is"),
        ("ilium", "fracture of the pelvis is"),
        ("bony-pelvis", "where it involves the acetabulum"),
    ],
)
def test_acer_2_a_fracture_is_a_reason_for_a_surgical_opinion(bone: str, said: str) -> None:
    found = alert(assessed(*broken(bone, "present")), "ACER-2")
    assert said in found.text
    assert "a reason for a surgical opinion on reconstruction" in found.text
    assert "Do not wait for this tool." in found.text


def test_a_fracture_of_the_femur_as_a_diagnosis_is_one_of_the_lesion_there() -> None:
    right = site("femur", RIGHT)
    found = assessed(condition("c", right), condition("f", right, code="409667007"))
    assert "on the problem list" in alert(found, "MIR-E7").text
    assert alert(found, "MIR-E7").lesion == "right-femur"


def test_a_fracture_of_the_whole_bone_leaves_open_whether_a_lesion_in_it_is_broken() -> None:
    found = assessed(
        condition("c", snomed("41111004", LEFT)), condition("f", site("femur", LEFT), code="409667007")
    )
    assert [one.alarms for one in found.lesions] == [()]
