"""The wire of a batch as models, for OpenAPI."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.api.batch_reading import ID_PATTERN, MOST_ITEMS
from app.api.models import Assessment, Problem

_FORBID = ConfigDict(extra="forbid")


class BatchItem(BaseModel):
    """One patient of a batch."""

    model_config = _FORBID

    id: str = Field(
        description="The caller's own name for it, each once in a batch. The answer repeats it, so it is to "
        "tell nothing of the patient.",
        pattern=ID_PATTERN,
    )
    bundle: dict[str, Any] = Field(
        description="A FHIR R4 Bundle of one patient's resources, as /api/v1/assessments takes it.",
        json_schema_extra={"x-fhir-type": "Bundle"},
    )


class BatchAsked(BaseModel):
    """Patients to be assessed, each on its own."""

    model_config = _FORBID

    items: list[BatchItem] = Field(min_length=1, max_length=MOST_ITEMS)


class BatchOutcome(BaseModel):
    """What came of one patient of a batch: its assessment, or the problem with which it was refused."""

    id: str
    status: int = Field(description="The status with which /api/v1/assessments answers the same Bundle.")
    decision_id: str | None = Field(
        default=None,
        description="The id of the decision; left out where the service failed.",
    )
    assessment: Assessment | None = Field(default=None, description="Where status is 200.")
    problem: Problem | None = Field(
        default=None,
        description="Where status is another; its pointers lead into the batch.",
    )


class BatchAnswer(BaseModel):
    """What came of every patient of a batch, in the order in which they were sent."""

    items: list[BatchOutcome]
