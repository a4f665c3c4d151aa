"""Crossbars: weights in conductances, fabricated, read and programmed."""

from analogep.crossbar.array import Array, Counts
from analogep.crossbar.pair import Pair
from analogep.crossbar.single import Single
from analogep.crossbar.store import Store
from analogep.crossbar.written import Written

__all__ = ["Array", "Counts", "Pair", "Single", "Store", "Written"]
