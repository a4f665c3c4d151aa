"""Passive summing nodes: Kirchhoff's laws by two ways, the energy that falls, joules."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analogep.circuit import HardClip
from analogep.kinds.passive.network import Passive
from analogep.network import Drive
from analogep.relaxation import relax
from analogep.relaxation.equilibrium import equilibrium

from .circuits import (
    CURVES,
    IVS,
    LINEAR,
    READ,
    SINH,
    Floats,
    data,
    nudged,
    passive,
    passive_currents,
    passive_reads,
    phase,
    rooted,
    settled,
    solver,
    split,
)

SIZES = [(4, 5, 3), (4, 6, 5, 3)]
CURVED = pytest.mark.parametrize("iv", IVS.values(), ids=IVS)
RATES = pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
KINDS = (("free", 0.0), ("proportional", 0.8), ("constant", -0.4))
PHASES = pytest.mark.parametrize(("kind", "beta"), KINDS)
FAR = HardClip(kind="hard_clip", low=-1e3, high=1e3)
"""Rails that are never reached: a linear neuron."""


def one_of(drive: Drive, sample: int) -> Drive:
    parts = [None if part is None else part[sample : sample + 1] for part in (drive.target, drive.frozen)]
    return Drive(beta=drive.beta, target=parts[0], frozen=parts[1])


@CURVED
@RATES
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("feedback", "bias", "mismatch"), [(1.0, True, 0.0), (0.6, False, 0.0), (0.6, True, 0.3)])
def test_equilibria_are_where_a_root_finder_puts_kirchhoffs_current_law(iv, curve, sizes, feedback, bias, mismatch):
    """Sums of g q(+-r - v) over cells of both halves, forward and in reverse, leaks, nudging: to 1 nV."""
    network = passive(sizes, curve, iv, feedback=feedback, bias=bias, mismatch=mismatch)
    x, target = data(network, 2)
    for kind, beta in KINDS:
        drive = nudged(network, x, target, beta, kind)
        v = settled(network, drive)
        for sample in range(2):
            inputs, one = x[sample : sample + 1], one_of(drive, sample)
            found = rooted(
                lambda u, inputs=inputs, one=one: passive_currents(network, u, inputs, one),
                network.load, np.zeros(network.nodes),
            )  # fmt: skip
            np.testing.assert_allclose(v[sample], found, rtol=0, atol=1e-9)


@pytest.mark.parametrize("beta", [0.0, 0.5, -0.3])
def test_a_linear_network_settles_at_the_solution_of_its_linear_equations(beta):
    """Conductance matrix and sources filled in cell by cell: each cell adds g to a node's own entry, to 1e-12 V."""
    network = passive((3, 4, 2), FAR, feedback=0.6)
    x, target = data(network, 1)
    matrix, source = np.diag(network.leak), np.zeros(6)
    first, second = network.layers
    for half in first.halves:
        for (j, i), g in np.ndenumerate(half.forward.g):
            matrix[i, i] += g
            source[i] += g * half.sign * (READ if j == 3 else x[0, j])
    for half in second.halves:
        for (j, k), g in np.ndenumerate(half.forward.g):
            i = 4 + k
            matrix[i, i] += g
            if j == 4:
                source[i] += g * half.sign * READ
                continue
            matrix[i, j] -= g * half.sign * first.gain
            matrix[j, j] += g
            matrix[j, i] -= g * half.sign * 0.6 * second.gain
    for k in range(2):
        matrix[4 + k, 4 + k] += beta * second.leak * second.gain
        source[4 + k] += beta * second.leak * target[0, k]
    v = settled(network, nudged(network, x, target, beta))
    np.testing.assert_allclose(v[0], np.linalg.solve(matrix, source), rtol=0, atol=1e-12)


@CURVED
@RATES
@pytest.mark.parametrize("mismatch", [0.0, 0.3])
def test_the_jacobian_is_the_derivative_of_dv_dt(iv, curve, mismatch):
    """[f_i(v + h e_j) - f_i(v - h e_j)]/2h to 1e-7 of the largest entry, free, proportional and constant nudging."""
    network = passive((4, 6, 5, 3), curve, iv, feedback=0.6, mismatch=mismatch)
    x, target = data(network, 3)
    v = np.random.default_rng(3).uniform(-0.03, 0.03, (3, network.nodes))
    h = 1e-6
    for kind, beta in KINDS:
        drive = nudged(network, x, target, beta, kind)
        jacobian = network.jacobian(v, drive)
        for j in range(network.nodes):
            step = np.zeros(network.nodes)
            step[j] = h
            slope = (network.derivative(v + step, drive) - network.derivative(v - step, drive)) / (2 * h)
            np.testing.assert_allclose(jacobian[:, :, j], slope, rtol=0, atol=1e-7 * np.abs(jacobian).max())


