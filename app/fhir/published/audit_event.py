"""A record of a decision as an R4 AuditEvent, after the Basic Audit Log Patterns (BALP) of IHE. Pure.

Its patterns are of reading, searching and writing resources; none is of a decision, so that no profile of
it is claimed. What they have in common is here: the agents, the patient and the identifier of the request.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from app.fhir.proposals import Json
from app.fhir.score_observation import PRODUCT

_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_REST = {"system": f"{_TERMINOLOGY}/audit-event-type", "code": "rest", "display": "RESTful Operation"}
_OPERATION = {"system": "http://hl7.org/fhir/restful-interaction", "code": "operation"}
_AUDIT_LOG = {"system": _DICOM, "code": "110101", "display": "Audit Log Used"}
_SOURCE = {"system": _DICOM, "code": "110153", "display": "Source Role ID"}
_DESTINATION = {"system": _DICOM, "code": "110152", "display": "Destination Role ID"}
_RECIPIENT = {
    "system": f"{_TERMINOLOGY}/v3-ParticipationType",
    "code": "IRCP",
    "display": "information recipient",
}
_SERVER = {"system": f"{_TERMINOLOGY}/security-source-type", "code": "4", "display": "Application Server"}
_PERSON = {"system": f"{_TERMINOLOGY}/audit-entity-type", "code": "1", "display": "Person"}
_OBJECT = {"system": f"{_TERMINOLOGY}/audit-entity-type", "code": "2", "display": "System Object"}
_PATIENT = {"system": f"{_TERMINOLOGY}/object-role", "code": "1", "display": "Patient"}
_REQUEST = {
    "system": "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType",
    "code": "XrequestId",
}
_URI = "5"


def audit_event(
    record: Mapping[str, Any], at: datetime, *, address: str | None = None, place: str | None = None
) -> Json:
    """The AuditEvent of a record; patient, user and encounter are in it by their pseudonyms alone.

    Args:
        record: as it is kept; any member may be missing.
        at: when it was decided.
        address: where clients reach this service.
        place: where it stands in its chain, such as its number and hash.
    """
    deletion = record.get("kind") == "pruned"
    event: Json = {
        "resourceType": "AuditEvent",
        "type": _AUDIT_LOG if deletion else _REST,
        "action": "D" if deletion else "E",
        "recorded": record.get("answered_at") or at.isoformat(),
        "agent": list(_agents(record, address, deletion=deletion)),
        "source": {"observer": {"display": PRODUCT}, "type": [_SERVER]},
    }
    if not deletion:
        event["subtype"] = [_OPERATION]
    if record.get("decision_id"):
        event["id"] = record["decision_id"]
    if record.get("received_at") and record.get("answered_at"):
        event["period"] = {"start": record["received_at"], "end": record["answered_at"]}
    if (outcome := _outcome(record.get("status"))) is not None:
        event["outcome"] = outcome
        event["outcomeDesc"] = f"HTTP status {record['status']}"
    event["entity"] = list(_entities(record, place))
    return event


def _outcome(status: object) -> str | None:
    """Success, a fault of the client, or one of this service or of another server."""
    if not isinstance(status, int):
        return None
    if status >= 500:  # noqa: PLR2004  HTTP's own number
        return "8"
    return "4" if status >= 400 else "0"  # noqa: PLR2004  as above


def _agents(record: Mapping[str, Any], address: str | None, *, deletion: bool) -> Iterator[Json]:
    server: Json = {
        "type": {"coding": [_DESTINATION]},
        "who": {"display": PRODUCT},
        # It deletes by itself what is kept no longer.
        "requestor": deletion,
    }
    if address is not None:
        server["network"] = {"address": address, "type": _URI}
    yield server
    if deletion:
        return
    user = record.get("user")
    name = record.get("client") or record.get("issuer")
    yield {
        "type": {"coding": [_SOURCE]},
        "who": {"identifier": {"value": name}} if name else {"display": "a client that was not told"},
        "requestor": not user,
    }
    if user:
        yield {
            "type": {"coding": [_RECIPIENT]},
            "who": {"identifier": {"value": user}},
            "requestor": True,
        }


def _entities(record: Mapping[str, Any], place: str | None) -> Iterator[Json]:
    if record.get("patient"):
        yield {
            "what": {"type": "Patient", "identifier": {"value": record["patient"]}},
            "type": _PERSON,
            "role": _PATIENT,
        }
    if record.get("encounter"):
        yield {
            "what": {"type": "Encounter", "identifier": {"value": record["encounter"]}},
            "type": _OBJECT,
        }
    if record.get("decision_id"):
        yield {"what": {"identifier": {"value": record["decision_id"]}}, "type": _REQUEST}
    details = [{"type": name, "valueString": text} for name, text in _details(record, place)]
    told: Json = {"type": _OBJECT, "name": str(record.get("service") or record.get("kind") or "decision")}
    yield {**told, "detail": details} if details else told


def _details(record: Mapping[str, Any], place: str | None) -> Iterator[tuple[str, str]]:
    for name in ("kind", "tenant", "hook", "request_digest", "upstream", "removed", "before"):
        value = record.get(name)
        if isinstance(value, str | int) and value != "":
            yield name.replace("_", "-"), str(value)
    knowledge = record.get("knowledge")
    if isinstance(knowledge, Mapping):
        for name in ("version", "digest"):
            if knowledge.get(name):
                yield f"knowledge-{name}", str(knowledge[name])
    needs = record.get("needs")
    if isinstance(needs, Mapping):
        for need, state in needs.items():
            yield f"need-{need}", str(state)
    for card in record.get("cards") or ():
        said = (card.get(name) for name in ("uuid", "topic", "rule", "indicator", "digest"))
        yield "card", " ".join(str(part) for part in said if part)
    if place is not None:
        yield "chain", place
