"""Passive summing nodes: no virtual ground, so that the array's conductances load the node that they drive.

Node i of layer l, lines of the layer before at +r and -r (bias lines at +V and -V), r = rho(A v):

    C dv_i/dt = sum_j [g+_ji q(r_j - v_i) + g-_ji q(-r_j - v_i)]                        arrays in front, forward
              + sum_k [g+_ik q(s r_k - v_i) + g-_ik q(-s r_k - v_i)]                    arrays behind, in reverse
              - g_L v_i + beta g_L p_i                                                  leak, nudging (outputs)

with r = rho(A (v + o)), C and s of each neuron's own and the offset o where neurons differ (`network.mismatch`).
Forward and reverse reads of one array take turns in hardware; here both act at once, and their joules are booked so.
For linear devices, shared arrays and node leaks g_i = g_L + sum (g+ + g-) this is descent on

    E = sum_l s^l [ sum_i g_i Phi(r_i)/A  -  sum_ij (g+_ji - g-_ji) r_j r_i ],      dE/dr_i = -s^l C dv_i/dt
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.costs import SQUARED_ERROR, Cost
from analogep.network.chain import Blocks, Chain
from analogep.network.coupling import Coupling, Held
from analogep.network.curve import Curve
from analogep.network.drive import Drive
from analogep.network.layered import Layered
from analogep.network.lines import slices_of, swings, with_bias
from analogep.network.mismatch import ALIKE, Mismatched, steepest_of
from analogep.network.noise import Deviates, Spread

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Half:
    """One array of a pair, as read forward and as read in reverse.

    Attributes
    ----------
    sign : float
        +1 for g_plus, whose lines stand at +r, -1 for g_minus.
    forward : Coupling
        Rows: the layer before and the bias line. Columns: the nodes.
    reverse : Coupling or None
        The array read in reverse, the same or a mirrored one; None for the first layer, whose inputs are driven.
    spread, reverse_spread : Spread or None
        Read noise of the two.
    """

    sign: float
    forward: Coupling
    reverse: Coupling | None
    spread: Spread | None = None
    reverse_spread: Spread | None = None


@dataclass(frozen=True)
class PassiveLayer:
    """One layer of neurons and the two arrays in front of it.

    Attributes
    ----------
    halves : (Half, Half)
        g_plus, g_minus.
    scale : float [1/S]
        Weight per siemens.
    activation : Curve
        The neurons' own, offsets at their inputs included.
    gain : float
        A of r = rho(A v).
    capacitance, leak : float [F], [S]
    size : int
        Number of nodes.
    nominal : Curve or None
        The curve that the update rule takes all neurons to have; None where that is `activation`.
    own : Mismatched
        Gains in reverse and time constants of the neurons' own.
    """

    halves: tuple[Half, Half]
    scale: float
    activation: Curve
    gain: float
    capacitance: float
    leak: float
    size: int
    nominal: Curve | None = None
    own: Mismatched = ALIKE

    def rate(self, v: Floats) -> Floats:
        """Line voltage rho(A v) (..., nodes) [V] at the node voltages `v` (..., nodes) [V]."""
        return self.activation.rate(self.gain * v)

    def slope(self, v: Floats) -> Floats:
        """Derivative of `rate` (..., nodes) [1] at `v` (..., nodes) [V]."""
        return self.gain * self.activation.slope(self.gain * v)

    def primitive(self, r: Floats) -> Floats:
        """Phi(r)/A (..., nodes) [V^2], the integral of the inverse of the nominal `rate` from 0 to `r` (..., nodes)
        [V]."""
        return (self.activation if self.nominal is None else self.nominal).primitive(r) / self.gain

    @property
    def back(self) -> Any:
        """Gain of each neuron in reverse over the nominal one (nodes,) [1], or 1."""
        return 1.0 if self.own.back is None else self.own.back

    @property
    def farads(self) -> Any:
        """Capacitance of each node (nodes,), or of all [F]."""
        return self.capacitance if self.own.pace is None else self.capacitance * self.own.pace


@dataclass(frozen=True)
class PassiveDrive(Drive):
    """Inputs of a passive network during one phase.

    Attributes
    ----------
    rows : ndarray (samples, rows) [V]
        Rows of the positive array of the first layer; those of the negative one stand at their negatives.
    held : tuple of Held
        Both arrays with their rows held.
    moments : tuple of list of ndarray
        Their read noise, as far as the rows decide it, as in `Spread.moments`; empty without.
    """

    rows: Floats = field(default_factory=lambda: np.empty((0, 0)))
    held: tuple[Held, ...] = ()
    moments: tuple[list[Floats], ...] = ()


@dataclass(frozen=True)
class PassiveEquations(Layered):
    """The circuit of one instant.

    Attributes
    ----------
    layers : sequence of PassiveLayer
        From the first hidden layer to the outputs.
    read_voltage : float [V]
        Full scale of lines; the bias lines stand at it.
    feedback : float
        Feedback gain s.
    bias : bool
        Whether the last row of each array is a bias line.
    scheme : str
        How the halves of a pair are programmed: `push_pull`, `reference` or `separate`.
    cost : Cost
    tau : ndarray (nodes,) [s]
        Time constants, capacitance over load.
    load, leak : ndarray (nodes,) [S]
        Everything that a node drives or is driven by, at 0 V; its leak alone.
    capacitance : ndarray (nodes,) [F]
    full_scale : ndarray (nodes,) [V]
        Node voltage at which a neuron of slope A reaches the read voltage.
    """

    layers: Sequence[PassiveLayer]
    read_voltage: float
    feedback: float
    bias: bool
    scheme: str
    cost: Cost = SQUARED_ERROR
    slices: tuple[slice, ...] = field(init=False)
    tau: Floats = field(init=False)
    load: Floats = field(init=False)
    leak: Floats = field(init=False)
    capacitance: Floats = field(init=False)
    full_scale: Floats = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "slices", slices_of(layer.size for layer in self.layers))
        loads = []
        for k, layer in enumerate(self.layers):
            load = layer.leak + sum(half.forward.column_load() for half in layer.halves)
            if k + 1 < len(self.layers):
                behind = (half.reverse for half in self.layers[k + 1].halves)
                load = load + sum(one.row_load()[: layer.size] for one in behind if one is not None)
            loads.append(load)
        object.__setattr__(self, "load", np.concatenate(loads))
        named: tuple[tuple[str, Callable[[PassiveLayer], Any]], ...] = (
            ("leak", lambda layer: layer.leak),
            ("capacitance", lambda layer: layer.farads),
            ("full_scale", lambda layer: self.read_voltage / layer.gain),
        )
        for name, of in named:
            object.__setattr__(self, name, np.concatenate([np.full(layer.size, of(layer)) for layer in self.layers]))
        object.__setattr__(self, "tau", self.capacitance / self.load)

    def rates(self, v: Floats) -> list[Floats]:
        """Line voltages of each layer (..., samples, neurons) [V]."""
        return [layer.rate(v[..., part]) for layer, part in zip(self.layers, self.slices, strict=True)]

    def rows(self, r: Floats) -> Floats:
        """Rows of a positive array read forward (..., samples, rows): `r` (..., samples, lines), then bias [V]."""
        return with_bias(r, self.read_voltage) if self.bias else r

    def reverse_rows(self, v: Floats) -> Floats:
        """Rows of an array read in reverse (..., samples, rows) [V]: nodes `v` (..., samples, nodes) [V], then the bias
        line at ground."""
        return with_bias(v, 0.0) if self.bias else v

    def quiet(self, x: Floats) -> PassiveDrive:
        """Drive of a free phase without read noise; what its variance has of the inputs is ready for all phases."""
        rows, halves = self.rows(x), self.layers[0].halves
        held = tuple(half.forward.held(half.sign * rows) for half in halves)
        moments = tuple(half.spread.moments(half.sign * rows) for half in halves if half.spread is not None)
        return PassiveDrive(rows=rows, held=held, moments=moments)

    def disturbed(self, quiet: Drive, noise: Deviates) -> Drive:
        """The same inputs with the read noise of one phase."""
        return replace(quiet, noise=noise)

    @property
    def noisy(self) -> bool:
        """Whether reads have noise."""
        return self.layers[0].halves[0].spread is not None

    def currents(self, v: Floats, drive: Drive) -> Floats:
        """Current into every node's capacitor, C dv/dt (samples, nodes) [A]."""
        assert isinstance(drive, PassiveDrive)
        rates, out = self.rates(v), -self.leak * v
        nodes = [v[:, part] for part in self.slices]
        out[:, self.slices[0]] += sum(held.into(nodes[0]) for held in drive.held)
        if drive.noise and drive.moments:
            self._add_first_noise(out, nodes[0], drive)
        for k in range(1, len(self.layers)):
            rows, back = self.rows(rates[k - 1]), self.reverse_rows(nodes[k - 1])
            here, before = self.slices[k], self.slices[k - 1]
            for half in self.layers[k].halves:
                assert half.reverse is not None
                out[:, here] += half.forward.into(half.sign * rows, nodes[k])
                ends = half.sign * self.feedback * self.layers[k].back * rates[k]
                out[:, before] -= half.reverse.drawn(back, ends)[:, : nodes[k - 1].shape[1]]
            if drive.noise:
                self._add_noise(out, k, nodes, rates, drive.noise[k])
        if drive.beta != 0.0:
            part = self.slices[-1]
            out[:, part] += drive.beta * self.leak[part] * self.pull(rates[-1], drive)
        return out

    def _add_first_noise(self, out: Floats, nodes: Floats, drive: PassiveDrive) -> None:
        forward = drive.noise[0][0]
        spreads = [half.spread for half in self.layers[0].halves]
        total = sum(
            np.square(spread.held(moments, nodes))
            for spread, moments in zip(spreads, drive.moments, strict=True)
            if spread is not None
        )
        assert forward is not None
        out[:, self.slices[0]] += forward * np.sqrt(total)

    def _add_noise(
        self, out: Floats, k: int, nodes: list[Floats], rates: list[Floats], xi: tuple[Floats | None, Floats | None]
    ) -> None:
        """Read noise of both arrays in front of layer k, forward and in reverse: their variances add."""
        rows, back = self.rows(rates[k - 1]), self.reverse_rows(nodes[k - 1])
        ahead, behind = np.zeros_like(nodes[k]), np.zeros_like(nodes[k - 1])
        for half in self.layers[k].halves:
            if half.spread is not None:
                ahead += np.square(half.spread.into(half.sign * rows, nodes[k]))
            if half.reverse_spread is not None:
                drawn = half.reverse_spread.drawn(back, half.sign * self.feedback * self.layers[k].back * rates[k])
                behind += np.square(drawn[:, : behind.shape[1]])
        for part, variance, deviates in zip((k, k - 1), (ahead, behind), xi, strict=True):
            if deviates is not None:
                out[:, self.slices[part]] += deviates * np.sqrt(variance)

    def agitation(self, v: Floats, drive: Drive) -> Floats:
        """D/(kT) = 2 load/C^2 (1, nodes) [V^2/(s J)]: a node by itself has kT/C, whatever loads it. What nudges outputs
        has gamma |beta| g_L beside the load. The neurons' amplifiers have no noise here."""
        load, last = self.load.copy(), self.slices[-1]
        load[last] += drive.stirred * self.leak[last]
        return (2.0 * load / np.square(self.capacitance))[None]

    def residual(self, v: Floats, drive: Drive) -> Floats:
        """Largest |C dv/dt| A/(load V_read) of each sample (samples,) [1]."""
        return np.asarray((np.abs(self.currents(v, drive)) / (self.load * self.full_scale)).max(axis=1))

    def powers(self, v: Floats, drive: Drive) -> Floats:
        """Power of all arrays, leaks and nudging source (..., samples, 3) [W]."""
        assert isinstance(drive, PassiveDrive)
        rates, out = self.rates(v), np.zeros((*v.shape[:-1], 3))
        nodes = [v[..., part] for part in self.slices]
        out[..., 0] = sum(held.power(nodes[0]) for held in drive.held)
        for k in range(1, len(self.layers)):
            rows, back = self.rows(rates[k - 1]), self.reverse_rows(nodes[k - 1])
            for half in self.layers[k].halves:
                assert half.reverse is not None
                out[..., 0] += half.forward.power(half.sign * rows, nodes[k])
                out[..., 0] += half.reverse.power(back, half.sign * self.feedback * self.layers[k].back * rates[k])
        out[..., 1] = np.square(v) @ self.leak
        if drive.beta != 0.0 and drive.target is not None:
            current = drive.beta * self.leak[self.slices[-1]] * self.pull(rates[-1], drive)
            out[..., 2] = self.cost.power(current, drive.target, nodes[-1])
        return out

    def chain(self, v: Floats, drive: Drive) -> Chain:
        """-d(C dv/dt)/dv of every sample, read noise left out, as a chain of layers."""
        assert isinstance(drive, PassiveDrive)
        rates = self.rates(v)
        nodes = [v[:, part] for part in self.slices]
        paired = list(zip(nodes, self.layers, strict=True))
        blocks = Blocks(
            [np.zeros_like(part) + layer.leak for part, layer in paired], [layer.slope(part) for part, layer in paired]
        )
        for held, half in zip(drive.held, self.layers[0].halves, strict=True):
            blocks.add(0, held.stiffness(nodes[0]), half.forward.diagonal)
        for k in range(1, len(nodes)):
            rows, back = self.rows(rates[k - 1]), self.reverse_rows(nodes[k - 1])
            ahead, behind = [], []
            for half in self.layers[k].halves:
                assert half.reverse is not None
                found = half.forward.derivatives(half.sign * rows, nodes[k])
                other = half.reverse.derivatives(back, half.sign * self.feedback * self.layers[k].back * rates[k])
                blocks.add(k, found.columns, half.forward.diagonal)
                blocks.add_rows(k - 1, other.rows, half.reverse.diagonal)
                ahead.append(half.sign * found.cross)
                behind.append(half.sign * other.cross)
            own, returned = self.layers[k].own.back, behind[0] + behind[1]
            blocks.couple(ahead[0] + ahead[1], returned if own is None else returned * own)
        stiffness = self.stiffness(rates[-1], drive)
        if stiffness is not None:
            blocks.add(len(nodes) - 1, self.layers[-1].leak * stiffness * blocks.seen[-1][:, None, :], False)
        stages = len(nodes) - 1
        return blocks.chain([1.0] * stages, [self.feedback] * stages, held=False)

    def charging(self, before: Floats, after: Floats) -> Floats:
        """1/2 C (change of v)^2 of all nodes (samples,) [J]."""
        return np.asarray(0.5 * np.square(after - before) @ self.capacitance)

    def line_swings(self, before: Sequence[Floats], after: Sequence[Floats]) -> float:
        """Cells times squared swing of word lines in the next arrays and, in reverse, of the bit lines before [V^2]."""
        total = 0.0
        for k, swing in enumerate(swings(before, after)):
            ahead = self.layers[k + 1].size if k + 1 < len(self.layers) else 0
            behind = self.layers[k].halves[0].forward.row_load().size if k > 0 else 0
            returned, own = swing, self.layers[k].own.back
            if own is not None:
                returned = float((np.square(after[k] - before[k]) @ np.square(own)).sum())
            total += swing * 2 * ahead + returned * 2 * behind * self.feedback**2
        return total

    def input_swings(self, x: Floats) -> float:
        """Two word lines for each input."""
        return float(np.square(x).sum()) * 2 * self.layers[0].size

    def loop_gain_bound(self) -> float:
        """Loop gain at 0 V with every neuron at its gain [1]; the slope of a curved device is that at 0 V."""
        rest = np.zeros((1, self.nodes))
        inputs = self.layers[0].halves[0].forward.row_load().size - int(self.bias)
        chain = self.chain(rest, self.drive(np.zeros((1, inputs))))
        steepest = [np.full((1, layer.size), layer.gain * steepest_of(layer.activation)) for layer in self.layers]
        return float(replace(chain, seen=steepest).loop_gain()[0])