@RATES
@pytest.mark.parametrize(("iv", "beta"), [(LINEAR, 0.0), (SINH, 0.6)], ids=["linear-free", "sinh-nudged"])
def test_newton_and_the_end_of_the_transient_agree_within_ten_tolerances(curve, iv, beta):
    network = passive((4, 6, 5, 3), curve, iv, feedback=0.6)
    assert network.loop_gain_bound() < 1.0
    x, target = data(network, 3)
    drive = nudged(network, x, target, beta)
    rtol, atol = 1e-6, 1e-9
    exact, _ = equilibrium(network, drive, np.zeros((3, network.nodes)))
    for method in ("LSODA", "RK45"):
        end = relax(network, drive, np.zeros_like(exact), phase(network, 60), solver(method, rtol, atol), 1e-3)
        assert (np.abs(end.v - exact) / (atol + rtol * np.abs(exact))).max() <= 10


@CURVED
def test_a_batch_is_its_samples_one_by_one(iv):
    """Newton on 5 samples and on each alone: 1e-12 V."""
    network = passive((4, 6, 5, 3), CURVES["hard_clip"], iv, feedback=0.6)
    x, target = data(network, 5)
    together = settled(network, nudged(network, x, target, 0.5))
    alone = [settled(network, nudged(network, x[i : i + 1], target[i : i + 1], 0.5))[0] for i in range(5)]
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-12)


def hopfield_energy(network: Passive, v: Floats, x: Floats, drive: Drive) -> Floats:
    """E = sum_l s^l [sum_i g_i Phi(r_i)/A - sum_ij (g+_ji - g-_ji) r_j r_i] + nudging (samples,) [W].

    g_i is counted cell by cell: the leak, both halves in front of the node, both halves behind it.
    """
    nodes, out = split(network, v), np.zeros(len(v))
    rates = [layer.activation.rate(layer.gain * u) for layer, u in zip(network.layers, nodes, strict=True)]
    for k, layer in enumerate(network.layers):
        lines = x if k == 0 else rates[k - 1]
        if network.bias:
            lines = np.hstack([lines, np.full((len(v), 1), READ)])
        load = np.full(layer.size, layer.leak)
        for half in layer.halves:
            load += half.forward.g.sum(axis=0)
        for half in network.layers[k + 1].halves if k + 1 < len(network.layers) else ():
            load += half.forward.g[: layer.size].sum(axis=1)
        share = network.feedback**k
        out += share * (load * layer.activation.primitive(rates[k])).sum(axis=1) / layer.gain
        weights = layer.halves[0].forward.g - layer.halves[1].forward.g
        out -= share * np.einsum("bj,ji,bi->b", lines, weights, rates[k])
    if drive.target is not None:
        unit = network.feedback ** (len(network.layers) - 1) * drive.beta * network.layers[-1].leak
        if drive.frozen is None:
            out += 0.5 * unit * np.square(drive.target - rates[-1]).sum(axis=1)
        else:
            out -= unit * (drive.frozen * rates[-1]).sum(axis=1)
    return out


@RATES
@PHASES
def test_the_hopfield_energy_falls_along_every_transient(curve, kind, beta):
    """E(t + dt) <= E(t) at all accepted steps, up to rounding, from random states; linear cells, one array a half."""
    network = passive((4, 6, 5, 3), curve, feedback=1.0 if kind == "free" else 0.6)
    x, target = data(network, 3)
    drive = nudged(network, x, target, beta, kind)
    start = np.random.default_rng(4).uniform(-0.1, 0.1, (3, network.nodes))
    path = relax(network, drive, start, phase(network, 12), solver(rtol=1e-7, atol=1e-10), 1e-3, record=True).path
    energy = np.array([network.hopfield_energy(v, x, drive) for v in path])
    assert len(path) > 20
    assert (energy[0] - energy[-1]).min() > 1e-3 * np.abs(energy).max()
    assert np.diff(energy, axis=0).max() <= 1e-14 * np.abs(energy).max()


@pytest.mark.parametrize("curve", [CURVES["tanh"], CURVES["sigmoid"]], ids=["tanh", "sigmoid"])
@PHASES
def test_the_gradient_of_the_energy_in_rates_is_minus_the_currents(curve, kind, beta):
    """dE/dr_i = -s^l C dv_i/dt, the inputs' layer l = 0: 1e-7 of the largest."""
    network = passive((4, 6, 5, 3), curve, feedback=0.6)
    x, target = data(network, 3)
    drive = nudged(network, x, target, beta, kind)
    v = np.random.default_rng(3).uniform(-0.02, 0.04, (3, network.nodes))
    currents = network.capacitance * network.derivative(v, drive)
    for k, (layer, part) in enumerate(zip(network.layers, network.slices, strict=True)):
        for j in range(part.start, part.stop):
            step = np.zeros(network.nodes)
            step[j] = 1e-6
            ends = [network.hopfield_energy(v + one, x, drive) for one in (step, -step)]
            slope = (ends[0] - ends[1]) / 2e-6 / layer.slope(v[:, j])
            expected = -(network.feedback**k) * currents[:, j]
            np.testing.assert_allclose(slope, expected, rtol=0, atol=1e-7 * np.abs(currents).max())


