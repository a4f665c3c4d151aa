"""What time and temperature do to a written cell."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.cards import Block
from analogep.units import ElectronVolts, Fraction, Kelvin, Seconds

Floats = NDArray[np.float64]
Path = tuple[str | int, ...]

BOLTZMANN: Final = 8.617333262e-5
"""Boltzmann's constant [eV/K] (exact in the SI of 2019)."""


class NoRetention(Block):
    """The state keeps for ever."""

    kind: Literal["none"]
    drifts: ClassVar[bool] = False
    """Whether what a cell shows follows from the time since its last pulse, which begins anew with the next."""

    def lost(self, seconds: float) -> float:
        """Share of what a cell shows, or of its way to rest, that it typically loses in `seconds` after a write [1]."""
        return 0.0

    def aged(self, g: Floats, low: Floats, high: Floats, g_max: float, seconds: float | Floats, xi: Floats) -> Floats:
        """G(t) = G.

        Parameters
        ----------
        g, low, high : ndarray, any one shape [S]
            Conductances as they were written, and the ends of the cells' windows.
        g_max : float [S]
            Upper end of the card's nominal window.
        seconds : float, or ndarray of the same shape [s]
            Time since the write, at the temperature that the card's numbers hold at.
        xi : ndarray of the same shape [1]
            A normal deviate of each cell.

        Returns
        -------
        ndarray of the same shape [S]
            Conductances after that time.
        """
        return g


class UnknownRetention(NoRetention):
    """No source says how long a state keeps: it keeps for ever in a simulation, which says so."""

    kind: Literal["unknown"]  # type: ignore[assignment]


class PowerLaw(Block):
    """G(t) = G (1 + t/t0)^-nu with a nu of each cell (structural relaxation of PCM).

    nu is normal with mean clip(nu_offset + nu_log_slope ln x, nu_min, nu_max) and standard deviation
    clip(nu_sigma_offset + nu_sigma_log_slope ln x, nu_sigma_min, nu_sigma_max), x = G/G_max of the card.
    Nandakumar et al. 2019, doi 10.1109/ICECS46596.2019.8964852.
    """

    kind: Literal["power_law"]
    t0: Annotated[Seconds, Field(ge=1e-15)]
    """Time after the write at which the card's conductances hold."""
    nu_offset: Annotated[float, Field(ge=-1, le=1)]
    """nu at G_max."""
    nu_log_slope: Annotated[float, Field(ge=-1, le=1)] = 0.0
    """Change of nu with ln(G/G_max)."""
    nu_min: Annotated[float, Field(ge=-1, le=1)] = -1.0
    """Smallest mean of nu."""
    nu_max: Annotated[float, Field(ge=-1, le=1)] = 1.0
    """Largest mean of nu."""
    nu_sigma_offset: Annotated[float, Field(ge=-1, le=1)] = 0.0
    """Spread of nu at G_max."""
    nu_sigma_log_slope: Annotated[float, Field(ge=-1, le=1)] = 0.0
    """Change of the spread with ln(G/G_max)."""
    nu_sigma_min: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Smallest spread of nu."""
    nu_sigma_max: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Largest spread of nu."""
    drifts: ClassVar[bool] = True

    def lost(self, seconds: float) -> float:
        """1 - (1 + t/t0)^-nu of the largest mean nu; parameters and result as in `NoRetention.lost`."""
        return -math.expm1(-max(abs(self.nu_min), abs(self.nu_max)) * math.log1p(seconds / self.t0))

    def aged(self, g: Floats, low: Floats, high: Floats, g_max: float, seconds: float | Floats, xi: Floats) -> Floats:
        """Conductances after some time, `xi` for nu; parameters and result as in `NoRetention.aged`."""
        x = np.log(np.maximum(g / g_max, 1e-12))
        nu = np.clip(self.nu_offset + self.nu_log_slope * x, self.nu_min, self.nu_max)
        sigma = np.clip(self.nu_sigma_offset + self.nu_sigma_log_slope * x, self.nu_sigma_min, self.nu_sigma_max)
        return np.asarray(g * np.exp(-(nu + sigma * xi) * np.log1p(seconds / self.t0)))

    def rules(self) -> Iterator[tuple[Path, str]]:
        for low, high in (("nu_min", "nu_max"), ("nu_sigma_min", "nu_sigma_max")):
            if getattr(self, low) > getattr(self, high):
                yield (high,), f"must not be below '{low}' ({getattr(self, low):g}), got {getattr(self, high):g}"


