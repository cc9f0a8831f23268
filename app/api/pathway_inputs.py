"""The body of a pathway: its inputs as a model, and what a caller states of them."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from app.api.calculation import MOST_ISSUES, SHOWABLE_NAME
from app.document.enumerations import MEANINGS
from app.engine.criteria import Given, Input
from app.engine.quantity import Measured, Quantity
from app.engine.question import Item, given
from app.engine.reading import Interval, exactly
from app.errors import ContradictionError, Issue, UnreadableError
from app.fhir.strict import read_small
from app.knowledge.pathway import NO, YES, Pathway

_YES_NO = (YES, NO)


def inputs_model(pathway: Pathway) -> type[BaseModel]:
    """The body of a pathway: a coded input one option or several, a number one value or a range."""
    name = "".join(part.capitalize() for part in pathway.code.split("-"))
    fields: dict[str, Any] = {
        one.code: _coded(one) if isinstance(one, Item) else _number(one) for one in pathway.inputs
    }
    config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_example(pathway)]})
    model: type[BaseModel] = create_model(
        f"{name}Inputs",
        __config__=config,
        __doc__=f"Inputs of {pathway.name}.",
        **fields,
    )
    return model


def _example(pathway: Pathway) -> dict[str, Any]:
    shown = pathway.inputs[:3]
    return {one.code: one.codes[-1] if isinstance(one, Item) else float(one.low) for one in shown}


def _coded(item: Item) -> tuple[Any, Any]:
    codes = item.codes
    option = Literal[codes]  # type: ignore[valid-type]  # the options are data
    several = Annotated[list[option], Field(min_length=1)]
    kind: Any = option | several | bool if item.codes == _YES_NO else option | several

    def described(schema: dict[str, Any]) -> None:
        _without_default(schema)
        schema[MEANINGS] = dict(item.labels)

    options: dict[str, Any] = {**_OPTIONAL, "json_schema_extra": described}
    return (kind, Field(description=f"{item.question} Left out: unknown.", **options))


class NumberSpan(BaseModel):
    """A number known to lie between two bounds, both included."""

    model_config = ConfigDict(extra="forbid")

    low: float
    high: float


def _number(quantity: Quantity) -> tuple[Any, Any]:
    step = 1 if quantity.whole else None
    value: Any = Annotated[float, Field(ge=float(quantity.low), le=float(quantity.high), multiple_of=step)]
    unit = f" Unit: {quantity.unit}." if quantity.unit else ""
    description = f"{quantity.question}{unit} Left out: unknown."
    return (value | NumberSpan, Field(description=description, **_OPTIONAL))


def _without_default(schema: dict[str, Any]) -> None:
    """An input left out is unknown; there is no default to send."""
    schema.pop("default", None)


_OPTIONAL: dict[str, Any] = {
    "default": None,
    "validate_default": False,
    "json_schema_extra": _without_default,
}


def read_inputs(body: bytes, model: type[BaseModel], pathway: Pathway) -> Mapping[str, Given]:
    """What a caller states of a pathway's inputs.

    Raises:
        UnreadableError: the body is no JSON object.
        ContradictionError: an input, an option or a number does not exist, or two inputs contradict.
    """
    document = read_small(body)
    if not isinstance(document, dict):
        raise UnreadableError("The body must be a JSON object of inputs.")
    try:
        stated = model.model_validate(document, strict=True)
    except ValidationError as error:
        raise ContradictionError(
            "An input or its answer is not known: see errors.", _issues(error, pathway)
        ) from None
    found = {
        one.code: _coded_as(one, getattr(stated, one.code))
        if isinstance(one, Item)
        else _measured_as(one, getattr(stated, one.code))
        for one in pathway.inputs
        if one.code in stated.model_fields_set
    }
    contradiction = pathway.contradiction(found)
    if contradiction is not None:
        code, message = contradiction
        raise ContradictionError(message, [Issue(f"/{code}", "business-rule", message)])
    return found


Coded = str | bool | list[str]


def _coded_as(item: Item, value: Coded) -> Given:
    options = (YES if value else NO) if isinstance(value, bool) else value
    return given(item, options if isinstance(options, list) else [options])


def _measured_as(one: Quantity, value: float | NumberSpan) -> Given:
    if isinstance(value, NumberSpan):
        low, high = _exact(value.low), _exact(value.high)
        broken = one.whole and (low.denominator, high.denominator) != (1, 1)
        if broken or low > high or low < one.low or high > one.high:
            message = _number_message(one)
            raise ContradictionError(message, [Issue(f"/{one.code}", "invalid", message)])
        return Measured((Interval(low, high),), recorded=True)
    return Measured((exactly(_exact(value)),), recorded=True)


def _exact(number: float) -> Fraction:
    """The number as it was written: 1.6 is sixteen tenths, and not the binary number beside it."""
    return Fraction(Decimal(repr(number)))


def _issues(error: ValidationError, pathway: Pathway) -> list[Issue]:
    issues: dict[str, Issue] = {}
    known = {one.code: one for one in pathway.inputs}
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        name = str(fault["loc"][0]) if fault["loc"] else ""
        if name in known:
            issues[name] = Issue(f"/{name}", "code-invalid", _message(known[name]))
        else:
            # A name is shown only where it looks like one: nothing of a person.
            shown = name if SHOWABLE_NAME.fullmatch(name) else ""
            message = f"There is no such input; the inputs are {', '.join(known)}."
            issues[shown] = Issue(f"/{shown}" if shown else "", "invalid", message)
    return list(issues.values())[:MOST_ISSUES]


def _message(one: Input) -> str:
    if isinstance(one, Item):
        return f"{one.code} takes one of {', '.join(one.codes)}, or a list of them that is not empty."
    return _number_message(one)


def _number_message(one: Quantity) -> str:
    unit = f" {one.unit}" if one.unit else ""
    kind = "a whole number" if one.whole else "a number"
    return (
        f"{one.code} takes {kind} from {float(one.low):g} to {float(one.high):g}{unit}, or an object "
        "with low and high."
    )
