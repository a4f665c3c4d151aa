"""Single conductances as weights: of a resistive network, or one half of a pair that learns by itself.

w = range (g - g_0)/(G_max - G_min)       g_0 the lower end of the card's nominal window, or a pair's common mode
"""

from __future__ import annotations

import numpy as np

from analogep.crossbar.array import Array, Floats
from analogep.crossbar.program import Shown
from analogep.crossbar.store import Store
from analogep.crossbar.wander import array_of
from analogep.crossbar.write import Member
from analogep.device import DeviceCard
from analogep.streams import Streams


class Single(Store):
    """One array whose every cell is a weight.

    Parameters
    ----------
    device : DeviceCard
    shape : (int, int)
    weight_range : float
        Width of the range of weights that the nominal window holds [1].
    fabrication : Streams
        Seed of the spread between cells.
    name, layer : str, int
        As in `Store`.
    half : {'', 'plus', 'minus'}
        What the results call the array; a half of a pair counts its weight from the pair's common mode.
    averaging : float or None
        As in `Store`.
    common_mode : float
        Where in the window cells stand as fabricated [1].
    """

    def __init__(
        self,
        device: DeviceCard,
        shape: tuple[int, int],
        weight_range: float,
        fabrication: Streams,
        name: str,
        layer: int,
        half: str = "",
        *,
        averaging: float | None = None,
        common_mode: float = 0.5,
    ) -> None:
        self.device, self.shape, self.layer, self.averaging = device, shape, layer, averaging
        self.name = f"{name}/{half}" if half else name
        self.halves = {
            half: array_of(device)(device, shape, fabrication, f"{name}/{half or 'single'}", start=common_mode)
        }
        window = device.conductance
        self.scale = weight_range / window.span
        self.step = device.step_at(common_mode) * weight_range
        self.origin = window.at(common_mode) if half else window.min
        """Conductance of the weight 0 [S]."""

    @property
    def array(self) -> Array:
        """The only array."""
        (array,) = self.halves.values()
        return array

    @property
    def range(self) -> tuple[float, float]:
        """Weights at the ends of the nominal window [1]."""
        window = self.device.conductance
        return (window.min - self.origin) * self.scale, (window.max - self.origin) * self.scale

    @property
    def weights(self) -> Floats:  # type: ignore[override]
        """Weights of all cells (rows, columns) [1]; networks read the conductances themselves."""
        return self.weigh({"": self.array.g})

    def refresh(self) -> None:
        """Do nothing: no weights are kept beside the conductances."""

    def weigh(self, g: dict[str, Floats]) -> Floats:
        """(G - G_0) scale [1], G_0 the conductance of the weight 0."""
        (seen,) = g.values()
        return (seen - self.origin) * self.scale

    def conductances(self, weights: Floats) -> dict[str, Floats]:
        """G_0 + w/scale [S], for all cells, whether their windows reach it or not."""
        (half,) = self.halves
        return {half: self.origin + weights / self.scale}

    def steps(self, g: dict[str, Floats], error: Floats) -> Floats | float:
        """The nominal step [1], for all cells."""
        return self.step

    @property
    def members(self) -> list[Member]:
        """The array, moved as it is."""
        return [Member(self.array, 1.0, -np.inf)]

    def shown(self, counts: Floats) -> Shown:
        """No weights: they follow from the conductances when they are asked for."""
        nothing = np.zeros((0, 0), self.real)
        return Shown(nothing, nothing, counts, self.real(self.scale), self.real(self.origin))
