"""Planted faults: what is planted is there, what a control leaves out is not, rules are the real
ones."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.datasets import load_breast_cancer

from benchmarks.planted_faults import FAULTS, Cell, main, run
from benchmarks.planting import concept, copies, drift, gaps, giveaways, labels, others, rarity
from benchmarks.planting.clean import TooFewRows, read
from benchmarks.planting.fault import Arm
from benchmarks.planting.tally import Rate, Tally, together
from benchmarks.planting.verdict import policy_of, verdict
from xaiframe.policy.load import load_policy

N = 300


@pytest.fixture(scope="module")
def clean():
    return read("breast_cancer")


@pytest.fixture
def random():
    return np.random.default_rng(7)


def test_a_pool_holds_every_row_of_its_source_once(clean):
    x, _ = load_breast_cancer(return_X_y=True)

    assert sorted(clean.rows.ids) == list(range(569))
    order = np.argsort(clean.rows.ids)
    assert clean.rows.frame.to_numpy()[order] == pytest.approx(x)


def test_more_rows_than_there_are_cannot_be_drawn(clean, random):
    with pytest.raises(TooFewRows):
        clean.draw(random, 570)


def test_as_many_labels_are_flipped_as_told_and_the_truth_names_them(clean, random):
    arm = labels.flip(clean, random, N, 0.1)
    settled = labels.settled("breast_cancer").rows
    law = dict(zip(settled.ids, settled.y, strict=True))
    train = arm.data.train
    wrong = {int(i) for i, y in zip(train.ids, train.y, strict=True) if law[i] != y}

    assert len(wrong) == round(0.1 * len(train))
    assert wrong == set(arm.ids)
    assert all(law[i] == y for i, y in zip(arm.data.test.ids, arm.data.test.y, strict=True))


def test_a_label_of_the_control_is_what_one_law_says(clean, random):
    """Fitting the law again on the rows it made leaves nothing to correct."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    data = labels.unflipped(clean, random, 500).data
    z = StandardScaler().fit_transform(np.concatenate([s.x for s in data.splits.values()]))
    y = np.concatenate([s.y for s in data.splits.values()])

    assert LogisticRegression(C=1e6, max_iter=10000).fit(z, y).score(z, y) == 1


def test_copied_test_rows_stand_in_the_training_data(clean, random):
    arm = copies.across(clean, random, N, 0.1)
    train, test = arm.data.train, arm.data.test
    twin = (cdist(test.frame, train.frame) == 0).any(axis=1)

    assert set(test.ids[twin]) == set(arm.ids)
    assert twin.sum() == round(0.1 * len(test))


@pytest.mark.parametrize("source", ["breast_cancer", "digits"])
def test_controls_of_copies_hold_no_two_rows_alike(source, random):
    data = copies.unlike(read(source), random, 250).data
    whole = np.concatenate([s.x.reshape(len(s), -1) for s in data.splits.values()]).astype(float)
    sd = whole.std(axis=0) if source == "breast_cancer" else whole.std()
    distance = cdist(whole / sd, whole / sd) / np.sqrt(whole.shape[1])
    np.fill_diagonal(distance, np.inf)

    assert distance.min() > 0.05


def test_joint_drift_leaves_every_column_as_it_was(clean, random):
    seed = np.random.default_rng(7)
    drifted = drift.joint(clean, random, N, 1.0).data.test.frame
    whole = drift.resplit(clean, seed, N).data.test.frame

    assert np.sort(drifted, axis=0) == pytest.approx(np.sort(whole, axis=0))
    lost = np.abs(drifted.corr() - whole.corr()).to_numpy().max()
    assert lost > 0.5


def test_a_mean_moves_by_the_step_told(clean, random):
    arm = drift.mean(clean, random, N, 1.0)
    same = drift.resplit(clean, np.random.default_rng(7), N).data.test.frame
    (name,) = arm.columns
    moved = arm.data.test.frame[name] - same[name]

    assert moved.to_numpy() == pytest.approx(np.full(len(moved), same[name].std(ddof=0)), rel=1e-6)
    others_ = [one for one in same if one != name]
    assert arm.data.test.frame[others_].equals(same[others_])


def test_a_rare_class_holds_the_share_told(random):
    data = rarity.rare(read("digits"), random, 1000, 0.02).data
    counts = sum(np.bincount(split.y, minlength=10) for split in data.splits.values())

    assert counts.min() == 20
    assert np.ptp(np.delete(counts, counts.argmin())) == 0


def test_missing_values_depend_on_the_target_only_where_planted(clean):
    def gap(arm):
        name = arm.columns[0] if arm.columns else arm.data.train.frame.isna().sum().idxmax()
        gone, y = arm.data.train.frame[name].isna(), arm.data.train.y
        rare = y == np.bincount(y).argmin()
        return gone[rare].mean() - gone[~rare].mean()

    seeds = range(20)
    planted = [gap(gaps.telling(clean, np.random.default_rng(s), N, 0.4)) for s in seeds]
    control = [gap(gaps.silent(clean, np.random.default_rng(s), N)) for s in seeds]
    # sd of a difference of two shares of 0.2, of about 60 and 100 rows: 0.065
    assert np.mean(planted) == pytest.approx(0.35, abs=0.05)
    assert np.mean(control) == pytest.approx(0, abs=4 * 0.065 / np.sqrt(20))


