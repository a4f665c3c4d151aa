"""Layered RC network at virtual ground: Kirchhoff's current law, its Jacobian, its powers.

Node i of layer l with capacitance C, leak g, transfer curve rho, line voltage r = rho(v):

    C dv_i/dt = -g v_i + g [ sum_j w_ji q(r_j)  +  sum_k m_ik q(s r_k)  +  beta (d_i - r_i)  +  e_i ]
                            forward, layer l-1     reverse, layer l+1    nudging, outputs    read noise

w are the weights that the forward arrays hold, m those of the arrays that are read in reverse (the same ones, or
mirrored), q(r) = i(r)/G the devices' current per conductance (r itself for linear devices), s the feedback gain.
Everything in the brackets is a voltage; times g it is the current into the node. `drift` is that bracket minus v,
so that dv/dt = drift/tau with tau = C/g.

For shared linear arrays this is gradient descent on a function of the rates (Hopfield 1984): with lines scaled so
that s = 1, dE/dr_i = -C dv_i/dt, E = sum g Phi(r) - 1/2 r'Wr - I'r, and dE/dt = -sum C rho'(v) (dv/dt)^2 <= 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from analogep.circuit import Activation
from analogep.device.iv import IV
from analogep.draws import standard_normals
from analogep.network.base import Deviates, Drive, Network, swings, with_bias
from analogep.network.sparse import product
from analogep.network.wired import Wired

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PairWires:
    """Both halves of a pair with their wires, between driven lines and virtual grounds.

    Curved cells are taken at the voltage of their lines' ends, i = T q(r), T the effective conductances: exact for
    linear cells, and off by q' - 1 times the wires' loss otherwise.
    """

    plus: Wired
    minus: Wired
    push_pull: bool

    def weights(self, scale: float) -> Floats:
        """Weights at the lines' ends (rows, columns) [1]; `scale` in weights per siemens."""
        return (self.plus.ports.t - self.minus.ports.t) * scale

    def row_power(self, r: Floats, q: Floats) -> Floats:
        """Power of a forward read (..., samples) [W] at lines `r` with curved voltages `q` (..., rows) [V]."""
        currents = self.plus.ports.row_currents(q) + self.minus.ports.row_currents(q)
        return np.asarray((r * currents).sum(axis=-1))

    def column_power(self, r: Floats, q: Floats) -> Floats:
        """Power of a reverse read (..., samples) [W] at lines `r` with curved voltages `q` (..., columns) [V]."""
        ground = np.zeros((*q.shape[:-1], self.plus.g.shape[0]))
        currents = self.plus.ports.column_currents(ground, q) + self.minus.ports.column_currents(ground, q)
        return np.asarray((r * currents).sum(axis=-1))

    def sensitivity(self, rows: Floats, columns: Floats, row_adjoint: Floats, column_adjoint: Floats) -> Floats:
        """`Coupling.sensitivity` along what a pulse moves: the mean of both halves, or the positive one alone."""
        plus = self.plus.sensitivity(rows, columns, row_adjoint, column_adjoint)
        if not self.push_pull:
            return plus
        return 0.5 * (plus + self.minus.sensitivity(rows, columns, row_adjoint, column_adjoint))


@dataclass(frozen=True)
class Layer:
    """One layer of neurons and the arrays in front of it.

    Attributes
    ----------
    weights : ndarray (inputs + bias, neurons) [1]
        Forward weights, the bias line last.
    reverse : ndarray (inputs, neurons) or None [1]
        Weights of the array read in reverse; None for the first layer, whose inputs are driven.
    variance, reverse_variance : ndarray or None [1]
        Variance of each weight in one read, forward and reverse; None without read noise.
    row_total, column_total : ndarray (inputs + bias,), (neurons,) [S]
        Conductance on each word line (forward reads) and each bit line (reverse reads).
    forward_wires, reverse_wires : PairWires or None
        The arrays with their wires where lines have resistance; `weights` and `reverse` are what is left of the pairs
        at the ends of their lines.
    """

    weights: Floats
    reverse: Floats | None
    variance: Floats | None
    reverse_variance: Floats | None
    row_total: Floats
    column_total: Floats
    activation: Activation
    capacitance: float
    leak: float
    forward_wires: PairWires | None = None
    reverse_wires: PairWires | None = None

    @property
    def size(self) -> int:
        """Number of neurons."""
        return int(self.weights.shape[1])


