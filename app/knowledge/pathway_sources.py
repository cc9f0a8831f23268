"""The publications that single pathways stand on, beside those in ``app.knowledge.sources``."""

from app.engine.provenance import Citation, Tag

STEREOTACTIC_COHORTS = Citation(
    key="PMC6349598",
    title="Review of vertebral fracture after stereotactic radiotherapy: Rose, Boehling, Cunha, Sung, Jawad",
    place="table 1",
    tag=Tag.READ,
    url="https://pmc.ncbi.nlm.nih.gov/articles/PMC6349598/",
)
STEREOTACTIC_2023 = Citation(
    key="J Clin Med 2023",
    title="Vertebral fracture after stereotactic radiotherapy, 391 patients and 779 segments, 2013 to 2021. "
    "J Clin Med 2023;12:3853",
    place="abstract",
    tag=Tag.READ,
)
ULANO_2016 = Citation(
    key="Ulano 2016",
    title="Ulano 2016, attenuation of untreated sclerotic metastases against bone islands, 279 lesions. "
    "AJR 2016;207:362",
    place="abstract",
    tag=Tag.READ,
)
AZAR_2021 = Citation(
    key="Azar 2021",
    title="Azar 2021, attenuation thresholds in 280 biopsied sclerotic lesions. AJR 2021;216:1022",
    place="abstract",
    tag=Tag.READ,
)
