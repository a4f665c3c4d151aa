"""The equations of the plain circuit, compiled for SciPy's integrators, which ask for them some hundred times a batch.

The plain circuit is `RCEquations` without wires, every neuron on a bit line of its own and linear between its rails.
What `RCEquations` says in matrix products over a batch is here a loop over samples and bit lines; currents of curved
devices are power series in the line voltage (`IV.series`). Numbers agree to rounding, sums are added in another order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.jit import inner, kernel
from analogep.kinds.rc.drive import RCDrive
from analogep.kinds.rc.equations import RCEquations
from analogep.network.base import Answer
from analogep.network.drive import Drive
from analogep.network.mismatch import ends_of, steepest_of

Floats = NDArray[np.float64]

_FAST: Final = {"reassoc", "contract", "nsz"}
_ACCURACY: Final = 1e-15
_MOST_NEURONS: Final = 64
"""Neurons behind an array beyond which matrix products are faster than a loop over bit lines."""


def plain(network: RCEquations) -> Plain | None:
    """Numbers of the plain circuit, made once for all phases of a batch; None of any other."""
    if __name__ not in network.made:
        network.made[__name__] = _found(network)
    found = network.made[__name__]
    assert found is None or isinstance(found, Plain)
    return found


def _found(network: RCEquations) -> Plain | None:
    known = all(layer.activation.straight and layer.dense and layer.forward_wires is None for layer in network.layers)
    if not known or len(network.layers) < 2 or max(layer.size for layer in network.layers[1:]) > _MOST_NEURONS:
        return None
    widest = max(abs(end) for layer in network.layers for end in layer.activation.rails)
    series = network.iv.series(widest * max(1.0, *map(np.max, network.gains)), _ACCURACY)
    return None if series is None else Plain(network, np.array(series))


@dataclass(frozen=True)
class Plain:
    """dv/dt and powers of the plain circuit.

    Parameters
    ----------
    network : RCEquations
    series : ndarray (terms,) [1/V^2n]
        Coefficients c_n of the devices' q(r) = r (c_0 + c_1 r^2 + ...).
    """

    network: RCEquations
    series: Floats

    def derivative(self, drive: RCDrive) -> Answer:
        """dv/dt (samples, nodes) [V/s] of a phase."""
        network, first, last = self.network, self.network.slices[0], len(self.network.layers) - 1
        given = []
        for k in range(1, last + 1):
            edges = network.slices[k - 1].start, network.slices[k].start, network.slices[k].stop
            deviates = drive.noise[k] if drive.noise else (None, None)
            noise = self._noise[k - 1], (_filled(deviates[0]), _filled(deviates[1]))
            scalars = drive.beta if k == last else 0.0, drive.frozen is not None, k == last
            given.append((edges, self._arrays[k - 1], noise, _pull(drive), self._nodes, self.series, scalars))

        def derivative(v: Floats) -> Floats:
            out = np.empty_like(v)
            out[:, first] = drive.inputs
            for array in given:
                _derivative(v, *array, out)
            return out

        return derivative

    def powers(self, drive: RCDrive) -> Answer:
        """Powers (points, samples, 3) [W] of a phase."""
        network = self.network
        nudging = _pull(drive), _filled(drive.target)
        scalars = drive.beta, drive.frozen is not None, network.slices[0].stop, network.slices[-1].start
        given = drive.power + self._bias, nudging, self._nodes, self._lines, self.series, scalars

        def powers(v: Floats) -> Floats:
            out = np.empty((*v.shape[:-1], 3))
            _powers(v.reshape(-1, v.shape[-1]), *given, out.reshape(-1, 3))
            return out

        return powers

    @cached_property
    def _arrays(self) -> list[tuple[Floats, Floats, Floats, Floats]]:
        """Of each array but the first weights forward and in reverse (neurons, lines), bias lines, gains of all lines.

        Bias lines as their bracket [V], gains [1] of lines and then of reverse lines.
        """
        found, network = [], self.network
        for k, (layer, constant) in enumerate(zip(network.layers[1:], network.constants[1:], strict=True), 1):
            assert layer.reverse is not None
            bias = np.zeros(layer.size) if constant is None else np.array(constant)
            gains = np.concatenate([self._gains[k - 1], network.gains[k] * self._gains[k]])
            found.append((_by_neuron(network.inner(layer)), _by_neuron(layer.reverse), bias, gains))
        return found

    @cached_property
    def _noise(self) -> list[tuple[Floats, Floats, Floats]]:
        """The variances of the same [1], [V^2]; empty without read noise."""
        found = []
        for layer in self.network.layers[1:]:
            if layer.variance is None or layer.reverse_variance is None:
                found.append((np.empty((0, 0)), np.empty((0, 0)), np.empty(0)))
                continue
            bias = self.network.bias
            rows = layer.variance[:-1] if bias else layer.variance
            offset = self.network.bias_variance(layer) if bias else np.zeros(layer.size)
            found.append((_by_neuron(rows), _by_neuron(layer.reverse_variance), offset))
        return found

    @cached_property
    def _nodes(self) -> Floats:
        """Rails [V], leak [S], 1/tau [1/s] and gain between the rails [1] of each node (5, nodes)."""
        network = self.network
        ends = [(ends_of(layer.activation), layer.size) for layer in network.layers]
        low, high = (np.concatenate([np.full(size, end[which]) for end, size in ends]) for which in (0, 1))
        return np.stack([low, high, network.leak, 1.0 / network.tau, np.concatenate(self._gains)])

    @cached_property
    def _gains(self) -> list[Floats]:
        """Gain of each layer's neurons between their rails (neurons,) [1]."""
        return [np.full(layer.size, steepest_of(layer.activation)) for layer in self.network.layers]

    @cached_property
    def _lines(self) -> Floats:
        """Rails [V], gain [1], conductance [S] of lines: of all nodes but outputs, and back of all but layer 1."""
        network, nodes = self.network, self._nodes
        forward = [layer.row_load(network.inner(layer).shape[0]) for layer in network.layers[1:]]
        load = np.concatenate([*forward, *(layer.column_load for layer in network.layers[1:])])
        ends = [nodes[:2, : network.slices[-1].start], nodes[:2, network.slices[0].stop :]]
        back = [gain * own for gain, own in zip(network.gains[1:], self._gains[1:], strict=True)]
        gain = np.concatenate([*self._gains[:-1], *back])
        return np.concatenate([*np.concatenate(ends, axis=1), gain, load]).reshape(4, -1)

    @cached_property
    def _bias(self) -> float:
        """Power of the bias lines of all arrays but the first [W]."""
        network = self.network
        loads = sum(layer.bias_load for layer in network.layers[1:]) if network.bias else 0.0
        return network.read_voltage * network.bias_drive * loads


