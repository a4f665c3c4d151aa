"""What time does to the cells of an array while it is in use.

    leak     x <- rest + (x - rest) e^{-t/tau}       a charge: pulses go on from what is left of it
    drift    G = aged(G_w, t - t_w)                  a relaxation that begins anew, at G_w = G(x), with each pulse

The leak composes exactly: one step of 2 t is two steps of t. Drifts follow from the time t_w of a cell's last pulse, so
that they need no composition. Both wait until they are worth it (`worth`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analogep.device import DeviceCard
from analogep.device.retention import Leak, NoRetention

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]

_LEAST: Final = 2e-3
"""Share of what a cell shows, or of its way to rest, from which its loss is never put off."""


def worth(device: DeviceCard) -> Callable[[float], bool]:
    """Whether a time [s] changes cells by a pulse, or by two thousandths: a function of the time.

    Until then what a pulse meets is off by less than that, and by half of it in the mean.
    """
    retention, smallest, hot = device.retention, least(device), speed(device)
    if isinstance(retention, NoRetention):
        return lambda seconds: False
    return lambda seconds: retention.lost(seconds * hot) >= smallest


def least(device: DeviceCard) -> float:
    """Smallest change of a state that is never put off [window]."""
    return min(_LEAST, device.step)


def speed(device: DeviceCard) -> float:
    """Factor on the speed of ageing at the card's temperature [1]."""
    return 1.0 if device.temperature is None else device.temperature.acceleration()


class Ageing:
    """What an array remembers for it.

    Parameters
    ----------
    device : DeviceCard
    shape : (int, int)
    deviates : callable
        Gives a normal deviate of each cell (rows, columns) [1], as `Array.aged` takes them.
    real : numpy type
        Precision of the states.

    Attributes
    ----------
    fresh : ndarray (rows, columns) or (0, 0) [S]
        G_w: what each cell showed after its last pulse, of devices that drift.
    written : ndarray (rows, columns) or (0, 0) [s]
        t_w: when that was, on the clock of training.
    counted : int32 ndarray (rows, columns) or (0, 0) [pulses]
        Pulses that each cell had had by then.
    latest : ndarray (1,) or (0,) [s]
        When cells drifted last; 0 before they ever did.
    """

    def __init__(
        self, device: DeviceCard, shape: tuple[int, int], deviates: Callable[[], Floats], real: type[np.floating[Any]]
    ) -> None:
        self._device, self._deviates, self._real = device, deviates, real
        drifts = device.retention.drifts
        kept = shape if drifts else (0, 0)
        self.fresh, self.written = np.zeros(kept, real), np.zeros(kept)
        self.counted, self.latest = np.zeros(kept, np.int32), np.zeros(int(drifts))
        self._rates: Floats | None = None

    def copied(self) -> Ageing:
        """A copy with arrays of its own."""
        other = copy.copy(self)
        other.fresh, other.written, other.counted = self.fresh.copy(), self.written.copy(), self.counted.copy()
        other.latest = self.latest.copy()
        return other

    def state(self) -> dict[str, NDArray[np.generic]]:
        """The attributes by name: its own, not copies; none without a drift.

        Returns
        -------
        dict of ndarray
            `fresh` (rows, columns) [S], `written` (rows, columns) [s], `counted` (rows, columns) [pulses], `latest`
            (1,) [s].
        """
        if not self.latest.size:
            return {}
        return {"fresh": self.fresh, "written": self.written, "counted": self.counted, "latest": self.latest}

    @property
    def drifting(self) -> bool:
        """Whether what cells show has drifted ever since."""
        return bool(self.latest.any())

    def left(self, seconds: float) -> Floats:
        """e^{-t/tau} of each cell after `seconds` (rows, columns) [1], of a device that leaks."""
        leak = self._device.retention
        assert isinstance(leak, Leak)
        if self._rates is None:
            self._rates = (speed(self._device) * leak.rates(self._deviates())).astype(self._real)
        return np.exp(self._rates * self._real(-seconds))

    def drifted(self, g: Floats, low: Floats, high: Floats, cycles: Counts, now: float) -> Floats:
        """Conductances of cells that drift (rows, columns) [S].

        Parameters
        ----------
        g, low, high : ndarray (rows, columns) [S]
            What cells show, as it was left by their last pulse or drift, and the ends of their windows.
        cycles : int32 ndarray (rows, columns) [pulses]
            Pulses that each has had.
        now : float [s]
            On the clock of training, on which new pulses are taken to have come just now.
        """
        new = cycles != self.counted if self.drifting else np.ones(g.shape, dtype=bool)
        np.copyto(self.fresh, g, where=new)
        # Whatever was written before the first drift was written at the beginning: until then none was worth it.
        self.written[new] = now if self.drifting else 0.0
        self.counted[...], self.latest[0] = cycles, now
        age = (now - self.written) * speed(self._device)
        return self._device.retention.aged(
            self.fresh, low, high, self._device.conductance.max, age, self._deviates()
        ).astype(self._real)

    def unaged(self, g: Floats, cycles: Counts) -> tuple[Floats, Floats | float]:
        """What cells showed after their last pulse (rows, columns) [S], and how old that was at the last drift [s].

        Parameters
        ----------
        g : ndarray (rows, columns) [S]
            What they show.
        cycles : int32 ndarray (rows, columns) [pulses]
            As in `drifted`.
        """
        if not self.drifting:
            return g, 0.0
        new = cycles != self.counted
        return np.where(new, g, self.fresh), np.where(new, 0.0, self.latest[0] - self.written)

    def restart(self, g: Floats) -> None:
        """Take all cells as written when the last drift was, showing `g` (rows, columns) [S]."""
        if self.drifting:
            self.fresh[...], self.written[...] = g, self.latest[0]
