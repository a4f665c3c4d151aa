"""Layered RC network at virtual ground: Kirchhoff's current law, its Jacobian, its powers.

Node i of layer l with capacitance C, leak g, transfer curve rho, line voltage r = rho(v):

    C dv_i/dt = -g v_i + g [ sum_j w_ji q(r_j)  +  sum_k m_ik q(s r_k)  +  beta (d_i - r_i)  +  e_i ]
                            forward, layer l-1     reverse, layer l+1    nudging, outputs    read noise

(with an offset o_i in the bracket, and C, rho and s of each neuron's own, where neurons differ: `network.mismatch`)

with beta p in place of beta (d_i - r_i) for another cost of the pull p than the squared error (`costs`).

w are the weights that the forward arrays hold, m those of the arrays that are read in reverse (the same ones, or
mirrored), q(r) = i(r)/G the devices' current per conductance (r itself for linear devices), s the feedback gain.
Sums over the lines of a convolution are those of its patches, pooled (`connection`). Everything in the brackets is a
voltage; times g it is the current into the node. `drift` is that bracket minus v,
so that dv/dt = drift/tau with tau = C/g.

For shared linear arrays this is gradient descent on a function of the rates (Hopfield 1984): with lines scaled so
that s = 1, dE/dr_i = -C dv_i/dt, E = sum g Phi(r) - 1/2 r'Wr - I'r, and dE/dt = -sum C rho'(v) (dv/dt)^2 <= 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.costs import SQUARED_ERROR, Cost
from analogep.device.iv import IV
from analogep.draws import standard_normals
from analogep.kinds.rc.drive import RCDrive
from analogep.kinds.rc.layer import Layer
from analogep.kinds.rc.sparse import product
from analogep.network.base import Network
from analogep.network.connection import Winners
from analogep.network.drive import Drive
from analogep.network.lines import slices_of, swings, with_bias
from analogep.network.mismatch import ends_of
from analogep.network.noise import Deviates

Floats = NDArray[np.float64]


def _both(bias: Floats | None, offset: Floats | None) -> Floats | None:
    """The sum of what is there."""
    return bias if offset is None else offset if bias is None else bias + offset


@dataclass(frozen=True)
class RCEquations(Network):
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
    cost : Cost
    slices : tuple of slice
        Columns of `v` that hold each layer.
    tau : ndarray (nodes,) [s]
    bias_drive : float [V]
        q of the bias lines.
    constants : tuple of ndarray (neurons,) or None [V]
        Bracket that each layer's bias line and the neurons' offsets contribute.
    gains : tuple of float or ndarray (neurons,)
        Feedback gain of each layer, or of each of its neurons.
    made : dict
        What others have made of this instant's numbers and use in all of its phases, by their own names.
    """

    layers: Sequence[Layer]
    iv: IV
    read_voltage: float
    gain: float
    bias: bool
    cost: Cost = SQUARED_ERROR
    slices: tuple[slice, ...] = field(init=False)
    tau: Floats = field(init=False)
    bias_drive: float = field(init=False)
    constants: tuple[Floats | None, ...] = field(init=False)
    gains: tuple[Any, ...] = field(init=False)
    made: dict[str, object] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        sizes = [layer.size for layer in self.layers]
        object.__setattr__(self, "slices", slices_of(sizes))
        object.__setattr__(self, "tau", np.concatenate([layer.tau for layer in self.layers]))
        own = [layer.own for layer in self.layers]
        gains = tuple(self.gain if one.back is None else self.gain * one.back for one in own)
        object.__setattr__(self, "gains", gains)
        bias_drive = float(self.iv.drive(np.array([self.read_voltage]))[0])
        object.__setattr__(self, "bias_drive", bias_drive)
        spread = [layer.connection.spread(layer.weights[-1]) for layer in self.layers] if self.bias else None
        biases = [None if spread is None else spread[k] * bias_drive for k in range(len(self.layers))]
        offsets = [one.offset for one in own]
        object.__setattr__(self, "constants", tuple(map(_both, biases, offsets)))

    @cached_property
    def leak(self) -> Floats:
        """Leak of each node (nodes,) [S]."""
        return np.repeat([layer.leak for layer in self.layers], [layer.size for layer in self.layers])

    def inner(self, layer: Layer) -> Floats:
        """Weights of a layer without its bias line (inputs, neurons) [1]."""
        return layer.weights[:-1] if self.bias else layer.weights

    def rows(self, r: Floats) -> Floats:
        """Rows of an array (..., samples, rows) [V]: lines `r` (..., samples, lines) [V], then the bias line."""
        return with_bias(r, self.read_voltage) if self.bias else r

    def rates(self, v: Floats) -> list[Floats]:
        """Line voltages of each layer (..., samples, neurons) [V] for node voltages `v` (..., samples, nodes) [V]."""
        return [layer.activation.rate(v[..., part]) for layer, part in zip(self.layers, self.slices, strict=True)]

    def quiet(self, x: Floats) -> RCDrive:
        """Drive of a free phase without read noise; the deviation of its inputs is ready for all phases."""
        first = self.layers[0]
        q = np.asarray(self.iv.drive(x))
        inner = self.inner(first)
        inputs = product(q, inner) if first.dense else first.connection.forward(q.astype(inner.dtype), inner)
        if first.forward_wires is not None:
            power = first.forward_wires.row_power(self.rows(x), np.asarray(self.iv.drive(self.rows(x))))
        else:
            power = (q * x) @ first.row_load(inner.shape[0])
        constant = self.constants[0]
        if constant is not None:
            inputs += constant
            if self.bias and first.forward_wires is None:
                power = power + self.read_voltage * self.bias_drive * first.bias_load
        return RCDrive(inputs=inputs, power=power, deviation=self._deviation(q))

    def _deviation(self, q: Floats) -> Floats:
        """Standard deviation of the first layer's bracket [V] by the read noise of its array; empty without."""
        first = self.layers[0]
        if first.variance is None:
            return np.empty((0, 0))
        rows = first.variance[:-1] if self.bias else first.variance
        if first.dense:
            spread = product(np.square(q), rows)
        else:
            x = q.astype(rows.dtype)
            spread = first.connection.variance(np.square(x), rows, first.connection.winners(x, self.inner(first)))
        if self.bias:
            spread += self.bias_variance(first)
        return np.sqrt(spread)

    def bias_variance(self, layer: Layer) -> Floats:
        """Variance of the bracket by the noise of the bias line (neurons,) [V^2]."""
        assert layer.variance is not None
        return self.bias_drive**2 * layer.connection.spread(layer.variance[-1])

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
        ahead, behind = self.sides(v, drive)
        ahead += behind
        if drive.beta != 0.0:
            last = self.slices[-1]
            ahead[:, last] += self.nudging(v, drive)
        return ahead

    def nudging(self, v: Floats, drive: Drive) -> Floats:
        """What the nudging source adds to the bracket of the outputs (samples, outputs) [V] at `v` (samples, nodes)
        [V]."""
        return drive.beta * self.pull(self.layers[-1].activation.rate(v[:, self.slices[-1]]), drive)

    def sides(self, v: Floats, drive: Drive) -> tuple[Floats, Floats]:
        """What the arrays in front of the nodes and what those behind them drive them with, inputs in the former.

        Parameters and results as in `bracket`; nodes beyond the last (samples, more) are not looked at.
        """
        rates, shape = self.rates(v), (len(v), self.slices[-1].stop)
        ahead, behind = np.empty(shape, v.dtype), np.zeros(shape, v.dtype)
        assert isinstance(drive, RCDrive)
        ahead[:, self.slices[0]] = drive.inputs
        for k in range(1, len(self.layers)):
            layer, before, here = self.layers[k], self.slices[k - 1], self.slices[k]
            forward = self.iv.drive(rates[k - 1])
            backward = self.iv.drive(self.gains[k] * rates[k])
            connection, inner = layer.connection, self.inner(layer)
            ahead[:, here], winners = connection.compared(forward, inner)
            constant = self.constants[k]
            if constant is not None:
                ahead[:, here] += constant
            assert layer.reverse is not None
            behind[:, before] = connection.backward(backward, layer.reverse, winners)
            if layer.back_offset is not None:
                behind[:, before] += layer.back_offset
            if drive.noise:
                self._add_noise((ahead, behind), k, (forward, backward), winners, drive.noise[k])
        return ahead, behind

    def winners(self, rates: Sequence[Floats]) -> list[Winners]:
        """What the neurons of each layer follow, int64 (samples, places, columns) or None, at the `rates` of all layers
        (samples, neurons) [V]; None for the first, whose lines are not among them."""
        found: list[Winners] = [None]
        for r, layer in zip(rates[:-1], self.layers[1:], strict=True):
            found.append(layer.connection.winners(np.asarray(self.iv.drive(r)), self.inner(layer)))
        return found

    def _add_noise(
        self,
        sides: tuple[Floats, Floats],
        k: int,
        driven: tuple[Floats, Floats],
        winners: Winners,
        xi: tuple[Floats | None, Floats | None],
    ) -> None:
        """Read noise of array k: sum_j dw_j q_j has the standard deviation sqrt(sum_j var(w_j) q_j^2)."""
        layer, (forward, backward) = self.layers[k], driven
        if xi[0] is not None and layer.variance is not None:
            rows = layer.variance[:-1] if self.bias else layer.variance
            spread = layer.connection.variance(np.square(forward), rows, winners)
            if self.bias:
                spread += self.bias_variance(layer)
            sides[0][:, self.slices[k]] += xi[0] * np.sqrt(spread)
        if xi[1] is not None and layer.reverse_variance is not None:
            spread = layer.connection.variance_back(np.square(backward), layer.reverse_variance, winners)
            sides[1][:, self.slices[k - 1]] += xi[1] * np.sqrt(spread)

    def drift(self, v: Floats, drive: Drive) -> Floats:
        """tau dv/dt = bracket - v (samples, nodes) [V] at `v` (samples, nodes) [V]."""
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
        its line conductances times r q(r).
        """
        out, (forward, reverse) = np.zeros((*v.shape[:-1], 3)), self.array_powers(v, drive)
        out[..., 0] = forward + reverse
        out[..., 1] = np.square(v) @ self.leak
        if drive.beta != 0.0 and drive.target is not None:
            part = self.slices[-1]
            rate = self.layers[-1].activation.rate(v[..., part])
            current = drive.beta * self.pull(rate, drive) * self.leak[part]
            out[..., 2] = self.cost.power(current, drive.target, v[..., part])
        return out

    def array_powers(self, v: Floats, drive: Drive) -> tuple[Floats, Floats]:
        """Power of the devices of all arrays while they are read forward, and in reverse (..., samples) [W] at `v`
        (..., samples, nodes) [V]."""
        rates = self.rates(v)
        assert isinstance(drive, RCDrive)
        forward, reverse = np.broadcast_to(drive.power, v.shape[:-1]).copy(), np.zeros(v.shape[:-1])
        for k in range(1, len(self.layers)):
            layer = self.layers[k]
            r, s = rates[k - 1], self.gains[k] * rates[k]
            if layer.forward_wires is not None and layer.reverse_wires is not None:
                lines = self.rows(r)
                forward += layer.forward_wires.row_power(lines, np.asarray(self.iv.drive(lines)))
                reverse += layer.reverse_wires.column_power(s, np.asarray(self.iv.drive(s)))
                continue
            forward += (r * self.iv.drive(r)) @ layer.row_load(self.inner(layer).shape[0])
            if self.bias:
                forward += self.read_voltage * self.bias_drive * layer.bias_load
            reverse += (s * self.iv.drive(s)) @ layer.column_load
        return forward, reverse

    def slopes(self, v: Floats) -> tuple[list[Floats], list[Floats]]:
        """dq(r)/dv and dq(s r)/dv of each layer (samples, neurons) [1] at `v` (samples, nodes) [V]."""
        forward, backward = [], []
        for layer, part, gain, r in zip(self.layers, self.slices, self.gains, self.rates(v), strict=True):
            slope = layer.activation.slope(v[:, part])
            forward.append(slope * self.iv.slope(r))
            backward.append(slope * gain * self.iv.slope(gain * r))
        return forward, backward

    def jacobian(self, v: Floats, drive: Drive) -> Floats:
        """Derivative of dv/dt, read noise left out (samples, nodes, nodes) [1/s]."""
        samples, nodes = v.shape
        out = np.zeros((samples, nodes, nodes))
        out[:, range(nodes), range(nodes)] = -1.0
        forward, backward = self.slopes(v)
        rates = self.rates(v)
        winners = self.winners(rates)
        for k in range(1, len(self.layers)):
            layer, before, here = self.layers[k], self.slices[k - 1], self.slices[k]
            assert layer.reverse is not None
            ahead, behind = (layer.connection.matrices(one, winners[k]) for one in (self.inner(layer), layer.reverse))
            out[:, here, before] = np.swapaxes(ahead, -1, -2) * forward[k - 1][:, None, :]
            out[:, before, here] = behind * backward[k][:, None, :]
        stiffness = self.stiffness(rates[-1], drive)
        if stiffness is not None:
            last = self.slices[-1]
            out[:, last, last] -= stiffness * self.layers[-1].activation.slope(v[:, last])[:, None, :]
        return out / self.tau[:, None]

    def agitation(self, v: Floats, drive: Drive) -> Floats:
        """D/(kT) = 2 [g + g^2 (sum R_f^2 G)]/C^2 (1, nodes) [V^2/(s J)], so that a node by itself has the variance

            (kT/C) [1 + g sum R_f^2 G]

        G are the cells at the virtual grounds that feed the node, forward and in reverse, and R_f the weight per
        siemens: their current reaches the node times g R_f. Columns of an average are read in turn, each with all its
        cells. The columns' own amplifiers have no noise here. What nudges outputs has gamma |beta| g beside g.
        """
        if drive.stirred == 0.0:
            return self._agitation
        out, last = self._agitation.copy(), self.slices[-1]
        out[:, last] += 2.0 * drive.stirred / (np.square(self.tau[last]) * self.leak[last])
        return out

    @cached_property
    def _agitation(self) -> Floats:
        sums = np.zeros(self.nodes)
        for k, (layer, part) in enumerate(zip(self.layers, self.slices, strict=True)):
            if layer.ground is None:
                raise TypeError(f"layer {k + 1} does not say which cells end at its virtual grounds")
            forward, reverse = layer.ground
            sums[part] += layer.connection.spread(forward)
            if k > 0:
                sums[self.slices[k - 1]] += layer.connection.row_load(reverse)
        return np.asarray((2.0 / np.square(self.tau) * (1.0 / self.leak + sums))[None])

    def within_rails(self, v: Floats) -> Floats:
        """Node voltages (..., samples, nodes) [V] as diodes at the rails of their neurons would hold them."""
        out = np.empty_like(v)
        for layer, part in zip(self.layers, self.slices, strict=True):
            out[..., part] = np.clip(v[..., part], *ends_of(layer.activation))
        return out

    def charging(self, before: Floats, after: Floats) -> Floats:
        """1/2 C (change of v)^2 of all nodes (samples,) [J]."""
        return np.asarray(0.5 * np.square(after - before) @ (self.tau * self.leak))

    def line_swings(self, before: Sequence[Floats], after: Sequence[Floats]) -> float:
        """Cells times squared swing of the next array's word lines and, in reverse, of the bit lines before [V^2]."""
        total = 0.0
        for k, swing in enumerate(swings(before, after)):
            if k + 1 < len(self.layers):
                ahead = self.layers[k + 1]
                total += 2 * ahead.connection.line_swings(swing, after[k], ahead.weights.shape[1])
            if k > 0:
                layer = self.layers[k]
                if layer.own.back is not None:
                    swing = float((np.square(after[k] - before[k]) @ np.square(layer.own.back)).sum())
                total += 2 * self.gain**2 * layer.connection.line_swings_back(swing, after[k], layer.weights.shape[0])
        return total

    def input_swings(self, x: Floats) -> float:
        """Cells times squared swing of the word lines of all inputs `x` (samples, inputs) [V], from 0 V [V^2]."""
        first = self.layers[0]
        return 2 * first.connection.line_swings(float(np.square(x).sum()), x, first.weights.shape[1])

    @property
    def slots(self) -> int:
        """Reads one after another of the array that serves most patches."""
        return max(layer.connection.slots for layer in self.layers)
