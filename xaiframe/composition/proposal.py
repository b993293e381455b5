"""The methods a recipe without lists gets: by model, data, audience and budget, with reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from xaiframe.catalogue.estimate import Cost, Estimator, attributes, known_shapes
from xaiframe.catalogue.listing import Description, UnknownTarget, describe, entries, house
from xaiframe.composition.applicability import Subject, reason_against
from xaiframe.composition.questions import QUESTIONS, READERS, Question
from xaiframe.recipe import Recipe

MOST = 6
"""Methods of one group that a proposal may hold."""
SHARE = 0.5
"""Part of the budget for the methods; the measures that test them take the rest."""
GUESSED = 30
"""Features that are supposed where the data tell their number only once they are read."""
UNASKED = "of no proposal, to be asked for by name"


@dataclass(frozen=True)
class Suggestion:
    """One method, whether it is proposed, why or why not, and what it costs where that is known."""

    group: str
    method: str
    taken: bool
    reason: str
    evaluations: int | None = None


@dataclass(frozen=True)
class Offer:
    """A method as it may be proposed: why it does not apply (or nothing), its cost, a guess where
    the number of features is not known yet, and whether only the fitted model tells if it
    applies."""

    description: Description
    misfit: str
    cost: Cost
    guessed: bool = False
    doubtful: bool = False

    @property
    def takes(self) -> str:
        """The cost in words."""
        count = self.cost.evaluations or 0
        large = f"{count:,}" if count < 10**9 else f"{count:.0e}"
        told = f" with {GUESSED} features" if self.guessed else ""
        return f"takes {large} evaluations{told}"


def propose(
    recipe: Recipe, groups: Sequence[str], tuned: Mapping[str, Sequence[str]]
) -> list[Suggestion]:
    """Every method of ``groups``, taken or left out, with the reason.

    ``recipe`` holds the :func:`candidates`; ``tuned`` names per group those whose parameters
    somebody set, which are taken before any other. The same recipe gives the same proposal: only
    its text, the house's choices and the source of the classes they name are read.
    """
    return _Proposal(recipe, groups).made(tuned)


@dataclass
class _Purse:
    """What is left for methods; None where there is no bound."""

    evaluations: float | None
    seconds: float | None

    def lacks(self, offer: Offer) -> str:
        """Why a method does not fit, in words; empty where it does."""
        cost = offer.cost
        if self.evaluations is not None and (cost.evaluations or 0) > self.evaluations:
            return f"{offer.takes}, {max(self.evaluations, 0):,.0f} of the budget are left for it"
        if self.seconds is not None and (cost.seconds or 0.0) > self.seconds:
            left = f"{_time(max(self.seconds, 0.0))} of the budget are left for it"
            return f"takes about {_time(cost.seconds or 0.0)}, {left}"
        return ""

    def pay(self, cost: Cost) -> None:
        if self.evaluations is not None:
            self.evaluations -= cost.evaluations or 0
        if self.seconds is not None:
            self.seconds -= cost.seconds or 0.0


@dataclass
class _Proposal:
    """One proposal as it grows."""

    recipe: Recipe
    groups: Sequence[str]
    offers: dict[tuple[str, str], Offer] = field(default_factory=dict)
    found: dict[tuple[str, str], Suggestion] = field(default_factory=dict)

    def made(self, tuned: Mapping[str, Sequence[str]]) -> list[Suggestion]:
        self.offers = dict(self.offered())
        purse = self.purse()
        for group in self.groups:
            for method in tuned.get(group, ()):
                self.take(group, method, "the recipe sets its parameters", purse)
        for question in QUESTIONS:
            if question.group in self.groups:
                self.answer(question, purse)
        for group in self.groups:
            self.ensure(group, purse)
        for (group, method), offer in self.offers.items():
            self.leave(group, method, offer.misfit or UNASKED)
        order = list(self.groups)
        return sorted(self.found.values(), key=lambda one: (not one.taken, order.index(one.group)))

    def offered(self) -> Iterator[tuple[tuple[str, str], Offer]]:
        recipe = self.recipe
        data = describe(str(recipe.data["_target_"]))
        subject = Subject.of(
            recipe.data, recipe.model, recipe.reference.output, recipe.strategy.sensitive
        )
        shapes, inputs = known_shapes(data, recipe.data), subject.modality != "text"
        gradient = "gradient" in subject.provides and inputs
        estimator = Estimator(recipe, shapes, subject.modality, gradient)
        guess = replace(shapes, features=GUESSED, elements=shapes.elements or GUESSED)
        guessing = Estimator(recipe, guess, subject.modality, gradient)
        for group in self.groups:
            others = {one.choice: one.node for one in entries(group, [house()])}
            for method, node in (others | dict(getattr(recipe, group))).items():
                try:
                    described = describe(str(node["_target_"]))
                    known = estimator.method(described, node)
                    cost = guessing.method(described, node)
                except (UnknownTarget, ValueError):
                    continue  # the plan names it where somebody chose it
                misfit, guessed = reason_against(described, subject), known.evaluations is None
                doubtful = bool({*described.facts.get("needs", ())} & {*subject.doubtful})
                offer = Offer(described, misfit, cost if guessed else known, guessed, doubtful)
                yield (group, method), offer

    def purse(self) -> _Purse:
        budget = self.recipe.budget
        minutes, evaluations = budget.minutes, budget.evaluations
        return _Purse(
            None if evaluations is None else SHARE * evaluations,
            None if minutes is None else SHARE * minutes * 60,
        )

    def take(self, group: str, method: str, reason: str, purse: _Purse) -> None:
        offer = self.offers.get((group, method))
        self.found[group, method] = self.told(group, method, True, reason)
        purse.pay(offer.cost if offer else Cost())

    def leave(self, group: str, method: str, reason: str) -> None:
        self.found.setdefault((group, method), self.told(group, method, False, reason))

    def told(self, group: str, method: str, taken: bool, reason: str) -> Suggestion:
        offer = self.offers.get((group, method))
        known = offer is not None and not offer.guessed
        evaluations = offer.cost.evaluations if offer and known else None
        return Suggestion(group, method, taken, reason, evaluations)

    def answer(self, question: Question, purse: _Purse) -> None:
        """Take the first method that tells it, applies, and fits, and another beside it where only
        the fitted model tells whether it does; leave the others, saying why."""
        group = question.group
        there = [one for one in question.methods if (group, one) in self.offers]
        able = [one for one in there if not self.offers[group, one].misfit]
        told = next((one for one in able if self.taken(group, one)), None)
        for method in able:
            if method == told:
                continue
            if told is not None:
                self.leave(group, method, f"{told} tells the same")
                continue
            reason = self.against(question, method, able[-1], purse)
            if reason:
                self.leave(group, method, reason)
            elif self.offers[group, method].doubtful:
                self.take(group, method, f"{question.why}, if the fitted model lets it", purse)
            else:
                told = method
                self.take(group, method, question.why, purse)

    def against(self, question: Question, method: str, last: str, purse: _Purse) -> str:
        """Why a method that applies is not proposed; empty when it is."""
        group, offer = question.group, self.offers[question.group, method]
        other = self.offers[group, last].cost.evaluations
        if self.recipe.strategy.audience not in question.readers:
            readers = [READERS[one] for one in question.readers]
            return f"proposed to {_listed(readers)} only"
        if sum(1 for one in self.found.values() if one.group == group and one.taken) >= MOST:
            return f"{MOST} methods of a direction are enough"
        if method != last and (offer.cost.evaluations or 0) > (other or 0):
            return f"{offer.takes}, {last} takes {other or 0:,}"
        return purse.lacks(offer)

    def ensure(self, group: str, purse: _Purse) -> None:
        """A direction without any attribution gets the cheapest, though the budget cut it short:
        evidence from one direction alone is half the evidence."""
        able = {
            method: offer
            for (own, method), offer in self.offers.items()
            if own == group and not offer.misfit and attributes(offer.description)
        }
        known = [m for one in QUESTIONS if one.group == group for m in one.methods if m in able]
        if not known or any(self.taken(group, method) for method in able):
            return

        def order(method: str) -> tuple[bool, int]:
            """First those that share the reference, for only they can agree with the others."""
            offer = able[method]
            return bool(offer.description.facts["own_reference"]), offer.cost.evaluations or 0

        cheapest = min(known, key=order)
        self.take(group, cheapest, "the cheapest of its direction, which must not be empty", purse)

    def taken(self, group: str, method: str) -> bool:
        one = self.found.get((group, method))
        return one is not None and one.taken


def named(suggestions: Sequence[Suggestion], group: str) -> list[str]:
    """The methods of a group that are proposed, in order."""
    return [one.method for one in suggestions if one.group == group and one.taken]


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
