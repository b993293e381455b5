"""Synthetic but realistic run folders: real data, a linear model whose attributions are known."""

# One table per line reads better here than one value per line.
# fmt: off
# ruff: noqa: E501

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

from xaiframe.facts import Fact, Finding, Prescription, Verdict, source
from xaiframe.store import npz_bytes, to_json

P = {"table": ["kernel_shap", "lime", "feature_ablation"], "image": ["kernel_shap", "feature_ablation"]}
G = {"table": ["saliency", "smoothgrad", "input_x_gradient", "integrated_gradients", "lrp"], "image": ["saliency", "integrated_gradients", "grad_cam"]}
CHECKS = ["profile", "missing", "imbalance", "correlation", "consistency", "data_drift", "fit_gap"]
COUNT = 24


class Builder:
    """Collects facts and artifacts of one synthetic run and writes them down."""

    def __init__(self, run: Path) -> None:
        self.run, self.facts = run, []
        self.random = np.random.default_rng(0)

    def fact(self, name: str, value, **keywords) -> None:
        self.facts.append(Fact(name, value, source=source("scikit-learn"), **keywords))

    def table(self, unit: str, name: str, frame) -> None:
        folder = self.run / "artifacts" / unit
        folder.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(frame).to_parquet(folder / f"{name}.parquet")

    def arrays(self, unit: str, name: str, **arrays) -> None:
        folder = self.run / "artifacts" / unit
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.npz").write_bytes(npz_bytes(arrays))

    def text(self, name: str, content: str) -> None:
        (self.run / name).write_text(content, encoding="utf-8")


def make_run(run: Path, modality: str, rename: dict[str, str] | None = None) -> Path:
    run.mkdir(parents=True)
    b = Builder(run)
    world = _world(b, modality, rename or {})
    for step in (_data, _model, _precaution, _explanations, _evaluation, _tuning, _documents):
        step(b, world)
    return run


