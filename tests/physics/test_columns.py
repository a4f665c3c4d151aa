"""Networks whose lines are held by circuits: equilibria, lags, noise, supplies, and arrays that take turns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import expm, solve_continuous_lyapunov

from analogep.circuit.phases import Phase
from analogep.kinds.rc import column_noise
from analogep.kinds.rc.columned import ColumnedRC
from analogep.kinds.rc.coupled import output_slope
from analogep.kinds.rc.iterated import iterated_adjoint
from analogep.network.lines_fit import summing_lines
from analogep.network.thermal import Thermal
from analogep.relaxation import relax
from analogep.relaxation.equilibrium import equilibrium
from tests.physics.columned import COLUMNS, TIA, alternating, batch, chip, network

Floats = NDArray[np.float64]

KT = 1.380649e-23 * 300.0
TIGHT = {"solver__relative_tolerance": 1e-9, "solver__absolute_tolerance": "1 pV"}
EQUAL = {"solver__method": "euler", "solver__step": "0.1 tau"}
SMOOTH = {"neurons__hidden__activation": {"kind": "tanh", "amplitude": "0.2 V"}}
UNSAID = {"neurons__hidden__capacitance": None, "neurons__output__capacitance": None}
FAST = {**TIA, "ratio": 1000, "dc_gain": 1e12}


def at_rest(net: ColumnedRC, samples: int, beta: float) -> tuple[Any, Floats]:
    x, target = batch(samples)
    drive = net.nudged(net.drive(x), beta, target) if beta else net.drive(x)
    return drive, equilibrium(net, drive, np.zeros((samples, net.nodes)))[0]


def test_columns_that_are_fast_and_exact_leave_the_network_as_it_is() -> None:
    """The equilibrium of ideal lines, and the transient but for a fiftieth of a time constant: 2 % of the way."""
    made, ideal = (chip(column=column, **TIGHT) for column in (FAST, {"kind": "ideal"}))
    net, plain = network(made), ideal.emulator.hardware.network()
    _, rest = at_rest(net, 3, 0.5)
    x, target = batch(3)
    drive = plain.nudged(plain.drive(x), 0.5, target)
    np.testing.assert_allclose(rest[:, : net.count], equilibrium(plain, drive, np.zeros((3, 22)))[0], atol=1e-9)
    way = [
        relax(one, one.drive(x), np.zeros((3, one.nodes)), Phase(duration=6e-8), of.circuit.solver, 0.01).v[:, :22]
        for one, of in ((net, made), (plain, ideal))
    ]
    assert 1e-4 < np.abs(way[0] - way[1]).max() / np.abs(way[1]).max() < 0.02


def test_a_column_delays_its_node_as_two_poles_do() -> None:
    """The first layer's node of one input line: 1 - (tau e^(-t/tau) - tau_a e^(-t/tau_a))/(tau - tau_a), 1e-6."""
    made = chip(column={**TIA, "ratio": 2.0}, feedback__gain=1e-9, **TIGHT)
    net, (x, _) = network(made), batch(1)
    end, t = relax(net, net.drive(x), np.zeros((1, net.nodes)), Phase(duration=7e-8), made.circuit.solver, 0.01), 7e-8
    tau, lag = net.between.tau[:12], net.columns.lags[0][:12]
    rise = 1.0 - (tau * np.exp(-t / tau) - lag * np.exp(-t / lag)) / (tau - lag)
    np.testing.assert_allclose(end.v[0, :12], rise * net.drive(x).inputs[0], rtol=1e-6, atol=1e-12)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COLUMNS)