@dataclass(frozen=True)
class RCDrive(Drive):
    """Inputs of a layered RC network during one phase.

    Attributes
    ----------
    inputs : ndarray (samples, neurons of layer 1) [V]
        Bracket of the first layer from inputs and bias, read noise included.
    power : ndarray (samples,) [W]
        Power of the first array.
    deviation : ndarray (samples, neurons of layer 1) or (0, 0) [V]
        Standard deviation of the inputs by the read noise of the first array.
    """

    inputs: Floats = field(default_factory=lambda: np.empty((0, 0)))
    power: Floats = field(default_factory=lambda: np.empty(0))
    deviation: Floats = field(default_factory=lambda: np.empty((0, 0)))


@dataclass(frozen=True)
class LayeredRC(Network):
    """The circuit of one instant: the weights that the arrays hold now, and the neurons between them.

    Attributes
    ----------
    layers : sequence of Layer
        From the first hidden layer to the outputs.
    iv : device I-V curve
    read_voltage : float [V]
        Full scale of lines; the bias lines stand at it.
    gain : float
        Feedback gain s.
    bias : bool
        Whether the last row of each array is a bias line.
    slices : tuple of slice
        Columns of `v` that hold each layer.
    tau, leak : ndarray (nodes,) [s], [S]
    bias_drive : float [V]
        q of the bias lines.
    constants : tuple of ndarray (neurons,) or None [V]
        Bracket that each layer's bias line contributes.
    """

    layers: Sequence[Layer]
    iv: IV
    read_voltage: float
    gain: float
    bias: bool
    slices: tuple[slice, ...] = field(init=False)
    tau: Floats = field(init=False)
    leak: Floats = field(init=False)
    bias_drive: float = field(init=False)
    constants: tuple[Floats | None, ...] = field(init=False)

    def __post_init__(self) -> None:
        edges = np.cumsum([0, *(layer.size for layer in self.layers)])
        object.__setattr__(self, "slices", tuple(slice(a, b) for a, b in itertools.pairwise(edges)))
        per_node = [(layer.capacitance, layer.leak, layer.size) for layer in self.layers]
        object.__setattr__(self, "tau", np.concatenate([np.full(n, c / g) for c, g, n in per_node]))
        object.__setattr__(self, "leak", np.concatenate([np.full(n, g) for _, g, n in per_node]))
        bias_drive = float(self.iv.drive(np.array([self.read_voltage]))[0])
        object.__setattr__(self, "bias_drive", bias_drive)
        constants = tuple(layer.weights[-1] * bias_drive if self.bias else None for layer in self.layers)
        object.__setattr__(self, "constants", constants)

    def inner(self, layer: Layer) -> Floats:
        """Weights of a layer without its bias line (inputs, neurons) [1]."""
        return layer.weights[:-1] if self.bias else layer.weights

    def rows(self, r: Floats) -> Floats:
        """Rows of an array (..., samples, rows) [V]: lines, then the bias line."""
        return with_bias(r, self.read_voltage) if self.bias else r

    def rates(self, v: Floats) -> list[Floats]:
        """Line voltages of each layer [V] for node voltages `v` (..., samples, nodes) [V]."""
        return [layer.activation.rate(v[..., part]) for layer, part in zip(self.layers, self.slices, strict=True)]

    def quiet(self, x: Floats) -> RCDrive:
        """Drive of a free phase without read noise; the deviation of its inputs is ready for all phases."""
        first = self.layers[0]
        q = np.asarray(self.iv.drive(x))
        inputs = product(q, self.inner(first))
        lines = x.shape[1]
        if first.forward_wires is not None:
            power = first.forward_wires.row_power(self.rows(x), np.asarray(self.iv.drive(self.rows(x))))
        else:
            power = (q * x) @ first.row_total[:lines]
        constant = self.constants[0]
        if constant is not None:
            inputs += constant
            if first.forward_wires is None:
                power = power + self.read_voltage * self.bias_drive * first.row_total[-1]
        return RCDrive(inputs=inputs, power=power, deviation=self._deviation(q))

    def _deviation(self, q: Floats) -> Floats:
        """Standard deviation of the first layer's bracket [V] by the read noise of its array; empty without."""
        variance = self.layers[0].variance
        if variance is None:
            return np.empty((0, 0))
        spread = product(np.square(q), variance[: q.shape[1]])
        if self.bias:
            spread += self.bias_drive**2 * variance[-1]
        return np.sqrt(spread)

    def disturbed(self, quiet: Drive, noise: Deviates) -> Drive:
        """The same inputs with the read noise of one phase; that of the first array goes into the inputs."""
        assert isinstance(quiet, RCDrive)
        xi = noise[0][0]
        inputs = quiet.inputs if xi is None else quiet.inputs + xi * quiet.deviation
        return replace(quiet, noise=noise, inputs=inputs)

    def deviates(self, samples: int, rng: np.random.Generator) -> Deviates:
        """Fresh normal deviates of every array's read noise; empty where reads have none."""
        if self.layers[0].variance is None:
            return ()
        sizes = [layer.size for layer in self.layers]
        drawn: list[tuple[Floats | None, Floats | None]] = [(standard_normals((samples, sizes[0]), rng), None)]
        for before, here in itertools.pairwise(sizes):
            drawn.append((standard_normals((samples, here), rng), standard_normals((samples, before), rng)))
        return tuple(drawn)

    def bracket(self, v: Floats, drive: Drive) -> Floats:
        """Everything that drives the nodes, as a voltage: current into each node over its leak.

        Parameters
        ----------
        v : ndarray (samples, nodes) [V]
        drive : Drive

        Returns
        -------
        ndarray (samples, nodes) [V]
        """
        rates = self.rates(v)
        out = np.empty_like(v)
        assert isinstance(drive, RCDrive)
        out[:, self.slices[0]] = drive.inputs
        for k in range(1, len(self.layers)):
            layer, before, here = self.layers[k], self.slices[k - 1], self.slices[k]
            forward = self.iv.drive(rates[k - 1])
            backward = self.iv.drive(self.gain * rates[k])
            out[:, here] = forward @ self.inner(layer)
            constant = self.constants[k]
            if constant is not None:
                out[:, here] += constant
            assert layer.reverse is not None
            out[:, before] += backward @ layer.reverse.T
            if drive.noise:
                self._add_noise(out, k, forward, backward, drive.noise[k])
        if drive.beta != 0.0:
            out[:, self.slices[-1]] += drive.beta * drive.pull(rates[-1])
        return out

    def _add_noise(
        self, out: Floats, k: int, forward: Floats, backward: Floats, xi: tuple[Floats | None, Floats | None]
    ) -> None:
        """Read noise of array k: sum_j dw_j q_j has the standard deviation sqrt(sum_j var(w_j) q_j^2)."""
        layer = self.layers[k]
        if xi[0] is not None and layer.variance is not None:
            spread = np.square(forward) @ (layer.variance[:-1] if self.bias else layer.variance)
            if self.bias:
                spread += self.bias_drive**2 * layer.variance[-1]
            out[:, self.slices[k]] += xi[0] * np.sqrt(spread)
        if xi[1] is not None and layer.reverse_variance is not None:
            out[:, self.slices[k - 1]] += xi[1] * np.sqrt(np.square(backward) @ layer.reverse_variance.T)

    def drift(self, v: Floats, drive: Drive) -> Floats:
        """tau dv/dt = bracket - v (samples, nodes) [V]."""
        out = self.bracket(v, drive)
        out -= v
        return out

    def derivative(self, v: Floats, drive: Drive) -> Floats:
        """dv/dt (samples, nodes) [V/s]."""
        out = self.drift(v, drive)
        return np.divide(out, self.tau, out=out)

    def residual(self, v: Floats, drive: Drive) -> Floats:
        """Largest |C dv/dt|/(g V_read) of each sample (samples,) [1]."""
        return np.asarray(np.abs(self.drift(v, drive)).max(axis=1) / self.read_voltage)

    def powers(self, v: Floats, drive: Drive) -> Floats:
        """Powers (..., samples, 3) [W] at `v` (..., samples, nodes) [V]: devices of all arrays, leaks, nudging source.

        A device between a line at r and a virtual ground takes r i(r) = G r q(r), so that an array takes the sum of
        its line conductances times r q(r). The nudging source at the target d delivers |i (d - v)| into its output
        resistance; the magnitude, because a negative conductance is an active circuit that gives nothing back.
        """
        rates = self.rates(v)
        out = np.zeros((*v.shape[:-1], 3))
        assert isinstance(drive, RCDrive)
        arrays = np.broadcast_to(drive.power, v.shape[:-1]).copy()
        for k in range(1, len(self.layers)):
            layer = self.layers[k]
            r, s = rates[k - 1], self.gain * rates[k]
            if layer.forward_wires is not None and layer.reverse_wires is not None:
                lines = self.rows(r)
                arrays += layer.forward_wires.row_power(lines, np.asarray(self.iv.drive(lines)))
                arrays += layer.reverse_wires.column_power(s, np.asarray(self.iv.drive(s)))
                continue
            arrays += (r * self.iv.drive(r)) @ layer.row_total[: r.shape[-1]]
            if self.bias:
                arrays += self.read_voltage * self.bias_drive * layer.row_total[-1]
            arrays += (s * self.iv.drive(s)) @ layer.column_total
        out[..., 0] = arrays
        out[..., 1] = np.square(v) @ self.leak
        if drive.beta != 0.0 and drive.target is not None:
            part = self.slices[-1]
            current = drive.beta * drive.pull(rates[-1]) * self.leak[part]
            out[..., 2] = np.abs(current * (drive.target - v[..., part])).sum(axis=-1)
        return out

    def slopes(self, v: Floats) -> tuple[list[Floats], list[Floats]]:
        """dq(r)/dv and dq(s r)/dv of each layer (samples, neurons) [1]."""
        forward, backward = [], []
        for layer, part, r in zip(self.layers, self.slices, self.rates(v), strict=True):
            slope = layer.activation.slope(v[:, part])
            forward.append(slope * self.iv.slope(r))
            backward.append(slope * self.gain * self.iv.slope(self.gain * r))
        return forward, backward

    def jacobian(self, v: Floats, drive: Drive) -> Floats:
        """Derivative of dv/dt, read noise left out (samples, nodes, nodes) [1/s]."""
        samples, nodes = v.shape
        out = np.zeros((samples, nodes, nodes))
        out[:, range(nodes), range(nodes)] = -1.0
        forward, backward = self.slopes(v)
        for k in range(1, len(self.layers)):
            layer, before, here = self.layers[k], self.slices[k - 1], self.slices[k]
            assert layer.reverse is not None
            out[:, here, before] = self.inner(layer).T * forward[k - 1][:, None, :]
            out[:, before, here] = layer.reverse * backward[k][:, None, :]
        if drive.beta != 0.0 and drive.frozen is None:
            last = self.slices[-1]
            ends = range(last.start, last.stop)
            out[:, ends, ends] -= drive.beta * self.layers[-1].activation.slope(v[:, last])
        return out / self.tau[:, None]

    def within_rails(self, v: Floats) -> Floats:
        """Node voltages (..., samples, nodes) [V] as diodes at the rails of their neurons would hold them."""
        out = np.empty_like(v)
        for layer, part in zip(self.layers, self.slices, strict=True):
            out[..., part] = np.clip(v[..., part], *layer.activation.rails)
        return out

    def charging(self, before: Floats, after: Floats) -> Floats:
        """1/2 C (change of v)^2 of all nodes (samples,) [J]."""
        return np.asarray(0.5 * np.square(after - before) @ (self.tau * self.leak))

    def line_swings(self, before: Sequence[Floats], after: Sequence[Floats]) -> float:
        """Cells times squared swing of the next array's word lines and, in reverse, of the bit lines before [V^2]."""
        total = 0.0
        for k, swing in enumerate(swings(before, after)):
            ahead = self.layers[k + 1].size if k + 1 < len(self.layers) else 0
            behind = self.layers[k].weights.shape[0] if k > 0 else 0
            total += swing * (2 * ahead + 2 * behind * self.gain**2)
        return total

    @property
    def input_cells(self) -> int:
        """Cells on the two word lines of one input."""
        return 2 * self.layers[0].size
