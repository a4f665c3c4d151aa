"""Figures of a run and of devices: each function that draws takes a Dataset, and nothing else, and returns a Figure.

matplotlib's object-oriented API only: no window, no pyplot, and the caller's style is as it was afterwards.
"""

from analogep.plots.beta import finite_beta
from analogep.plots.collect import FIGURES, SPIKING, drawable, figures, save
from analogep.plots.conductance import conductances
from analogep.plots.device import characteristics
from analogep.plots.device_compare import comparison
from analogep.plots.device_file import SUFFIXES, render
from analogep.plots.energy import energy_by_component
from analogep.plots.fit import fitted_pulses
from analogep.plots.history import accuracy_and_cost, gradients, pulses
from analogep.plots.runs import MOST_RUNS, runs_compared
from analogep.plots.study import study_axes
from analogep.plots.study_lines import study_lines
from analogep.plots.style import engineering
from analogep.plots.trace import relaxation
from analogep.plots.waterfall import waterfall

__all__ = [
    "FIGURES",
    "MOST_RUNS",
    "SPIKING",
    "SUFFIXES",
    "accuracy_and_cost",
    "characteristics",
    "comparison",
    "conductances",
    "drawable",
    "energy_by_component",
    "engineering",
    "figures",
    "finite_beta",
    "fitted_pulses",
    "gradients",
    "pulses",
    "relaxation",
    "render",
    "runs_compared",
    "save",
    "study_axes",
    "study_lines",
    "waterfall",
]
