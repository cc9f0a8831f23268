"""The routes of the evidence: what the sources found, their conflicts, and the figures."""

import hashlib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from app.api.documented import kept
from app.api.models import Knowledge, Problem, Reference
from app.api.output import Output
from app.api.source_wire import citation_json
from app.conditional import EACH_TIME, Kept
from app.errors import ContradictionError, Issue, NotFoundError
from app.evidence import load
from app.evidence.codes import ConflictStatus, Outcome, Site, Statistic, Technique
from app.evidence.item import Inconsistency, Item, Point, Rate, Series, Statement
from app.evidence.studies import Estimate, Estimates, Row, Share, Table

_PREFIX = "/api/v1/evidence"
_YEAR = 365 * 24 * 60 * 60
_encode = msgspec.json.Encoder(decimal_format="number").encode
Json = dict[str, Any]


_Address = Annotated[str, Field(json_schema_extra={"format": "uri-reference"})]


class _Item(Output):
    code: str
    facts: list[str]
    title: str
    techniques: list[Technique]
    outcome: Outcome
    sites: list[Site]
    population: str
    cautions: list[str]
    notes: list[str]
    disputes: list[str]
    references: list[Reference]


class EvidencePoint(Output):
    """One value; for a count, ``percent`` is computed and ``n`` is the denominator."""

    label: str
    days: int | None
    value: float
    low: float | None
    high: float | None
    spread: float | None
    n: int | None
    percent: float | None
    place: str | None


class EvidenceSeries(_Item):
    """One outcome at several times or in several groups; ``figure`` is the address of its drawing."""

    n: int | None
    unit: str
    axis: str
    statistic: Statistic
    test: str | None
    points: list[EvidencePoint]
    figure: _Address


class EvidenceRate(_Item):
    """How many of how many; ``reported`` is a printed percentage that differs from the computed one."""

    numerator: int
    denominator: int
    unit: str
    percent: float
    reported: str | None
    grading: str | None


class EvidenceShare(Output):
    """A share as a table prints it; without a denominator none of the table's numbers fits it."""

    count: int | None
    denominator: int | None
    unit: str | None
    percent: float | None
    reported: str | None
    years: float | None


class EvidenceStudy(Output):
    """One study of a table; null where it does not say."""

    study: str
    fact: str | None
    techniques: list[Technique]
    sites: list[Site]
    histology: str | None
    design: str | None
    patients: int | None
    tumours: int | None
    mean_size_cm: float | None
    pain_scale: int | None
    pain_before: float | None
    pain_after: float | None
    pain_fall: float | None
    reduced: EvidenceShare | None
    local_control: EvidenceShare | None
    survival: list[EvidenceShare]
    follow_up_months: float | None
    major_complications: EvidenceShare | None
    notes: list[str]
    interests: list[str]
    disputes: list[str]


class EvidenceTable(_Item):
    """Studies beside each other, as one source compares them."""

    studies: list[EvidenceStudy]
    figure: _Address | None


class EvidenceEstimate(Output):
    """One estimate with its 95% interval."""

    fact: str
    factor: str
    value: float
    low: float
    high: float


class EvidenceEstimates(_Item):
    """The estimates of one model."""

    unit: str
    estimates: list[EvidenceEstimate]
    figure: _Address


class EvidenceStatement(_Item):
    """A fact without a series: how it was done, in whom, what was seen."""

    text: str


class Evidence(Output):
    """Every usable piece of evidence that was asked for."""

    series: list[EvidenceSeries]
    rates: list[EvidenceRate]
    tables: list[EvidenceTable]
    estimates: list[EvidenceEstimates]
    statements: list[EvidenceStatement]
    knowledge: Knowledge


class ConflictingValue(Output):
    """One of the values in conflict, and where it stands."""

    value: str
    place: str


class EvidenceInconsistency(Output):
    """Values that cannot all be right, or that mean different things; and what is done about it."""

    id: str
    sources: list[str]
    conflict: str
    values: list[ConflictingValue]
    check: str
    handling: str
    status: ConflictStatus
    evidence: list[str]
    references: list[Reference]


class EvidenceInconsistencies(Output):
    """Every conflict inside a source or between sources."""

    inconsistencies: list[EvidenceInconsistency]
    knowledge: Knowledge


