"""Deep resistive network: nodes joined by conductances, diodes, bidirectional amplifiers, bias sources.

Node i of layer l, with capacitance C, held at u by its diode (u = v where it has none or a soft one):

    C dv_i/dt = sum_j g_ji q(a u_j - u_i)  -  h sum_k g_ik q(a u_i - u_k)  -  g_leak u_i - i_d(u_i) + beta g_n p
                array in front of layer l     array behind it                            diode     outputs

a and h are gain and back-current factor of the amplifiers between a layer and the next array (1 without). Rows of the
first array are the inputs, doubled (+x, -x), and of every array two bias sources. Scores s are the output voltages, or
differences of doubled outputs; p is the pull of the cost C at them, d - s for the squared error, and V their target.
With P_k the co-content of array k,

    F = sum_k c_k (P_k + leaks + diodes of layer k) + c_L beta g_n V^2 C,      c_k = prod_{stages before k} h/a

falls along every transient, c_l C_l dv_i/dt = -dF/du_i. F (`pseudo_power`) has the unit of power and is none: of
linear branches it is half of what they dissipate, of diodes and sources not even that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from analogep.costs import SQUARED_ERROR, Cost
from analogep.device.iv import Separable
from analogep.errors import SimulationError
from analogep.kinds.resistive.diodes import Clamp, IdealDiodes
from analogep.network.chain import Blocks, Chain
from analogep.network.coupling import Coupling, Derivatives, Held
from analogep.network.drive import Drive
from analogep.network.layered import Layered
from analogep.network.lines import slices_of, swings
from analogep.network.mismatch import ALIKE, Mismatched
from analogep.network.noise import Deviates, Spread

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stage:
    """One layer of nodes and the array in front of it.

    Attributes
    ----------
    coupling : Coupling
        Rows: the layer before (the first array: inputs, then inverted inputs), then bias sources. Columns: the nodes.
    bias : ndarray (sources,) [V]
        Voltages of the bias sources.
    capacitance, leak : float [F], [S]
    diodes : Clamp
        Between each node and ground.
    sign : ndarray (nodes,) [1]
        +1 for nodes that diodes keep above ground, -1 for those kept below.
    gain, back : float
        Amplifiers between this layer and the next array.
    spread : Spread or None
        Read noise of the array.
    noise_resistance : float [ohm]
        Resistor that makes as much noise as an amplifier's input.
    lag : float [s]
        Time constant of an amplifier, beyond which it makes no noise.
    own : Mismatched
        Offsets and gains of the layer's amplifiers; with gains of their own, forward or back, F is no function that
        transients lower.
    """

    coupling: Coupling
    bias: Floats
    capacitance: float
    leak: float
    diodes: Clamp
    sign: Floats
    gain: float = 1.0
    back: float = 1.0
    noise_resistance: float = 0.0
    lag: float = 0.0
    spread: Spread | None = None
    own: Mismatched = ALIKE

    @property
    def gains(self) -> Any:
        """a of each amplifier (nodes,) [1], or of all."""
        return self.gain if self.own.gain is None else self.gain * self.own.gain

    @property
    def backs(self) -> Any:
        """h of each amplifier (nodes,) [1], or of all."""
        return self.back if self.own.back is None else self.back * self.own.back

    def driven(self, u: Floats) -> Floats:
        """Lines behind the amplifiers a (u + offset) (..., nodes) [V] at the node voltages `u` (..., nodes) [V]."""
        return np.asarray(self.gains * (u if self.own.offset is None else u + self.own.offset))

    @property
    def size(self) -> int:
        """Number of nodes."""
        return int(self.sign.size)


@dataclass(frozen=True)
class ResistiveDrive(Drive):
    """Inputs of a resistive network during one phase.

    Attributes
    ----------
    rows : ndarray (samples, rows) [V]
        Rows of the first array.
    held : Held
        That array with its rows held.
    moments : list of ndarray
        Its read noise, as far as the rows decide it, as in `Spread.moments`.
    """

    rows: Floats = field(default_factory=lambda: np.empty((0, 0)))
    held: Held | None = None
    moments: Sequence[Floats] = ()


@dataclass(frozen=True)
class ResistiveEquations(Layered):
    """The circuit of one instant.

    Attributes
    ----------
    stages : sequence of Stage
        From the first hidden layer to the outputs.
    read_voltage : float [V]
        Full scale of the input lines.
    target : float [V]
        Score of the right class: the scale of residuals.
    nudging : float [S]
        Conductance of the nudging sources at beta = 1.
    doubled : bool
        Whether outputs come in pairs, all positive ones first.
    content : Separable
        Co-content per conductance that the update rule assumes.
    scales : tuple of float [1/S]
        Weight per siemens of each array.
    cost : Cost
    tau : ndarray (nodes,) [s]
        Capacitance over load, to which an ideal diode adds its conductance.
    load : ndarray (nodes,) [S]
        What a node sees of its leak and of both arrays, at 0 V.
    capacitance : ndarray (nodes,) [F]
    """

    stages: Sequence[Stage]
    read_voltage: float
    target: float
    nudging: float
    doubled: bool
    content: Separable
    scales: tuple[float, ...]
    cost: Cost = SQUARED_ERROR
    slices: tuple[slice, ...] = field(init=False)
    tau: Floats = field(init=False)
    load: Floats = field(init=False)
    capacitance: Floats = field(init=False)
    powers_of: ClassVar[tuple[str, ...]] = ("array", "leak", "diode", "nudging")

    def __post_init__(self) -> None:
        object.__setattr__(self, "slices", slices_of(stage.size for stage in self.stages))
        loads, hold = [], []
        for k, stage in enumerate(self.stages):
            load = stage.coupling.column_load() + stage.leak
            if k + 1 < len(self.stages):
                ahead = self.stages[k + 1].coupling.row_load()[: stage.size]
                load = load + stage.gains * stage.backs * ahead
            dead = np.flatnonzero(load <= 0.0)
            if dead.size:
                raise SimulationError(
                    f"node {dead[0] + 1} of layer {k + 1} is disconnected: every cell on its lines has 0 S and it has "
                    "no leak; give the layer a leak, or fewer dead cells (faults.dead)"
                )
            loads.append(load)
            clamp = stage.diodes
            hold.append(np.full(stage.size, clamp.conductance if isinstance(clamp, IdealDiodes) else 0.0))
        object.__setattr__(self, "load", np.concatenate(loads))
        object.__setattr__(self, "capacitance", np.concatenate([np.full(s.size, s.capacitance) for s in self.stages]))
        object.__setattr__(self, "tau", self.capacitance / (self.load + np.concatenate(hold)))

    def held(self, v: Floats) -> list[Floats]:
        """Node voltages u of each layer (..., samples, nodes) [V]: the state `v` (..., samples, nodes) [V] but for what
        ideal diodes hold."""
        parts = zip(self.stages, self.slices, strict=True)
        return [stage.diodes.held(v[..., part], stage.sign) for stage, part in parts]

    def rates(self, v: Floats) -> list[Floats]:
        """Voltages behind the amplifiers of each layer (..., samples, nodes) [V], a times those of the nodes: what is
        sampled."""
        return [stage.driven(u) for stage, u in zip(self.stages, self.held(v), strict=True)]

    @property
    def full_score(self) -> float:
        """Score of the right class [V]."""
        return self.target

    def scores(self, outputs: Floats) -> Floats:
        """Score of each class (..., classes) [V]: V_plus - V_minus of doubled outputs."""
        if not self.doubled:
            return outputs
        half = outputs.shape[-1] // 2
        return outputs[..., :half] - outputs[..., half:]

    def rows(self, k: int, u: Sequence[Floats]) -> Floats:
        """Rows of array k > 0 (..., samples, rows) [V] for node voltages `u` (..., samples, nodes) [V] by layer."""
        before = self.stages[k - 1].driven(u[k - 1])
        bias = self.stages[k].bias
        return np.concatenate([before, np.broadcast_to(bias, (*before.shape[:-1], bias.size))], axis=-1)

    def first_rows(self, x: Floats) -> Floats:
        """Rows of the first array (samples, rows) [V] for input lines `x` (samples, inputs) [V]."""
        bias = self.stages[0].bias
        return np.concatenate([x, -x, np.broadcast_to(bias, (x.shape[0], bias.size))], axis=1)

    def quiet(self, x: Floats) -> ResistiveDrive:
        """Drive of a free phase without read noise; what its variance has of the inputs is ready for all phases."""
        rows, first = self.first_rows(x), self.stages[0]
        moments = () if first.spread is None else first.spread.moments(rows)
        return ResistiveDrive(rows=rows, held=first.coupling.held(rows), moments=moments)

    def disturbed(self, quiet: Drive, noise: Deviates) -> Drive:
        """The same inputs with the read noise of one phase."""
        return replace(quiet, noise=noise)

    @property
    def noisy(self) -> bool:
        """Whether reads have noise."""
        return self.stages[0].spread is not None

    def currents(self, v: Floats, drive: Drive) -> Floats:
        """Current into every node's capacitor, C dv/dt (samples, nodes) [A]."""
        assert isinstance(drive, ResistiveDrive)
        assert drive.held is not None
        u = self.held(v)
        out = np.zeros_like(v)
        out[:, self.slices[0]] = drive.held.into(u[0])
        if drive.noise and self.stages[0].spread is not None:
            out[:, self.slices[0]] += _certain(drive.noise[0][0]) * self.stages[0].spread.held(
                list(drive.moments), u[0]
            )
        for k in range(1, len(self.stages)):
            self._between(out, k, u, drive)
        for stage, part, held in zip(self.stages, self.slices, u, strict=True):
            out[:, part] -= stage.leak * held + stage.diodes.current(held, stage.sign)
            if isinstance(stage.diodes, IdealDiodes):
                out[:, part] += stage.diodes.conductance * (held - v[:, part])
        if drive.beta != 0.0:
            current = drive.beta * self.nudging * self.pull(self.scores(u[-1]), drive)
            out[:, self.slices[-1]] += np.concatenate([current, -current], axis=1) if self.doubled else current
        return out

    def _between(self, out: Floats, k: int, u: Sequence[Floats], drive: Drive) -> None:
        """Currents of array k > 0 into its columns and back out of its rows."""
        stage, before = self.stages[k], self.stages[k - 1]
        rows = self.rows(k, u)
        into = stage.coupling.into(rows, u[k])
        drawn = stage.coupling.drawn(rows, u[k])[:, : before.size]
        if drive.noise and stage.spread is not None:
            forward, reverse = (_certain(part) for part in drive.noise[k])
            into = into + forward * stage.spread.into(rows, u[k])
            drawn = drawn + reverse * stage.spread.drawn(rows, u[k])[:, : before.size]
        out[:, self.slices[k]] += into
        out[:, self.slices[k - 1]] -= before.backs * drawn

    def residual(self, v: Floats, drive: Drive) -> Floats:
        """Largest |C dv/dt|/(load x target) of each sample (samples,) [1]."""
        return np.asarray((np.abs(self.currents(v, drive)) / self.load).max(axis=1) / self.target)

    def powers(self, v: Floats, drive: Drive) -> Floats:
        """Power of arrays, leaks, diodes and nudging sources (..., samples, 4) [W]."""
        assert isinstance(drive, ResistiveDrive)
        assert drive.held is not None
        u = self.held(v)
        out = np.zeros((*v.shape[:-1], 4))
        out[..., 0] = drive.held.power(u[0])
        for k, stage in enumerate(self.stages):
            if k > 0:
                out[..., 0] += stage.coupling.power(self.rows(k, u), u[k])
            out[..., 1] += stage.leak * np.square(u[k]).sum(axis=-1)
            out[..., 2] += (u[k] * stage.diodes.current(u[k], stage.sign)).sum(axis=-1)
        if drive.beta != 0.0 and drive.target is not None:
            score = self.scores(u[-1])
            current = drive.beta * self.nudging * self.pull(score, drive)
            out[..., 3] = self.cost.power(current, drive.target, score)
        return out

    def pseudo_power(self, v: Floats, drive: Drive) -> Floats:
        """F (samples,) [W] at `v` (samples, nodes) [V]: what every transient lowers. Never an energy, nor a power."""
        assert isinstance(drive, ResistiveDrive)
        u = self.held(v)
        total, weight = np.zeros(v.shape[0]), 1.0
        for k, stage in enumerate(self.stages):
            total += weight * stage.coupling.content(drive.rows if k == 0 else self.rows(k, u), u[k])
            total += weight * 0.5 * stage.leak * np.square(u[k]).sum(axis=1)
            total += weight * stage.diodes.content(u[k], stage.sign).sum(axis=1)
            if k + 1 < len(self.stages):
                weight *= stage.back / stage.gain
        if drive.beta != 0.0 and drive.target is not None:
            score = self.scores(u[-1])
            if drive.frozen is None:
                total += weight * drive.beta * self.nudging * self.target**2 * self.loss(v, drive.target)
            else:
                total -= weight * drive.beta * self.nudging * (drive.frozen * score).sum(axis=1)
        return total

    def chain(self, v: Floats, drive: Drive) -> Chain:
        """-d(C dv/dt)/dv of every sample, read noise left out, as a chain of layers."""
        assert isinstance(drive, ResistiveDrive)
        assert drive.held is not None
        u = self.held(v)
        blocks = Blocks(
            [
                np.zeros_like(x) + one.leak + one.diodes.slope(x, one.sign)
                for x, one in zip(u, self.stages, strict=True)
            ],
            [(x == v[:, part]).astype(np.float64) for x, part in zip(u, self.slices, strict=True)],
        )
        blocks.add(0, drive.held.stiffness(u[0]), self.stages[0].coupling.diagonal)
        for k in range(1, len(self.stages)):
            coupling = self.stages[k].coupling
            found = coupling.derivatives(self.rows(k, u), u[k])
            self._add_between(blocks, k, found, coupling.diagonal)
            blocks.add(k, found.columns, coupling.diagonal)
        stiffness = self.stiffness(self.scores(u[-1]), drive)
        if stiffness is not None:
            blocks.add(len(self.stages) - 1, self.nudging * self._pairs(stiffness), False)
        for k, stage in enumerate(self.stages):
            if isinstance(stage.diodes, IdealDiodes):
                free = blocks.seen[k]
                blocks.diagonal[k] = free * blocks.diagonal[k] + (1.0 - free) * stage.diodes.conductance
        stages = self.stages[:-1]
        return blocks.chain([stage.gain for stage in stages], [stage.back for stage in stages], held=True)

    def _add_between(self, blocks: Blocks, k: int, found: Derivatives, diagonal: bool) -> None:
        """Couple the layers before and behind array k; the chain has the nominal factors of the amplifiers itself."""
        before, own = self.stages[k - 1], self.stages[k - 1].own
        if own.gain is None and own.back is None:
            blocks.add_rows(k - 1, found.rows, diagonal, before.gain * before.back)
            blocks.couple(found.cross, found.cross, found.squares)
            return
        ones, size = np.ones(before.size), before.size
        ahead, back = (ones if one is None else one for one in (own.gain, own.back))
        rows = found.rows[:, :size] * (back * ahead) if diagonal else None
        if rows is None:
            rows = back[:, None] * found.rows[..., :size, :size] * ahead
        blocks.add_rows(k - 1, rows, diagonal, before.gain * before.back)
        cross = found.cross[..., :size, :]
        blocks.couple(ahead[:, None] * cross, back[:, None] * cross)

    def _pairs(self, stiffness: Floats) -> Floats:
        """That of scores (samples, classes, classes) as one of outputs (samples, outputs, outputs)."""
        return np.block([[stiffness, -stiffness], [-stiffness, stiffness]]) if self.doubled else stiffness

    def stable(self, v: Floats, drive: Drive) -> NDArray[np.bool_]:
        """Whether F has a minimum here (samples,): only negative nudging can take that away."""
        if drive.beta >= 0.0 or drive.frozen is not None:
            return np.ones(v.shape[0], dtype=bool)
        return self.chain(v, drive).definite()

    def charging(self, before: Floats, after: Floats) -> Floats:
        """1/2 C (change of u)^2 of all nodes (samples,) [J]."""
        change = np.concatenate(self.held(after), axis=-1) - np.concatenate(self.held(before), axis=-1)
        return np.asarray(0.5 * np.square(change) @ self.capacitance)

    def line_swings(self, before: Sequence[Floats], after: Sequence[Floats]) -> float:
        """Cells times squared swing of each node's bit line and of its word line in the next array [V^2]."""
        total = 0.0
        for k, swing in enumerate(swings(before, after)):
            # The bit line is at the node, the word line behind it at the amplifier's output.
            total += swing / self.stages[k].gain ** 2 * self.stages[k].coupling.row_load().size
            if k + 1 < len(self.stages):
                total += swing * self.stages[k + 1].size
        return total

    def input_swings(self, x: Floats) -> float:
        """Two word lines for each input."""
        return float(np.square(x).sum()) * 2 * self.stages[0].size

    def loop_gain_bound(self) -> float:
        """0: a resistive network has one equilibrium whatever its conductances [1]."""
        return 0.0


def _certain(deviates: Floats | None) -> Floats:
    """The deviates of an array that has some."""
    assert deviates is not None
    return deviates
