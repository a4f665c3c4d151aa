"""What all pulse laws share: the pulse of a direction, the contract of a law, and what the compiled kernels get of it.

State x = (G - G_min)/(G_max - G_min) of a cell within its own conductance window, 0 <= x <= 1. One pulse up moves it
by d_up(x) >= 0, one pulse down by d_down(x) <= 0; after each pulse x is clipped to 0..1.
"""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.cards import Block, Family
from analogep.device.laws.rates import Kinetics
from analogep.units import Fraction, Seconds, Volts

LAWS: Final = Family(
    "pulse law",
    tag="model",
    home="analogep.device.laws",
    members={
        "constant": "affine.Constant",
        "soft_bounds": "affine.SoftBounds",
        "soft_bounds_reference": "affine.SoftBoundsReference",
        "linear": "affine.Linear",
        "exponential": "exponential.Exponential",
        "power": "curved.Power",
        "exp_step": "curved.ExpStep",
        "logistic": "curved.Logistic",
        "piecewise": "tables.Piecewise",
        "inverse_cdf": "tables.InverseCdf",
        "kinetic": "kinetic.Kinetic",
    },
)
"""Every pulse law, by the `model` of a card's `programming`."""

Direction = Literal["up", "down"]
DIRECTIONS: Final[tuple[Direction, Direction]] = ("up", "down")
Path = tuple[str | int, ...]
Floats = NDArray[np.float64]


class Branch(Block):
    """The pulse of one direction."""

    amplitude: Annotated[Volts, Field(ge=-1e4, le=1e4)]
    """Voltage of the pulse across the device; its sign is the device's polarity."""

    width: Annotated[Seconds, Field(gt=0)]
    """Duration of the pulse."""

    def rules(self) -> Iterator[tuple[Path, str]]:
        if self.amplitude == 0.0:
            yield ("amplitude",), "must not be 0 V: a pulse without voltage programs nothing"


class StepBranch(Branch):
    """Direction of a law given by its step."""

    step: Annotated[Fraction, Field(gt=0, le=1)]
    """Change by one pulse, as a fraction of the window (where in the window: see the law)."""


class Reset(Branch):
    """The RESET of a cell that cannot be moved down gradually (PCM): x -> to + sigma xi, and when pairs need it."""

    to: Annotated[Fraction, Field(ge=0, lt=1)]
    """State after it, as a fraction of the window."""
    sigma: Annotated[Fraction, Field(ge=0, le=1)]
    """Standard deviation of that state, as a fraction of the window."""
    refresh_above: Annotated[Fraction, Field(gt=0, lt=1)]
    """A pair is reset and written anew when a half of it stands above this fraction of its window."""
    every: Annotated[int, Field(ge=1, le=10**9)] = 100
    """Updates between two looks for such pairs."""

    def rules(self) -> Iterator[tuple[Path, str]]:
        yield from super().rules()
        if self.to >= self.refresh_above:
            yield ("refresh_above",), f"must be greater than 'to' ({100 * self.to:.4g} %): a reset cell would be reset"


