"""The publications that the rules stand on, each with how well it was verified."""

from dataclasses import replace

from app.engine.provenance import Citation, Tag

FISHER_2010 = Citation(
    key="Fisher 2010",
    title="Fisher CG et al. A novel classification system for spinal instability in neoplastic "
    "disease. Spine 2010;35(22):E1221-E1229",
    place="title page; table as reprinted in the deck of Tadros 2018 and on Radiopaedia rID 47053",
    tag=Tag.READ,
    url="https://doi.org/10.1097/BRS.0b013e3181e16ae2",
)
FOURNEY_2011 = Citation(
    key="Fourney 2011",
    title="Fourney DR et al. Spinal Instability Neoplastic Score: an analysis of reliability and "
    "validity. J Clin Oncol 2011;29(22):3072-3077",
    place="abstract",
    tag=Tag.READ,
    url="https://doi.org/10.1200/JCO.2010.34.3897",
)
FISHER_2014 = Citation(
    key="Fisher 2014",
    title="Fisher CG et al. Reliability of SINS among radiation oncologists. Radiat Oncol 2014;9:69",
    place="abstract",
    tag=Tag.READ,
)
INDEPENDENT_SINS = Citation(
    key="PMID 24275615",
    title="Independent reliability analysis of SINS, 30 patients",
    place="abstract",
    tag=Tag.READ,
    url="https://pubmed.ncbi.nlm.nih.gov/24275615/",
)
LEE_2021 = Citation(
    key="Lee 2021",
    title="Lee CH et al. Is SINS accurate and reliable in predicting vertebral compression "
    "fractures? J Korean Neurosurg Soc 2021;64(1):4-12",
    place="abstract",
    tag=Tag.READ,
    url="https://doi.org/10.3340/jkns.2020.0105",
)
NESMS_COHORT = Citation(
    key="PMC8443703",
    title="Prospective comparison of prognostic scores in spinal metastases, 202 patients",
    place="results",
    tag=Tag.READ,
    url="https://pmc.ncbi.nlm.nih.gov/articles/PMC8443703/",
)
LAM_2015 = Citation(
    key="Lam 2015",
    title="Lam TC et al. 2015, 299 patients, as reported in the thesis of Bollen",
    place="thesis page 109",
    tag=Tag.SECONDARY,
)
BOLLEN = Citation(
    key="Bollen thesis",
    title="Bollen L, doctoral thesis on spinal metastases",
    place="page 102",
    tag=Tag.READ,
)
SCIELO_2020 = Citation(
    key="Coluna 2020",
    title="SINS in 81 patients, Coluna/Columna 2020",
    place="results",
    tag=Tag.READ,
)
SAHGAL_2013 = Citation(
    key="Sahgal 2013",
    title="Sahgal A et al. Vertebral compression fracture after spine stereotactic body "
    "radiotherapy. 252 patients, 410 segments",
    place="table 3, as quoted in PMC6076012",
    tag=Tag.READ,
    url="https://pmc.ncbi.nlm.nih.gov/articles/PMC6076012/",
)
TADROS_2018 = Citation(
    key="Tadros 2018",
    title="Tadros A. MSK metastases and musculoskeletal image-guided procedures. Slides, 15 March 2018",
    place="SINS and Mirels slides",
    tag=Tag.SEED,
)
HAO_2023 = Citation(
    key="Hao 2023",
    title="Hao et al. CT-guided microwave ablation with cementoplasty, 20 patients. Accepted November 2023",
    place="text",
    tag=Tag.SEED,
)
CHEN_2022 = Citation(
    key="Chen 2022",
    title="Chen et al. CT-guided microwave ablation with vertebral augmentation, 91 patients and 140 "
    "vertebrae. AJNR 2022;43:501-506. Payment for writing disclosed",
    place="text",
    tag=Tag.SEED,
    url="https://doi.org/10.3174/ajnr.A7415",
)
WODAJO_2022 = Citation(
    key="Wodajo 2022",
    short="Wodajo 2022, past its own review date",
    title="Wodajo F. MSTS Novel Practice Assessment: radiofrequency ablation for skeletal metastases. "
    "1 June 2022, past its own review date of 1 June 2023",
    place="text",
    tag=Tag.SEED,
)
XU_2021 = Citation(
    key="Xu 2021",
    title="Percutaneous vertebroplasty for osteoblastic spinal metastases, 39 patients and 82 vertebrae. "
    "Exp Ther Med 2021",
    place="text",
    tag=Tag.SEED,
    url="https://doi.org/10.3892/etm.2021.10159",
)
LAUFER_2013 = Citation(
    key="Laufer 2013",
    title="Laufer I et al. 2013, the NOMS framework for metastases of the spine",
    place="abstract; table as reprinted in the deck of Tadros 2018",
    tag=Tag.READ,
)
BILSKY_2010 = Citation(
    key="Bilsky 2010",
    title="Bilsky MH et al. 2010, the epidural spinal cord compression scale",
    place="grades as reprinted on Radiopaedia, 2024",
    tag=Tag.READ,
    url="https://pubmed.ncbi.nlm.nih.gov/20809724/",
)
IMWG_2019 = Citation(
    key="IMWG 2019",
    title="International Myeloma Working Group 2019, vertebral augmentation in myeloma",
    place="table 1",
    tag=Tag.READ,
)
NICE_AUGMENTATION = Citation(
    key="NICE CG75 and IPG12",
    title="NICE CG75 and its note to IPG12 on vertebroplasty (NG234, which replaced CG75, was not seen)",
    place="recommendations on vertebroplasty and kyphoplasty",
    tag=Tag.READ,
)
SIR_2019 = Citation(
    key="SIR 2019",
    title="Society of Interventional Radiology 2019, thresholds before procedures",
    place="recommendations",
    tag=Tag.READ,
)
NG234 = Citation(
    key="NG234",
    title="NICE NG234, spinal metastases and metastatic spinal cord compression, September 2023",
    place="recommendations",
    tag=Tag.SECONDARY,
)
ASTRO_2024 = Citation(
    key="ASTRO 2024",
    title="ASTRO guideline on palliative radiotherapy of bone metastases, 2024",
    place="recommendations",
    tag=Tag.READ,
)
MIRELS_1989 = Citation(
    key="Mirels 1989",
    title="Mirels H. Metastatic disease in long bones: a proposed scoring system for diagnosing "
    "impending pathologic fractures. Clin Orthop 1989;249:256-264",
    place="abstract; table as reprinted in the deck of Tadros 2018",
    tag=Tag.READ,
    url="https://doi.org/10.1097/00003086-198912000-00027",
)
RAMSEY_2020 = Citation(
    key="Ramsey 2020",
    title="Ramsey DC et al. Mirels scores in patients undergoing prophylactic stabilization. "
    "JAAOS Glob Res Rev 2020;4(9):e20.00141",
    place="abstract and discussion",
    tag=Tag.READ,
    url="https://doi.org/10.5435/JAAOSGlobal-D-20-00141",
)
VAN_DER_LINDEN_2004 = Citation(
    key="van der Linden 2004",
    title="van der Linden YM et al. 2004, 102 patients with 110 femoral lesions, 14 fractures",
    place="abstract",
    tag=Tag.READ,
)
VAN_DER_WAL_2020 = Citation(
    key="van der Wal 2020",
    title="van der Wal CWPG et al. 2020, axial cortical involvement, 100 patients",
    place="abstract",
    tag=Tag.READ,
)
BONE_JOINT_2020 = Citation(
    key="Bone Joint J 2020",
    title="CT-based finite element analysis against Mirels. Bone Joint J 2020",
    place="abstract",
    tag=Tag.READ,
)
EVANS_2008 = Citation(
    key="Evans 2008",
    title="Evans AR et al. 2008, Mirels in the humerus",
    place="abstract",
    tag=Tag.READ,
)
HUMERUS_2023 = Citation(
    key="Humerus 2023",
    title="Validity of Mirels in humeral metastases, 188 patients, 61 fractures (2023)",
    place="abstract",
    tag=Tag.READ,
    url="https://pmc.ncbi.nlm.nih.gov/articles/PMC10132712/",
)
AMENDOLA_2023 = Citation(
    key="Amendola 2023",
    title="Modification to the location component of Mirels. BMC Musculoskelet Disord 2023",
    place="abstract",
    tag=Tag.READ,
    url="https://doi.org/10.1186/s12891-023-06182-7",
)


def at(citation: Citation, key: str, place: str) -> Citation:
    """The same publication, cited for one rule at one place."""
    return replace(citation, key=key, place=place)


def local_policy(key: str, text: str) -> Citation:
    """A rule that no publication gives: a decision of this service, labelled as such."""
    return Citation(key=key, title=text, place="local policy", tag=Tag.LOCAL_POLICY)
