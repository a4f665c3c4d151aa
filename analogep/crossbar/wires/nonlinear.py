"""A read of nonlinear cells on lines with resistance: Newton's method, a linear read in every step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analogep.crossbar.wires.linear import LIMIT, Solution, ports_of, unpacked
from analogep.crossbar.wires.lines import ROUNDING, buffers, compare, tangent_batch
from analogep.crossbar.wires.resistances import Floats, Resistances, conductances
from analogep.errors import SimulationError, UsageError

NEWTON = 50
"""Steps; 3 to 6 are usual."""
HALVINGS = 30


class Curve(Protocol):
    """I-V curve of a cell: I = G drive(v), rising."""

    def drive(self, v: Floats) -> Floats:
        """Current per conductance at the voltages `v` [V]; result [V], both of any one shape."""

    def slope(self, v: Floats) -> Floats:
        """Derivative of `drive` [1] at the voltages `v` [V], both of any one shape."""


def read_nonlinear(
    g: Floats,
    iv: Curve,
    resistances: Resistances,
    rows: ArrayLike,
    columns: ArrayLike = 0.0,
    tolerance: float = 1e-10,
    warm: Solution | None = None,
) -> Solution:
    """Cells of I = g drive(a - b) on lines with resistance: Newton's method, each step a `read` of the tangents.

    A step replaces the cells by g drive'(v) and a current source, solves that exactly enough, and is halved until the
    cells' currents differ less, in the sum of squares, from what the wires carry. That sum falls along every Newton
    direction, because lines only ever lower a cell's voltage when its current rises: it converges from anywhere.

    Parameters
    ----------
    g, resistances, rows, columns, tolerance
        As for `read`.
    iv : Curve
        An I-V curve of a device card: drive [V] and slope [1].
    warm : Solution or None
        Solution for neighbouring voltages or conductances to start from; without it the ideal array's.

    Raises
    ------
    SimulationError
        It did not converge in 50 steps, or the currents are not finite.
    UsageError
        A conductance that is negative or not finite, or shapes that do not fit.
    """
    g = conductances(g)
    v, u, single = ports_of(g.shape, rows, columns)
    problem = _Problem(g, iv, resistances.segments(g.shape), tolerance, buffers(*g.shape))
    state = problem.ideal(v, u) if warm is None else problem.from_neighbour(v, u, warm)
    spare = state.emptied()
    done: list[_State] = []
    for _ in range(NEWTON):
        state = state.without_converged(tolerance, done)
        if state.sample.size == 0:
            return unpacked(_solution(done), single)
        if state.sample.size < spare.sample.size:
            spare = state.emptied()
        problem.advance(state, spare)
        state, spare = spare, state
    raise SimulationError(
        f"wires: {state.sample.size} of {len(v)} reads of nonlinear cells did not converge in {NEWTON} Newton steps; "
        f"the first is sample {state.sample[0]}, with inputs up to {np.abs(state.v[0]).max():g} V: lower the voltages "
        "or check the scale v0 of the I-V curve"
    )


@dataclass
class _State:
    """Where Newton's method stands in the samples that have not converged, one entry per sample."""

    sample: NDArray[np.int64]
    """Which they are."""
    v: Floats
    u: Floats
    a: Floats
    b: Floats
    carried: Floats
    """Cells' currents that the wires carry; with it the lines' equations hold, but for `lacking`."""
    passed: Floats
    """Cells' currents that belong to a - b."""
    across: Floats
    """a - b."""
    lacking: Floats
    """What the bit lines' nodes lack of `carried`, as in `Solution.residual`."""
    steps: NDArray[np.int64]
    squares: Floats
    """Sum of squares of `passed` - `carried`, and of `lacking`."""
    off: Floats
    """Largest sum over a bit line of |passed - carried|."""
    scale: Floats
    """Largest sum over a bit line of |passed|."""
    floor: Floats
    """What rounding leaves of the disagreement [A]."""

    def emptied(self) -> _State:
        """The same samples, with memory for another state of them."""
        names = ("a", "b", "carried", "passed", "across", "lacking", "squares", "off", "scale")
        return replace(self, **{name: np.empty_like(getattr(self, name)) for name in names})

    def without_converged(self, tolerance: float, done: list[_State]) -> _State:
        """What is still to do; the samples that agree are added to `done`."""
        over = self.lacking + self.off <= tolerance * self.scale + self.floor
        if over.any():
            done.append(self if over.all() else self.only(over))
            return self.only(~over)
        return self

    def only(self, these: NDArray[np.bool_]) -> _State:
        """Some of the samples."""
        return _State(**{name: values[these] for name, values in vars(self).items()})


