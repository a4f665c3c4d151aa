"""Repeated reads: white, flicker and telegraph noise, told apart by their spectra.

Of N reads x_n of one cell over their mean, with I_k = |sum x_n e^(-2 pi i k n/N)|^2/N, k = 1 .. N/2 - 1, the components

    white       S_k = w^2                                     w: rms
    flicker     S_k = f^2 N/(2 H k),  H = sum_k 1/k           f: rms over a record, in the mean
    telegraph   S_k = a^2 (1 - q^2)/(1 + q^2 - 2 q cos(2 pi k/N)),  q = e^(-2/tau)

(two levels a above and below the mean, tau reads between switches in the mean) minimise Whittle's -ln L = sum ln S_k +
I_k/S_k. Components are added as long as BIC falls. A telegraph has two levels: with its share s of the variance the
excess kurtosis of x is -2 s^2, and where the reads have less than half of that, what looks like one is many traps, and
counts as flicker. f^2/H is the level S_G/G^2 at 1 Hz; the rms that is reported is that of this record. Standard errors
are those of the likelihood.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.fit.correlate import correlations
from analogep.fit.finding import Finding, Number, Panel
from analogep.fit.ramps import FitError
from analogep.fit.records import Reads

Floats = NDArray[np.float64]
_UNITS: Final = {"conductance": "S", "current": "A", "unknown": ""}
_BINS: Final = 160
"""Bins of the periodogram, logarithmic in k: the spectra are smooth."""


class _Spectrum:
    """The binned periodogram and its models."""

    def __init__(self, x: Floats) -> None:
        self.size = x.size
        power = np.abs(np.fft.rfft(x))[1 : (x.size - 1) // 2 + 1] ** 2 / x.size
        k = np.arange(1, power.size + 1)
        edges = np.unique(np.round(np.geomspace(1, power.size + 1, _BINS)).astype(int))
        self.count = np.diff(edges).astype(np.float64)
        self.k = np.array([k[a - 1 : b - 1].mean() for a, b in pairwise(edges)])
        self.power = np.add.reduceat(power, edges[:-1] - 1) / self.count
        self.harmonic = float(np.sum(1.0 / k))

    def model(self, names: tuple[str, ...], p: Floats) -> Floats:
        """S at the bins (bins,), for the logarithms of the parameters."""
        total = np.zeros_like(self.k)
        values = dict(zip(names, np.exp(np.clip(p, -60.0, 60.0)), strict=True))
        if "white" in values:
            total += values["white"] ** 2
        if "flicker" in values:
            total += values["flicker"] ** 2 * self.size / (2.0 * self.harmonic * self.k)
        if "telegraph" in values:
            q = math.exp(-2.0 / max(values["dwell"], 1e-3))
            total += (
                values["telegraph"] ** 2
                * (1.0 - q * q)
                / (1.0 + q * q - 2.0 * q * np.cos(2.0 * np.pi * self.k / self.size))
            )
        return total + 1e-300

    def deviance(self, names: tuple[str, ...], p: Floats) -> float:
        """-2 ln L."""
        s = self.model(names, p)
        return 2.0 * float(np.sum(self.count * (np.log(s) + self.power / s)))

    def fit(self, names: tuple[str, ...]) -> tuple[float, Floats]:
        """(BIC, logarithms of the parameters)."""
        from scipy.optimize import minimize

        rms = math.sqrt(2.0 / self.size * float(np.sum(self.count * self.power))) + 1e-150
        floor = math.sqrt(float(np.mean(self.power[-20:]))) + 1e-150
        starts: list[list[float]] = [[]]
        for name in names:
            options = {"white": [floor], "flicker": [0.5 * rms], "telegraph": [0.7 * rms]}.get(
                name, [self.size / 500.0, self.size / 50.0]
            )
            starts = [[*start, math.log(max(one, 1e-150))] for start in starts for one in options]
        best = min(
            (minimize(lambda p: self.deviance(names, p), start, method="Nelder-Mead",
                      options={"maxiter": 1500, "xatol": 1e-5, "fatol": 1e-6}) for start in starts),
            key=lambda one: float(one.fun),
        )  # fmt: skip
        return float(best.fun) + len(names) * math.log(float(self.count.sum())), np.asarray(best.x)

    def realised(self, names: tuple[str, ...], p: Floats, error: float) -> Number:
        """Rms of the flicker that is in this record.

        Its slowest swings decide it, and of them a record has few: given the reads, the power of bin k is in the mean
        (F/S)^2 I + v and scatters by v (v + 2 (F/S)^2 I), v = F (S - F)/S, F the flicker's share of S. `error` is the
        relative one of the level.
        """
        whole = self.model(names, p)
        own = self.model(("flicker",), p[[names.index("flicker")]])
        seen, hidden = (own / whole) ** 2 * self.power, own * (whole - own) / whole
        square = 2.0 / self.size * float(np.sum(self.count * (seen + hidden)))
        scatter = 2.0 / self.size * math.sqrt(float(np.sum(self.count * hidden * (hidden + 2.0 * seen))))
        unknown = 2.0 * error * 2.0 / self.size * float(np.sum(self.count * hidden))
        rms = math.sqrt(square)
        return Number(rms, math.hypot(scatter, unknown) / (2.0 * rms), "%")

    def covariance(self, names: tuple[str, ...], p: Floats) -> Floats:
        """Covariance of the logarithms (parameters, parameters), by the expected information sum (d ln S)^2."""
        h = 1e-4
        slopes = np.array(
            [
                (np.log(self.model(names, p + h * one)) - np.log(self.model(names, p - h * one))) / (2.0 * h)
                for one in np.eye(p.size)
            ]
        )
        matrix = (slopes * self.count) @ slopes.T
        return np.asarray(np.linalg.pinv(matrix, rcond=1e-12, hermitian=True))

    def errors(self, names: tuple[str, ...], p: Floats) -> Floats:
        """Standard errors of the logarithms (parameters,)."""
        return np.asarray(np.sqrt(np.maximum(np.diag(self.covariance(names, p)), 0.0)))


_MODELS: Final = (
    ("white",), ("white", "flicker"), ("white", "telegraph", "dwell"), ("white", "flicker", "telegraph", "dwell"),
)  # fmt: skip


def fit_reads(record: Reads) -> Finding:
    """Components of the noise of each cell, the same ones for all; the numbers of several cells end in theirs.

    Raises
    ------
    FitError
        If there are fewer than 64 finite reads, or their mean is zero.
    """
    spectra, means, allowed = [], [], list(_MODELS)
    for cell, row in zip(record.cells, record.values, strict=True):
        values = row[np.isfinite(row)]
        mean = float(values.mean()) if values.size else 0.0
        if values.size < 64 or mean == 0.0 or np.ptp(values) == 0.0:
            raise FitError(f"{record.source.name}: {cell}: noise needs at least 64 reads that differ, with a mean")
        x = values / mean - 1.0
        spectra.append(_Spectrum(x))
        means.append(mean)
        centred = x - x.mean()
        kurtosis = float(np.mean(centred**4) / np.mean(centred**2) ** 2) - 3.0
        allowed = [names for names in allowed if "telegraph" not in names or _two_levels(spectra[-1], names, kurtosis)]
    fits = {names: [one.fit(names) for one in spectra] for names in allowed}
    names = min(fits, key=lambda key: sum(score for score, _ in fits[key]))
    numbers: dict[str, Number] = {}
    panels = []
    for cell, one, mean, (_, p) in zip(record.cells, spectra, means, fits[names], strict=True):
        end = f" of {cell}" if len(record.cells) > 1 else ""
        numbers |= {f"{key}{end}": value for key, value in _numbers(one, names, p, mean, record).items()}
        panels.append(_panel(one, names, p, cell, record.spacing))
    return Finding(
        record.kind, record.source, record.layout, " + ".join(name for name in names if name != "dwell"), numbers,
        tuple(panels), record.remarks, record.spacing, record.values.shape[1], _related(spectra, names, fits[names]),
    )  # fmt: skip


def _related(
    spectra: list[_Spectrum], names: tuple[str, ...], fits: list[tuple[float, Floats]]
) -> dict[tuple[str, str], float]:
    """Correlations of the components, by the mean covariance of the cells; what is alike in all of them has one
    name."""
    called = ["flicker.level" if name == "flicker" else name for name in names]
    covariances = [one.covariance(names, p) for one, (_, p) in zip(spectra, fits, strict=True)]
    return correlations(np.mean(covariances, axis=0), called)


def _two_levels(spectrum: _Spectrum, names: tuple[str, ...], kurtosis: float) -> bool:
    """Whether the reads have at least half of the negative kurtosis that the telegraph found would give them."""
    _, p = spectrum.fit(names)
    size = float(np.exp(2.0 * p[names.index("telegraph")]))
    total = 2.0 / spectrum.size * float(np.sum(spectrum.count * spectrum.power))
    return kurtosis < -(min(size / total, 1.0) ** 2)


def _numbers(one: _Spectrum, names: tuple[str, ...], p: Floats, mean: float, record: Reads) -> dict[str, Number]:
    errors = one.errors(names, p)
    unit = _UNITS[record.quantity]
    slow = float(one.model(names, p)[0]) / one.size
    out = {"mean": Number(mean, abs(mean) * math.sqrt(slow), unit)}
    for name, value, error in zip(names, np.exp(p), errors, strict=True):
        if name == "flicker":
            level = float(value**2) / one.harmonic
            out["flicker"] = one.realised(names, p, float(error))
            out["flicker.level"] = Number(level, 2.0 * level * float(error), "")
            continue
        own = "%" if name != "dwell" else ("s" if record.spacing else "")
        factor = record.spacing if name == "dwell" and record.spacing else 1.0
        out[name] = Number(float(factor * value), float(factor * value * error), own)
    return out


def _panel(one: _Spectrum, names: tuple[str, ...], p: Floats, cell: str, spacing: float | None) -> Panel:
    step = spacing or 1.0
    factor = 2.0 * step
    x = one.k / (one.size * step)
    labels = (f"frequency [{'Hz' if spacing else '1/read'}]", f"{cell}: S/mean^2 [{'1/Hz' if spacing else 'reads'}]")
    return Panel(x, factor * one.power, factor * one.model(names, p), labels, (True, True))
