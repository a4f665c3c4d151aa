"""What is found in a measurement of any kind: numbers with unit and standard error, and the curve beside the points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analogep.fit.describe import Value
from analogep.fit.ramps import Source

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Number(Value):
    """An estimate, its standard error (NaN where there is none), and the unit of both: S, A, V, s, %, or none."""

    unit: str = ""


@dataclass(frozen=True)
class Panel:
    """Points and a curve for the figure.

    Parameters
    ----------
    x, y, curve : ndarray (points,) [as the labels say]
        Measured points, and the fitted curve at the same x.
    labels : tuple of str
        Of both axes, with units.
    logarithmic : tuple of bool
        Which axes are.
    """

    x: Floats
    y: Floats
    curve: Floats
    labels: tuple[str, str]
    logarithmic: tuple[bool, bool] = (False, False)


@dataclass(frozen=True)
class Finding:
    """A measurement and what was fitted to it.

    Parameters
    ----------
    kind : str
    source : Source
    layout : str
    model : str
        Name of what was fitted, as the card writes it.
    numbers : dict
        Name -> number.
    panels : tuple of Panel
    remarks : tuple of str
    spacing : float or None
        Time between repeated reads [s].
    count : int
        Reads of a cell.
    related : dict
        Pair of names -> correlation of their errors, or of those of their logarithms; 0 where a pair is left out.
    """

    kind: str
    source: Source
    layout: str
    model: str
    numbers: dict[str, Number]
    panels: tuple[Panel, ...] = ()
    remarks: tuple[str, ...] = ()
    spacing: float | None = None
    count: int = 0
    related: dict[tuple[str, str], float] = field(default_factory=dict)


@dataclass(frozen=True)
class Least:
    """A least-squares fit.

    Parameters
    ----------
    values : ndarray (parameters,) [1]
    covariance : ndarray (parameters, parameters) [1]
    sigma : float
        Standard deviation of the residuals.
    count : int
        Residuals.
    """

    values: Floats
    covariance: Floats
    sigma: float
    count: int

    def se(self, index: int) -> float:
        """Standard error of a parameter."""
        return float(np.sqrt(max(self.covariance[index, index], 0.0)))

    @property
    def criterion(self) -> float:
        """BIC of white normal residuals of unknown size: N ln sigma^2 + p ln N."""
        return self.count * 2.0 * float(np.log(max(self.sigma, 1e-300))) + self.values.size * float(np.log(self.count))


def least_squares(
    residual: Callable[[Floats], Floats], starts: Sequence[Sequence[float]], correlated: bool = False
) -> Least | None:
    """Best of the minima from several starting points; None where none is finite.

    The covariance is s^2 (J'J)^-1, s^2 = sum e^2/(N - p); with `correlated` times (1 + r)/(1 - r), r the correlation of
    neighbouring residuals, which holds for residuals that decay like r^k and derivatives that change slowly.

    Parameters
    ----------
    residual : callable
        Parameters (parameters,) to residuals (readings,).
    starts : sequence of sequences
    correlated : bool
    """
    from scipy import optimize

    best = None
    for start in starts:
        with np.errstate(all="ignore"):
            first = residual(np.asarray(start, dtype=np.float64))
            if not np.all(np.isfinite(first)):
                continue
            try:
                found = optimize.least_squares(
                    lambda p: np.nan_to_num(residual(p), nan=1e6, posinf=1e6, neginf=-1e6), start, x_scale="jac",
                    max_nfev=200,
                )  # fmt: skip
            except (ValueError, np.linalg.LinAlgError):
                continue
        if best is None or found.cost < best.cost:
            best = found
    if best is None or not np.all(np.isfinite(best.x)):
        return None
    freedom = max(best.fun.size - best.x.size, 1)
    variance = 2.0 * float(best.cost) / freedom
    matrix = best.jac.T @ best.jac
    scale = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    inverse = np.linalg.pinv(matrix / np.outer(scale, scale), rcond=1e-14, hermitian=True) / np.outer(scale, scale)
    factor = 1.0
    if correlated and best.fun.size > 8:
        e = best.fun - best.fun.mean()
        r = float(np.clip(np.sum(e[1:] * e[:-1]) / max(np.sum(e * e), 1e-300), 0.0, 0.95))
        factor = (1.0 + r) / (1.0 - r)
    return Least(np.asarray(best.x), inverse * variance * factor, float(np.sqrt(variance)), best.fun.size)
