"""Netlists of a chip for ngspice, and ngspice's answer held against ours.

`scene` says what happens on the chip, `deck` writes it down, `simulate` runs ngspice on it, `compare` measures the
distance between the two programs in volts and joules. A kind of network gets its netlist from a function of its own,
registered with `add_network`.
"""

from analogep.spice import layered as layered
from analogep.spice import limits
from analogep.spice import passive as passive
from analogep.spice import resistive as resistive
from analogep.spice.chip import scene_of, seeds_of
from analogep.spice.comparison import Comparison, compare
from analogep.spice.deck import deck_of
from analogep.spice.netlist import Netlist
from analogep.spice.ngspice import batch, program, simulate
from analogep.spice.raw import Plot, read_raw
from analogep.spice.scene import Probes, Scene, add_network

__all__ = [
    "Comparison",
    "Netlist",
    "Plot",
    "Probes",
    "Scene",
    "add_network",
    "batch",
    "compare",
    "deck_of",
    "limits",
    "program",
    "read_raw",
    "scene_of",
    "seeds_of",
    "simulate",
]
