"""All that a device card can say: one class per YAML block, which holds the keys and the law."""

from analogep.device.card import Conductance, DeviceCard, Faults, Recommended
from analogep.device.programming import LAWS, Affine, Branch, Direction, label_of, shape_of

__all__ = [
    "LAWS",
    "Affine",
    "Branch",
    "Conductance",
    "DeviceCard",
    "Direction",
    "Faults",
    "Recommended",
    "label_of",
    "shape_of",
]