class Law(Block, ABC):
    """A pulse law: one class per `model`, which holds the keys of the card and the equation.

    A subclass narrows `model`, `up` and `down` (None where the device has no gradual pulse down), and gives `numbers`.
    What follows from it pulse by pulse may be overridden where there is a closed form, or a shape that differs from
    cell to cell. `exact` says in one line what is known of n pulses in closed form.
    """

    family: ClassVar[Family] = LAWS
    exact: ClassVar[str] = "pulse by pulse"
    saturates: ClassVar[bool] = False
    """Whether a pulse of any dose ends within the window."""
    draws: ClassVar[bool] = False
    """Whether pulses are random by the law itself."""
    second: ClassVar[float | None] = None
    """Second state of a cell as it is made [1]; None for laws of one state."""
    shape_name: ClassVar[str] = ""
    """Parameter that `device_to_device.shape` spreads; empty where the law has none."""

    model: str
    up: Branch
    down: Branch | None = None
    kinetics: Kinetics | None = None
    """How steps follow from the pulse's amplitude and width; null where they hold for the card's pulses alone."""
    unidirectional: bool = False
    """Whether only pulses up are gradual; the way down is `reset`, and weights need both halves of a pair."""
    reset: Reset | None = None

    def step(self, direction: Direction, x: Floats) -> Floats:
        """Mean change by one pulse of a nominal cell at the states `x` (any shape), before clipping: signed [window].

        By the equation of `numbers`, with the second state of a new cell; a law that draws its steps overrides it.
        """
        law, up = self.numbers(), direction == "up"
        p, q = law.cell(up, 1.0)
        first = 0.0 if self.second is None else self.second
        one = np.vectorize(lambda state: law.step(state, first, up, p, q, 2**31)[0], otypes=[np.float64])
        return np.asarray(one(np.asarray(x, dtype=np.float64)))

    def variance(self, direction: Direction, x: Floats) -> Floats:
        """Variance of one pulse by the law itself at the states `x` (any shape) [window^2]: 0 unless it `draws`."""
        return np.zeros_like(x)

    @abstractmethod
    def numbers(self) -> Any:
        """The law for the programming engine: a NamedTuple whose methods are the equation of one cell.

        `cell(law, up, scale)` gives two parameters of a cell whose steps are multiplied by `scale`, `step(law, x,
        second, up, p, q, bits)` the change by one pulse [window] and the second state after it, from 32 random bits if
        it wants them, and `several(law, x, n, up, p, q)` the state after n pulses without noise in closed form; it is
        None where there is none.
        """

    def cell(self, direction: Direction, scale: Floats, shape: Floats) -> tuple[Floats, Floats]:
        """Two parameters of each cell, as `numbers` take them, in the shape of `scale` and the units of the law.

        Parameters
        ----------
        direction : {'up', 'down'}
        scale : ndarray (rows, columns) [1]
            Factor on the cell's steps.
        shape : ndarray (rows, columns)
            Normal deviate of the cell's shape parameter times its spread: added to that parameter, in its unit, or
            relative to it. Laws with a `shape_name` heed it.
        """
        first, other = self.numbers().cell(direction == "up", scale)
        one = np.ones_like(scale)
        return np.asarray(first * one), np.asarray(other * one)

    def referred(
        self, direction: Direction, scale: Floats, shape: Floats, origin: Floats, width: Floats
    ) -> tuple[Floats, Floats] | None:
        """As `cell`, of cells whose reference state stands where it does in the nominal window, whatever their own.

        None for laws without such a state.

        Parameters
        ----------
        direction, scale, shape
            As in `cell`.
        origin, width : ndarray (rows, columns) [window]
            Lower end of each cell's own window, and its width, both within the nominal one.

        Returns
        -------
        tuple of ndarray (rows, columns) or None
            As of `cell`, in the units of the law.
        """
        return None

    def branch(self, direction: Direction) -> Branch:
        """The pulse of one direction; for a unidirectional device down is its reset."""
        found = self.up if direction == "up" else self.down or self.reset
        assert found is not None
        return found

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Directions with gradual pulses."""
        return ("up",) if self.unidirectional else DIRECTIONS

    def dose(self, direction: Direction) -> float:
        """Reference pulses that one pulse is worth [1], from the kinetics; 1 without them."""
        if self.kinetics is None:
            return 1.0
        branch = self.branch(direction)
        return self.kinetics.dose(direction, branch.amplitude, branch.width)

    def nominal_step(self, direction: Direction) -> float:
        """Size of the card's `step`, dose included, or of a pulse in the middle of the window [window]."""
        step = getattr(self.branch(direction), "step", None)
        return abs(float(self.step(direction, np.array(0.5)))) if step is None else float(step) * self.dose(direction)

    def after(self, direction: Direction, x: Floats | float, n: int) -> Floats:
        """State (...) of a nominal cell after `n` noise-free pulses from `x` (...), clipped after each [window].

        Pulse by pulse; laws with a closed form override it.
        """
        state = np.array(x, dtype=np.float64)
        for _ in range(n):
            state = np.clip(state + self.step(direction, state), 0.0, 1.0)
        return state

    def mirrored(self) -> Branch | None:
        """The pulse down that is the pulse up seen from the other end: d_down(x) = -d_up(1 - x).

        None where there is none. For laws that are written in the direction's own sense it has the keys of `up`.
        """
        if self.unidirectional or self.down is None:
            return None
        own = set(type(self.up).model_fields) - set(Branch.model_fields)
        return self.down.model_copy(update={key: getattr(self.up, key) for key in own})

    def straightened(self) -> Law | None:
        """The law whose mean step is everywhere that of the middle of the window, with its noise as it is.

        None for laws without noise of their own, of which the constant step is the straight one.
        """
        return None

    def silenced(self) -> Law:
        """The law without noise of its own: of one that draws its steps, that of the mean step."""
        return self

    def finer(self, parts: float) -> Self | None:
        """The law with every pulse in so many parts; None where it cannot be divided."""
        branches = {one: self.branch(one) for one in self.directions}
        steps = {one: branch.step for one, branch in branches.items() if isinstance(branch, StepBranch)}
        if len(steps) < len(branches):
            return None
        return self._divided({one: {"step": step / parts} for one, step in steps.items()})

    def _divided(self, changes: dict[Direction, dict[str, Any]]) -> Self:
        """A copy with keys of its branches replaced."""
        return self.model_copy(update={one: self.branch(one).model_copy(update=new) for one, new in changes.items()})

    def path(self, direction: Direction, x: float, n: int) -> Floats:
        """States after 0, 1, ..., n noise-free pulses from `x` (n + 1,) [window]."""
        out = np.empty(n + 1)
        out[0] = x
        for k in range(n):
            out[k + 1] = self.after(direction, out[k : k + 1], 1)[0]
        return out

    def rules(self) -> Iterator[tuple[Path, str]]:
        down = self.down
        if self.unidirectional:
            if self.reset is None:
                yield ("unidirectional",), "needs a 'reset' with refresh_above: nothing else brings a cell down"
            if down is not None:
                yield ("down",), "a unidirectional device has no gradual pulse down; remove it or 'unidirectional'"
        else:
            if down is None:
                yield ("down",), "is missing; a device without gradual pulses down needs 'unidirectional: true'"
            if self.reset is not None:
                yield ("reset",), "belongs to a unidirectional device; remove it or set 'unidirectional: true'"
        if not self.unidirectional and down is None:
            return
        if self.kinetics is not None:
            yield from self._dose_rules(self.kinetics)

    def _dose_rules(self, kinetics: Kinetics) -> Iterator[tuple[Path, str]]:
        for direction in self.directions:
            branch = self.branch(direction)
            if next(branch.rules(), None) is not None:
                continue
            dose = kinetics.dose(direction, branch.amplitude, branch.width)
            if not (math.isfinite(dose) and dose > 0.0):
                yield (
                    (direction, "amplitude"),
                    f"a pulse of {branch.amplitude:g} V moves nothing by the card's kinetics (dose {dose:.3g} of the "
                    "reference pulse); use an amplitude beyond the threshold",
                )
            elif not self.saturates and abs(float(self.step(direction, np.array(0.5)))) > 1.0:
                yield (
                    (direction, "width"),
                    f"the pulse is worth {dose:.3g} reference pulses, more than the window holds; shorten it",
                )


