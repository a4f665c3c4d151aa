"""A network of one instant as the march takes it, and the march of a batch on all cores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Solver
from analogep.crossbar import threads
from analogep.engine.agitation import agitate
from analogep.engine.nodes import Complex, Neurons, Real
from analogep.engine.noise import Noise
from analogep.engine.own import Own
from analogep.engine.parts import Bent, Straight, devices, padded
from analogep.engine.products import GROUP
from analogep.engine.reads import Convolved, Dense
from analogep.engine.steps import Batch, Net, Plan, march
from analogep.kinds.rc.column_layout import columned, walk
from analogep.kinds.rc.drive import ColumnDrive, RCDrive
from analogep.kinds.rc.equations import RCEquations
from analogep.kinds.rc.reading import Held, Steps
from analogep.kinds.rc.wired_lines import WiredLines, wired_lines
from analogep.network.convolution import Convolution
from analogep.network.mismatch import OwnCurve, ends_of

Floats = NDArray[np.float64]
Reals = NDArray[Any]

_ACCURACY = {"double": 1e-15, "single": 1e-8}
_GROUPS = 4
"""Groups of rows of one job at most, whose state stays near the core."""
_LANES = 16
"""Numbers of a vector."""
_PAGE = 512
"""Numbers of a page of memory, of 8 bytes."""
_SAMPLES = 10
"""Samples of one job with convolutions: a fixed number, as sums of BLAS depend on it."""


def layout(network: RCEquations, solver: Solver, columns: Held | None = None) -> Layout | None:
    """Layout of the network as it stands, with what holds its lines, made once for all phases of a batch; None if the
    march does not serve it."""
    if not isinstance(network, RCEquations) or len(network.layers) < 2:
        return None
    known = network.made.get(__name__)
    if isinstance(known, Layout) and known.solver is solver:
        return known
    found = _layout(network, solver, columns)
    network.made[__name__] = found
    return found


def _layout(network: RCEquations, solver: Solver, columns: Held | None) -> Layout | None:
    kind: Any = np.float32 if solver.single else np.float64
    widest = max(abs(end) for layer in network.layers for end in layer.activation.rails)
    series = network.iv.series(widest * max(1.0, *map(np.max, network.gains)), _ACCURACY[solver.precision])
    curves = [layer.activation.numbers(kind) for layer in network.layers]
    hidden, output, first = curves[0], curves[-1], network.layers[0]
    alike = all((layer.leak, layer.capacitance) == (first.leak, first.capacitance) for layer in network.layers[:-1])
    if series is None or hidden is None or output is None or any(curve != hidden for curve in curves[:-1]) or not alike:
        return None
    return Layout(network, solver, kind, (hidden, output), devices(series, kind), columns)


def _current(drive: RCDrive) -> Floats:
    """Of all lines that stand still (samples,) [A]."""
    assert isinstance(drive, ColumnDrive)
    return drive.current


@dataclass(frozen=True)
class Layout:
    """Arrays of a network that stay the same during a march.

    Parameters
    ----------
    network : RCEquations
        All of its hidden neurons alike.
    solver : Solver
    kind : float32 or float64
    curves : tuple
        Of hidden and output neurons.
    devices : Straight or Bent
    columns : Held or None
        What holds the lines; None for what does so ideally.
    """

    network: RCEquations
    solver: Solver
    kind: Any
    curves: tuple[Any, Any]
    devices: Straight | Bent
    columns: Held | None = None

    @property
    def warms(self) -> bool:
        """Whether the ends of phases have their thermal noise: with columns that follow their lines."""
        return self.columns is not None and not self.columns.gathers

    @property
    def convolutional(self) -> bool:
        """Whether any array behind the first is a convolution."""
        return any(not layer.dense for layer in self.network.layers[1:])

    @cached_property
    def places(self) -> list[slice]:
        """Places of the layers in a row, each from a multiple of `_LANES` on."""
        found, start = [], 0
        for layer in self.network.layers:
            found.append(slice(start, start + layer.size))
            start += -(-layer.size // _LANES) * _LANES
        return found

    @property
    def room(self) -> int:
        """Places of a row: rows begin at other places of a page, or the processor takes them for the same."""
        room: int = -(-self.places[-1].stop // _LANES) * _LANES
        return room + (_LANES if room % _PAGE == 0 else 0)

    def still(self, array: NDArray[Any]) -> Reals:
        """The `array` (...) [u] in the march's precision (...) [u], as one that is not written to: their types are the
        same then."""
        out = np.ascontiguousarray(array, self.kind).view()
        out.flags.writeable = False
        return out

    @cached_property
    def _turned(self) -> NDArray[np.bool_]:
        """Which arrays have fewer neurons than nodes before: they are laid out by neurons, with long rows."""
        arrays = [self.network.inner(layer) for layer in self.network.layers]
        return np.array(
            [
                k > 0 and not self.convolutional and array.shape[1] < array.shape[0]
                for k, (layer, array) in enumerate(zip(self.network.layers, arrays, strict=True))
            ]
        )

    def _both(self, pairs: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> tuple[tuple[Reals, ...], ...]:
        """Forward and reverse arrays behind the first, laid out; one that serves both is held once."""
        ahead, behind = [self.still(np.zeros((1, 1)))], [self.still(np.zeros((1, 1)))]
        for k, (one, other) in enumerate(pairs, 1):
            same = one.ctypes.data == other.ctypes.data and one.strides == other.strides and one.shape == other.shape
            ahead.append(self.still(one.T if self._turned[k] else one))
            behind.append(ahead[-1] if same else self.still(other.T if self._turned[k] else other))
        return padded(ahead), padded(behind)

    @cached_property
    def _arrays(self) -> tuple[tuple[Reals, ...], ...]:
        network = self.network
        return self._both(
            [(network.inner(layer), layer.reverse) for layer in network.layers[1:] if layer.reverse is not None]
        )

    @cached_property
    def _meets(self) -> Dense | Convolved:
        if not self.convolutional:
            return Dense(self._turned)
        plain = (*(0,) * 7, 1, 1)
        shapes, chooses = [plain], [1]
        for layer in self.network.layers[1:]:
            meet = layer.connection
            one = meet if isinstance(meet, Convolution) else None
            shapes.append(plain if one is None else tuple(map(int, one.geometry)))  # type: ignore[arg-type]
            chooses.append(1 if one is None or one.linear else one.conv.pooled)
        return Convolved(padded(shapes, plain), np.array(chooses))

    @cached_property
    def _lines(self) -> tuple[Reals, tuple[Reals, Reals]]:
        """Brackets of bias lines and offsets, and what lines drive forward and in reverse, for all nodes."""
        network, layers = self.network, self.network.layers
        constants, ahead, behind = (np.zeros(self.room) for _ in range(3))
        for k, (layer, here) in enumerate(zip(layers, self.places, strict=True)):
            constant = network.constants[k]
            if k > 0:
                behind[here] = layer.column_load if self._wired is None else self._wired.load(k)[1]
                constants[here] = 0.0 if constant is None else constant
            if k + 1 < len(layers):
                rows = network.inner(layers[k + 1]).shape[0]
                ahead[here] = layers[k + 1].row_load(rows) if self._wired is None else self._wired.load(k + 1)[0]
        if isinstance(self.devices, Straight) and self.own is None and self.columns is None:
            ahead += network.gain**2 * behind
        return self.still(constants), (self.still(ahead), self.still(behind))

    @cached_property
    def _wired(self) -> WiredLines | None:
        return wired_lines(self.network)

    @cached_property
    def own(self) -> Own | None:
        """What neurons have of their own, place by place; None where they are alike but for offsets."""
        layers, network = self.network.layers, self.network
        curves = [layer.activation for layer in layers]
        plain = all(layer.own.pace is None and layer.own.back is None for layer in layers)
        if plain and not any(isinstance(curve, OwnCurve) for curve in curves):
            return None
        # Ends of a place that is none: 0 V, where it stays.
        table = np.repeat([[1.0], [0.0], [1.0], [0.0], [1.0], [1.0], [0.0], [0.0]], self.room, axis=1)
        for k, (layer, curve, here) in enumerate(zip(layers, curves, self.places, strict=True)):
            table[0, here] = layer.capacitance / layer.leak / layer.tau
            if isinstance(curve, OwnCurve):
                table[1:5, here] = np.stack([curve.shift, curve.scale, curve.foot, curve.gain])
            table[5, here] = network.gains[k] / network.gain
            table[6, here], table[7, here] = ends_of(curve)
        return Own(*map(self.still, table))

    def placed(self, values: Floats, empty: float = 0.0) -> Reals:
        """Numbers `values` of nodes (..., nodes) [u], or of the first of them, in places (..., places) [u], their unit
        u as it is; `empty` in those of none."""
        out = np.full((*values.shape[:-1], self.room), empty)
        for here, own in zip(self.places, self.network.slices, strict=True):
            if own.start < values.shape[-1]:
                out[..., here] = values[..., own]
        return self.still(out)

    def _nodes(self, parts: int, plan: Steps | None) -> Any:
        """What happens at the nodes."""
        if plan is not None and self.columns is not None:
            return columned(self, self.columns, plan)
        return Real(self.solver.projected, self.own) if parts == 1 else Complex(None)

    def _net(self, nodes: Any) -> Net:
        network, (constants, loads) = self.network, self._lines
        spans = [(to.start, to.stop, own.start) for to, own in zip(self.places, network.slices, strict=True)]
        ends = zip(self.curves, network.layers[-2:], strict=True)
        hidden, output = (Neurons(curve, self.kind(layer.leak)) for curve, layer in ends)
        return Net(
            np.array(spans), self.room, nodes, hidden, output, self.devices, self._meets, self._arrays, constants,
            loads, self.kind(network.gain),
        )  # fmt: skip

    def _noise(self, drives: Sequence[RCDrive]) -> Noise:
        """Variances, and the deviates of all phases."""
        if not drives[0].noise:
            none = np.zeros((1, 0, 0), self.kind)
            return Noise(1, self._arrays, self._lines[0], none, none)
        slices, shape = self.places, (len(drives), len(drives[0].inputs), self.room)
        forward, reverse = np.zeros(shape, self.kind), np.zeros(shape, self.kind)
        for ahead, behind, drive in zip(forward, reverse, drives, strict=True):
            for k, (one, other) in enumerate(drive.noise[1:], 1):
                ahead[:, slices[k]], behind[:, slices[k - 1]] = one, other
        return Noise(2, *self._variances, forward, reverse)

    @cached_property
    def _variances(self) -> tuple[Any, Reals]:
        """Of forward and reverse weights, and of the bias lines' brackets."""
        network, pairs = self.network, []
        constants = np.zeros(self.room)
        for layer, here in zip(network.layers[1:], self.places[1:], strict=True):
            assert layer.variance is not None
            assert layer.reverse_variance is not None
            pairs.append((layer.variance[:-1] if network.bias else layer.variance, layer.reverse_variance))
            if network.bias:
                constants[here] = network.bias_variance(layer)
        return self._both(pairs), self.still(constants)

    def run(
        self, drives: Sequence[RCDrive], start: Floats, grids: Sequence[tuple[int, float]], betas: Sequence[complex],
        *, chained: bool = False, constant: bool = False, parts: int = 1,
    ) -> tuple[Floats, Floats, Floats]:  # fmt: skip
        """March a batch through its phases.

        Parameters
        ----------
        drives : sequence of RCDrive
            Of each phase, or one for all; the last one has the target, and pulls that are frozen already.
        start : ndarray (samples, states) [V]
        grids : sequence of (count, h)
            Number of steps of each phase, and their length [s].
        betas : sequence of complex
        chained, constant
            As in `Plan`.
        parts : int
            2 for complex voltages, of linear devices and saturating neurons.

        Returns
        -------
        ndarray (phases, samples, parts, states) [V]
            Where each phase has ended.
        ndarray (phases, samples) [1]
            Largest remaining current over leak and read voltage.
        ndarray (phases, samples, 3 or 5) [J]
            Of all arrays, leaks and nudging, and with columns of drivers and columns.
        """
        network, (samples, _), phases = self.network, start.shape, len(grids)
        counts, lengths = np.array([count for count, _ in grids]), np.array([h for _, h in grids])
        paces = np.array([layer.leak / layer.capacitance for layer in network.layers[-2:]])
        held = None if self.columns is None else self.columns.steps(grids)
        counts = counts if held is None else held.counts
        plan = Plan(counts, np.outer(lengths, paces).astype(self.kind), np.array(betas, complex), chained, constant)
        batch = self._batch(drives, start, (phases, samples, parts, start.shape[1]))
        net, cost = self._net(self._nodes(parts, held)), network.cost.numbers(network.full_score, self.kind)
        workers = threads.worth(samples * parts * network.nodes * int(counts.sum()))
        groups = -(-samples * parts // GROUP)
        size = _SAMPLES if self.convolutional else max(1, GROUP * min(_GROUPS, -(-groups // workers)) // parts)

        noise = None if self.columns is None else walk(self, self.columns, drives, grids)

        def job(k: int) -> None:
            first, last = k * size, min((k + 1) * size, samples)
            march(first, last, net, cost, plan, batch)
            if noise is not None:
                agitate(first, last, net, cost, plan, batch, noise)

        threads.share(job, -(-samples // size), workers)
        if held is None:
            batch.energy[:] *= lengths[:, None, None]
            self._book(drives, batch, (counts * lengths, counts * lengths))
        else:
            self._book(drives, batch, (held.weights[..., 1].sum(axis=1), held.weights[..., 2].sum(axis=1)))
        return batch.ends, batch.residual / network.read_voltage, batch.energy

    def _book(self, drives: Sequence[RCDrive], batch: Batch, seconds: tuple[Floats, Floats]) -> None:
        """Add the joules of lines that stand still, driven forward and in reverse for `seconds` (phases,) [s] each."""
        network, energy, on = self.network, batch.energy, seconds[0][:, None]
        driver = None if self.columns is None else self.columns.columns.driver
        power = np.stack([drive.power for drive in drives])
        current = np.zeros_like(power) if driver is None else np.stack([_current(drive) for drive in drives])
        if self._wired is not None:
            # One part: cards with complex voltages and wires are refused (`circuit.holomorphic_rules`).
            ends = batch.ends[:, :, 0, : network.nodes]
            self._wired.books(energy, ends, np.stack([power, current]), seconds, driver)
            return
        bias = sum(layer.bias_load for layer in network.layers[1:]) if network.bias else 0.0
        power = power + network.read_voltage * network.bias_drive * bias
        energy[..., 0] += power * on
        if driver is not None:
            energy[..., 3] += (driver * current - power) * on

    def _batch(self, drives: Sequence[RCDrive], start: Floats, shape: tuple[int, ...]) -> Batch:
        """What the samples are driven by, and room for what comes of it."""
        inputs = drives[:1] if all(one.inputs is drives[0].inputs for one in drives) else drives
        none = np.zeros((shape[1], self.network.layers[-1].size), self.kind)
        target, frozen = drives[-1].target, drives[-1].frozen
        return Batch(
            start=np.ascontiguousarray(start, np.float64),
            inputs=np.stack([one.inputs for one in inputs]).astype(self.kind, copy=False),
            target=none if target is None else np.ascontiguousarray(target, self.kind),
            pulls=none if frozen is None else np.ascontiguousarray(frozen, self.kind),
            noise=self._noise(drives),
            ends=np.empty(shape),
            energy=np.zeros((*shape[:2], 3 if self.columns is None else 6)),
            residual=np.empty(shape[:2]),
        )
