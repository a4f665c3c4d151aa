"""What the package believes about a device, as one Dataset: pulses, steps, reading, cells, ageing, joules."""

from analogep.characterise.assemble import characterise
from analogep.characterise.together import together

__all__ = ["characterise", "together"]
