"""Deep resistive networks: Kirchhoff's laws by two ways, pseudo-power, joules."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analogep.errors import SimulationError
from analogep.kinds.resistive.diodes import IdealDiodes
from analogep.kinds.resistive.network import Resistive
from analogep.network import Drive
from analogep.network.coupling import Perfect
from analogep.relaxation import relax
from analogep.relaxation.equilibrium import equilibrium

from .circuits import (
    DIODES,
    IDEAL,
    IVS,
    LINEAR,
    NONE,
    SHOCKLEY,
    SINH,
    TARGET,
    Floats,
    data,
    nudged,
    phase,
    rebuilt,
    resistive,
    resistive_currents,
    resistive_reads,
    rooted,
    score,
    settled,
    solver,
    split,
    swept,
)

SIZES = [(4, 6, 4), (5, 6, 5, 4)]
EVERY = pytest.mark.parametrize("diodes", DIODES.values(), ids=DIODES)
CURVED = pytest.mark.parametrize("iv", IVS.values(), ids=IVS)
STAGES = pytest.mark.parametrize(("gain", "back"), [(1.0, 1.0), (4.0, 0.25), (3.0, 0.5)])
CUBIC = IVS["cubic"]
SOFT = [name for name in DIODES if name != "ideal"]


def one_of(drive: Drive, sample: int) -> Drive:
    parts = [None if part is None else part[sample : sample + 1] for part in (drive.target, drive.frozen)]
    return Drive(beta=drive.beta, target=parts[0], frozen=parts[1])


@pytest.mark.parametrize("diodes", [DIODES[name] for name in SOFT], ids=SOFT)
@CURVED
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("doubled", [False, True])
def test_equilibria_are_where_a_root_finder_puts_kirchhoffs_current_law(diodes, iv, sizes, doubled):
    """Sums of g q(r - v) over cells, leaks, textbook diodes, nudging: no current left at the same voltages, to 1 nV."""
    network = resistive(sizes, diodes, iv, doubled=doubled, gain=3.0, back=0.5)
    x, target = data(network, 2)
    for kind, beta in (("free", 0.0), ("proportional", 0.8), ("constant", -0.4)):
        drive = nudged(network, x, target, beta, kind)
        v = settled(network, drive)
        for sample in range(2):
            inputs, one = x[sample : sample + 1], one_of(drive, sample)
            found = rooted(
                lambda u, inputs=inputs, one=one: resistive_currents(network, u, inputs, one),
                network.load, np.zeros(network.nodes),
            )  # fmt: skip
            np.testing.assert_allclose(v[sample], found, rtol=0, atol=1e-9)


@CURVED
@STAGES
@pytest.mark.parametrize("kind", ["free", "proportional", "constant"])
def test_ideal_diodes_settle_where_coordinate_descent_does(iv, gain, back, kind):
    """Node by node, clipped to its bound, until nothing moves: the same voltages to 1 nV."""
    network = resistive((5, 8, 6, 4), IDEAL, iv, gain=gain, back=back, doubled=True)
    x, target = data(network, 2)
    drive = nudged(network, x, target, 0.7, kind)
    u = np.hstack(network.held(settled(network, drive)))
    for sample in range(2):
        found = swept(network, x[sample : sample + 1], one_of(drive, sample))
        np.testing.assert_allclose(u[sample], found[0], rtol=0, atol=1e-9)


@CURVED
@pytest.mark.parametrize("beta", [0.0, 0.7, -0.3])
def test_ideal_diodes_hold_or_carry_but_never_both(iv, beta):
    """Complementarity: s u >= 0, the diode's current s i >= 0, and u i = 0, with some nodes of either kind."""
    network = resistive((5, 8, 6, 4), IDEAL, iv, gain=3.0, back=0.5)
    x, target = data(network, 6)
    drive = nudged(network, x, target, beta)
    u = np.hstack(network.held(settled(network, drive)))
    hidden = slice(0, network.slices[-1].start)
    sign = np.concatenate([stage.sign for stage in network.stages])[hidden]
    lacking = -resistive_currents(network, u, x, drive) / (network.load * TARGET)
    above, carried = sign * u[:, hidden], sign * lacking[:, hidden]
    assert above.min() >= 0.0
    assert carried.min() >= -1e-9
    assert np.abs(above * carried).max() < 1e-9 * TARGET
    assert np.abs(lacking[:, network.slices[-1]]).max() < 1e-9
    assert 0.1 < np.mean(above == 0.0) < 0.9


