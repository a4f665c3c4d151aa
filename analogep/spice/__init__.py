"""Netlists of a chip for ngspice, and ngspice's answer held against ours.

`scene` says what happens on the chip, `deck` writes it down, `simulate` runs ngspice on it, `compare` measures the
distance between the two programs in volts and joules. What a kind of network adds to a netlist it says itself
(`Network.netlist`).
"""

from analogep.spice import limits
from analogep.spice.chip import scene_of, seeds_of
from analogep.spice.comparison import Comparison, compare
from analogep.spice.deck import deck_of
from analogep.spice.netlist import Netlist
from analogep.spice.ngspice import batch, program, simulate
from analogep.spice.raw import Plot, read_raw
from analogep.spice.scene import Probes, Scene

__all__ = [
    "Comparison",
    "Netlist",
    "Plot",
    "Probes",
    "Scene",
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
