"""Enumerations and choices get names, or the document is not made."""

from typing import Any

import pytest

from app.document.choices import UnnamedChoiceError, name_choices
from app.document.enumerations import MEANINGS, UnnamedEnumerationError, name_enumerations
from app.document.parts import SCHEMA
from app.document.tidying import drop_unused, open_answers, tidy

Json = dict[str, Any]


def document(**schemas: Json) -> Json:
    return {"paths": {}, "components": {"schemas": schemas}}


def schemas_of(found: Json) -> Json:
    schemas: Json = found["components"]["schemas"]
    return schemas


def labelled(*values: str) -> Json:
    enumeration = {"type": "string", "enum": list(values)}
    several = {"type": "array", "items": dict(enumeration)}
    return {"anyOf": [enumeration, several], MEANINGS: {value: value.upper() for value in values}}


def test_options_are_named_after_the_body_and_the_input() -> None:
    found = document(SinsAnswers={"properties": {"pain_kind": labelled("a", "b")}})
    name_enumerations(found)
    assert schemas_of(found)["SinsPainKind"] == {
        "type": "string",
        "enum": ["a", "b"],
        "description": "`a`: A; `b`: B.",
        MEANINGS: ["A", "B"],
    }
    reference = {"$ref": f"{SCHEMA}SinsPainKind"}
    wanted = {"anyOf": [reference, {"type": "array", "items": reference}]}
    assert schemas_of(found)["SinsAnswers"]["properties"]["pain_kind"] == wanted


def test_inputs_that_share_their_options_share_the_name() -> None:
    found = document(AcetabulumInputs={"properties": {"x": labelled("a"), "y": labelled("a")}})
    name_enumerations(found)
    assert set(schemas_of(found)) == {"AcetabulumInputs", "AcetabulumIntegrity"}


@pytest.mark.parametrize(
    "properties",
    [
        {"x": {"enum": ["never", "heard", "of"]}},
        {"x": labelled("a"), "y": labelled("a")},
        {"x": {"enum": ["a", "b"], MEANINGS: {"a": "A"}}},
    ],
)
def test_what_has_no_name_or_no_meaning_stops_the_document(properties: Json) -> None:
    with pytest.raises(UnnamedEnumerationError):
        name_enumerations(document(NewInputs={"properties": properties}))


def test_two_that_differ_cannot_have_one_name() -> None:
    found = document(
        AInputs={"properties": {"x": labelled("a")}}, AAnswers={"properties": {"x": labelled("b")}}
    )
    with pytest.raises(UnnamedEnumerationError, match="AX"):
        name_enumerations(found)


def test_an_enumeration_of_its_own_is_explained_or_refused() -> None:
    found = document(Laterality={"type": "string", "enum": ["left", "right", "bilateral"]})
    name_enumerations(found)
    assert schemas_of(found)["Laterality"][MEANINGS] == ["The left side", "The right side", "Both sides"]
    with pytest.raises(UnnamedEnumerationError, match="Unheard"):
        name_enumerations(document(Unheard={"type": "string", "enum": ["a", "b"]}))


ITEM = {"$ref": f"{SCHEMA}Item"}


def test_one_or_several_is_a_choice_with_a_list() -> None:
    member = {"anyOf": [dict(ITEM), {"type": "array", "items": dict(ITEM)}], "description": "d"}
    found = document(Body={"properties": {"x": member}})
    name_choices(found)
    schemas = schemas_of(found)
    assert schemas["Body"]["properties"]["x"] == {"$ref": f"{SCHEMA}ItemChoice", "description": "d"}
    assert schemas["ItemChoice"]["anyOf"] == [ITEM, {"$ref": f"{SCHEMA}ItemList"}]
    assert schemas["ItemList"]["items"] == ITEM


def test_a_choice_that_can_be_null_stays_so() -> None:
    member = {"anyOf": [{"type": "number"}, dict(ITEM), {"type": "null"}]}
    found = document(BodyInputs={"properties": {"how_far": member}})
    name_choices(found)
    wanted = {"anyOf": [{"$ref": f"{SCHEMA}BodyHowFarChoice"}, {"type": "null"}]}
    assert schemas_of(found)["BodyInputs"]["properties"]["how_far"] == wanted


def test_one_thing_or_null_is_no_choice() -> None:
    member = {"anyOf": [dict(ITEM), {"type": "null"}]}
    found = document(Body={"properties": {"x": dict(member)}})
    name_choices(found)
    assert schemas_of(found) == {"Body": {"properties": {"x": member}}}


def test_a_list_of_nothing_named_is_refused() -> None:
    member = {"anyOf": [dict(ITEM), {"type": "array", "items": {"type": "string"}}]}
    with pytest.raises(UnnamedChoiceError):
        name_choices(document(Body={"properties": {"x": member}}))


def test_two_choices_that_differ_cannot_have_one_name() -> None:
    first = {"anyOf": [dict(ITEM), {"type": "array", "items": dict(ITEM)}]}
    second = {"anyOf": [dict(ITEM), {"type": "array", "items": dict(ITEM), "minItems": 1}]}
    with pytest.raises(UnnamedChoiceError, match="ItemList"):
        name_choices(document(Body={"properties": {"x": first, "y": second}}))


def test_null_becomes_a_type_and_titles_go() -> None:
    nullable = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "title": "T"}
    found = document(Body={"properties": {"title": nullable}, "title": "Body"})
    tidy(found)
    assert schemas_of(found)["Body"] == {"properties": {"title": {"type": ["integer", "null"], "minimum": 1}}}


def test_an_answer_leaves_out_rather_than_say_null() -> None:
    null = {"type": "null"}
    schemas = {
        "Answer": {
            "additionalProperties": False,
            "required": ["there"],
            "properties": {
                "there": {"anyOf": [dict(ITEM), null]},
                "perhaps": {"anyOf": [dict(ITEM), null]},
                "either": {"anyOf": [dict(ITEM), {"type": "string"}, null]},
            },
        }
    }
    open_answers(schemas)
    assert schemas["Answer"]["properties"] == {
        "there": {"anyOf": [ITEM, null]},
        "perhaps": ITEM,
        "either": {"anyOf": [ITEM, {"type": "string"}]},
    }
    assert "additionalProperties" not in schemas["Answer"]


def test_what_nothing_refers_to_is_left_out() -> None:
    found: Json = {
        "paths": {"/": {"get": {"responses": {"200": {"$ref": "#/components/responses/Good"}}}}},
        "components": {
            "responses": {"Good": {"schema": {"$ref": f"{SCHEMA}Used"}}, "Other": {}},
            "schemas": {"Used": {"items": {"$ref": f"{SCHEMA}Used"}}, "Unused": {}},
            "securitySchemes": {"key": {}},
        },
    }
    drop_unused(found)
    assert list(found["components"]["responses"]) == ["Good"]
    assert list(found["components"]["schemas"]) == ["Used"]
    assert list(found["components"]["securitySchemes"]) == ["key"]
