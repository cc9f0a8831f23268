"""The publications that the measures stand on, beside those in ``app.knowledge.sources``."""

from app.engine.provenance import Citation, Tag

CHOW_2016 = Citation(
    key="Chow 2016",
    title="Chow 2016, cut points 4 and 8 of the pain score, 822 patients",
    place="abstract",
    tag=Tag.READ,
)
WOO_2015 = Citation(
    key="Woo 2015",
    title="Woo 2015, meaning of a pain cut point: the upper bound of the lower category",
    place="text",
    tag=Tag.READ,
)
MCDONALD_2016 = Citation(
    key="McDonald 2016",
    title="McDonald 2016, pain categories against the QLQ-BM22, 298 patients",
    place="abstract",
    tag=Tag.READ,
)
PATIENTS_2006 = Citation(
    key="Patients' own categories 2006",
    title="Pain categories as patients themselves drew them, 2006",
    place="abstract",
    tag=Tag.READ,
)
CUT_POINT_REVIEW = Citation(
    key="Review of pain cut points",
    title="Review of pain categories with the cut points 4 and 6",
    place="text",
    tag=Tag.READ,
)
CDC_2022 = Citation(
    key="CDC 2022",
    title="CDC 2022, conversion factors for morphine milligram equivalents, as reprinted by GlobalRPh",
    place="table of factors",
    tag=Tag.READ,
)
OSWESTRY = Citation(
    key="Oswestry Disability Index",
    title="Oswestry Disability Index, published scoring and categories",
    place="scoring",
    tag=Tag.READ,
)
OSWESTRY_LICENCE = Citation(
    key="Oswestry licence",
    title="Oswestry Disability Index, terms of use: a licensed questionnaire",
    place="terms of use",
    tag=Tag.SECONDARY,
)
EQ5D_PACKAGE = Citation(
    key="eq5d",
    title="R package eq5d (fragla/eq5d), time trade-off value sets of the EQ-5D-3L",
    place="data-raw/TTO.csv, column Japan",
    tag=Tag.READ,
    url="https://github.com/fragla/eq5d",
)
BM22_VALIDATION = Citation(
    key="PMID 21837676",
    title="EORTC QLQ-BM22, quality of life in patients with bone metastases",
    place="abstract",
    tag=Tag.READ,
    url="https://pubmed.ncbi.nlm.nih.gov/21837676/",
)
EORTC = Citation(
    key="EORTC",
    title="EORTC, terms of use of the QLQ-BM22: its permission is needed",
    place="terms of use",
    tag=Tag.READ,
)
COMMON_MAP = Citation(
    key="ECOG and Karnofsky, common table",
    title="ECOG grades beside Karnofsky scores, the table in common use",
    place="table",
    tag=Tag.READ,
)
MA_2010 = Citation(
    key="Ma 2010",
    title="Ma 2010, ECOG grades beside Karnofsky scores",
    place="table",
    tag=Tag.READ,
)
PRASAD_2018 = Citation(
    key="Prasad 2018",
    title="Prasad 2018, ECOG grades beside Karnofsky scores",
    place="table",
    tag=Tag.READ,
)
TOKUHASHI_2005 = Citation(
    key="Tokuhashi 2005",
    title="Revised score of Tokuhashi 2005, as reprinted with corrections in the appendix of NICE CG75",
    place="table, Karnofsky item",
    tag=Tag.READ,
)
