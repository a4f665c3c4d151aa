"""All that a device card can say: one class per YAML block, which holds the keys and the law."""

from analogep.device.card import Conductance, DeviceCard, Faults, Recommended
from analogep.device.laws import DIRECTIONS, LAWS, Affine, AffineLaw, Branch, Direction, Law, label_of, shape_of

__all__ = [
    "DIRECTIONS",
    "LAWS",
    "Affine",
    "AffineLaw",
    "Branch",
    "Conductance",
    "DeviceCard",
    "Direction",
    "Faults",
    "Law",
    "Recommended",
    "label_of",
    "shape_of",
]
