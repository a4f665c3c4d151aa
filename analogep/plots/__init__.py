"""Figures of a run: each public function takes the result's Dataset, and nothing else, and returns a Figure.

matplotlib's object-oriented API only: no window, no pyplot, and the caller's style is as it was afterwards.
"""

from analogep.plots.collect import FIGURES, figures, save
from analogep.plots.conductance import conductances
from analogep.plots.energy import energy_by_component
from analogep.plots.history import accuracy_and_cost, gradients, pulses
from analogep.plots.trace import relaxation

__all__ = [
    "FIGURES",
    "accuracy_and_cost",
    "conductances",
    "energy_by_component",
    "figures",
    "gradients",
    "pulses",
    "relaxation",
    "save",
]
