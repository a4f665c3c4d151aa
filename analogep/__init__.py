"""analogep: an emulator of analog crossbar hardware that learns by equilibrium propagation.

device card + circuit card -> network of crossbars -> relaxation (free, nudged) -> gradient -> pulses -> crossbars'
joules are booked all along; the result is one xarray.Dataset; reports and plots read only that

>>> from analogep import CircuitCard, DeviceCard, Run
>>> result = Run(DeviceCard.load("rram"), CircuitCard.load("digits"), seed=1).execute()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analogep.circuit import CircuitCard
    from analogep.device import DeviceCard
    from analogep.run import Run
    from analogep.streams import Seeds
    from analogep.study import Study

__version__ = "0.1.0"
__all__ = ["CircuitCard", "DeviceCard", "Run", "Seeds", "Study", "__version__"]

_HOME = {
    "CircuitCard": "analogep.circuit",
    "DeviceCard": "analogep.device",
    "Run": "analogep.run",
    "Seeds": "analogep.streams",
    "Study": "analogep.study",
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: `analogep --help` must not wait for SciPy."""
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'analogep' has no attribute {name!r}")
