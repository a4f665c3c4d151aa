"""Neuron transfer curves r = rho(v): node voltage in, line voltage out.

Each curve has unit slope where it is steepest, so that the loop gain of a network is that of its weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.cards import Block
from analogep.units import Volts, format_si

Floats = NDArray[np.float64]
Path = tuple[str | int, ...]


class HardClip(Block):
    """rho(v) = min(max(v, low), high): a linear stage between its rails."""

    kind: Literal["hard_clip"]
    low: Volts
    """Lower rail."""
    high: Volts
    """Upper rail."""

    def rate(self, v: Floats) -> Floats:
        """Line voltage of the node voltage `v` [V]."""
        return np.clip(v, self.low, self.high)

    def slope(self, v: Floats) -> Floats:
        """Derivative of `rate` [1]; 0 at and beyond the rails."""
        return ((v > self.low) & (v < self.high)).astype(np.float64)

    def primitive(self, r: Floats) -> Floats:
        """Integral of the inverse curve from 0 to `r`: r^2/2 [V^2]."""
        return 0.5 * np.square(r)

    @property
    def rails(self) -> tuple[float, float]:
        """Lowest and highest line voltage [V]."""
        return self.low, self.high

    def rules(self) -> Iterator[tuple[Path, str]]:
        if self.low >= self.high:
            yield (
                ("high",),
                f"must be above 'low' ({format_si(self.low, 'V')}), got {format_si(self.high, 'V')}",
            )


class ReLU(Block):
    """rho(v) = max(v, 0), up to the supply rail where one is given: without it a grown loop gain has no bound."""

    kind: Literal["relu"]
    high: Annotated[Volts | None, Field(gt=0)] = None
    """Upper rail; null for none."""

    def rate(self, v: Floats) -> Floats:
        """Line voltage of the node voltage `v` [V]."""
        r = np.maximum(v, 0.0)
        return r if self.high is None else np.minimum(r, self.high)

    def slope(self, v: Floats) -> Floats:
        """Derivative of `rate` [1]; 0 at the rails."""
        return ((v > 0.0) & (v < self.rails[1])).astype(np.float64)

    def primitive(self, r: Floats) -> Floats:
        """Integral of the inverse curve from 0 to `r`: r^2/2 [V^2]."""
        return 0.5 * np.square(r)

    @property
    def rails(self) -> tuple[float, float]:
        """Lowest and highest line voltage [V]."""
        return 0.0, np.inf if self.high is None else self.high


class Tanh(Block):
    """rho(v) = a tanh(v/a): a differential pair that saturates at +-a."""

    kind: Literal["tanh"]
    amplitude: Annotated[Volts, Field(gt=0)]
    """Saturation voltage a."""

    def rate(self, v: Floats) -> Floats:
        """Line voltage of the node voltage `v` [V]."""
        return self.amplitude * np.tanh(v / self.amplitude)

    def slope(self, v: Floats) -> Floats:
        """Derivative of `rate` [1]."""
        return 1.0 - np.square(np.tanh(v / self.amplitude))

    def primitive(self, r: Floats) -> Floats:
        """Integral of the inverse curve from 0 to `r` [V^2].

        a^2/2 [(1+q) ln(1+q) + (1-q) ln(1-q)], q = r/a.
        """
        from scipy.special import xlogy

        q = r / self.amplitude
        return np.asarray(0.5 * self.amplitude**2 * (xlogy(1.0 + q, 1.0 + q) + xlogy(1.0 - q, 1.0 - q)))

    @property
    def rails(self) -> tuple[float, float]:
        """Lowest and highest line voltage [V]."""
        return -self.amplitude, self.amplitude


class Sigmoid(Block):
    """rho(v) = a sigma(4 (v/a - 1/2)), sigma(z) = 1/(1 + e^{-z}): from 0 to a, unit slope at v = a/2."""

    kind: Literal["sigmoid"]
    amplitude: Annotated[Volts, Field(gt=0)]
    """Saturation voltage a."""

    def rate(self, v: Floats) -> Floats:
        """Line voltage of the node voltage `v` [V]."""
        from scipy.special import expit

        return self.amplitude * np.asarray(expit(4.0 * (v / self.amplitude - 0.5)), dtype=np.float64)

    def slope(self, v: Floats) -> Floats:
        """Derivative of `rate` [1]."""
        from scipy.special import expit

        s = np.asarray(expit(4.0 * (v / self.amplitude - 0.5)), dtype=np.float64)
        return 4.0 * s * (1.0 - s)

    def primitive(self, r: Floats) -> Floats:
        """Integral of the inverse curve from 0 to `r` [V^2].

        a^2 {q/2 + [q ln q + (1-q) ln(1-q)]/4}, q = r/a.
        """
        from scipy.special import xlogy

        q = r / self.amplitude
        return np.asarray(self.amplitude**2 * (0.5 * q + 0.25 * (xlogy(q, q) + xlogy(1.0 - q, 1.0 - q))))

    @property
    def rails(self) -> tuple[float, float]:
        """Lowest and highest line voltage [V]."""
        return 0.0, self.amplitude


Activation = Annotated[HardClip | ReLU | Tanh | Sigmoid, Field(discriminator="kind")]
