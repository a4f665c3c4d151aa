"""What the noise of a pulse does to one cell, for the kernels: the disturbed step from the law's step and a deviate."""

from __future__ import annotations

from typing import NamedTuple


class AdditiveNoise(NamedTuple):
    """change + sd xi."""

    sd: float

    def disturbed(noise, change, x, up, scale, off, xi):  # type: ignore[no-untyped-def]  # noqa: N805
        """The same everywhere."""
        return change + noise.sd * xi


class ProportionalNoise(NamedTuple):
    """change + sigma |change| xi."""

    sigma: float

    def disturbed(noise, change, x, up, scale, off, xi):  # type: ignore[no-untyped-def]  # noqa: N805
        """Relative to the step."""
        return change + noise.sigma * abs(change) * xi


class DirectedNoise(NamedTuple):
    """change + sd xi, sd by direction."""

    up: float
    down: float

    def disturbed(noise, change, x, up, scale, off, xi):  # type: ignore[no-untyped-def]  # noqa: N805
        """The same everywhere, by direction."""
        return change + (noise.up if up else noise.down) * xi


class DirectedShare(NamedTuple):
    """change + sigma |change| xi, sigma by direction."""

    up: float
    down: float

    def disturbed(noise, change, x, up, scale, off, xi):  # type: ignore[no-untyped-def]  # noqa: N805
        """Relative to the step, by direction."""
        return change + (noise.up if up else noise.down) * abs(change) * xi


class NominalNoise(NamedTuple):
    """change + sd scale xi, sd by direction: in units of the cell's own nominal step."""

    up: float
    down: float

    def disturbed(noise, change, x, up, scale, off, xi):  # type: ignore[no-untyped-def]  # noqa: N805
        """By direction and cell."""
        return change + (noise.up if up else noise.down) * scale * xi


class PolynomialNoise(NamedTuple):
    """change + [floor + step |change| + slope (x + G_min/(G_max - G_min))] xi."""

    floor: float
    step: float
    slope: float

    def disturbed(noise, change, x, up, scale, off, xi):  # type: ignore[no-untyped-def]  # noqa: N805
        """By state and step."""
        return change + (noise.floor + noise.step * abs(change) + noise.slope * (x + off)) * xi
