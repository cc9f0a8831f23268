"""What is counted, by the names that dashboards and alerts know."""

from collections import Counter as Tally
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from app.decision import Decision, Told
from app.metrics.rules import RuleCosts
from app.metrics.servers import ServerFamilies, ServerMetrics
from app.metrics.values import OPEN_METRICS, OTHER, PLAIN, SECONDS, Family, Values

_NUMBERS = (0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50)
_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0
_LONG = (10.0, 30.0, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 4 * _HOUR, _DAY, 7 * _DAY, 30 * _DAY)
_INDICATORS = frozenset({"info", "warning", "critical"})
_ANSWERED = 200
_CONTRADICTION = 422
_DIGITS_OF_A_DIGEST = 12
UNKNOWN = "unknown"
# Where several results are left; which they are would be a label for every combination.
_SEVERAL, _JOINED = "several", "+"


class Waiting(Protocol):
    """What records of decisions do on their way into the database."""

    @property
    def waiting(self) -> int:
        """How many are not there yet."""
        ...

    @property
    def oldest_waiting_seconds(self) -> float:
        """Seconds that the oldest of them has waited."""
        ...

    @property
    def lost(self) -> int:
        """How many never will be."""
        ...

    @property
    def heads_failing(self) -> bool:
        """Whether the heads of the chains could not be signed or written."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """What labels may say; everything else counts as ``other``.

    Args:
        services: the hook of each CDS service, by its id.
        reasons: the codes of the reasons why a card is overridden.
        another_patient: the code of the error about data of another patient.
        not_asked: the code of a gap where the FHIR server of a call is none that may be asked.
    """

    services: Mapping[str, str] = field(default_factory=dict)
    reasons: Collection[str] = frozenset()
    another_patient: str = "security"
    not_asked: str = "not-asked"


class Metrics:
    """The metrics of one application.

    Args:
        known: what labels may say.
    """

    def __init__(self, known: Known | None = None) -> None:
        self._known = known or Known()
        self._values = values = Values()
        count, seconds = values.counter, values.histogram
        self._http = Family(
            count("cds_http_requests", "Requests over HTTP, by route.", ("method", "route", "status"))
        )
        self._http_seconds = Family(
            seconds("cds_http_seconds", "From a request over HTTP to its answer.", ("route",), SECONDS)
        )
        self.in_flight = values.gauge(
            "cds_http_in_flight", "Requests that are being answered.", across="livesum"
        )
        of_call = ("tenant", "service", "hook")
        self._requests = Family(
            count("cds_requests", "Calls of CDS services and REST operations.", (*of_call, "status"))
        )
        self._request_seconds = Family(
            seconds("cds_request_seconds", "From a call to its answer.", of_call, SECONDS)
        )
        self._prefetch = Family(
            count("cds_prefetch", "What clients sent under each prefetch key.", ("tenant", "key", "state"))
        )
        self._gaps = Family(count("cds_data_gap", "Data that were not seen.", ("tenant", "need", "reason")))
        self._tokens = Family(count("cds_token_use", "What came of access tokens.", ("tenant", "use")))
        self._rules = Family(count("cds_rule_evaluated", "Rules judged.", ("rule", "result")), 2_000)
        self.rule_costs = RuleCosts(values)
        self._cards = Family(count("cds_cards", "Cards shown.", ("tenant", "indicator", "topic")))
        self._held = Family(count("cds_cards_held", "Cards made and not shown.", ("tenant", "topic")))
        self._per_response = Family(
            seconds("cds_cards_per_response", "Cards in an answer.", ("tenant", "service"), _NUMBERS)
        )
        self._silent = Family(count("cds_silent_response", "Answers without a card.", ("tenant", "service")))
        self._feedback = Family(count("cds_feedback", "Cards reported on.", ("tenant", "rule", "outcome")))
        self._reasons = Family(count("cds_override_reason", "Why cards were overridden.", ("tenant", "code")))
        self._to_feedback = Family(
            seconds("cds_time_to_feedback_seconds", "From a card to its outcome.", ("tenant",), _LONG)
        )
        self._wrong_patient = Family(
            count("cds_wrong_patient", "Calls with data of another patient.", ("tenant", "service"))
        )
        self._calls = Family(
            seconds("cds_fhir_calls_per_hook", "Requests for one call.", ("tenant",), _NUMBERS)
        )
        self._servers = ServerFamilies(values)
        self._refusals = Family(count("cds_auth_failure", "Calls refused, by reason.", ("reason",)))
        self._replays = count("cds_replay", "Calls with a token that had been used before.")
        self._tenants_failing = values.gauge(
            "cds_tenants_failing", "Whether the file of the organisations cannot be used."
        )
        self._audit_lag = values.gauge("cds_audit_lag_seconds", "The wait of the oldest record.")
        self._audit_waiting = values.gauge("cds_audit_waiting", "Records not kept yet.", across="livesum")
        self._audit_lost = count("cds_audit_lost", "Records of decisions that could not be kept.")
        self._heads_failing = values.gauge(
            "cds_audit_heads_failing", "1 where the heads of the audit chains could not be written."
        )
        self._trail: Waiting | None = None
        self._lost = 0
        self._build = values.gauge("cds_build_info", "What runs.", ("version", "digest"), across="max")

    def decided(self, decision: Decision) -> None:
        """Count a call and what was decided."""
        known, tenant = self._known, decision.tenant
        service = self._service(decision)
        hook = known.services.get(service, "none")
        self._requests.of(tenant, service, hook, str(decision.status)).inc()
        self._request_seconds.of(tenant, service, hook).observe(decision.milliseconds / 1000)
        for key, sent in decision.sent.items():
            self._prefetch.of(tenant, key, sent).inc()
        if decision.token is not None:
            self._tokens.of(tenant, decision.token).inc()
        self._count_gaps(decision)
        if decision.kind != "feedback":
            for (rule, result), times in Tally(_rules(decision.results)).items():
                self._rules.of(rule, result).inc(times)
        if decision.fault == known.another_patient and decision.status == _CONTRADICTION:
            self._wrong_patient.of(tenant, service).inc()
        if decision.kind == "hook":
            self._count_cards(decision, service)
        for told in decision.told:
            self._count_told(tenant, told)

    def _service(self, decision: Decision) -> str:
        # Operations of REST have names that no caller chooses.
        of_hooks = decision.kind in ("hook", "feedback")
        return OTHER if of_hooks and decision.service not in self._known.services else decision.service

    def _count_told(self, tenant: str, told: Told) -> None:
        self._feedback.of(tenant, told.rule or UNKNOWN, told.outcome).inc()
        if told.reason is not None:
            self._reasons.of(tenant, told.reason if told.reason in self._known.reasons else OTHER).inc()
        if told.seconds is not None:
            self._to_feedback.of(tenant).observe(max(0.0, told.seconds))

    def _count_gaps(self, decision: Decision) -> None:
        refused = False
        for need, reasons in decision.gaps.items():
            for reason in reasons:
                refused = refused or reason == self._known.not_asked
                self._gaps.of(decision.tenant, need, reason).inc()
        if refused:
            # One address for the whole call, however many data it would have brought.
            self._servers.refused.of("fhir-server").inc()

    def _count_cards(self, decision: Decision, service: str) -> None:
        self._calls.of(decision.tenant).observe(decision.upstream)
        if decision.status != _ANSWERED:
            return
        shown = 0
        for card in decision.cards:
            if card.shown:
                shown += 1
                indicator = card.indicator if card.indicator in _INDICATORS else OTHER
                self._cards.of(decision.tenant, indicator, card.topic).inc()
            else:
                self._held.of(decision.tenant, card.topic).inc()
        self._per_response.of(decision.tenant, service).observe(shown)
        if not shown:
            self._silent.of(decision.tenant, service).inc()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request over HTTP.

        Args:
            method: a method of HTTP.
            route: the template of its route.
            status: of the answer.
            seconds: until it was given.
        """
        self._http.of(method, route, str(status)).inc()
        self._http_seconds.of(route).observe(seconds)

    def runs(self, version: str, digest: str) -> None:
        """Tell what runs.

        Args:
            version: of this service.
            digest: of the knowledge; there can be several, by the choices of organisations.
        """
        self._build.labels(version, digest[:_DIGITS_OF_A_DIGEST]).set(1)

    def servers_of(self, tenant: str) -> ServerMetrics:
        """What counts the requests to the FHIR servers of an organisation."""
        return ServerMetrics(self._servers, tenant)

    def refused(self, reason: str) -> None:
        """Count a call that did not prove who sent it; the reason is for operators only."""
        self._refusals.of(reason).inc()

    def replayed(self) -> None:
        """Count a call whose token had been used before."""
        self._replays.inc()

    def serves(self, tenant: str) -> None:
        """Begin the counts of an organisation that alarms watch at zero: the first of them must be a rise."""
        for service in self._known.services:
            self._wrong_patient.of(tenant, service)

    def tenants_failing(self, *, failing: bool) -> None:
        """Tell whether the file of the organisations cannot be used as it is."""
        self._tenants_failing.set(failing)

    def audited_by(self, trail: Waiting) -> None:
        """Tell from now on how far the records of decisions have come."""
        self._trail = trail
        self._lost = 0

    def refresh(self) -> None:
        """Read what changes without a call."""
        self.rule_costs.refresh()
        trail = self._trail
        if trail is None:
            return
        self._audit_waiting.set(trail.waiting)
        self._audit_lag.set(trail.oldest_waiting_seconds)
        lost = trail.lost
        self._audit_lost.inc(max(0, lost - self._lost))
        self._lost = lost
        self._heads_failing.set(trail.heads_failing)

    def told(self, *, open_metrics: bool) -> tuple[bytes, str]:
        """Everything counted so far, and its media type.

        Args:
            open_metrics: in the format of OpenMetrics, and not in the plain one.
        """
        self.refresh()
        return self._values.told(open_metrics=open_metrics), OPEN_METRICS if open_metrics else PLAIN


def _rules(results: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each rule with its result; which lesion it was judged of is nobody's to count."""
    return [
        (key.rpartition(" ")[2], _SEVERAL if _JOINED in result else result) for key, result in results.items()
    ]
