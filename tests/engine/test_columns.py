"""The compiled march with columns agrees with the steps that the network's own equations take, and SciPy with both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analogep.circuit.phases import Phase
from analogep.network.thermal import Thermal
from analogep.relaxation import march_phases, relax
from analogep.relaxation.euler import march, plain
from analogep.relaxation.solver import with_noise
from tests.physics.columned import CHARGE, CONVEYOR, PASSIVE, TIA, alternating, batch, chip, network

KT = 1.380649e-23 * 300.0
MISMATCH = {"gain": "5 %", "offset": "1 mV", "bandwidth": "5 %", "rails": "5 mV", "reverse_gain": "2 %"}
DEEP = {
    "layers": [64, 12, 11, 10], "mapping__weight_range": [1.0], "learning__initial_gain": [1.0],
    "learning__rate": [1.0],
}  # fmt: skip
_POOL: dict[str, Any] = {"kernel": 3, "padding": 1, "pool": {"kind": "max", "size": 2}}
IMAGES: dict[str, Any] = {
    "layers": [
        {"kind": "image", "height": 8, "width": 8}, {"kind": "conv", "channels": 5, **_POOL},
        {"kind": "conv", "channels": 6, **_POOL}, 10,
    ],
    "mapping__weight_range": [2.0], "learning__initial_gain": [1.0], "learning__rate": [1.0],
}  # fmt: skip
"""What a maximum followed in the last forward turn it follows in reverse, while nodes move on."""
SWUNG = {**TIA, "headroom": "0.15 V"}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "tia": ("ideal", {}),
    "read noise, turns": ("rram", {"feedback": alternating("60 ns")}),
    "curved, at its swing": ("pcm", {"column": SWUNG, "mapping__weight_range": [20.0]}),
    "own neurons": ("ideal", {"mismatch": MISMATCH, "column": CONVEYOR}),
    "integrators, read noise": ("rram", {"feedback": alternating("60 ns"), "column": CHARGE}),
    "convolutions with a maximum, read noise, turns": ("rram", {**IMAGES, "feedback": alternating("60 ns")}),
    "convolutions with a maximum, integrators": (
        "ideal",
        {**IMAGES, "feedback": alternating("60 ns"), "column": CHARGE},
    ),
    "deep, turns": ("ideal", {**DEEP, "feedback": alternating("50 ns"), "column": PASSIVE}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_march_takes_the_steps_of_the_equations(case: str) -> None:
    """Voltages of nodes and columns, joules and residuals to rounding, free and nudged, in proportion and frozen."""
    device, changes = CASES[case]
    made = chip(device, solver__method="euler", **changes)
    net, rng, (x, target) = network(made), np.random.default_rng(1), batch(7)
    drive = net.drive(x, net.deviates(7, rng))
    start, phase, solver = rng.normal(0.0, 0.2, (7, net.nodes)), Phase(duration=333e-9), made.circuit.solver
    if "swing" in case:
        assert net.saturated(start[:, : net.count], drive)[0].any()
    for given in (drive, net.nudged(drive, 0.4, target), net.nudged(drive, -0.4, target, start)):
        found, own = (take(net, given, start, phase, solver, 0.01) for take in (march, plain))
        np.testing.assert_allclose(found.v, own.v, rtol=0, atol=1e-15)
        np.testing.assert_allclose(found.energy, own.energy, rtol=1e-12, atol=1e-30)
        np.testing.assert_allclose(found.residual, own.residual, rtol=0, atol=1e-14)
        # And the same thermal noise at the end, number for number.
        agitating = replace(given, thermal=Thermal(KT, 7, 4.0 / 3.0))
        warm = with_noise(net, agitating, march(net, agitating, start, phase, solver, 0.01))
        noisy = net.agitated(own.v, agitating, phase.duration)
        assert np.abs(noisy - own.v).max() > 1e-4
        np.testing.assert_allclose(warm.v, noisy, rtol=0, atol=1e-15)


def test_what_is_kept_of_a_chip_follows_its_phases_and_turns() -> None:
    """A chip that has marched other phases, in other turns, marches these as a new one does, to the last bit."""
    other, wanted = (alternating(turn) for turn in ("80 ns", "60 ns"))
    used, new = (chip(feedback=turns, solver__method="euler") for turns in (other, wanted))
    assert new.circuit.feedback is not None
    ends, (x, _), solver = [], batch(3), new.circuit.solver
    for made, durations in ((used, (200e-9, 333e-9)), (new, (333e-9,))):
        for duration in durations:
            for net in (network(made), replace(network(made), taking=new.circuit.feedback.turns)):
                drive = replace(net.drive(x), thermal=Thermal(KT, 7, 4.0 / 3.0))
                end = march(net, drive, np.zeros((3, net.nodes)), Phase(duration=duration), solver, 0.01)
        ends.append(end)
    np.testing.assert_array_equal(ends[0].v, ends[1].v)
    np.testing.assert_array_equal(ends[0].energy, ends[1].energy)


@pytest.mark.parametrize("turns", [False, True])
def test_fine_steps_tend_to_scipys_transient(turns: bool) -> None:
    """The error of voltages and joules of equal steps is of first order: halved with the step, 35 to 65 %."""
    changes = {"feedback": alternating("50 ns")} if turns else {}
    x, target = batch(4)
    fine = {"solver__relative_tolerance": 1e-9, "solver__absolute_tolerance": "1 pV"}
    ends = []
    for more in (
        {"solver__method": "RK45", **fine},
        *({"solver__method": "euler", "solver__step": h} for h in (0.1, 0.05)),
    ):
        made = chip(**changes, **more)
        net = network(made)
        drive = net.nudged(net.drive(x), 0.4, target)
        # The middle of a turn, far from rest.
        ends.append(relax(net, drive, np.zeros((4, net.nodes)), Phase(duration=110e-9), made.circuit.solver, 0.01))
    exact, *coarse = ends
    for name in ("v", "energy"):
        errors = [np.abs(getattr(end, name) - getattr(exact, name)).max() for end in coarse]
        assert 0.35 < errors[1] / errors[0] < 0.65
        assert errors[1] < 0.02 * np.abs(getattr(exact, name)).max()


def test_single_precision_marches_as_well() -> None:
    """Within 1e-5 of the full scale."""
    x, _ = batch(6)
    ends = []
    for precision in ("double", "single"):
        made = chip(solver__method="euler", solver__precision=precision)
        net = network(made)
        ends.append(relax(net, net.drive(x), np.zeros((6, net.nodes)), Phase(duration=3e-7), made.circuit.solver, 0.01))
    np.testing.assert_allclose(ends[1].v, ends[0].v, rtol=0, atol=2e-6)
    np.testing.assert_allclose(ends[1].energy, ends[0].energy, rtol=1e-4)


def test_phases_of_a_batch_go_on_from_the_free_one_in_one_pass() -> None:
    """One pass through three phases gives what phase after phase gives, columns included, to rounding."""
    made = chip(solver__method="euler", feedback=alternating("50 ns"))
    net, (x, target), solver = network(made), batch(6), made.circuit.solver
    drive, start = net.drive(x), np.zeros((6, net.nodes))
    drives = [drive, net.nudged(drive, 0.4, target), net.nudged(drive, -0.4, target)]
    phases = [Phase(duration=4e-7), Phase(duration=3e-7), Phase(duration=3e-7)]
    both = march_phases(net, drives, start, phases, solver, constant=False)
    free = march(net, drive, start, phases[0], solver, 0.01)
    for found, given, phase in zip(both[1:], drives[1:], phases[1:], strict=True):
        alone = march(net, given, free.v, phase, solver, 0.01)
        np.testing.assert_allclose(found.v, alone.v, rtol=0, atol=1e-15)
        np.testing.assert_allclose(found.energy, alone.energy, rtol=1e-12, atol=1e-30)
