"""How an instrument is asked: its items as questions whose coded answers are findings."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.engine.provenance import DefinitionError
from app.engine.question import Item
from app.engine.reading import Interval
from app.knowledge.finding import INDETERMINATE
from app.knowledge.findings import FINDINGS

Value = frozenset[str] | Interval


@dataclass(frozen=True, slots=True)
class FormOption:
    """One answer on the form: the option of the score, and the finding's answer behind it."""

    option: str
    answer: str
    value: Value


@dataclass(frozen=True, slots=True)
class FormItem:
    """One item of a score as a question on a form.

    Args:
        item: the item's code, which is the linkId of the question.
        finding: the finding that an answer records.
        options: in the printed order of the item.
    """

    item: str
    finding: str
    options: tuple[FormOption, ...]

    def value_of(self, code: str) -> Value | None:
        """What an answer records; None for a code that is no option of the item."""
        if code == INDETERMINATE:
            return merge([option.value for option in self.options])
        for option in self.options:
            if code in (option.answer, option.option):
                return option.value
        return None


def coded_item(item: Item, finding: str, *pairs: tuple[str, str]) -> FormItem:
    """A question whose answers are coded answers of a finding, as option and answer code."""
    if tuple(option for option, _ in pairs) != item.codes:
        raise DefinitionError(f"form item {item.code}: the options are not those of the item")
    answers = FINDINGS[finding].answer_labels
    for _, answer in pairs:
        if answer not in answers:
            raise DefinitionError(f"form item {item.code}: {finding} has no answer {answer}")
    options = tuple(FormOption(option, answer, frozenset({answer})) for option, answer in pairs)
    return FormItem(item.code, finding, options)


def merge(values: Sequence[Value]) -> Value | None:
    """One value that leaves everything possible that any of the values does; None for none."""
    coded = [value for value in values if not isinstance(value, Interval)]
    spans = [value for value in values if isinstance(value, Interval)]
    if coded:
        return frozenset().union(*coded)
    if not spans:
        return None
    ordered = sorted(spans, key=lambda span: (span.low is not None, span.low or 0))
    first, last = ordered[0], ordered[-1]
    text = " or ".join(span.text for span in ordered)
    return Interval(first.low, last.high, first.low_closed, last.high_closed, text)
