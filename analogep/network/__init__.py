"""Kirchhoff's current law for each kind of network, and the hardware that stands behind it."""

from analogep.network.hardware import Hardware, check_fit
from analogep.network.rc import Drive, Layer, LayeredRC
from analogep.network.stability import loop_gain, loop_gain_bound

__all__ = ["Drive", "Hardware", "Layer", "LayeredRC", "check_fit", "loop_gain", "loop_gain_bound"]
