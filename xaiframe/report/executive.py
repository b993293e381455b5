"""Page two: what the model uses, what it must not be used for, what was found and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from xaiframe.report import explained, headline, words
from xaiframe.report.block import Block, Chapter, Page, parts
from xaiframe.report.effects import OUTCOMES, abouts, end, partners
from xaiframe.report.messages import words as text_words
from xaiframe.report.pictures import maps
from xaiframe.report.record import Record
from xaiframe.report.rounds import paired, taken_back


def chapter(record: Record) -> Chapter:
    """The summary, on a page of its own."""
    return Chapter("summary", "Summary", "In plain words", parts(record, page), fresh=True)


def page(record: Record) -> Iterable[Block]:
    """Everything the summary says, in the words of the declared audience."""
    audience = str(record.strategy.get("audience") or "developer")
    yield Page(
        "executive",
        "_executive.html",
        {
            "audience": words.AUDIENCE.get(audience, ""),
            "picture": maps.summary(record) if explained.modality(record) == "image" else None,
            "uses": uses(record),
            "unshown": unshown(record),
            "averaged": averaged(record),
            "accuracy": plain_accuracy(record, audience),
            "traceability": plain_traceability(record, audience),
            "understanding": plain_understanding(record, audience),
            "not_for": words.stop(record.strategy.get("out_of_scope")),
            "mitigation": words.stop(record.strategy.get("mitigation")),
            "fallback": words.stop(record.strategy.get("fallback")),
            "found": [
                {
                    "status": f.status,
                    "word": words.STATUS[f.status],
                    "text": headline.said(f),
                }
                for f in headline.matters(record, 5)
            ],
            "changed": changed(record),
            "todo": [
                {
                    "what": words.sentence(words.label(p.key)),
                    "why": p.because,
                    "key": f"prescription-{p.key}",
                }
                for p in [one for one in record.prescriptions if not taken_back(record, one)][:4]
            ],
        },
    )


def changed(record: Record) -> list[str]:
    """What the rounds changed and what it did, and how the score of the same test rows moved."""
    rounds = record.earlier()
    if len(rounds) < 2:
        return []
    told = [_became(*one) for one in _by_prescription(record.effects)]
    if said := paired(record):
        return [*told, said]
    scores = [one.facts.one("model.test.score") for one in (rounds[0], rounds[-1])]
    known = [one for one in scores if one is not None and isinstance(one.value, (int, float))]
    if len(known) == 2:
        was, now = (words.measured(one.value, one.unit) for one in known)
        told.append(f"Test score of round 1 {was}, of round {len(rounds)} {now}.")
    return told


Effects = Sequence[Mapping[str, Any]]


def _by_prescription(effects: Effects) -> Iterator[tuple[str, int, Effects]]:
    """(prescription, round, effects) in the order of the rounds, by what was found out last."""
    ends = [one for one in effects if not one.get("superseded")]
    keys = dict.fromkeys((str(one["prescription"]), int(one["round"])) for one in ends)
    for key, number in keys:
        own = [one for one in ends if (str(one["prescription"]), one["round"]) == (key, number)]
        yield key, number, own


def _became(key: str, number: int, effects: Effects) -> str:
    """What one prescription did, per column where its fact has several."""
    leave = ", accepted by the owner" if effects[0].get("accepted") else ""
    tail = partners(effects) + end(effects)
    kinds: dict[str, list[str]] = {}
    for one, about in zip(effects, abouts(effects), strict=True):
        if one.get("most") is None:
            kinds.setdefault(str(one["verdict"]), []).append(about)
    told = [
        f"{OUTCOMES.get(kind, kind)} for {words.listing(about)}"
        if any(about)
        else words.label(kind)
        for kind, about in kinds.items()
    ]
    told += [
        f"{words.label(str(one['fact']).rpartition('.')[2])} became worse by more than allowed"
        for one in effects
        if one.get("most") is not None and one["verdict"] == "harmful"
    ]
    return f"{words.sentence(words.label(key))} (round {number}{leave}): {'; '.join(told)}{tail}."


def uses(record: Record) -> list[dict[str, Any]]:
    """The five leading features with their mean share over both directions."""
    if explained.modality(record) == "text":
        return text_words.uses(record)
    frame = explained.importances(record)
    if frame.empty or explained.modality(record) == "image":
        return []
    local = frame[frame["fact"].str.endswith(".mean_absolute")]
    frame = frame if local.empty else local
    mean = frame.groupby(["feature", "direction"])["share"].mean().groupby("feature").mean()
    top = [float(mean[name]) for name in explained.ranking(record)[:5]]
    return [
        {
            "name": name,
            "share": words.number(100 * share, digits=2),
            "width": round(100 * share / top[0], 1),
        }
        for name, share in zip(explained.ranking(record)[:5], top, strict=True)
    ]


def unshown(record: Record) -> str:
    """Why the summary shows nothing of what the model uses."""
    if record.redact and explained.local_methods(record):
        thing = {"image": "pictures", "text": "words of few messages"}
        kept = thing.get(explained.modality(record), "rows")
        return f"Withheld: the report was asked to keep single {kept} out (report.redact)."
    return "Not assessed: no method measured it."


def averaged(record: Record) -> str:
    """What the shares of the summary are of."""
    sides = explained.sides(record)
    if not sides:
        return "share of what the score loses when a feature is shuffled; no case was explained"
    if len(sides) > 1:
        return "share of all attribution, averaged over both directions of explanation"
    way = {"P": "changing the input", "G": "following the output back"}[sides[0]]
    return f"share of all attribution, averaged over one direction, {way}; no other confirms it"


def plain_accuracy(record: Record, audience: str) -> str:
    """Prediction accuracy as the audience counts it."""
    fact = record.facts.one("model.test.accuracy")
    if audience in ("developer", "regulator"):
        return headline.accuracy(record)
    if explained.regression(record):
        return plain_error(record)
    if fact is None or not isinstance(fact.value, (int, float)):
        return headline.accuracy(record)
    said = f"Of cases it had never seen it answered {words.of_hundred(float(fact.value))} rightly"
    gap = record.facts.one("model.test.confidence_gap")
    if gap and gap.interval and isinstance(gap.value, (int, float)):
        if gap.interval[0] > 0:
            return f"{said}. It is surer of itself than it should be."
        if gap.interval[1] >= 0:
            return f"{said}. When it is sure, it is right about as often as it says."
    return f"{said}."


def plain_error(record: Record) -> str:
    """How far predictions of a quantity miss, in the target's own unit, and what that replaces."""
    fact = record.facts.one("model.test.mae")
    if fact is None or not isinstance(fact.value, (int, float)):
        return headline.accuracy(record)
    target = str((record.recipe.get("data") or {}).get("target") or "")
    unit, of = explained.target_unit(record, target), f" of {words.quoted(target)}" * bool(target)
    said = (
        f"For cases it had never seen its predictions{of} were off by "
        f"{words.number(float(fact.value), unit)} on average"
    )
    table = record.table("model.measure", "predictions")
    unseen = None if table is None else table.loc[table["split"] == "test", "y"]
    if unseen is None or unseen.empty:
        return f"{said}."
    low, high = (float(one) for one in unseen.quantile([0.25, 0.75]))
    ends = f"{words.number(low)} and {words.number(high, unit)}"
    return f"{said}. Half of the true values lie between {ends}."


