"""Thermal noise of a resistive network: of every cell, leak and diode.

    D/(kT) = 2 [sum G + leak + h^2 sum G behind + diode]/C^2            on the diagonal

h is the back-current factor of the amplifier, through which the cells of the next array reach the node. A soft diode
makes shot noise, q (|I| + 2 I_s) in place of 2kT g, equal to it at rest; an ideal one that conducts has its
conductance. An amplifier's input noise drives the lines behind it a times as much, as if R_n = gamma/gm stood in front:

    D/(kT) = 2 R_n sum_j (a g_ji)^2 f_i/C^2 at the nodes behind it,    2 R_n (h a sum_i g_ji)^2 f_j/C^2 at its own

(a gain, g cells of the array behind), all of one amplifier alike. It ends at the amplifier's pole, tau_a, which leaves
f = tau/(tau + tau_a) of the variance of white noise at a node by itself.

A cell between two nodes takes from one what it gives to the other (`cells`), so that without amplifiers every node has
kT/C at rest (equipartition). What nudges an output has gamma |beta| times the conductance that nudges at beta = 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analogep.draws import standard_normals
from analogep.kinds.resistive.cells import Cells
from analogep.kinds.resistive.equations import ResistiveEquations
from analogep.network.base import Kicks

Floats = NDArray[np.float64]


class Source(NamedTuple):
    """What makes noise between two layers of nodes.

    Attributes
    ----------
    cells : Cells
        Of the array.
    driven : (ndarray (nodes before, nodes), ndarray (nodes before,)) or None [S^(1/2)]
        What a unit of the noise of the amplifiers before it drives into the nodes behind, and out of their own nodes;
        None for amplifiers without noise.
    """

    cells: Cells
    driven: tuple[Floats, Floats] | None


def between(network: ResistiveEquations) -> list[Source]:
    """The arrays between layers of nodes, as sources of noise."""
    found = []
    for k, (before, stage) in enumerate(zip(network.stages, network.stages[1:], strict=False), 1):
        cells = Cells.of(stage.coupling, before.size)
        found.append(Source(cells, _driven(network, cells, k) if before.noise_resistance > 0.0 else None))
    return found


def agitation(network: ResistiveEquations, arrays: Sequence[Source], v: Floats, stirred: float) -> Floats:
    """D/(kT) on the diagonal (samples, nodes) [V^2/(s J)] at `v` (samples, nodes) [V]; `stirred` [1] as in `Drive`."""
    total = _alone(network, arrays, v)
    for k, (cells, driven) in enumerate(arrays, 1):
        total[:, network.slices[k]] += cells.columns
        total[:, network.slices[k - 1]] += network.stages[k - 1].backs ** 2 * cells.rows
        if driven is not None:
            into, taken = driven
            total[:, network.slices[k]] += np.square(into).sum(axis=0)
            total[:, network.slices[k - 1]] += np.square(taken)
    total[:, network.slices[-1]] += stirred * network.nudging
    return np.asarray(2.0 * total / np.square(network.capacitance))


def kicks(network: ResistiveEquations, arrays: Sequence[Source], v: Floats, stirred: float) -> Kicks:
    """A function that draws normal deviates with the covariance of D/(kT) at `v` (samples, nodes) [V]; the cells of an
    array between two layers push their ends in opposite directions, and what nudges both outputs of a class them.
    `stirred` [1] as in `Drive`."""
    root, pushed = np.sqrt(_alone(network, arrays, v)), np.sqrt(stirred * network.nudging)
    classes = network.stages[-1].size // (2 if network.doubled else 1)

    def drawn(rng: np.random.Generator) -> Floats:
        out = root * standard_normals(v.shape, rng)
        for k, (cells, driven) in enumerate(arrays, 1):
            into, taken = cells.currents(v.shape[0], rng)
            out[:, network.slices[k]] += into
            out[:, network.slices[k - 1]] -= network.stages[k - 1].backs * taken
            if driven is not None:
                ahead, back = driven
                own = standard_normals((v.shape[0], back.size), rng)
                out[:, network.slices[k]] += own @ ahead
                out[:, network.slices[k - 1]] -= own * back
        if pushed > 0.0:
            current = pushed * standard_normals((v.shape[0], classes), rng)
            out[:, network.slices[-1]] += np.hstack([current, -current]) if network.doubled else current
        return np.asarray(np.sqrt(2.0) * out / network.capacitance)

    return drawn


def _alone(network: ResistiveEquations, arrays: Sequence[Source], v: Floats) -> Floats:
    """Conductance whose noise reaches one node alone (samples, nodes) [S]: to lines that sources hold, leak, diode."""
    out = np.empty_like(v)
    for k, (stage, part) in enumerate(zip(network.stages, network.slices, strict=True)):
        total = stage.coupling.column_load() if k == 0 else arrays[k - 1].cells.outside
        out[:, part] = total + stage.leak + stage.diodes.agitation(v[:, part], stage.sign)
    return out


def _driven(network: ResistiveEquations, cells: Cells, k: int) -> tuple[Floats, Floats]:
    """`Source.driven` of array k."""
    before = network.stages[k - 1]
    ahead, own = (
        np.sqrt(network.tau[part] / (network.tau[part] + before.lag)) for part in network.slices[k - 1 : k + 1][::-1]
    )
    gains = np.broadcast_to(np.sqrt(before.noise_resistance) * before.gains, before.size)
    return gains[:, None] * cells.shares * cells.rows[:, None] * ahead, gains * before.backs * cells.rows * own