def test_gains_of_columns_weigh_both_directions(name: str) -> None:
    """Forward weights times h of their bit lines, reverse ones times h of their word lines; offsets times the noise
    gain; and the exact gradient of what results agrees with finite differences (1e-4)."""
    made = chip(column=COLUMNS[name], mismatch={"offset": "0.1 mV"}, **SMOOTH)
    net, pair = network(made), made.emulator.hardware.pairs[1]
    layer = net.between.layers[1]
    assert layer.columns is not None
    bits, words = layer.columns
    np.testing.assert_allclose(layer.weights, pair.weights * bits.gain, rtol=1e-12)
    np.testing.assert_allclose(layer.reverse, pair.weights[:-1] * words.gain[:, None], rtol=1e-12)
    raw = made.emulator.hardware.neurons[1].offset
    np.testing.assert_allclose(layer.own.offset, raw * bits.offset, rtol=1e-12)


def _loss_of(net: ColumnedRC, k: int, at: tuple[int, int], change: float) -> float:
    """Cost of one sample with one weight changed, forward and in reverse as its columns pass it on."""
    layers = list(net.between.layers)
    layer = layers[k]
    assert layer.columns is not None
    weights, reverse = layer.weights.copy(), None if layer.reverse is None else layer.reverse.copy()
    weights[at] += change
    if reverse is not None and at[0] < len(reverse):
        reverse[at] += change
    layers[k] = replace(layer, weights=weights, reverse=reverse)
    between = replace(net.between, layers=layers)
    moved = ColumnedRC(between, replace(net.columns, between=between), net.taking)
    x, target = batch(2)
    rest = equilibrium(moved, moved.drive(x), np.zeros((2, moved.nodes)))[0]
    return float(moved.loss(rest, target).mean())


@pytest.mark.parametrize("headroom", ["0.1 V", "0.35 V"])
def test_the_exact_gradient_is_the_derivative_of_the_cost(headroom: str) -> None:
    """Central differences, 1e-5 of the largest; with little headroom some columns are at their swing and pass on
    nothing."""
    small = {"neurons__hidden__activation": {"kind": "tanh", "amplitude": "0.15 V"}}
    output = {"neurons__output__activation": {"kind": "tanh", "amplitude": "0.2 V"}, "mapping__read_voltage": "0.2 V"}
    made = chip(column={**TIA, "headroom": headroom}, **small, **output, learning__initial_gain=[3.0, 1.0])
    net, (x, target) = network(made), batch(2)
    rest = equilibrium(net, net.drive(x), np.zeros((2, net.nodes)))[0]
    assert net.saturated(rest[:, : net.count], net.drive(x))[0].any() == (headroom == "0.35 V")
    exact = net.exact_gradient(rest, x, target)
    for k, at in ((0, (20, 3)), (0, (64, 5)), (1, (4, 7)), (1, (12, 2)), (0, (36, 8))):
        h = 1e-5
        slope = (_loss_of(net, k, at, h) - _loss_of(net, k, at, -h)) / (2.0 * h)
        assert exact[k][at] == pytest.approx(slope, abs=1e-5 * np.abs(exact[k]).max())