def _world(b: Builder, modality: str, rename: dict[str, str]) -> dict:
    bunch = load_breast_cancer() if modality == "table" else load_digits()
    x = bunch.data.astype(float)
    classes = [rename.get(str(c), str(c)) for c in bunch.target_names]
    if modality == "table":
        features = [rename.get(str(f), str(f)) for f in bunch.feature_names]
        mask, shape = np.arange(30), (30,)
    else:
        features = [f"patch {r},{c}" for r in range(4) for c in range(4)]
        mask = np.kron(np.arange(16).reshape(4, 4), np.ones((2, 2), int))[None]
        shape = (1, 8, 8)
    order = b.random.permutation(len(x))
    test, train = order[: len(x) // 5], order[len(x) // 5 :]
    mean, sd = x[train].mean(0), np.where(x[train].std(0) > 0, x[train].std(0), 1)
    model = LogisticRegression(C=0.1, max_iter=500).fit((x[train] - mean) / sd, bunch.target[train])
    weights = model.coef_ if len(classes) > 2 else np.vstack([-model.coef_[0], model.coef_[0]])
    return {
        "modality": modality, "x": x, "y": bunch.target, "classes": classes, "features": features,
        "mask": mask, "shape": shape, "train": train, "test": test, "mean": mean, "sd": sd,
        "model": model, "weights": weights,
    }  # fmt: skip


def _data(b: Builder, w: dict) -> None:
    for key, value in {"purpose": "Second reading of fine-needle aspirates", "owner": "Dr. Kim (김)"}.items():
        b.fact(f"strategy.declared.{key}", value)
    for split in ("train", "test"):
        b.fact("data.load.rows", len(w[split]), labels={"split": split}, unit="rows")
    b.fact("data.load.rows", 57, labels={"split": "validation"}, unit="rows")
    b.fact("data.load.features", len(w["features"]))
    b.fact("data.load.classes", len(w["classes"]))
    b.fact("data.load.digest", "ab" * 32)
    b.fact("data.load.modality", w["modality"])


def _model(b: Builder, w: dict) -> None:
    b.fact("model.fit.epochs", 40)
    b.fact("model.fit.parameters", 1234)
    names = np.array(w["classes"], dtype=object)
    for split in ("train", "validation", "test"):
        rows = w["test" if split == "test" else "train"]
        p = w["model"].predict_proba((w["x"][rows] - w["mean"]) / w["sd"])
        score = balanced_accuracy_score(w["y"][rows], p.argmax(1))
        for metric in ("score", "accuracy", "balanced_accuracy", "f1", "auroc"):
            span = (score - 0.03, min(1.0, score + 0.02))
            b.fact(f"model.{split}.{metric}", score, n=len(rows), interval=span, better="higher", unit="share")
        b.fact(f"model.{split}.calibration_error", 0.021, n=len(rows), interval=(0.01, 0.04), better="lower")
        b.fact(f"model.{split}.confidence_gap", -0.01, n=len(rows), interval=(-0.03, 0.01))
    epochs = np.arange(40)
    b.table("model.fit", "history", {"epoch": epochs, "train_loss": np.exp(-epochs / 9), "validation_loss": 0.1 + np.exp(-epochs / 8)})
    frame = {"split": "test", "id": w["test"], "y": names[w["y"][w["test"]]], "predicted": names[p.argmax(1)], "confidence": p.max(1)}
    frame |= {f"p_{c}": p[:, k] for k, c in enumerate(w["classes"])}
    b.table("model.measure", "predictions", frame)
    low = np.arange(10) / 10
    b.table("model.measure", "calibration", {"low": low, "high": low + 0.1, "confidence": low + 0.05, "accuracy": np.clip(low + 0.1, 0, 1), "n": np.arange(3, 13)})
    confusion = [{"true": a, "predicted": c, "count": int(((w["y"][w["test"]] == i) & (p.argmax(1) == j)).sum())} for i, a in enumerate(w["classes"]) for j, c in enumerate(w["classes"])]  # fmt: skip
    b.table("model.measure", "confusion", confusion)


def _precaution(b: Builder, w: dict) -> None:
    columns = w["features"] if w["modality"] == "table" else ["mean_intensity", "contrast", "ink_share"]
    source_ = w["x"] if w["modality"] == "table" else np.column_stack([w["x"].mean(1), w["x"].std(1), (w["x"] > 0).mean(1)])
    frame = pd.DataFrame(source_, columns=columns)
    d = frame.describe().T
    b.fact("precaution.profile.columns", len(columns))
    b.fact("precaution.profile.constant_columns", 0)
    b.fact("precaution.profile.schema_breaches", 0, labels={"split": "test"})
    b.table(
        "precaution.profile",
        "columns",
        {
            "column": columns,
            "kind": "number",
            "n": len(frame),
            "missing": 0,
            "distinct": frame.nunique().to_numpy(),
            "mean": d["mean"].to_numpy(),
            "sd": d["std"].to_numpy(),
            "min": d["min"].to_numpy(),
            "q25": d["25%"].to_numpy(),
            "median": d["50%"].to_numpy(),
            "q75": d["75%"].to_numpy(),
            "max": d["max"].to_numpy(),
        },
    )
    histograms = []
    for column in columns:
        counts, edges = np.histogram(frame[column], 12)
        histograms += [{"column": column, "left": a, "right": z, "count": int(n)} for a, z, n in zip(edges, edges[1:], counts, strict=False)]
    b.table("precaution.profile", "histograms", histograms)
    tally = [{"class": c, "split": s, "count": int((w["y"][w[s]] == k).sum())} for s in ("train", "test") for k, c in enumerate(w["classes"])]
    b.table("precaution.profile", "classes", tally)
    if w["modality"] == "image":
        b.arrays("precaution.profile", "examples", **{f"mean_{c}": w["x"][w["y"] == k].mean(0).reshape(8, 8) for k, c in enumerate(w["classes"])})
    for column in columns:
        b.fact("precaution.missing.share", 0.0, labels={"column": column}, n=len(frame), unit="share")
        b.fact("precaution.correlation.predictive_power", 0.3, labels={"column": column})
    b.fact("precaution.missing.worst_share", 0.0, n=len(frame), unit="share")
    b.fact("precaution.missing.rows_share", 0.0, n=len(frame), unit="share")
    b.table("precaution.missing", "columns", {"column": columns, "missing": 0, "n": len(frame), "share": 0.0})
    counts = np.bincount(w["y"])
    b.fact("precaution.imbalance.ratio", counts.min() / counts.max(), n=len(frame), unit="ratio", better="higher")
    b.fact("precaution.imbalance.effective_classes", 1.9)
    b.table("precaution.imbalance", "classes", {"class": w["classes"], "count": counts, "share": counts / counts.sum()})
    association = frame.corr().abs().to_numpy()
    pairs = [{"a": columns[i], "b": columns[j], "association": association[i, j], "measure": "Pearson"} for i in range(len(columns)) for j in range(i)]
    pairs.sort(key=lambda row: -row["association"])
    b.table("precaution.correlation", "pairs", pairs)
    b.table("precaution.correlation", "power", {"column": columns, "power": np.linspace(0.7, 0.01, len(columns))})
    b.fact("precaution.correlation.strongest", pairs[0]["association"], n=len(frame))
    b.fact("precaution.correlation.redundant_pairs", sum(p["association"] > 0.9 for p in pairs))
    b.fact("precaution.correlation.strongest_power", 0.7)
    for share in ("duplicate_share", "conflicting_share", "leakage_share"):
        b.fact(f"precaution.consistency.{share}", 0.0, n=len(frame), unit="share", better="lower")
    b.fact("precaution.data_drift.drifted_share", 0.033, n=len(w["test"]), unit="share")
    b.fact("precaution.data_drift.domain_auc", 0.52, n=len(w["test"]), interval=(0.47, 0.57), unit="AUC")
    b.fact("precaution.data_drift.domain_null_upper", 0.58, unit="AUC")
    b.fact("precaution.data_drift.label_drift", 0.02)
    psi = b.random.uniform(0.01, 0.2, len(columns))
    b.table(
        "precaution.data_drift",
        "columns",
        {
            "column": columns,
            "test": "KS",
            "statistic": 0.05,
            "p_value": 0.4,
            "p_adjusted": 0.6,
            "effect": 0.05,
            "psi": psi,
            "psi_null95": 0.18,
            "psi_null99": 0.23,
            "drifted": psi > 0.19,
        },
    )
    b.fact("precaution.fit_gap.gain_over_dummy", 0.9, unit="share")
    b.fact("precaution.fit_gap.relative_loss", 0.012, unit="share", interval=(-0.01, 0.03))
    b.fact("precaution.fit_gap.weakest_segment", -0.08, n=31, labels={"segment": f"{columns[0]} in 12.1 … 14.0"}, interval=(-0.2, 0.01))
    scores = [
        {"model": m, "split": s, "score": v, "low": v - 0.02, "high": v + 0.02, "n": 100} for m, v in (("dummy", 0.5), ("probe", 0.94), ("model", 0.97)) for s in ("train", "test")
    ]
    b.table("precaution.fit_gap", "scores", scores)
    b.table(
        "precaution.fit_gap",
        "segments",
        [{"segment": f"{columns[k % 3]} {'low' if k else 'high'}", "score": 0.97 + e, "difference": e, "n": 30 + k} for k, e in enumerate((-0.08, -0.03, 0.0, 0.02))],
    )


def _explanations(b: Builder, w: dict) -> None:
    rows = w["test"][:COUNT]
    z = (w["x"][rows] - w["mean"]) / w["sd"]
    probability = w["model"].predict_proba(z)
    predicted = probability.argmax(1)
    names = np.array(w["classes"], dtype=object)
    element = w["weights"][predicted] * z
    membership = np.eye(len(w["features"]))[w["mask"].reshape(-1)]
    truth = element @ membership
    w["truth"], w["scores"] = truth, element.sum(1)
    kind = ["right_and_sure", "right_and_sure", "right_and_unsure", "right_and_unsure", "wrong", "wrong"] + [""] * (COUNT - 6)
    b.table(
        "probe.instances",
        "instances",
        {
            "position": np.arange(COUNT),
            "id": rows,
            "y": names[w["y"][rows]],
            "target": names[predicted],
            "predicted": names[predicted],
            "confidence": probability.max(1),
            "score": w["scores"] + 0.3,
            "case": [bool(k) for k in kind],
            "kind": kind,
            "reason": "chosen for the test",
        },
    )
    b.arrays("probe.instances", "inputs", x=w["x"][rows].reshape(-1, *w["shape"]).astype(np.float32), feature_mask=w["mask"], values=_values(w, rows))
    b.table("probe.instances", "features", {"feature": w["features"], "unit": ["mm" if "radius" in f else "" for f in w["features"]]})
    b.fact("probe.reference.background_rows", 24)
    b.fact("probe.reference.output", "logit")
    b.fact("probe.reference.expected_score", 0.3)
    for stage, methods in (("perturbation", P[w["modality"]]), ("gradient", G[w["modality"]])):
        for k, method in enumerate(methods):
            noise = 1 + 0.1 * (k + 1) * b.random.normal(size=truth.shape)
            arrays = {"values": truth * noise, "base": np.full(COUNT, 0.3)}
            if method in ("kernel_shap", "smoothgrad"):
                arrays |= {"error": np.abs(truth) * 0.1 + 0.01, "repeat": truth[:12] * 1.02}
            if w["modality"] == "image" and stage == "gradient":
                arrays["element"] = element.reshape(-1, *w["shape"])
            b.arrays(f"{stage}.{method}", "attribution", **arrays)
            b.fact(f"{stage}.{method}.evaluations", 12288)
            b.fact(f"{stage}.{method}.seconds", 1.2, unit="s")
            size = np.abs(arrays["values"])
            for j, feature in enumerate(w["features"]):
                m, s = size[:, j].mean(), size[:, j].std() / COUNT**0.5
                b.fact(f"{stage}.{method}.mean_absolute", m, labels={"feature": feature}, unit="logit", n=COUNT, interval=(m - 2 * s, m + 2 * s))
    mean = np.abs(truth).mean(0)
    b.arrays("perturbation.permutation_importance", "importance", values=mean * 0.1, error=mean * 0.02)
    for j, feature in enumerate(w["features"]):
        b.fact("perturbation.permutation_importance.importance", mean[j] * 0.1, labels={"feature": feature}, n=114, unit="loss of score", interval=(mean[j] * 0.06, mean[j] * 0.14))
    curves, single = [], []
    for j, feature in enumerate(w["features"] if w["modality"] == "table" else []):
        for k, value in enumerate(np.linspace(w["x"][:, j].min(), w["x"][:, j].max(), 12)):
            y = w["weights"][1][j] * (value - w["mean"][j]) / w["sd"][j]
            curves.append({"feature": feature, "point": k, "x": value, "average": y})
            single += [{"feature": feature, "row": r, "point": k, "x": value, "y": y + 0.3 * (r - 5)} for r in range(10)]
    if curves:
        b.table("perturbation.pdp", "curve", curves)
        b.table("perturbation.pdp", "individual", single)


def _evaluation(b: Builder, w: dict) -> None:
    p, g = P[w["modality"]], G[w["modality"]]
    direction = dict.fromkeys(p, "perturbation") | dict.fromkeys(g, "gradient")
    pairs = []
    for i, a in enumerate(direction):
        for j, c in enumerate(direction):
            value = 1.0 if i == j else 0.9 - 0.05 * abs(i - j)
            comparable = "lrp" not in (a, c) and "grad_cam" not in (a, c)
            pairs.append(
                {
                    "a": a,
                    "b": c,
                    "direction_a": direction[a],
                    "direction_b": direction[c],
                    "spearman": value,
                    "low": value - 0.1,
                    "high": min(1, value + 0.05),
                    "sign": 0.9,
                    "top_k": 0.7,
                    "n": COUNT,
                    "comparable": comparable,
                    "kind": "self" if i == j else "pair",
                }
            )
            if a in p and c in g:
                b.fact("evaluation.agreement.spearman", value, labels={"p": a, "g": c, "comparable": "yes" if comparable else "no"}, n=COUNT, interval=(value - 0.1, value + 0.05))
    b.table("evaluation.agreement", "pairs", pairs)
    b.fact("evaluation.agreement.mean_spearman", 0.72, n=COUNT, interval=(0.61, 0.83))
    b.fact("evaluation.agreement.conflicting_share", 0.04, n=COUNT, unit="share")
    b.table(
        "evaluation.agreement",
        "instances",
        {"position": np.arange(COUNT), "id": np.arange(COUNT), "spearman": np.linspace(0.9, -0.1, COUNT), "conflict": np.linspace(0.9, -0.1, COUNT) < 0, "rank": np.arange(COUNT)},
    )
    share = w["truth"] / np.abs(w["truth"]).sum(1, keepdims=True)
    consensus = [
        {"position": i, "feature": f, "p_share": share[i, j], "g_share": share[i, j] * (1 if j % 7 else -1), "consensus": share[i, j] if j % 7 else 0.0, "conflict": j % 7 == 0}
        for i in range(COUNT)
        for j, f in enumerate(w["features"])
    ]
    b.table("evaluation.agreement", "consensus", consensus)
    curve, steps = [], np.linspace(0, 1, 11)
    for method in [*direction, "random"]:
        bend = 1 if method == "random" else 3
        for kind in ("deletion", "insertion"):
            y = (1 - steps) ** bend if kind == "deletion" else 1 - (1 - steps) ** bend
            curve += [{"method": method, "control": "random", "kind": kind, "share": s, "score": v, "low": v - 0.05, "high": v + 0.05} for s, v in zip(steps, y, strict=True)]
            b.fact(f"evaluation.faithfulness.{kind}", y.mean(), labels={"method": method}, n=COUNT, interval=(y.mean() - 0.03, y.mean() + 0.03))
        if method != "random":
            gain = -0.05 if method == "lime" else 0.4
            b.fact("evaluation.faithfulness.gain_over_random", gain, labels={"method": method}, n=COUNT, interval=(gain - 0.04, gain + 0.04), better="higher")
            b.fact("evaluation.parameter_randomisation.similarity", 0.12, labels={"method": method}, n=8, interval=(0.05, 0.2), better="lower")
            b.fact("evaluation.parameter_randomisation.control", 0.1, labels={"method": method})
            b.fact("evaluation.agreement.self_spearman", 0.93, labels={"method": method})
    b.table("evaluation.faithfulness", "curves", curve)
    for method in ("kernel_shap", "integrated_gradients"):
        b.fact("evaluation.completeness.residual", 4e-7, labels={"method": method}, n=COUNT)
    b.table(
        "evaluation.completeness",
        "instances",
        [{"position": i, "method": m, "residual": 1e-6, "relative": 4e-7} for i in range(COUNT) for m in ("kernel_shap", "integrated_gradients")],
    )
    b.table(
        "evaluation.parameter_randomisation",
        "layers",
        [{"method": m, "layer": layer, "similarity": s, "low": s - 0.05, "high": s + 0.05} for m in direction for layer, s in (("output", 0.4), ("hidden", 0.12))],
    )
    f = w["features"]
    verdicts = [("held", "rises"), ("contradicted", "falls"), ("undecided", "matters")]
    b.table(
        "evaluation.knowledge",
        "statements",
        [
            {
                "feature": f[k],
                "effect": e,
                "because": "the textbook says so",
                "class": w["classes"][0],
                "verdict": v,
                "evidence": f"raises the score in {20 - k} of 24 instances",
                "local_share": 0.8,
                "low": 0.6,
                "high": 0.9,
                "p_rank": 1 + k,
                "g_rank": 2 + k,
            }
            for k, (v, e) in enumerate(verdicts)
        ],
    )
    b.fact("evaluation.knowledge.held_share", 1 / 3, n=3, unit="share")
    for k, (v, e) in enumerate(verdicts):
        b.fact("evaluation.knowledge.statement", v, labels={"feature": f[k], "effect": e, "class": w["classes"][0]})


def _tuning(b: Builder, w: dict) -> None:
    number, goals = np.arange(12), ("model.validation.score", "evaluation.agreement.mean_spearman")
    rate, dropout = 10.0 ** -(1 + (number * 5 % 12) / 4), (number * 7 % 12) / 24
    b.table(
        "tuning.search",
        "trials",
        {
            "number": number,
            "state": np.where(number == 9, "failed", "complete"),
            "fit.learning_rate": rate,
            "model.dropout": dropout,
            "model.hidden": np.where(number % 3, "[16]", "[64, 32]"),
            goals[0]: np.where(number == 9, np.nan, 0.97 - (dropout - 0.2) ** 2),
            goals[1]: np.where(number == 9, np.nan, 0.7 + dropout / 3),
            "seconds": 2.0,
            "evaluations": 4000,
            "chosen": number == 5,
            "pareto": np.isin(number, [2, 5, 7]),
            "reason": np.where(number == 9, "ModelError: the loss is not finite", ""),
        },
    )
    b.table(
        "tuning.search",
        "importance",
        [
            {"parameter": p, "objective": o, "importance": v, "spearman": r, "measure": "absolute rank association", "n": 11}
            for p, v, r in (("fit.learning_rate", 0.2, -0.2), ("model.dropout", 0.8, 0.8), ("model.hidden", 0.1, None))
            for o in goals
        ],
    )
    b.table(
        "tuning.search",
        "space",
        [
            {"parameter": "fit.learning_rate", "kind": "float", "low": 1e-4, "high": 1e-1, "choices": "", "log": True},
            {"parameter": "model.dropout", "kind": "float", "low": 0.0, "high": 0.5, "choices": "", "log": False},
            {"parameter": "model.hidden", "kind": "choice", "low": None, "high": None, "choices": "[16], [64, 32]", "log": False},
        ],
    )
    b.fact("tuning.search.trials", 12)
    b.fact("tuning.search.failed", 1)
    b.fact("tuning.search.seconds", 24.0, unit="s")
    b.fact("tuning.search.evaluations", 48000, unit="rows")
    b.fact("tuning.search.chosen_trial", 5, reason="Pareto-optimal and within one standard error of the best model.validation.score; among those the best in evaluation.agreement.mean_spearman")
    for goal in goals:
        b.fact("tuning.search.best", 0.97, labels={"objective": goal}, better="higher")
    b.fact("tuning.search.chosen", 0.003, labels={"parameter": "fit.learning_rate"})
    b.fact("tuning.search.chosen", "[16]", labels={"parameter": "model.hidden"})
    features = w["features"][:12]
    leaning = [{"number": n, "direction": "perturbation", "method": "lime", "feature": f, "mean_absolute": (1 + k * n / 20) / (1 + k)} for n in number for k, f in enumerate(features) if n != 9]
    moved = pd.DataFrame(leaning)
    b.table("tuning.search", "trials_importance", moved.assign(share=moved["mean_absolute"] / moved.groupby("number")["mean_absolute"].transform("sum")))
    b.table("tuning.search", "trials_alike", {"number": np.delete(number, 9), "method": "lime", "spearman": 1 - abs(np.delete(number, 9) - 5) / 12})
    for k, f in enumerate(features):
        b.fact("tuning.search.share_moved", 0.02 - k / 200, labels={"feature": f})
    b.fact("tuning.comparison.adopt", True)
    b.fact("tuning.control.trials", 12)
    b.fact("tuning.control.seconds", 13.0, unit="s")
    control = {"number": number, "state": "complete", "fit.learning_rate": rate, goals[0]: 0.95 - (dropout - 0.3) ** 2, goals[1]: 0.75, "seconds": 1.0, "chosen": number == 1, "pareto": number == 1}
    b.table("tuning.control", "trials", control)
    b.fact("tuning.control.best", 0.95, labels={"objective": goals[0]}, better="higher")
    b.table(
        "tuning.ending",
        "ending",
        [
            {"measure": m, "model": who, "role": role, "better": "lower", "value": v, "low": v - 0.01, "high": v + 0.01, "gain": g, "gain_low": g - 0.01, "gain_high": g + 0.01, "n": len(w["test"])}
            for m, role in (("brier", "decides"), ("log_loss", "beside"), ("balanced_accuracy", "sought"))
            for who, v, g in (("tuned", 0.05, np.nan), ("default", 0.07, 0.02), ("random search", 0.052, 0.002), ("dummy", 0.47, 0.42))
        ],
    )
    b.fact("tuning.ending.decided_by", "brier", n=len(w["test"]))
    b.fact("tuning.ending.beats_default", True, n=len(w["test"]))
    b.fact("tuning.ending.beats_dummy", True, n=len(w["test"]))
    b.fact("tuning.ending.beats_random", None, n=len(w["test"]), reason="the gain 0.002 lies within chance: -0.008 to 0.012")
    b.table(
        "tuning.comparison",
        "comparison",
        [
            {
                "quantity": "model.validation.score",
                "audited": 0.95,
                "audited_low": 0.93,
                "audited_high": 0.97,
                "tuned": 0.96,
                "tuned_low": 0.94,
                "tuned_high": 0.98,
                "better": "higher",
            }
        ],
    )
    b.table("tuning.comparison", "importance", {"feature": w["features"][:8], "audited": np.linspace(1, 0.1, 8), "tuned": np.linspace(0.8, 0.2, 8)})


def _documents(b: Builder, w: dict) -> None:
    strategy = {
        "purpose": "Second reading of fine-needle aspirates",
        "owner": "Dr. Kim (김)",
        "audience": "domain_expert",
        "risk": "high",
        "intended_use": "A second opinion",
        "out_of_scope": "Men; children",
        "mitigation": "A pathologist decides",
        "fallback": "Biopsy",
        "sensitive": [],
        "knowledge": [],
        "signatories": {"Model owner": "Dr. Kim (김)", "Reviewer": ""},
    }
    recipe = {
        "name": "synthetic",
        "policy": "default",
        "seed": 0,
        "rounds": 1,
        "strategy": strategy,
        "data": {"_target_": "xaiframe.data.table.TableData"},
        "model": {"_target_": "xaiframe.model.mlp.MLP", "hidden": [32]},
        "explain": {"instances": COUNT},
        "reference": {"background": "rows", "rows": 24, "output": "logit", "target": "predicted"},
        "perturbation": {"kernel_shap": {"_target_": "x", "samples": 512}},
    }
    b.text("recipe.yaml", yaml.safe_dump(recipe, allow_unicode=True))
    stages = [
        ("precaution", CHECKS),
        ("perturbation", [*P[w["modality"]], "permutation_importance", "pdp"]),
        ("gradient", [*G[w["modality"]], "deep_lift"]),
        ("evaluation", ["agreement", "completeness", "faithfulness", "parameter_randomisation", "knowledge"]),
        ("tuning", ["search"]),
    ]
    b.fact("gradient.deep_lift.error", "RuntimeError: the rule <b>does not</b> exist")
    plan = {
        "recipe": recipe,
        "notices": ["grad_cam needs a convolution"],
        "stages": [
            {
                "name": s,
                "units": [
                    {
                        "choice": c,
                        "target": f"xaiframe.{s}.{c}",
                        "applies": True,
                        "reason": "",
                        "evaluations": 1000,
                        "seconds": 0.5,
                        "memory_mb": 10,
                        "axes": {"scope": "local", "direction": s},
                    }
                    for c in units
                ],
            }
            for s, units in stages
        ],
    }
    plan["stages"][2]["units"].append(
        {"choice": "cam", "target": "x", "applies": False, "reason": "the model has no convolution", "evaluations": None, "seconds": None, "memory_mb": None, "axes": {}}
    )
    b.text("plan.json", to_json(plan))
    findings = [
        Finding("redundant", "warn", "precaution.correlation.redundant_pairs", "21 pairs of columns say the same", 21, threshold="above 0", source="deepchecks", set_by="default"),
        Finding("faithful", "fail", "evaluation.faithfulness.gain_over_random", "LIME is no better than a random order", -0.05, labels={"method": "lime"}, interval=(-0.09, -0.01), threshold="below 0", source="ours", set_by="default", n=COUNT),
        Finding("missing", "pass", "precaution.missing.worst_share", "no column misses values", 0.0, threshold="above 0.05", source="deepchecks", set_by="default"),
        Finding("leakage", "pass", "precaution.consistency.leakage_share", "no row in both splits", 0.0, threshold="above 0.05", source="deepchecks", set_by="default"),
        Finding("domain", "undecided", "precaution.data_drift.domain_auc", "too few rows", None, threshold="above 0.65", source="NannyML", set_by="default", reason="fewer than 30 rows"),
        Finding("deep_lift", "error", "gradient.deep_lift.error", "deep_lift raised", "RuntimeError", set_by="default"),
        Finding("bias", "not_assessed", "precaution.bias.gap", "", None, threshold="above 0.1", source="ours", set_by="default"),
    ]  # fmt: skip
    counts = {status: sum(f.status == status for f in findings) for status in {f.status for f in findings}}
    b.text("findings.json", to_json([f.to_dict() for f in findings]))
    b.text("verdict.json", to_json(vars(Verdict("fail", "default", "cd" * 32, counts, "two rules failed"))))
    prescription = Prescription(
        "redundant_features",
        "precaution → explanation",
        {"data.drop": ["mean perimeter"], "fit.weight_decay": 0.001},
        "Redundant features split importance.",
        True,
        {"fact": "evaluation.agreement.mean_spearman", "direction": "higher"},
        ("21 redundant pairs",),
    )
    b.text("prescriptions.yaml", yaml.safe_dump([json.loads(to_json(prescription.to_dict()))]))
    ways = [
        "training_data → optimization",
        "precaution → optimization",
        "precaution → explanation",
        "precaution → tuning",
        "explanation → precaution",
        "explanation → optimization",
        "explanation → tuning",
        "tuning → optimization",
        "tuning → explanation",
    ]
    b.text(
        "relations.json",
        to_json(
            [
                {
                    "relation": way,
                    "source": way.split(" → ")[0],
                    "target": way.split(" → ")[1],
                    "purpose": "what one learns changes the other",
                    "declared": ["rule"],
                    "fired": ["redundant_features"] if k == 2 else [],
                    "facts": [{"name": "precaution.correlation.redundant_pairs", "value": 21, "labels": {}}] if k == 2 else [],
                }
                for k, way in enumerate(ways)
            ]
        ),
    )
    b.text("facts.json", to_json([f.to_dict() for f in b.facts]))
    b.text("factsheet.json", "{}")
    artifacts = {str(path.relative_to(b.run)): "ef" * 32 for path in sorted((b.run / "artifacts").rglob("*.*"))}
    b.text(
        "manifest.json",
        to_json(
            {
                "created": "2026-11-20T09:30:00+00:00",
                "name": "synthetic",
                "recipe_digest": "12" * 32,
                "data_digest": "ab" * 32,
                "model_digest": "34" * 32,
                "policy": {"name": "default", "digest": "cd" * 32, "chain": ["default"]},
                "versions": {"torch": "2.13.0", "numpy": "2.4.6"},
                "python": "3.11.7",
                "platform": "Linux x86_64",
                "git": None,
                "seeds": {"run": 0},
                "artifacts": artifacts | {},
                "stages": [{"stage": s, "choice": c, "state": "computed", "seconds": 1.0, "key": "aa"} for s, units in stages for c in units],
                "rounds": 1,
            }
        ),
    )


def _values(w: dict, rows: np.ndarray) -> np.ndarray:
    """The mean of each interpretable feature's elements."""
    flat, member = w["x"][rows].reshape(len(rows), -1), w["mask"].reshape(-1)
    return np.stack([flat[:, member == k].mean(1) for k in range(len(w["features"]))], axis=1)
