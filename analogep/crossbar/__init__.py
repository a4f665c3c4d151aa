"""Crossbars: weights in conductances, fabricated, read and programmed."""

from typing import TYPE_CHECKING

from analogep import lazy

if TYPE_CHECKING:
    from analogep.crossbar.array import Array, Counts
    from analogep.crossbar.pair import Pair
    from analogep.crossbar.single import Single
    from analogep.crossbar.store import Store
    from analogep.crossbar.written import Written

__all__ = ["Array", "Counts", "Pair", "Single", "Store", "Written"]

if not TYPE_CHECKING:
    __getattr__ = lazy.names(
        __name__,
        {
            "array": ("Array", "Counts"),
            "pair": ("Pair",),
            "single": ("Single",),
            "store": ("Store",),
            "written": ("Written",),
        },
    )
