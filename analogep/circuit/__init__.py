"""All that a circuit card can say: one class per YAML block, which holds the keys and the equation."""

from analogep.circuit.activation import Activation, HardClip, ReLU
from analogep.circuit.card import CircuitCard
from analogep.circuit.converters import Adc, Dac, SampleHold
from analogep.circuit.neuron import Neuron
from analogep.circuit.phases import Nudging, Solver, Timing
from analogep.circuit.saturating import Sigmoid, Tanh

__all__ = [
    "Activation",
    "Adc",
    "CircuitCard",
    "Dac",
    "HardClip",
    "Neuron",
    "Nudging",
    "ReLU",
    "SampleHold",
    "Sigmoid",
    "Solver",
    "Tanh",
    "Timing",
]
