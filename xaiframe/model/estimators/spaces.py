"""What is searched of well-known estimators where the recipe names no ranges of its own.

Each range holds the class's own default, which is what a search starts from.
"""

from collections.abc import Mapping
from typing import Any

LEAF = {"low": 1, "high": 30, "log": True}
DEPTH = {"choices": [None, 3, 6, 12]}
STRENGTH = {"low": 0.001, "high": 100.0, "log": True}
PENALTY = {"low": 0.0001, "high": 100.0, "log": True}
FOREST = {"max_depth": DEPTH, "min_samples_leaf": LEAF}
CLASSIFYING = {**FOREST, "max_features": {"choices": ["sqrt", 0.3, 0.6, 1.0]}}
REGRESSING = {**FOREST, "max_features": {"choices": [1.0, 0.3, 0.6, "sqrt"]}}
BOOSTING = {
    "learning_rate": {"low": 0.02, "high": 0.3, "log": True},
    "n_estimators": {"low": 50, "high": 400, "log": True},
    "max_depth": {"low": 1, "high": 6},
    "subsample": {"low": 0.5, "high": 1.0},
}
HISTOGRAM = {
    "learning_rate": {"low": 0.02, "high": 0.3, "log": True},
    "max_leaf_nodes": {"low": 4, "high": 64, "log": True},
    "min_samples_leaf": {"low": 5, "high": 60, "log": True},
    "l2_regularization": {"choices": [0.0, 0.1, 1.0, 10.0]},
}
OUTSIDE = {
    "n_estimators": {"choices": [None, 50, 200, 400]},
    "learning_rate": {"choices": [None, 0.03, 0.1, 0.3]},
    "max_depth": {"choices": [None, 2, 4, 8]},
}
NEIGHBOURS = {
    "n_neighbors": {"low": 1, "high": 50, "log": True},
    "weights": {"choices": ["uniform", "distance"]},
}
KERNEL = {"C": STRENGTH, "gamma": {"choices": ["scale", 0.001, 0.01, 0.1]}}
PERCEPTRON = {
    "hidden_layer_sizes": {"choices": [[100], [32], [64, 32]]},
    "alpha": {"low": 0.00001, "high": 1.0, "log": True},
    "learning_rate_init": {"low": 0.0005, "high": 0.02, "log": True},
}
SPACES: Mapping[str, Mapping[str, Any]] = {
    "RandomForestClassifier": CLASSIFYING,
    "ExtraTreesClassifier": CLASSIFYING,
    "RandomForestRegressor": REGRESSING,
    "ExtraTreesRegressor": REGRESSING,
    "DecisionTreeClassifier": FOREST,
    "DecisionTreeRegressor": FOREST,
    "GradientBoostingClassifier": BOOSTING,
    "GradientBoostingRegressor": BOOSTING,
    "HistGradientBoostingClassifier": HISTOGRAM,
    "HistGradientBoostingRegressor": HISTOGRAM,
    "XGBClassifier": OUTSIDE,
    "XGBRegressor": OUTSIDE,
    "LogisticRegression": {"C": STRENGTH},
    "LinearSVC": {"C": STRENGTH},
    "SVC": KERNEL,
    "SVR": KERNEL,
    "Ridge": {"alpha": PENALTY},
    "Lasso": {"alpha": PENALTY},
    "ElasticNet": {"alpha": PENALTY, "l1_ratio": {"low": 0.0, "high": 1.0}},
    "RidgeClassifier": {"alpha": PENALTY},
    "SGDClassifier": {"alpha": {"low": 0.00001, "high": 0.1, "log": True}},
    "SGDRegressor": {"alpha": {"low": 0.00001, "high": 0.1, "log": True}},
    "KNeighborsClassifier": NEIGHBOURS,
    "KNeighborsRegressor": NEIGHBOURS,
    "GaussianNB": {"var_smoothing": {"low": 1.0e-12, "high": 0.001, "log": True}},
    "MLPClassifier": PERCEPTRON,
    "MLPRegressor": PERCEPTRON,
}