def _by_neuron(array: Floats) -> Floats:
    return np.array(array.T, order="C")


def _filled(array: Floats | None) -> Floats:
    return np.empty((0, 0)) if array is None else array


def _pull(drive: Drive) -> Floats:
    """Target, or target minus output where that is frozen (samples, outputs) [V]; empty without."""
    return _filled(drive.target if drive.frozen is None else drive.frozen)


@inner(fastmath=_FAST, error_model="numpy")
def _driven(v, low, high, gain, series, r, q):  # type: ignore[no-untyped-def]
    """r = gain min(max(v, low), high), q = r (c_0 + c_1 r^2 + ...)."""
    for j in range(v.size):
        r[j] = gain[j] * min(max(v[j], low[j]), high[j])
        q[j] = series[series.size - 1]
    for n in range(series.size - 2, -1, -1):
        c = series[n]
        for j in range(v.size):
            q[j] = q[j] * (r[j] * r[j]) + c
    for j in range(v.size):
        q[j] *= r[j]


@inner(fastmath=_FAST, error_model="numpy")
def _forward(weights, x, out):  # type: ignore[no-untyped-def]
    """out_o += sum_j weights_oj x_j."""
    for o in range(out.size):
        total = 0.0
        for j in range(x.size):
            total += weights[o, j] * x[j]
        out[o] += total


@inner(fastmath=_FAST, error_model="numpy")
def _reverse(weights, y, out):  # type: ignore[no-untyped-def]
    """out_j += sum_o weights_oj y_o, four at a time: most of the time goes into fetching and storing `out`."""
    whole = y.size - y.size % 4
    for o in range(0, whole, 4):
        a, b, c, d = y[o], y[o + 1], y[o + 2], y[o + 3]
        for j in range(out.size):
            out[j] += weights[o, j] * a + weights[o + 1, j] * b + weights[o + 2, j] * c + weights[o + 3, j] * d
    for o in range(whole, y.size):
        for j in range(out.size):
            out[j] += weights[o, j] * y[o]


