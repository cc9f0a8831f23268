"""Every rule and fact of the sources that is not put to work, in one place, each with its reason.

A package of the knowledge that leaves something out says so itself, in a module ``left_out`` of its own;
what belongs to no package stands here. Beside that stand the rules that no definition carries because
they are properties of the machinery: each names the test that would fail without it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from app.knowledge.measure_left_out import LEFT_OUT as OF_MEASURES
from app.knowledge.prognosis_left_out import PROGNOSIS_LEFT_OUT

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One rule or fact that is not put to work.

    Args:
        what: what it is, where the identifier alone does not tell.
        page: the code of the definition beside which it is told; None where it belongs to none.
    """

    rule: str
    reason: str
    what: str = ""
    page: str | None = None


@dataclass(frozen=True, slots=True)
class Property:
    """One rule that the machinery keeps whatever the definitions say.

    Args:
        how: how it is kept.
        test: the test that would fail without it, as file and function.
    """

    rule: str
    how: str
    test: str


PROPERTIES: tuple[Property, ...] = (
    Property(
        "GEN-1",
        "Each lesion is assessed by itself; no total is ever added over lesions.",
        "tests/assess/test_lesions_apart.py::test_facts_of_one_lesion_never_change_the_scores_of_another",
    ),
    Property(
        "GEN-2",
        "An answer is the set of options still possible; a score the set of totals.",
        "tests/engine/test_score_exact.py::test_reachable_totals_are_those_of_brute_force",
    ),
    Property(
        "GEN-3",
        "What is not recorded leaves every option; only a recorded absence is one.",
        "tests/engine/test_reconcile.py::test_no_statement_leaves_every_option_not_recorded",
    ),
    Property(
        "GEN-4",
        "A band is settled only where every reachable total lies in it.",
        "tests/engine/test_score_exact.py::test_settled_means_one_band_left",
    ),
    Property(
        "GEN-6",
        "Every end of a stretch of a scale says whether it belongs to it; stretches that share an end or "
        "leave a gap are refused.",
        "tests/engine/test_definition_faults.py::test_a_contradiction_is_refused_with_its_name",
    ),
    Property(
        "GEN-7",
        "Every score says whether a high or a low total is the worse one.",
        "tests/knowledge/test_every_rule.py::test_gen_7_every_score_says_in_which_direction_it_is_worse",
    ),
    Property(
        "GEN-8",
        "Every answer carries its sources with their dates, the citations with their tags, the version and "
        "the digest.",
        "tests/api/test_assessments.py::test_the_answer_has_every_key_of_the_contract",
    ),
    Property(
        "SINS-E5",
        "Collapse is judged before involvement of the body, and the two never add up.",
        "tests/knowledge/test_sins_edges.py::test_edge",
    ),
    Property(
        "ESCC-5",
        "Each level is a lesion of its own, with its own grade.",
        "tests/assess/test_lesions_found.py::test_sins_e11_a_condition_at_two_levels_is_two_lesions_that_say_so",
    ),
    Property(
        "NOMS-X9",
        "Rows of radiosensitive tumours hold whatever is said of surgical tolerance.",
        "tests/knowledge/test_every_rule.py::test_noms_x9_rows_of_sensitive_tumours_ignore_whether_surgery_is_tolerated",
    ),
    Property(
        "ONC-2",
        "Two primaries, or one that is not confirmed, leave the classes of all of them possible.",
        "tests/knowledge/test_prognosis_readings.py::test_two_primaries_are_a_set_and_an_unconfirmed_one_leaves_any_other",
    ),
    Property(
        "QUAL-1",
        "The quality of a lesion is read from findings of that lesion alone, never from its primary.",
        "tests/knowledge/test_every_rule.py::test_qual_1_the_quality_of_a_lesion_comes_from_its_own_findings",
    ),
    Property(
        "MAP-1",
        "A pedicle is no posterior arch and a collapse no complete destruction: neither answers the other.",
        "tests/knowledge/test_every_rule.py::test_map_1_a_pedicle_is_no_arch_and_a_collapse_no_destruction",
    ),
    Property(
        "TIME-4",
        "The age of an entry is counted from its clinical time, never from when it was issued.",
        "tests/fhir/test_times.py::test_every_form_of_the_clinical_time",
    ),
    Property(
        "CON-4",
        "A unit that a scale does not list leaves the value unknown; listed units are converted exactly.",
        "tests/fhir/test_quantities.py::test_con_4_a_missing_or_unknown_unit_is_unknown_and_named",
    ),
    Property(
        "LAT-1",
        "A lesion of a limb without a side is never pooled with one that has a side.",
        "tests/assess/test_lesion_grouping.py::test_lat_1_a_lesion_of_unknown_side_is_kept_apart",
    ),
    Property(
        "LAT-2",
        "Left and right are both sides only of one lesion inside one time window.",
        "tests/assess/test_conflicts.py::test_lat_2_left_and_right_about_one_lesion_are_both_sides",
    ),
    Property(
        "LES-2",
        "One card for each lesion, the most urgent first.",
        "tests/cds_hooks/test_card_order.py::test_les_2_the_most_urgent_first_however_the_record_is_ordered",
    ),
    Property(
        "LES-3",
        "Five cards at most; the last counts the rest.",
        "tests/cds_hooks/test_card_order.py::test_les_3_five_at_most_and_the_last_counts_the_rest",
    ),
    Property(
        "LES-4",
        "Findings of the patient are shared between lesions, findings of a lesion never.",
        "tests/cds_hooks/test_card_order.py::test_les_4_nothing_is_pooled_between_lesions",
    ),
    Property(
        "LES-5",
        "Pain without a level belongs to none of two lesions of the spine.",
        "tests/assess/test_lesion_grouping.py::test_les_5_a_pain_score_is_of_none_of_two_lesions",
    ),
    Property(
        "SAF-2",
        "Attenuation is read only as a reader entered it; no route takes an image.",
        "tests/knowledge/test_every_rule.py::test_saf_2_no_media_type_of_an_image_is_taken",
    ),
    Property(
        "SAF-4",
        "A hook fired by a patient or a relative gets no card.",
        "tests/cds_hooks/test_request_envelope.py::test_r159_and_never_for_patients_and_relatives",
    ),
)
_ELSEWHERE: tuple[LeftOut, ...] = (
    LeftOut(
        "SAF-1",
        "A statement of law, for the lawyers of whoever operates the service; no rule computes from it.",
        "The four conditions under which decision support is no device in the United States.",
    ),
    LeftOut(
        "SAF-3",
        "As SAF-1. Its words on time-critical use are why every urgent text says not to wait for this tool.",
        "Guidance of January 2026, known from summaries of law firms.",
    ),
    LeftOut(
        "SAF-5", "As SAF-1; its sources were not read.", "Likely class under European and British device law."
    ),
    LeftOut(
        "CON-2",
        "Which entry was read from imaging for a procedure cannot be told from an Observation, and free text "
        "is not read: every source is shown with its date instead.",
        "Order of display where sources disagree.",
    ),
    LeftOut(
        "U-1",
        "No worked case of the original is used: its figures were not read.",
        "Figure cases of the original SINS publication.",
    ),
    LeftOut(
        "U-2",
        "The table is that of the deck; grade 1c reaches both sides.",
        "Wording of the published NOMS table, and grade 1c.",
    ),
    LeftOut(
        "U-3",
        "The scores concerned are left out until their tables are read.",
        "Points of Katagiri, Tomita, OSRI and Rades 2008.",
    ),
    LeftOut(
        "U-4",
        "Only what secondary sources give of it speaks, with that label.",
        "Wording of NG234 on vertebroplasty, immobilisation, SINS and the time to MRI.",
    ),
    LeftOut(
        "U-5",
        "Left out with the classifications themselves; nothing is computed from them.",
        "Definitions of Harrington, MAC and Levin.",
    ),
    LeftOut("U-6", "Only what NICE quotes of it speaks.", "The table of techniques of CIRSE 2022."),
    LeftOut(
        "U-7",
        "Scale scores are taken as transformed elsewhere.",
        "Which item of the QLQ-BM22 belongs to which scale.",
    ),
    LeftOut(
        "U-8",
        "Those tumours leave both classes possible.",
        "Radiosensitivity of histologies whose source was not read.",
    ),
    LeftOut(
        "U-9",
        "Only the consultation speaks, and says that it is one.",
        "The final NICE guidance on radiofrequency ablation with cement.",
    ),
    LeftOut(
        "U-10",
        "Both are local policy, and await a signature.",
        "Allergy to cement, and the limit of INR of a site.",
    ),
    LeftOut("U-11", "They are settings of a site, with defaults that await a signature.", "Time windows."),
    LeftOut(
        "U-12",
        "Both neighbouring options stay possible, or the worse by a setting.",
        "Collapse or involvement of exactly 50 %.",
    ),
    LeftOut(
        "U-13",
        "No wording of these questionnaires is kept; only totals and codes are taken.",
        "Licences of ODI, EORTC and EuroQol.",
    ),
    LeftOut("U-14", "A question of law, as SAF-3.", "Text of the 2026 guidance on time-critical use."),
)


@cache
def left_out() -> tuple[LeftOut, ...]:
    """Everything left out: by the packages, by the measures, by the prognostic scores, and the rest."""
    return (*_of_packages(), *_of_measures(), *_of_prognosis(), *_ELSEWHERE)


def _of_packages() -> Iterable[LeftOut]:
    """What packages leave out: pairs of rule and reason, named ``LEFT_OUT`` in any of their modules."""
    for found in iter_modules([str(_FOLDER)], "app.knowledge."):
        if not found.ispkg:
            continue
        page = found.name.rpartition(".")[2].replace("_", "-")
        package = import_module(found.name)
        names = [found.name, *(one.name for one in iter_modules(package.__path__, f"{found.name}."))]
        listed = dict.fromkeys(
            pair for name in names for pair in getattr(import_module(name), "LEFT_OUT", ())
        )
        yield from (LeftOut(rule, reason, page=page) for rule, reason in listed)


def _of_measures() -> Iterable[LeftOut]:
    for one in OF_MEASURES:
        yield LeftOut(one.rule, one.reason, one.what, one.measure)


def _of_prognosis() -> Iterable[LeftOut]:
    for one in PROGNOSIS_LEFT_OUT:
        yield LeftOut(one.rule, one.reason, one.what)