def _solution(done: list[_State]) -> Solution:
    """All samples in their order."""
    parts = [(x.a, x.b, x.carried, x.steps, x.lacking + x.off) for x in done]
    if len(parts) == 1:
        return Solution(*parts[0])
    order = np.argsort(np.concatenate([x.sample for x in done]))
    return Solution(*(np.concatenate(part)[order] for part in zip(*parts, strict=True)))


@dataclass(frozen=True)
class _Problem:
    """One array of nonlinear cells."""

    g: Floats
    iv: Curve
    segments: tuple[Floats, Floats]
    tolerance: float
    memory: tuple[Floats, ...]
    """`lines.buffers`."""

    def ideal(self, v: Floats, u: Floats) -> _State:
        """Nothing flows and nothing drops."""
        shape = (len(v), *self.g.shape)
        a, b = (np.array(np.broadcast_to(x, shape), order="C") for x in (v[:, :, None], u[:, None, :]))
        return self.state(v, u, a, b, np.zeros(shape), np.zeros(len(v)))

    def from_neighbour(self, v: Floats, u: Floats, warm: Solution) -> _State:
        """Another solution's currents, its lines moved to the present voltages of the ports."""
        shape = (len(v), *self.g.shape)
        if warm.a.shape[-2:] != shape[1:]:
            raise UsageError(
                f"wires: the read to start from is of an array {warm.a.shape[-2:]}, this one is {shape[1:]}"
            )
        word, bit = self.segments
        rows = warm.a[..., :, 0] + word[0] * warm.row_currents
        columns = warm.b[..., -1, :] + bit[-1] * warm.column_currents
        a, b = warm.a + (v - rows)[..., :, None], warm.b + (u - columns)[..., None, :]
        carried = np.array(np.broadcast_to(warm.current, shape), order="C")
        return self.state(v, u, a, b, carried, np.array(np.broadcast_to(warm.residual, shape[:1])))

    def state(self, v: Floats, u: Floats, a: Floats, b: Floats, carried: Floats, lacking: Floats) -> _State:
        """The state that belongs to these nodes' voltages."""
        samples, sums = np.arange(len(v)), np.zeros((4, len(v)))
        volts = np.maximum(*(np.maximum(x.max((1, 2)), -x.min((1, 2))) for x in (a, b)))
        # Never 0: with all ports at ground, as ideal diodes may hold them, squares of what is left would underflow.
        sums[3] = np.maximum(10.0 * ROUNDING * self.g.sum(0).max() * volts, 1e-100)
        state = _State(samples, v, u, a, b, carried, np.empty_like(a), a - b, lacking, 0 * samples, *sums)
        self.weigh(state)
        if not np.isfinite(state.scale).all():
            k = int(np.argmin(np.isfinite(state.scale)))
            raise SimulationError(
                f"wires: sample {k} has inputs up to {np.abs(v[k]).max():g} V, where the cells' currents are not "
                "finite: lower the voltages or check the scale v0 of the I-V curve"
            )
        return state

    def weigh(self, state: _State) -> None:
        """Compare cells with wires: sets the state's `passed`, `squares`, `off`, `scale`."""
        with np.errstate(over="ignore", invalid="ignore"):
            drive = self.iv.drive(state.across)
        compare(self.g, drive, state.carried, state.passed, state.squares, state.off, state.scale)
        state.squares += np.square(state.lacking)

    def advance(self, old: _State, new: _State) -> None:
        """A damped Newton step from `old` to `new`: half as far wherever a whole step does not lower the squares."""
        # It squares the relative error; solving its linear part much better than that is in vain.
        need = np.clip(0.1 * np.square(old.off / np.maximum(old.off, old.scale)), 0.25 * self.tolerance, 1e-3)
        slope = np.ascontiguousarray(self.iv.slope(old.across))
        tangent_batch(
            self.memory, self.g, slope, old.across, old.passed, old.b, old.v, old.u, *self.segments, need, LIMIT,
            new.a, new.b, new.carried, new.steps, new.lacking,
        )  # fmt: skip
        np.subtract(new.a, new.b, out=new.across)
        self.weigh(new)
        for _ in range(HALVINGS):
            worse = ~(new.squares < old.squares)
            if not worse.any():
                return
            for name in ("a", "b", "carried", "across", "lacking"):
                x, y = getattr(old, name), getattr(new, name)
                y[worse] = 0.5 * (x[worse] + y[worse])
            self.weigh(new)
