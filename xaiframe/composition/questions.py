"""What readers of an audit want told of a model, and the methods that tell it."""

from __future__ import annotations

from dataclasses import dataclass

EVERYONE = ("developer", "domain_expert", "end_user", "regulator")
READERS = {
    "developer": "developers",
    "domain_expert": "domain experts",
    "end_user": "end users",
    "regulator": "regulators",
}


@dataclass(frozen=True)
class Question:
    """One thing an audience wants told, and the methods that tell it, the best first.

    A method gives way to the last of them where it costs more.
    """

    group: str
    methods: tuple[str, ...]
    why: str
    readers: tuple[str, ...] = EVERYONE


QUESTIONS = (
    Question(
        "perturbation",
        ("tree_shap", "exact_shap", "kernel_shap"),
        "shares the score out over the features; the shares add up to it",
    ),
    Question(
        "gradient",
        ("integrated_gradients",),
        "adds up gradients from the reference to the instance; the sums give the score",
    ),
    Question(
        "perturbation",
        ("feature_ablation",),
        "says what the score loses with each feature, without drawing at random",
        ("developer", "domain_expert", "end_user"),
    ),
    Question(
        "gradient",
        ("grad_cam",),
        "shows the region that the last feature maps speak of",
        ("developer", "domain_expert", "end_user"),
    ),
    Question(
        "perturbation",
        ("permutation_importance",),
        "says of the whole model which features its accuracy rests on",
        ("developer", "domain_expert", "regulator"),
    ),
    Question(
        "gradient",
        ("deep_lift_shap",),
        "is a second account that adds up, passed back layer by layer",
        ("regulator",),
    ),
    Question(
        "gradient",
        ("smoothgrad",),
        "says what a small change of each input does, less the noise of a single gradient",
        ("developer", "domain_expert"),
    ),
    Question(
        "perturbation",
        ("pdp",),
        "draws how the score moves with a feature's value",
        ("developer", "domain_expert", "regulator"),
    ),
    Question(
        "gradient",
        ("lrp",),
        "passes the score back through the layers, whatever the reference",
        ("developer",),
    ),
    Question(
        "perturbation",
        ("lime",),
        "fits a straight line around the instance, a view that owes nothing to Shapley",
        ("developer",),
    ),
    Question(
        "gradient",
        ("input_x_gradient",),
        "is the cheapest account that a gradient gives",
        ("developer",),
    ),
    Question(
        "perturbation",
        ("ale",),
        "draws that curve from rows that occur, where features vary together",
        ("developer",),
    ),
    Question(
        "gradient",
        ("saliency",),
        "is the plain gradient, which the others are held against",
        ("developer",),
    ),
    Question(
        "perturbation",
        ("partition_shap",),
        "lets neighbouring or like features enter together",
        ("developer",),
    ),
    Question(
        "perturbation",
        ("rise",),
        "averages over random coalitions, without a model of its own",
        ("developer",),
    ),
    Question(
        "perturbation",
        ("prototypes",),
        "shows rows that stand for each answer, and rows that none stands for",
        ("domain_expert", "end_user"),
    ),
    Question(
        "gradient",
        ("influential_instances",),
        "names the training rows that an answer was learnt from",
        ("domain_expert", "regulator"),
    ),
)
"""In order of what matters most: where the budget runs short, the last are left out first."""


def candidates(group: str) -> list[str]:
    """The methods of a group that some question names."""
    return [name for one in QUESTIONS if one.group == group for name in one.methods]
