"""SINS of every vertebra of a patient-view call, as a service of HealthChain that walks dictionaries.

It sums what is recorded, and does nothing else of what the product does: no strict reading, no patient gate,
no completeness, no pathway.
"""

from collections import defaultdict
from typing import Any

from healthchain.gateway import CDSHooksService, HealthChainAPI
from healthchain.models.requests.cdsrequest import CDSRequest
from healthchain.models.responses.cdsresponse import CDSResponse

Json = dict[str, Any]
_BASE = "https://fhir.spine-mets-cds.org/CodeSystem"
# Points by the code of the answer, and of the location by the vertebra.
_POINTS = {
    "pain-mechanical": 3,
    "pain-occasional": 1,
    "pain-free": 0,
    "lesion-lytic": 2,
    "lesion-mixed": 1,
    "lesion-blastic": 0,
    "alignment-subluxation": 4,
    "alignment-deformity": 2,
    "alignment-normal": 0,
    "collapse-over-50": 3,
    "collapse-under-50": 2,
    "collapse-involved-over-50": 1,
    "collapse-none": 0,
    "posterolateral-bilateral": 3,
    "posterolateral-unilateral": 1,
    "posterolateral-none": 0,
}
_LEVELS = {"12989004": ("T11", 3), "36470004": ("L3", 2)}

service = CDSHooksService()


@service.hook("patient-view", id="spinal-metastasis-patient-view")
def patient_view(request: CDSRequest) -> CDSResponse:
    """A card for each vertebra with a finding."""
    prefetch = request.prefetch or {}
    points: dict[str, int] = defaultdict(int)
    for entry in (prefetch.get("observations") or {}).get("entry", ()):
        resource = entry["resource"]
        if _code(resource["code"], f"{_BASE}/observable") is None:
            continue
        answer = _code(resource.get("valueCodeableConcept"), f"{_BASE}/answer")
        site = _code(resource.get("bodySite"), "http://snomed.info/sct")
        if answer in _POINTS and site in _LEVELS:
            points[site] += _POINTS[answer]
    affected = [
        site
        for entry in (prefetch.get("conditions") or {}).get("entry", ())
        for concept in entry["resource"].get("bodySite", ())
        if (site := _code(concept, "http://snomed.info/sct")) in _LEVELS
    ]
    return CDSResponse(cards=[_card(site, points[site]) for site in affected])


def _code(concept: Json | None, system: str) -> str | None:
    for coding in (concept or {}).get("coding", ()):
        if coding.get("system") == system:
            code: str = coding["code"]
            return code
    return None


def _card(site: str, points: int) -> Json:
    name, location = _LEVELS[site]
    total = points + location
    return {
        "summary": f"{name}: SINS {total} of 18",
        "indicator": "warning" if total >= 7 else "info",
        "source": {"label": "Spinal Instability Neoplastic Score"},
    }


app = HealthChainAPI()
app.register_service(service)
