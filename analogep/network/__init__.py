"""Kirchhoff's current law for each kind of network, and the hardware that stands behind it."""

from typing import TYPE_CHECKING

from analogep import lazy

if TYPE_CHECKING:
    from analogep.network.base import Drive, Network
    from analogep.network.fit import check_fit, fit_warnings, wire_severity
    from analogep.network.hardware import Hardware
    from analogep.network.hopfield import hopfield_energy
    from analogep.network.passive import Half, Passive, PassiveLayer
    from analogep.network.rc import LayeredRC, RCDrive
    from analogep.network.rc_layer import Layer
    from analogep.network.resistive import Resistive, Stage
    from analogep.network.spiking import SpikingNetwork
    from analogep.network.stability import loop_gain, loop_gain_bound

__all__ = [
    "Drive",
    "Half",
    "Hardware",
    "Layer",
    "LayeredRC",
    "Network",
    "Passive",
    "PassiveLayer",
    "RCDrive",
    "Resistive",
    "SpikingNetwork",
    "Stage",
    "check_fit",
    "fit_warnings",
    "hopfield_energy",
    "loop_gain",
    "loop_gain_bound",
    "wire_severity",
]

if not TYPE_CHECKING:
    __getattr__ = lazy.names(
        __name__,
        {
            "base": ("Drive", "Network"),
            "fit": ("check_fit", "fit_warnings", "wire_severity"),
            "hardware": ("Hardware",),
            "hopfield": ("hopfield_energy",),
            "passive": ("Half", "Passive", "PassiveLayer"),
            "rc": ("LayeredRC", "RCDrive"),
            "rc_layer": ("Layer",),
            "resistive": ("Resistive", "Stage"),
            "spiking": ("SpikingNetwork",),
            "stability": ("loop_gain", "loop_gain_bound"),
        },
    )
