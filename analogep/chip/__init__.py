"""The chip as a person holds it: `Chip`, and the emulator inside."""

from analogep.chip.chip import Chip
from analogep.chip.emulator import Programmed, Trained

__all__ = ["Chip", "Programmed", "Trained"]
