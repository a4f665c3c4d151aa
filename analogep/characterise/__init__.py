"""What the package believes about a device, as one Dataset: pulses, steps, reading, cells, ageing, joules.

`measure` is the other way round: what a measurement of the device would give.
"""

from analogep.characterise.assemble import characterise
from analogep.characterise.probe_station import measure
from analogep.characterise.together import together

__all__ = ["characterise", "measure", "together"]
