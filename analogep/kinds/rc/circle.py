"""Equal steps of an RC network whose outputs are nudged by a complex beta: an ideal network with complex voltages.

    tau dz/dt = -z + W rho(z_before) + M' rho(s z_behind) + beta (d - rho(z))           z = v + i w

The equations are those of `RCEquations` with linear devices, continued to complex voltages: real arrays act on the real
and on the imaginary parts, which makes two real networks that only neurons and nudging couple. For neurons with an
analytic curve the equilibrium is an analytic function of beta, near enough to 0, and z(beta*) = z(beta)*.

No circuit is known that does this. Joules are those of the two real networks: arrays and leaks take G |z|^2.

Source: Laborieux and Zenke 2022, NeurIPS, arXiv 2209.00530.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Phase, Solver
from analogep.errors import SimulationError
from analogep.kinds.rc.drive import RCDrive
from analogep.kinds.rc.equations import RCEquations
from analogep.kinds.rc.layout import layout
from analogep.network.drive import Drive
from analogep.network.relaxed import Circled
from analogep.relaxation.euler import steps
from analogep.relaxation.guard import MOST_VOLTS

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


def relax_on_circle(
    network: RCEquations, drive: Drive, v0: Floats, betas: Sequence[complex], phase: Phase, solver: Solver
) -> list[Circled]:
    """Relax a batch under each of several complex betas, for the whole length of a phase.

    Parameters
    ----------
    network : RCEquations
        With saturating neurons, linear devices and perfect wires.
    drive : Drive
        Of a nudged phase without read noise; its own beta is not looked at.
    v0 : ndarray (samples, nodes) [V]
        Real node voltages at the beginning.
    betas : sequence of complex
    phase, solver
        Length, and steps as `relax` takes them by `euler`.

    Raises
    ------
    SimulationError
        If a node goes further than any circuit does.
    """
    assert isinstance(drive, RCDrive)
    made, (count, h) = layout(network, solver), steps(network, phase, solver)
    assert made is not None
    with np.errstate(over="ignore", invalid="ignore"):
        ends, residual, energy = made.run(
            [drive], v0, [(count, h)] * len(betas), betas, constant=drive.frozen is not None, parts=2
        )
    found = []
    for beta, parts, left, joules in zip(betas, ends, residual, energy, strict=True):
        v = np.asarray(parts[:, 0] + 1j * parts[:, 1], np.complex128)
        furthest = float(np.abs(v).max())
        if not furthest <= MOST_VOLTS:
            raise SimulationError(
                f"nudging by {beta:.3g} carried a node to {furthest:.3g} V: complex states of saturating neurons have "
                "poles, and the circle must stay clear of them; lower nudging.beta"
            )
        found.append(Circled(v, _rates(network, v), left, count * h, joules))
    return found


def _rates(network: RCEquations, v: Complexes) -> list[Complexes]:
    """rho(v) of each layer (samples, neurons) [V], with complex numbers."""
    out = []
    for layer, part in zip(network.layers, network.slices, strict=True):
        low, high = layer.activation.rails
        centre, swing = 0.5 * (low + high), 0.5 * (high - low)
        out.append(np.asarray(centre + swing * np.tanh((v[:, part] - centre) / swing), np.complex128))
    return out
