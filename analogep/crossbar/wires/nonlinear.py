"""A read of nonlinear cells on lines with resistance: Newton's method, a linear read in every step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analogep.crossbar.wires.linear import LIMIT, Solution, ports_of, unpacked
from analogep.crossbar.wires.lines import compare, tangent_batch
from analogep.crossbar.wires.resistances import Floats, Resistances, conductances
from analogep.errors import SimulationError, UsageError

NEWTON = 50
"""Steps; 3 to 6 are usual."""
HALVINGS = 30


class Curve(Protocol):
    """I-V curve of a cell: I = G drive(v), rising."""

    def drive(self, v: Floats) -> Floats:
        """Current per conductance [V]."""

    def slope(self, v: Floats) -> Floats:
        """Its derivative [1]."""


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
    problem = _Problem(g, iv, resistances.segments(g.shape), tolerance)
    state = problem.ideal(v, u) if warm is None else problem.from_neighbour(v, u, warm)
    shape = (len(v), *g.shape)
    done = Solution(np.empty(shape), np.empty(shape), np.empty(shape), np.zeros(len(v), np.int64), np.zeros(len(v)))
    for _ in range(NEWTON):
        state = state.without_converged(tolerance, done)
        if state.sample.size == 0:
            return unpacked(done, single)
        state = problem.advance(state)
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

    def without_converged(self, tolerance: float, done: Solution) -> _State:
        """What is still to do; the samples that agree are written to `done`."""
        residual = self.lacking + self.off
        over = residual <= tolerance * self.scale
        if not over.any():
            return self
        to = self.sample[over]
        done.a[to], done.b[to], done.current[to] = self.a[over], self.b[over], self.carried[over]
        done.iterations[to], done.residual[to] = self.steps[over], residual[over]
        return _State(**{name: values[~over] for name, values in vars(self).items()})


@dataclass(frozen=True)
class _Problem:
    """One array of nonlinear cells."""

    g: Floats
    iv: Curve
    segments: tuple[Floats, Floats]
    tolerance: float

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
        samples, sums = np.arange(len(v)), np.zeros((3, len(v)))
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

    def advance(self, old: _State) -> _State:
        """A damped Newton step: half as far wherever the whole step does not lower the sum of squares."""
        # It squares the relative error; solving its linear part much better than that is in vain.
        need = np.clip(0.1 * np.square(old.off / old.scale), 0.25 * self.tolerance, 1e-3)
        a, b, carried, passed = (np.empty_like(old.a) for _ in range(4))
        new = _State(
            old.sample, old.v, old.u, a, b, carried, passed, np.empty_like(a), np.empty_like(need), old.steps,
            *np.empty((3, need.size)),
        )  # fmt: skip
        slope = np.ascontiguousarray(self.iv.slope(old.across))
        tangent_batch(
            self.g, slope, old.across, old.passed, old.b, old.v, old.u, *self.segments, need, LIMIT, a, b, carried,
            old.steps, new.lacking,
        )  # fmt: skip
        np.subtract(a, b, out=new.across)
        self.weigh(new)
        for _ in range(HALVINGS):
            worse = ~(new.squares < old.squares)
            if not worse.any():
                break
            for name in ("a", "b", "carried", "across", "lacking"):
                x, y = getattr(old, name), getattr(new, name)
                y[worse] = 0.5 * (x[worse] + y[worse])
            self.weigh(new)
        return new
