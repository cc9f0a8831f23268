"""The body of a card: at most 4,000 characters, and inert in any renderer (R84, R85; hardening O)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.record import (
    BONE_METASTASIS,
    FEMORAL_SHAFT,
    FEMUR,
    LEFT,
    PATIENT_ID,
    RECENT,
    SINS_ANSWERS,
    STABLE,
    STALE,
    UCUM,
    UNSTABLE,
    VERTEBRAE,
    Json,
    coded,
    concept,
    condition,
    findings,
    focus,
    limb_lesion,
    observation,
    quantity,
    site_of,
    spinal_lesion,
)

LONGEST = 4_000
# Raw HTML on, and bare addresses made into links: the meanest renderer that cards may meet.
RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<!-- -->",
    "<details open ontoggle=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](https://evil.example)",
    "![x](https://evil.example/p.png)",
    "[x][1]\n\n[1]: https://evil.example",
    "<https://evil.example>",
    "https://evil.example www.evil.example a@evil.example",
    "`</code><b>x</b>`",
    "```\n<b>x</b>\n```",
    "``` x ``",
    "| a | b |\n|---|---|\n| <b>x</b> | y |",
    "# Heading\n\n---\n\n> quote",
    "**Total** | **stable** | 0 |",
    "\u202estable\u202c\u200b\u2066x",
    "{{context.patientId}} ${7*7} %s {0.__class__} \\ \x00\x07",
)
# Marks that a payload leaves where it comes through.
TRACES = ("evil.example", "alert(1)", "onerror", "__class__", "Heading")


def rendered(detail: str) -> list[Token]:
    def flat(tokens: list[Token]) -> Iterator[Token]:
        for token in tokens:
            yield token
            yield from flat(token.children or [])

    return list(flat(RENDERER.parse(detail)))


def check(detail: str) -> None:
    """Nothing but the marks this service itself uses, and nothing a browser would fetch or run."""
    assert 0 < len(detail) <= LONGEST
    kinds = {token.type for token in rendered(detail)}
    assert kinds.isdisjoint({"html_block", "html_inline", "link_open", "image", "heading_open", "hr"})
    assert kinds.isdisjoint({"fence", "code_block", "blockquote_open"})
    assert "<" not in detail.replace("`<`", "")
    assert not any(ord(c) < 32 and c != "\n" for c in detail)
    assert not any(c in detail for c in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200b\u200e\u200f")


def poisoned(payload: str) -> list[Json]:
    """A record with the payload in every text that an EHR may fill."""
    record: list[Json] = []
    lesion = condition("c", site=site_of(VERTEBRAE["T11"]) | {"text": payload})
    lesion["code"] = concept(BONE_METASTASIS) | {"text": payload}
    lesion["code"]["coding"][0]["display"] = payload
    lesion |= {"note": [{"text": payload}], "recordedDate": payload, "onsetString": payload}
    record.append(lesion)
    for finding in findings("c", UNSTABLE):
        finding["code"] |= {"text": payload}
        finding["code"]["coding"].append({"system": payload, "code": payload, "display": payload})
        finding["valueCodeableConcept"]["coding"].append({"system": payload, "code": payload})
        finding |= {"note": [{"text": payload}], "performer": [{"display": payload}]}
        finding["focus"][0]["display"] = payload
        record.append(finding)
    height = quantity(62)
    record += [
        observation(payload, "spinal-pain", coded("pain-occasional"), focus=focus("c")),
        observation("d", "spinal-pain", coded("pain-free"), focus=focus("c"), effectiveDateTime=payload),
        observation(
            "e", "spinal-pain", coded("pain-free"), focus=focus("c"), effectiveDateTime=f"{RECENT} {payload}"
        ),
        observation("f", "spinal-pain", coded("pain-free"), focus=focus(payload)),
        observation("g", "spinal-pain", coded("pain-free"), focus=[{"reference": payload}]),
        observation("h", "vertebral-height-loss", height, focus=focus("c")) | {"id": f"h {payload}"},
        observation("i", "vertebral-height-loss", {"valueQuantity": {"value": 1, "unit": payload}}),
        observation(
            "j", "vertebral-height-loss", {"valueQuantity": {"value": 1, "code": payload, "system": UCUM}}
        ),
        observation(
            "k", "vertebral-height-loss", {"valueQuantity": {"value": 62, "unit": "%", "comparator": payload}}
        ),
        observation("l", "vertebral-height-loss", {"valueString": payload}, focus=focus("c")),
        observation(
            "m", "bone-lesion-quality", {"valueCodeableConcept": {"text": payload}}, focus=focus("c")
        ),
        observation("n", "bone-lesion-quality", coded("lesion-blastic"), bodySite={"text": payload}),
        observation("o", "bone-lesion-quality", coded("lesion-blastic"), bodySite=concept(payload, payload)),
        observation("p", "epidural-disease", coded("present"), focus=focus("c"), effectiveDateTime=payload),
        observation("q", "new-neurologic-deficit", coded("present"), status=payload),
        condition(payload, BONE_METASTASIS, site_of(VERTEBRAE["L3"])),
        condition("r", BONE_METASTASIS, {"coding": [{"system": payload, "code": payload}], "text": payload}),
        condition("s", BONE_METASTASIS, site_of(VERTEBRAE["L1"]), clinicalStatus=concept(payload)),
        condition("t", payload),
        {
            "resourceType": "BodyStructure",
            "id": payload,
            "patient": {"reference": f"Patient/{PATIENT_ID}"},
            "location": {"text": payload},
        },
        {
            "resourceType": "Procedure",
            "id": payload,
            "status": payload,
            "subject": {"reference": f"Patient/{PATIENT_ID}"},
            "code": concept("178834009"),
            "bodySite": [site_of(VERTEBRAE["T11"])],
        },
        {
            "resourceType": "QuestionnaireResponse",
            "id": payload,
            "status": "completed",
            "subject": {"reference": f"Patient/{PATIENT_ID}"},
            "authored": payload,
            "questionnaire": f"https://fhir.spine-mets-cds.org/Questionnaire/sins|{payload}",
            "item": [
                {"linkId": "level", "answer": [{"valueCoding": {"code": "T11"}}]},
                {"linkId": "pain", "answer": [{"valueCoding": {"code": payload, "display": payload}}]},
            ],
        },
    ]
    return record


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.conforms("R85")
async def test_r85_o01_o05_no_text_of_the_record_becomes_markup(ehr: Ehr, payload: str) -> None:
    cards = await ehr.cards(poisoned(payload))
    assert len(cards) >= 2
    for card in cards:
        check(card["detail"])
        assert not any(trace in card["summary"] for trace in TRACES)
        shown = " ".join(t.content for t in rendered(card["detail"]) if t.type == "text")
        assert not any(trace in shown for trace in TRACES)


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.conforms("R85")
async def test_r85_nor_where_nothing_could_be_checked(ehr: Ehr, payload: str) -> None:
    """The card that says so names resources by the ids that the record gives them."""
    myeloma = condition(payload, "109989006", modifierExtension=[{"url": payload}])
    broken = observation(payload, "spinal-pain", {"valueQuantity": "x"})
    prefetch_less = [condition("c", "109989006"), myeloma, broken]
    for card in await ehr.cards(prefetch_less, extension={"x": payload}):
        check(card["detail"])


@pytest.mark.parametrize(
    "name", ["a_b_c_", "__proto__", "www.evil.example", "http:", "a.b-c", "-", "....", "a:b"]
)
async def test_ids_that_fhir_allows_are_shown_as_they_are(ehr: Ehr, name: str) -> None:
    lesion = condition("c", site=site_of(VERTEBRAE["T11"]))
    card = await ehr.card(
        [lesion, observation(name, "spinal-pain", coded("pain-mechanical"), focus=focus("c"))]
    )
    check(card["detail"])
    codes = [t.content for t in rendered(card["detail"]) if t.type == "code_inline"]
    assert f"Observation/{name}" in codes


@pytest.mark.parametrize("name", ["a_b_c_", "__proto__", "www.evil.example", "a.b-c", "a:b"])
async def test_ids_are_shown_as_they_are_where_they_say_what_was_not_checked(ehr: Ehr, name: str) -> None:
    unknown = condition(name, modifierExtension=[{"url": "x"}])
    (card,) = await ehr.cards([condition("c", "109989006"), unknown])
    check(card["detail"])
    shown = "".join(t.content for t in rendered(card["detail"]) if t.type in ("text", "code_inline"))
    assert f"Condition/{name}" in shown


@pytest.mark.conforms("R84")
async def test_r84_every_table_renders_with_all_its_columns(ehr: Ehr) -> None:
    for record in (spinal_lesion("T11"), spinal_lesion("T5", {}), limb_lesion(FEMUR, LEFT)):
        detail = (await ehr.card(record))["detail"]
        tokens = rendered(detail)
        kinds = [token.type for token in tokens]
        assert kinds.count("table_open") == 1
        rows = kinds.count("tr_open")
        assert rows == (8 if "SINS" in detail.partition("|")[0] else 6)
        assert kinds.count("th_open") + kinds.count("td_open") == 4 * rows
        assert not any(t.type == "text" and "|" in t.content for t in tokens)


BESIDE = (
    "instrumented-segment",
    "imaging-supine-only",
    "prior-radiation",
    "post-treatment-change",
    "epidural-disease",
    "root-contact",
    "local-infection",
)
OF_THE_PATIENT = ("myelopathy", "new-neurologic-deficit", "sphincter-dysfunction", "systemic-infection")


def crowded(length: int) -> list[Json]:
    """T11 with every finding from three readers who disagree, in resources with ids of this length."""
    lesion = "c" * length
    readings = [
        (f"{finding}-{number}", finding, answer)
        for finding, answers in SINS_ANSWERS.items()
        for number, answer in enumerate((*answers[:2], answers[0]))
    ]
    mine = {"focus": focus(lesion)}
    new = {**mine, "status": "preliminary", "effectiveDateTime": "2026-11-08"}
    old = {**mine, "effectiveDateTime": STALE}
    return [
        condition(lesion, site=site_of(VERTEBRAE["T11"])),
        *(observation(f"{n}-".ljust(length, "x"), f, coded(a), **new) for n, f, a in readings),
        *(observation(f"{n}-old-".ljust(length, "x"), f, coded(a), **old) for n, f, a in readings),
        *(observation(f"{f}-".ljust(length, "y"), f, coded("present"), **mine) for f in BESIDE),
        *(observation(f"{f}-".ljust(length, "z"), f, coded("present")) for f in OF_THE_PATIENT),
        observation("total".ljust(length, "t"), "sins-total", {"valueInteger": 3}, **mine),
    ]


@pytest.mark.parametrize("length", [8, 36, 64, 128, 200, 240])
async def test_the_most_crowded_card_still_fits(ehr: Ehr, length: int) -> None:
    (card,) = await ehr.cards(crowded(length))
    check(card["detail"])
    assert card["summary"].startswith("T11: new neurologic deficit, emergency pathway now. SINS ")
    # What matters most comes first, and is there however little room is left.
    assert "Recorded beside the score" in card["detail"]
    assert "new neurologic deficit recorded on" in card["detail"]


@pytest.mark.parametrize("length", [8, 36, 64])
async def test_10_2_with_ids_as_servers_make_them_every_input_is_shown(ehr: Ehr, length: int) -> None:
    (card,) = await ehr.cards(crowded(length))
    assert "| **Total** |" in card["detail"]
    # Subluxation and deformity can both be there (SINS-E6): the other four are conflicts.
    assert card["detail"].count("| sources disagree: ") == 4


@pytest.mark.parametrize(
    ("answers", "points", "total"),
    [
        ({}, "0, 1 or 3", "1, 2 or 4"),
        ({"spinal-pain": "pain-free", "spinal-alignment": None}, "0", "1, 3 or 5"),
        ({"bone-lesion-quality": None}, "0, 1 or 3", "1 to 6"),
        ({"posterolateral-involvement": None}, "0, 1 or 3", "1 to 5 or 7"),
    ],
)
async def test_10_2_the_table_names_every_number_that_can_be_reached_and_no_other(
    ehr: Ehr, answers: dict[str, str | None], points: str, total: str
) -> None:
    """T10 with everything best but what is left open; pain is open unless told."""
    told = {f: a for f, a in (STABLE | {"spinal-pain": None} | answers).items() if a is not None}
    lesion = condition("c", site=site_of(VERTEBRAE["T10"]))
    detail = (await ehr.card([lesion, *findings("c", told)]))["detail"]
    rows = {
        line.split(" | ")[0].strip("| *"): line.split(" | ") for line in detail.splitlines() if "|" in line
    }
    assert rows["Pain"][2] == points
    assert rows["Total"][2].strip("*") == total


async def test_10_2_sources_that_leave_everything_possible_are_said_to_disagree(ehr: Ehr) -> None:
    lesion = condition("c", site=site_of(VERTEBRAE["T11"]))
    readers = [
        observation(f"o{number}", "bone-lesion-quality", coded(answer), focus=focus("c"))
        for number, answer in enumerate(SINS_ANSWERS["bone-lesion-quality"])
    ]
    detail = (await ehr.card([lesion, *readers]))["detail"]
    (row,) = [line for line in detail.splitlines() if line.startswith("| Bone lesion |")]
    assert "sources disagree" in row


async def test_10_2_a_card_that_was_shortened_still_names_its_sources(ehr: Ehr) -> None:
    (card,) = await ehr.cards(crowded(36))
    assert "Shortened" in card["detail"]
    assert "Fisher 2010" in card["detail"]


async def test_a_card_that_was_shortened_says_where_the_rest_is(ehr: Ehr) -> None:
    (card,) = await ehr.cards(crowded(240))
    assert card["detail"].endswith("Shortened: the whole assessment is at `POST /api/v1/assessments`.")


async def test_o03_a_text_of_10_000_characters_makes_no_card_longer(ehr: Ehr) -> None:
    long = "Z" * 10_000
    record = [r | {"note": [{"text": long}]} for r in spinal_lesion("T11", STABLE)]
    record[0]["code"]["text"] = long
    (card,) = await ehr.cards(record)
    assert "ZZZ" not in json.dumps(card)


async def test_the_card_of_what_could_not_be_checked_fits(ehr: Ehr) -> None:
    broken: list[Any] = [
        observation("o" * 200 + str(n), "spinal-pain", coded("pain-free"), modifierExtension=[{}])
        for n in range(60)
    ]
    (card,) = await ehr.cards([condition("c", "109989006"), *broken])
    check(card["detail"])
    assert card["summary"] == "Bone metastases: not everything could be checked"


# -- who decides --------------------------------------------------------------------------------------------

ACETABULUM = "37783008"


async def test_who_decides_stands_on_a_card_that_only_a_pathway_speaks_on(ehr: Ehr) -> None:
    detail = (await ehr.card([condition("c", site=site_of(ACETABULUM, LEFT))]))["detail"]
    (told,) = [part for part in detail.split("\n\n") if part.endswith("meeting.")]
    assert told.startswith("For interventional radiology with oncology")
    assert "; orthopaedic oncology with interventional radiology and radiation oncology to decide" in told
    # A specialty is named once, however many of its pathways speak.
    assert told.count("orthopaedic oncology with") == 1


async def test_who_decides_is_who_an_alarm_or_a_score_names_where_there_is_one(ehr: Ehr) -> None:
    lesion = condition("c", site=site_of(ACETABULUM, LEFT))
    fracture = observation("f", "pathological-fracture", coded("present"), focus=focus("c"))
    assert "For orthopaedic oncology to decide" in (await ehr.card([lesion, fracture]))["detail"]
    stable = (await ehr.card(spinal_lesion("T5", STABLE)))["detail"]
    assert "For spine surgery with oncology and radiation oncology to decide" in stable


async def test_who_decides_is_left_out_of_disease_that_is_not_scored(ehr: Ehr) -> None:
    over = condition("c", site=site_of(ACETABULUM, LEFT), clinicalStatus=concept("resolved"))
    assert "to decide with the patient" not in (await ehr.card([over]))["detail"]


async def test_con_3_no_pathway_calms_where_a_worse_total_is_recorded(ehr: Ehr) -> None:
    record = [
        *limb_lesion(FEMORAL_SHAFT, LEFT, "mild", "blastic", 5),
        observation("a", "axial-cortical-involvement", quantity(5, "mm")),
        observation("r", "circumferential-cortical-involvement", quantity(5)),
        observation("f", "pathological-fracture", coded("absent")),
    ]
    assert "[FEMR-3]" in (await ehr.card(record))["detail"]
    total = observation("t", "mirels-total", {"valueInteger": 10})
    assert "[FEMR-3]" not in (await ehr.card([*record, total]))["detail"]