def supplied(network: Passive, v: Floats, x: Floats, drive: Drive) -> Floats:
    """Power of line drivers, neurons' outputs and nudging into the circuit, cell by cell (samples,) [W]."""
    total = np.zeros(len(v))
    for ahead, behind in passive_reads(network, v, x):
        total += (ahead.rows * ahead.current.sum(axis=2)).sum(axis=1)
        if behind is not None:
            total -= (behind.columns * behind.current.sum(axis=1)).sum(axis=1)
    if drive.target is not None:
        last, outputs = network.layers[-1], split(network, v)[-1]
        pull = drive.frozen if drive.frozen is not None else drive.target - last.activation.rate(last.gain * outputs)
        total += drive.beta * last.leak * (pull * outputs).sum(axis=1)
    return total


@pytest.mark.parametrize(
    ("curve", "iv"),
    [(CURVES["tanh"], LINEAR), (CURVES["hard_clip"], SINH), (CURVES["sigmoid"], IVS["cubic"])],
    ids=["tanh-linear", "hard_clip-sinh", "sigmoid-cubic"],
)
@PHASES
def test_joules_of_the_sources_are_joules_of_the_branches_plus_what_the_capacitors_hold(curve, iv, kind, beta):
    """Tellegen: int (sources) dt = int (arrays + leaks) dt + change of sum C v^2/2, to 1e-6."""
    network = passive((4, 5, 4, 3), curve, iv, feedback=0.6, mismatch=0.2)
    x, target = data(network, 2)
    drive = nudged(network, x, target, beta, kind)
    start = np.random.default_rng(4).uniform(-0.05, 0.05, (2, network.nodes))
    length = phase(network, 2)
    unit, tau = 1e-6, float(network.tau.max())

    def slope(_time: float, state: Floats) -> Floats:
        v = state[: start.size].reshape(start.shape)
        return np.concatenate([network.derivative(v, drive).ravel(), supplied(network, v, x, drive) / (unit * tau)])

    begin = np.concatenate([start.ravel(), np.zeros(2)])
    state = solve_ivp(
        slope, (0.0, length.duration), begin, "DOP853", rtol=1e-9, atol=1e-12, first_step=0.01 * network.tau.min()
    ).y[:, -1]
    sources = state[start.size :] * unit * tau
    end = relax(network, drive, start, length, solver(rtol=1e-9, atol=1e-12), 1e-3)
    np.testing.assert_allclose(end.v, state[: start.size].reshape(start.shape), rtol=0, atol=1e-8)
    stored = 0.5 * (np.square(end.v) - np.square(start)) @ network.capacitance
    np.testing.assert_allclose(stored, network.stored(end.v) - network.stored(start), rtol=1e-12)
    np.testing.assert_allclose(sources, end.energy[:, :2].sum(axis=1) + stored, rtol=1e-6)


@CURVED
@pytest.mark.parametrize("beta", [0.6, -0.3])
def test_powers_are_those_of_all_branches_one_by_one(iv, beta):
    """Cells i d of forward and reverse reads, leaks g v^2, nudging |i (d - v)|, to rounding; of a path of states."""
    network = passive((4, 6, 5, 3), CURVES["tanh"], iv, feedback=0.6, mismatch=0.2)
    x, target = data(network, 3)
    v = np.random.default_rng(3).uniform(-0.03, 0.03, (2, 3, network.nodes))
    for kind in ("proportional", "constant"):
        drive = nudged(network, x, target, beta, kind)
        found = network.powers(v, drive)
        for point in range(2):
            expected = np.zeros((3, 3))
            for ahead, behind in passive_reads(network, v[point], x):
                expected[:, 0] += ahead.power + (0.0 if behind is None else behind.power)
            nodes = split(network, v[point])
            for layer, part in zip(network.layers, nodes, strict=True):
                expected[:, 1] += layer.leak * np.square(part).sum(axis=1)
            last = network.layers[-1]
            pull = target - last.activation.rate(last.gain * nodes[-1]) if drive.frozen is None else drive.frozen
            expected[:, 2] = np.abs(beta * last.leak * pull * (target - nodes[-1])).sum(axis=1)
            np.testing.assert_allclose(found[point], expected, rtol=1e-12)
