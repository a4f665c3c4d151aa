"""The chip as a person holds it: `Chip`, and the emulator inside."""

from typing import TYPE_CHECKING

from analogep import lazy

if TYPE_CHECKING:
    from analogep.chip.chip import Chip
    from analogep.chip.emulator import Programmed, Trained

__all__ = ["Chip", "Programmed", "Trained"]

if not TYPE_CHECKING:
    __getattr__ = lazy.names(
        __name__,
        {
            "chip": ("Chip",),
            "emulator": ("Programmed", "Trained"),
        },
    )
