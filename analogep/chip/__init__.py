"""The chip as a person holds it: `Chip`, and the emulator inside."""

from analogep.chip.chip import Chip, Programmed
from analogep.chip.emulator import Trained

__all__ = ["Chip", "Programmed", "Trained"]
