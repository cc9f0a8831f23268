"""Calls a running service with the generated client, and prints what the typed answers hold."""

import json
import os
import sys
from collections.abc import Sequence
from enum import Enum

from spine_mets_client import AuthenticatedClient, Client
from spine_mets_client.api.assessments import assess_bundle
from spine_mets_client.api.cds_hooks import invoke_spinal_metastasis_patient_view
from spine_mets_client.api.scores import calculate_sins
from spine_mets_client.models import (
    Assessment,
    CalculatedScore,
    CdsResponse,
    FhirBundle,
    PatientViewRequest,
    Problem,
    SinsAlignment,
    SinsAnswers,
    SinsLesion,
    SinsPain,
    SpinalLevel,
)


class OptionOfAnotherRelease(Enum):
    SORE = "sore"


def told(score: CalculatedScore | Problem | None) -> str:
    assert isinstance(score, CalculatedScore), score
    return f"{score.score} {score.minimum} to {score.maximum}, missing: {', '.join(score.missing)}"


def refused(problem: object) -> str:
    assert isinstance(problem, Problem), problem
    first = problem.errors[0]
    return f"{problem.status} {problem.title}: {first.pointer or '-'} {first.code}"


def main() -> Sequence[str]:
    service = Client(base_url=os.environ["SERVICE"])
    answers = SinsAnswers(
        level=SpinalLevel.T11,
        pain=SinsPain.MECHANICAL,
        lesion=[SinsLesion.LYTIC, SinsLesion.MIXED],
        alignment=SinsAlignment.NORMAL,
    )
    lines = [told(calculate_sins.sync(client=service, body=answers))]

    assessment = assess_bundle.sync(
        client=service, body=FhirBundle.from_dict(json.loads(os.environ["BUNDLE"]))
    )
    assert isinstance(assessment, Assessment), assessment
    lesion = assessment.lesions[0]
    sins = next(score for score in lesion.scores if score.score == "sins")
    lines.append(f"{lesion.level}: {sins.minimum} to {sins.maximum}, {', '.join(sins.bands)}")

    call = PatientViewRequest.from_dict(json.loads(os.environ["PATIENT_VIEW"]))
    shown = invoke_spinal_metastasis_patient_view.sync(client=service, body=call)
    assert isinstance(shown, CdsResponse), shown
    lines.append(f"{shown.cards[0].indicator.value}: {shown.cards[0].summary}")

    lines.append(
        refused(calculate_sins.sync(client=service, body=SinsAnswers(pain=[OptionOfAnotherRelease.SORE])))
    )

    guarded = os.environ["GUARDED"]
    little = SinsAnswers(level=SpinalLevel.T11)
    lines.append(refused(calculate_sins.sync(client=Client(base_url=guarded), body=little)))
    by_key = AuthenticatedClient(
        guarded, token=os.environ["API_KEY"], prefix="", auth_header_name="X-API-Key"
    )
    lines.append(told(calculate_sins.sync(client=by_key, body=little)))
    by_token = AuthenticatedClient(guarded, token=os.environ["ACCESS_TOKEN"])
    lines.append(told(calculate_sins.sync(client=by_token, body=little)))

    later = Client(base_url=os.environ["LATER"])
    lines.append(told(calculate_sins.sync(client=later, body=little)))
    return lines


sys.stdout.write("\n".join([*main(), ""]))
