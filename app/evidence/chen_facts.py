"""Microwave ablation with vertebral augmentation in 91 patients (CHEN): what has no series."""

from functools import partial

from app.evidence.chen import BOTH, WHO
from app.evidence.codes import Outcome, Site, Statistic, Technique
from app.evidence.disputed_across import disputed
from app.evidence.item import Item, Point, Series, Statement
from app.evidence.sources import CHEN

_fact = partial(Statement, techniques=BOTH, sites=(Site.SPINE,), population=WHO, publication=CHEN)
_ELSEWHERE = "other series, as this source reports them"
_cited = partial(Statement, sites=(Site.SPINE,), population=_ELSEWHERE, publication=CHEN)
ITEMS: tuple[Item, ...] = (
    _fact(
        code="chen-selection",
        facts=(
            *("CHEN-INC-1", "CHEN-INC-2", "CHEN-INC-3", "CHEN-INC-4", "CHEN-INC-5"),
            *("CHEN-EXC-1", "CHEN-EXC-2", "CHEN-EXC-3", "CHEN-EXC-4"),
        ),
        title="Who was taken and who was not",
        outcome=Outcome.SELECTION,
        place="methods, inclusion and exclusion",
        text="Taken: pathology of the primary or the vertebra; pain left or back after radiotherapy, or a "
        "radioresistant tumour; VAS above 4 that spoils life; at most 4 lesions a patient; more than 3 "
        "months to live and ECOG below 3. Not taken: platelets below 50 x 10⁹/L or INR above 1.50, not "
        "corrected; infection at the site uncontrolled, or systemic and active; tumour margin close to "
        "nerve roots; cord compression with symptoms.",
        disputes=disputed(13, 14, 16, 19),
    ),
    _fact(
        code="chen-patients",
        facts=("CHEN-DEM",),
        title="Who was treated",
        outcome=Outcome.POPULATION,
        place="table 1; methods",
        text="50 men, 41 women, age 62 ± 11 (36-78). Primary: lung 36, breast 13, oesophagus 11, liver 5, "
        "colorectum 5, stomach and cardia 4, unknown 4, ureter 3, bile duct 2, sarcoma 2, kidney 2, uterus "
        "and ovary 2, myeloma 1, prostate 1.",
        disputes=disputed(15, 16),
    ),
    _fact(
        code="chen-levels",
        facts=("CHEN-LVL",),
        title="Levels",
        outcome=Outcome.POPULATION,
        place="table 2",
        text="71 thoracic and 69 lumbar vertebrae. 53 patients had one treated, 30 two, 5 three, 3 four: "
        "140 vertebrae in all.",
        disputes=disputed(10),
    ),
    _fact(
        code="chen-imaging",
        facts=("CHEN-IMG-1", "FU-2"),
        title="Imaging before and after",
        outcome=Outcome.IMAGING,
        place="methods, preprocedural evaluation and outcome assessment",
        text="Whole-spine CT and MRI at most 1 week before, read for target, collapse, axial extent "
        "and posterior body; CT and MRI at 1, 3 and 6 months. Progression is any of: more lysis or growth "
        "beside the vertebra; enhancing tissue, new or lasting, in canal, foramen or beside the spine; FDG "
        "uptake that stays.",
    ),
    _fact(
        code="chen-measures",
        facts=("FU-3", "CX-GRADE"),
        title="What was measured, and when",
        outcome=Outcome.PROCEDURE,
        place="methods, outcome assessment",
        text="VAS, daily opioid dose and ODI on the day before, at 3 days, 1 week, and 1, 3 and 6 months, "
        "at visits or by telephone. Complications by CTCAE 5.",
    ),
    _fact(
        code="chen-access",
        facts=("CHEN-PROC-1",),
        title="Access",
        outcome=Outcome.PROCEDURE,
        place="methods, procedure",
        text="13-gauge needle through the pedicle or the costovertebral region, antenna tip 1.5 cm ahead of "
        "it; two needles, one from each side, in 6 lesions of two thirds of the body.",
        disputes=disputed(46),
    ),
    _fact(
        code="chen-energy",
        facts=("CHEN-PROC-2",),
        title="Power and time",
        outcome=Outcome.PROCEDURE,
        place="methods, procedure; table 2",
        text="20-40 W (29.3 ± 4.39), 2-5 min (3.48 ± 1.36), in repeated cycles of 30-90 s. By the maker's "
        "data a zone of nearly 3 cm at 40 W.",
        disputes=disputed(47),
    ),
    _fact(
        code="chen-temperature",
        facts=("CHEN-TEMP-1",),
        title="Temperature beside nerves",
        outcome=Outcome.NEURAL_INJURY,
        place="methods, procedure; discussion",
        text="In 53 lesions near neural structures a 16-gauge thermocouple measured; ablation stopped above "
        "42 °C. No nerve was injured by heat.",
        disputes=disputed(14, 18),
    ),
    _fact(
        code="chen-cement",
        facts=("CHEN-CEM-1", "AUG-MON-1"),
        title="Cement",
        outcome=Outcome.CEMENT_LEAKAGE,
        place="methods, procedure",
        text="PMMA as an early paste, 1-mL syringes in iced saline, CT after each mL. Within 0.5 cm of the "
        "posterior edge or a foramen portions of 0.2-0.5 mL; stop at any leak into canal or foramen. 5.4 ± "
        "2.4 mL a vertebra (2-8).",
        disputes=disputed(47),
    ),
    _fact(
        code="chen-anaesthesia",
        facts=("PRE-ANES",),
        title="Anaesthesia and stay",
        outcome=Outcome.PROCEDURE,
        place="methods, procedure",
        text="Conscious sedation with local anaesthesia; in hospital for 1-2 days on average.",
    ),
    _fact(
        code="chen-injury",
        facts=("CHEN-NEURO",),
        title="The one neural injury",
        outcome=Outcome.NEURAL_INJURY,
        place="results, safety; figure 3; discussion",
        text="L2, choroidal melanoma, epidural compression beforehand; 30 W for 4.5 min, 7.2 mL. Power of "
        "one side fell to 3/5; no cement in the canal, residual epidural tumour pressed on the cord. "
        "Mannitol, methylprednisolone 200 mg/d for 3 days then less by 20% every 3 days, 30 Gy in 10 "
        "fractions: normal a month after radiotherapy.",
        disputes=disputed(14, 15, 17),
    ),
    _fact(
        code="chen-not-seen",
        facts=("CHEN-SAFE",),
        title="What was not seen",
        outcome=Outcome.COMPLICATION,
        place="results, safety; discussion",
        text="No skin burn, infection, cement embolism, haematoma, death around the procedure or nerve "
        "injured by heat; no fracture at a treated level by 6 months.",
    ),
    _fact(
        code="chen-target",
        facts=("CHEN-CTV-1",),
        title="What the target is",
        outcome=Outcome.PROCEDURE,
        place="methods, procedure, its reference 13",
        text="Gross tumour, marrow of suspicious signal, and a margin of normal bone next to them, as for "
        "radiosurgery by the ISRC consensus.",
    ),
    _cited(
        code="chen-radiotherapy",
        facts=("CHEN-BG",),
        title="Radiotherapy as background",
        techniques=(Technique.CONVENTIONAL_RADIOTHERAPY, Technique.STEREOTACTIC_RADIOTHERAPY),
        outcome=Outcome.PAIN,
        place="introduction, its references 4 to 6",
        text="Half of those who respond at first relapse within a year; the cord limits repeating it. "
        "Responding less: sarcoma, kidney, non-small-cell lung cancer, melanoma. Fracture after stereotactic "
        "treatment 11.9% (Ito 2018).",
        disputes=disputed(34),
    ),
    _cited(
        code="chen-comparison",
        facts=("CHEN-CMP-1",),
        title="Microwave against radiofrequency ablation",
        techniques=(Technique.MICROWAVE, Technique.RADIOFREQUENCY),
        outcome=Outcome.PROCEDURE,
        place="discussion, its references 12 and 19 to 21",
        text="A straight antenna reaches the centre of the posterior body badly; curved radiofrequency "
        "probes may do better. 3.48 ± 1.36 min a level here, 9.56 ± 4.58 min in a radiofrequency series. "
        "Bone hinders microwaves less. Ablation adds no stability.",
        disputes=disputed(51),
    ),
    _cited(
        code="chen-other-series",
        facts=("CHEN-LIT",),
        title="Earlier microwave series",
        techniques=BOTH,
        outcome=Outcome.LOCAL_CONTROL,
        place="discussion, its references 8, 17 and 18",
        text="Khan 2018: no progression in survivors imaged at 20-24 weeks, less pain at 2-4 and 20-24 "
        "weeks. Wu 2021: 23 adults, 33 high thoracic vertebrae, no local progression in 24 weeks. Pusceddu "
        "2016: 35 metastases, spinal in 9 patients, all controlled at 3 months.",
    ),
    Series(
        code="chen-pusceddu-vas",
        facts=("CHEN-LIT",),
        title="Fall of pain in Pusceddu 2016, microwave ablation with cement",
        techniques=(Technique.MICROWAVE, Technique.CEMENTOPLASTY),
        outcome=Outcome.PAIN,
        sites=(Site.SPINE, Site.BONE),
        population="35 bone metastases at risk of fracture (Pusceddu 2016), as CHEN reports it",
        publication=CHEN,
        place="discussion, its reference 17",
        n=None,
        unit="% of the VAS before",
        axis="mean fall of the VAS, %",
        statistic=Statistic.MEAN,
        bounds=(0, 100),
        points=(Point("1 week", 84, 7), Point("1 month", 90, 30), Point("6 months", 90, 180)),
        notes=("the number of patients is not stated here",),
    ),
)
