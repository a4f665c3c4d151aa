"""Crossbars of conductance pairs: fabricate, read, program."""

from analogep.crossbar.array import Array, Counts, Written
from analogep.crossbar.pair import Pair

__all__ = ["Array", "Counts", "Pair", "Written"]