class Logarithmic(Block):
    """G(t) = G [1 - rate (1 + sigma xi) log10(1 + t/t0)]: so much of it is lost per decade of time, never below 0."""

    kind: Literal["logarithmic"]
    t0: Annotated[Seconds, Field(ge=1e-15)]
    """Time after which the loss sets in."""
    rate: Annotated[Fraction, Field(ge=-1, le=1)]
    """Loss per decade."""
    sigma: Annotated[Fraction, Field(ge=0, le=10)] = 0.0
    """Relative spread of the loss between cells."""
    drifts: ClassVar[bool] = True

    def lost(self, seconds: float) -> float:
        """The loss of a cell without spread; parameters and result as in `NoRetention.lost`."""
        return abs(self.rate) * math.log1p(seconds / self.t0) / math.log(10.0)

    def aged(self, g: Floats, low: Floats, high: Floats, g_max: float, seconds: float | Floats, xi: Floats) -> Floats:
        """Conductances after some time, `xi` for the loss; parameters and result as in `NoRetention.aged`."""
        decades = np.log1p(seconds / self.t0) / math.log(10.0)
        return np.maximum(g * (1.0 - self.rate * (1.0 + self.sigma * xi) * decades), 0.0)


class Leak(Block):
    """x(t) = rest + (x - rest) e^{-t/tau} with a tau of each cell (lognormal): a charge that leaks away."""

    kind: Literal["leak"]
    tau: Annotated[Seconds, Field(ge=1e-15)]
    """Time constant, its median over cells."""
    sigma: Annotated[Fraction, Field(ge=0, le=10)] = 0.0
    """Relative spread of the time constant between cells."""
    rest: Annotated[Fraction, Field(ge=0, le=1)] = 0.5
    """State that it relaxes to, as a fraction of the cell's window."""
    drifts: ClassVar[bool] = False

    def lost(self, seconds: float) -> float:
        """1 - e^{-t/tau} of the median cell; parameters and result as in `NoRetention.lost`."""
        return -math.expm1(-seconds / self.tau)

    def rates(self, xi: Floats) -> Floats:
        """1/tau of cells with the normal deviates `xi` (rows, columns) [1], (rows, columns) [1/s]."""
        return np.exp(-math.sqrt(math.log1p(self.sigma**2)) * xi) / self.tau

    def aged(self, g: Floats, low: Floats, high: Floats, g_max: float, seconds: float | Floats, xi: Floats) -> Floats:
        """Conductances after some time, `xi` for ln tau; parameters and result as in `NoRetention.aged`."""
        rest = low + self.rest * (high - low)
        return np.asarray(rest + (g - rest) * np.exp(-seconds * self.rates(xi)))


Retention = Annotated[NoRetention | UnknownRetention | PowerLaw | Logarithmic | Leak, Field(discriminator="kind")]


class FixedTemperature(Block):
    """The temperature that the card's numbers hold at; nothing is known of others."""

    kind: Literal["none"]
    reference: Annotated[Kelvin, Field(ge=0.1, le=1e5)]
    """Temperature of the measurements."""

    def acceleration(self) -> float:
        """Factor on the speed of ageing [1]."""
        return 1.0

    def window(self) -> tuple[float, float]:
        """Factors on both ends of the window [1]."""
        return 1.0, 1.0


class Arrhenius(Block):
    """Thermally activated ageing and conduction: factors e^{E/k (1/T_ref - 1/T)}.

    `retention` speeds up ageing. Both ends of the conductance window have an activation energy of their own (0 for a
    metallic filament, positive for hopping conduction), and the cells' windows move with them.
    """

    kind: Literal["arrhenius"]
    reference: Annotated[Kelvin, Field(ge=0.1, le=1e5)]
    """Temperature of the measurements."""
    operating: Annotated[Kelvin, Field(ge=0.1, le=1e5)]
    """Temperature of the chip."""
    retention: Annotated[ElectronVolts, Field(ge=0, le=10)] = 0.0
    """Activation energy of ageing."""
    conductance_min: Annotated[ElectronVolts, Field(ge=-2, le=2)] = 0.0
    """Activation energy of conduction at the lower end of the window."""
    conductance_max: Annotated[ElectronVolts, Field(ge=-2, le=2)] = 0.0
    """Activation energy of conduction at the upper end of the window."""

    def _factor(self, energy: float) -> float:
        exponent = energy / BOLTZMANN * (1.0 / self.reference - 1.0 / self.operating)
        return math.exp(min(max(exponent, -600.0), 600.0))

    def acceleration(self) -> float:
        """Factor on the speed of ageing [1]."""
        return self._factor(self.retention)

    def window(self) -> tuple[float, float]:
        """Factors on both ends of the window [1]."""
        return self._factor(self.conductance_min), self._factor(self.conductance_max)


Temperature = Annotated[FixedTemperature | Arrhenius, Field(discriminator="kind")]
