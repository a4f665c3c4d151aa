"""The Euler steps of an RC network with one hidden layer, compiled: a sample after the other, all steps at once.

What `LayeredRC` says in matrix products over a batch is here a loop over the few outputs: the weights of one output
lie side by side, and with a sample's voltages they stay in the cache of the core from the first step to the last.
Currents of curved devices are power series in the line voltage (`IV.series`), powers are summed on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.activation import HardClip, ReLU
from analogep.circuit.phases import Solver
from analogep.crossbar import threads
from analogep.network import Drive, LayeredRC, Network, RCDrive
from analogep.relaxation.convolved import ConvolvedKernel
from analogep.relaxation.deep import DeepKernel
from analogep.relaxation.relaxed import Relaxed
from analogep.relaxation.stepper import Stepper
from analogep.relaxation.steps import euler_steps

Floats = NDArray[np.float64]
Reals = NDArray[Any]

MOST_OUTPUTS = 64
"""Outputs beyond which matrix products over a batch are faster than a loop over outputs."""
_SAMPLES = 4
"""Samples of one job: a fixed number, so that any number of threads does the same."""
_ACCURACY = {"double": 1e-15, "single": 1e-8}


def kernel(network: Network, solver: Solver) -> Stepper | None:
    """The kernel for a network as it stands, or None where there is none.

    With one hidden layer of linear neurons and few outputs a sample after the other, in matrix products otherwise, with
    convolutions in products of patches. All phases of a batch get the same one, which lays out its numbers once.
    """
    if not isinstance(network, LayeredRC) or len(network.layers) < 2:
        return None
    if any(layer.forward_wires is not None for layer in network.layers):
        return None
    known = network.made.get(__name__)
    if isinstance(known, Stepper) and known.solver is solver:
        return known
    found = _kernel(network, solver)
    network.made[__name__] = found
    return found


def _kernel(network: LayeredRC, solver: Solver) -> Stepper | None:
    widest = max(abs(end) for layer in network.layers for end in layer.activation.rails)
    series = network.iv.series(widest * max(1.0, network.gain), _ACCURACY[solver.precision])
    if series is None:
        return None
    linear = all(isinstance(layer.activation, HardClip | ReLU) for layer in network.layers)
    if not all(layer.dense for layer in network.layers[1:]):
        return ConvolvedKernel(network, solver, series) if linear else None
    few = len(network.layers) == 2 and network.layers[-1].size <= MOST_OUTPUTS
    return Kernel(network, solver, series) if linear and few else DeepKernel(network, solver, series)


@dataclass(frozen=True)
class Kernel(Stepper):
    """Steps of a network with two layers of weights and neurons that are linear between rails."""

    def march(self, drive: Drive, v0: Floats, count: int, h: float) -> Relaxed:
        """Take `count` steps of `h` seconds from `v0` (samples, nodes) [V]."""
        return self.phases([drive], v0, [(count, h)])[0]

    def phases(self, drives: Sequence[Drive], v0: Floats, grids: Sequence[tuple[int, float]]) -> list[Relaxed]:
        """Phases of the same samples, the first from `v0`, each other one from the end of the first.

        Samples do not meet: each goes through all phases while the weights are in the cache, and threads are called
        once.

        Parameters
        ----------
        drives : sequence of Drive
        v0 : ndarray (samples, nodes) [V]
        grids : sequence of (count, h)
            Number of steps of each phase, and their length [s].
        """
        (samples, nodes), hidden, kind = v0.shape, self.network.layers[0].size, self.kind
        states = np.empty((len(drives), samples, nodes), kind)
        states[0] = v0
        energy, residual = np.zeros((len(drives), samples, 3)), np.zeros((len(drives), samples))
        given = [self._given(drive, samples, h) for drive, (_, h) in zip(drives, grids, strict=True)]

        def job(first: int, last: int) -> None:
            for k, (count, _) in enumerate(grids):
                v = states[k]
                if k > 0:
                    v[first:last] = states[0, first:last]
                euler_steps(
                    first, last, count, self.solver.projected, v[:, :hidden], v[:, hidden:], *given[k], energy[k],
                    residual[k],
                )  # fmt: skip

        threads.divide(job, samples, _SAMPLES, threads.worth(v0.size * sum(count for count, _ in grids)))
        ends = states.astype(np.float64)
        found = []
        for k, (drive, (count, h)) in enumerate(zip(drives, grids, strict=True)):
            assert isinstance(drive, RCDrive)
            found.append(self.left(ends[k], residual[k], energy[k], drive.power, count, h))
        return found

    def _given(self, drive: Drive, samples: int, h: float) -> tuple[Any, ...]:
        """`signal` to `scalars` of `euler_steps`."""
        assert isinstance(drive, RCDrive)
        kind = self.kind
        weights, lines, rails, series = self._arrays
        noise = self._variances if drive.noise else self._quiet
        return self._signal(drive, samples, kind), weights, noise, lines, rails, series, self._scalars(drive, h)

    @cached_property
    def _arrays(self) -> tuple[tuple[Reals, ...], tuple[Reals, ...], Reals, Reals]:
        """Weights by output, conductance of lines, rails, coefficients of the devices' curve."""
        kind, network, (first, second) = self.kind, self.network, self.network.layers
        assert second.reverse is not None
        bias = network.constants[1] if network.constants[1] is not None else np.zeros(second.size)
        weights = (*_both_ways(kind, network.inner(second), second.reverse), bias.astype(kind))
        lines = (second.row_total[: first.size], second.column_total)
        rails = np.array([first.activation.rails, second.activation.rails])
        return weights, _as(kind, lines), rails.astype(kind), np.array(self.series, dtype=kind)

    @cached_property
    def _quiet(self) -> tuple[Reals, ...]:
        """No variances."""
        return _as(self.kind, (np.zeros((0, 0)), np.zeros((0, 0)), np.zeros(0)))

    @cached_property
    def _variances(self) -> tuple[Reals, ...]:
        """Variances of the weights by output, forward and reverse, and of the bias line's bracket."""
        kind, network, second = self.kind, self.network, self.network.layers[1]
        if second.variance is None or second.reverse_variance is None:
            return self._quiet
        offset = network.bias_drive**2 * second.variance[-1] if network.bias else np.zeros(second.size)
        inner = second.variance[:-1] if network.bias else second.variance
        return *_both_ways(kind, inner, second.reverse_variance), offset.astype(kind)

    def _signal(self, drive: RCDrive, samples: int, kind: Any) -> tuple[Reals, ...]:
        """Bracket of the hidden layer, target or frozen pull of the outputs, deviates of both directions."""
        outputs = self.network.layers[1].size
        pull = drive.frozen if drive.frozen is not None else drive.target
        target = np.zeros((samples, outputs)) if pull is None else pull
        aim = target if drive.target is None else drive.target
        forward, backward = drive.noise[1] if drive.noise else (None, None)
        deviates = [np.zeros((0, 0)) if xi is None else xi for xi in (forward, backward)]
        return _as(kind, (drive.inputs, target, aim, *deviates))

    def _scalars(self, drive: Drive, h: float) -> Reals:
        """Steps in time constants, leaks, beta, whether it is frozen, gain, read voltage, power of the bias line."""
        network = self.network
        first, second = network.layers
        bias = network.read_voltage * network.bias_drive * float(second.row_total[-1]) if network.bias else 0.0
        return np.array(
            [
                h * first.leak / first.capacitance,
                h * second.leak / second.capacitance,
                first.leak,
                second.leak,
                drive.beta,
                float(drive.frozen is not None),
                network.gain,
                network.read_voltage,
                bias,
            ],
            dtype=self.kind,
        )


def _as(kind: Any, arrays: tuple[Floats, ...]) -> tuple[Reals, ...]:
    return tuple(np.ascontiguousarray(array, dtype=kind) for array in arrays)


def _both_ways(kind: Any, forward: Floats, reverse: Floats) -> tuple[Reals, Reals]:
    """Numbers of an array by output, as they are read forward and in reverse: held once if they are the same."""
    there = np.ascontiguousarray(forward.T, dtype=kind)
    same = forward.ctypes.data == reverse.ctypes.data and forward.shape == reverse.shape
    return there, there if same and forward.strides == reverse.strides else _as(kind, (reverse.T,))[0]
