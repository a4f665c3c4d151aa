"""Kirchhoff's current law: what every kind of network says of itself, and the hardware that stands behind it."""

from typing import TYPE_CHECKING

from analogep import lazy

if TYPE_CHECKING:
    from analogep.network.base import Network
    from analogep.network.drive import Drive
    from analogep.network.fit import check_fit, fit_warnings, suspicious, wire_severity
    from analogep.network.hardware import Hardware

__all__ = ["Drive", "Hardware", "Network", "check_fit", "fit_warnings", "suspicious", "wire_severity"]

if not TYPE_CHECKING:
    __getattr__ = lazy.names(
        __name__,
        {
            "base": ("Drive", "Network"),
            "fit": ("check_fit", "fit_warnings", "suspicious", "wire_severity"),
            "hardware": ("Hardware",),
        },
    )
