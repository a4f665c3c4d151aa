"""Compile what most tests need once, split between two processes, before the workers of a whole suite start.

Two workers that begin with an empty cache compile the same kernels side by side. Here each kernel is compiled by one of
two processes; workers then load it from disk. `python -m tests.warm K` is process K.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

EULER = ["solver.method=euler", "solver.step=0.25 tau"]
SINGLE, DOUBLE = [*EULER, "solver.precision=single"], [*EULER, "solver.precision=double"]
STOCHASTIC = ["update={rule: stochastic}"]
RUNS = (
    # Device, circuit and settings of each: those of one process share most of their kernels.
    (
        ("rram", "digits", []),
        ("rram", "digits", SINGLE),
        ("rram", "digits", DOUBLE),
        ("ideal", "digits", [*SINGLE, *STOCHASTIC]),
        ("ideal", "resistive-digits", []),
        ("ideal", "passive-digits", []),
    ),
    (
        ("ideal", "spiking-digits", []),
        ("ideal", "spiking-digits", ["network.coding={kind: predictive}"]),
        ("ideal", "conv-digits", []),
        ("ideal", "spiking-conv-digits", []),
    ),
)


def run(which: int) -> None:
    """The runs of process `which`, on a few samples."""
    from analogep import CircuitCard, DeviceCard, Run, datasets
    from analogep.datasets import Dataset

    whole = datasets.load(None, np.random.default_rng(0))
    few = whole.train_x[:10], whole.train_y[:10], whole.test_x[:10], whole.test_y[:10]
    data = Dataset(whole.name, *few, whole.classes, whole.shape)
    for device, circuit, settings in RUNS[which]:
        Run(DeviceCard.load(device), CircuitCard.load(circuit, ["learning.epochs=1", *settings]), data=data).execute()


def both(root: Path) -> None:
    """Run both processes to their end; what fails here fails in a test, which says more."""
    waiting = [
        subprocess.Popen([sys.executable, "-m", "tests.warm", str(k)], cwd=root, stderr=subprocess.DEVNULL)
        for k in range(len(RUNS))
    ]
    for process in waiting:
        process.wait()


if __name__ == "__main__":
    run(int(sys.argv[1]))
