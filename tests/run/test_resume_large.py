"""784-1024-10 in the compiled path: interrupted, resumed, with one thread and with two, the arrays are the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analogep.circuit import CircuitCard
from analogep.crossbar import threads, write
from analogep.datasets import Dataset
from analogep.device import DeviceCard
from analogep.run import Progress, Run

SETTINGS = (
    "solver.method=euler",
    "solver.precision=single",
    "mapping.weight_range=[0.05,0.1]",
    "learning.epochs=2",
    "learning.probe=4",
    "timing.free.duration=200 ns",
    "timing.nudged.duration=100 ns",
)


def images() -> Dataset:
    """Random images with MNIST's share of zero pixels."""
    rng = np.random.default_rng(5)
    x = np.where(rng.random((100, 784)) < 0.19, rng.random((100, 784)), 0.0)
    return Dataset("random", x[:80], np.arange(80) % 10, x[80:], np.arange(20) % 10, 10, (28, 28))


@pytest.mark.parametrize("device", ["ideal", "rram"])
def test_one_thread_two_threads_and_an_interrupt_end_alike(
    tmp_path: Path, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run() -> Run:
        return Run(DeviceCard.load(device), CircuitCard.load("mnist", SETTINGS), 3, images())

    def interrupt(progress: Progress) -> None:
        if (progress.epoch, progress.stage, progress.batch) == (2, "train", 1):
            raise KeyboardInterrupt

    monkeypatch.setenv("ANALOGEP_THREADS", "1")
    whole = run().execute()
    monkeypatch.setenv("ANALOGEP_THREADS", "2")
    shared: list[int] = []
    original = threads.share
    for module in (threads, write):
        monkeypatch.setattr(module, "share", lambda *call: (shared.append(call[2]), original(*call))[1])
    with pytest.raises(KeyboardInterrupt):
        run().execute(tmp_path, report=interrupt)
    monkeypatch.setenv("ANALOGEP_THREADS", "1" if threads.count() == 2 else "2")
    xr.testing.assert_identical(run().execute(tmp_path), whole)
    assert max(shared) == threads.count() or max(shared) == 2
    assert whole["pulses"].values.min() > 0