@kernel(fastmath=_FAST, error_model="numpy")
def _derivative(v, edges, array, noise, pull, nodes, series, scalars, out):  # type: ignore[no-untyped-def]
    """dv/dt of the nodes before one array, whose bracket without it is in `out`; and of those behind the last one.

    Parameters
    ----------
    v : ndarray (samples, nodes) [V]
    edges : (int, int, int)
        First node before the array and behind it, and the one after the last of those.
    array : tuple of ndarray
        As in `Plain._arrays`.
    noise : tuple
        As in `Plain._noise`, and deviates forward (samples, neurons) and in reverse (samples, lines), empty without.
    pull : ndarray (samples, outputs) [V]
    nodes : ndarray (5, nodes)
    series : ndarray
    scalars : (beta, whether the pull is frozen, whether this is the last array)
    out : ndarray (samples, nodes) [V], [V/s]
    """
    start, middle, end = edges
    (forward, reverse, constant, gains), (variances, (ahead, behind)) = array, noise
    (spread_forward, spread_reverse, spread_bias), (beta, frozen, last) = variances, scalars
    low, high, rate, slope, noisy = nodes[0], nodes[1], nodes[3], nodes[4], ahead.size > 0 and spread_bias.size > 0
    lines, ends = middle - start, end - middle
    r, driven = np.empty(lines + ends), np.empty(lines + ends)
    q, back = driven[:lines], driven[lines:]
    bracket, scatter, total, spread = np.empty(lines), np.empty(lines), np.empty(ends), np.empty(ends)
    for k in range(v.shape[0]):
        x, y, before, behind_it = v[k, start:middle], v[k, middle:end], out[k, start:middle], out[k, middle:end]
        _driven(v[k, start:end], low[start:end], high[start:end], gains, series, r, driven)
        for j in range(lines):
            bracket[j], scatter[j] = before[j], 0.0
        for o in range(ends):
            total[o] = constant[o]
            if beta != 0.0:
                given = pull[k, o]
                r_o = slope[middle + o] * min(max(y[o], low[middle + o]), high[middle + o])
                total[o] += beta * (given if frozen else given - r_o)
        _forward(forward, q, total)
        _reverse(reverse, back, bracket)
        if noisy:
            for j in range(lines + ends):
                driven[j] *= driven[j]
            for o in range(ends):
                spread[o] = spread_bias[o]
            _forward(spread_forward, q, spread)
            _reverse(spread_reverse, back, scatter)
            for j in range(lines):
                bracket[j] += behind[k, j] * np.sqrt(scatter[j])
            for o in range(ends):
                total[o] += ahead[k, o] * np.sqrt(spread[o])
        for j in range(lines):
            before[j] = (bracket[j] - x[j]) * rate[start + j]
        for o in range(ends):
            behind_it[o] = (total[o] - y[o]) * rate[middle + o] if last else total[o]


@kernel(fastmath=_FAST, error_model="numpy")
def _powers(v, still, nudging, nodes, lines, series, scalars, out):  # type: ignore[no-untyped-def]
    """Powers of arrays, leaks and the nudging source, as `RCEquations.powers`.

    Parameters
    ----------
    v : ndarray (points times samples, nodes) [V]
    still : ndarray (samples,) [W]
        Power of the first array and of bias lines.
    nudging : tuple of ndarray (samples, outputs) [V]
        Pull as in `_derivative`, and target; empty without.
    nodes, lines : ndarray (5, nodes), (4, lines)
        As in `Plain`.
    series : ndarray
    scalars : (beta, whether the pull is frozen, first node that drives an array in reverse, first output)
    out : ndarray (points times samples, 3) [W]
    """
    size, (pull, target), (beta, frozen, second, first) = lines.shape[1], nudging, scalars
    low, high, leak, slope, x, r, q = (
        nodes[0], nodes[1], nodes[2], nodes[4], np.empty(size), np.empty(size), np.empty(size),
    )  # fmt: skip
    for k in range(v.shape[0]):
        sample, node, arrays, leaks, source = k % still.size, v[k], 0.0, 0.0, 0.0
        for j in range(first):
            x[j] = node[j]
        for j in range(first, size):
            x[j] = node[j - first + second]
        _driven(x, lines[0], lines[1], lines[2], series, r, q)
        for j in range(size):
            arrays += r[j] * q[j] * lines[3, j]
        for j in range(node.size):
            leaks += node[j] * node[j] * leak[j]
        if beta != 0.0 and target.size > 0:
            for j in range(first, node.size):
                given = pull[sample, j - first]
                r_j = slope[j] * min(max(node[j], low[j]), high[j])
                current = beta * leak[j] * (given if frozen else given - r_j)
                source += abs(current * (target[sample, j - first] - node[j]))
        out[k, 0], out[k, 1], out[k, 2] = still[sample] + arrays, leaks, source
