"""What the models of answers have in common."""

from pydantic import BaseModel, ConfigDict


class Output(BaseModel):
    """Describes an answer in the OpenAPI document.

    Answers are written by hand and never read by it: what would check them is built where the document
    is asked for, and not at every start.
    """

    model_config = ConfigDict(extra="forbid", defer_build=True)
