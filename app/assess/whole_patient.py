"""What belongs to the patient and to no lesion: primary tumours, age, and what is known of every lesion."""

from collections.abc import Sequence
from datetime import date, datetime

from app.assess.lesions import Grouped
from app.assess.record import Record, When
from app.engine.provenance import Source
from app.knowledge.histology import primary_of
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Patient, Years


def patient_of(record: Record, grouped: Grouped, as_of: datetime) -> Patient:
    """The patient as pathways and prognostic scores see them."""
    counted: Sequence[Lesion] = [lesion for lesion in grouped.lesions if lesion.not_scored is None]
    return Patient(
        facts=grouped.patient,
        primary=primary_of(
            (
                tumour.histology,
                Source(tumour.reference, tumour.when.text if tumour.when else None),
                tumour.confirmed,
            )
            for tumour in record.tumours
        ),
        age=_age(record.born, as_of.date()),
        lesions=tuple(counted),
        unavailable=record.unavailable,
    )


def _age(born: When | None, today: date) -> Years | None:
    if born is None or born.first > today:
        return None
    return Years(_years(born.last, today), _years(born.first, today))


def _years(born: date, today: date) -> int:
    return max(0, today.year - born.year - ((today.month, today.day) < (born.month, born.day)))
