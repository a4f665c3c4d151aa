"""Trains whose amplitude changes: how far a pulse goes by its voltage, and the bound that it leads to.

    G' = G + share(V) (G_end - G),   share(V) = s sinh(V/v_0)/sinh(V_r/v_0) (w/w_r)

with V_r and w_r the median amplitude and width; or share = 1 - e^(-D) with the dose D(V) of that form, as the card's
kinetic law has it for a linear window. Numbers are means of both forms with the weights of their likelihoods. Start,
G_end, s and v_0 minimise the residuals over G of the noise-free path (`levels` says why levels are fitted), because
reads scatter in proportion to G.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analogep.fit.correlate import correlations
from analogep.fit.finding import Finding, Least, Number, Panel, least_squares
from analogep.fit.ramps import FitError
from analogep.fit.records import Kinetics

Floats = NDArray[np.float64]


def _path(p: Floats, volts: Floats, width: Floats, dose: bool) -> Floats:
    """Levels (readings,) [1] of ln start, ln end, ln s, ln v_0; volts over the reference, width over its median."""
    with np.errstate(over="ignore"):
        scale = float(np.exp(np.clip(p[3], -7.0, 7.0)))
        # sinh(a/v)/sinh(1/v), without overflow for small v
        ratio = np.exp((volts - 1.0) / scale) * np.expm1(-2.0 * volts / scale) / np.expm1(-2.0 / scale)
        reach = np.exp(np.clip(p[2], -60.0, 10.0)) * ratio * width
    left = np.exp(-reach) if dose else 1.0 - np.minimum(reach, 1.0)
    end = np.exp(p[1])
    start = np.exp(p[0])
    # The first reading stands before the first pulse that is fitted.
    return np.asarray(end + (start - end) * np.concatenate([[1.0], np.cumprod(left[1:])]))


def _off(volts: Floats, width: Floats, y: Floats, dose: bool, p: Floats) -> Floats:
    return _path(p, volts, width, dose) / y - 1.0


def fit_kinetics(record: Kinetics) -> Finding:
    """Bound, share and voltage scale of a train, and the read noise where each reading was repeated.

    Raises
    ------
    FitError
        If the train does not move the conductance.
    """
    drive = np.abs(record.amplitude)
    reference = float(np.median(drive))
    middle = float(np.nanmedian(record.width)) if np.isfinite(record.width).any() else math.nan
    width = record.width / middle if math.isfinite(middle) and middle > 0.0 else np.ones_like(drive)
    g = record.conductance
    if g.min() <= 0.0 or abs(g[-1] - g[0]) < 0.05 * g.max():
        raise FitError(f"{record.source.name}: the pulses do not move the conductance from {g[0]:.4g} S")
    up = bool(g[-1] > g[0])
    unit = float(g.max())
    y = g / unit
    ends = [y.max() * factor for factor in (1.02, 1.3)] if up else [y.min() * factor for factor in (0.97, 0.5)]
    starts = [np.log([y[0], end, s, v]).tolist() for end in ends for s in (0.01, 0.05) for v in (0.1, 0.25)]
    drive, width = drive / reference, np.nan_to_num(width, nan=1.0)
    fits = {
        dose: least_squares(partial(_off, drive, width, y, dose), starts, correlated=True) for dose in (False, True)
    }
    known = {dose: one for dose, one in fits.items() if one is not None}
    if not known:
        raise FitError(f"{record.source.name}: no kinetics follow the train; are amplitude and reading right?")
    dose = min(known, key=lambda key: known[key].sigma)
    least = known[dose]
    start = math.exp(min(float(least.values[0]), 60.0))
    (end, end_se), (share, share_se), (scale, scale_se) = _averaged(known)
    numbers = {
        "bound": Number(unit * end, unit * end * end_se, "S"),
        "share": Number(share, share * share_se, "%"),
        "v0": Number(reference * scale, reference * scale * scale_se, "V"),
        "first": Number(unit * start, unit * start * least.se(0), "S"),
        "reference": Number(math.copysign(reference, float(record.amplitude[0])), math.nan, "V"),
    }
    if math.isfinite(middle) and middle > 0.0:
        numbers["width"] = Number(middle, math.nan, "s")
    if record.scatter.shape[1] > 1:
        count = record.scatter.size - record.scatter.shape[0]
        sigma = math.sqrt(float(np.sum((record.scatter - record.scatter.mean(axis=1, keepdims=True)) ** 2)) / count)
        numbers["read"] = Number(sigma, sigma / math.sqrt(2.0 * count), "%")
    curve = unit * _path(least.values, drive, width, dose)
    panel = Panel(np.arange(g.size, dtype=np.float64), g, curve, ("pulse", "conductance [S]"))
    return Finding(
        record.kind, record.source, record.layout, "up" if up else "down", numbers, (panel,), record.remarks,
        related=correlations(least.covariance, ("first", "bound", "share", "v0")),
    )  # fmt: skip


def _averaged(known: dict[bool, Least]) -> list[tuple[float, float]]:
    """(value, relative error) of end, share and v_0 over both forms, each with the weight of its likelihood.

    What the forms differ by counts as an error as long as the train does not tell which one is right.
    """
    weights = {dose: -one.count * math.log(max(one.sigma, 1e-300)) for dose, one in known.items()}
    top = max(weights.values())
    weights = {dose: math.exp(max(value - top, -700.0)) for dose, value in weights.items()}
    out = []
    for k in (1, 2, 3):
        values, variances = [], []
        for dose, one in known.items():
            value, error = float(one.values[k]), one.se(k)
            if k == 2 and dose:
                reach = math.exp(min(value, 10.0))
                value, error = math.log(-math.expm1(-reach)), error * reach / math.expm1(min(max(reach, 1e-12), 600.0))
            values.append(value)
            variances.append(error**2)
        w = np.array(list(weights.values())) / sum(weights.values())
        mean = float(w @ np.array(values))
        spread = float(w @ (np.array(variances) + (np.array(values) - mean) ** 2))
        out.append((math.exp(min(mean, 60.0)), math.sqrt(spread)))
    return out
