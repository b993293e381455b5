"""The three sentences of the first page, one per heading of METHOD §1."""

from __future__ import annotations

from xaiframe.facts import Finding
from xaiframe.report import explained, gate, words
from xaiframe.report.record import Record


def accuracy(record: Record) -> str:
    """How often it is right on unseen rows, with n and interval."""
    fact = record.facts.one("model.test.accuracy")
    score = record.facts.one("model.test.score")
    if fact and isinstance(fact.value, (int, float)):
        said = f"Right on {words.of_hundred(float(fact.value))} unseen cases"
        balanced = record.facts.one("model.test.balanced_accuracy")
        if balanced and isinstance(balanced.value, (int, float)):
            span = (
                f", 95 % interval {words.interval(balanced.interval)}" if balanced.interval else ""
            )
            said += f"; counting classes equally {words.number(float(balanced.value))}{span}"
        return f"{said} (n {fact.n})." if fact.n else f"{said}."
    if score and score.value is not None:
        span = f" (95 % interval {words.interval(score.interval)})" if score.interval else ""
        return f"Score on unseen cases {words.number(score.value)} {score.unit}{span}, n {score.n}."
    return "Prediction accuracy was not assessed."


def traceability(record: Record) -> str:
    """What ties every number to its origin, and what is missing for it."""
    manifest = record.manifest
    files = [name for name in manifest.get("artifacts") or {} if not name.startswith("report.")]
    if not manifest:
        return "Not traceable: the run stored no manifest."
    said = (
        f"{words.count(len(record.facts), 'fact')} name their method, library and version; "
        f"{words.count(len(files), 'file')}, data, model and recipe carry digests"
    )
    git = manifest.get("git")
    if not git:
        return f"{said}; the code revision is unknown."
    state = "had uncommitted changes" if git.get("dirty") else "has a recorded revision"
    return f"{said}; the code {state}."


def understanding(record: Record) -> str:
    """Whether both directions tell one story, whether methods beat chance, what knowledge says."""
    said = []
    mean = record.facts.one("evaluation.agreement.mean_spearman")
    if mean and isinstance(mean.value, (int, float)):
        span = f" ({words.interval(mean.interval)})" if mean.interval else ""
        said.append(
            f"perturbation and gradient rank inputs alike at "
            f"{words.number(float(mean.value))}{span}"
        )
    elif side := one_sided(record):
        said.append(f"reasons come from {side} alone, which no other direction confirms")
    methods = explained.local_methods(record)
    gains = [
        record.facts.one("evaluation.faithfulness.gain_over_random", method=m) for m in methods
    ]
    known = [g for g in gains if g and g.interval]
    if known:
        better = sum(1 for g in known if g.interval and g.interval[0] > 0)
        said.append(
            f"{better} of {words.count(len(known), 'method')} are clearly better than chance"
        )
    held = [f for f in record.facts.where("evaluation.knowledge.statement")]
    if held:
        good = sum(1 for f in held if f.value == "held")
        said.append(f"{good} of {words.count(len(held), 'expert statement')} held")
    return (
        f"{words.sentence('; '.join(said))}."
        if said
        else "Decision understanding was not assessed."
    )


def one_sided(record: Record) -> str:
    """The only direction that explained anything; empty where both did or none."""
    sides = explained.sides(record)
    return explained.STAGES[sides[0]] if len(sides) == 1 else ""


def said(finding: Finding) -> str:
    """A finding as a sentence; a method at its head has its usual name, and the name of anything
    in the data keeps its own spelling, in quotes."""
    text = finding.message or words.label(finding.rule)
    for key, name in finding.labels.items():
        if name and text.startswith(f"{name}: "):
            told = words.sentence(words.label(name)) if key == "method" else words.quoted(name)
            return told + text.removeprefix(name)
    return words.sentence(text)


def matters(record: Record, most: int = 3) -> list[Finding]:
    """The findings that matter most: errors and failures, then warnings, then undecided."""
    return [
        f
        for f in gate.ordered(record.findings)
        if f.status in ("error", "fail", "warn", "undecided")
    ][:most]
