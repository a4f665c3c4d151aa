"""Figures of a run and of devices: each function that draws takes a Dataset, and nothing else, and returns a Figure.

matplotlib's object-oriented API only: no window, no pyplot, and the caller's style is as it was afterwards.
"""

import os
from typing import TYPE_CHECKING

from analogep import lazy

if os.environ.get("MPLBACKEND"):
    # Before what imports matplotlib, which would not be imported at all with a backend that it does not know.
    from analogep.plots import backend  # noqa: F401

if TYPE_CHECKING:
    from analogep.plots.beta import finite_beta
    from analogep.plots.budget import weighed_limits
    from analogep.plots.collect import FIGURES, SPIKING, drawable, figures, save
    from analogep.plots.conductance import conductances
    from analogep.plots.device import characteristics
    from analogep.plots.device_compare import comparison
    from analogep.plots.device_file import SUFFIXES, render
    from analogep.plots.energy import energy_by_component
    from analogep.plots.fit import fitted_pulses
    from analogep.plots.history import accuracy_and_cost, gradients, pulses
    from analogep.plots.macro import macro_page
    from analogep.plots.measurements import fitted_measurements
    from analogep.plots.merit import among_chips
    from analogep.plots.posterior import posterior_parts
    from analogep.plots.runs import MOST_RUNS, runs_compared
    from analogep.plots.specification import specified_limits
    from analogep.plots.study import study_axes
    from analogep.plots.study_crossing import study_lines
    from analogep.plots.style import STYLE, engineering
    from analogep.plots.trace import relaxation
    from analogep.plots.tuned import tuned_settings

__all__ = [
    "FIGURES",
    "MOST_RUNS",
    "SPIKING",
    "STYLE",
    "SUFFIXES",
    "accuracy_and_cost",
    "among_chips",
    "characteristics",
    "comparison",
    "conductances",
    "drawable",
    "energy_by_component",
    "engineering",
    "figures",
    "finite_beta",
    "fitted_measurements",
    "fitted_pulses",
    "gradients",
    "macro_page",
    "posterior_parts",
    "pulses",
    "relaxation",
    "render",
    "runs_compared",
    "save",
    "specified_limits",
    "study_axes",
    "study_lines",
    "tuned_settings",
    "weighed_limits",
]

if not TYPE_CHECKING:
    __getattr__ = lazy.names(
        __name__,
        {
            "beta": ("finite_beta",),
            "budget": ("weighed_limits",),
            "collect": ("FIGURES", "SPIKING", "drawable", "figures", "save"),
            "conductance": ("conductances",),
            "device": ("characteristics",),
            "device_compare": ("comparison",),
            "device_file": ("SUFFIXES", "render"),
            "energy": ("energy_by_component",),
            "fit": ("fitted_pulses",),
            "measurements": ("fitted_measurements",),
            "history": ("accuracy_and_cost", "gradients", "pulses"),
            "macro": ("macro_page",),
            "merit": ("among_chips",),
            "posterior": ("posterior_parts",),
            "runs": ("MOST_RUNS", "runs_compared"),
            "specification": ("specified_limits",),
            "study": ("study_axes",),
            "study_crossing": ("study_lines",),
            "style": ("STYLE", "engineering"),
            "trace": ("relaxation",),
            "tuned": ("tuned_settings",),
        },
    )