@pytest.mark.parametrize("pool", ["average", "max"])
def test_the_exact_gradient_of_convolutions_needs_no_matrix(pool: str) -> None:
    """Columns at their swings included: central differences, 1e-5 of the largest; the adjoint as by the matrix of the
    whole network, which would have 40 GB for the probe of `conv-mnist-chip`."""
    patch = {"kind": "conv", "channels": 4, "kernel": 3, "padding": 1, "pool": {"kind": pool, "size": 2}}
    output = {"neurons__output__activation": {"kind": "tanh", "amplitude": "0.2 V"}, "mapping__read_voltage": "0.2 V"}
    made = chip(
        layers=[{"kind": "image", "height": 8, "width": 8}, patch, patch, 10], column={**TIA, "headroom": "0.35 V"},
        neurons__hidden__activation={"kind": "tanh", "amplitude": "0.15 V"}, **output,
        mapping__weight_range=[2.0], learning__initial_gain=[4.0, 1.0, 0.5], learning__rate=[1.0],
    )  # fmt: skip
    net, (x, target) = network(made), batch(2)
    rest = equilibrium(net, net.drive(x), np.zeros((2, net.nodes)))[0]
    node, drive = rest[:, : net.count], net.between.quiet(x)
    masks = net.saturated(node, drive)
    assert masks[0].any()
    turned = np.swapaxes(np.eye(net.count) - sum(net._blocks(node, drive)), -1, -2)
    source = output_slope(net.between, node, target)
    np.testing.assert_allclose(
        iterated_adjoint(net.between, node, target, masks),
        np.linalg.solve(turned, source[:, :, None])[:, :, 0],
        rtol=1e-8,
        atol=1e-10 * np.abs(source).max(),
    )
    exact = net.exact_gradient(rest, x, target)
    for k, at in ((0, (4, 3)), (0, (9, 1)), (1, (7, 2)), (1, (20, 0)), (2, (5, 7)), (2, (16, 2))):
        h = 1e-5
        slope = (_loss_of(net, k, at, h) - _loss_of(net, k, at, -h)) / (2.0 * h)
        assert exact[k][at] == pytest.approx(slope, abs=1e-5 * np.abs(exact[k]).max())


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("beta", [0.0, 0.5])
def test_the_jacobian_is_the_derivative_of_the_equations(name: str, beta: float) -> None:
    made = chip(column=COLUMNS[name], feedback=alternating("100 ns"), **SMOOTH)
    whole, (x, target) = network(made), batch(2)
    rng = np.random.default_rng(3)
    for _, net in whole.turns(3e-7)[:3]:
        assert isinstance(net, ColumnedRC)
        drive = net.nudged(net.drive(x), beta, target) if beta else net.drive(x)
        # Away from the corners of the outputs' rails.
        v, d = rng.uniform(0.01, 0.1, (2, net.nodes)), rng.standard_normal((2, net.nodes))
        ahead, behind = (net.derivative(v + sign * 1e-6 * d, drive) for sign in (1.0, -1.0))
        slope = np.einsum("bij,bj->bi", net.jacobian(v, drive), d)
        np.testing.assert_allclose(slope, (ahead - behind) / 2e-6, rtol=1e-6, atol=1e-4 * np.abs(slope).max())


@pytest.mark.parametrize("ratio", [300.0, 5.0, 1.0])
def test_noise_of_nodes_and_columns_is_that_of_lyapunovs_equation(ratio: float) -> None:
    """A P + P A' = -D at the rest of a sample: variances of 20,000 draws within 2 % and 3 standard errors (5 %), 1.5 %
    in the mean over the nodes, covariances within 6 % of their norm."""
    made = chip(column={**TIA, "ratio": ratio}, **SMOOTH, solver__method="newton")
    net = network(made)
    drive, rest = at_rest(net, 1, 0.4)
    tau, leak = net.between.tau, net.between.leak
    lags, noises = net.columns.lags, net.columns.density
    # The nudging sources have gamma beta g beside g.
    own = np.where(np.arange(net.count) < 12, 1.0, 1.0 + 2.0 * 0.4)
    density = np.concatenate(
        [2.0 * own / (tau**2 * leak), *(2.0 * n / t**2 for n, t in zip(noises, lags, strict=True))]
    )
    expected = solve_continuous_lyapunov(net.jacobian(rest, drive)[0], -KT * np.diag(density))
    many, n = 20_000, net.count
    x, target = (np.repeat(part, many, axis=0) for part in batch(1))
    noisy = replace(net.nudged(net.drive(x), 0.4, target), thermal=Thermal(KT, 7, 2.0))
    drawn = net.agitated(np.repeat(rest, many, axis=0), noisy, 1.0) - rest
    found = drawn.T @ drawn / many
    off = np.diag(found) / np.diag(expected) - 1.0
    assert np.abs(off).max() < 0.05
    assert abs(off[:n].mean()) < 0.015
    assert np.linalg.norm((found - expected)[:n, :n]) < 0.06 * np.linalg.norm(expected[:n, :n])


