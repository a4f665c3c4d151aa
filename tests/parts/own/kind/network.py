"""Its network and its builder: those of virtual ground, with other neurons."""

from dataclasses import replace

from analogep.kinds.rc.build import RCBuilder


class LeakyBuilder(RCBuilder):
    """Every node leaks `factor` times as much: faster, and for the same currents as large."""

    def _cell(self, k):
        cell = super()._cell(k)
        return replace(cell, leak=cell.leak * self.circuit.network.factor)
