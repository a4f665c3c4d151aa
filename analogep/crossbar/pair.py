"""Conductance pairs: signed weights from two arrays that are read against each other.

w = range (g_plus - g_minus)/(G_max - G_min)       with the nominal window of the card.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.array import Array, Floats
from analogep.crossbar.program import Shown
from analogep.crossbar.store import Store
from analogep.crossbar.wander import array_of
from analogep.crossbar.weigh import spread
from analogep.crossbar.write import Member
from analogep.crossbar.written import Written
from analogep.device import DeviceCard
from analogep.streams import Streams


class Pair(Store):
    """Two arrays that hold the weights of one layer.

    Parameters
    ----------
    device : DeviceCard
        Technology of both arrays.
    shape : (int, int)
        Rows (inputs and bias) and columns (neurons).
    weight_range : float
        |weight| at which the halves of a push-pull pair stand at opposite ends of the nominal window.
    push_pull : bool
        Whether both halves are programmed, or g_plus alone.
    fabrication : Streams
        Seed of the spread between cells.
    name, layer : str, int
        As in `Store`.
    single : bool
        Whether weights, states and conductances are held in single precision.
    averaging : float or None
        As in `Store`.
    common_mode : float
        Where in the window both halves stand as fabricated [1] (`circuit.Mapping`).
    """

    def __init__(
        self,
        device: DeviceCard,
        shape: tuple[int, int],
        weight_range: float,
        push_pull: bool,
        fabrication: Streams,
        name: str,
        layer: int = 0,
        *,
        single: bool = False,
        averaging: float | None = None,
        common_mode: float = 0.5,
    ) -> None:
        self.device, self.shape, self.name, self.layer = device, shape, name, layer
        self.common_mode = common_mode
        self.weight_range, self.push_pull, self.averaging = weight_range, push_pull, averaging
        self.unidirectional = device.programming.unidirectional
        self.halves = {
            half: array_of(device)(device, shape, fabrication, f"{name}/{half}", single=single, start=common_mode)
            for half in ("plus", "minus")
        }
        self.scale = weight_range / device.conductance.span
        """Weight per siemens [1/S]."""
        both = push_pull and not self.unidirectional
        self.step = device.step_at(device.stands(common_mode)) * weight_range * (2.0 if both else 1.0)
        """Nominal weight change by one pulse on the pair [1]."""
        self.refresh()

    @property
    def plus(self) -> Array:
        """The positive half."""
        return self.halves["plus"]

    @property
    def minus(self) -> Array:
        """The negative half."""
        return self.halves["minus"]

    def refresh(self) -> None:
        """Compute the weights from the conductances of all cells."""
        # As `program.weigh` does it, to the last bit: a resumed run has the same weights.
        self._weights: Floats = (self.plus.g - self.minus.g) * self.real(self.scale)
        noisy = bool(self.device.read.components)
        self._variance: Floats | None = self._variances() if noisy else None

    @property
    def weights(self) -> Floats:  # type: ignore[override]
        """Weights of all pairs (rows, columns) [1], to look at: pulses alone move them."""
        seen = self._weights.view()
        seen.setflags(write=False)
        return seen

    @property
    def row_total(self) -> Floats:
        """Conductance on each word line (rows,) [S], for the power of forward reads."""
        return np.asarray(self.plus.row_g + self.minus.row_g)

    @property
    def column_total(self) -> Floats:
        """Conductance on each bit line (columns,) [S], for the power of reverse reads."""
        return np.asarray(self.plus.column_g + self.minus.column_g)

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest weight that the nominal window holds [1]."""
        if self.push_pull or self.unidirectional:
            return -self.weight_range, self.weight_range
        return -self.common_mode * self.weight_range, (1.0 - self.common_mode) * self.weight_range

    def noise_variance(self) -> Floats | None:
        """Variance of each weight in one read (rows, columns) [1], or None where reads have no noise."""
        return self._variance

    def _variances(self) -> Floats:
        """Variance of each weight in one read of both halves [1]."""
        out = np.empty(self.shape, self.real)
        halves = (np.ascontiguousarray(array.g).reshape(-1) for array in self.halves.values())
        spread(self._read_noise, *halves, self.real(self.scale), out.reshape(-1))
        return out

    @property
    def members(self) -> list[Member]:
        """Both halves, the minus one with the opposite sign; of a unidirectional device neither is ever lowered."""
        least = 0.0 if self.unidirectional else -np.inf
        sign = -1.0 if self.push_pull or self.unidirectional else 0.0
        return [Member(self.plus, 1.0, least), Member(self.minus, sign, least)]

    def shown(self, counts: Floats) -> Shown:
        """Weights, and the variances of their reads where these have noise."""
        variances = np.zeros((0, 0), self.real) if self._variance is None else self._variance
        return Shown(self._weights, variances, counts, self.real(self.scale), self.real(0.0))

    def weigh(self, g: dict[str, Floats]) -> Floats:
        """(G+ - G-) scale [1]."""
        return (g["plus"] - g["minus"]) * self.scale

    def conductances(self, weights: Floats) -> dict[str, Floats]:
        """Conductances [S] of both halves, or a new one of the plus half alone where pulses move no other.

        Of all halves with the wanted difference those whose mean is nearest to the common mode, or to
        half of the difference above its lower end where pulses only go up.
        """
        window, half = self.device.conductance, 0.5 * weights / self.scale
        if not (self.push_pull or self.unidirectional):
            return {"plus": np.asarray(self.minus.g + 2.0 * half), "minus": np.array(self.minus.g)}
        mean = window.min + np.abs(half) if self.unidirectional else window.at(self.common_mode)
        low = np.maximum(self.plus.g_min - half, self.minus.g_min + half)
        high = np.minimum(self.plus.g_max - half, self.minus.g_max + half)
        mean = np.clip(mean, low, np.maximum(low, high))
        return {"plus": mean + half, "minus": mean - half}

    def steps(self, g: dict[str, Floats], error: Floats) -> Floats | float:
        """Weight change by one pulse [1].

        The nominal step serves devices that come back from either side. A unidirectional one must not overshoot, and
        its step differs many times over along the window: there it is the law's at the state of the half to pulse.
        """
        if not self.unidirectional:
            return self.step
        window = self.device.conductance
        x = np.clip((np.where(error > 0.0, g["plus"], g["minus"]) - window.min) / window.span, 0.0, 1.0)
        local = self.device.programming.step("up", x) * self.weight_range
        return np.maximum(local, 1e-3 * self.step)

    def renew(
        self, operation: Streams, rng: np.random.Generator, lsb: float, epoch: int, call: int
    ) -> tuple[Written, NDArray[np.bool_]]:
        """Reset pairs of a unidirectional device that have run high, and write their weights anew.

        Parameters
        ----------
        operation, rng, lsb, epoch, call
            As in `write`.

        Returns
        -------
        Written
            Reads, resets and pulses.
        bool ndarray (rows, columns)
            True where a pair was renewed.
        """
        reset, window = self.device.programming.reset, self.device.conductance
        assert reset is not None, f"device '{self.device.name}' has no reset"
        everywhere = np.ones(self.shape, dtype=bool)
        seen = {half: g.reshape(self.shape) for half, g in self.seen(everywhere, lsb, rng).items()}
        plus, minus = seen["plus"], seen["minus"]
        done = self.looked(everywhere)
        high = window.min + reset.refresh_above * window.span
        # A half that cannot move is not reset again and again.
        where = ((plus > high) & self.plus.responds) | ((minus > high) & self.minus.responds)
        if where.any():
            plus_reset, minus_reset = (array.reset(where, operation, epoch, call) for array in self.halves.values())
            done += plus_reset.beside(minus_reset)
            self.refresh()
            target = np.clip(self.weigh(seen), *self.range)
            done += self.write(target, operation, rng, lsb, where, epoch, call - 1)
        return done, where
