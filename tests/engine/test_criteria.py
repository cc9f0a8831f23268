"""Criteria: what is refused at import, truth against enumeration, and what rules allow together."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.criteria import (
    All,
    Always,
    AnyOf,
    Condition,
    Criteria,
    Criterion,
    Effect,
    Given,
    Input,
    Is,
    Lies,
    Status,
    Suitability,
    Truth,
    suitability,
    unknown_input,
)
from app.engine.provenance import Citation, DefinitionError, Source, Tag
from app.engine.quantity import UNMEASURED, Measured, Quantity
from app.engine.question import Answer, Item, Option
from app.engine.question import given as stated
from app.engine.reading import Interval, exactly

CITE = Citation("KEY", "A publication", "table 1", Tag.READ)
UNREAD = Citation("KEY", "A publication", "table 1", Tag.UNREAD)
NUMBERS = [Fraction(n, 2) for n in range(13)]


def item(code: str, *options: str) -> Item:
    return Item(code, code, "?", tuple(Option(name, name, 0, CITE) for name in options), CITE)


def quantity(code: str) -> Quantity:
    return Quantity(code, code, "?", "", Fraction(0), Fraction(6), CITE)


KIND, SIGN = item("kind", "a", "b", "c"), item("sign", "yes", "no")
SIZE, COUNT = quantity("size"), quantity("count")
INPUTS: tuple[Input, ...] = (KIND, SIGN, SIZE, COUNT)
IS_A, IS_YES = Is("kind", frozenset({"a"})), Is("sign", frozenset({"yes"}))
ABOVE_3 = Lies("size", Interval(Fraction(3), None, low_closed=False))
FROM_2 = Lies("count", Interval(Fraction(2), None))
ASKS_ALL = AnyOf((IS_A, IS_YES, ABOVE_3, FROM_2))


def rule(
    name: str, when: Condition, effect: Effect = Effect.CONTEXT, technique: str | None = None
) -> Criterion:
    return Criterion(name, effect, "a rule", when, (CITE,), technique)


def point(number: Fraction) -> Measured:
    return Measured((exactly(number),), recorded=True)


# -- what is refused at import -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "when",
    [
        pytest.param(All((IS_A, IS_A)), id="in both parts"),
        pytest.param(AnyOf((IS_A, Is("kind", frozenset({"b"})))), id="for two options"),
        pytest.param(All((IS_A, AnyOf((IS_YES, All((ABOVE_3, IS_A)))))), id="far inside"),
        pytest.param(
            All((ABOVE_3, Lies("size", Interval(None, Fraction(5))))), id="for two bounds of a number"
        ),
    ],
)
def test_a_condition_that_asks_one_question_twice_is_refused(when: Condition) -> None:
    with pytest.raises(DefinitionError, match="criterion R asks one question twice"):
        rule("R", when)


def test_a_rule_needs_a_source_that_was_read() -> None:
    with pytest.raises(DefinitionError, match="criterion R has no source"):
        Criterion("R", Effect.CONTEXT, "a rule", IS_A, ())
    with pytest.raises(DefinitionError, match="source was not read"):
        Criterion("R", Effect.CONTEXT, "a rule", IS_A, (CITE, UNREAD))


@pytest.mark.parametrize(
    ("inputs", "rules", "fault"),
    [
        pytest.param((*INPUTS, KIND), (rule("R", ASKS_ALL),), "an input stands twice", id="input twice"),
        pytest.param(INPUTS, (rule("R", ASKS_ALL),) * 2, "rule R stands twice", id="rule twice"),
        pytest.param(INPUTS, (rule("R", IS_A),), r"no rule asks for \['count', 'sign', 'size'\]", id="idle"),
        pytest.param((KIND,), (rule("R", All((IS_A, IS_YES))),), "sign, which is no input", id="no input"),
        pytest.param(
            (KIND,),
            (rule("R", Lies("kind", Interval(None, Fraction(3)))),),
            "kind is coded",
            id="a number asked of a coded input",
        ),
        pytest.param(
            (SIZE,),
            (rule("R", Is("size", frozenset({"a"}))),),
            "size is a number",
            id="an option asked of a number",
        ),
        pytest.param(
            (KIND,),
            (rule("R", Is("kind", frozenset({"a", "d"}))),),
            "kind has no such option",
            id="no option",
        ),
        pytest.param(
            (KIND,), (rule("R", Is("kind", frozenset())),), "kind has no such option", id="no option at all"
        ),
        pytest.param(
            (KIND,),
            (rule("R", All((AnyOf((Is("kind", frozenset({"d"})),)),))),),
            "no such option",
            id="no option, far inside",
        ),
    ],
)
def test_criteria_that_contradict_themselves_are_refused(
    inputs: tuple[Input, ...], rules: tuple[Criterion, ...], fault: str
) -> None:
    with pytest.raises(DefinitionError, match=fault):
        Criteria("c", inputs, rules)


def test_intervals_that_touch_are_refused_or_judged_as_one() -> None:
    low, high = Interval(None, Fraction(3), high_closed=False), Interval(Fraction(3), None)
    try:
        touching = Lies("size", low, (high,))
    except DefinitionError:
        return
    value = Measured((Interval(Fraction(2), Fraction(4)),), recorded=True)
    assert touching.truth({"size": value}) == Truth(may_be=True, may_not_be=False)


def test_one_rule_may_speak_of_several_techniques() -> None:
    rules = tuple(rule("R", ASKS_ALL, technique=name) for name in ("heat", "cold"))
    judged = Criteria("c", INPUTS, rules).judge({})
    assert [one.criterion.technique for one in judged] == ["heat", "cold"]


def test_an_input_that_no_rule_knows_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"no input \['age'\]"):
        Criteria("c", INPUTS, (rule("R", ASKS_ALL),)).judge({"age": Answer(("old",))})


def test_an_answer_of_the_wrong_kind_is_refused() -> None:
    criteria = Criteria("c", INPUTS, (rule("R", ASKS_ALL),))
    with pytest.raises(DefinitionError, match="kind is a number, not coded"):
        criteria.judge({"kind": point(Fraction(3))})
    with pytest.raises(DefinitionError, match="size is coded, not a number"):
        criteria.judge({"size": Answer(("a",))})


def test_unknown_inputs_of_one_name_and_other_options_are_told_apart() -> None:
    for one in (item("same", "a", "b"), item("same", "c", "d"), item("same", "a", "b")):
        answer = unknown_input(one)
        assert isinstance(answer, Answer)
        assert (answer.possible, answer.recorded) == (one.codes, False)
    assert unknown_input(SIZE) is UNMEASURED


def test_a_rule_names_the_sources_that_decide_it_each_once() -> None:
    one, two, three = (Source(f"Observation/{name}") for name in ("one", "two", "three"))
    criteria = Criteria("c", INPUTS, (rule("R", All((IS_A, ABOVE_3))), rule("S", All((IS_YES, FROM_2)))))
    judged = criteria.judge(
        {
            "kind": stated(KIND, ["a"], (one, two)),
            "size": Measured((exactly(4),), recorded=True, sources=(two, three)),
        }
    )
    assert [found.sources for found in judged] == [(one, two, three), ()]


# -- truth ---------------------------------------------------------------------------------------------------

STATES = {(True, False): Status.MET, (False, True): Status.UNMET, (True, True): Status.UNKNOWN}
OPTIONS = [
    ("a", Status.MET),
    ("b", Status.UNMET),
    ("b|c", Status.UNMET),
    ("a|b", Status.UNKNOWN),
    ("a|b|c", Status.UNKNOWN),
    ("", Status.UNKNOWN),
]
# value -> above 3, from 3, below 3, up to 3
EDGES: list[tuple[Interval, str]] = [
    (exactly(Fraction(5, 2)), "--++"),
    (exactly(3), "-+-+"),
    (exactly(Fraction(7, 2)), "++--"),
    (Interval(Fraction(2), Fraction(3)), "-??+"),
    (Interval(Fraction(2), Fraction(3), high_closed=False), "--++"),
    (Interval(Fraction(3), Fraction(4)), "?+-?"),
    (Interval(Fraction(3), Fraction(4), low_closed=False), "++--"),
    (Interval(Fraction(2), Fraction(4)), "????"),
    (Interval(None, Fraction(3)), "-??+"),
    (Interval(Fraction(3), None), "?+-?"),
    (Interval(None, None), "????"),
]
BOUNDS = (
    Interval(Fraction(3), None, low_closed=False),
    Interval(Fraction(3), None),
    Interval(None, Fraction(3), high_closed=False),
    Interval(None, Fraction(3)),
)
SIGNS = {"+": Status.MET, "-": Status.UNMET, "?": Status.UNKNOWN}


def status(when: Condition, answers: Mapping[str, Given]) -> Status:
    inputs = tuple(one for one in INPUTS if one.code in set(when.inputs()))
    (judged,) = Criteria("c", inputs, (rule("R", when),)).judge(answers)
    return judged.status


@pytest.mark.parametrize(("possible", "expected"), OPTIONS)
def test_a_coded_condition(possible: str, expected: Status) -> None:
    answers = {"kind": stated(KIND, possible.split("|"))} if possible else {}
    assert status(IS_A, answers) == expected


@pytest.mark.parametrize(("value", "expected"), EDGES)
def test_a_number_at_an_edge_and_on_both_sides(value: Interval, expected: str) -> None:
    answers = {"size": Measured((value,), recorded=True)}
    assert [status(Lies("size", bound), answers) for bound in BOUNDS] == [SIGNS[sign] for sign in expected]


def test_a_number_not_measured_is_unknown() -> None:
    for bound in BOUNDS:
        assert status(Lies("size", bound), {}) is Status.UNKNOWN
        stale = Measured(unused=(Source("Observation/old"),))
        assert status(Lies("size", bound), {"size": stale}) is Status.UNKNOWN


def test_numbers_that_conflict_are_unknown_where_they_fall_on_both_sides() -> None:
    spans = (exactly(2), exactly(4))
    assert status(ABOVE_3, {"size": Measured(spans, recorded=True, conflicting=True)}) is Status.UNKNOWN
    above = (exactly(4), exactly(5))
    assert status(ABOVE_3, {"size": Measured(above, recorded=True, conflicting=True)}) is Status.MET


@pytest.mark.parametrize(("number", "expected"), [("1", "+"), ("2", "-"), ("3", "-"), ("4", "-"), ("5", "+")])
def test_one_of_two_intervals(number: str, expected: str) -> None:
    outside = Lies(
        "size",
        Interval(None, Fraction(2), high_closed=False),
        (Interval(Fraction(4), None, low_closed=False),),
    )
    assert status(outside, {"size": point(Fraction(number))}) is SIGNS[expected]


def test_what_always_holds() -> None:
    assert status(Always(), {}) is Status.MET


@st.composite
def spans(draw: st.DrawFn) -> Interval:
    low = draw(st.none() | st.integers(0, 6))
    high = draw(st.none() | st.integers(0 if low is None else low, 6))
    point = low is not None and low == high
    return Interval(
        None if low is None else Fraction(low),
        None if high is None else Fraction(high),
        low_closed=point or draw(st.booleans()),
        high_closed=point or draw(st.booleans()),
    )


@st.composite
def lies(draw: st.DrawFn, code: str) -> Lies:
    """A condition on a number: one interval bounded on a side at least, or two far from each other."""
    bound = st.integers(1, 5)
    match draw(st.integers(0, 3)):
        case 0:
            return Lies(code, Interval(Fraction(draw(bound)), None, low_closed=draw(st.booleans())))
        case 1:
            return Lies(code, Interval(None, Fraction(draw(bound)), high_closed=draw(st.booleans())))
        case 2:
            low = draw(st.integers(0, 4))
            high = draw(st.integers(low + 1, 5))
            return Lies(
                code, Interval(Fraction(low), Fraction(high), draw(st.booleans()), draw(st.booleans()))
            )
        case _:
            below = draw(st.integers(1, 3))
            above = draw(st.integers(below + 1, 5))
            return Lies(
                code,
                Interval(None, Fraction(below), high_closed=draw(st.booleans())),
                (Interval(Fraction(above), None, low_closed=draw(st.booleans())),),
            )


@st.composite
def conditions(draw: st.DrawFn, codes: list[str]) -> Condition:
    """A condition on some of the inputs, each asked once."""
    if len(codes) > 1 and draw(st.booleans()):
        cut = draw(st.integers(1, len(codes) - 1))
        parts = (draw(conditions(codes[:cut])), draw(conditions(codes[cut:])))
        return All(parts) if draw(st.booleans()) else AnyOf(parts)
    code = draw(st.sampled_from(codes))
    asked = {one.code: one for one in INPUTS}[code]
    if isinstance(asked, Item):
        return Is(code, frozenset(draw(st.sets(st.sampled_from(asked.codes), min_size=1))))
    return draw(lies(code))


@st.composite
def partial_answers(draw: st.DrawFn) -> dict[str, Given]:
    answers: dict[str, Given] = {}
    for one in INPUTS:
        if draw(st.integers(0, 3)) == 0:
            continue
        if isinstance(one, Item):
            answers[one.code] = stated(one, draw(st.sets(st.sampled_from(one.codes), min_size=1)))
        else:
            within_range = spans().filter(lambda span: any(holds(span, number) for number in NUMBERS))
            listed = draw(st.lists(within_range, min_size=1, max_size=2))
            answers[one.code] = Measured(tuple(listed), recorded=True, conflicting=len(listed) > 1)
    return answers


def holds(span: Interval, number: Fraction) -> bool:
    above = span.low is None or number > span.low or (span.low_closed and number == span.low)
    below = span.high is None or number < span.high or (span.high_closed and number == span.high)
    return above and below


def values(one: Input, answers: Mapping[str, Given], numbers: list[Fraction]) -> list[str | Fraction]:
    answer = answers.get(one.code)
    if isinstance(one, Item):
        return list(answer.possible if isinstance(answer, Answer) else one.codes)
    if not isinstance(answer, Measured):
        return list(numbers)
    return [number for number in numbers if any(holds(span, number) for span in answer.spans)]


def true(when: Condition, complete: Mapping[str, str | Fraction]) -> bool:
    match when:
        case Is():
            return complete[when.input] in when.options
        case Lies():
            number = complete[when.input]
            assert isinstance(number, Fraction)
            return any(holds(span, number) for span in (when.span, *when.also))
        case All():
            return all(true(part, complete) for part in when.parts)
        case AnyOf():
            return any(true(part, complete) for part in when.parts)
    return True


def completions(
    codes: Iterable[str], answers: Mapping[str, Given], numbers: list[Fraction]
) -> list[dict[str, str | Fraction]]:
    """Every way in which the open inputs can turn out, a number standing for each stretch between edges."""
    asked = [one for one in INPUTS if one.code in set(codes)]
    listed = [values(one, answers, numbers) for one in asked]
    return [dict(zip([one.code for one in asked], chosen, strict=True)) for chosen in product(*listed)]


@given(conditions(["kind", "sign", "size", "count"]), partial_answers())
def test_truth_is_that_of_enumeration(when: Condition, answers: dict[str, Given]) -> None:
    # Beyond the range too: a number that is not bounded may be anything.
    numbers = [Fraction(-1), *NUMBERS, Fraction(7)]
    asked = set(when.inputs())
    found = {true(when, complete) for complete in completions(asked, answers, numbers)}
    known = {code: answer for code, answer in answers.items() if code in asked}
    assert status(when, known) is STATES[True in found, False in found]


# -- what rules allow together ------------------------------------------------------------------------------

ABSOLUTE, DEFER, RELATIVE, INDICATION = Effect.ABSOLUTE, Effect.DEFER, Effect.RELATIVE, Effect.INDICATION
M, U, Q = Status.MET, Status.UNMET, Status.UNKNOWN
# absolute, defer, relative, indication -> suitability, in the order of the contract
ORDER = [
    ("an absolute met, whatever else", (M, M, M, M), "contraindicated"),
    ("an absolute met, no indication", (M, U, U, U), "contraindicated"),
    ("an absolute met, a defer unknown", (M, Q, Q, Q), "contraindicated"),
    ("a defer met, an absolute unknown", (Q, M, U, M), "defer"),
    ("a defer met", (U, M, M, M), "defer"),
    ("a defer met, no indication", (U, M, U, U), "defer"),
    ("an absolute unknown", (Q, U, U, M), "undetermined"),
    ("an absolute unknown, a relative met", (Q, U, M, M), "undetermined"),
    ("a defer unknown", (U, Q, U, M), "undetermined"),
    ("a defer unknown, a relative met", (U, Q, M, M), "undetermined"),
    ("a relative met", (U, U, M, M), "caution"),
    ("a relative met, no indication", (U, U, M, U), "caution"),
    ("a relative met, an indication unknown", (U, U, M, Q), "caution"),
    ("a relative unknown", (U, U, Q, M), "undetermined"),
    ("no indication met", (U, U, U, U), "undetermined"),
    ("an indication unknown", (U, U, U, Q), "undetermined"),
    ("an indication met, and nothing against", (U, U, U, M), "eligible"),
]
EFFECTS = (ABSOLUTE, DEFER, RELATIVE, INDICATION)


def judged(effect: Effect, *statuses: Status) -> list[tuple[Criterion, Status]]:
    return [(rule(f"{effect}-{n}", Always(), effect), one) for n, one in enumerate(statuses)]


def together(rules: Criteria, answers: Mapping[str, Given]) -> Suitability:
    return suitability((one.criterion, one.status) for one in rules.judge(answers))


@pytest.mark.parametrize(("statuses", "expected"), [pytest.param(*case, id=name) for name, *case in ORDER])
def test_the_first_that_holds(statuses: tuple[Status, ...], expected: str) -> None:
    found = [one for effect, status in zip(EFFECTS, statuses, strict=True) for one in judged(effect, status)]
    assert suitability(found) == expected
    assert suitability(found[::-1]) == expected


def by_the_contract(found: Mapping[Effect, set[Status]]) -> str:
    """The sentence of the contract, word by word."""
    if M in found[ABSOLUTE]:
        return "contraindicated"
    if M in found[DEFER]:
        return "defer"
    if Q in found[ABSOLUTE] | found[DEFER]:
        return "undetermined"
    if M in found[RELATIVE]:
        return "caution"
    return "undetermined" if Q in found[RELATIVE] or M not in found[INDICATION] else "eligible"


SETS = [set(), {M}, {U}, {Q}, {M, U}, {M, Q}, {U, Q}, {M, U, Q}]


def test_every_combination_of_statuses_in_the_order_of_the_contract() -> None:
    for combination in product(SETS, repeat=4):
        found = dict(zip(EFFECTS, combination, strict=True))
        listed = [one for effect in EFFECTS for one in judged(effect, *sorted(found[effect]))]
        assert suitability(listed) == by_the_contract(found)


def test_other_effects_change_nothing() -> None:
    others = [effect for effect in Effect if effect not in EFFECTS]
    beside = [one for effect in others for one in judged(effect, M, U, Q)]
    assert suitability(beside) == "undetermined"
    assert suitability([*judged(INDICATION, M), *beside]) == "eligible"


@st.composite
def criteria(draw: st.DrawFn) -> Criteria:
    """Rules of every effect over all four inputs."""
    codes = [one.code for one in INPUTS]
    rules = []
    for number in range(draw(st.integers(1, 6))):
        some = draw(st.lists(st.sampled_from(codes), min_size=1, max_size=3, unique=True))
        effect = draw(st.sampled_from(EFFECTS))
        rules.append(rule(f"R{number}", draw(conditions(some)), effect))
    return Criteria("generated", INPUTS, (*rules, rule("ASKS", ASKS_ALL)))


def complete_suitability(rules: Criteria, complete: Mapping[str, str | Fraction]) -> Suitability:
    found: dict[Effect, set[Status]] = {effect: set() for effect in EFFECTS}
    for one in rules.rules:
        if one.effect in found:
            found[one.effect].add(M if true(one.when, complete) else U)
    return Suitability(by_the_contract(found))


WORST_FIRST = [
    Suitability.CONTRAINDICATED,
    Suitability.DEFER,
    Suitability.UNDETERMINED,
    Suitability.CAUTION,
    Suitability.ELIGIBLE,
]


@given(criteria(), st.lists(partial_answers(), min_size=2, max_size=4))
def test_what_was_judged_before_changes_nothing(rules: Criteria, listed: list[dict[str, Given]]) -> None:
    numbers = [Fraction(-1), *NUMBERS, Fraction(7)]
    for answers in (*listed, *listed):
        for one in rules.judge(answers):
            ends = completions(one.criterion.asks, answers, numbers)
            found = {true(one.criterion.when, complete) for complete in ends}
            assert one.status is STATES[True in found, False in found]


@given(criteria(), partial_answers())
def test_suitability_is_never_better_than_what_is_still_possible(
    rules: Criteria, answers: dict[str, Given]
) -> None:
    found = together(rules, answers)
    codes = [one.code for one in INPUTS]
    ends = {complete_suitability(rules, one) for one in completions(codes, answers, NUMBERS)}
    if found is Suitability.ELIGIBLE:
        assert ends == {Suitability.ELIGIBLE}
    elif found is Suitability.CONTRAINDICATED:
        assert ends == {Suitability.CONTRAINDICATED}
    elif found is Suitability.CAUTION:
        assert ends == {Suitability.CAUTION}
    elif found is Suitability.DEFER:
        # The contract puts a certain defer before an absolute that is only possible.
        assert ends <= {Suitability.DEFER, Suitability.CONTRAINDICATED}


@given(criteria(), partial_answers(), st.data())
def test_knowing_more_never_turns_a_verdict_into_a_worse_one(
    rules: Criteria, answers: dict[str, Given], data: st.DataObject
) -> None:
    before = together(rules, answers)
    complete = data.draw(st.sampled_from(completions([one.code for one in INPUTS], answers, NUMBERS)))
    after = together(rules, {code: single(code, value) for code, value in complete.items()})
    assert after == complete_suitability(rules, complete)
    if before in (Suitability.CAUTION, Suitability.ELIGIBLE, Suitability.CONTRAINDICATED):
        assert after == before


def single(code: str, value: str | Fraction) -> Given:
    if isinstance(value, Fraction):
        return point(value)
    return stated({one.code: one for one in INPUTS if isinstance(one, Item)}[code], [value])


def settling_by_hand(rules: Criteria, answers: Mapping[str, Given]) -> list[str]:
    """Inputs not yet single, at least one of whose answers would determine the suitability."""
    if together(rules, answers) is not Suitability.UNDETERMINED:
        return []
    found = []
    for one in INPUTS:
        answer = answers.get(one.code)
        if answer is not None and answer.single:
            continue
        trials = [{**answers, one.code: single(one.code, v)} for v in values(one, answers, NUMBERS)]
        if any(together(rules, trial) is not Suitability.UNDETERMINED for trial in trials):
            found.append(one.code)
    return found


def settling(rules: Criteria, answers: Mapping[str, Given]) -> list[str]:
    full = {one.code: answers.get(one.code) or unknown_input(one) for one in INPUTS}
    return list(rules.would_settle(full, rules.judge(answers)))


def open_forbidding(rules: Criteria, answers: Mapping[str, Given]) -> int:
    return sum(one.status is Q and one.criterion.effect in (ABSOLUTE, DEFER) for one in rules.judge(answers))


@given(criteria(), partial_answers())
def test_an_input_that_would_settle_it_does(rules: Criteria, answers: dict[str, Given]) -> None:
    assert set(settling(rules, answers)) <= set(settling_by_hand(rules, answers))


@given(criteria(), partial_answers())
def test_every_input_that_would_settle_it_is_named_where_one_rule_forbids(
    rules: Criteria, answers: dict[str, Given]
) -> None:
    if open_forbidding(rules, answers) < 2:
        assert settling(rules, answers) == settling_by_hand(rules, answers)


NOT_ALL_NAMED = (
    "Criteria.would_settle keeps only inputs that every open absolute or defer rule asks, but one such rule "
    "met settles by itself (contraindicated, defer). Drop the filter: every input not single is a candidate."
)


@given(criteria(), partial_answers())
def test_every_input_that_would_settle_it_is_named(rules: Criteria, answers: dict[str, Given]) -> None:
    assert settling(rules, answers) == settling_by_hand(rules, answers)


def test_either_of_two_absolute_contraindications_would_settle_it() -> None:
    rules = Criteria("c", (KIND, SIGN), (rule("R", IS_A, ABSOLUTE), rule("S", IS_YES, ABSOLUTE)))
    full = {one.code: unknown_input(one) for one in (KIND, SIGN)}
    assert rules.would_settle(full, rules.judge({})) == ("kind", "sign")


def test_nothing_would_settle_what_is_determined() -> None:
    rules = Criteria("c", (KIND, SIGN), (rule("R", IS_A, ABSOLUTE), rule("S", IS_YES, ABSOLUTE)))
    answers: dict[str, Given] = {"kind": stated(KIND, ["a"]), "sign": unknown_input(SIGN)}
    assert rules.would_settle(answers, rules.judge(answers)) == ()
