"""Builder of each kind of network on a circuit card."""

from analogep.circuit.network import RC, Passive, Resistive
from analogep.circuit.spiking import Spiking
from analogep.network.build import Builder, PassiveBuilder, RCBuilder, ResistiveBuilder
from analogep.network.build_spiking import SpikingBuilder

BUILDERS: dict[type, type[Builder]] = {
    RC: RCBuilder,
    Passive: PassiveBuilder,
    Resistive: ResistiveBuilder,
    Spiking: SpikingBuilder,
}
