"""How far ngspice's answer may be from ours before the two are said to disagree."""

from typing import Final

TRANSIENT: Final = 10e-6
"""Difference of a node voltage at any time [V]."""
FINAL: Final = 0.1e-6
"""Difference of a node voltage at the end of a phase, and at the operating point [V]."""
ENERGY: Final = 1e-3
"""Relative difference of the joules of a component in a phase [1]."""
