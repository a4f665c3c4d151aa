"""Training by equal steps: what the adaptive integrator learns and books, and the same for any number of threads."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.energy import Ledger
from analogep.kinds.rc import layout
from analogep.learning import Experimenter, compare
from analogep.network import Hardware
from analogep.streams import Seeds

from .tiny import QUIET, digits, tiny

EULER = ("solver.method=euler",)
SINGLE = (*EULER, "solver.precision=single")
EXACT = ("solver.method=DOP853", "solver.relative_tolerance=1e-9", "solver.absolute_tolerance=1 nV")


@pytest.mark.parametrize("card", ["ideal", "rram"])
@pytest.mark.parametrize(("solver", "off"), [(EULER, 1e-6), (SINGLE, 1e-5)], ids=["double", "single"])
def test_the_gradient_of_a_batch_is_that_of_the_adaptive_integrator_and_its_joules_are_close(card, solver, off):
    """Phases of forty time constants, at whose ends only the equilibrium counts: 1 - cosine below `off`, joules within
    0.3 %, which is the first order error of steps of half a time constant on the way there."""
    x, labels = digits().train_x[:20], digits().train_y[:20]
    found = []
    for chosen in (solver, EXACT):
        circuit = CircuitCard.load(
            "digits", [*QUIET, *chosen, "timing.free.duration=2 us", "timing.nudged.duration=2 us"]
        )
        device = DeviceCard.load(card, ["read.noise={kind: none}"])
        hardware, ledger = Hardware(device, circuit, Seeds.of(1)), Ledger()
        hardware.initialise()
        bench = Experimenter(hardware, ledger, np.random.default_rng(1))
        target = np.eye(10)[labels] * circuit.target_voltage
        gradient, _ = bench.gradient(hardware.network(), x, target, circuit.nudging.stencil())
        found.append((gradient, ledger.total("free", "nudged")))
    (ours, joules), (theirs, expected) = found
    for one, other in zip(ours, theirs, strict=True):
        cosine, gain = compare(one, other)
        assert 1.0 - cosine < off
        assert gain == pytest.approx(1.0, abs=10 * off)
    assert joules == pytest.approx(expected, rel=3e-3)


def test_one_and_two_threads_train_the_same_chip(monkeypatch):
    monkeypatch.setattr(layout.threads, "LEAST_CELLS", 1)
    found = []
    for count in ("1", "2"):
        monkeypatch.setenv("ANALOGEP_THREADS", count)
        found.append(tiny(*SINGLE).execute())
    xr.testing.assert_identical(*found)
