"""The nudging at which the outputs have no stable state: negative nudging cancels their leak.

J(beta) = J(0) - beta D, with J the Jacobian of dv/dt at the free equilibrium and D = J(0) - J(1) what nudging of one
adds to it. At beta = -p it is singular: 1/p is the largest eigenvalue of -J(0)^-1 D, of which only the outputs' block
differs from zero. Everything that nudging does has its nearest singularity there, in an RC network without feedback
at p = 1 and nearer with it.
"""

from __future__ import annotations

import numpy as np

from analogep.beta.probe import Probe


def pole(probe: Probe) -> float:
    """Smallest p > 0 such that nudging of -p makes the linearised circuit singular [1].

    Parameters
    ----------
    probe : Probe
        All its samples are looked at, each at its free equilibrium.

    Returns
    -------
    float
        Infinity for constant nudging, whose current does not depend on the outputs.
    """
    if probe.circuit.nudging.kind == "constant":
        return float("inf")
    network, steepest = probe.network, 0.0
    for batch in probe.batches:
        for k in range(len(batch.lines)):
            one = slice(k, k + 1)
            drive = network.drive(batch.lines[one])
            rest = network.jacobian(batch.free[one], drive)[0]
            change = rest - network.jacobian(batch.free[one], network.nudged(drive, 1.0, batch.target[one]))[0]
            nudged = np.flatnonzero(np.abs(change).max(axis=0))
            if nudged.size:
                block = -np.linalg.solve(rest, change[:, nudged])[nudged]
                steepest = max(steepest, float(np.linalg.eigvals(block).real.max()))
    return 1.0 / steepest if steepest > 0.0 else float("inf")
