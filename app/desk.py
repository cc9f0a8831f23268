"""What answers from a file as the service does from a call: without a network, a database or a clock."""

from collections.abc import Mapping
from functools import cached_property

from app.api.measures import measure_calculations
from app.api.models import answers_model
from app.api.pathway_inputs import inputs_model
from app.api.pathways import pathway_calculations
from app.api.router import score_calculations
from app.api.witnessed import Calculate
from app.assess.record import Record
from app.audit.record import Stands
from app.decision import Kind
from app.fhir.codes import code_book
from app.fhir.names import normal_base
from app.fhir.reader import Reader
from app.fhir.server.address import Base, read_base, same_base
from app.knowledge import load
from app.knowledge.policy import Policy
from app.settings import Profile, Settings
from cds_hooks.cards import CardMaker
from cds_hooks.gather import Gathered
from cds_hooks.judging import Judging
from cds_hooks.tenants import tenant_of


class Desk:
    """Answers from files with the knowledge, the codes and the policy of some settings.

    Args:
        settings: of one organisation.

    Raises:
        DefinitionError: the local policy is none.
        CodeMapError: the code map cannot be used.
        AddressError: the address of a FHIR server is none.
    """

    def __init__(self, settings: Settings) -> None:
        self.knowledge = load(Policy.of(settings.policy, settings.windows))
        self.book = code_book(settings.canonical_base, settings.code_map)
        self.reader = Reader(self.book, self.knowledge)
        self.stands_on = Stands(self.knowledge.version, self.knowledge.digest)
        self.judging = Judging(
            self.reader,
            self.knowledge,
            CardMaker(self.book, settings.public_base_url),
            tenant_of(settings),
            https_only=settings.profile is not Profile.DEMO,
        )
        named = [(one.base, *one.aliases) for one in settings.fhir_servers]
        named += [(one,) for one in settings.demo_fhir_servers]
        self._servers = [tuple(map(read_base, names)) for names in named]

    @property
    def bases(self) -> tuple[str, ...]:
        """The one name of every FHIR server of the settings."""
        return tuple(normal_base(names[0].text) for names in self._servers)

    def base(self, address: str | None) -> str | None:
        """The one name of a server that a call names; None where it names none."""
        if address is None:
            return None
        known = self._known(address)
        return normal_base(known[0].text if known else address)

    def names(self, address: str | None) -> tuple[str, ...]:
        """Every address by which the resources of a server that a call names may name it."""
        return tuple(one.text for one in self._known(address)) if address is not None else ()

    @cached_property
    def calculations(self) -> Mapping[tuple[Kind, str], Calculate]:
        """What makes the answer of a body, by kind and code."""
        knowledge = self.knowledge
        models = {
            code: answers_model(one.score, one.place_item if "level" in one.lead else None)
            for code, one in knowledge.instruments.items()
        } | {code: answers_model(one.score) for code, one in knowledge.patient_scores.items()}
        inputs = {code: inputs_model(pathway) for code, pathway in knowledge.pathways.items()}
        every: tuple[tuple[Kind, Mapping[str, Calculate]], ...] = (
            ("score", score_calculations(knowledge, models)),
            ("pathway", pathway_calculations(knowledge, inputs)),
            ("measure", measure_calculations(knowledge.measures, knowledge)),
        )
        return {(kind, code): one for kind, found in every for code, one in found.items()}

    def _known(self, address: str) -> tuple[Base, ...]:
        found = (names for names in self._servers if any(same_base(name, address) for name in names))
        return next(found, ())


def alone(record: Record) -> Gathered:
    """A record without a call around it."""
    return Gathered(record, record.patient or "")
