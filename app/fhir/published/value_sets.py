"""Which answers each finding takes, and each code system as a whole, as R4 ValueSets. Pure."""

from collections.abc import Iterator

from app.fhir.codes import CodeBook
from app.fhir.proposals import Json
from app.fhir.published.canonical import canonical, machine_name
from app.knowledge import Knowledge
from app.knowledge.finding import ANSWER, INDETERMINATE, OBSERVABLE, ORDER
from app.knowledge.findings import FINDINGS

_WHOLE = (
    (OBSERVABLE, "Every finding and score"),
    (ANSWER, "Every answer"),
    (ORDER, "Every technique that can be ordered"),
)


def value_sets(book: CodeBook, knowledge: Knowledge) -> Iterator[Json]:
    """The answers of every coded finding, could-not-be-told included, and every code system as a whole."""
    for path, title in _WHOLE:
        code = f"{path.removeprefix('CodeSystem/')}s"
        yield _value_set(book, knowledge, code, title, f"{title} of this service.", {}, path)
    for finding in FINDINGS.values():
        if finding.scale is None:
            answers = [*finding.answers, (INDETERMINATE, INDETERMINATE)]
            listed = {"concept": [{"code": code, "display": label} for code, label in answers]}
            description = f"The answers that the finding {finding.code} takes."
            yield _value_set(book, knowledge, finding.code, finding.label, description, listed, ANSWER)


def _value_set(
    book: CodeBook,
    knowledge: Knowledge,
    code: str,
    title: str,
    description: str,
    listed: Json,
    path: str,
) -> Json:
    name = f"{machine_name(code)}ValueSet"
    first = canonical(book, knowledge, "ValueSet", code, name=name, title=title, description=description)
    # The system needs its version: what a code gives may change with the knowledge.
    include = {"system": f"{book.base}/{path}", "version": knowledge.version, **listed}
    return {**first, "compose": {"include": [include]}}