@EVERY
@CURVED
@pytest.mark.parametrize("doubled", [False, True])
def test_the_jacobian_is_the_derivative_of_dv_dt(diodes, iv, doubled):
    """[f_i(v + h e_j) - f_i(v - h e_j)]/2h to 1e-7 of the largest entry, free, proportional and constant nudging."""
    network = resistive((5, 6, 5, 4), diodes, iv, doubled=doubled, gain=3.0, back=0.5)
    x, target = data(network, 3)
    v = np.random.default_rng(3).uniform(-0.06, 0.06, (3, network.nodes))
    h = 1e-6
    assert np.abs(v).min() > h
    for kind, beta in (("free", 0.0), ("proportional", 0.7), ("constant", 0.7)):
        drive = nudged(network, x, target, beta, kind)
        jacobian = network.jacobian(v, drive)
        for j in range(network.nodes):
            step = np.zeros(network.nodes)
            step[j] = h
            slope = (network.derivative(v + step, drive) - network.derivative(v - step, drive)) / (2 * h)
            np.testing.assert_allclose(jacobian[:, :, j], slope, rtol=0, atol=1e-7 * np.abs(jacobian).max())


@EVERY
@pytest.mark.parametrize(("iv", "beta"), [(LINEAR, 0.0), (SINH, 0.6)], ids=["linear-free", "sinh-nudged"])
def test_newton_and_the_end_of_the_transient_agree_within_ten_tolerances(diodes, iv, beta):
    network = resistive((5, 6, 5, 4), diodes, iv, gain=3.0, back=0.5)
    x, target = data(network, 3)
    drive = nudged(network, x, target, beta)
    rtol, atol = 1e-6, 1e-9
    exact, _ = equilibrium(network, drive, np.zeros((3, network.nodes)))
    for method in ("LSODA", "BDF"):
        end = relax(network, drive, np.zeros_like(exact), phase(network, 60), solver(method, rtol, atol), 1e-3)
        assert (np.abs(end.v - exact) / (atol + rtol * np.abs(exact))).max() <= 10


@EVERY
@CURVED
def test_a_batch_is_its_samples_one_by_one(diodes, iv):
    """Newton on 5 samples and on each alone: 1e-12 V."""
    network = resistive((5, 6, 5, 4), diodes, iv, gain=3.0, back=0.5)
    x, target = data(network, 5)
    together = settled(network, nudged(network, x, target, 0.5))
    alone = [settled(network, nudged(network, x[i : i + 1], target[i : i + 1], 0.5))[0] for i in range(5)]
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-12)


def shares(network: Resistive) -> Floats:
    """c of every node: the product of back/gain over the stages before its array."""
    weight, out = 1.0, []
    for stage in network.stages:
        out.append(np.full(stage.size, weight))
        weight *= stage.back / stage.gain
    return np.concatenate(out)


@EVERY
@pytest.mark.parametrize(
    ("kind", "iv", "doubled", "gain", "back"),
    [("free", SINH, False, 1.0, 1.0), ("proportional", LINEAR, True, 4.0, 0.25), ("constant", CUBIC, True, 3.0, 0.5)],
    ids=["free-sinh", "proportional-linear", "constant-cubic"],
)
def test_pseudo_power_falls_along_every_transient(diodes, kind, iv, doubled, gain, back):
    """F(t + dt) <= F(t) at all accepted steps, up to rounding, from random states."""
    network = resistive((5, 6, 5, 4), diodes, iv, doubled=doubled, gain=gain, back=back)
    x, target = data(network, 3)
    drive = nudged(network, x, target, 0.8, kind)
    start = np.random.default_rng(4).uniform(-0.1, 0.1, (3, network.nodes))
    path = relax(network, drive, start, phase(network, 12), solver(rtol=1e-7, atol=1e-10), 1e-3, record=True).path
    values = np.array([network.pseudo_power(v, drive) for v in path])
    assert len(path) > 20
    assert (values[0] - values[-1]).min() > 1e-3 * np.abs(values).max()
    assert np.diff(values, axis=0).max() <= 1e-14 * np.abs(values).max()


