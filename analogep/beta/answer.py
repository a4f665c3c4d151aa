"""The answer in a sentence: which beta, by how much it is better than the card's, and what to set."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

POOR_FIT: Final = 0.25
"""Residual of the expansion from which the measured minimum is trusted instead."""
_SAME: Final = 1.1
"""Factor within which two betas, or two errors, are the same to a reader."""


def best(found: xr.Dataset, noise: int = 0) -> float:
    """The beta with the smallest error of the card's estimator on the last network that was measured [1].

    As predicted from bias and noise, or as measured where the expansion describes the bias poorly.

    Parameters
    ----------
    found : Dataset
        As `FiniteBeta.measure` returns it.
    noise : int
        Which noise level.

    Returns
    -------
    float
        NaN if the card's estimator was not measured.
    """
    one = _level(found, noise)
    if one is None:
        return math.nan
    poor = float(one["fit_residual"]) > POOR_FIT
    return float(one["measured" if poor else "predicted"])


def _level(found: xr.Dataset, noise: int) -> xr.Dataset | None:
    """Numbers of the card's estimator at one noise level, on the trained network if there is one."""
    estimator = str(found.attrs["card_estimator"])
    if estimator not in found["estimator"].values:
        return None
    return found.isel(network=-1, noise=noise).sel(estimator=estimator)


def error(found: xr.Dataset, beta: float, noise: int = 0) -> float:
    """Measured relative error of the gradient at a beta, between those of the grid [1]; NaN outside of it."""
    one = _level(found, noise)
    if one is None:
        return math.nan
    grid, errors = found["beta"].values, one["error"].values
    known = np.isfinite(errors)
    if not known.any() or not grid[known][0] <= beta <= grid[known][-1]:
        return math.nan
    return float(np.exp(np.interp(math.log(beta), np.log(grid[known]), np.log(errors[known]))))


def sentence(found: xr.Dataset, noise: int = 0) -> str:
    """Which beta to set, and why.

    Parameters
    ----------
    found : Dataset
        As `FiniteBeta.measure` returns it.
    noise : int
        Which noise level.
    """
    card, estimator = float(found.attrs["card_beta"]), str(found.attrs["card_estimator"])
    network = str(found["network"].values[-1])
    share = 100.0 * float(found["noise"].values[noise]) / float(found.attrs["full_scale"])
    head = f"On the {network} network, at a noise of {share:.2g} % of full scale in a sample,"
    beta = best(found, noise)
    if math.isnan(beta):
        return f"{head} nothing was measured of the card's estimator '{estimator}', so that no beta can be advised."
    there, here = error(found, beta, noise), error(found, card, noise)
    at = f"beta {beta:.2g}" + (f" (relative error {_percent(there)})" if math.isfinite(there) else "")
    if 1.0 / _SAME < beta / card < _SAME:
        return f"{head} the card's beta of {card:g} is the best one of its {estimator} estimator within 10 %: keep it."
    if math.isfinite(there) and math.isfinite(here) and here < _SAME * there:
        return (
            f"{head} the {estimator} estimator is nearest to the gradient at {at}, but the card's {card:g} "
            f"({_percent(here)}) is hardly worse: either will do."
        )
    card_error = f" ({_percent(here)})" if math.isfinite(here) else ""
    return (
        f"{head} the {estimator} estimator is nearest to the gradient at {at}, the card has {card:g}{card_error}: set "
        f"nudging.beta={beta:.2g}."
    )


def _percent(share: float) -> str:
    return f"{100.0 * share:.2g} %" if share < 1.0 else f"{100.0 * share:.0f} %"
