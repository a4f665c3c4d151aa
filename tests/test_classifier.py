"""A chip behind scikit-learn's conventions, in its own checks, searches and pipelines."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from analogep import CircuitCard, DeviceCard, EPClassifier
from analogep.errors import CardError

QUICK = {"hidden": (16,), "epochs": 12}


@pytest.fixture(scope="module")
def wine() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_wine(return_X_y=True)
    return x, np.array(["barolo", "grignolino", "barbera"])[y]


@pytest.mark.filterwarnings("ignore:Estimator EPClassifier does not inherit:UserWarning")
def test_scikit_learn_finds_nothing_to_complain_about() -> None:
    """All of its checks but those in which noise must not depend on a sample's place (tag `non_deterministic`)."""
    done = check_estimator(EPClassifier("ideal", hidden=(32,), epochs=30), on_fail=None, on_skip=None)
    failed = {entry["check_name"]: entry["exception"] for entry in done if entry["status"] not in ("passed", "skipped")}
    assert not failed
    assert len(done) > 40


def test_it_searches_and_crosses(wine: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = wine
    model = make_pipeline(StandardScaler(), EPClassifier("ideal", **QUICK))
    grid = {"epclassifier__settings": [{"learning.rate": [rate]} for rate in (0.001, 0.2)]}
    search = GridSearchCV(model, grid, cv=2).fit(x[::2], y[::2])
    assert search.best_params_["epclassifier__settings"] == {"learning.rate": [0.2]}
    assert search.score(x[1::2], y[1::2]) > 0.8


@pytest.mark.slow
@pytest.mark.parametrize(("load", "least"), [(load_wine, 0.93), (load_breast_cancer, 0.93)])
@pytest.mark.parametrize("device", ["ideal", "rram"])
def test_it_comes_close_to_logistic_regression(load: object, least: float, device: str) -> None:
    """Mean of five folds, one seed; the standard error of an accuracy of 0.95 is 0.016 on wine, 0.009 on the other."""
    x, y = load(return_X_y=True)  # type: ignore[operator]
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    ours = cross_val_score(EPClassifier(device), x, y, cv=folds).mean()
    theirs = cross_val_score(make_pipeline(StandardScaler(), LogisticRegression()), x, y, cv=folds).mean()
    assert ours > least
    assert ours > theirs - 0.06


def test_partial_fits_go_on_where_the_last_one_ended(wine: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = wine
    settings = {"learning.final": 1.0}
    whole = EPClassifier("rram", hidden=(8,), epochs=3, settings=settings).fit(x, y)
    steps = EPClassifier("rram", hidden=(8,), epochs=3, settings=settings)
    for _ in range(3):
        steps.partial_fit(x, y, classes=np.unique(y))
    assert (whole.n_iter_, steps.n_iter_) == (3, 3)
    np.testing.assert_array_equal(whole.decision_function(x), steps.decision_function(x))
    with pytest.raises(ValueError, match="is none of"):
        steps.partial_fit(x[:2], ["merlot", "barolo"])


def test_a_fitted_model_is_the_same_after_a_pickle(wine: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = wine
    model = EPClassifier("rram", hidden=(8,), epochs=1).fit(x, y)
    other = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(model.predict(x), other.predict(x))
    np.testing.assert_array_equal(model.partial_fit(x, y).predict(x), other.partial_fit(x, y).predict(x))


def test_cards_settings_and_depth_are_parameters(wine: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = wine
    device = DeviceCard.load("ideal").changed({"conductance.max": 40e-6})
    model = EPClassifier(
        device, CircuitCard.load("digits"), hidden=(8, 6), epochs=1, batch=30, settings={"nudging.beta": 0.2}
    )
    assert clone(model).get_params()["hidden"] == (8, 6)
    chip = model.fit(x, y).chip_
    assert chip.circuit.outline == "13-8-6-3"
    assert (chip.device.conductance.max, chip.circuit.nudging.beta, chip.circuit.learning.batch) == (40e-6, 0.2, 30)
    assert repr(EPClassifier("pcm", epochs=3)) == "EPClassifier(device='pcm', epochs=3)"


def test_features_beyond_those_of_the_training_are_clipped(wine: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = wine
    model = EPClassifier("ideal", hidden=(8,), epochs=1).fit(x, y)
    far = MinMaxScaler((-5, 5)).fit_transform(x) * 1e6
    assert set(model.predict(far)) <= set(model.classes_)


def test_what_is_wrong_is_said(wine: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = wine
    with pytest.raises(NotFittedError, match="call fit first"):
        EPClassifier().predict(x)
    with pytest.raises(ValueError, match="epochs is -1; give a whole number from 0 on"):
        EPClassifier(epochs=-1).fit(x, y)
    with pytest.raises(ValueError, match="has no parameter 'depth'; it has device, circuit, hidden"):
        EPClassifier().set_params(depth=2)
    with pytest.raises(ValueError, match="all classes that will come must be given in the first call"):
        EPClassifier().partial_fit(x, y)
    with pytest.raises(CardError, match=r"nudging\.beta"):
        EPClassifier(settings={"nudging.beta": -1.0}).fit(x, y)
    with pytest.raises(ValueError, match=r"such as y\.argmax\(axis=1\)"):
        EPClassifier().fit(x, np.eye(3)[np.arange(len(x)) % 3])
