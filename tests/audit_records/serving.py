"""Every front door that decides, with its records within reach of the test."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx
import msgspec
from fastapi import FastAPI

from app.api.assessing import Assessing
from app.api.measures import measure_bodies, measure_routes
from app.api.models import answers_model
from app.api.pathway_inputs import inputs_model
from app.api.pathways import pathway_routes
from app.api.patient_assessments import patient_assessment_routes
from app.api.router import router as rest_router
from app.aside import HERE, Turn
from app.assess.record import Record
from app.audit.record import Stands
from app.audit.seal import Seal
from app.audit.witness import Decisions, Recording, Witness
from app.decision import Decision
from app.failures import Failures, answer_errors
from app.fhir.codes import code_book
from app.fhir.queries import prefetch_templates
from app.fhir.reader import Reader
from app.fhir.server.known import KnownServers
from app.fhir.server.pulling import Limits, Puller
from app.knowledge import load
from app.knowledge.policy import Policy
from app.settings import Settings
from app.store import Recorder, Store
from app.store.audit_trail import AuditUnavailableError
from cds_hooks.cards import CardMaker
from cds_hooks.delivery import Delivery
from cds_hooks.feedback import feedback_routes
from cds_hooks.fetching import Fetching
from cds_hooks.router import Answering
from cds_hooks.router import router as hooks_router
from cds_hooks.services import SERVICES
from cds_hooks.tenants import tenant_of
from tests.cds_hooks.record import NOW, Json
from tests.contract.served import talk_to

KEY = b"k" * 32
RECEIVED = datetime.fromisoformat("2026-11-20T12:00:03.250+00:00")
KNOWLEDGE = load(Policy())
STANDS = Stands(KNOWLEDGE.version, KNOWLEDGE.digest)


class Counting:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []

    def decided(self, decision: Decision) -> None:
        self.decisions.append(decision)


class House:
    """The service and what it keeps.

    Args:
        full: whether the trail takes no record.
        failure: what it does then: closed, it refuses; open, it lets the answer go.
        records: the record of a patient by id, for a FHIR server of its own.
        store: keeps feedback.
        tenant: whose service it is.
        quiet: days of the quiet period.
        records_kept: whether records of decisions are kept.
    """

    def __init__(
        self,
        *,
        full: bool = False,
        failure: str = "closed",
        records: Callable[[str], Record] | None = None,
        store: Store | None = None,
        tenant: str = "default",
        shadow: bool = False,
        quiet: int = 0,
        records_kept: bool = True,
    ) -> None:
        self.lines: list[bytes] = []
        self.full = full
        self.lost = 0
        self._failure = failure
        self.counting = Counting()
        self.store = store or Store.open("sqlite://")
        self.recorder = Recorder(self.store.note_cards)
        seal = Seal(KEY)
        recording = [Recording(self.keep, seal, STANDS)] if records_kept else []
        self.witnesses: list[Witness] = [*recording, self.counting]
        self.app = FastAPI(redirect_slashes=False)
        decisions = Decisions(self.witnesses, seal if records_kept else None, tenant, lambda: RECEIVED)
        settings = Settings(database="sqlite://")
        whose = replace(tenant_of(settings), name=tenant, shadow=shadow, quiet_days=quiet)
        book = code_book(settings.canonical_base, settings.code_map)
        reader, templates = Reader(book, KNOWLEDGE), prefetch_templates(book, KNOWLEDGE)
        answers = {
            code: answers_model(one.score, one.place_item if "level" in one.lead else None)
            for code, one in KNOWLEDGE.instruments.items()
        } | {code: answers_model(one.score) for code, one in KNOWLEDGE.patient_scores.items()}
        inputs = {code: inputs_model(pathway) for code, pathway in KNOWLEDGE.pathways.items()}
        answering = Answering(
            reader=reader,
            clock=lambda: NOW,
            knowledge=KNOWLEDGE,
            maker=CardMaker(book, None),
            delivery=Delivery(self.store, self.recorder, KEY),
            fetching=Fetching(KnownServers(), Puller(Limits(), "0"), templates),
            tenant=whose,
            https_only=False,
        )
        self.app.include_router(
            hooks_router(
                answering,
                templates=dict(templates),
                attributes=dict,
                clients=None,
                max_bytes=5_000_000,
                decisions=decisions,
            )
        )
        self.app.include_router(
            feedback_routes(
                services=SERVICES,
                store=self.store,
                tenant_of=lambda _request: tenant,
                clock=lambda: NOW,
                clients=None,
                max_bytes=5_000_000,
                decisions=decisions,
            )
        )
        self.app.include_router(
            measure_routes(KNOWLEDGE.measures, measure_bodies(KNOWLEDGE.measures), KNOWLEDGE, decisions)
        )
        self.app.include_router(pathway_routes(KNOWLEDGE, inputs, decisions))
        self.app.include_router(
            rest_router(
                assessing=Assessing(book, KNOWLEDGE, lambda: NOW, decisions),
                knowledge=KNOWLEDGE,
                questionnaires=dict,
                answers=answers,
                max_bytes=20_000_000,
                decisions=decisions,
            )
        )
        held: Any = None if records is None else Records(records)
        self.app.include_router(
            patient_assessment_routes(
                records=held,
                book=book,
                knowledge=KNOWLEDGE,
                clock=lambda: NOW,
                base="https://ehr.example.org/fhir",
                decisions=decisions,
            )
        )
        answer_errors(self.app)
        self.app.add_middleware(Failures)
        self.client = talk_to(self.app)

    def keep(self, tenant: str, record: bytes, at: datetime) -> None:
        assert tenant == msgspec.json.decode(record)["tenant"]
        assert at == RECEIVED
        if not self.full:
            self.lines.append(record)
        elif self._failure == "closed":
            raise AuditUnavailableError
        else:
            self.lost += 1

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return await self.client.post(
            path, content=content, headers={"content-type": "application/json"} | headers
        )

    @property
    def record(self) -> Json:
        """The only record that was kept."""
        (line,) = self.lines
        found: Json = msgspec.json.decode(line)
        return found

    def issued(self) -> Mapping[str, int]:
        """How many cards were kept as shown."""
        assert self.recorder.flush(10)
        tallies = self.store.counts("default").rules
        return {rule: tally.shown for (_service, rule), tally in tallies.items()}


class Records:
    """A FHIR server that has what a function gives."""

    def __init__(self, give: Callable[[str], Record]) -> None:
        self._give = give

    async def record(self, patient: str, _reader: Reader | None = None, _turn: Turn = HERE) -> Record:
        return self._give(patient)