def router(knowledge: Json) -> APIRouter:
    """The routes under ``/api/v1/evidence``.

    Args:
        knowledge: the version and digest that every answer names.
    """
    routes = APIRouter(prefix=_PREFIX)
    stands_on = {"knowledge": knowledge}
    evidence = load()
    usable, told = _written()
    everything = Kept(_encode(_grouped(usable) | stands_on))
    conflicts = Kept(_encode({"inconsistencies": told} | stands_on))

    @routes.get(
        "",
        operation_id="listEvidence",
        summary="Usable evidence of the sources, by technique, outcome and site",
        tags=["Evidence"],
        response_model=Evidence,
        responses={**kept(), **_faults(422)},
    )
    async def list_evidence(
        request: Request,
        technique: Annotated[list[str], _among(Technique, "What was done; several: any of them")],
        outcome: Annotated[list[str], _among(Outcome, "What was measured; several: any of them")],
        site: Annotated[list[str], _among(Site, "Where; several: any of them")],
    ) -> Response:
        asked = (
            _known("technique", technique, Technique),
            _known("outcome", outcome, Outcome),
            _known("site", site, Site),
        )
        if faults := [fault for fault in asked if isinstance(fault, Issue)]:
            raise ContradictionError("There is no evidence under such a code: see errors.", faults)
        if not (technique or outcome or site):
            return everything.answer(request)
        techniques, outcomes, sites = (wanted for wanted in asked if not isinstance(wanted, Issue))
        found = (
            (item, encoded)
            for item, encoded in usable
            if (not techniques or techniques.intersection(item.techniques))
            and (not outcomes or item.outcome in outcomes)
            and (not sites or sites.intersection(item.sites))
        )
        return Kept(_encode(_grouped(found) | stands_on)).answer(request)

    @routes.get(
        "/inconsistencies",
        operation_id="listEvidenceInconsistencies",
        summary="Values in conflict or rejected, and what is done about them",
        tags=["Evidence"],
        response_model=EvidenceInconsistencies,
        responses=kept(),
    )
    async def list_inconsistencies(request: Request) -> Response:
        return conflicts.answer(request)

    @routes.get(
        "/figures/{series}.svg",
        operation_id="getEvidenceFigure",
        summary="The drawing of a series or a table",
        tags=["Evidence"],
        response_class=Response,
        responses={
            **kept(
                {
                    200: {
                        "description": "A drawing",
                        "content": {"image/svg+xml": {"schema": {"type": "string"}}},
                    }
                },
                varies=False,
            ),
            **_faults(404),
        },
    )
    async def get_figure(
        request: Request,
        series: Annotated[
            str,
            Path(
                description="The code of the evidence drawn",
                json_schema_extra={"enum": list(evidence.figures)},
            ),
        ],
        v: Annotated[str, Query(description="The fingerprint in the address that the evidence gives")] = "",
    ) -> Response:
        drawing = evidence.figures.get(series)
        if drawing is None:
            raise NotFoundError(f"There is no such figure; the figures are {', '.join(evidence.figures)}.")
        return Kept(drawing, "image/svg+xml", _figure_headers(drawing, v)).answer(request)

    return routes


def _among(codes: type[StrEnum], description: str) -> Any:  # noqa: ANN401  what the framework types so
    items = {"type": "string", "enum": [code.value for code in codes]}
    return Query(default_factory=list, description=description, json_schema_extra={"items": items})


def _known(name: str, given: Iterable[str], codes: type[StrEnum]) -> set[StrEnum] | Issue:
    known = {code.value: code for code in codes}
    given = set(given)
    if given <= set(known):
        return {known[code] for code in given}
    message = f"{name} takes {', '.join(known)}; it may be repeated."
    return Issue(f"/{name}", "code-invalid", message)


def _fingerprint(drawing: bytes) -> str:
    return hashlib.sha256(drawing).hexdigest()[:16]


def _address(code: str, drawing: bytes) -> str:
    """Where the drawing is; a drawing that changes has another address, so each may be kept for good."""
    return f"{_PREFIX}/figures/{code}.svg?v={_fingerprint(drawing)}"


def _figure_headers(drawing: bytes, version: str) -> Mapping[str, str]:
    for_good = version == _fingerprint(drawing)
    return {
        "Cache-Control": f"public, max-age={_YEAR}, immutable" if for_good else EACH_TIME,
        # The drawing styles its shapes by attributes; nothing else may be loaded or run.
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }


_GROUPS: tuple[tuple[str, type[Item]], ...] = (
    ("series", Series),
    ("rates", Rate),
    ("tables", Table),
    ("estimates", Estimates),
    ("statements", Statement),
)


def _grouped(found: Iterable[tuple[Item, msgspec.Raw]]) -> dict[str, list[msgspec.Raw]]:
    groups: dict[str, list[msgspec.Raw]] = {name: [] for name, _ in _GROUPS}
    for item, encoded in found:
        groups[next(name for name, kind in _GROUPS if isinstance(item, kind))].append(encoded)
    return groups


