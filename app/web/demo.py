"""The demo's patients: invented records whose dates are always as fresh as their story says.

A record writes dates from today: ``@-3d`` is three days ago, ``@-3dT09:30`` that day at half past
nine. They are put in when a record is served, for the moment the service takes as now.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from app.errors import NotFoundError

Json = dict[str, Any]

CANONICAL_BASE = "https://fhir.spine-mets-cds.org"
USER = "Practitioner/demo-clinician"
# Named as an EHR names it, so that absolute references can be told from those of other servers.
SERVER = "https://ehr.example.org/fhir"

_FOLDER = files("app.web").joinpath("demo_patients")
_INDEX = "index.json"
_MOMENT = re.compile(r'"@([+-]\d{1,4})d(?:T(\d\d:\d\d))?"')
# What an EHR sends under each prefetch key.
_PREFETCH: Mapping[str, tuple[str, ...]] = {
    "conditions": ("Condition",),
    "observations": ("Observation",),
    "procedures": ("Procedure",),
    "medications": ("MedicationRequest", "MedicationStatement"),
    "bodyStructures": ("BodyStructure",),
    "questionnaireResponses": ("QuestionnaireResponse",),
}


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """One invented patient.

    Args:
        id: names the patient in this demo's addresses.
        title: the case in a few words.
        story: the case in one line.
        look_for: what to notice in the service's answer.
        template: the record in FHIR JSON, with dates still to be put in.
    """

    id: str
    title: str
    story: str
    look_for: str
    template: str

    def bundle(self, as_of: datetime) -> Json:
        """The record as a FHIR Bundle, its dates counted from the given moment."""
        bundle: Json = json.loads(_MOMENT.sub(lambda found: _moment(found, as_of), self.template))
        return bundle

    def hook_request(self, as_of: datetime) -> Json:
        """What an EHR sends when this patient's chart is opened, but for the ``hookInstance``."""
        entries: list[Json] = self.bundle(as_of)["entry"]
        patient: Json = _of_type(entries, ("Patient",))[0]["resource"]
        prefetch = {key: _searchset(_of_type(entries, types)) for key, types in _PREFETCH.items()}
        return {
            "hook": "patient-view",
            "fhirServer": SERVER,
            "context": {"userId": USER, "patientId": patient["id"]},
            "prefetch": {"patient": patient, **prefetch},
        }


class DemoPatients:
    """All invented patients, read once.

    Args:
        canonical_base: the base of the service's own code systems.
        folder: where the records and their index stand.
    """

    def __init__(self, canonical_base: str = CANONICAL_BASE, folder: Traversable = _FOLDER) -> None:
        index = json.loads(_text(folder, _INDEX))
        self._patients = {
            listed["id"]: DemoPatient(
                **listed,
                template=_text(folder, f"{listed['id']}.json").replace(CANONICAL_BASE, canonical_base),
            )
            for listed in index["patients"]
        }

    def __iter__(self) -> Iterator[DemoPatient]:
        return iter(self._patients.values())

    def find(self, patient_id: str) -> DemoPatient:
        """The patient of that id.

        Raises:
            NotFoundError: there is no such patient.
        """
        if patient_id not in self._patients:
            raise NotFoundError("There is no such demo patient: /demo/patients lists them.")
        return self._patients[patient_id]

    def index(self, as_of: datetime) -> Json:
        """The patients and their stories, and the moment that the service takes as now."""
        return {
            "as_of": as_of.isoformat(),
            "patients": [
                {
                    "id": patient.id,
                    "title": patient.title,
                    "story": patient.story,
                    "look_for": patient.look_for,
                }
                for patient in self._patients.values()
            ],
        }


def _text(folder: Traversable, name: str) -> str:
    return folder.joinpath(name).read_text(encoding="utf-8")


def _moment(found: re.Match[str], as_of: datetime) -> str:
    day = (as_of + timedelta(days=int(found[1]))).date()
    if found[2] is None:
        return f'"{day.isoformat()}"'
    moment = datetime.fromisoformat(f"{day.isoformat()}T{found[2]}").replace(tzinfo=as_of.tzinfo)
    return f'"{moment.isoformat()}"'


def _of_type(entries: Sequence[Json], types: tuple[str, ...]) -> list[Json]:
    return [entry for entry in entries if entry["resource"]["resourceType"] in types]


def _searchset(entries: Sequence[Json]) -> Json | None:
    if not entries:
        return None
    found = [{**entry, "search": {"mode": "match"}} for entry in entries]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": found}