@EVERY
@CURVED
@pytest.mark.parametrize("kind", ["free", "proportional", "constant"])
@pytest.mark.parametrize("doubled", [False, True])
def test_the_gradient_of_pseudo_power_is_minus_the_currents(diodes, iv, kind, doubled):
    """dF/dv_i = -c_l C dv_i/dt where no ideal diode holds the node, and 0 where one does: 1e-7 of the largest."""
    network = resistive((5, 6, 5, 4), diodes, iv, doubled=doubled, gain=3.0, back=0.5)
    x, target = data(network, 3)
    v = np.random.default_rng(3).uniform(-0.06, 0.06, (3, network.nodes))
    drive = nudged(network, x, target, 0.8, kind)
    free = np.hstack(network.held(v)) == v
    assert free.all() == (not isinstance(diodes, IdealDiodes))
    expected = np.where(free, -shares(network) * network.capacitance * network.derivative(v, drive), 0.0)
    for j in range(network.nodes):
        step = np.zeros(network.nodes)
        step[j] = 1e-5
        slope = (network.pseudo_power(v + step, drive) - network.pseudo_power(v - step, drive)) / 2e-5
        np.testing.assert_allclose(slope, expected[:, j], rtol=0, atol=1e-7 * np.abs(expected).max())


def test_pseudo_power_is_half_the_heat_of_linear_branches_and_not_of_others():
    """2 F = power of linear cells and leaks; off by 2 % and more with sinh cells, amplifiers, or nudging sources."""
    off = {}
    for name, iv, gain, beta in (
        ("linear", LINEAR, 1.0, 0.0), ("sinh", SINH, 1.0, 0.0), ("amplifiers", LINEAR, 4.0, 0.0),
        ("nudged", LINEAR, 1.0, -1.0),
    ):  # fmt: skip
        network = resistive((5, 6, 4), NONE, iv, gain=gain, back=1.0 / gain)
        x, target = data(network, 3)
        drive = nudged(network, x, target, beta)
        v = settled(network, drive)
        off[name] = float(np.abs(2 * network.pseudo_power(v, drive) / network.powers(v, drive).sum(axis=1) - 1).max())
    assert off.pop("linear") < 1e-12
    assert min(off.values()) > 0.02, off


def test_the_co_content_of_a_diode_is_not_half_its_heat():
    """I_s [n V_T (e^x - 1) - v] against v i: more than 5 % of either apart at any forward voltage above 10 mV."""
    v = -np.linspace(0.01, 0.3, 30)
    content = SHOCKLEY.content(v, np.ones(30))
    heat = v * SHOCKLEY.current(v, np.ones(30))
    assert (np.abs(2 * content / heat - 1) > 0.05).all()


def test_joules_never_come_from_pseudo_power(monkeypatch):
    """A relaxation and Newton's method book the same joules where pseudo-power cannot be computed at all."""
    network = resistive((5, 6, 4), SHOCKLEY, SINH, gain=3.0, back=0.5)
    x, target = data(network, 3)
    drive = nudged(network, x, target, 0.5)

    def energies() -> list[Floats]:
        start = np.zeros((3, network.nodes))
        return [relax(network, drive, start, phase(network, 5), solver(m), 1e-3).energy for m in ("DOP853", "newton")]

    before = energies()

    def refuse(*_: object) -> Floats:
        raise AssertionError("pseudo-power asked for")

    monkeypatch.setattr(Resistive, "pseudo_power", refuse)
    for a, b in zip(before, energies(), strict=True):
        np.testing.assert_array_equal(a, b)


def supplied(network: Resistive, u: Floats, x: Floats, drive: Drive) -> Floats:
    """Power of line drivers, bias sources, amplifiers and nudging into the circuit, cell by cell (samples,) [W]."""
    parts = split(network, u)
    total = np.zeros(len(u))
    for read in resistive_reads(network, parts, x):
        drawn = read.current.sum(axis=2)
        lines = read.rows.shape[1] - 2
        if read.layer == 0:
            total += (read.rows * drawn).sum(axis=1)
            continue
        # The amplifier's output delivers a u I, its input takes h I from a node at u.
        before, held = network.stages[read.layer - 1], parts[read.layer - 1]
        total += (read.rows[:, lines:] * drawn[:, lines:]).sum(axis=1)
        total += ((before.gain - before.back) * held * drawn[:, :lines]).sum(axis=1)
    if drive.target is not None:
        seen = score(network, parts[-1])
        pull = drive.target - seen if drive.frozen is None else drive.frozen
        total += drive.beta * network.nudging * (pull * seen).sum(axis=1)
    return total


