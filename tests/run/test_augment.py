"""Runs whose training images are moved and mirrored: what training sees, what a test sees, resume, bad cards."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import UsageError
from analogep.learning import Experimenter
from analogep.run import Run
from tests.run.test_resume import interrupting
from tests.run.tiny import CIRCUIT, digits, tiny

AUGMENT = "learning.augment={shift: 1, mirror: true}"


def test_training_sees_other_images_in_every_epoch_and_a_test_the_given_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    batches, relaxed = [], []
    phases, lines = Experimenter.phases, Experimenter.lines
    monkeypatch.setattr(Experimenter, "phases", lambda self, *a: batches.append(a[1]) or phases(self, *a))
    monkeypatch.setattr(Experimenter, "lines", lambda self, x: relaxed.append(x) or lines(self, x))
    tiny("learning.epochs=2", AUGMENT, "learning.batch=60").execute()
    shown = [np.sort(x.sum(axis=1)) for x in batches if len(x) == 60]
    assert len(shown) == 2
    given = np.sort(digits().train_x.sum(axis=1))
    assert (shown[0] != shown[1]).any()
    assert all((s != given).any() and (s.sum() <= given.sum()) for s in shown)
    assert any(np.array_equal(x, digits().test_x) for x in relaxed)


def test_a_resumed_run_sees_the_same_images(tmp_path: Path) -> None:
    for after in (3, 8, 9, 2):
        with pytest.raises(KeyboardInterrupt):
            tiny(AUGMENT).execute(tmp_path, report=interrupting(after))
    xr.testing.assert_identical(tiny(AUGMENT).execute(tmp_path), tiny(AUGMENT).execute())


def run_of(shape: tuple[int, ...], *circuit: str) -> Run:
    data = dataclasses.replace(digits(), shape=shape)
    return Run(DeviceCard.load("ideal"), CircuitCard.load("digits", (*CIRCUIT, *circuit)), 1, data)


def test_samples_that_are_no_images_are_refused() -> None:
    with pytest.raises(UsageError, match=r"learning.augment: data set 'few' has samples of shape \[64\]"):
        run_of((64,), AUGMENT)


def test_moves_out_of_sight_are_refused() -> None:
    with pytest.raises(UsageError, match=r"learning.augment.shift: 8 pixels .* at most 7"):
        run_of((8, 8), "learning.augment={shift: 8}")
