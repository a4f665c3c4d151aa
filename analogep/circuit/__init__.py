"""All that a circuit card can say: one class per YAML block, which holds the keys and the equation."""

from analogep.circuit.activation import Activation, HardClip, ReLU, Sigmoid, Tanh
from analogep.circuit.card import CircuitCard
from analogep.circuit.converters import Adc, Dac, SampleHold
from analogep.circuit.neuron import Neuron
from analogep.circuit.phases import Nudging, Solver, Timing
from analogep.circuit.update import ActiveRule, ClosedLoop, FixedPulse, MixedPrecision, Stochastic, rule_named

__all__ = [
    "Activation",
    "ActiveRule",
    "Adc",
    "CircuitCard",
    "ClosedLoop",
    "Dac",
    "FixedPulse",
    "HardClip",
    "MixedPrecision",
    "Neuron",
    "Nudging",
    "ReLU",
    "SampleHold",
    "Sigmoid",
    "Solver",
    "Stochastic",
    "Tanh",
    "Timing",
    "rule_named",
]
