"""The block of a network at virtual ground."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from analogep.circuit.kind import Kind, Scheme


class RC(Kind):
    """Summing nodes at virtual ground: C dv/dt = -g v + k (G_plus - G_minus)' r, with a leak that is fixed."""

    kind: Literal["rc"]
    unstable: bool = False
    """Whether training may begin with a loop gain of 1 or more, where the equilibrium need not be unique and, without
    upper rails, need not exist."""
    schemes: ClassVar[tuple[Scheme, ...]] = ("push_pull", "reference")
    neurons: ClassVar[bool] = True
    convolves: ClassVar[bool] = True
    centers_inputs: ClassVar[bool] = True
    projects: ClassVar[bool] = True
    complex_voltages: ClassVar[bool] = True
    sums: ClassVar[bool] = True
    turns: ClassVar[bool] = True
    thermal: ClassVar[bool] = True
    mismatches: ClassVar[tuple[str, ...]] = ("offset", "gain", "reverse_gain", "rails", "bandwidth")

    def builder(self) -> Any:
        """The builder of networks at virtual ground."""
        from analogep.kinds.rc.build import RCBuilder

        return RCBuilder

    @property
    def outer(self) -> bool:
        """Lines times nodes of each phase."""
        return True

    def may_run_away(self) -> bool:
        """As the block says."""
        return self.unstable