def test_a_node_has_the_noise_of_its_leak_and_its_columns() -> None:
    """kT/C + kT R_n/(tau + tau_a), without coupling: 20,000 draws, 4 standard errors; also of a column that is taken
    as slower than it is."""
    for ratio in (5.0, 1000.0):
        made = chip(column={**TIA, "ratio": ratio}, feedback__gain=1e-9, **SMOOTH)
        net, many = network(made), 20_000
        (layer, *_), tau = net.between.layers, net.between.tau[0]
        bits, words = layer.columns[0], net.between.layers[1].columns[1]  # type: ignore[index]
        expected = KT / 0.5e-12 + KT * bits.noise / (tau + bits.tau) + KT * words.noise / (tau + words.tau)
        drive = replace(net.drive(np.zeros((many, 64))), thermal=Thermal(KT, 3))
        drawn = net.agitated(np.zeros((many, net.nodes)), drive, 1.0)[:, :12]
        np.testing.assert_allclose(drawn.var(axis=0), expected, rtol=0.04)


def test_noise_that_is_held_is_not_averaged_by_the_node() -> None:
    """In a long forward turn the word lines' columns stand at a sample of their noise, kT R_n/tau_b + kT/C_hold,
    which a hidden node follows in full: var b within 6 standard errors of 20,000 draws, cov(v, b) within 10 %."""
    long = {"timing__free__duration": "1.4 us", "timing__nudged__duration": "1.4 us"}
    made = chip(feedback=alternating("500 ns", guard="1 ns"), **long, **SMOOTH)
    net, many = network(made), 20_000
    drive = replace(net.drive(np.zeros((many, 64))), thermal=Thermal(KT, 3))
    # Two turns and most of a third: hidden nodes forget all but what is held.
    drawn = net.agitated(np.zeros((many, net.nodes)), drive, 1.4e-6)
    words = net.between.layers[1].columns[1]  # type: ignore[index]
    held = KT * words.noise / words.tau + KT / 0.1e-12
    np.testing.assert_allclose(drawn[:, 2 * net.count :].var(axis=0), held, rtol=0.06)
    both = (drawn[:, :12] * drawn[:, 2 * net.count :]).mean(axis=0)
    np.testing.assert_allclose(both, held, rtol=0.1)


def by_hand(net: ColumnedRC, rest: Floats, drive: Any, duration: float) -> Floats:
    """P of nodes and columns at the end of a phase that begins with nodes as if they were not coupled, turn by turn:
    Van Loan's matrix exponential, and kT/C_hold in every sample."""
    n, size, root = net.count, net.tau.size, np.zeros((net.tau.size, 3 * net.count))
    own, sides = column_noise.beginning(net.columns)
    spans = slice(n, 2 * n), slice(2 * n, size)
    root[:n, :n] = np.diag(own)
    for span, (deviation, seen) in zip(spans, sides, strict=True):
        root[span, span] = np.diag(deviation)
        root[: deviation.size, span] = np.diag(deviation * seen)
    p, before, tau = KT * root @ root.T, 3, net.between.tau
    for length, turn in [(d / 8, turn) for d, turn in net.turns(duration) for _ in range(8)]:
        assert isinstance(turn, ColumnedRC)
        # The nudging sources have gamma beta g beside g.
        density = np.zeros(size)
        density[:n] = 2.0 * np.where(np.arange(n) < n - 10, 1.0, 1.0 + drive.stirred) / (tau**2 * net.between.leak)
        for way, span, lag, noise in zip((1, 2), spans, net.columns.lags, net.columns.density, strict=True):
            if before & way and not turn.reads & way:
                p[span, span] += KT / 0.1e-12 * np.eye(span.stop - span.start)
            density[span] = 2.0 * noise / lag**2 if turn.reads & way else 0.0
        before, a = turn.reads, turn.jacobian(rest, drive)[0]
        block = expm(length * np.block([[-a, np.diag(KT * density)], [np.zeros((size, size)), a.T]]))
        move = block[size:, size:].T
        p = move @ (p @ move.T + block[:size, size:])
    return p


