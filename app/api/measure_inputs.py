"""The body of a measure: a strict model generated from its inputs, and what is wrong named by place.

Nothing of a body is ever repeated: a name is shown only where this service knows it or it looks like one.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from app.api.measure_examples import MEASURE_EXAMPLES
from app.document.enumerations import MEANINGS
from app.engine.reading import Interval
from app.errors import ContradictionError, Issue, UnreadableError
from app.fhir.strict import read_small
from app.knowledge.measure import Answers, Input, Kind, Measure, RefusedError, Value

# More would only repeat themselves, and make a small body a large answer.
_MOST_ISSUES = 20
_NAME = re.compile(r"[a-z]{1,20}(?:[-_][a-z]{1,20}){0,2}")
Json = dict[str, Any]


def body_model(measure: Measure, name: str) -> type[BaseModel]:
    """The body of a calculation: every input in its own type, nothing else."""
    extra = _apart(measure)
    if measure.code in MEASURE_EXAMPLES:
        extra["examples"] = [MEASURE_EXAMPLES[measure.code]]
    return _model(f"{name}Answers", name, f"Inputs of {measure.name}.", measure.inputs, extra)


def read_measure(body: bytes, model: type[BaseModel], measure: Measure) -> Answers:
    """What a body says, by input.

    Raises:
        UnreadableError: the body is no JSON object.
        ContradictionError: an input does not exist, or its answer is none that it takes.
    """
    document = _whole_numbers(read_small(body))
    if not isinstance(document, dict):
        raise UnreadableError("The body must be a JSON object of inputs.")
    try:
        model.model_validate(document, strict=True)
    except ValidationError as error:
        issues = _issues(error, measure)
        message = "An input is not known, or its answer cannot be used: see errors."
        raise ContradictionError(message, issues[:_MOST_ISSUES]) from None
    faults: list[Issue] = []
    answers = _answers(document, measure.inputs, "", faults)
    if faults:
        raise ContradictionError("A range cannot be used: see errors.", faults[:_MOST_ISSUES])
    return answers


def refused(error: RefusedError) -> ContradictionError:
    """A refusal by the measure as the error that a caller sees."""
    issues = [
        Issue("".join(f"/{part}" for part in refusal.path), "business-rule", refusal.message)
        for refusal in error.refusals
    ]
    return ContradictionError(error.refusals[0].message, issues[:_MOST_ISSUES])


def _model(name: str, owner: str, text: str, inputs: Sequence[Input], extra: Json) -> type[BaseModel]:
    fields: dict[str, Any] = {entry.code: _field(entry, owner) for entry in inputs}
    config = ConfigDict(extra="forbid", json_schema_extra=extra)
    model: type[BaseModel] = create_model(name, __config__=config, __doc__=text, **fields)
    return model


def _field(entry: Input, owner: str) -> tuple[Any, Any]:
    text = entry.question if entry.required else f"{entry.question} Left out: unknown."
    text = entry.question if "Left out" in entry.question else text
    unit = f" Unit: {entry.unit}." if entry.unit and not entry.unit.startswith("{") else ""
    described = f"{text}{unit}"

    def extra(schema: Json) -> None:
        _without_default(schema)
        if entry.options:
            schema[MEANINGS] = {option.code: option.label for option in entry.options}

    if entry.required:
        return _type(entry, owner), Field(description=described, json_schema_extra=extra)
    return _type(entry, owner), Field(default=None, description=described, json_schema_extra=extra)


def _type(entry: Input, owner: str) -> Any:  # noqa: ANN401  a type made of data
    bounds: Any = Field(ge=float(entry.low), le=float(entry.high))
    number: Any = Annotated[float, bounds]
    option: Any = _option(entry) if entry.options else None
    types: dict[Kind, Callable[[], Any]] = {
        Kind.CODED: lambda: option | Annotated[list[option], Field(min_length=1)],
        Kind.CHOICE: lambda: option,
        Kind.NUMBER: lambda: number,
        Kind.RANGE: lambda: number | _range(entry, number, owner),
        Kind.WHOLE: lambda: Annotated[int, Field(ge=int(entry.low), le=int(entry.high))],
        Kind.TEXT: lambda: Annotated[str, Field(pattern=entry.pattern, max_length=int(entry.high))],
        Kind.YES_NO: lambda: bool,
        Kind.ROWS: lambda: _rows(entry, owner),
    }
    return types[entry.kind]()


def _option(entry: Input) -> Any:  # noqa: ANN401  as above
    codes = tuple(int(code) for code in entry.codes) if entry.numeric else entry.codes
    # True equals 1, and would pass for a level of 1.
    return Annotated[Literal[codes], BeforeValidator(_no_truth_value)]


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a truth value is no code")  # noqa: TRY004  pydantic reads ValueError only
    return value


def _range(entry: Input, number: Any, owner: str) -> type[BaseModel]:  # noqa: ANN401  as above
    fields: dict[str, Any] = {
        name: (number, Field(default=None, json_schema_extra=_without_default, description=text))
        for name, text in (("low", "The lowest value possible."), ("high", "The highest."))
    }
    config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})
    name = f"{owner}{entry.code.title().replace('_', '')}Range"
    text = f"{entry.label}, known to lie between two bounds, both included; one may be left out."
    model: type[BaseModel] = create_model(name, __config__=config, __doc__=text, **fields)
    return model


def _rows(entry: Input, owner: str) -> Any:  # noqa: ANN401  as above
    name = f"{owner}{entry.code.capitalize()}Row"
    row = _model(name, owner, f"{entry.label}: one of them.", entry.fields, {})
    bounds: Any = Field(min_length=int(entry.low), max_length=int(entry.high))
    return Annotated[list[row], bounds]  # type: ignore[valid-type]  # the row is made of data


def _apart(measure: Measure) -> Json:
    """Groups of inputs that cannot be sent together, as the schema says it."""
    rules = [
        {"not": {"allOf": [{"anyOf": [{"required": [name]} for name in group]} for group in pair]}}
        for pair in measure.apart
    ]
    return {"allOf": rules} if rules else {}


def _without_default(schema: Json) -> None:
    """An input left out is unknown; there is no default to send."""
    schema.pop("default", None)


def _whole_numbers(node: Any) -> Any:  # noqa: ANN401  as above
    """The same with 1.0 as 1: JSON does not tell them apart, and a code or a count may be either."""
    if isinstance(node, float) and node.is_integer():
        return int(node)
    if isinstance(node, list):
        return [_whole_numbers(inner) for inner in node]
    if isinstance(node, dict):
        return {name: _whole_numbers(inner) for name, inner in node.items()}
    return node


def _answers(document: Json, inputs: Sequence[Input], place: str, faults: list[Issue]) -> Answers:
    known = {entry.code: entry for entry in inputs}
    return Answers(
        {name: _value(known[name], value, f"{place}/{name}", faults) for name, value in document.items()}
    )


def _value(entry: Input, value: Any, place: str, faults: list[Issue]) -> Value:  # noqa: ANN401  as above
    if entry.kind is Kind.ROWS:
        return tuple(
            _answers(row, entry.fields, f"{place}/{number}", faults) for number, row in enumerate(value)
        )
    if entry.kind in (Kind.CODED, Kind.CHOICE):
        return frozenset(str(code) for code in (value if isinstance(value, list) else [value]))
    if entry.kind is Kind.YES_NO:
        return bool(value)
    if entry.kind is Kind.TEXT:
        return str(value)
    ends = value if isinstance(value, dict) else {"low": value, "high": value}
    if not ends:
        message = f"{entry.code} holds neither low nor high: send one of them or leave it out."
        faults.append(Issue(place, "invalid", message))
    low, high = (_exact(ends.get(name, end)) for name, end in (("low", entry.low), ("high", entry.high)))
    if low > high:
        faults.append(Issue(place, "business-rule", f"{entry.code}: low is above high; exchange them."))
    return Interval(low, high)


def _exact(number: float | Fraction) -> Fraction:
    """The number as written: the shortest text of a float is the decimal that was sent."""
    return Fraction(str(number)) if isinstance(number, float) else Fraction(number)


def _issues(error: ValidationError, measure: Measure) -> list[Issue]:
    issues: dict[str, Issue] = {}
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        issue = _issue(fault["loc"], measure, unknown=fault["type"] == "extra_forbidden")
        issues.setdefault(issue.pointer, issue)
    return list(issues.values())


def _issue(place: tuple[int | str, ...], measure: Measure, *, unknown: bool) -> Issue:
    first, *rest = place
    inputs = {found.code: found for found in measure.inputs}
    if first not in inputs:
        return _no_such_input("", first, inputs, measure)
    entry = inputs[str(first)]
    pointer = f"/{entry.code}"
    # What follows the number of a row is an input of it; elsewhere it is the model's own word.
    for part in rest:
        inputs = {found.code: found for found in entry.fields}
        if isinstance(part, int) and inputs:
            pointer += f"/{part}"
        elif part in inputs:
            entry = inputs[str(part)]
            pointer += f"/{entry.code}"
        elif inputs:
            return _no_such_input(pointer, part if unknown else "", inputs, measure)
    message = f"{entry.code} takes {_takes(entry)}.{f' {entry.hint}' if entry.hint else ''}"
    return Issue(pointer, "code-invalid" if entry.options else "value", message)


def _no_such_input(pointer: str, name: int | str, inputs: Iterable[str], measure: Measure) -> Issue:
    reason = measure.not_asked.get(str(name))
    # A name is shown only where it looks like one: no digit, no capital, nothing of a person.
    shown = str(name) if reason or _NAME.fullmatch(str(name)) else ""
    named = f"There is no input {shown}".rstrip()
    message = f"{named}; the inputs are {', '.join(inputs)}."
    if reason:
        message = f"{message} {reason}"
    return Issue(f"{pointer}/{shown}" if shown else pointer, "invalid", message)


def _takes(entry: Input) -> str:
    low, high = f"{float(entry.low):g}", f"{float(entry.high):g}"
    unit = f" {entry.unit}" if entry.unit and not entry.unit.startswith("{") and entry.unit != "1" else ""
    number = f"a number from {low} to {high}{unit}"
    return {
        Kind.CODED: f"one of {', '.join(entry.codes)}, or a list of them",
        Kind.CHOICE: f"one of {', '.join(entry.codes)}",
        Kind.NUMBER: number,
        Kind.RANGE: f"{number}, or an object with low, high or both",
        Kind.WHOLE: f"a whole number from {low} to {high}",
        Kind.TEXT: f"{high} digits, each one of its levels",
        Kind.YES_NO: "true or false",
        Kind.ROWS: f"a list of {low} to {high} objects with {', '.join(f.code for f in entry.fields)}",
    }[entry.kind]
