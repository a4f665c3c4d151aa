"""Columns that integrate for a turn and show the result when it is over (`kinds/rc/windowed.py`)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import expm

from analogep.circuit.phases import Phase
from analogep.kinds.rc.windowed import Window, WindowedRC
from analogep.network.base import Network
from analogep.network.thermal import Thermal
from analogep.relaxation import relax
from analogep.relaxation.equilibrium import equilibrium
from tests.physics.columned import CHARGE, alternating, batch, chip, network

Floats = NDArray[np.float64]

KT = 1.380649e-23 * 300.0
TIGHT = {"solver__relative_tolerance": 1e-9, "solver__absolute_tolerance": "1 pV"}
SMOOTH = {"neurons__hidden__activation": {"kind": "tanh", "amplitude": "0.2 V"}}
TURNS = alternating("50 ns", droop="1 s")


def windowed(**changes: Any) -> tuple[Any, WindowedRC]:
    made = chip(column=CHARGE, **({"feedback": TURNS} | changes))
    net = network(made)
    assert isinstance(net, WindowedRC)
    return made, net


def test_windows_come_to_rest_where_columns_that_follow_do() -> None:
    """By SciPy and by equal steps, in 40 time constants: 1e-6 of the full scale; free and nudged."""
    fine = {"solver__relative_tolerance": 1e-6, "solver__absolute_tolerance": "1 nV"}
    for changes in (fine, {"solver__method": "euler"}):
        made, net = windowed(**changes)
        x, target = batch(3)
        for drive in (net.drive(x), net.nudged(net.drive(x), 0.4, target)):
            start, phase = np.zeros((3, net.nodes)), Phase(duration=2e-6)
            rest, _ = equilibrium(net, drive, start)
            end = relax(net, drive, start, phase, made.circuit.solver, 0.01)
            np.testing.assert_allclose(end.v, rest, rtol=0, atol=2e-7)
            assert end.residual.max() < 1e-6


def test_a_sample_is_the_mean_of_its_window_and_shows_afterwards() -> None:
    """From discharged nodes: bit lines of constant inputs show all of it after the first window and nothing before;
    a window that is cut short shows nothing."""
    made, net = windowed(**TIGHT)
    x, _ = batch(2)
    drive, n, solver = net.drive(x), net.count, made.circuit.solver
    for duration, shown in ((49e-9, 0.0), (50e-9, 1.0), (51e-9, 1.0)):
        v = relax(net, drive, np.zeros((2, net.nodes)), Phase(duration=duration), solver, 0.01).v
        np.testing.assert_allclose(v[:, n : n + 12], shown * drive.inputs, rtol=1e-7)  # type: ignore[attr-defined]
        assert (v[:, :12] == 0.0).all() == (duration < 51e-9)


@pytest.mark.parametrize("reads", [0, 2])
def test_the_jacobian_of_a_window_is_the_derivative_of_its_equations(reads: int) -> None:
    """Central differences, 1e-6 of the largest: forward and reverse, nudged."""
    _, net = windowed(**SMOOTH)
    x, target = batch(2)
    drive = net.nudged(net.drive(x), 0.4, target)
    window, rng = net.turns(1e-6)[reads][1], np.random.default_rng(1)
    assert isinstance(window, Window)
    v = window.entered(rng.normal(0.0, 0.1, (2, net.nodes)))
    d = rng.normal(size=v.shape)
    ahead, behind = (window.derivative(v + sign * 1e-6 * d, drive) for sign in (1.0, -1.0))
    slope = np.einsum("bij,bj->bi", window.jacobian(v, drive), d)
    np.testing.assert_allclose(slope, (ahead - behind) / 2e-6, rtol=0, atol=1e-6 * np.abs(slope).max())


def test_equal_steps_of_windows_tend_to_scipys_transient() -> None:
    """Voltages and joules, of first order: halved with the step, 35 to 65 %."""
    ends, (x, target) = [], batch(3)
    for changes in (TIGHT, *({"solver__method": "euler", "solver__step": h} for h in (0.1, 0.05))):
        made, net = windowed(**changes)
        drive = net.nudged(net.drive(x), 0.4, target)
        ends.append(relax(net, drive, np.zeros((3, net.nodes)), Phase(duration=130e-9), made.circuit.solver, 0.01))
    exact, *coarse = ends
    for name in ("v", "energy"):
        errors = [np.abs(getattr(end, name) - getattr(exact, name)).max() for end in coarse]
        assert 0.35 < errors[1] / errors[0] < 0.65
        assert errors[1] < 0.02 * np.abs(getattr(exact, name)).max()


def test_the_supply_charges_every_integrator_once_a_period() -> None:
    """At rest V_dd/2 C_int |y| for each column in its own window, 1e-6."""
    made, net = windowed(**TIGHT)
    x, _ = batch(2)
    drive, solver = net.drive(x), made.circuit.solver
    rest, _ = equilibrium(net, drive, np.zeros((2, net.nodes)))
    end = relax(net, drive, rest, Phase(duration=104e-9), solver, 0.01)
    _, a, b = net.parts(rest)
    scale = [50e-9 / pair.scale for pair in made.emulator.hardware.pairs]
    charge = np.abs(a) @ np.repeat(scale, [12, 10]) + np.abs(b).sum(axis=1) * scale[1]
    np.testing.assert_allclose(end.energy[:, 4], 0.55 * charge, rtol=1e-6)
    # As Newton's method takes it, which is there at once.
    np.testing.assert_allclose(104e-9 * net.powers(rest, drive), end.energy, rtol=1e-6, atol=1e-24)


def covariance(net: WindowedRC, rest: Floats, drive: Any, duration: float) -> Floats:
    """P of nodes and columns at the end of a phase from rest, turn by turn: Van Loan's matrix exponential.

    White noise of the density 2 kT g of nodes, and of 2 kT R_n in B; kT/C_hold in samples.
    """
    n, between = net.count, net.between
    p = np.zeros((rest.size, rest.size))
    for length, turn in net.turns(duration):
        # The nudging sources have gamma beta g beside g.
        own = np.where(np.arange(n) < 12, 1.0, 1.0 + 2.0 * 0.4)
        density = np.concatenate([2.0 * KT * own / (between.tau**2 * between.leak), np.zeros(rest.size - n)])
        side = slice(n, 2 * n)
        if isinstance(turn, Window):
            which = 0 if turn.reads == 1 else 1
            side = slice(n, 2 * n) if which == 0 else slice(2 * n, rest.size)
            density = np.concatenate([density, 2.0 * KT * net.columns.noise[which] / turn.window**2])
        size = density.size
        a = turn.jacobian(turn.entered(rest[None]), drive)[0]
        block = expm(length * np.block([[-a, np.diag(density)], [np.zeros((size, size)), a.T]]))
        move = block[size:, size:].T
        whole = np.zeros((size, size))
        whole[: len(p), : len(p)] = p
        whole = move @ whole @ move.T + move @ block[:size, size:]
        take = np.eye(size)[: rest.size]
        if isinstance(turn, Window) and turn.whole:
            take[side] = np.eye(size)[rest.size :]
        p = take @ whole @ take.T
        if isinstance(turn, Window) and turn.whole:
            p[side, side] += KT / 0.1e-12 * np.eye(side.stop - side.start)
    assert isinstance(net, Network)
    return p


def test_noise_of_nodes_and_samples_is_that_of_the_linear_equations_turn_by_turn() -> None:
    """10,000 draws at the end of a phase within a window: variances of nodes within 9 % (6 standard errors), 2 % in
    the mean; of what stands on capacitors as well."""
    _, net = windowed(**SMOOTH)
    (x, target), many, duration = batch(1), 10_000, 1.06e-6
    drive = net.nudged(net.drive(x), 0.4, target)
    rest, _ = equilibrium(net, drive, np.zeros((1, net.nodes)))
    expected = covariance(net, rest[0], drive, duration)
    warm = net.nudged(net.drive(np.repeat(x, many, axis=0)), 0.4, np.repeat(target, many, axis=0))
    drawn = net.agitated(np.repeat(rest, many, axis=0), replace(warm, thermal=Thermal(KT, 7, 2.0)), duration) - rest
    off = drawn.var(axis=0) / np.diag(expected) - 1.0
    assert np.abs(off).max() < 0.09
    assert abs(off[:22].mean()) < 0.02
    assert abs(off[22:].mean()) < 0.02


def test_a_node_by_itself_has_what_is_left_of_the_samples() -> None:
    """kT/C and s^2 [(1 - x)^2 + x^2 (1 - p)^2/(1 - p^2)] of each direction: 10,000 draws, 4 standard errors."""
    _, net = windowed(feedback={**TURNS, "gain": 1e-9}, **SMOOTH)
    many, tau, period = 10_000, net.between.tau[0], 104e-9
    # A forward sample at 50 ns, a reverse one at 102 ns; six periods, and 70 ns of the seventh.
    drive = replace(net.drive(np.zeros((many, 64))), thermal=Thermal(KT, 3))
    drawn = net.agitated(np.zeros((many, net.nodes)), drive, 6 * period + 70e-9)[:, :12]
    expected, p = KT / 0.5e-12 * np.ones(12), np.exp(-period / tau)
    for noise, since in zip(net.columns.noise, (20e-9, 72e-9), strict=True):
        left = np.exp(-since / tau)
        square = 2.0 * KT * noise[:12] / 50e-9 + KT / 0.1e-12
        expected += square * ((1.0 - left) ** 2 + left**2 * (1.0 - p) ** 2 / (1.0 - p**2))
    np.testing.assert_allclose(drawn.var(axis=0), expected, rtol=0.057)
