"""Which lesions a record holds, and which entries belong to which: never pooled across them.

A lesion is one site, level and side. An entry belongs to the lesion that its focus names, else to
the one its site names, else to the only lesion it can describe (LES-1 to LES-5, LAT-1).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain

from app.assess.counting import after_treatment, distinct, moment_of
from app.assess.freshness import age_of
from app.assess.placing import (
    can_describe,
    lesion_id,
    may_be_a_lesion,
    may_touch,
    names_other_side,
    with_finer,
)
from app.assess.record import Diagnosis, Entry, Gap, Record, When
from app.engine.provenance import Source
from app.engine.reading import Fact, Side
from app.knowledge.anatomy import Kind, Place
from app.knowledge.finding import Finding, Scope
from app.knowledge.findings import FINDINGS, PAIN_SCALES
from app.knowledge.lesion import Lesion, RecordedTotal
from app.knowledge.policy import Policy

_FROM_TREATMENTS = frozenset(
    {
        "prior-radiation",
        "instrumented-segment",
        "earlier-ablation",
        "earlier-cement",
        "pathological-fracture",
    }
)


@dataclass(frozen=True, slots=True)
class Grouped:
    """The lesions of a record, what belongs to the patient as a whole, and what stays unplaced."""

    lesions: tuple[Lesion, ...]
    patient: Mapping[str, tuple[Fact, ...]]
    gaps: tuple[Gap, ...]
    bone_disease: bool


@dataclass(slots=True)
class _Draft:
    place: Place
    conditions: dict[str, None] = field(default_factory=dict)
    not_counted: list[str] = field(default_factory=list)
    counted: bool = False
    tumour: bool = False
    osteoporotic: bool = False
    facts: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    totals: list[RecordedTotal] = field(default_factory=list)
    # When the last treatment at this very place began.
    treated: str = ""


def group(record: Record, as_of: datetime, policy: Policy) -> Grouped:
    """The lesions of a record at a moment, each with its own facts."""
    return _Grouping(record, as_of, policy).run()


class _Grouping:
    def __init__(self, record: Record, as_of: datetime, policy: Policy) -> None:
        self.record = record
        self.as_of = as_of
        self.policy = policy
        self.drafts: dict[Place, _Draft] = {}
        # Those at a site that is known: their number is bounded by anatomy, not by the record.
        self.sited: list[_Draft] = []
        self.candidates: dict[tuple[str, Side | None, bool], list[_Draft]] = {}
        self.totals = {id(total.entry): total for total in record.totals}
        self.owners: dict[str, tuple[str, ...]] = {s.reference: s.conditions for s in record.structures}
        self.gaps: list[Gap] = []
        self.patient: dict[str, list[Fact]] = defaultdict(list)
        self.by_reference = _by_reference(record.diagnoses)
        # Places that a reference to a Condition or a BodyStructure stands for.
        self.named: dict[str, tuple[Place, ...]] = {}
        # Places that entries with such a focus name more narrowly.
        self.narrowed: dict[str, dict[Place, None]] = defaultdict(dict)
        self.drafts_of_named: dict[str, list[_Draft]] = {}
        self.named_places: frozenset[Place] = frozenset()
        self.bone_disease = any(d.disease and not d.not_counted for d in record.diagnoses)

    def run(self) -> Grouped:
        self._name_places()
        self.named_places = frozenset(chain.from_iterable(self.named.values()))
        if not self.named and not self.bone_disease:
            return self._patient_only()
        placed, by_focus, unsited = self._sort_entries()
        self._open_named()
        for entry, place, focus in placed:
            self._put(entry, self._draft(place), focus)
        for entry, focus in by_focus:
            self._put_by_focus(entry, focus, unsited)
        self._state_diagnoses(unsited)
        for entry in unsited:
            self._put_unsited(entry)
        self._mark_osteoporotic()
        self._treat()
        return self._finish()

    # -- which places the record names ------------------------------------------------------------

    def _name_places(self) -> None:
        of_condition: dict[str, list[Place]] = defaultdict(list)
        structures = {s.reference: s for s in self.record.structures}
        for structure in self.record.structures:
            for reference in structure.conditions:
                of_condition[reference].append(structure.place)
        for diagnosis in self.record.diagnoses:
            if diagnosis.disease is None:
                continue
            finer = [
                *(structures[r].place for r in diagnosis.structures if r in structures),
                *of_condition[diagnosis.reference],
            ]
            places = with_finer(diagnosis.places, finer)
            if not places and diagnosis.disease.makes_lesion_without_site:
                places = [Place()]
            if places:
                before = self.named.get(diagnosis.reference, ())
                self.named[diagnosis.reference] = tuple(dict.fromkeys((*before, *places)))
        if self.bone_disease:
            for structure in self.record.structures:
                within = [
                    place
                    for reference in structure.conditions
                    for place in self.named.get(reference, ())
                    if structure.place.holds(place)
                ]
                self.named[structure.reference] = tuple(dict.fromkeys(within)) or (structure.place,)

    def _open_named(self) -> None:
        for reference, places in self.named.items():
            narrower = self.narrowed.get(reference, ())
            for place in places:
                within = [p for p in narrower if p != place and place.holds(p)]
                for target in within or (place,):
                    self._attach(self._draft(target), reference)

    def _attach(self, draft: _Draft, reference: str) -> None:
        diagnosis = self.by_reference.get(reference)
        if diagnosis is None:
            draft.counted = draft.counted or self._structure_counts(reference)
            return
        draft.conditions[reference] = None
        draft.tumour = True
        if diagnosis.not_counted is None:
            draft.counted = True
        else:
            draft.not_counted.append(diagnosis.not_counted)

    def _structure_counts(self, reference: str) -> bool:
        owners = [
            self.by_reference[condition]
            for condition in self.owners.get(reference, ())
            if condition in self.by_reference
        ]
        return not owners or any(owner.not_counted is None for owner in owners)

    def _draft(self, place: Place) -> _Draft:
        if place not in self.drafts:
            self.drafts[place] = _Draft(place)
            if place.site is not None:
                self.sited.append(self.drafts[place])
        return self.drafts[place]

    # -- which entry belongs where ----------------------------------------------------------------

    def _sort_entries(
        self,
    ) -> tuple[list[tuple[Entry, Place, str | None]], list[tuple[Entry, str]], list[Entry]]:
        placed: list[tuple[Entry, Place, str | None]] = []
        by_focus: list[tuple[Entry, str]] = []
        unsited: list[Entry] = []
        for entry in (*self.record.entries, *(t.entry for t in self.record.totals)):
            finding = FINDINGS.get(entry.finding)
            scale = finding is not None and finding.code in PAIN_SCALES
            if finding is not None and finding.scope is Scope.PATIENT:
                self._note_patient(entry, finding)
                if not scale:
                    continue
            focus = next((f for f in entry.focus if f in self.named), None)
            if focus is not None:
                self._sort_focused(entry, focus, placed, by_focus)
            elif entry.place is not None:
                self._sort_placed(entry, placed, scale=scale)
            elif any(f not in self.record.known and may_be_a_lesion(f) for f in entry.focus):
                if not scale:
                    self._unplaced(entry, "names a focus that the record does not hold")
            else:
                unsited.append(entry)
        return placed, by_focus, unsited

    def _sort_placed(
        self, entry: Entry, placed: list[tuple[Entry, Place, str | None]], *, scale: bool
    ) -> None:
        place = entry.place
        if place is None or (place.site is None and place.unread):
            if not scale:
                self._unplaced(entry, "names a site this service does not know")
        elif scale:
            # Pain at a bone makes no lesion of it; at a lesion's own place it is that lesion's.
            if place in self.named_places:
                placed.append((entry, place, None))
        elif self.bone_disease:
            placed.append((entry, place, None))

    def _sort_focused(
        self,
        entry: Entry,
        focus: str,
        placed: list[tuple[Entry, Place, str | None]],
        by_focus: list[tuple[Entry, str]],
    ) -> None:
        own = entry.place
        if own is None or own.site is None:
            by_focus.append((entry, focus))
            return
        holding = [place for place in self.named[focus] if place.holds(own)]
        wider = [place for place in self.named[focus] if own.holds(place)]
        if holding:
            self.narrowed[focus][own] = None
            placed.append((entry, own, focus))
        elif len(wider) == 1:
            placed.append((entry, wider[0], focus))
        else:
            self._unplaced(entry, "names one lesion as its focus and another as its site")

    def _put_by_focus(self, entry: Entry, focus: str, unsited: list[Entry]) -> None:
        drafts = self._drafts_of(focus)
        if len(drafts) == 1 and names_other_side(entry, drafts[0].place):
            self._unplaced(entry, "names one side, and its focus another")
        elif len(drafts) == 1:
            self._put(entry, drafts[0], focus)
        elif drafts:
            self._unplaced(entry, "names a disease at several sites and no site of its own")
        else:
            unsited.append(entry)

    def _drafts_of(self, reference: str) -> list[_Draft]:
        """The drafts that a reference stands for, once every place that is named has one."""
        found = self.drafts_of_named.get(reference)
        if found is None:
            found = self.drafts_of_named[reference] = self._narrower_drafts(reference)
        return found

    def _narrower_drafts(self, reference: str) -> list[_Draft]:
        places = self.named[reference]
        narrower = self.narrowed.get(reference, ())
        wanted: list[Place] = []
        for place in places:
            wanted += [p for p in narrower if p != place and place.holds(p)] or [place]
        return [self.drafts[place] for place in dict.fromkeys(wanted) if place in self.drafts]

    def _put_unsited(self, entry: Entry) -> None:
        finding = FINDINGS.get(entry.finding)
        key = (entry.finding, entry.side, entry.place is None)
        candidates = self.candidates.get(key)
        if candidates is None:
            candidates = self.candidates[key] = [
                d
                for d in self.drafts.values()
                if d.counted and can_describe(finding, d.place) and not names_other_side(entry, d.place)
            ]
        if len(candidates) == 1:
            self._put(entry, candidates[0], None)
        elif candidates and not (finding and finding.scope is Scope.PATIENT):
            self._unplaced(entry, "names no site, and there are several lesions it could describe")

    def _put(self, entry: Entry, draft: _Draft, focus: str | None) -> None:
        if not draft.conditions and not draft.not_counted:
            draft.counted = True
        total = self.totals.get(id(entry))
        if total is not None:
            source = self._source(entry, "imaging")
            draft.totals.append(RecordedTotal(total.score, total.total, source))
            return
        finding = FINDINGS[entry.finding]
        draft.facts[finding.code].append(self._fact(entry, finding, focus))

    def _unplaced(self, entry: Entry, reason: str) -> None:
        self.gaps.append(Gap("lesion", f"{entry.reference} {reason}; it is not counted for any lesion."))

    def _note_patient(self, entry: Entry, finding: Finding) -> None:
        self.patient[finding.code].append(self._fact(entry, finding, None))

    # -- what Conditions and Procedures state of a lesion -------------------------------------------

    def _state_diagnoses(self, unsited: list[Entry]) -> None:
        for diagnosis in self.record.diagnoses:
            if diagnosis.not_counted is not None:
                continue
            for finding, answer in diagnosis.findings:
                entry = Entry(
                    finding,
                    frozenset({answer}),
                    diagnosis.reference,
                    diagnosis.when,
                    provisional=False,
                )
                if FINDINGS[finding].scope is Scope.PATIENT:
                    self._note_patient(entry, FINDINGS[finding])
                elif diagnosis.reference in self.named:
                    for draft in self._drafts_of(diagnosis.reference):
                        self._put(entry, draft, diagnosis.reference)
                elif diagnosis.places:
                    for place in diagnosis.places:
                        self._state_at(entry, place)
                else:
                    unsited.append(entry)

    def _state_at(self, entry: Entry, place: Place) -> None:
        if place in self.drafts:
            self._put(entry, self.drafts[place], None)
            return
        touched = [d for d in self.sited if may_touch(d.place, place)]
        if not touched and self.bone_disease:
            self._put(entry, self._draft(place), None)
        finding = FINDINGS[entry.finding]
        if finding.code == "pathological-fracture":
            for draft in touched:
                self._add_perhaps(draft, finding, entry.reference, entry.when)
        elif touched:
            self._unplaced(entry, "names a region in which the lesion is not told")

    def _add_perhaps(self, draft: _Draft, finding: Finding, reference: str, when: When | None) -> None:
        perhaps = Entry(finding.code, frozenset({"present", "absent"}), reference, when)
        draft.facts[finding.code].append(self._fact(perhaps, finding, None))

    def _mark_osteoporotic(self) -> None:
        for diagnosis in self.record.diagnoses:
            if diagnosis.osteoporotic and diagnosis.not_counted is None:
                for place in diagnosis.places:
                    draft = self.drafts.get(place)
                    if draft is not None and not draft.tumour:
                        draft.osteoporotic = True

    def _treat(self) -> None:
        for treatment in self.record.treatments:
            if treatment.place is None:
                continue
            finding = FINDINGS[treatment.finding]
            for draft in self.sited:
                if not can_describe(finding, draft.place):
                    continue
                if draft.place == treatment.place and (draft.place.level or draft.place.side):
                    entry = Entry(finding.code, frozenset({"present"}), treatment.reference, treatment.when)
                    draft.facts[finding.code].append(self._fact(entry, finding, None))
                    draft.treated = max(draft.treated, moment_of(treatment.when)[0])
                elif may_touch(draft.place, treatment.place):
                    self._add_perhaps(draft, finding, treatment.reference, treatment.when)

    # -- results -------------------------------------------------------------------------------------

    def _fact(self, entry: Entry, finding: Finding, focus: str | None) -> Fact:
        window = finding.window
        if isinstance(entry.value, frozenset) and len(entry.value) == 1:
            window = finding.windows.get(next(iter(entry.value)), window)
        return Fact(
            finding=finding.code,
            value=entry.value,
            source=self._source(entry, window),
            side=entry.side,
            group=focus,
            moment=moment_of(entry.when),
        )

    def _source(self, entry: Entry, window: str) -> Source:
        age = age_of(entry.when, self.policy.window(window), self.as_of)
        text = entry.when.text if entry.when else None
        return Source(entry.reference, text, age, entry.provisional)

    def _patient_only(self) -> Grouped:
        for entry in self.record.entries:
            finding = FINDINGS[entry.finding]
            if finding.scope is Scope.PATIENT:
                self._note_patient(entry, finding)
        return Grouped((), distinct(self.patient), (), self.bone_disease)

    def _finish(self) -> Grouped:
        spans = self._spans()
        lesions: list[Lesion] = []
        unread = sorted(
            (d for d in self.drafts.values() if d.place.unread), key=lambda d: sorted(d.conditions)
        )
        numbers = {draft.place: number for number, draft in enumerate(unread, 1)}
        for draft in self.drafts.values():
            number = numbers.get(draft.place, 0)
            counted = draft.counted and (bool(draft.conditions) or self.bone_disease)
            if not counted and not draft.not_counted:
                continue
            lesions.append(
                Lesion(
                    id=lesion_id(draft.place, number),
                    place=draft.place,
                    facts=after_treatment(distinct(draft.facts), draft.treated),
                    conditions=tuple(sorted(draft.conditions)),
                    not_scored=None if counted else draft.not_counted[0],
                    osteoporotic=draft.osteoporotic,
                    spans=spans.get(draft.place, ()),
                    totals=tuple(draft.totals),
                )
            )
            if draft.place.site is None and counted:
                self.gaps.append(Gap("site", _no_site(draft)))
        if len(lesions) > 1:
            precise = [one for one in lesions if one.not_scored is None and one.place.site is not None]
            lesions = [_with_names_within(lesion, precise) for lesion in lesions]
        return Grouped(
            tuple(lesions), distinct(self.patient), tuple(sorted(set(self.gaps))), self.bone_disease
        )

    def _spans(self) -> dict[Place, tuple[str, ...]]:
        spans: dict[Place, tuple[str, ...]] = {}
        for reference in self.named:
            drafts = [d for d in self._drafts_of(reference) if d.place.kind is Kind.SPINE]
            if len(drafts) > 1:
                labels = tuple(draft.place.label for draft in drafts)
                spans |= {draft.place: labels for draft in drafts}
        return spans


def _with_names_within(lesion: Lesion, lesions: Sequence[Lesion]) -> Lesion:
    named = _named_within(lesion, lesions)
    return replace(lesion, names_within=named) if named else lesion


def _named_within(lesion: Lesion, lesions: Sequence[Lesion]) -> tuple[str, ...]:
    """LES-7: a region or a bone without a place, beside a lesion recorded within it."""
    if any(code not in _FROM_TREATMENTS for code in lesion.facts) or lesion.totals:
        return ()
    named = sorted(
        (other.place.levels[:1], other.place.label)
        for other in lesions
        if other is not lesion and lesion.place.holds(other.place) and not other.place.holds(lesion.place)
    )
    return tuple(label for _, label in named)


def _by_reference(diagnoses: Iterable[Diagnosis]) -> dict[str, Diagnosis]:
    """Each Condition once; versions that cannot be ordered count if one of them does."""
    found: dict[str, Diagnosis] = {}
    for diagnosis in diagnoses:
        before = found.get(diagnosis.reference)
        if before is None or (before.not_counted is not None and diagnosis.not_counted is None):
            found[diagnosis.reference] = diagnosis
    return found


def _no_site(draft: _Draft) -> str:
    named = " and ".join(sorted(draft.conditions)) or "An entry"
    if draft.place.unread:
        return f"{named} names a site with a code this service does not know; record the bone."
    return f"{named} names no site; record the bone, and for the spine the level."
