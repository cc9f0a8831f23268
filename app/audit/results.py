"""What was judged and how it ended, in codes of this service's own; no text of a record."""

from app.assess.result import Assessment
from app.knowledge.pathway import PathwayResult

# What the parts of one result are joined with; no code holds one.
JOINED = "+"


def results_of(assessment: Assessment) -> dict[str, str]:
    """Every score, pathway and alert of an assessment, by lesion and code, with its result.

    A score has the bands that are left, a pathway what ``pathway_result`` says, an alert its urgency. What
    does not apply to a lesion is left out.
    """
    found: dict[str, str] = {}
    for one in assessment.lesions:
        lesion = one.lesion.id
        for scored in one.scores:
            if scored.result is not None:
                found[f"{lesion} {scored.instrument.code}"] = JOINED.join(scored.result.bands)
        for judged in one.pathways:
            if judged.result is not None:
                found[f"{lesion} {judged.pathway.code}"] = pathway_result(judged.result)
    for alert in assessment.alerts:
        found[f"{alert.lesion or 'patient'} {alert.key}"] = alert.urgency.value
    return found


def pathway_result(result: PathwayResult) -> str:
    """The rows of a table that are left, else how suitable, else the criteria that are met."""
    if result.rows is not None:
        return JOINED.join(row.id for row in result.rows.outcome.rows)
    if result.suitability is not None:
        return result.suitability.value
    met = result.outcome.met if result.outcome is not None else ()
    return JOINED.join(dict.fromkeys(rule.id for rule in met)) or "none-met"
