"""analogep: an emulator of analog crossbar hardware that learns by equilibrium propagation.

device card + circuit card -> chip of crossbars -> relaxation (free, nudged) -> gradient -> pulses -> chip'
joules are booked all along; the result is one xarray.Dataset; reports and plots read only that

>>> from analogep import Chip, load_data
>>> data = load_data("digits", seed=1)
>>> chip = Chip("ideal", "digits", seed=1)
>>> change = [-0.3 * slope for slope in chip.gradient(data.train_x[:20], data.train_y[:20])]
>>> chip.program(change).pulses > 0
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analogep import beta, budget, characterise, fit, plots, report, results, tune
    from analogep.cards import register
    from analogep.chip import Chip
    from analogep.circuit import CircuitCard
    from analogep.classifier import EPClassifier
    from analogep.datasets import load_data
    from analogep.device import DeviceCard
    from analogep.folders import open
    from analogep.learning import compare
    from analogep.run import Run, again
    from analogep.streams import Seeds
    from analogep.study import Study, posterior_parts, posterior_study, standard_error

__version__ = "0.2.0"

_HOME = {
    "Chip": "analogep.chip",
    "CircuitCard": "analogep.circuit",
    "EPClassifier": "analogep.classifier",
    "DeviceCard": "analogep.device",
    "Run": "analogep.run",
    "Seeds": "analogep.streams",
    "Study": "analogep.study",
    "again": "analogep.run",
    "compare": "analogep.learning",
    "load_data": "analogep.datasets",
    "open": "analogep.folders",
    "posterior_parts": "analogep.study",
    "posterior_study": "analogep.study",
    "register": "analogep.cards",
    "standard_error": "analogep.study",
}
"""Public name -> module that has it."""
_PARTS = ("beta", "budget", "characterise", "fit", "plots", "report", "results", "tune")
"""Subpackages that people use by themselves."""

__all__ = [
    "Chip",
    "CircuitCard",
    "DeviceCard",
    "EPClassifier",
    "Run",
    "Seeds",
    "Study",
    "__version__",
    "again",
    "beta",
    "budget",
    "characterise",
    "compare",
    "fit",
    "load_data",
    "open",
    "plots",
    "posterior_parts",
    "posterior_study",
    "register",
    "report",
    "results",
    "standard_error",
    "tune",
]


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: `analogep --help` must not wait for SciPy."""
    if name in _HOME:
        found = getattr(import_module(_HOME[name]), name)
    elif name in _PARTS:
        return import_module(f"analogep.{name}")
    else:
        raise AttributeError(f"module 'analogep' has no attribute {name!r}; it has {', '.join(__all__)}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
