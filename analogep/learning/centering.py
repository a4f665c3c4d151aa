"""Updates of the first layer as if its inputs had mean zero: a better conditioned descent of the same cost.

With c the mean input, x w + b = (x - c) w + b', b' = b + c w. One step of gradient descent in w and b' is, in w and b,

    dw_i = -rate (g_i - c_i g_b),      db = -rate g_b - sum_i c_i dw_i

with g = dL/dw and g_b = dL/db: the gradient times a positive definite matrix, so that it still descends. Images are
bright on the whole, which makes the curvature along their mean many times larger than along what tells them apart;
the largest rate that is stable is set by the former. The arrays and the voltages on their lines are as before: only
the digital side computes other products (LeCun et al. 1998, doi 10.1007/3-540-49430-8_2, section 4.3; for an energy
function Montavon and Mueller 2012, doi 10.1007/978-3-642-35289-8_33).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.outer import Outer

Floats = NDArray[np.float64]


def center_of(mean: Floats, least: float) -> Floats:
    """`mean` of the inputs (inputs,) [1] where it is at least `least` [1], and 0 elsewhere.

    Any c does for the equations above. Where the mean is small there is little to gain, and with c_i = 0 the row of an
    input that is dark in a whole batch still costs nothing.
    """
    return np.where(mean >= least, mean, 0.0)


def centered(gradient: Outer, center: Floats) -> Outer:
    """The step for centred inputs from the gradient of one layer; the last row is its bias line.

    Parameters
    ----------
    gradient : Outer
        dL/dw (inputs + bias, neurons) [1].
    center : ndarray (inputs,) [1]
        c, in units of the bias line.

    Returns
    -------
    Outer
        With one term more, -c times the gradient of the bias: rows of inputs that are zero in a sample stay zero in it.
    """
    rows, bias = gradient.rows[:, :-1], gradient.rows[:, -1]
    moved = bias - (rows @ center - bias * float(center @ center))
    terms = np.column_stack([rows, moved])
    shared = np.append(-center, 0.0)
    return Outer(np.vstack([terms, shared]), np.vstack([gradient.columns, bias @ gradient.columns]))
