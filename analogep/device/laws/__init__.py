"""Pulse laws: what one programming pulse does to a cell, and in closed form what n pulses do, where there is one."""

from typing import Annotated

from analogep.device.laws.affine import (
    Affine,
    AffineLaw,
    Constant,
    Linear,
    SlopedBranch,
    SoftBounds,
    SoftBoundsReference,
)
from analogep.device.laws.base import DIRECTIONS, LAWS, Branch, Direction, Law, Reset, StepBranch
from analogep.device.laws.curved import (
    ExpStep,
    ExpStepBranch,
    Logistic,
    LogisticBranch,
    Power,
    PowerBranch,
)
from analogep.device.laws.exponential import CountedBranch, Exponential
from analogep.device.laws.kinetic import Kinetic
from analogep.device.laws.labels import label_of, shape_of
from analogep.device.laws.rates import Kinetics, SinhRate, Threshold, Vteam, Yakopcic
from analogep.device.laws.tables import InverseCdf, Piecewise, QuantileBranch, TableBranch

Programming = Annotated[Law, LAWS]
"""Any pulse law; `model` names it."""

__all__ = [
    "DIRECTIONS",
    "LAWS",
    "Affine",
    "AffineLaw",
    "Branch",
    "Constant",
    "CountedBranch",
    "Direction",
    "ExpStep",
    "ExpStepBranch",
    "Exponential",
    "InverseCdf",
    "Kinetic",
    "Kinetics",
    "Law",
    "Linear",
    "Logistic",
    "LogisticBranch",
    "Piecewise",
    "Power",
    "PowerBranch",
    "Programming",
    "QuantileBranch",
    "Reset",
    "SinhRate",
    "SlopedBranch",
    "SoftBounds",
    "SoftBoundsReference",
    "StepBranch",
    "TableBranch",
    "Threshold",
    "Vteam",
    "Yakopcic",
    "label_of",
    "shape_of",
]
