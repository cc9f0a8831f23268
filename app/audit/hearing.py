"""Reading for one call, with what was read kept for its record."""

from app.assess.record import Record
from app.fhir import wire
from app.fhir.codes import CodeBook
from app.fhir.collection import Collected
from app.fhir.patient_gate import PatientGate
from app.fhir.reader import Reader
from app.knowledge import Knowledge


class Hearing(Reader):
    """Reads as any reader does, and keeps the resources that it was given.

    Args:
        book: the codes that it reads by.
        knowledge: the rules.
    """

    def __init__(self, book: CodeBook, knowledge: Knowledge) -> None:
        super().__init__(book, knowledge)
        self.heard: list[tuple[wire.Single | wire.Stub, str | None]] = []

    def collected(self, collected: Collected, gate: PatientGate | None) -> Record:
        """The record in resources already gathered; they are kept whatever comes of it."""
        self.heard += collected.resources
        return super().collected(collected, gate)
