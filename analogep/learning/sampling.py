"""Sample and hold and the converter behind it, compiled: noise, nearest code, and the charge of the samples at once.

    out = low + round((clip(r + sigma xi, low, high) - low)/lsb) lsb,   returned: sum r^2

xi are normal deviates of a key and the position of the sample (`draws.normals`).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analogep.circuit import CircuitCard
from analogep.circuit.converters import Adc
from analogep.draws import fill_normals, key_of
from analogep.jit import kernel

Floats = NDArray[np.float64]


@kernel(fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
def _sampled(r, sigma, key, ends, lsb, out):  # type: ignore[no-untyped-def]
    """Flat `out` of flat `r`; lsb 0 for an ideal converter, which does not clip."""
    total = 0.0
    for k in range(r.size):
        total += r[k] * r[k]
    if sigma > 0.0:
        fill_normals(key, out)
        for k in range(r.size):
            out[k] = r[k] + sigma * out[k]
    else:
        for k in range(r.size):
            out[k] = r[k]
    low, high = ends
    if lsb > 0.0:
        for k in range(r.size):
            out[k] = low + np.rint((min(max(out[k], low), high) - low) / lsb) * lsb
    return total


@kernel(error_model="numpy")
def _loaded(x, top, volts, out):  # type: ignore[no-untyped-def]
    """Flat `out` of flat inputs x [1]: the nearest of top + 1 voltages up to `volts`; top 0 for an ideal converter."""
    for k in range(x.size):
        share = np.float64(x[k])
        out[k] = (np.rint(share * top) / top if top > 0.0 else share) * volts


def loaded(x: NDArray[np.floating[Any]], bits: int | None, volts: float) -> Floats:
    """Voltages of the input lines (samples, inputs) [V] behind a converter of so many bits, None for an ideal one.

    Parameters
    ----------
    x : ndarray (samples, inputs) [1]
        Shares of `volts` [V], in single or double precision.
    """
    out = np.empty(x.shape)
    flat = np.ascontiguousarray(x, np.float32 if x.dtype == np.float32 else np.float64).reshape(-1)
    _loaded(flat, 0.0 if bits is None else 2.0**bits - 1.0, volts, out.reshape(-1))
    return out


def sampled_noise(card: CircuitCard, layer: int) -> float:
    """Standard deviation of one sample of a layer (0: the first of weights), with what stands in front of it [V]."""
    warm = card.noise.thermal == "on"
    before = card.network.amplifier_noise(layer, card.depth, card.noise.temperature) if warm else 0.0
    return math.hypot(card.sample_noise, before)


class Sampler(NamedTuple):
    """Sample and hold, and the converter behind it.

    Attributes
    ----------
    sigma : float [V]
        Noise of a sample.
    ends : (float, float) [V]
        Lowest and highest code.
    lsb : float [V]
        Distance of two codes; 0 for an ideal converter.
    """

    sigma: float
    ends: tuple[float, float]
    lsb: float

    @classmethod
    def of(cls, adc: Adc, sigma: float) -> Sampler:
        """Of a circuit card's converter, and the noise of a sample [V]."""
        return cls(sigma, (adc.low, adc.high), adc.lsb)

    def __call__(self, rates: Floats, key: int) -> tuple[Floats, float]:
        """Voltages as the digital side knows them, and the sum of squares that charging the capacitors costs.

        Parameters
        ----------
        rates : ndarray (samples, nodes) [V]
        key : int
            64-bit key of the noise.

        Returns
        -------
        ndarray (samples, nodes) [V]
        float [V^2]
        """
        out = np.empty(rates.shape)
        flat = np.ascontiguousarray(rates, dtype=np.float64).reshape(-1)
        total = _sampled(flat, self.sigma, key_of(key), self.ends, self.lsb, out.reshape(-1))
        return out, float(total)