def test_a_concept_changes_in_the_middle_of_the_held_out_rows(clean, random):
    arm = concept.abrupt(clean, random, 500, 1.0)
    held = sorted([*arm.data.validation.ids, *arm.data.test.ids])

    assert sorted(arm.ids) == held[-(len(held) // 2) :]
    truth, told = arm.data.test, arm.model.predictions(arm.data.test.x)
    assert (truth.y == told).mean() < 0.3
    assert (arm.data.validation.y == arm.model.predictions(arm.data.validation.x)).mean() > 0.8


def test_a_watermark_is_in_one_class_only(random):
    arm = giveaways.stamp(read("digits"), random, 500, 1.0)
    x = np.concatenate([s.x for s in arm.data.splits.values()])
    ids = np.concatenate([s.ids for s in arm.data.splits.values()])
    y = np.concatenate([s.y for s in arm.data.splits.values()])

    marked = np.isin(ids, arm.ids)
    assert (x[marked, :, 0, -1] == 16).all()
    assert len(np.unique(y[marked])) == 1
    assert set(np.unique(y[~marked])) == set(range(10)) - set(y[marked])


def test_a_verdict_is_that_of_the_default_policy(clean, random, tmp_path):
    whole = load_policy("default", [copies_root()])
    assert policy_of("consistency").rules["leakage"] == whole.rules["leakage"]
    assert {r.fact.split(".")[1] for r in policy_of("consistency").rules.values()} == {
        "consistency"
    }
    told = verdict("consistency", copies.across(clean, random, N, 0.1), 0)

    assert told.alarms["leakage"] == "fail"
    assert not verdict("consistency", copies.unrepeated(clean, random, N), 0).alarms


def copies_root():
    from benchmarks.planting.clean import ROOT

    return ROOT / "conf"


def test_rates_and_their_sum():
    tally, other = Tally(), Tally()
    for hit in (True, True, False, True):
        tally.seen.add(hit)
    other.seen.add(True)

    assert tally.seen.share == 0.75
    # Wilson's interval of 3 of 4, by hand with z = 1.96
    assert str(tally.seen) == "75 % (30 %–95 %)"
    assert together([tally, other]).seen == Rate(4, 5)


def test_suspects_are_held_against_the_truth(clean):
    import pandas as pd

    from benchmarks.planting.verdict import Verdict

    fault = next(one for one in FAULTS if one.suspects)
    arm = Arm(labels.unflipped(clean, np.random.default_rng(0), N).data, ids=(1, 2, 3, 4))
    told = Verdict(tables={fault.suspects: pd.DataFrame({"id": [1, 2, 9]})})
    tally = Tally()
    tally.planted(fault, arm, told)

    assert tally.precision == [pytest.approx(2 / 3)]
    assert tally.recall == [0.5]


def test_a_cell_counts_every_seed_in_both_arms():
    fault = next(one for one in FAULTS if one.name == "rare class")
    tally = run(Cell(fault, "breast_cancer", 250), 3)[0.02]

    assert (tally.seen, tally.vain) == (Rate(3, 3), Rate(0, 3))


def test_the_other_libraries_rules_speak_as_documented(clean, random):
    """Evidently: two-sample KS below 0.05 in any column; deepchecks: KS statistic above 0.2."""
    from scipy.stats import ks_2samp

    data = drift.mean(clean, random, N, 0.5).data
    found = [ks_2samp(data.train.frame[c], data.test.frame[c], method="asymp") for c in
             data.train.frame]  # fmt: skip

    assert others.drifted(data) == [one.pvalue < 0.05 for one in found]
    assert others.feature_drift(Arm(data)) == any(one.statistic > 0.2 for one in found)


def test_a_local_outlier_has_a_high_probability(clean, random):
    data = drift.resplit(clean, random, N).data
    data.train.frame.iloc[0] = data.train.frame.max() * 3

    found = others.outlier_probability(data)
    assert found.argmax() == 0
    assert found[0] > 0.9
    assert np.median(found) < 0.3


def test_the_command_prints_its_tables_and_keeps_a_row_per_source(monkeypatch, tmp_path, capsys):
    import pandas as pd

    path = tmp_path / "planted.csv"
    asked = ["--seeds", "2", "--sizes", "250", "--checks", "imbalance", "--csv", str(path)]
    monkeypatch.setattr("sys.argv", ["planted_faults", *asked, "--sources", "breast_cancer"])
    main()

    assert "rare class" in capsys.readouterr().out
    (row,) = pd.read_csv(path).to_dict("records")
    assert (row["source"], row["detected"], row["false_alarms"]) == ("breast_cancer", 1.0, 0.0)
