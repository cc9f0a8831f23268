"""NOMS: neurologic, oncologic, mechanical and systemic findings, and the treatment that its table gives."""

from app.knowledge.noms.readings import applies, read
from app.knowledge.noms.remarks import notes, remark
from app.knowledge.noms.table import NOMS
from app.knowledge.pathway import Pathway
from app.knowledge.policy import SHARED_POLICIES, Policy
from app.knowledge.sources import BILSKY_2010, LAUFER_2013, TADROS_2018, at


def pathway(_policy: Policy) -> Pathway:
    """The framework as this service uses it."""
    return Pathway(
        code="noms",
        name="NOMS decision framework",
        short="NOMS",
        version="2013",
        table=NOMS,
        applies=applies,
        read=read,
        remark=remark,
        notes=notes,
        decides="spine surgery with radiation oncology and oncology",
        use=(
            "One spinal metastasis: which radiotherapy, and whether stabilisation or decompression is first.",
            "Stabilisation in it means percutaneous cement, percutaneous screws or open instrumentation.",
        ),
        misuse=(
            "Not before urgent findings: a new neurologic deficit is acted on first.",
            "Not below the cord: the compression grade was studied in the neck and chest only.",
            "Not for surgical tolerance guessed from age or performance status.",
        ),
        references=(at(TADROS_2018, "NOMS", "NOMS decision slide"), LAUFER_2013, BILSKY_2010),
        policies=(
            *(f"NOMS-X{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8)),
            "ESCC-2",
            "ESCC-4",
            "ESCC-6",
            *SHARED_POLICIES,
        ),
    )
