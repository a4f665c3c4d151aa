"""The block of a network with passive summing nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from analogep.circuit.kind import Kind, Scheme, Window


class Passive(Kind):
    """Summing nodes that are only nodes: the array's conductances load them.

    C dv_i/dt = -g_L v_i + sum_j [g+_ij (r_j - v_i) + g-_ij (-r_j - v_i)]: lines at +r and -r, r = rho(A v). The leak
    g_L + sum (g+ + g-) depends on the weights, so g_plus and g_minus have gradients of their own; their difference,
    along which push-pull programming moves, has the product rule of the virtual ground.
    """

    kind: Literal["passive"]
    gain: tuple[Annotated[float, Field(gt=0, le=1e6)], ...]
    """Gain A of each layer's neurons, which makes up for the division by all conductances; one number serves all."""
    schemes: ClassVar[tuple[Scheme, ...]] = ("push_pull", "reference", "separate")
    neurons: ClassVar[bool] = True
    loads_nodes: ClassVar[bool] = True
    thermal: ClassVar[bool] = True
    mismatches: ClassVar[tuple[str, ...]] = ("offset", "gain", "reverse_gain", "rails", "bandwidth")

    def builder(self) -> Any:
        """The builder of networks with passive nodes."""
        from analogep.kinds.passive.build import PassiveBuilder

        return PassiveBuilder

    def lists(self) -> Iterator[tuple[str, tuple[object, ...]]]:
        """The gains."""
        yield "gain", self.gain

    def output_limit(self, window: Window, circuit: Any) -> tuple[float, float] | None:
        """g_L A, and the leak with every cell as low as it gets.

        A node at v takes the current -beta g_L A v; halves that move against each other keep their sum, others may
        both be low.
        """
        assert circuit.neurons is not None
        leak, rows = circuit.neurons.output.leak, circuit.shapes[-1][0]
        stands = window.at(circuit.mapping.common_mode)
        pair = {"push_pull": 2.0 * stands, "reference": window.min + stands}
        least = leak + rows * pair.get(circuit.mapping.scheme, 2.0 * window.min)
        return leak * circuit.per_layer(self.gain)[-1], least