BranchT = TypeVar("BranchT", bound=Branch)


def given(branch: BranchT | None) -> BranchT:
    """The branch of a direction that has gradual pulses."""
    assert branch is not None, "a unidirectional device has no pulse down"
    return branch


def more_pulses(branches: dict[Direction, Any], parts: float) -> dict[Direction, dict[str, Any]]:
    """`pulses` of each direction when each of them comes in so many parts."""
    return {one: {"pulses": min(round(branch.pulses * parts), 10**9)} for one, branch in branches.items()}


Nodes = Annotated[tuple[Fraction, ...], Field(min_length=2, max_length=4096)]


def covers(nodes: tuple[float, ...]) -> Iterator[tuple[Path, str]]:
    """Rules of a table's nodes: strictly increasing, from 0 % to 100 % of the window."""
    for k, (one, other) in enumerate(itertools.pairwise(nodes)):
        if other <= one:
            yield ("nodes", k + 1), f"must be greater than the node before it ({100 * one:g} %), got {100 * other:g} %"
            return
    if nodes[0] > 1e-9 or nodes[-1] < 1.0 - 1e-9:
        yield (
            ("nodes",),
            f"must cover the window from 0 % to 100 %, got {100 * nodes[0]:g} % to {100 * nodes[-1]:g} %",
        )