@pytest.mark.parametrize(("feedback", "loop", "most"), [("alternating", 0.94, 0.011), ("shared", 0.94, 0.02)])
def test_what_steps_err_by_is_little_whatever_is_drawn(
    monkeypatch: pytest.MonkeyPatch, feedback: str, loop: float, most: float
) -> None:
    """Variances at the end of a phase, without a draw: each deviate by itself is 1 in a sample of its own, so that the
    sum of the squares of what comes of it is the variance of the steps. Of a loop whose noise it amplifies."""
    given = {**alternating("50 ns"), "gain": 0.7} if feedback == "alternating" else {"kind": "shared", "gain": 0.7}
    output = {"neurons__output__activation": {"kind": "tanh", "amplitude": "0.4 V"}}
    made = chip(feedback=given, **SMOOTH, **output, learning__initial_gain=[3.0, 2.0])
    net, duration, (x, target) = network(made), 400e-9, batch(1)
    drive = replace(net.nudged(net.drive(x), 0.4, target), thermal=Thermal(KT, 7, 2.0))
    rest, _ = equilibrium(net, drive, np.zeros((1, net.nodes)))
    assert net.loop_gain(rest, drive)[0] > loop
    expected = np.diag(by_hand(net, rest, drive, duration))
    steps = len(column_noise.last_steps(net.taking, net.between.tau, duration))
    many = 4 * (steps + 1) * net.count

    def alone(key: Any, turn: int, shape: tuple[int, int]) -> tuple[Floats, Floats]:
        both = np.zeros((2, *shape))
        for slot, one in enumerate(both):
            rows = (2 * turn + slot) * net.count + np.arange(net.count)
            one[rows, np.arange(net.count)] = 1.0
        return both[0], both[1]

    monkeypatch.setattr(column_noise, "drawn", alone)
    x, target = (np.repeat(part, many, axis=0) for part in (x, target))
    noisy = replace(net.nudged(net.drive(x), 0.4, target), thermal=drive.thermal)
    found = net.agitated(np.repeat(rest, many, axis=0), noisy, duration) - rest
    np.testing.assert_allclose(np.square(found).sum(axis=0)[: net.count], expected[: net.count], rtol=most)


def test_supplies_give_half_of_all_currents() -> None:
    """Driver and array: V_dd/2 times the lines' currents; column: V_dd/2 times |y|/R_f; cell by cell, 1e-12."""
    made = chip(column={**TIA, "dc_gain": 1e9}, driver={"supply": "1.3 V", "efficiency": "50 %"})
    net, (x, _) = network(made), batch(3)
    drive, rest = at_rest(net, 3, 0.0)
    powers, rates = net.powers(rest, drive), net.rates(rest)
    current, heat = np.zeros(3), np.zeros(3)
    for k, pair in enumerate(made.emulator.hardware.pairs):
        ahead = np.concatenate([x if k == 0 else rates[k - 1], np.full((3, 1), 0.2)], axis=1)
        for half in (pair.plus.g, pair.minus.g):
            current += (np.abs(ahead)[:, :, None] * half).sum(axis=(1, 2))
            heat += (np.square(ahead)[:, :, None] * half).sum(axis=(1, 2))
            if k:
                back = 0.25 * rates[k]
                current += (np.abs(back)[:, None, :] * half).sum(axis=(1, 2))
                heat += (np.square(back)[:, None, :] * half).sum(axis=(1, 2))
    np.testing.assert_allclose(powers[:, 0], heat, rtol=1e-12)
    np.testing.assert_allclose(powers[:, 0] + powers[:, 3], 0.5 * 1.3 / 0.5 * current, rtol=1e-12)
    _, a, b = net.parts(rest)
    scale = [pair.scale for pair in made.emulator.hardware.pairs]
    drawn = np.abs(a[:, :12]).sum(axis=1) / scale[0] + np.abs(a[:, 12:]).sum(axis=1) / scale[1]
    drawn += np.abs(b).sum(axis=1) / scale[1]
    np.testing.assert_allclose(powers[:, 4], 0.55 * drawn, rtol=1e-12)


