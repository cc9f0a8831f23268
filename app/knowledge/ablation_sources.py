"""The publications of the ablation rules that are not among the service's own sources."""

from app.engine.provenance import Citation, Tag

NICE_ABLATION_CONSULTATION = Citation(
    key="NICE consultation",
    title="NICE consultation on radiofrequency ablation with cement for spinal metastases (the final "
    "guidance of 2023 was not seen)",
    place="committee comments",
    tag=Tag.READ,
)
NICE_ABLATION_SCOPE = Citation(
    key="NICE scope",
    title="NICE scope on radiofrequency ablation for spinal metastases",
    place="scope",
    tag=Tag.READ,
)
CIRSE_2022 = Citation(
    key="CIRSE 2022",
    title="CIRSE 2022 on ablation of bone tumours, as NICE quotes it (the document itself was not seen)",
    place="quotation by NICE",
    tag=Tag.READ,
)
