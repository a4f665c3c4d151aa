"""The Euler steps of a network with convolutions: products by BLAS, all else in one compiled sweep over the nodes.

A job is a few samples, whose patches stay near the core from their gathering to their product; threads take jobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from analogep.crossbar import threads
from analogep.jit import kernel
from analogep.network import Drive, Layer, RCDrive
from analogep.network.connection import Winners
from analogep.relaxation.relaxed import Relaxed
from analogep.relaxation.stepper import Stepper

Floats = NDArray[np.float64]
Reals = NDArray[Any]

_SAMPLES = 10
"""Samples of one job: a fixed number, so that any number of threads does the same; half a batch of the cards."""
_FAST = {"reassoc", "contract", "nsz"}


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy", inline="always")
def _curved(x, series):  # type: ignore[no-untyped-def]
    """x (c_0 + c_1 x^2 + ...)."""
    value = series[series.size - 1]
    for n in range(series.size - 2, -1, -1):
        value = value * (x * x) + series[n]
    return value * x


@kernel(fastmath=_FAST, error_model="numpy")
def sweep(v, bracket, share, held, rails, gain, series, loads, drives, sums):  # type: ignore[no-untyped-def]
    """v += share (bracket - v), then what the nodes drive and take in their new state.

    Parameters
    ----------
    v, bracket : ndarray (samples, nodes) [V]
        v is changed in place.
    share : float
        Step over time constant; 0 to look at v as it is.
    held : bool
        Whether nodes are put back onto their rails.
    rails : tuple of float [V]
    gain : float
        Of the reverse lines.
    series : ndarray
        Coefficients of the devices' curve.
    loads : tuple of ndarray (nodes,) [S]
        Conductances that each node drives forward and in reverse.
    drives : tuple of ndarray (samples, nodes) [V]
        Filled: q(r) and q(gain r).
    sums : ndarray (samples, 2)
        Filled: power of the arrays on these lines [W], sum of v^2 [V^2].
    """
    low, high = rails
    for b in range(v.shape[0]):
        array, square = v.dtype.type(0), v.dtype.type(0)
        for j in range(v.shape[1]):
            moved = v[b, j] + share * (bracket[b, j] - v[b, j])
            rate = min(max(moved, low), high)
            moved = rate if held else moved
            v[b, j] = moved
            back = gain * rate
            q, s = _curved(rate, series), _curved(back, series)
            drives[0][b, j], drives[1][b, j] = q, s
            array += rate * q * loads[0][j] + back * s * loads[1][j]
            square += moved * moved
        sums[b, 0], sums[b, 1] = array, square


@dataclass(frozen=True)
class _Level:
    """One layer's numbers in the precision of the steps."""

    layer: Layer
    inner: Reals
    reverse: Reals
    constant: Reals | None
    share: float
    leak: float
    loads: tuple[Reals, Reals]
    variances: tuple[Reals, Reals, Reals] | None


