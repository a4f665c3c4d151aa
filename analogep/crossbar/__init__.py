"""Crossbars: weights in conductances, fabricated, read and programmed."""

from analogep.crossbar.array import Array, Counts, Written
from analogep.crossbar.pair import Pair
from analogep.crossbar.single import Single
from analogep.crossbar.store import Store

__all__ = ["Array", "Counts", "Pair", "Single", "Store", "Written"]
