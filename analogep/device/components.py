"""The noise of a read as the sum of its components, and what two reads of it have in common.

The components are independent: with v_c(G) the variance of one as its source has it, s_c(T) the factor of a read that
averages for T and rho_c(t) the correlation of two reads a lag t apart,

    V(G) = sum_c s_c v_c(G),      rho(t) = sum_c s_c v_c(G) rho_c(t)/V(G).

Lines draw one deviate each, whose correlation between reads is rho at the mean conductance of their array: the same for
all of its lines. With one component that is exact; with several, lines of other conductances differ by as much as the
shares of the components do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analogep.parts import read_of, variance_of

if TYPE_CHECKING:
    from analogep.device.read import ReadNoise
    from analogep.device.wander import Slow

Floats = NDArray[np.float64]


class Silent(NamedTuple):
    """No noise."""

    nothing: float

    def read_variance(noise, g):  # type: ignore[no-untyped-def]  # noqa: N805
        """Zero."""
        return noise.nothing * g

    def read(noise, g, bits, xi):  # type: ignore[no-untyped-def]  # noqa: N805
        """The conductance itself."""
        return g


class Sum(NamedTuple):
    """Variance of a component by a factor, and that of what else there is: a `Sum`, or `Silent`."""

    first: Any
    factor: float
    rest: Any

    def read_variance(noise, g):  # type: ignore[no-untyped-def]  # noqa: N805
        """factor v(G) + rest."""
        return noise.factor * variance_of(noise.first, g) + variance_of(noise.rest, g)


class Alone(NamedTuple):
    """One component: its variance in a phase, by a factor, and a verify read, whose error has a factor of its own."""

    part: Any
    phase: float
    verify: float

    def read_variance(noise, g):  # type: ignore[no-untyped-def]  # noqa: N805
        """phase v(G)."""
        return noise.phase * variance_of(noise.part, g)

    def read(noise, g, bits, xi):  # type: ignore[no-untyped-def]  # noqa: N805
        """G + verify (read - G)."""
        return g + noise.verify * (read_of(noise.part, g, bits, xi) - g)


class Several(NamedTuple):
    """Several components: the variance in a phase, and in a verify read, whose error is taken as normal."""

    phase: Any
    verify: Any

    def read_variance(noise, g):  # type: ignore[no-untyped-def]  # noqa: N805
        """The sum of the variances in a phase."""
        return variance_of(noise.phase, g)

    def read(noise, g, bits, xi):  # type: ignore[no-untyped-def]  # noqa: N805
        """G + sd xi, sd^2 the sum of the variances in a verify read."""
        return g + np.sqrt(variance_of(noise.verify, g)) * xi


@lru_cache(4096)
def _correlation(noise: ReadNoise, lag: float, averaging: float, elapsed: float | None) -> float | None:
    return noise.correlation(lag, averaging, elapsed)


@dataclass(frozen=True)
class Components:
    """The noise of the reads of a device.

    Attributes
    ----------
    parts : tuple of ReadNoise
        Independent components; none where reads are exact.
    width : float [s]
        For which a verify read averages.
    between_phases : str
        What is assumed of components that say nothing of the time between reads: `fresh` or `common`.
    slow : tuple of Slow
        What of each component cells carry from sample to sample, and reads no longer add; none where all is in reads.
    """

    parts: tuple[ReadNoise, ...]
    width: float
    between_phases: str
    slow: tuple[Slow, ...] = ()

    def __bool__(self) -> bool:
        """Whether reads have noise."""
        return bool(self.parts)

    @property
    def kind(self) -> str:
        """Kinds of the components, for people."""
        return " + ".join(one.kind for one in self.parts) or "none"

    def shares(self, averaging: float, elapsed: float | None) -> list[float]:
        """s_c of each component [1], less what cells carry along, for reads that average for a time [s]."""
        whole = [one.share(averaging, elapsed) for one in self.parts]
        if not self.slow:
            return whole
        return [max(share - one.kept, 0.0) for share, one in zip(whole, self.slow, strict=True)]

    def variance(self, g: Floats, g_max: float, elapsed: float | None = None, averaging: float | None = None) -> Floats:
        """V in a read of each conductance, in the shape of `g` [S^2].

        Parameters
        ----------
        g : ndarray (any shape) [S]
        g_max : float
            Upper end of the card's window [S].
        elapsed : float or None
            Time since the cells were written [s]; None for what the card assumes in training.
        averaging : float or None
            For which a read averages [s]; None for that of a verify read.
        """
        shares = self.shares(self.width if averaging is None else averaging, elapsed)
        total = np.zeros_like(g)
        for one, share in zip(self.parts, shares, strict=True):
            total = total + share * one.variance(g, g_max, elapsed)
        return np.asarray(total)

    def numbers(self, g_max: float, elapsed: float | None = None, averaging: float | None = None) -> Any:
        """For the programming engine, as `ReadNoise.numbers`: `read_variance` [S^2] is that of a phase, `read` [S] a
        verify read; parameters as in `variance`."""
        parts = [one.numbers(g_max, elapsed) for one in self.parts]
        verify = self.shares(self.width, elapsed)
        phase = verify if averaging is None else self.shares(averaging, elapsed)
        if not parts:
            return Silent(0.0)
        if len(parts) > 1:
            return Several(_sum(parts, phase), _sum(parts, verify))
        # What a source says of its reads holds for all others: the component itself, without a factor.
        if phase == verify == [1.0]:
            return parts[0]
        return Alone(parts[0], phase[0], float(np.sqrt(verify[0])))

    def sample(self, g: Floats, g_max: float, rng: np.random.Generator) -> Floats:
        """Conductances `g` (any shape) [S] as one verify read sees them, in the same shape [S]."""
        shares = self.shares(self.width, None)
        if shares == [1.0]:
            return self.parts[0].sample(g, g_max, rng)
        seen = np.array(g, dtype=np.float64)
        for one, share in zip(self.parts, shares, strict=True):
            seen += np.sqrt(share) * (one.sample(g, g_max, rng) - g)
        return seen

    def correlations(
        self, lags: Floats, g: float, g_max: float, elapsed: float | None = None, averaging: float | None = None
    ) -> Floats:
        """rho of an array's lines at each lag, in the shape of `lags` [1].

        Parameters
        ----------
        lags : ndarray (any shape) [s]
            Time between the ends of two reads.
        g : float
            Mean conductance of the array [S].
        g_max, elapsed, averaging : float
            As in `variance`.
        """
        time = self.width if averaging is None else averaging
        shares = self.shares(time, elapsed)
        found = [self._of(one, lags, time, elapsed) for one in self.parts]
        if self.slow:
            # Of two reads of a sample the carried part is in the conductances: (s rho - kept)/(s - kept) is left.
            found = [
                np.clip((share + one.kept) * rho - one.kept, 0.0, share) / share if share > 0.0 else np.ones_like(rho)
                for rho, share, one in zip(found, shares, self.slow, strict=True)
            ]
        if not found:
            return np.asarray(lags == 0.0, dtype=np.float64)
        if len(found) == 1:
            return found[0]
        at = np.array([max(g, 0.0)])
        weights = [s * float(one.variance(at, g_max, elapsed)[0]) for s, one in zip(shares, self.parts, strict=True)]
        # A dead array has no noise, whose correlation nobody sees.
        if not sum(weights) > 0.0:
            return found[0]
        mean: Floats = np.average(found, axis=0, weights=weights)
        return mean

    def _of(self, one: ReadNoise, lags: Floats, averaging: float, elapsed: float | None) -> Floats:
        """rho of one component at each lag."""
        out = np.ones_like(lags)
        for at, lag in np.ndenumerate(lags):
            if lag > 0.0:
                rho = _correlation(one, float(lag), averaging, elapsed)
                out[at] = (self.between_phases == "common") if rho is None else rho
        return out

    @property
    def unstated(self) -> bool:
        """Whether `between_phases` decides for a component: its source does not say what changes between reads."""
        return any(_correlation(one, 1.0, self.width, None) is None for one in self.parts)

    @property
    def timed(self) -> bool:
        """Whether some component says what changes between reads."""
        return any(_correlation(one, 1.0, self.width, None) is not None for one in self.parts)


def _sum(parts: Sequence[Any], factors: Sequence[float]) -> Any:
    """The sum of the components' variances, each by its factor."""
    total: Any = Silent(0.0)
    for part, factor in zip(reversed(parts), reversed(factors), strict=True):
        total = Sum(part, float(factor), total)
    return total
