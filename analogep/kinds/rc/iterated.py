"""The adjoint by an iterative solver, without its matrix: of convolutions, and where columns are at their limits.

J' mu = -dC/dv with J = M - 1, M what couples the layers, has the rows

    mu_l - forward_l * (W_(l+1) P' mu_(l+1)) - backward_l * P(W_l' mu_(l-1))  =  [dC/dv at the outputs]

and is solved by GMRES for all samples at once: every product with M is one forward and one backward read.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.errors import SimulationError
from analogep.kinds.rc.coupled import Masks, output_slope, pullback
from analogep.kinds.rc.equations import RCEquations

Floats = NDArray[np.float64]

_TOLERANCE = 1e-12
_ROUNDS = 200


def iterated_adjoint(network: RCEquations, v: Floats, target: Floats, masks: Masks | None = None) -> Floats:
    """mu of all nodes (samples, nodes) [1/V]; parameters as in `adjoint.adjoint`, `masks` as in `coupled.passed`.

    Raises
    ------
    SimulationError
        If the solver does not converge, as near an instability.
    """
    from scipy.sparse.linalg import LinearOperator, gmres

    back = pullback(network, v, masks)

    def applied(flat: Floats) -> Floats:
        mu = flat.reshape(v.shape)
        return (mu - back(mu)).reshape(-1)

    operator = LinearOperator((v.size, v.size), matvec=applied, dtype=np.float64)
    source = output_slope(network, v, target).reshape(-1)
    mu, problem = gmres(operator, source, rtol=_TOLERANCE, restart=60, maxiter=_ROUNDS)
    if problem:
        raise SimulationError(
            "the adjoint of the network did not converge: its loop gain is close to 1; lower "
            "learning.initial_gain or learning.rate"
        )
    return np.asarray(mu.reshape(v.shape))
