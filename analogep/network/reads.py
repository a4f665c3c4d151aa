"""Read noise of the phases of one sample: deviates with the correlation that its spectrum gives them.

The phases of a sample follow each other and are sampled at their ends, t_0 (free), t_1, t_2, ... (nudged). With the
correlation rho of two reads a lag apart (`device.components`) and R_pq = rho(|t_p - t_q|) = (L L')_pq, L lower
triangular,

    xi_p = sum_q<=p L_pq z_q,      z normal and fresh:      <xi_p xi_q> = R_pq.

For two phases xi_0 = z_0 and xi_1 = rho z_0 + sqrt(1 - rho^2) z_1. A line's current then scatters by the variance of a
read in each phase, and the difference of two phases by D(t_p - t_q) of the spectrum.

What is slower than a sample is thus common to its phases, and cancels in their differences as on the chip. Between
samples all is drawn anew, those of a batch included, and so is it at test time: slow noise keeps its variance and loses
its memory, and a train of samples averages over what the chip would learn with. With `read.between_samples: wander` the
cells carry it along instead (`crossbar.wander`), and reads add the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analogep.device.components import Components
from analogep.network.base import Network
from analogep.network.noise import Deviates

if TYPE_CHECKING:
    from analogep.network.hardware import Hardware

Floats = NDArray[np.float64]


def phase_ends(hardware: Hardware, network: Network, nudged: int) -> Floats:
    """When the free phase and so many nudged ones are sampled (1 + nudged,) [s]; phases of two durations count in full,
    whether they may end before or not."""
    timing = hardware.circuit.timing
    steps = [timing.free.duration, *[timing.nudged.duration] * nudged]
    return np.asarray(network.slots * np.cumsum(steps), dtype=np.float64)


def correlations(hardware: Hardware, times: Floats) -> list[Floats]:
    """R of each layer of weights (reads, reads) [1] for reads that end at `times` (reads,) [s]."""
    g_max = hardware.device.conductance.max
    lags, found = np.abs(times[:, None] - times[None, :]), []
    for layer in range(hardware.circuit.depth):
        stores = [store for store in hardware.stores if store.layer == layer]
        arrays = [array for store in stores for array in store.halves.values()]
        first = stores[0]
        g = float(np.mean([array.row_g.mean() / first.shape[1] for array in arrays]))
        found.append(first.noise.correlations(lags, g, g_max, first.elapsed, first.averaging))
    return found


def factor(correlation: Floats) -> Floats:
    """L of R = L L' (reads, reads) [1], lower triangular with rows of length 1; R, the `correlation` (reads, reads)
    [1], may be singular.

    Where rounding, or an R that no process has, leaves a negative eigenvalue, that is taken as zero.
    """
    if (correlation == np.eye(len(correlation))).all():
        return correlation
    if (correlation == 1.0).all():
        held = np.zeros_like(correlation)
        held[:, 0] = 1.0
        return held
    values, vectors = np.linalg.eigh(correlation)
    upper: Floats = np.asarray(np.linalg.qr((vectors * np.sqrt(np.maximum(values, 0.0))).T)[1])
    root = upper.T
    root = root * np.where(np.diag(root) < 0.0, -1.0, 1.0)
    return np.asarray(root / np.linalg.norm(root, axis=1, keepdims=True))


class PhaseReads:
    """The read noise of the phases of a batch, one after the other.

    Parameters
    ----------
    network : Network
    samples : int
    rng : numpy.random.Generator
    factors : sequence of ndarray (phases, phases) [1]
        L of each layer of weights.
    """

    def __init__(self, network: Network, samples: int, rng: np.random.Generator, factors: Sequence[Floats]) -> None:
        self._network, self._samples, self._rng, self._factors = network, samples, rng, factors
        self._fresh: list[Deviates | None] = []

    def next(self) -> Deviates:
        """Deviates of the next phase, (samples, lines) [1] of each array; what is not needed is not drawn."""
        phase = len(self._fresh)
        rows = [one[phase, : phase + 1] for one in self._factors]
        needed = any(row[-1] != 0.0 for row in rows)
        self._fresh.append(self._network.deviates(self._samples, self._rng) if needed else None)
        for earlier, drawn in enumerate(self._fresh):
            if drawn is not None and all(row[earlier] == 1.0 and np.count_nonzero(row) == 1 for row in rows):
                return drawn
        used = [(q, drawn) for q, drawn in enumerate(self._fresh) if drawn is not None]
        return self._network.mixed([drawn for _, drawn in used], [[float(row[q]) for q, _ in used] for row in rows])


def phase_reads(
    hardware: Hardware, network: Network, samples: int, nudged: int, rng: np.random.Generator
) -> PhaseReads | None:
    """The read noise of a free phase and of so many nudged ones; None where reads have none.

    Parameters
    ----------
    hardware : Hardware
    network : Network
        Of this hardware.
    samples, nudged : int
        Size of the batch, and number of its nudged phases.
    rng : numpy.random.Generator
    """
    noise = hardware.device.read.components
    if not noise:
        return None
    times = phase_ends(hardware, network, nudged)
    if len(noise.parts) > 1:
        return PhaseReads(network, samples, rng, [factor(one) for one in correlations(hardware, times)])
    # Of one component no conductance matters, and all batches have the same.
    first = [next(store for store in hardware.stores if store.layer == k) for k in range(hardware.circuit.depth)]
    g_max, at = hardware.device.conductance.max, tuple(times.tolist())
    return PhaseReads(network, samples, rng, [_kept(one.noise, g_max, at, one.elapsed, one.averaging) for one in first])


@lru_cache(256)
def _kept(
    noise: Components, g_max: float, times: tuple[float, ...], elapsed: float | None, averaging: float | None
) -> Floats:
    """L of one component's noise in a layer (reads, reads) [1]."""
    lags = np.abs(np.subtract.outer(times, times))
    return factor(noise.correlations(lags, g_max, g_max, elapsed, averaging))
