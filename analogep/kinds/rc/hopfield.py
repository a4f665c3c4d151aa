"""The Hopfield energy: the dimensionless function that a network of neurons descends while it relaxes; never joules."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.rc.drive import RCDrive
from analogep.kinds.rc.equations import RCEquations
from analogep.network.drive import Drive

Floats = NDArray[np.float64]


def hopfield_energy(network: RCEquations, v: Floats, drive: Drive) -> Floats:
    """E(u) = sum_i Phi(rho(u_i)) - 1/2 sum_{i != j} W_ij rho(u_i) rho(u_j) - sum_i b_i rho(u_i), u = v/V_read.

    Phi(r) is the integral of the inverse transfer curve, 1/2 u^2 for a linear stage between its rails, so that this is
    the energy of Scellier and Bengio (2017) wherever nodes stay between them. Inputs are clamped: their own
    1/2 sum x^2 is the same in every state and left out. With rates r in place of voltages

        dE/dr_i = -tau_i dv_i/dt / V_read       (free phase, linear cells, one array read in both directions)

    and E falls along the relaxation: dE/dt = -sum tau_i rho'(v_i) (dv_i/dt)^2 / V_read^2 <= 0. A feedback gain s scales
    the lines behind a layer; E = sum_k s^k E_k with the layers' own terms E_k then has the same property. Where cells
    are curved or arrays mirrored there is no such function, and E is only a number to look at.

    Parameters
    ----------
    network : RCEquations
    v : ndarray (samples, nodes) [V]
    drive : Drive
        Of a free phase.

    Returns
    -------
    ndarray (samples,) [1]

    Notes
    -----
    B. Scellier, Y. Bengio, Front. Comput. Neurosci. 11, 24 (2017), doi 10.3389/fncom.2017.00024; J. J. Hopfield, PNAS
    81, 3088 (1984), doi 10.1073/pnas.81.10.3088.
    """
    assert isinstance(drive, RCDrive)
    rates, total, factor = network.rates(v), np.zeros(v.shape[0]), 1.0
    for k, (layer, r) in enumerate(zip(network.layers, rates, strict=True)):
        field = drive.inputs if k == 0 else layer.connection.forward(rates[k - 1], network.inner(layer))
        constant = network.constants[k]
        if k > 0 and constant is not None:
            field = field + constant
        total += factor * (layer.activation.primitive(r) - r * field).sum(axis=1)
        factor *= network.gain
    return total / network.read_voltage**2
