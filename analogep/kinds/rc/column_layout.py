"""Columns and their thermal noise as the compiled march takes them: numbers of each place of a row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analogep.draws import key_of
from analogep.engine.agitation import Side, Walk
from analogep.engine.columns import Columned
from analogep.kinds.rc import column_noise
from analogep.kinds.rc.drive import RCDrive
from analogep.kinds.rc.equations import RCEquations
from analogep.kinds.rc.frame import Frame
from analogep.kinds.rc.reading import Held, Steps

Floats = NDArray[np.float64]


class Still(NamedTuple):
    """What the march takes of columns whatever the conductances are: fields of `Columned` by their names."""

    share: Any
    most: Any
    watts: Any
    holds: Any
    back: Any
    rate: Any
    taken: Any


def _still(network: RCEquations, frame: Frame, held: Held, plan: Steps) -> Still:
    columns, placed = held.columns, frame.placed
    gains = zip(network.gains, network.layers, strict=True)
    back = np.concatenate([np.broadcast_to(one / network.gain, layer.size) for one, layer in gains])
    watts = [np.repeat(part, [layer.size for layer in network.layers[: len(part)]]) for part in columns.watts]
    # Columns that integrate take what they have gathered, at the end of a window.
    shown, windows = (0.0, held.windows) if held.gathers else (1.0, (0.0, 0.0))
    sizes = [part.size for part in watts]
    turns = enumerate(zip(held.windows, sizes, strict=True), 1)
    rate = [placed(plan.gather(window, size, way)) for way, (window, size) in turns]
    taken = [placed(window * part) for window, part in zip(windows, watts, strict=True)]
    return Still(
        share=placed(plan.lengths[:, None] / network.tau),
        most=(placed(columns.limits[0], np.inf), placed(columns.limits[1], np.inf)),
        watts=(placed(shown * watts[0]), placed(shown * watts[1])),
        holds=tuple(placed(np.full(size, held.holding)) for size in sizes),
        back=placed(back, 1.0),
        rate=(rate[0], rate[1]),
        taken=(taken[0], taken[1]),
    )


def columned(network: RCEquations, frame: Frame, held: Held, plan: Steps) -> Columned:
    """Numbers of the columns for the steps of all phases."""
    columns, placed = held.columns, frame.placed
    lags = enumerate(columns.lags, 1)
    follow = plan.stand if held.gathers else plan.follow
    keep, move = zip(*(follow(lag, which) for which, lag in lags), strict=True)
    # Nudging follows at once, where outputs have no column.
    keep, move = (tuple(placed(part, empty) for part in parts) for parts, empty in ((keep, 0.0), (move, 1.0)))
    offset = np.zeros(network.nodes)
    for layer, before in zip(network.layers[1:], network.slices[:-1], strict=True):
        offset[before] = 0.0 if layer.back_offset is None else layer.back_offset
    swings = tuple(one.limit for layer in network.layers for one in layer.columns or ())
    asked = plan, columns.supplied, held.holding, held.windows, held.gathers, swings
    still = frame.kept(Still, asked, lambda: _still(network, frame, held, plan))
    return Columned(
        frame.solver.projected, frame.own, plan.counts, plan.sorts, plan.reads, still.share, keep, move, still.most,
        plan.weights, columns.driver, still.watts, still.holds, still.back, placed(offset),
        (network.nodes, 2 * network.nodes), held.gathers, plan.ends, 0.5 * plan.lengths, still.rate, still.taken,
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
    sorts = np.zeros((len(phases), max(map(len, phases))), np.int64)
    holds = np.zeros_like(sorts)
    for p, phase in enumerate(phases):
        sorts[p, : len(phase)] = [kinds.index(step) for step in phase]
        holds[p, : len(phase)] = column_noise.held_before([step[:2] for step in phase])
    root, (own, begun) = math.sqrt(thermal[0].kt), column_noise.beginning(held.columns)
    table, parts = placed(column_noise.numbers(held.network, kinds, root)), column_noise.PARTS
    sides = [
        Side(*(*table[parts * k :][:parts], (placed(root * deviation), placed(seen))))
        for k, (deviation, seen) in enumerate(begun)
    ]
    return Walk(
        np.array([key_of(one.key) for one in thermal]), np.array([len(phase) for phase in phases]), sorts,
        np.array([reads for _, reads, _ in kinds]), holds, table[2 * parts], table[2 * parts + 1], placed(root * own),
        (sides[0], sides[1]), 0.0 if held.taking is None else root * held.taking.hold**-0.5,
    )  # fmt: skip
