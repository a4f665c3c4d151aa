"""A law that moves ln G, as a table of steps of G: what a card has for windows of several decades.

With y = ln(G/G_min)/L, L = ln(G_max/G_min), a pulse that takes y to y + d(y) takes x = (e^(L y) - 1)/(e^L - 1) on by

    dx = e^(L y) (e^(L d(y)) - 1)/(e^L - 1),

on nodes that are equally spaced in y. Write noise of sigma L in ln G is sigma L (x + G_min/(G_max - G_min)) in x: the
slope of `state_polynomial`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from analogep.fit.describe import sides_of
from analogep.fit.estimate import DeviceFit, Fit

Floats = NDArray[np.float64]

_NODES = 33


def logarithmic(fit: Fit) -> bool:
    """Whether the law moves ln G."""
    return fit.devices[0].frame.logarithmic


def decades(fit: Fit) -> float:
    """L of the card's window [1]."""
    return math.log(fit.numbers["conductance.max"].value / fit.numbers["conductance.min"].value)


def table(fit: Fit, direction: int) -> tuple[Floats, Floats]:
    """(nodes, steps) of a direction (nodes,) [window], the mean over devices of the steps on their own windows."""
    y = np.linspace(0.0, 1.0, _NODES)
    change = np.mean([_step(device, fit, direction, y, device.uncertainty.values) for device in fit.devices], axis=0)
    whole = decades(fit)
    x = np.expm1(whole * y) / math.expm1(whole)
    x[-1] = 1.0
    return x, _relative(change, y, whole, direction)


def steps_at(
    device: DeviceFit, fit: Fit, direction: int, x: Floats, phi: Floats, window: tuple[float, float]
) -> Floats:
    """Steps of a device [window] at the states x (nodes,), for other parameters phi of its curve.

    Parameters
    ----------
    device : DeviceFit
    fit : Fit
    direction : int
    x : ndarray (nodes,) [1]
    phi : ndarray (parameters + directions,) [1]
    window : tuple of float
        Its window at these parameters [S].
    """
    whole = math.log(window[1] / window[0])
    y = np.log1p(x * math.expm1(whole)) / whole
    return _relative(_step(device, fit, direction, y, phi), y, whole, direction)


def _relative(change: Floats, y: Floats, whole: float, direction: int) -> Floats:
    """Steps of G [window] where ln G changes by `change` of its window at y (points,)."""
    sign = 1.0 if direction == 0 else -1.0
    steps = (
        np.exp(whole * y) * np.expm1(np.clip(sign * whole * np.maximum(change, 0.0), -600.0, 600.0)) / math.expm1(whole)
    )
    return np.asarray(np.clip(steps, -1.0, 1.0))


def _step(device: DeviceFit, fit: Fit, direction: int, y: Floats, phi: Floats) -> Floats:
    """Size of the step at y (points,) [window in ln G]."""
    side = sides_of(fit.form, device.minimum, device.frame, phi).sides[direction]
    share = y if direction == 0 else 1.0 - y
    at = side.near + share * side.width
    return np.array([side.step(float(xi)) for xi in at]) / side.width