def plain_traceability(record: Record, audience: str) -> str:
    """Traceability without its vocabulary, for those who do not need it."""
    if audience in ("developer", "regulator"):
        return headline.traceability(record)
    if not record.manifest:
        return "The audit cannot be repeated: no record of its making was kept."
    return (
        "Every number in this report can be followed to its origin, and the whole audit can be "
        "repeated by one command."
    )


def plain_understanding(record: Record, audience: str) -> str:
    """Whether the reasons can be believed, for the audience."""
    if audience in ("developer", "regulator"):
        return headline.understanding(record)
    if side := headline.one_sided(record):
        way = "trying other inputs" if side == "perturbation" else "following its inner workings"
        return f"Its reasons were asked for in one way only, by {way}: nothing confirms them."
    share = record.facts.value("evaluation.agreement.conflicting_share")
    if not isinstance(share, (int, float)):
        return "Whether its reasons can be believed was not assessed."
    count = len(explained.instances(record))
    how_often = (
        f"in {words.of_hundred(float(share))} cases" if share else f"in none of {count} cases"
    )
    said = (
        "Its reasons were asked for in two independent ways. The two contradicted each other "
        f"{how_often}"
    )
    statements = record.facts.where("evaluation.knowledge.statement")
    against = [f.labels.get("feature", "") for f in statements if f.value == "contradicted"]
    if against:
        return f"{said}. It goes against what experts expect of {words.listing(against)}."
    return f"{said}." + (" Nothing it does contradicts what experts stated." if statements else "")
