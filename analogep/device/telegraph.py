"""Random telegraph noise: of a trap in each cell, with one dwell time or as many as the cells of a line have."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.device.read import ReadNoise
from analogep.device.spectrum import over_logarithm, relaxing_change, relaxing_variance
from analogep.parts import uniform
from analogep.units import Fraction, Seconds, format_si

Floats = NDArray[np.float64]


class TwoLevels(NamedTuple):
    """G (1 - a p), or with probability p G (1 + a (1 - p))."""

    amplitude: float
    probability: float

    def read_variance(noise, g):  # type: ignore[no-untyped-def]  # noqa: N805
        """(a G)^2 p (1 - p)."""
        return (noise.amplitude * g) * (noise.amplitude * g) * (noise.probability * (1.0 - noise.probability))

    def read(noise, g, bits, xi):  # type: ignore[no-untyped-def]  # noqa: N805
        """One of the two levels."""
        upper = 1.0 if uniform(bits) < noise.probability else 0.0
        return g * (1.0 + noise.amplitude * (upper - noise.probability))


class Trap(ReadNoise, ABC):
    """A cell stands at G (1 - a p) or, with probability p, at G (1 + a (1 - p)); a is the amplitude.

    The mean is G, the variance of an instant (a G)^2 p (1 - p). With the mean time `dwell` between two switches the
    levels last for 2 p dwell and 2 (1 - p) dwell in the mean, and the covariance falls as exp(-t/tau) with

        1/tau = 1/(2 p dwell) + 1/(2 (1 - p) dwell),     tau = 2 p (1 - p) dwell,

    a Lorentzian spectrum 4 tau (a G)^2 p (1 - p)/(1 + (2 pi f tau)^2). What a read that averages sees of it, and what
    changes between two of them, `analogep.device.spectrum` says. A verify read sees one of two levels, which averaging
    brings closer together; the sum over a line of many cells is taken as normal.
    """

    amplitude: Annotated[Fraction, Field(ge=0, le=1)]
    """Distance of the two levels, relative to G."""
    probability: Annotated[Fraction, Field(ge=0, le=1)]
    """Share of the time in the upper level."""

    @property
    @abstractmethod
    def dwells(self) -> tuple[float, float]:
        """Shortest and longest mean time between two switches [s], uniform on a logarithmic scale between them."""

    @property
    def times(self) -> tuple[float, float]:
        """Shortest and longest tau [s]."""
        # A trap that is always in one level has no noise, and a time that matters to nobody.
        part = 2.0 * self.probability * (1.0 - self.probability) or 0.5
        return part * self.dwells[0], part * self.dwells[1]

    def variance(self, g: Floats, g_max: float, elapsed: float | None = None) -> Floats:
        """(amplitude G)^2 p (1 - p) [S^2]."""
        return np.square(self.amplitude * g) * (self.probability * (1.0 - self.probability))

    def share(self, averaging: float, elapsed: float | None = None) -> float:
        """Mean of tau/(tau + T/2) over the traps [1]."""
        return _variance(*self.times, averaging)

    def correlation(self, lag: float, averaging: float, elapsed: float | None = None) -> float:
        """1 - D/(2 V), each the mean over the traps [1]."""
        return 1.0 - _change(*self.times, averaging, lag) / _variance(*self.times, averaging)

    def numbers(self, g_max: float, elapsed: float | None = None) -> TwoLevels:
        """Amplitude and probability."""
        return TwoLevels(float(self.amplitude), float(self.probability))

    def sample(self, g: Floats, g_max: float, rng: np.random.Generator) -> Floats:
        """Conductances `g` (any shape) [S] as one verify read sees them: one of two levels each [S]."""
        upper = rng.random(g.shape) < self.probability
        return np.asarray(g * (1.0 + self.amplitude * (upper - self.probability)))


class TelegraphNoise(Trap):
    """Random telegraph noise of traps that all have the same dwell time (`Trap` has the equations)."""

    kind: Literal["rtn"]
    example: ClassVar[str] = "{kind: rtn, amplitude: 5 %, probability: 30 %, dwell: 1 us}"
    dwell: Annotated[Seconds, Field(gt=0)]
    """Mean time between two switches."""

    @property
    def dwells(self) -> tuple[float, float]:
        """The one dwell time, twice [s]."""
        return self.dwell, self.dwell


class TrapNoise(Trap):
    """Random telegraph noise of traps whose dwell times are spread evenly over the logarithm of time.

    Between the corners of the slowest and the fastest trap their Lorentzians add up to a spectrum 1/f.
    `dwell` alone is the special case of one time (`Trap` has the equations).
    """

    kind: Literal["telegraph"]
    example: ClassVar[str] = "{kind: telegraph, amplitude: 5 %, probability: 30 %, shortest: 100 ns, longest: 1 s}"
    dwell: Annotated[Seconds, Field(ge=1e-15, le=1e15)] | None = None
    """Mean time between two switches, of all traps."""
    shortest: Annotated[Seconds, Field(ge=1e-15, le=1e15)] | None = None
    """The same, of the fastest traps."""
    longest: Annotated[Seconds, Field(ge=1e-15, le=1e15)] | None = None
    """The same, of the slowest."""

    def rules(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        ends = {"shortest": self.shortest, "longest": self.longest}
        if self.dwell is not None:
            for name, value in ends.items():
                if value is not None:
                    yield (name,), "stands beside 'dwell', which is the time of all traps; remove one of them"
        elif self.shortest is None or self.longest is None:
            lacking = next(name for name, value in ends.items() if value is None)
            yield (lacking,), "is missing: give 'dwell', or 'shortest' and 'longest'"
        elif self.longest < self.shortest:
            low, high = format_si(self.shortest, "s"), format_si(self.longest, "s")
            yield ("longest",), f"must be at least 'shortest' ({low}), got {high}"

    @property
    def dwells(self) -> tuple[float, float]:
        """Both ends of the dwell times [s]."""
        if self.dwell is not None:
            return self.dwell, self.dwell
        assert self.shortest is not None
        assert self.longest is not None
        return self.shortest, self.longest


@lru_cache(4096)
def _variance(shortest: float, longest: float, averaging: float) -> float:
    """Mean of V over traps whose tau are spread evenly over ln tau: ln((b + T/2)/(a + T/2))/ln(b/a) [1]."""
    if longest <= shortest * (1.0 + 1e-9):
        return float(relaxing_variance(shortest, averaging))
    half = 0.5 * averaging
    return math.log((longest + half) / (shortest + half)) / math.log(longest / shortest)


@lru_cache(4096)
def _change(shortest: float, longest: float, averaging: float, lag: float) -> float:
    """Mean of D/2 over the same traps [1]."""
    if longest <= shortest * (1.0 + 1e-9):
        return float(relaxing_change(shortest, averaging, lag))
    total = over_logarithm(lambda tau: np.asarray(relaxing_change(tau, averaging, lag)), shortest, longest)
    return total / math.log(longest / shortest)
