"""Joules: Tellegen's balance over a relaxation, and each share against a sum over single devices."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.kinds.rc.network import LayeredRC
from analogep.network import Drive, Hardware
from analogep.relaxation import relax
from analogep.streams import Seeds

from .nets import CURVES, LINEAR, READ, SINH, TAU, Floats, build, data, nudge, phase, solver


def supplied(network: LayeredRC, drive: Drive, start: Floats, duration: float) -> tuple[Floats, Floats]:
    """Voltages at the end and int sum g bracket v dt (samples,) [J], by an integration of their own."""
    samples, nodes = start.shape

    def slope(_time: float, state: Floats) -> Floats:
        v = state[: samples * nodes].reshape(samples, nodes)
        bracket = network.bracket(v, drive)
        power = (network.leak * bracket * v).sum(axis=1)
        return np.concatenate([((bracket - v) / network.tau).ravel(), power / network.leak[0] / TAU])

    begin = np.concatenate([start.ravel(), np.zeros(samples)])
    end = solve_ivp(slope, (0.0, duration), begin, "DOP853", rtol=1e-12, atol=1e-16, first_step=1e-10).y[:, -1]
    return end[: samples * nodes].reshape(samples, nodes), end[samples * nodes :] * network.leak[0] * TAU


@pytest.mark.parametrize("curve", [CURVES["tanh"], CURVES["sigmoid"], CURVES["hard_clip"]], ids=lambda c: c.kind)
@pytest.mark.parametrize("beta", [0.0, 0.6])
@pytest.mark.parametrize("durations", [0.5, 3.0, 20.0])
def test_joules_of_the_sources_are_joules_of_the_leaks_plus_what_the_capacitors_hold(curve, beta, durations):
    """C dv/dt = g (bracket - v): int g bracket v dt = int g v^2 dt + C (v1^2 - v0^2)/2, to 1e-6."""
    network = build((6, 8, 5, 3), curve, gain=0.4, bias=True)
    x, target = data(network, 4)
    drive = nudge(network, network.drive(x), target, beta)
    start = np.random.default_rng(3).uniform(-0.1, 0.1, (4, network.nodes))
    end = relax(network, drive, start, phase(durations), solver(rtol=1e-11, atol=1e-14), 1e-3)
    v, sources = supplied(network, drive, start, durations * TAU)
    stored = (0.5 * network.leak * network.tau * (end.v**2 - start**2)).sum(axis=1)
    np.testing.assert_allclose(end.v, v, rtol=0, atol=1e-9)
    np.testing.assert_allclose(sources, end.energy[:, 1] + stored, rtol=1e-6)


def hardware(iv: str) -> Hardware:
    layers = ["layers=[6,5,3]", "feedback.gain=0.7", "neurons.output.capacitance=0.2 pF"]
    device = DeviceCard.load("ideal", [f"read.iv={{kind: sinh, v0: {SINH.v0} V}}"] if iv == "sinh" else [])
    chip = Hardware(device, CircuitCard.load("digits", layers), Seeds.of(1))
    chip.initialise()
    return chip


@pytest.mark.parametrize("iv", ["linear", "sinh"])
def test_joules_of_the_arrays_are_those_of_all_devices_one_by_one(iv):
    """int sum_devices V G q(V) dt: both halves of all pairs, read forward at r and in reverse at s r, to 1e-6."""
    chip = hardware(iv)
    network = chip.network()
    curve = SINH if iv == "sinh" else LINEAR
    x = READ * np.random.default_rng(2).random((3, 6))
    drive = network.drive(x)
    path = relax(
        network, drive, np.zeros((3, 8)), phase(12), solver(rtol=1e-11, atol=1e-14), 1e-3, record=True
    )  # fmt: skip
    times = np.linspace(0.0, 12 * TAU, 4001)
    dense = solve_ivp(
        lambda _t, v: (network.drift(v.reshape(3, 8), drive) / network.tau).ravel(),
        (0.0, times[-1]), np.zeros(24), "DOP853", times, rtol=1e-11, atol=1e-14, first_step=1e-10,
    ).y.T.reshape(-1, 3, 8)  # fmt: skip
    hidden, output = chip.circuit.neurons.hidden.activation, chip.circuit.neurons.output.activation
    power = np.zeros((len(times), 3))
    lines = [np.broadcast_to(np.append(x, np.full((3, 1), READ), axis=1), (len(times), 3, 7))]
    lines.append(np.concatenate([hidden.rate(dense[:, :, :5]), np.full((len(times), 3, 1), READ)], axis=2))
    for pair, line in zip(chip.pairs, lines, strict=True):
        for half in (pair.plus, pair.minus):
            for i in range(pair.shape[0]):
                for j in range(pair.shape[1]):
                    power += line[:, :, i] * half.g[i, j] * curve.drive(line[:, :, i])
    back = 0.7 * output.rate(dense[:, :, 5:])
    for half in (chip.pairs[1].plus, chip.pairs[1].minus):
        for i in range(6):
            for j in range(3):
                power += back[:, :, j] * half.g[i, j] * curve.drive(back[:, :, j])
    expected = np.trapezoid(power, times, axis=0)
    np.testing.assert_allclose(path.energy[:, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("beta", [0.6, -0.3])
@pytest.mark.parametrize("constant", [False, True])
def test_joules_of_nudging_are_current_times_the_drop_into_the_nodes(beta, constant):
    """int sum |beta g (d - r)| |d - v| dt, or with the frozen current, node by node at dense times, to 1e-6."""
    network = build((5, 7, 3), CURVES["tanh"], gain=0.4, bias=True)
    x, target = data(network, 3)
    free = relax(network, network.drive(x), np.zeros((3, 10)), phase(40), solver(), 1e-3).v
    drive = nudge(network, network.drive(x), target, beta, free if constant else None)
    end = relax(network, drive, free, phase(8), solver(rtol=1e-11, atol=1e-14), 1e-3)
    times = np.linspace(0.0, 8 * TAU, 4001)
    v = solve_ivp(
        lambda _t, state: (network.drift(state.reshape(3, 10), drive) / network.tau).ravel(),
        (0.0, times[-1]), free.ravel(), "DOP853", times, rtol=1e-11, atol=1e-14, first_step=1e-10,
    ).y.T.reshape(-1, 3, 10)[:, :, 7:]  # fmt: skip
    power = np.zeros((len(times), 3))
    for j in range(3):
        rate = 0.2 * np.tanh(v[:, :, j] / 0.2)
        if constant:
            rate = np.broadcast_to(0.2 * np.tanh(free[:, 7 + j] / 0.2), rate.shape)
        power += np.abs(beta * 1.5e-5 * (target[:, j] - rate)) * np.abs(target[:, j] - v[:, :, j])
    np.testing.assert_allclose(end.energy[:, 2], np.trapezoid(power, times, axis=0), rtol=1e-6)


def test_joules_converge_with_the_tolerance():
    """The error of each share falls with the tolerance and is below 5 tolerances."""
    network = build((5, 7, 3), CURVES["tanh"], gain=0.4, bias=True)
    x, target = data(network, 3)
    drive = nudge(network, network.drive(x), target, 0.5)
    start = np.zeros((3, 10))
    for method in ("RK45", "DOP853", "Radau"):
        exact = relax(network, drive, start, phase(12), solver(), 1e-3).energy
        errors = []
        for rtol in (1e-3, 1e-5, 1e-7):
            got = relax(network, drive, start, phase(12), solver(method, rtol, rtol * 0.1), 1e-3).energy
            errors.append(np.abs(got / exact - 1).max())
            assert errors[-1] < 5 * rtol
        assert errors[2] < errors[1] < errors[0]
