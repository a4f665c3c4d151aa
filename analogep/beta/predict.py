"""The beta with the smallest mean squared error: by the two formulas, and by the whole expansion.

    MSE(beta) = |bias(beta)|^2 + V/beta^2 + W

With the leading term B beta^k alone the minimum is at beta^(2k+2) = V/(k B^2): one-sided (k = 1, V = 2 sigma^2)
(2 sigma^2/b_1^2)^(1/4), centered (k = 2, V = sigma^2/2) (sigma/(2 b_2))^(1/3), Richardson's (k = 4)
(V/(4 B^2))^(1/10). `random_sign` has the mean of both signs' squared errors.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.beta.expansion import Expansion, leading
from analogep.beta.minimum import lowest
from analogep.beta.noise import Noise
from analogep.estimators import Stencil, estimator_named

Floats = NDArray[np.float64]

LOWEST: Final = 1e-3
HIGHEST: Final = 10.0
SAFE: Final = 0.8
"""Share of the pole up to which negative nudging is considered."""
_FINE: Final = 400


def units(estimator: str) -> tuple[Stencil, ...]:
    """Stencils at beta = 1 that an estimator uses in turn: two for `random_sign`, one for the others."""
    return stencils(estimator, 1.0)


def stencils(estimator: str, beta: float) -> tuple[Stencil, ...]:
    """Stencils at a beta that an estimator uses in turn, one for each sign that it draws."""
    found = estimator_named(estimator)
    return tuple(found.stencil(beta, sign, 0) for sign in found.signs)


def strongest(estimator: str, pole: float) -> float:
    """Largest beta to consider [1]: its most negative phase stays within `SAFE` of the pole."""
    negative = max(-beta for unit in units(estimator) for beta, _ in unit)
    return min(HIGHEST, SAFE * pole / negative) if negative > 0.0 else HIGHEST


def squared_error(expansion: Expansion, noise: Noise, estimator: str, beta: Floats) -> Floats:
    """Predicted mean squared error of an estimate at each `beta` (betas,) [1]."""
    bias = np.mean([expansion.bias(unit, beta) for unit in units(estimator)], axis=0)
    return np.asarray(bias + noise.fresh / np.square(beta) + noise.still)


def cosine(expansion: Expansion, noise: Noise, estimator: str, beta: Floats) -> Floats:
    """Predicted cosine of estimate and exact gradient at each `beta` (betas,) [1]: <e, g>/(|g| sqrt(E|e|^2))."""
    along = np.mean([expansion.along(unit, beta) for unit in units(estimator)], axis=0)
    # |e|^2 = |e - g|^2 + 2 <e, g> - |g|^2
    length = squared_error(expansion, noise, estimator, beta) + 2.0 * along - expansion.length**2
    return np.asarray(along / (expansion.length * np.sqrt(np.maximum(length, np.finfo(np.float64).tiny))))


def leading_coefficient(expansion: Expansion, estimator: str) -> tuple[int, float]:
    """Order k and length of the leading bias of an estimator, |bias| = B beta^k [1]."""
    order, factor = leading(units(estimator)[0])
    return order, factor * expansion.coefficient(order)


def leading_best(expansion: Expansion, noise: Noise, estimator: str) -> float:
    """Best beta by the leading term alone [1], within the bounds of `general_best`."""
    order, coefficient = leading_coefficient(expansion, estimator)
    top = strongest(estimator, expansion.pole)
    if coefficient == 0.0:
        return top
    free = (noise.fresh / (order * coefficient**2)) ** (1.0 / (2 * order + 2))
    return float(np.clip(free, LOWEST, top))


def general_best(expansion: Expansion, noise: Noise, estimator: str) -> float:
    """Best beta by the whole expansion [1], from `LOWEST` to `strongest`."""
    beta = np.geomspace(LOWEST, strongest(estimator, expansion.pole), _FINE)
    return lowest(beta, squared_error(expansion, noise, estimator, beta))
