"""Laws given by tables: piecewise linear steps, and inverse-CDF tables that hold the noise as well."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field

from analogep.device.laws.base import Branch, Direction, Floats, Law, Nodes, Path, covers, given
from analogep.parts import interval, uniform
from analogep.units import Fraction

_Steps = Annotated[tuple[Annotated[Fraction, Field(ge=-1, le=1)], ...], Field(min_length=2, max_length=4096)]


class TableBranch(Branch):
    """Direction of a piecewise law."""

    nodes: Nodes
    """States, as fractions of the window, strictly increasing from 0 % to 100 %."""
    steps: _Steps
    """Change by one pulse at each node, as a fraction of the window; negative on the way down."""

    def rules(self) -> Iterator[tuple[Path, str]]:
        yield from super().rules()
        yield from covers(self.nodes)
        if len(self.steps) != len(self.nodes):
            yield ("steps",), f"needs one entry per node, {len(self.nodes)}, got {len(self.steps)}"


class TableStep(NamedTuple):
    """dx = p times what a table of states and steps gives between its nodes: `up` or `down` (2, nodes) [window]."""

    up: Floats
    down: Floats

    def cell(law, up, scale):  # type: ignore[no-untyped-def]  # noqa: N805
        """Factor on the table."""
        return scale, scale

    def step(law, x, second, up, p, q, bits):  # type: ignore[no-untyped-def]  # noqa: N805
        """Linear between two nodes."""
        table = law.up if up else law.down
        k = interval(table[0], x)
        t = (x - table[0, k]) / (table[0, k + 1] - table[0, k])
        return p * ((1.0 - t) * table[1, k] + t * table[1, k + 1]), second


class Piecewise(Law):
    """dx interpolated linearly on nodes of x; as many pulses as there are, one by one."""

    model: Literal["piecewise"]
    example: ClassVar[str] = (
        "{model: piecewise, up: {nodes: [0 %, 50 %, 100 %], steps: [2 %, 1 %, 0.5 %], amplitude: 1 V, width: 50 ns}, "
        "down: {nodes: [0 %, 100 %], steps: [-0.5 %, -2 %], amplitude: -1 V, width: 50 ns}}"
    )
    up: TableBranch
    down: TableBranch | None = None
    exact: ClassVar[str] = "pulse by pulse"

    def step(self, direction: Direction, x: Floats) -> Floats:
        """Mean change by one pulse at `x` [window]."""
        branch = self._branch(direction)
        return np.asarray(np.interp(x, branch.nodes, branch.steps)) * self.dose(direction)

    def mirrored(self) -> Branch | None:
        """The table from its other end, with the other sign."""
        return None if self.down is None else self.down.model_copy(update=_turned(self.up.nodes, [self.up.steps]))

    def finer(self, parts: float) -> Self:
        """The steps divided."""
        return self._divided(
            {one: {"steps": tuple(np.divide(self._branch(one).steps, parts))} for one in self.directions}
        )

    def _branch(self, direction: Direction) -> TableBranch:
        return self.up if direction == "up" else given(self.down)

    def numbers(self) -> TableStep:
        """Nodes and steps of both directions, doses included."""
        up = np.array([self.up.nodes, np.multiply(self.up.steps, self.dose("up"))])
        if self.down is None:
            return TableStep(up, up)
        return TableStep(up, np.array([self.down.nodes, np.multiply(self.down.steps, self.dose("down"))]))

    def rules(self) -> Iterator[tuple[Path, str]]:
        yield from super().rules()
        for direction, sign, word in (("up", 1.0, "positive"), ("down", -1.0, "negative")):
            branch = getattr(self, direction)
            if branch is None:
                continue
            for k, value in enumerate(branch.steps):
                if sign * value < 0.0:
                    yield (direction, "steps", k), f"a pulse {direction} has {word} steps, got {100 * value:g} %"
                    break
            if not any(branch.steps):
                yield (direction, "steps"), "no pulse moves the state anywhere"


class QuantileBranch(Branch):
    """Direction of an inverse-CDF law."""

    nodes: Nodes
    """States, as fractions of the window, strictly increasing from 0 % to 100 %."""
    quantiles: Nodes
    """Probabilities, strictly increasing from 0 % to 100 %."""
    steps: Annotated[tuple[_Steps, ...], Field(min_length=2, max_length=4096)]
    """One list per quantile with the change at each node, as a fraction of the window."""

    def rules(self) -> Iterator[tuple[Path, str]]:
        yield from super().rules()
        yield from covers(self.nodes)
        for path, message in covers(self.quantiles):
            yield ("quantiles", *path[1:]), message
        if len(self.steps) != len(self.quantiles):
            yield ("steps",), f"needs one list per quantile, {len(self.quantiles)}, got {len(self.steps)}"
        for k, row in enumerate(self.steps):
            if len(row) != len(self.nodes):
                yield ("steps", k), f"needs one entry per node, {len(self.nodes)}, got {len(row)}"
                return
            if k and any(one > other for one, other in zip(self.steps[k - 1], row, strict=False)):
                yield ("steps", k), "must not be below the list before it: steps grow with the quantile"
                return

    def moments(self) -> tuple[Floats, Floats]:
        """Mean and variance of the step at each node (nodes,) [window], [window^2]: exact for linear interpolation."""
        q, d = np.array(self.quantiles), np.array(self.steps)
        low, high, width = d[:-1], d[1:], np.diff(q)[:, None]
        mean = (width * 0.5 * (low + high)).sum(axis=0)
        square = (width * (low * low + low * high + high * high) / 3.0).sum(axis=0)
        return mean, np.maximum(square - mean * mean, 0.0)


class QuantileStep(NamedTuple):
    """dx = p mean + q (quantile - mean), in the middle of four entries of the table of a direction.

    `up` and `down` (quantiles + 2, nodes + 1) [window]: nodes in the first row, mean steps in the second, then a
    quantile and its steps in each.
    """

    up: Floats
    down: Floats
    up_dose: float
    down_dose: float

    def cell(law, up, scale):  # type: ignore[no-untyped-def]  # noqa: N805
        """Factor on the mean and on the noise."""
        p = scale * (law.up_dose if up else law.down_dose)
        return p, np.sqrt(p)

    def step(law, x, second, up, p, q, bits):  # type: ignore[no-untyped-def]  # noqa: N805
        """The step of a random quantile at x."""
        table, u = law.up if up else law.down, float(uniform(bits))
        nodes = table[0, 1:]
        k = interval(nodes, x)
        t = (x - nodes[k]) / (nodes[k + 1] - nodes[k])
        r = 2 + interval(table[2:, 0], u)
        s = (u - table[r, 0]) / (table[r + 1, 0] - table[r, 0])
        low = (1.0 - t) * table[r, 1 + k] + t * table[r, 2 + k]
        high = (1.0 - t) * table[r + 1, 1 + k] + t * table[r + 1, 2 + k]
        mean = (1.0 - t) * table[1, 1 + k] + t * table[1, 2 + k]
        return p * mean + q * ((1.0 - s) * low + s * high - mean), second


class InverseCdf(Law):
    """Each pulse draws its step dx(x, u), u uniform in 0..1: measured tables of the whole distribution.

    Between nodes the quantiles are interpolated linearly. A cell whose steps are scaled by f moves by mean f and by a
    noise of sqrt(f): as if f pulses came together. `cycle_to_cycle` must be `none`, because the table holds it.
    """

    model: Literal["inverse_cdf"]
    example: ClassVar[str] = (
        "{model: inverse_cdf, up: {nodes: [0 %, 100 %], quantiles: [0 %, 100 %], steps: [[0 %, -1 %], [4 %, 2 %]], "
        "amplitude: 1 V, width: 50 ns}, down: {nodes: [0 %, 100 %], quantiles: [0 %, 100 %], "
        "steps: [[-2 %, -4 %], [1 %, 0 %]], amplitude: -1 V, width: 50 ns}}"
    )
    draws: ClassVar[bool] = True
    up: QuantileBranch
    down: QuantileBranch | None = None
    exact: ClassVar[str] = "pulse by pulse; mean and variance of one pulse in closed form"

    def _branch(self, direction: Direction) -> QuantileBranch:
        return self.up if direction == "up" else given(self.down)

    def step(self, direction: Direction, x: Floats) -> Floats:
        """Mean change by one pulse at `x` [window]."""
        branch = self._branch(direction)
        return np.asarray(np.interp(x, branch.nodes, branch.moments()[0])) * self.dose(direction)

    def variance(self, direction: Direction, x: Floats) -> Floats:
        """Variance of one pulse at `x`, from the quantiles interpolated there [window^2]."""
        branch = self._branch(direction)
        rows = np.array([np.interp(x, branch.nodes, row) for row in branch.steps])
        low, high = rows[:-1], rows[1:]
        width = np.diff(branch.quantiles).reshape(-1, *([1] * np.ndim(x)))
        mean = (width * 0.5 * (low + high)).sum(axis=0)
        square = (width * (low * low + low * high + high * high) / 3.0).sum(axis=0)
        return np.asarray(np.maximum(square - mean * mean, 0.0) * self.dose(direction))

    def mirrored(self) -> Branch | None:
        """The table from both other ends, with the other sign."""
        if self.down is None:
            return None
        quantiles = tuple(1.0 - np.array(self.up.quantiles)[::-1])
        return self.down.model_copy(update=_turned(self.up.nodes, self.up.steps) | {"quantiles": quantiles})

    def straightened(self) -> Self:
        """Mean steps of the middle, noise as it is at each state."""
        changes: dict[Direction, dict[str, Any]] = {}
        for one in self.directions:
            branch = self._branch(one)
            mean = branch.moments()[0]
            changes[one] = {"steps": _rows(np.array(branch.steps) - mean + np.interp(0.5, branch.nodes, mean))}
        return self._divided(changes)

    def silenced(self) -> Piecewise:
        """The mean steps in a table."""
        said: dict[str, Any] = self.model_dump(exclude={"model", "up", "down"}) | {"model": "piecewise"}
        for one in self.directions:
            branch = self._branch(one)
            steps = {"nodes": branch.nodes, "steps": tuple(branch.moments()[0])}
            said[one] = {"amplitude": branch.amplitude, "width": branch.width, **steps}
        return Piecewise.model_validate(said)

    def finer(self, parts: float) -> Self:
        """Means shrink by the number of parts, deviations by its root: all parts have the variance of the whole."""
        changes: dict[Direction, dict[str, Any]] = {}
        for one in self.directions:
            steps, mean = np.array(self._branch(one).steps), self._branch(one).moments()[0]
            changes[one] = {"steps": _rows(mean / parts + (steps - mean) / math.sqrt(parts))}
        return self._divided(changes)

    def numbers(self) -> QuantileStep:
        """The tables and doses of both directions."""
        up = self._table("up")
        if self.down is None:
            return QuantileStep(up, up, self.dose("up"), 1.0)
        return QuantileStep(up, self._table("down"), self.dose("up"), self.dose("down"))

    def _table(self, direction: Direction) -> Floats:
        """(quantiles + 2, nodes + 1): nodes in the first row, mean steps in the second, then quantile and steps."""
        branch = self._branch(direction)
        out = np.zeros((len(branch.quantiles) + 2, len(branch.nodes) + 1))
        out[0, 1:], out[1, 1:] = branch.nodes, branch.moments()[0]
        out[2:, 0], out[2:, 1:] = branch.quantiles, np.array(branch.steps)
        return out

    def rules(self) -> Iterator[tuple[Path, str]]:
        yield from super().rules()
        for direction, sign in (("up", 1.0), ("down", -1.0)):
            branch = getattr(self, direction)
            if branch is None or next(branch.rules(), None) is not None:
                continue
            mean = sign * branch.moments()[0]
            if mean.min() < 0.0 or mean.max() <= 0.0:
                k = int(mean.argmin())
                yield (
                    (direction, "steps"),
                    f"a pulse {direction} must move {direction} in the mean; at the node {100 * branch.nodes[k]:g} % "
                    f"it moves by {100 * sign * mean[k]:.3g} %",
                )


def _rows(table: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in table)


def _turned(nodes: Sequence[float], steps: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Nodes and steps of the mirror image of a table, in one list where there is one."""
    rows = _rows(-np.array(steps)[::-1, ::-1])
    return {"nodes": tuple(1.0 - np.array(nodes)[::-1]), "steps": rows[0] if len(rows) == 1 else rows}