def test_halving_the_bandwidth_slows_and_costs_as_it_must() -> None:
    """Amplifiers take half, and the lags double; joules of a phase in proportion."""
    chips = [chip(column={**TIA, "dc_gain": 1e9, "bandwidth": band}) for band in ("400 MHz", "200 MHz")]
    lags = [network(one).columns.lags for one in chips]
    np.testing.assert_allclose(lags[1][0], 2.0 * lags[0][0], rtol=1e-6)
    watts = [one.emulator.hardware.amplifier_power for one in chips]
    neurons = chip(column={"kind": "ideal"}).emulator.hardware.amplifier_power
    assert watts[1] - neurons == pytest.approx(0.5 * (watts[0] - neurons))


def test_a_lower_common_mode_takes_bias_and_noise_of_amplifiers_away_and_leaves_their_lags() -> None:
    """At 0.2 of the window in place of 0.5: gm, hence bias, in proportion to N = 1 + R_f 2 n G_0; a lag is N/GBW."""
    gains = {"learning__initial_gain": [0.01, 0.01]}
    chips = [chip(column=TIA, mapping__common_mode=share, **gains) for share in (0.5, 0.2)]
    nets = [network(one).columns for one in chips]
    np.testing.assert_allclose(nets[1].lags[0], nets[0].lags[0], rtol=0.02)
    neurons = chip(column={"kind": "ideal"}).emulator.hardware.amplifier_power
    watts = [one.emulator.hardware.amplifier_power - neurons for one in chips]
    # Twelve bit lines of 65 pairs, ten of 13 pairs, twelve word lines of ten; the range is 0.3, the window 1 to 10 uS.
    lines = np.array([[12, 65], [10, 13], [12, 10]])
    needed = [lines[:, 0] @ (1.0 + 0.3 / 9e-6 * lines[:, 1] * 2.0 * g) for g in (5.5e-6, 2.8e-6)]
    assert watts[1] / watts[0] == pytest.approx(needed[1] / needed[0], rel=0.02)
    assert watts[1] < 0.6 * watts[0]


@pytest.mark.parametrize("column", [{**TIA, "bandwidth": "400 MHz"}, COLUMNS["conveyor"]])
def test_nodes_follow_their_columns_where_no_capacitance_is_given(column: dict[str, Any]) -> None:
    """Five times as slow as the slowest column before or behind them, or as many times as is asked for."""
    made = chip("rram", column=column, **UNSAID)
    net, named = network(made), dict(summing_lines(made.device, made.circuit))
    lag = {name: made.circuit.column.time_constant(lines) for name, lines in named.items()}
    slowest = max(lag["bit lines of layer 1"], lag["word lines of layer 2"]), lag["bit lines of layer 2"]
    np.testing.assert_allclose(net.between.tau[[0, -1]], 5.0 * np.array(slowest), rtol=1e-12)
    if "bandwidth" in column:
        other = network(chip("rram", column={**column, "ratio": 8.0}, **UNSAID))
        np.testing.assert_allclose(other.between.tau, 1.6 * net.between.tau, rtol=1e-12)


