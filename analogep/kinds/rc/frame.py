"""What the march takes of a chip whatever its conductances are: places of its nodes, its neurons, shapes of its arrays.

It is made once for a chip and a solver: a batch has other conductances, and the same frame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Solver
from analogep.engine.nodes import Neurons
from analogep.engine.own import Own
from analogep.engine.parts import Bent, Straight, devices, padded
from analogep.engine.reads import Convolved, Dense
from analogep.engine.steps import Plan
from analogep.kinds.rc.equations import RCEquations
from analogep.network.convolution import Convolution
from analogep.network.mismatch import OwnCurve, ends_of

Floats = NDArray[np.float64]
Reals = NDArray[Any]
T = TypeVar("T")

_ACCURACY = {"double": 1e-15, "single": 1e-8}
_LANES = 16
"""Numbers of a vector."""
_PAGE = 512
"""Numbers of a page of memory, of 8 bytes."""
FRAMES: Final = __name__
"""Under which a network has the `Frames` of its chip (`RCEquations.made`)."""


@dataclass(frozen=True)
class Frame:
    """Numbers of a chip.

    Attributes
    ----------
    solver : Solver
    kind : float32 or float64
        Precision of the march.
    slices : tuple of slice
        Nodes of each layer.
    places : list of slice
        Places of the layers in a row, each from a multiple of `_LANES` on.
    room : int
        Places of a row.
    spans : int64 ndarray (layers, 3)
    neurons, devices, meets
        As `engine.steps.Net` takes them.
    paces : ndarray (2,) [1/s]
        Leak over capacitance of hidden and of output neurons.
    turned : bool ndarray (layers,)
        Which arrays have fewer neurons than nodes before: they are laid out by neurons, with long rows.
    own : Own or None
        What neurons have of their own, place by place; None where they are alike but for offsets.
    cost : numbers of a cost
        `Cost.numbers`.
    none : ndarray (1, 1) [1]
        In place of an array that is not looked at.
    plans : dict
        The phases that were marched, laid out, by their numbers.
    """

    solver: Solver
    kind: Any
    slices: tuple[slice, ...]
    places: list[slice]
    room: int
    spans: NDArray[np.int64]
    neurons: tuple[Neurons, Neurons]
    paces: Floats
    devices: Straight | Bent
    turned: NDArray[np.bool_]
    meets: Dense | Convolved
    own: Own | None
    cost: Any
    none: Reals
    _kept: dict[type, tuple[object, Any]] = field(default_factory=dict, repr=False, compare=False)

    def kept(self, kind: type[T], asked: object, made: Callable[[], T]) -> T:
        """What was `made` last of the `kind`, while all that it follows from beside the chip is equal to `asked`."""
        known = self._kept.get(kind)
        if known is None or known[0] != asked:
            known = self._kept[kind] = asked, made()
        return cast(T, known[1])

    def plan(
        self, grids: tuple[tuple[int, float], ...], betas: tuple[complex, ...], chained: bool, constant: bool
    ) -> Plan:
        """The phases of a march with so many steps of such a length [s] each, as `Plan` has them."""

        def made() -> Plan:
            counts, shares = np.array([count for count, _ in grids]), np.outer([h for _, h in grids], self.paces)
            return Plan(counts, shares.astype(self.kind), np.array(betas, complex), chained, constant)

        return self.kept(Plan, (grids, betas, chained, constant), made)

    def still(self, array: NDArray[Any]) -> Reals:
        """The `array` (...) [u] in the march's precision (...) [u], as one that is not written to: their types are the
        same then."""
        return _still(array, self.kind)

    def placed(self, values: Floats, empty: float = 0.0) -> Reals:
        """Numbers `values` of nodes (..., nodes) [u], or of the first of them, in places (..., places) [u], their unit
        u as it is; `empty` in those of none."""
        out = np.full((*values.shape[:-1], self.room), empty, self.kind)
        for here, own in zip(self.places, self.slices, strict=True):
            if own.start < values.shape[-1]:
                out[..., here] = values[..., own]
        return self.still(out)


class Frames:
    """The frame of a chip for the solver that was asked for last; all instants of the chip share it."""

    def __init__(self) -> None:
        self._solver: Solver | None = None
        self._frame: Frame | None = None

    def of(self, network: RCEquations, solver: Solver) -> Frame | None:
        """That of `network`; None if the march does not serve it."""
        if self._solver is not solver:
            self._solver, self._frame = solver, _frame(network, solver)
        return self._frame


def _still(array: NDArray[Any], kind: Any) -> Reals:
    out = np.ascontiguousarray(array, kind).view()
    out.flags.writeable = False
    return out


def _places(sizes: Sequence[int]) -> list[slice]:
    """Places of layers of such sizes."""
    found, start = [], 0
    for size in sizes:
        found.append(slice(start, start + size))
        start += -(-size // _LANES) * _LANES
    return found


def _convolved(network: RCEquations) -> Convolved:
    plain = (*(0,) * 7, 1, 1)
    shapes, chooses = [plain], [1]
    for layer in network.layers[1:]:
        meet = layer.connection
        one = meet if isinstance(meet, Convolution) else None
        shapes.append(plain if one is None else tuple(map(int, one.geometry)))  # type: ignore[arg-type]
        chooses.append(1 if one is None or one.linear else one.conv.pooled)
    return Convolved(padded(shapes, plain), np.array(chooses))


def _own(network: RCEquations, places: Sequence[slice], room: int, kind: Any) -> Own | None:
    """What neurons have of their own, in a row of `room` places."""
    curves = [layer.activation for layer in network.layers]
    plain = all(layer.own.pace is None and layer.own.back is None for layer in network.layers)
    if plain and not any(isinstance(curve, OwnCurve) for curve in curves):
        return None
    # Ends of a place that is none: 0 V, where it stays.
    table = np.repeat([[1.0], [0.0], [1.0], [0.0], [1.0], [1.0], [0.0], [0.0]], room, axis=1)
    for k, (layer, curve, here) in enumerate(zip(network.layers, curves, places, strict=True)):
        table[0, here] = layer.capacitance / layer.leak / layer.tau
        if isinstance(curve, OwnCurve):
            table[1:5, here] = np.stack([curve.shift, curve.scale, curve.foot, curve.gain])
        table[5, here] = network.gains[k] / network.gain
        table[6, here], table[7, here] = ends_of(curve)
    return Own(*(_still(row, kind) for row in table))


def _frame(network: RCEquations, solver: Solver) -> Frame | None:
    kind: Any = np.float32 if solver.single else np.float64
    widest = max(abs(end) for layer in network.layers for end in layer.activation.rails)
    series = network.iv.series(widest * max(1.0, *map(np.max, network.gains)), _ACCURACY[solver.precision])
    curves = [layer.activation.numbers(kind) for layer in network.layers]
    hidden, output, first = curves[0], curves[-1], network.layers[0]
    alike = all((layer.leak, layer.capacitance) == (first.leak, first.capacitance) for layer in network.layers[:-1])
    if series is None or hidden is None or output is None or any(curve != hidden for curve in curves[:-1]) or not alike:
        return None
    places = _places([layer.size for layer in network.layers])
    room: int = -(-places[-1].stop // _LANES) * _LANES
    # Rows begin at other places of a page, or the processor takes them for the same.
    room += _LANES if room % _PAGE == 0 else 0
    ends, convolutional = network.layers[-2:], any(not layer.dense for layer in network.layers[1:])
    shapes = [network.inner(layer).shape for layer in network.layers]
    turned = np.array([k > 0 and not convolutional and after < before for k, (before, after) in enumerate(shapes)])
    return Frame(
        solver=solver,
        kind=kind,
        slices=network.slices,
        places=places,
        room=room,
        spans=np.array([(to.start, to.stop, own.start) for to, own in zip(places, network.slices, strict=True)]),
        neurons=(Neurons(hidden, kind(ends[0].leak)), Neurons(output, kind(ends[1].leak))),
        paces=np.array([layer.leak / layer.capacitance for layer in ends]),
        devices=devices(series, kind),
        turned=turned,
        meets=_convolved(network) if convolutional else Dense(turned),
        own=_own(network, places, room, kind),
        cost=network.cost.numbers(network.full_score, kind),
        none=_still(np.zeros((1, 1)), kind),
    )
