"""What a cell is made with: its window, its law, its faults, drawn once from the fabrication seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.device import DIRECTIONS, DeviceCard
from analogep.streams import Streams

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cells:
    """The cells of one array as fabricated. Arrays of shape (1, 1) stand for all cells.

    Attributes
    ----------
    each : ndarray (rows, columns, 4) or (1, 1, 4) [1], [1], [S], [S]
        Factors on the steps up and down, and the window at the operating temperature, side by side: one cell is one
        access to memory.
    shapes : ndarray (rows, columns, 4) or (0, 0, 0), units of the law
        Parameters of each cell's own law, for the kernels; empty where the card's law serves all.
    responds : bool ndarray (rows, columns)
        False where a cell ignores pulses.
    start : ndarray (rows, columns) [window]
        State before the first pulse.
    """

    each: Floats
    shapes: Floats
    responds: NDArray[np.bool_]
    start: Floats

    @property
    def step_up(self) -> Floats:
        """Factors on the steps up (rows, columns) or (1, 1) [1]."""
        return self.each[..., 0]

    @property
    def step_down(self) -> Floats:
        """Factors on the steps down (rows, columns) or (1, 1) [1]."""
        return self.each[..., 1]

    @property
    def low(self) -> Floats:
        """Lower ends of the windows (rows, columns) or (1, 1) [S]."""
        return self.each[..., 2]

    @property
    def high(self) -> Floats:
        """Upper ends of the windows (rows, columns) or (1, 1) [S]."""
        return self.each[..., 3]


def fabricate(device: DeviceCard, shape: tuple[int, int], seeds: Streams, name: str, start: float = 0.5) -> Cells:
    """Draw the cells of an array.

    Parameters
    ----------
    device : DeviceCard
    shape : (int, int)
    seeds : Streams
        Fabrication seed; every quantity has a stream of its own, so that one that is not spread shifts nothing.
    name : str
        Name of the array in the streams.
    start : float
        Where in its own window each cell stands [1], but for unidirectional devices and stuck cells.
    """
    spread = device.variation.device_to_device
    window = device.conductance

    def factor(quantity: str) -> Floats:
        sigma = float(getattr(spread, quantity))
        if sigma == 0.0:
            return np.ones((1, 1))
        return spread.draw(sigma, shape, seeds.rng(f"{name}/fabrication/{quantity}"), quantity)

    high, low = window.max * factor("max"), window.min * factor("min")
    common, apart = factor("step"), factor("asymmetry")
    up = common * apart
    down = common * (2.0 - apart) if spread.of("asymmetry") == "normal" else common / apart
    if spread.steps == "absolute":
        own = window.span / (high - low)
        up, down = up * own, down * own
    shapes = _shapes(device, shape, up, down, (low, high), seeds, name)
    responds, stand, dead = _faults(device, shape, seeds, name, start)
    cold, warm = (1.0, 1.0) if device.temperature is None else device.temperature.window()
    low, high = low * cold, high * warm
    if dead is not None:
        low, high = (np.where(dead, 0.0, end) for end in (low, high))
    return Cells(_side_by_side([up, down, low, high], shape), shapes, responds, stand)


def _side_by_side(columns: list[Floats], shape: tuple[int, int]) -> Floats:
    """Quantities of a cell in neighbouring numbers; one cell for all where none of them is spread."""
    out = np.empty((*((1, 1) if all(column.size == 1 for column in columns) else shape), len(columns)))
    for k, column in enumerate(columns):
        out[..., k] = column
    return out


def _shapes(
    device: DeviceCard,
    shape: tuple[int, int],
    up: Floats,
    down: Floats,
    ends: tuple[Floats, Floats],
    seeds: Streams,
    name: str,
) -> Floats:
    """Parameters of the cells' own laws where the shape parameter is spread, or the law does not move with windows."""
    law, spread, window = device.programming, device.variation.device_to_device, device.conductance
    if not spread.shape and spread.reference == "own":
        return np.zeros((0, 0, 0))
    low, high = (np.broadcast_to(end, shape) for end in ends)
    columns: list[Floats] = []
    for direction, scale in zip(DIRECTIONS, (up, down), strict=True):
        if direction in law.directions:
            off = np.zeros(shape)
            if spread.shape:
                off = spread.deviates(spread.shape, shape, seeds.rng(f"{name}/fabrication/shape/{direction}"))
            each: tuple[Floats, Floats] | None = None
            if spread.reference == "nominal":
                own = (low - window.min) / window.span, (high - low) / window.span
                each = law.referred(direction, np.broadcast_to(scale, shape), off, *own)
            columns += law.cell(direction, np.broadcast_to(scale, shape), off) if each is None else each
        else:
            columns += [np.zeros(shape)] * 2
    return _side_by_side(columns, shape)


def _faults(
    device: DeviceCard, shape: tuple[int, int], seeds: Streams, name: str, first: float
) -> tuple[NDArray[np.bool_], Floats, NDArray[np.bool_] | None]:
    """Which cells respond, where they start, and which are open.

    As fabricated, cells stand at the share `first` of their own window, those of a unidirectional device at its reset
    state; the initial weights are pulses away.
    """
    faults, reset = device.faults, device.programming.reset
    start = np.full(shape, first if reset is None else reset.to)
    if reset is not None and reset.sigma:
        xi = seeds.rng(f"{name}/fabrication/reset").standard_normal(shape)
        start = np.clip(start + reset.sigma * xi, 0.0, 1.0)
    edges = np.cumsum([faults.dead, faults.stuck_min, faults.stuck_max, faults.stuck_random])
    if edges[3] == 0.0:
        return np.ones(shape, dtype=bool), start, None
    rng = seeds.rng(f"{name}/fabrication/faults")
    lot, anywhere = rng.random(shape), rng.random(shape)
    start[lot < edges[3]] = anywhere[lot < edges[3]]
    start[lot < edges[2]] = 1.0
    start[lot < edges[1]] = 0.0
    return lot >= edges[3], start, lot < edges[0] if faults.dead else None