def test_twice_the_bandwidth_halves_the_nodes_time_constant() -> None:
    """And the charging of nodes, and doubles the amplifiers; given back as capacitances all of it is the same."""
    taken = []
    for bandwidth in ("200 MHz", "400 MHz"):
        made = chip(column={**TIA, "bandwidth": bandwidth}, **UNSAID)
        net = network(made)
        _, rest = at_rest(net, 2, 0.0)
        taken.append((net.between.tau, net.charging(np.zeros_like(rest), rest), made.emulator.hardware))
    np.testing.assert_allclose(taken[0][0], 2.0 * taken[1][0], rtol=1e-12)
    np.testing.assert_allclose(taken[0][1], 2.0 * taken[1][1], rtol=1e-12)
    powers = [hardware.amplifier_power - _neurons(hardware) for _, _, hardware in taken]
    assert powers[1] == pytest.approx(2.0 * powers[0])
    tau = taken[1][0]
    farads = {"hidden": tau[0] * 1e-5, "output": tau[-1] * 1e-5}
    back = {f"neurons__{name}__capacitance": value for name, value in farads.items()}
    same = network(chip(column={**TIA, "bandwidth": "400 MHz"}, **back))
    np.testing.assert_allclose(same.between.tau, tau, rtol=1e-12)


def _neurons(hardware: Any) -> float:
    """Bias power of the neurons by themselves [W]."""
    neurons = hardware.circuit.neurons
    return float(12 * neurons.hidden.amplifier.power + 10 * neurons.output.amplifier.power)


def test_turns_come_to_rest_where_both_ways_at_once_do() -> None:
    """Whatever their length, where nothing leaks: 1e-7 of the full scale."""
    net = network(chip())
    drive, rest = at_rest(net, 3, 0.5)
    for turn in ("50 ns", "130 ns"):
        made = chip(feedback=alternating(turn, droop="1 Ms"), solver__method="RK45", **TIGHT)
        taking = network(made)
        end = relax(taking, drive, np.zeros((3, net.nodes)), Phase(duration=6e-6), made.circuit.solver, 0.01)
        np.testing.assert_allclose(end.v[:, : net.count], rest[:, : net.count], rtol=0, atol=2e-8)


def test_what_leaks_in_a_turn_is_of_first_order_in_its_length() -> None:
    """What word lines' columns have lost at the end of forward turns, against the length of these: slope 1 within 0.1;
    and nodes are off by as much as leaks, a tenth for ten times the time constant, within 5 %."""
    net = network(chip())
    drive, rest = at_rest(net, 3, 0.5)
    turns, lost, off = np.array([50e-9, 100e-9, 200e-9]), [], []
    for turn, droop in ((50e-9, 1e-5), (100e-9, 1e-5), (200e-9, 1e-5), (200e-9, 1e-4)):
        taking = alternating("1 us", guard="0 s")
        made = chip(
            feedback={**taking, "turns": {**taking["turns"], "forward": turn, "reverse": turn, "droop": droop}}, **EQUAL
        )
        # The end of a forward turn.
        phase = Phase(duration=turn * (2.0 * round(2e-6 / turn) + 1.0))
        end = relax(network(made), drive, np.zeros((3, net.nodes)), phase, made.circuit.solver, 0.01)
        lost.append(np.abs(end.v - rest)[:, 2 * net.count :].max())
        off.append(np.abs(end.v - rest)[:, : net.count].max())
    assert np.polyfit(np.log(turns), np.log(lost[:3]), 1)[0] == pytest.approx(1.0, abs=0.1)
    assert off[3] == pytest.approx(0.1 * off[2], rel=0.05)


def test_the_gradient_of_turns_is_the_adjoints() -> None:
    """Centred estimate at beta 0.05 in long phases without noise: cosine above 0.999 in both layers."""
    made = chip(
        feedback=alternating("60 ns"), **SMOOTH, nudging__beta=0.05, nudging__estimator="centered",
        timing__free__duration="2 us", timing__nudged__duration="2 us", solver__relative_tolerance=1e-6,
        solver__absolute_tolerance="10 nV",
        neurons__output__activation={"kind": "tanh", "amplitude": "0.4 V"},
    )  # fmt: skip
    data = batch(6)
    x, y = data[0] / 0.2, data[1].argmax(axis=1)
    found, exact = made.gradient(x, y, noisy=False), made.exact_gradient(x, y)
    for one, other in zip(found, exact, strict=True):
        assert (one * other).sum() / np.linalg.norm(one) / np.linalg.norm(other) > 0.999
