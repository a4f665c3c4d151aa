"""Columns and their thermal noise as the compiled march takes them: numbers of each place of a row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.draws import key_of
from analogep.engine.agitation import Side, Walk
from analogep.engine.columns import Columned
from analogep.kinds.rc import column_noise
from analogep.kinds.rc.column_noise import Numbers
from analogep.kinds.rc.drive import RCDrive
from analogep.kinds.rc.equations import RCEquations
from analogep.kinds.rc.frame import Frame
from analogep.kinds.rc.reading import Held, Steps

Floats = NDArray[np.float64]


def columned(network: RCEquations, frame: Frame, held: Held, plan: Steps) -> Columned:
    """Numbers of the columns for the steps of all phases."""
    columns, placed = held.columns, frame.placed
    lags = list(enumerate(columns.lags, 1))
    follow = plan.stand if held.gathers else plan.follow
    keep, move = zip(*(follow(lag, which) for which, lag in lags), strict=True)
    rate = [placed(plan.gather(window, lag, which)) for window, (which, lag) in zip(held.windows, lags, strict=True)]
    # Nudging follows at once, where outputs have no column.
    keep, move = (tuple(placed(part, empty) for part in parts) for parts, empty in ((keep, 0.0), (move, 1.0)))
    back = np.concatenate(
        [
            np.broadcast_to(one / network.gain, layer.size)
            for one, layer in zip(network.gains, network.layers, strict=True)
        ]
    )
    watts = [np.repeat(part, [layer.size for layer in network.layers[: len(part)]]) for part in columns.watts]
    # Columns that integrate take what they have gathered, at the end of a window.
    shown, windows = (0.0, held.windows) if held.gathers else (1.0, (0.0, 0.0))
    taken = [placed(window * part) for window, part in zip(windows, watts, strict=True)]
    holds = tuple(placed(np.full(lag.size, held.holding)) for lag in columns.lags)
    offset = np.zeros(network.nodes)
    for layer, before in zip(network.layers[1:], network.slices[:-1], strict=True):
        offset[before] = 0.0 if layer.back_offset is None else layer.back_offset
    return Columned(
        frame.solver.projected, frame.own, plan.counts, plan.sorts, plan.reads,
        placed(plan.lengths[:, None] / network.tau), keep, move,
        (placed(columns.limits[0], np.inf), placed(columns.limits[1], np.inf)),
        plan.weights, columns.driver, (placed(shown * watts[0]), placed(shown * watts[1])), holds,
        placed(back, 1.0), placed(offset), (network.nodes, 2 * network.nodes),
        held.gathers, plan.ends, 0.5 * plan.lengths, (rate[0], rate[1]), (taken[0], taken[1]),
    )  # fmt: skip


def _side(frame: Frame, k: int, table: Sequence[Numbers], root: float, deviation: Floats, seen: Floats) -> Side:
    """Numbers of the columns of one direction, 0 or 1, in all sorts of steps; `deviation` (columns,) [V/sqrt(J)] of
    them before the first, `seen` (columns,) [1] what nodes have of it, `root` is sqrt(kT) [sqrt(J)]."""

    def rows(name: str, which: int | None = None) -> Any:
        found = [getattr(step.sides[k], name) for step in table]
        return frame.placed(np.stack(found if which is None else [one[which] for one in found]))

    pushed, bent = rows("driven", 1), rows("ramped", 1)
    if k == 1:
        # What nudges an output reaches it at once.
        last, here = frame.slices[-1], frame.places[-1]
        pushed, bent = pushed.copy(), bent.copy()
        pushed[:, here] = np.stack([step.pulled[last] for step in table])
        bent[:, here] = np.stack([step.late[last] for step in table])
        pushed, bent = frame.still(pushed), frame.still(bent)
    spread = root * np.stack([step.sides[k].spread for step in table])
    carried = spread * np.stack([step.sides[k].carried for step in table])
    begin = frame.placed(root * deviation), frame.placed(seen)
    return Side(
        rows("left"), rows("seen"), rows("driven", 0), pushed, rows("ramped", 0), bent, frame.placed(spread),
        frame.placed(carried), begin,
    )  # fmt: skip


def walk(
    network: RCEquations, frame: Frame, held: Held, drives: Sequence[RCDrive], grids: Sequence[tuple[int, float]]
) -> Walk | None:
    """Thermal noise at the ends of all phases; None without."""
    thermal = [drive.thermal for drive in drives if drive.thermal is not None]
    if len(thermal) < len(drives) or held.gathers:
        return None
    placed = frame.placed
    phases = [
        [(*step, drive.stirred) for step in column_noise.last_steps(held.taking, network.tau, count * h)]
        for drive, (count, h) in zip(drives, grids, strict=True)
    ]
    kinds = sorted({step for phase in phases for step in phase})
    table = [column_noise.numbers(held.network, *kind) for kind in kinds]
    sorts = np.zeros((len(phases), max(map(len, phases))), np.int64)
    holds = np.zeros_like(sorts)
    for p, phase in enumerate(phases):
        sorts[p, : len(phase)] = [kinds.index(step) for step in phase]
        holds[p, : len(phase)] = column_noise.held_before([step[:2] for step in phase])
    root, (own, begun) = math.sqrt(thermal[0].kt), column_noise.beginning(held.columns)
    sides = [_side(frame, k, table, root, *one) for k, one in enumerate(begun)]
    return Walk(
        np.array([key_of(one.key) for one in thermal]), np.array([len(phase) for phase in phases]), sorts,
        np.array([reads for _, reads, _ in kinds]), holds,
        placed(np.stack([step.stay for step in table])), placed(root * np.stack([step.fresh for step in table])),
        placed(root * own), (sides[0], sides[1]), 0.0 if held.taking is None else root * held.taking.hold**-0.5,
    )  # fmt: skip
