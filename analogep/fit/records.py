"""What was measured, by kind: one class each, in SI units, with file, checksum and the layout it was recognised as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from analogep.device.laws import Direction
from analogep.fit.ramps import Measurement, Source

Floats = NDArray[np.float64]
Quantity = Literal["conductance", "current", "resistance", "unknown"]


@dataclass(frozen=True)
class Record:
    """A file, or a part of one.

    Parameters
    ----------
    source : Source
    layout : str
        Name of the layout that it was recognised as (`layouts.LAYOUTS`).
    remarks : tuple of str
        What was assumed on the way, one sentence each.
    """

    kind: ClassVar[str] = ""
    source: Source
    layout: str
    remarks: tuple[str, ...]

    @property
    def said(self) -> str:
        """What there is of it, for people."""
        return ""


@dataclass(frozen=True)
class Pulses(Record):
    """Ramps of equal pulses.

    Parameters
    ----------
    measurement : Measurement
    amplitude, width : dict
        Of the pulses of a direction, where the file says them [V], [s].
    read_voltage : float or None
        Of the reads, where the file says it [V].
    normalised : bool
        Whether the values are of a scale that the file does not say, brought to 1 to 10 uS.
    """

    kind: ClassVar[str] = "pulses"
    measurement: Measurement
    amplitude: dict[Direction, float]
    width: dict[Direction, float]
    read_voltage: float | None = None
    normalised: bool = False

    @property
    def said(self) -> str:
        """Ramps by direction."""
        ways: tuple[Direction, ...] = ("up", "down")
        count = {way: sum(ramp.direction == way for ramp in self.measurement.ramps) for way in ways}
        devices = len(self.measurement.devices)
        text = " and ".join(f"{n} ramp{'s' if n > 1 else ''} {way}" for way, n in count.items() if n)
        return text + (f" of {devices} devices" if devices > 1 else "")


@dataclass(frozen=True)
class Kinetics(Record):
    """A train of pulses whose amplitude or width changes.

    Parameters
    ----------
    conductance : ndarray (readings,) [S]
        After each pulse.
    scatter : ndarray (readings, reads) [1]
        Repeated reads after each pulse over their mean; no columns where there is one read.
    amplitude : ndarray (readings,) [V]
        Of the pulse before each reading.
    width : ndarray (readings,) [s]
    """

    kind: ClassVar[str] = "kinetics"
    conductance: Floats
    scatter: Floats
    amplitude: Floats
    width: Floats
    read_voltage: float | None = None

    @property
    def said(self) -> str:
        """Pulses and the range of their amplitudes."""
        low, high = float(self.amplitude.min()), float(self.amplitude.max())
        reads = f", {self.scatter.shape[1]} reads each" if self.scatter.shape[1] > 1 else ""
        return f"{self.conductance.size} pulses of {low:g} to {high:g} V{reads}"


@dataclass(frozen=True)
class Reads(Record):
    """Repeated reads of cells that nobody writes.

    Parameters
    ----------
    cells : tuple of str
    values : ndarray (cells, reads)
        In SI units of `quantity`.
    quantity : str
    spacing : float or None
        Time from read to read [s].
    """

    kind: ClassVar[str] = "reads"
    cells: tuple[str, ...]
    values: Floats
    quantity: Quantity
    spacing: float | None

    @property
    def said(self) -> str:
        """Cells and reads."""
        count, reads = self.values.shape
        return f"{reads} reads of {count} cell{'s' if count > 1 else ''}"


@dataclass(frozen=True)
class Retention(Record):
    """A cell that is left alone.

    Parameters
    ----------
    time : ndarray (readings,) [s]
        Since the write, or the last pulse.
    values : ndarray (readings,)
        In SI units of `quantity`.
    quantity : str
    volatile : bool
        Whether it was driven first and then relaxes by itself.
    """

    kind: ClassVar[str] = "retention"
    time: Floats
    values: Floats
    quantity: Quantity
    volatile: bool

    @property
    def said(self) -> str:
        """Readings and how long."""
        return f"{self.time.size} readings over {self.time[-1] - self.time[0]:g} s"


@dataclass(frozen=True)
class Endurance(Record):
    """Both states of a cell, cycle by cycle.

    Parameters
    ----------
    cycle : ndarray (cycles,) [1]
    low, high : ndarray (cycles,)
        Low- and high-resistance state in SI units of `quantity`; NaN where the row is cut short.
    v_set, v_reset : ndarray (cycles,) [V]
        NaN where the file has none.
    quantity : str
    """

    kind: ClassVar[str] = "endurance"
    cycle: Floats
    low: Floats
    high: Floats
    v_set: Floats
    v_reset: Floats
    quantity: Quantity

    @property
    def said(self) -> str:
        """Cycles."""
        return f"{self.cycle.size} cycles"


@dataclass(frozen=True)
class Sweep(Record):
    """Current against voltage, in the order of the sweep.

    Parameters
    ----------
    voltage : ndarray (points,) [V]
    current : ndarray (points,) [A]
    """

    kind: ClassVar[str] = "I-V"
    voltage: Floats
    current: Floats

    @property
    def said(self) -> str:
        """Points and their range."""
        return f"{self.voltage.size} points from {self.voltage.min():g} to {self.voltage.max():g} V"


@dataclass(frozen=True)
class Devices(Record):
    """One reading of each of many devices.

    Parameters
    ----------
    values : ndarray (devices,) [SI, of `quantity`]
    error : ndarray (devices,) [1]
        Relative standard errors of the readings themselves, zero where the file says none.
    quantity : str
    """

    kind: ClassVar[str] = "device table"
    values: Floats
    error: Floats
    quantity: Quantity

    @property
    def said(self) -> str:
        """Devices."""
        return f"{self.values.size} devices"


@dataclass(frozen=True)
class Steps(Record):
    """Change by one pulse at equally spaced states, from the lower end of the window upwards, both positive.

    Parameters
    ----------
    up, down : ndarray (states,) [window]
    """

    kind: ClassVar[str] = "steps"
    up: Floats
    down: Floats

    @property
    def said(self) -> str:
        """States."""
        return f"steps at {self.up.size} states"


AnyRecord = Pulses | Kinetics | Reads | Retention | Endurance | Sweep | Devices | Steps
