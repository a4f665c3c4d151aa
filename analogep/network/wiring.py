"""The wires of one chip: exact reductions of its arrays, refreshed now and then, and what that leaves open.

Between two refreshes each path's conductance is scaled with its cell's (`TiledPorts.moved`), which misses how a changed
cell changes the voltages of its neighbours. At every refresh the estimate is compared with the exact reduction: the
largest relative error of the epoch is a result.
"""

from __future__ import annotations

from collections.abc import Sequence

from analogep.circuit.wires import ExactWires, NoWires
from analogep.crossbar import Array
from analogep.crossbar.wires import Resistances, TiledPorts
from analogep.device.iv import IV, LinearIV
from analogep.network.coupling import Coupling, Perfect
from analogep.network.wired import Wired, WiredCurved


class Wiring:
    """Reductions of all arrays of a chip.

    Parameters
    ----------
    wires : NoWires or ExactWires
        The circuit card's block.
    iv : device I-V curve

    Attributes
    ----------
    error : float
        Largest relative error of an estimate since the epoch began [1].
    """

    def __init__(self, wires: NoWires | ExactWires, iv: IV) -> None:
        self.wires, self.iv = wires, iv
        self.error = 0.0
        self._known: dict[str, tuple[int, TiledPorts]] = {}
        self._updates = 0

    @property
    def exact(self) -> bool:
        """Whether lines have resistance."""
        return isinstance(self.wires, ExactWires)

    @property
    def resistances(self) -> Resistances:
        """Of the card."""
        assert isinstance(self.wires, ExactWires)
        return Resistances(self.wires.word, self.wires.bit, self.wires.driver, self.wires.sense)

    def moved(self) -> None:
        """The conductances have been updated once more."""
        self._updates += 1

    def forget(self) -> None:
        """The conductances have been set anew: nothing that was known of the arrays holds."""
        self._known, self._updates = {}, 0

    def close(self, arrays: Sequence[Array]) -> float:
        """End an epoch: arrays in use are reduced exactly, so that a resumed run starts from the same numbers.

        Returns
        -------
        float
            Largest relative error of an estimate in the epoch [1].
        """
        self._updates += -self._updates % self.wires.refresh if isinstance(self.wires, ExactWires) else 0
        for array in arrays:
            if array.name in self._known:
                self.ports(array)
        self._known = {name: (0, ports) for name, (_, ports) in self._known.items()}
        error, self._updates, self.error = self.error, 0, 0.0
        return error

    def ports(self, array: Array) -> TiledPorts:
        """Y of an array with the conductances of now, exact or estimated."""
        assert isinstance(self.wires, ExactWires)
        known = self._known.get(array.name)
        if known is not None and known[0] == self._updates:
            return known[1]
        if known is not None and self._updates % self.wires.refresh:
            estimate = known[1].moved(array.g)
            self._known[array.name] = (self._updates, estimate)
            return estimate
        exact = TiledPorts.exact(array.g, self.resistances, self.wires.tile)
        if known is not None and self.wires.refresh > 1:
            self.error = max(self.error, known[1].moved(array.g).error(exact))
        self._known[array.name] = (self._updates, exact)
        return exact

    def coupling(self, array: Array) -> Coupling:
        """An array as a multiport with the conductances of now."""
        if not isinstance(self.wires, ExactWires):
            return Perfect(array.g, self.iv, array.row_g, array.column_g)
        if not isinstance(self.iv, LinearIV):
            return WiredCurved(array.g, self.iv, self.resistances, self.wires.tile)
        return self.linear(array)

    def linear(self, array: Array) -> Wired:
        """An array of linear cells, or of the slopes at 0 V of curved ones."""
        assert isinstance(self.wires, ExactWires)
        return Wired(self.ports(array), array.g, self.resistances, self.wires.tile)
