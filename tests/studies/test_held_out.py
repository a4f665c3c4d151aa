"""Settings by held-out images: where the walk ends, what it may look at, which keys it turns, that trials are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard, datasets
from analogep.datasets import Dataset

from .conftest import load_study


@pytest.fixture(scope="module")
def study() -> ModuleType:
    return load_study("held_out")


@pytest.fixture(scope="module")
def images() -> Dataset:
    """Twelve images of 28x28; only those of the test part are bright."""
    rng = np.random.default_rng(0)
    x, y = 0.5 * rng.random((12, 784)), np.arange(12) % 2
    return datasets.load((x[:9], y[:9], 0.5 + x[9:], y[9:]), rng)


def test_the_walk_ends_on_top_of_a_hill_whose_knobs_depend_on_each_other(study: ModuleType) -> None:
    """A ridge: the second knob is best in proportion to the first, and the third is a list that has None in it."""
    search = study.Search("", "", {"a[0]": 0.1, "a[1]": 0.1, "b": None}, 1, 1, 1, lists={"b": (None, "x", "y")})

    def score(setting: dict[str, object]) -> float:
        (first, second), b = study.changes(setting)["a"], setting["b"]
        return float(-(np.log(first / 5) ** 2) - 0.3 * np.log(second / first / 0.1) ** 2 + (b == "x"))

    best, reached = study.climb(score, search)
    assert best == {"a[0]": 5, "a[1]": 0.5, "b": "x"}
    assert reached == 1.0


def test_no_test_image_is_kept_and_those_that_judge_are_not_learned(study: ModuleType, images: Dataset) -> None:
    search = replace(study.SEARCHES["resistive-xs"], learned=5, held=4)
    found = study.parts(images, search)
    assert np.array_equal(found.train_x, images.train_x[:5])
    assert np.array_equal(found.test_x, images.train_x[5:])
    assert np.array_equal(found.test_y, images.train_y[5:])
    small = study.parts(images, replace(search, pooled=True))
    assert small.train_x.shape == (5, 64)
    inner, corner = images.train_x[0].reshape(28, 28)[2:6, 6:10], images.train_x[0].reshape(28, 28)[:2, :2]
    assert small.train_x[0].reshape(8, 8)[1, 2] == pytest.approx(inner.mean())
    assert small.train_x[0].reshape(8, 8)[0, 0] == pytest.approx(corner.sum() / 16)


def test_every_search_begins_on_its_lists_and_turns_keys_that_its_cards_have(study: ModuleType) -> None:
    for search in study.SEARCHES.values():
        for knob, value in search.start.items():
            assert value in search.lists.get(knob, study.LADDER)
        CircuitCard.load(search.card).changed(search.fixed | study.changes(search.start))
    for device in study.RULED:
        own = DeviceCard.load(device).recommended
        assert study.listed(device)[0] == own.model_dump()


def test_trials_that_are_kept_are_not_made_again(study: ModuleType, tmp_path: Path) -> None:
    kept = study.Kept(tmp_path / "log.jsonl")
    assert [kept.score("a", lambda: 0.5), kept.score("a", lambda: 0.6)] == [0.5, 0.5]
    assert study.Kept(tmp_path / "log.jsonl").score("a", lambda: 0.7) == 0.5