@EVERY
@pytest.mark.parametrize(
    ("kind", "iv", "doubled"),
    [("free", LINEAR, False), ("proportional", SINH, True), ("constant", CUBIC, True)],
    ids=["free-linear", "proportional-sinh", "constant-cubic"],
)
def test_joules_of_the_sources_are_joules_of_the_branches_plus_what_the_capacitors_hold(diodes, kind, iv, doubled):
    """Tellegen: int (sources) dt = int (arrays + leaks + diodes) dt + change of sum C u^2/2, to 1e-6."""
    network = resistive((4, 5, 4, 4), diodes, iv, doubled=doubled, gain=3.0, back=0.5)
    x, target = data(network, 2)
    drive = nudged(network, x, target, 0.8, kind)
    start = np.random.default_rng(4).uniform(-0.1, 0.1, (2, network.nodes))
    length = phase(network, 2)
    unit, tau = 1e-6, float(network.tau.max())

    def slope(_time: float, state: Floats) -> Floats:
        v = state[: start.size].reshape(start.shape)
        power = supplied(network, np.hstack(network.held(v)), x, drive)
        return np.concatenate([network.derivative(v, drive).ravel(), power / (unit * tau)])

    begin = np.concatenate([start.ravel(), np.zeros(2)])
    state = solve_ivp(
        slope, (0.0, length.duration), begin, "DOP853", rtol=1e-9, atol=1e-12, first_step=0.01 * network.tau.min()
    ).y[:, -1]
    sources = state[start.size :] * unit * tau
    end = relax(network, drive, start, length, solver(rtol=1e-9, atol=1e-12), 1e-3)
    np.testing.assert_allclose(end.v, state[: start.size].reshape(start.shape), rtol=0, atol=1e-8)
    held = [np.hstack(network.held(v)) for v in (start, end.v)]
    stored = 0.5 * (np.square(held[1]) - np.square(held[0])) @ network.capacitance
    np.testing.assert_allclose(stored, network.stored(end.v) - network.stored(start), rtol=1e-12)
    np.testing.assert_allclose(sources, end.energy[:, :3].sum(axis=1) + stored, rtol=1e-6)


@EVERY
@pytest.mark.parametrize("beta", [0.6, -0.3])
def test_powers_are_those_of_all_branches_one_by_one(diodes, beta):
    """Cells i d, leaks g u^2, diodes u i, nudging |i (d - s)|, to rounding; and a path of states at once."""
    network = resistive((5, 6, 5, 4), diodes, SINH, doubled=True, gain=3.0, back=0.5)
    x, target = data(network, 3)
    v = np.random.default_rng(3).uniform(-0.06, 0.06, (2, 3, network.nodes))
    for kind in ("proportional", "constant"):
        drive = nudged(network, x, target, beta, kind)
        found = network.powers(v, drive)
        for point in range(2):
            u = np.hstack(network.held(v[point]))
            parts = split(network, u)
            expected = np.zeros((3, 4))
            expected[:, 0] = sum(read.power for read in resistive_reads(network, parts, x))
            for stage, part in zip(network.stages, parts, strict=True):
                expected[:, 1] += stage.leak * np.square(part).sum(axis=1)
                expected[:, 2] += (part * stage.diodes.current(part, stage.sign)).sum(axis=1)
            seen = score(network, parts[-1])
            pull = target - seen if drive.frozen is None else drive.frozen
            expected[:, 3] = np.abs(beta * network.nudging * pull * (target - seen)).sum(axis=1)
            np.testing.assert_allclose(found[point], expected, rtol=1e-12, atol=1e-24)
            assert (found[point] >= 0.0).all()


def test_a_node_whose_cells_are_all_dead_is_refused_unless_it_leaks():
    """Node 3 of layer 2 with 0 S on both of its lines."""
    network = resistive((4, 5, 4, 3), leak=0.0)
    stages = list(network.stages)
    stages[1], stages[2] = cut(stages[1], columns=2), cut(stages[2], rows=2)
    with pytest.raises(SimulationError, match=r"node 3 of layer 2 is disconnected: .*0 S .*leak"):
        rebuilt(network, stages)
    stages[1] = cut(stages[1], leak=1e-9)
    rebuilt(network, stages)


def cut(stage, rows=None, columns=None, leak=0.0):
    """The stage with all cells of one row or of one column dead."""
    g = stage.coupling.g.copy()
    if rows is not None:
        g[rows] = 0.0
    if columns is not None:
        g[:, columns] = 0.0
    return type(stage)(Perfect.of(g, LINEAR), stage.bias, stage.capacitance, leak, stage.diodes, stage.sign)
