"""The published definitions as files, for a server or a registry that loads them."""

import json
from collections.abc import Mapping
from pathlib import Path

from app.fhir.proposals import Json


def write_documents(documents: Mapping[str, Json], directory: Path) -> int:
    """The number of files written, one for each definition: ``CodeSystem-observable.json``.

    Args:
        documents: the definitions by type and id.
        directory: where the files go; made where it is missing.

    Raises:
        OSError: the directory cannot be made, or a file cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for key, document in documents.items():
        text = json.dumps(document, indent=2, ensure_ascii=False)
        (directory / f"{key.replace('/', '-')}.json").write_text(f"{text}\n", encoding="utf-8")
    return len(documents)
