"""The exact crossbar with wires: voltages drop along word lines and bit lines, drivers and sense ends have resistance.

`read` and `read_nonlinear` give every node of one array, `ports` its exact reduction Y to what its ports see,
`TiledPorts` that of an array of tiles, for the dynamics and v'Yv for the joules. `severity` says beforehand how much
the wires eat.
"""

from typing import TYPE_CHECKING

from analogep import lazy

if TYPE_CHECKING:
    from analogep.crossbar.wires.linear import Solution, read
    from analogep.crossbar.wires.nonlinear import read_nonlinear
    from analogep.crossbar.wires.reduction import Ports, ports
    from analogep.crossbar.wires.resistances import Resistances, losses, severity
    from analogep.crossbar.wires.tiles import TiledPorts, TiledRead, read_tiles

__all__ = [
    "Ports",
    "Resistances",
    "Solution",
    "TiledPorts",
    "TiledRead",
    "losses",
    "ports",
    "read",
    "read_nonlinear",
    "read_tiles",
    "severity",
]

if not TYPE_CHECKING:
    __getattr__ = lazy.names(
        __name__,
        {
            "linear": ("Solution", "read"),
            "nonlinear": ("read_nonlinear",),
            "reduction": ("Ports", "ports"),
            "resistances": ("Resistances", "losses", "severity"),
            "tiles": ("TiledPorts", "TiledRead", "read_tiles"),
        },
    )