@dataclass(frozen=True)
class ConvolvedKernel(Stepper):
    """Steps of a network with convolutions and neurons that are linear between rails."""

    def march(self, drive: Drive, v0: Floats, count: int, h: float) -> Relaxed:
        """Take `count` steps of `h` seconds from `v0` (samples, nodes) [V]."""
        assert isinstance(drive, RCDrive)
        samples = v0.shape[0]
        v = [np.array(v0[:, part], self.kind, order="C") for part in self.network.slices]
        energy, residual = np.zeros((samples, 3)), np.zeros(samples)
        levels = self._levels(h, noisy=bool(drive.noise))

        def job(k: int) -> None:
            part = slice(k * _SAMPLES, min((k + 1) * _SAMPLES, samples))
            _Steps(self, levels, drive, part).run([one[part] for one in v], count, energy[part], residual[part])

        threads.share(job, -(-samples // _SAMPLES), threads.worth(v0.size * count))
        power = drive.power + self._bias_power()
        return self.left(np.concatenate(v, axis=1, dtype=np.float64), residual, energy, power, count, h)

    def _bias_power(self) -> float:
        """Power of the bias lines of all arrays but the first [W]."""
        network = self.network
        if not network.bias:
            return 0.0
        return network.read_voltage * network.bias_drive * sum(layer.bias_load for layer in network.layers[1:])

    def _levels(self, h: float, *, noisy: bool) -> list[_Level]:
        network, kind, found = self.network, self.kind, []
        for k, layer in enumerate(network.layers):
            ahead = network.layers[k + 1] if k + 1 < len(network.layers) else None
            none = np.zeros(layer.size)
            forward = none if ahead is None else ahead.row_load(network.inner(ahead).shape[0])
            constant, variances = network.constants[k], None
            reverse = np.empty((0, 0)) if layer.reverse is None else layer.reverse
            if noisy and k > 0:
                assert layer.variance is not None
                assert layer.reverse_variance is not None
                rows = layer.variance[:-1] if network.bias else layer.variance
                offset = network.bias_variance(layer) if network.bias else none
                variances = rows.astype(kind), layer.reverse_variance.astype(kind), offset.astype(kind)
            found.append(
                _Level(
                    layer=layer,
                    inner=np.ascontiguousarray(network.inner(layer), kind),
                    reverse=np.ascontiguousarray(reverse, kind),
                    constant=None if constant is None or k == 0 else constant.astype(kind),
                    share=h * layer.leak / layer.capacitance,
                    leak=layer.leak,
                    loads=(forward.astype(kind), (none if k == 0 else layer.column_load).astype(kind)),
                    variances=variances,
                )
            )
        return found


class _Steps:
    """The steps of one job's samples."""

    def __init__(self, kernel: ConvolvedKernel, levels: list[_Level], drive: RCDrive, part: slice) -> None:
        self.network, self.levels, self.kind = kernel.network, levels, kernel.kind
        self.held, self.series = kernel.solver.projected, np.array(kernel.series, dtype=kernel.kind)
        self.beta, self.inputs = drive.beta, np.asarray(drive.inputs[part], self.kind)
        self.target = None if drive.target is None else np.asarray(drive.target[part], self.kind)
        self.frozen = None if drive.frozen is None else np.asarray(drive.frozen[part], self.kind)
        self.noise = [
            tuple(None if xi is None else np.asarray(xi[part], self.kind) for xi in both) for both in drive.noise
        ]
        samples = self.inputs.shape[0]
        self.drives = [tuple(np.empty((samples, level.layer.size), self.kind) for _ in range(2)) for level in levels]

    def run(self, v: list[Reals], count: int, energy: Floats, residual: Floats) -> None:
        """All steps, in place; powers and the residual at the end are added and set."""
        bracket = [np.zeros_like(one) for one in v]
        for step in range(count + 1):
            weight = 0.5 if step in (0, count) else 1.0
            for k, level in enumerate(self.levels):
                self._sweep(k, level, v[k], bracket[k], 0.0 if step == 0 else level.share, weight, energy)
            self._bracket(v[-1], bracket, weight, energy)
        furthest = [np.abs(one - here).max(axis=1) for one, here in zip(bracket, v, strict=True)]
        residual[:] = np.max(furthest, axis=0) / self.network.read_voltage

    def _sweep(
        self, k: int, level: _Level, v: Reals, bracket: Reals, share: float, weight: float, energy: Floats
    ) -> None:
        kind, sums = self.kind, np.empty((v.shape[0], 2), self.kind)
        low, high = level.layer.activation.rails
        held, rails, gain = self.held and share > 0.0, (kind(low), kind(high)), kind(self.network.gain)
        sweep(v, bracket, kind(share), held, rails, gain, self.series, level.loads, self.drives[k], sums)
        energy[:, 0] += weight * sums[:, 0]
        energy[:, 1] += (weight * level.leak) * sums[:, 1]

    def _bracket(self, outputs: Reals, bracket: list[Reals], weight: float, energy: Floats) -> None:
        """What drives the nodes of each layer in the state that was swept."""
        bracket[0][...] = self.inputs
        for k in range(1, len(self.levels)):
            level, (ahead, behind) = self.levels[k], (self.drives[k - 1][0], self.drives[k][1])
            meet, winners = level.layer.connection, None
            if meet.linear:
                meet.read(ahead, level.inner, bracket[k])
                meet.read_back(behind, level.reverse, bracket[k - 1])
            else:
                bracket[k], winners = meet.compared(ahead, level.inner)
                bracket[k - 1] += meet.backward(behind, level.reverse, winners)
            if level.constant is not None:
                bracket[k] += level.constant
            if level.variances is not None:
                self._disturb(k, level.variances, winners, bracket)
        if self.beta != 0.0:
            self._nudge(outputs, bracket[-1], weight, energy)

    def _disturb(self, k: int, variances: tuple[Reals, Reals, Reals], winners: Winners, bracket: list[Reals]) -> None:
        """Read noise of both directions of array k."""
        meet, (forth, back) = self.levels[k].layer.connection, self.noise[k]
        assert forth is not None
        assert back is not None
        spread = meet.variance(np.square(self.drives[k - 1][0]), variances[0], winners) + variances[2]
        bracket[k] += forth * np.sqrt(spread)
        bracket[k - 1] += back * np.sqrt(meet.variance_back(np.square(self.drives[k][1]), variances[1], winners))

    def _nudge(self, outputs: Reals, bracket: Reals, weight: float, energy: Floats) -> None:
        """Nudging source: its pull, and the power that it gives."""
        assert self.target is not None
        low, high = self.levels[-1].layer.activation.rails
        pull = self.frozen if self.frozen is not None else self.target - np.clip(outputs, low, high)
        bracket += self.kind(self.beta) * pull
        current = abs(self.beta) * self.levels[-1].leak * pull
        energy[:, 2] += weight * np.abs(current * (self.target - outputs)).sum(axis=1)
