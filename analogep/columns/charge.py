"""An integrator on every summing line: its current becomes a charge on a capacitor for the window of a turn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.columns.amplifier import Amplified
from analogep.columns.base import Response, SummingLines
from analogep.units import Farads, format_si

Floats = NDArray[np.float64]
Path = tuple[str | int, ...]

_WANTED: Final = 10.0


@dataclass(frozen=True)
class Integrator:
    """Impulse responses of an integrator of one-pole amplifiers, from reset to the end of the window T.

    With w = 2 pi GBW, N = 1 + G T/C_int and c = 1 + C_line/C_int Kirchhoff's law at the line, I = G u + C_int d(u +
    y)/dt + C_line du/dt, and the amplifier's, dy/dt = w (u + e) - w y/A_0 of a noise e at its input, are together

        (c/w) y'' + k y' + (N - 1)/(A_0 T) y = I/C_int + c e' + (N - 1) e/T,    k = 1 + c/A_0 + (N - 1)/(w T)

    whose rates s_1 < s_2 are the leak of the charge by a finite A_0 and the settling of the virtual ground:

        to I/C_int  g = w/(c (s_2 - s_1)) (e^(-s_1 t) - e^(-s_2 t)),    to e  c g' + (N - 1) g/T

    Attributes
    ----------
    window : float [s]
    gain : ndarray (lines,) [1]
        N.
    slow, fast : ndarray (lines,) [1/s]
        s_1 and s_2.
    scale : ndarray (lines,) [1]
        w/(c (s_2 - s_1)).
    ratio : float [1]
        c.
    """

    window: float
    gain: Floats
    slow: Floats
    fast: Floats
    scale: Floats
    ratio: float

    def _left(self, rate: Floats) -> Floats:
        """Integral of e^(-rate t) over the window (lines,) [s], of a `rate` (lines,) [1/s]."""
        # What does not leak at all does so in the limit.
        rate = np.maximum(rate, 1e-12 / self.window)
        return np.asarray(-np.expm1(-rate * self.window) / rate)

    def _square(self, slow: Floats, fast: Floats) -> Floats:
        """Integral of (slow e^(-s_1 t) - fast e^(-s_2 t))^2 over the window (lines,) [s] times the square of the unit
        of its factors (lines,)."""
        both = self._left(self.slow + self.fast)
        own, other = self._left(2.0 * self.slow), self._left(2.0 * self.fast)
        return np.asarray(np.square(slow) * own - 2.0 * slow * fast * both + np.square(fast) * other)

    @property
    def passed(self) -> Floats:
        """1/T times the integral of g (lines,) [1]: what a constant current leaves of I T/C_int."""
        return self.scale * (self._left(self.slow) - self._left(self.fast)) / self.window

    @property
    def current(self) -> Floats:
        """1/T times the integral of g^2 (lines,) [1]: 1 of an integrator that is exact."""
        return self._square(self.scale, self.scale) / self.window

    @property
    def voltage(self) -> Floats:
        """T times the integral of the square of the response to e (lines,) [1]: N^2 but for what is correlated with the
        sample itself, c w T/2."""
        rate = (self.gain - 1.0) / self.window
        parts = (self.scale * (rate - self.ratio * one) for one in (self.slow, self.fast))
        return self.window * self._square(*parts)


class Charge(Amplified):
    """The line's current is integrated on C_int for the window T of a turn, and sampled at its end: y = I T/C_int.

    C_int = T/R_f makes that R_f I. A switch empties C_int before each window, and leaves kT/C_int of its noise there,
    unless a sample that is taken first is subtracted from the one at the end (`doubled`): that adds the wide-band noise
    of the amplifier, gamma c kT/C_load with c = 1 + C_line/C_int, once more. With g of `Integrator`

        h = T/(R_f C_int) 1/T int g,    offset N h V_os, by doubled sampling (N - 1) h V_os,    N = 1 + G T/C_int
        var y = 2 kT R_f^2 G/T^2 int g^2 + 2 kT gamma/gm int (c g' + (N - 1) g/T)^2 + kT/C_int or gamma c kT/C_load

    The first is the integral of the cells' 4kT G over the window, 4kT G T/(2 C_int^2), of an amplifier that is fast and
    exact. R_n is T/(2 kT) times the variance. GBW is `ratio` N/(2 pi T), so that about the share 1/`ratio` of a window
    passes before the line is held; 10 where nothing is given, as this is lost as gain here, and not only time.

    The output stage gives the charge of C_int, V_dd/2 C_int |y| in each window; emptying it takes nothing. Within a
    window currents count alike here, early and late.
    """

    windowed: ClassVar[bool] = True
    kind: Literal["charge"]
    dc_gain: Annotated[float, Field(gt=1)]
    """A_0."""
    doubled: bool = False
    """Whether sampling is correlated and double."""
    capacitance: Annotated[Farads | None, Field(gt=0)] = None
    """C_int in place of T/R_f, with a reason: all that is read is then multiplied by T/(R_f C_int)."""
    reason: str | None = None
    """Why C_int is not T/R_f."""
    example: ClassVar[str] = "{kind: charge, supply: 1.1 V, dc_gain: 10000, load: 0.2 pF, gm_over_id: 15, branches: 4}"

    @property
    def paced(self) -> bool:
        """Never: what it needs is a turn, whatever the node behind."""
        return False

    @property
    def wanted(self) -> float:
        """Window over what an amplifier takes to hold its line [1]."""
        return _WANTED if self.ratio is None else self.ratio

    def window(self, lines: SummingLines) -> float:
        """T [s]: of lines that nobody reads in windows, what has to be followed."""
        return lines.window or lines.tau

    def capacitor(self, lines: SummingLines) -> float:
        """C_int [F]."""
        return self.window(lines) / lines.feedback if self.capacitance is None else self.capacitance

    def _gain(self, lines: SummingLines, g: Floats) -> Floats:
        """N (lines,) [1] at `g` (lines,) [S]."""
        return 1.0 + g * self.window(lines) / self.capacitor(lines)

    def _product(self, lines: SummingLines) -> float:
        """GBW [Hz]."""
        return self.product(float(self._gain(lines, np.array([lines.design]))[0]), self.window(lines))

    def integrator(self, lines: SummingLines, g: Floats) -> Integrator:
        """At `g` (lines,) [S]."""
        window, n, w = self.window(lines), self._gain(lines, g), 2.0 * math.pi * self._product(lines)
        c = 1.0 + lines.capacitance / self.capacitor(lines)
        k, leak = 1.0 + c / self.dc_gain + (n - 1.0) / (w * window), (n - 1.0) / (self.dc_gain * window)
        # The larger root first: the other one is what is left of their product.
        fast = 0.5 * w / c * (k + np.sqrt(np.square(k) - 4.0 * c / w * leak))
        slow = leak * w / (c * fast)
        return Integrator(window, n, slow, fast, w / (c * (fast - slow)), c)

    def response(self, lines: SummingLines, g: Floats) -> Response:
        """As the class says, at `g` (lines,) [S]; the time constant is what passes before the line is held, (N - 1 +
        c)/(2 pi GBW): its share of the window is lost as gain."""
        found, window, store = self.integrator(lines, g), self.window(lines), self.capacitor(lines)
        gm, scale = self.transconductance(self._product(lines)), window / (lines.feedback * store)
        gain = scale * found.passed
        again = self.excess * found.ratio / self.load if self.doubled else 1.0 / store
        cells = np.square(scale * lines.feedback) * g * found.current
        return Response(
            gain=gain,
            tau=(found.gain - 1.0 + found.ratio) / (2.0 * math.pi * self._product(lines)),
            noise=cells + self.excess / gm * found.voltage + 0.5 * window * again,
            offset=(found.gain - self.doubled) * found.passed,
            limit=self.swing,
        )

    def bias(self, lines: SummingLines) -> float:
        """Of the amplifier [W]."""
        return self.power(self._product(lines))

    def drawn(self, lines: SummingLines) -> float:
        """C_int/T [S]."""
        return self.capacitor(lines) / self.window(lines)

    def remedy(self, lines: SummingLines, lag: float) -> str:
        """A bandwidth."""
        wanted = float(self._gain(lines, np.array([lines.design]))[0]) / (2.0 * math.pi * lag)
        return f"give column.bandwidth={format_si(wanted, 'Hz')} or more, or longer turns"

    def rules(self) -> Iterator[tuple[Path, str]]:
        yield from super().rules()
        if self.ratio is not None and self.bandwidth is not None:
            yield ("ratio",), "is given by 'bandwidth' already; remove one of the two"
        if self.capacitance is not None and not self.reason:
            yield (
                ("reason",),
                "is missing: a capacitance other than window over R_f multiplies all that is read; say why, or remove "
                "'capacitance', which then follows",
            )
        if self.capacitance is None and self.reason is not None:
            yield ("reason",), "is of a 'capacitance', which is not given; give it, or remove the reason"