def item_json(item: Item, addresses: Mapping[str, str]) -> Json:
    """One piece of evidence, with the address of its drawing where it has one."""
    body: Json = {
        "code": item.code,
        "facts": list(item.facts),
        "title": item.title,
        "techniques": list(item.techniques),
        "outcome": item.outcome,
        "sites": list(item.sites),
        "population": item.population,
        "cautions": list(item.cautions),
        "notes": list(item.notes),
        "disputes": _ids(item.conflicts),
        "references": [citation_json(item.cite)],
    }
    figure = {"figure": addresses.get(item.code)}
    match item:
        case Series():
            return body | _series_json(item) | figure
        case Rate():
            return body | _rate_json(item)
        case Table():
            return body | {"studies": [_row_json(row) for row in item.rows]} | figure
        case Estimates():
            estimates = [_estimate_json(estimate) for estimate in item.estimates]
            return body | {"unit": item.unit, "estimates": estimates} | figure
        case Statement():
            return body | {"text": item.text}
        case _:
            raise TypeError(f"{item.code} is of no known kind")


def _series_json(series: Series) -> Json:
    return {
        "n": series.n,
        "unit": series.unit,
        "axis": series.axis,
        "statistic": series.statistic,
        "test": series.test,
        "points": [_point_json(series, point) for point in series.points],
    }


def _point_json(series: Series, point: Point) -> Json:
    return {
        "label": point.label,
        "days": point.days,
        "value": point.value,
        "low": point.low,
        "high": point.high,
        "spread": point.spread,
        "n": point.n,
        "percent": series.percent_of(point),
        "place": point.place,
    }


def _rate_json(rate: Rate) -> Json:
    return {
        "numerator": rate.numerator,
        "denominator": rate.denominator,
        "unit": rate.unit,
        "percent": rate.percent,
        "reported": rate.reported,
        "grading": rate.grading,
    }


def _share_json(share: Share | None) -> Json | None:
    if share is None:
        return None
    return {
        "count": share.count,
        "denominator": share.denominator,
        "unit": share.unit,
        "percent": share.percent,
        "reported": share.reported,
        "years": share.years,
    }


def _row_json(row: Row) -> Json:
    return {
        "study": row.study,
        "fact": row.fact,
        "techniques": list(row.techniques),
        "sites": list(row.sites),
        "histology": row.histology,
        "design": row.design,
        "patients": row.patients,
        "tumours": row.tumours,
        "mean_size_cm": row.mean_size_cm,
        "pain_scale": row.pain_scale,
        "pain_before": row.pain_before,
        "pain_after": row.pain_after,
        "pain_fall": row.pain_fall,
        "reduced": _share_json(row.reduced),
        "local_control": _share_json(row.local_control),
        "survival": [_share_json(share) for share in row.survival],
        "follow_up_months": row.follow_up_months,
        "major_complications": _share_json(row.major_complications),
        "notes": list(row.notes),
        "interests": list(row.interests),
        "disputes": _ids(row.disputes),
    }


def _estimate_json(estimate: Estimate) -> Json:
    return {
        "fact": estimate.fact,
        "factor": estimate.factor,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
    }


@cache
def _written() -> tuple[list[tuple[Item, msgspec.Raw]], msgspec.Raw]:
    """Every usable item with what is told of it, and the conflicts; the same in every application."""
    evidence = load()
    addresses = {code: _address(code, drawing) for code, drawing in evidence.figures.items()}
    usable = [(item, msgspec.Raw(_encode(item_json(item, addresses)))) for item in evidence.usable]
    conflicts = _inconsistencies_json(evidence.inconsistencies, evidence.usable)
    return usable, msgspec.Raw(_encode(conflicts))


def _inconsistencies_json(found: Iterable[Inconsistency], items: Iterable[Item]) -> list[Json]:
    # Worked out for each item once, however many conflicts there are.
    touched = [(item.code, item.conflicts) for item in items]
    return [
        {
            "id": conflict.id,
            "sources": [publication.key for publication in conflict.sources],
            "conflict": conflict.conflict,
            "values": [{"value": stated.value, "place": stated.place} for stated in conflict.values],
            "check": conflict.check,
            "handling": conflict.handling,
            "status": conflict.status,
            "evidence": [code for code, conflicts in touched if conflict in conflicts],
            "references": [citation_json(publication.citation) for publication in conflict.sources],
        }
        for conflict in found
    ]


def _ids(disputes: Iterable[Inconsistency]) -> list[str]:
    return [dispute.id for dispute in disputes]


def _faults(status: Literal[404, 422]) -> dict[int | str, dict[str, Any]]:
    texts = {404: "There is no such figure", 422: "A code that no evidence is filed under"}
    return {
        status: {
            "model": Problem,
            "description": texts[status],
            "content": {"application/problem+json": {}},
        }
    }
