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
from analogep.engine.nodes import Complex, Real
from analogep.engine.noise import Noise
from analogep.engine.parts import Straight, padded
from analogep.engine.products import GROUP
from analogep.engine.reads import Convolved
from analogep.engine.steps import Batch, Net, march
from analogep.kinds.rc.column_layout import columned, walk
from analogep.kinds.rc.drive import ColumnDrive, RCDrive
from analogep.kinds.rc.equations import RCEquations
from analogep.kinds.rc.frame import FRAMES, Frame, Frames
from analogep.kinds.rc.reading import Held, Steps
from analogep.kinds.rc.wired_lines import WiredLines, wired_lines

Floats = NDArray[np.float64]
Reals = NDArray[Any]

_GROUPS = 4
"""Groups of rows of one job at most, whose state stays near the core."""
_SAMPLES = 10
"""Samples of one job with convolutions: a fixed number, as sums of BLAS depend on it."""


def layout(network: RCEquations, solver: Solver, columns: Held | None = None) -> Layout | None:
    """Layout of the network as it stands, with what holds its lines, made once for all phases of a batch; None if the
    march does not serve it."""
    if not isinstance(network, RCEquations) or len(network.layers) < 2:
        return None
    known = network.made.get(__name__)
    if isinstance(known, Layout) and known.frame.solver is solver:
        return known
    frames = network.made.setdefault(FRAMES, Frames())
    assert isinstance(frames, Frames)
    frame = frames.of(network, solver)
    found = None if frame is None else Layout(network, frame, columns)
    network.made[__name__] = found
    return found


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
    frame : Frame
        Of its chip.
    columns : Held or None
        What holds the lines; None for what does so ideally.
    """

    network: RCEquations
    frame: Frame
    columns: Held | None = None

    @property
    def warms(self) -> bool:
        """Whether the ends of phases have their thermal noise: with columns that follow their lines."""
        return self.columns is not None and not self.columns.gathers

    def _both(self, pairs: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> tuple[tuple[Reals, ...], ...]:
        """Forward and reverse arrays behind the first, laid out; one that serves both is held once."""
        still, turned = self.frame.still, self.frame.turned
        ahead, behind = [self.frame.none], [self.frame.none]
        for k, (one, other) in enumerate(pairs, 1):
            place, its = one.__array_interface__, other.__array_interface__
            same = place["data"] == its["data"] and one.strides == other.strides and one.shape == other.shape
            ahead.append(still(one.T if turned[k] else one))
            behind.append(ahead[-1] if same else still(other.T if turned[k] else other))
        return padded(ahead), padded(behind)

    @cached_property
    def _arrays(self) -> tuple[tuple[Reals, ...], ...]:
        network = self.network
        return self._both(
            [(network.inner(layer), layer.reverse) for layer in network.layers[1:] if layer.reverse is not None]
        )

    @cached_property
    def _lines(self) -> tuple[Reals, tuple[Reals, Reals]]:
        """Brackets of bias lines and offsets, and what lines drive forward and in reverse, for all nodes."""
        network, layers = self.network, self.network.layers
        constants, ahead, behind = table = np.zeros((3, self.frame.room))
        for k, (layer, here) in enumerate(zip(layers, self.frame.places, strict=True)):
            constant = network.constants[k]
            if k > 0:
                behind[here] = layer.column_load if self._wired is None else self._wired.load(k)[1]
                constants[here] = 0.0 if constant is None else constant
            if k + 1 < len(layers):
                rows = network.inner(layers[k + 1]).shape[0]
                ahead[here] = layers[k + 1].row_load(rows) if self._wired is None else self._wired.load(k + 1)[0]
        if isinstance(self.frame.devices, Straight) and self.frame.own is None and self.columns is None:
            ahead += network.gain**2 * behind
        constants, ahead, behind = self.frame.still(table)
        return constants, (ahead, behind)

    @cached_property
    def _wired(self) -> WiredLines | None:
        return wired_lines(self.network)

    def _nodes(self, parts: int, plan: Steps | None) -> Any:
        """What happens at the nodes."""
        if plan is not None and self.columns is not None:
            return columned(self.network, self.frame, self.columns, plan)
        return Real(self.frame.solver.projected, self.frame.own) if parts == 1 else Complex(None)

    def _net(self, nodes: Any) -> Net:
        frame, (constants, loads) = self.frame, self._lines
        return Net(
            frame.spans, frame.room, nodes, *frame.neurons, frame.devices, frame.meets, self._arrays, constants, loads,
            frame.kind(self.network.gain),
        )  # fmt: skip

    def _noise(self, drives: Sequence[RCDrive]) -> Noise:
        """Variances, and the deviates of all phases."""
        if not drives[0].noise:
            none = np.zeros((1, 0, 0), self.frame.kind)
            return Noise(1, self._arrays, self._lines[0], none, none)
        slices, shape = self.frame.places, (len(drives), len(drives[0].inputs), self.frame.room)
        forward, reverse = np.zeros(shape, self.frame.kind), np.zeros(shape, self.frame.kind)
        for ahead, behind, drive in zip(forward, reverse, drives, strict=True):
            for k, (one, other) in enumerate(drive.noise[1:], 1):
                ahead[:, slices[k]], behind[:, slices[k - 1]] = one, other
        return Noise(2, *self._variances, forward, reverse)

    @cached_property
    def _variances(self) -> tuple[Any, Reals]:
        """Of forward and reverse weights, and of the bias lines' brackets."""
        network, pairs = self.network, []
        constants = np.zeros(self.frame.room)
        for layer, here in zip(network.layers[1:], self.frame.places[1:], strict=True):
            assert layer.variance is not None
            assert layer.reverse_variance is not None
            pairs.append((layer.variance[:-1] if network.bias else layer.variance, layer.reverse_variance))
            if network.bias:
                constants[here] = network.bias_variance(layer)
        return self._both(pairs), self.frame.still(constants)

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
        network, frame, (samples, _), phases = self.network, self.frame, start.shape, len(grids)
        held, plan = None, frame.plan(tuple(grids), tuple(betas), chained, constant)
        if self.columns is not None:
            held = self.columns.steps(grids)
            plan = plan._replace(counts=held.counts)
        batch = self._batch(drives, start, (phases, samples, parts, start.shape[1]))
        net, cost = self._net(self._nodes(parts, held)), frame.cost
        workers = threads.worth(samples * parts * network.nodes * int(plan.counts.sum()))
        groups = -(-samples * parts // GROUP)
        dense = max(1, GROUP * min(_GROUPS, -(-groups // workers)) // parts)
        size = _SAMPLES if isinstance(frame.meets, Convolved) else dense

        noise = None if self.columns is None else walk(network, frame, self.columns, drives, grids)

        def job(k: int) -> None:
            first, last = k * size, min((k + 1) * size, samples)
            march(first, last, net, cost, plan, batch)
            if noise is not None:
                agitate(first, last, net, cost, plan, batch, noise)

        threads.share(job, -(-samples // size), workers)
        if held is None:
            lengths = np.array([h for _, h in grids])
            batch.energy[:] *= lengths[:, None, None]
            self._book(drives, batch, (plan.counts * lengths,) * 2)
        else:
            self._book(drives, batch, (held.weights[..., 1].sum(axis=1), held.weights[..., 2].sum(axis=1)))
        return batch.ends, batch.residual / network.read_voltage, batch.energy

    def _book(self, drives: Sequence[RCDrive], batch: Batch, seconds: tuple[Floats, Floats]) -> None:
        """Add the joules of lines that stand still, driven forward and in reverse for `seconds` (phases,) [s] each."""
        network, energy, on = self.network, batch.energy, seconds[0][:, None]
        driver = None if self.columns is None else self.columns.columns.driver
        power, current = np.array([drive.power for drive in drives]), None
        if driver is not None:
            current = np.array([_current(drive) for drive in drives])
        if self._wired is not None:
            # One part: cards with complex voltages and wires are refused (`circuit.holomorphic_rules`).
            ends = batch.ends[:, :, 0, : network.nodes]
            both = np.stack([power, np.zeros_like(power) if current is None else current])
            self._wired.books(energy, ends, both, seconds, driver)
            return
        bias = sum(layer.bias_load for layer in network.layers[1:]) if network.bias else 0.0
        power = power + network.read_voltage * network.bias_drive * bias
        energy[..., 0] += power * on
        if driver is not None and current is not None:
            energy[..., 3] += (driver * current - power) * on

    def _batch(self, drives: Sequence[RCDrive], start: Floats, shape: tuple[int, ...]) -> Batch:
        """What the samples are driven by, and room for what comes of it."""
        inputs = drives[:1] if all(one.inputs is drives[0].inputs for one in drives) else drives
        kind = self.frame.kind
        none = np.zeros((shape[1], self.network.layers[-1].size), kind)
        target, frozen = drives[-1].target, drives[-1].frozen
        return Batch(
            start=np.ascontiguousarray(start, np.float64),
            inputs=np.array([one.inputs for one in inputs], kind),
            target=none if target is None else np.ascontiguousarray(target, kind),
            pulls=none if frozen is None else np.ascontiguousarray(frozen, kind),
            noise=self._noise(drives),
            ends=np.empty(shape),
            energy=np.zeros((*shape[:2], 3 if self.columns is None else 6)),
            residual=np.empty(shape[:2]),
        )
