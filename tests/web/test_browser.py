"""The demo in a real browser, against the real service."""

import json

import pytest
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from playwright.sync_api import Locator, Page, expect

from app.web.demo import DemoPatients
from tests.web.conftest import CHROMIUM

NARROW = 360

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no chromium here: apt-get install chromium"
)


def open_chart(page: Page, patient: str) -> Locator:
    page.goto("/")
    page.locator(f"[data-patient={patient}]").click()
    page.get_by_role("button", name="Open the chart").click()
    expect(page.locator(".status")).to_contain_text("answered in")
    return page.locator("article.card")


def open_form(page: Page, score: str = "SINS") -> Locator:
    page.goto("/#scores")
    page.get_by_role("radio", name=f"{score}: a lesion").check()
    line = page.locator(".result-line")
    expect(line).to_contain_text(f"{score} ")
    return line


def choose(page: Page, question: str, answer: str) -> None:
    group = page.get_by_role("group", name=question)
    group.get_by_role("radio", name=answer).check()


def widest(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width


def test_says_that_its_patients_are_invented(page: Page) -> None:
    page.goto("/")
    expect(page.locator(".notice")).to_have_text(
        "Demonstration with invented patients. Not for clinical use."
    )
    expect(page.locator(".patient")).to_have_count(len(list(DemoPatients())))


def test_opening_a_chart_draws_a_card_for_each_lesion(page: Page) -> None:
    cards = open_chart(page, "three-lesions")
    expect(cards).to_have_count(3)
    expect(cards.locator("h3")).to_contain_text(["L1: SINS 15", "L4: SINS 8", "T5: SINS 3"])
    expect(cards.locator(".indicator")).to_have_text(["Warning", "Warning", "Information"])
    first = cards.first
    expect(first.locator("tbody tr")).to_have_count(7)
    expect(first.locator(".uuid")).to_contain_text("Card ")
    expect(first.get_by_role("link", name="SINS")).to_have_attribute("rel", "noopener noreferrer")


@pytest.mark.parametrize("patient", [patient.id for patient in DemoPatients()])
def test_every_chart_opens(page: Page, patient: str) -> None:
    open_chart(page, patient)
    expect(page.locator(".fault")).to_have_count(0)


def test_a_chart_without_bone_disease_says_that_there_is_nothing_to_say(page: Page) -> None:
    expect(open_chart(page, "no-bone-disease")).to_have_count(0)
    expect(page.locator("#chart")).to_contain_text("nothing to say")


def test_shows_what_was_sent_and_what_came_back(page: Page) -> None:
    open_chart(page, "stable-t10")
    page.get_by_text("The request and the answer as JSON").click()
    request, answer = (json.loads(text) for text in page.locator(".answer pre").all_inner_texts())
    assert request["hook"] == "patient-view"
    assert len(request["hookInstance"]) == 36
    assert [card["indicator"] for card in answer["cards"]] == ["info"]


def test_two_openings_are_two_hook_instances(page: Page) -> None:
    instances = set()
    for _ in range(2):
        open_chart(page, "stable-t10")
        text = page.locator(".answer pre").first.text_content() or ""
        instances.add(json.loads(text)["hookInstance"])
    assert len(instances) == 2


def test_text_of_a_record_is_never_markup(page: Page) -> None:
    open_chart(page, "faulty-record")
    page.get_by_text("What the record holds").click()
    expect(page.locator(".record")).to_contain_text("Slept badly. <b>See chart.</b>")
    expect(page.locator(".record b")).to_have_count(0)


def test_a_card_is_dismissed_with_a_reason_in_this_page_only(page: Page) -> None:
    card = open_chart(page, "unstable-t11").first
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    card.get_by_label("Reason").select_option(index=1)
    reason = card.get_by_label("Reason").locator("option:checked").inner_text()
    card.get_by_role("button", name="Dismiss with reason").click()
    expect(card.get_by_role("status")).to_have_text(f"Dismissed: {reason}")
    expect(card.locator(".detail")).to_be_hidden()
    card.get_by_role("button", name="Show the card again").click()
    expect(card.locator(".detail")).to_be_visible()
    assert sent == []


def test_a_refusal_is_told_as_a_refusal_and_not_as_no_cards(
    page: Page, service: str, expected_faults: list[str]
) -> None:
    expected_faults.append("Failed to load resource: the server responded with a status of 400")
    page.route(
        f"{service}/demo/patients/stable-t10/hook-request",
        lambda route: route.fulfill(json={"hook": "patient-view"}),
    )
    page.goto("/")
    page.locator("[data-patient=stable-t10]").click()
    page.get_by_role("button", name="Open the chart").click()
    expect(page.get_by_role("alert")).to_contain_text("No advice: the service refused")
    expect(page.get_by_role("alert")).to_contain_text("400: ")
    expect(page.get_by_text("No cards")).to_have_count(0)


def test_a_chart_opens_by_keyboard_alone(page: Page) -> None:
    page.goto("/")
    expect(page.locator(".patient").first).to_be_visible()
    for expected in ("skip", None, "patient"):
        page.keyboard.press("Tab")
        if expected:
            assert expected in (page.evaluate("document.activeElement.className") or "")
    page.keyboard.press("Enter")
    expect(page.locator(".banner h2")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Open the chart")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("article.card")).to_have_count(1)


def test_views_change_by_arrow_keys(page: Page) -> None:
    page.goto("/")
    page.get_by_role("tab", name="Charts").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Scores")).to_be_focused()
    expect(page.locator("#panel-forms")).to_be_visible()
    expect(page.locator("#panel-chart")).to_be_hidden()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#panel-chart")).to_be_visible()


def test_sins_narrows_to_a_settled_answer_by_keyboard_alone(page: Page) -> None:
    line = open_form(page)
    expect(line).to_contain_text("SINS 0 to 18")
    expect(line).to_contain_text("Not settled")
    expect(page.locator(".step.reachable")).to_have_count(19)
    page.get_by_role("radio", name="SINS: a lesion").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Which level of the spine?")).to_be_focused()
    page.keyboard.type("L2")
    expect(line).to_contain_text("SINS 2 to 17")
    page.keyboard.press("Tab")
    for downs, left in ((1, "SINS 4 to 17"), (3, "SINS 4 to 13"), (3, "SINS 5 to 11")):
        page.keyboard.press("Tab")
        for _ in range(downs):
            page.keyboard.press("ArrowDown")
        expect(line).to_contain_text(left)
    page.keyboard.press("Tab")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(line).to_contain_text("SINS 6, 7 or 9")
    expect(line).to_contain_text("stable or potentially unstable")
    expect(page.locator(".step.reachable")).to_have_text(["6", "7", "9"])
    expect(page.locator(".result-body .listed").last).to_contain_text("Would settle it")
    expect(page.locator(".result-body .listed").last).to_contain_text("Pain")
    for _ in range(4):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")
    expect(line).to_contain_text("SINS 9")
    expect(line.locator(".settled")).to_have_text("Settled")
    expect(page.locator(".scale")).to_have_attribute(
        "aria-label", "On a scale of 0 to 18: 9, potentially unstable"
    )


def fill_sins(page: Page) -> None:
    open_form(page)
    page.get_by_label("Which level of the spine?").select_option("L2")
    choose(page, "Is the pain relieved", "mechanical: relieved")
    choose(page, "What does the bone lesion look like", "lytic")
    choose(page, "Is the spine aligned", "normal")
    choose(page, "How far has the vertebral body collapsed", "none of these")
    expect(page.locator(".result-line")).to_contain_text("SINS 7, 8 or 10")


def test_the_form_is_exported_as_a_valid_questionnaire_response(page: Page) -> None:
    fill_sins(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export the QuestionnaireResponse").click()
    assert download.value.suggested_filename == "sins-questionnaire-response.json"
    text = download.value.path().read_text()
    response = QuestionnaireResponse.model_validate_json(text)
    assert response.status == "completed"
    canonical, _, version = str(response.questionnaire).partition("|")
    assert canonical == "https://fhir.spine-mets-cds.org/Questionnaire/sins"
    assert version
    answers = {item["linkId"]: item["answer"][0]["valueCoding"]["code"] for item in json.loads(text)["item"]}
    assert answers == {
        "level": "L2",
        "pain": "pain-mechanical",
        "lesion": "lesion-lytic",
        "alignment": "alignment-normal",
        "collapse": "collapse-none",
    }


def test_the_service_reads_the_form_back_as_it_was_filled_in(page: Page) -> None:
    fill_sins(page)
    page.get_by_role("button", name="Read it back").click()
    expect(page.locator(".read-back .read")).to_have_text(
        "L2: SINS 7, 8 or 10, potentially unstable, settled"
    )


def test_a_cleared_form_leaves_everything_open_again(page: Page) -> None:
    fill_sins(page)
    page.get_by_role("button", name="Clear the form").click()
    expect(page.locator(".result-line")).to_contain_text("SINS 0 to 18")
    expect(page.get_by_label("Which level of the spine?")).to_have_value("")


def test_no_earlier_result_stays_in_view_when_the_service_fails(
    page: Page, service: str, expected_faults: list[str]
) -> None:
    expected_faults.append("Failed to load resource: the server responded with a status of 500")
    fill_sins(page)
    page.route(
        f"{service}/api/v1/scores/sins",
        lambda route: route.fulfill(status=500, json={"detail": "out of order"}),
    )
    choose(page, "Are facets, pedicles", "one side")
    expect(page.locator(".result-line")).to_have_text("No result")
    expect(page.get_by_role("alert")).to_contain_text("500: out of order")
    expect(page.locator(".scale")).to_have_count(0)


def test_mirels_narrows_by_bone_and_is_read_back_with_its_side(page: Page) -> None:
    line = open_form(page, "Mirels")
    expect(line).to_contain_text("Mirels 4 to 12")
    bone = page.get_by_label("Which long bone, and which part of it?")
    bone.select_option(label="femur")
    expect(line).to_contain_text("Mirels 5 to 12")
    bone.select_option(label="shaft of the humerus")
    expect(line).to_contain_text("Mirels 4 to 10")
    choose(page, "Which side", "right")
    choose(page, "How does the limb hurt", "moderate")
    choose(page, "What does the lesion look like", "lytic")
    choose(page, "How much of the cortex", "one third to two thirds")
    expect(line).to_contain_text("Mirels 8")
    expect(line).to_contain_text("borderline")
    page.get_by_role("button", name="Read it back").click()
    expect(page.locator(".read-back .read")).to_have_text(
        "Right shaft of the humerus: Mirels 8, borderline, settled"
    )


def test_forms_keep_their_answers_while_the_other_is_open(page: Page) -> None:
    fill_sins(page)
    page.get_by_role("radio", name="Mirels: a lesion").check()
    expect(page.locator(".result-line")).to_contain_text("Mirels 4 to 12")
    page.get_by_role("radio", name="SINS: a lesion").check()
    expect(page.locator(".result-line")).to_contain_text("SINS 7, 8 or 10")


def test_nothing_scrolls_sideways_on_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": NARROW, "height": 740})
    for patient in ("three-lesions", "femur-and-humerus", "faulty-record"):
        open_chart(page, patient)
        for summary in page.locator("details > summary").all():
            summary.click()
        assert widest(page) == NARROW
    fill_sins(page)
    page.get_by_role("button", name="Read it back").click()
    expect(page.locator(".read-back .read")).to_be_visible()
    for summary in page.locator("details > summary").all():
        if summary.is_visible():
            summary.click()
    assert widest(page) == NARROW
    open_form(page, "Mirels")
    assert widest(page) == NARROW


def test_print_shows_the_advice_and_not_the_controls(page: Page) -> None:
    card = open_chart(page, "unstable-t11").first
    page.emulate_media(media="print")
    expect(card).to_be_visible()
    expect(page.locator(".notice")).to_be_visible()
    expect(page.get_by_role("button", name="Dismiss with reason")).to_be_hidden()
    expect(page.locator(".patients")).to_be_hidden()


def test_every_control_has_a_name(page: Page) -> None:
    open_chart(page, "stable-t10")
    fill_sins(page)
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("input, select")].filter(
             (control) => !control.labels || control.labels.length === 0).length"""
    )
    assert unnamed == 0
