"""Ramps of a known law with known noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import brentq

from analogep.device import laws
from analogep.device.laws import DIRECTIONS, Law
from analogep.fit import Measurement, Ramp

LOW, HIGH = 5e-6, 15e-6
UP = {"amplitude": 1.0, "width": 1e-7}
DOWN = {"amplitude": -1.0, "width": 1e-7}
NODES = tuple(float(x) for x in np.linspace(0.0, 1.0, 5))
PULSES = 90


def spanning(make: Callable[[float], Law], direction: str, pulses: int = PULSES) -> float:
    """Size of the step with which `pulses` noise-free pulses go from one end of the window to the other."""
    way: Any = direction

    def miss(step: float) -> float:
        law, x = make(step), np.array(0.0 if way == "up" else 1.0)
        for _ in range(pulses):
            x = x + law.step(way, x)
        return float(x) - (1.0 if way == "up" else 0.0)

    return float(brentq(miss, 0.2 / pulses, 0.4, xtol=1e-14))


def law(cls: type[Law], up: dict[str, Any], down: dict[str, Any], **top: Any) -> Law:
    """A law with pulses of 1 V and 100 ns."""
    name = str(cls.model_fields["model"].annotation.__args__[0])  # type: ignore[union-attr]
    return cls.model_validate({"model": name, "up": {**UP, **up}, "down": {**DOWN, **down}, **top})


def _spanned(cls: type[Law], up: dict[str, Any], down: dict[str, Any], **top: Any) -> Law:
    """A law with `up` and `down` whose steps make ramps of `PULSES` pulses span the window."""

    def make(step_up: float, step_down: float) -> Law:
        return law(cls, {**up, "step": step_up}, {**down, "step": step_down}, **top)

    guess = 1.0 / PULSES
    return make(spanning(lambda s: make(s, guess), "up"), spanning(lambda s: make(guess, s), "down"))


def table(law_up: tuple[float, ...], law_down: tuple[float, ...]) -> Law:
    """Piecewise law with steps of these relative sizes, whose ramps span the window."""

    def make(up: float, down: float) -> Law:
        return laws.Piecewise.model_validate({
            "model": "piecewise",
            "up": {**UP, "nodes": NODES, "steps": tuple(up * s for s in law_up)},
            "down": {**DOWN, "nodes": NODES, "steps": tuple(-down * s for s in law_down)},
        })  # fmt: skip

    return make(spanning(lambda s: make(s, 0.01), "up"), spanning(lambda s: make(0.01, s), "down"))


def known() -> dict[str, Law]:
    """One law of each kind that can be fitted."""
    return {
        "constant": _spanned(laws.Constant, {}, {}),
        "linear": _spanned(laws.Linear, {"slope": 0.4}, {"slope": -0.2}),
        "exponential": law(laws.Exponential, {"pulses": 90, "nonlinearity": 1.2}, {"pulses": 99, "nonlinearity": -0.6}),
        "soft_bounds": law(laws.SoftBounds, {"step": 0.04}, {"step": 0.05}),
        "soft_bounds_reference": law(laws.SoftBoundsReference, {"step": 0.02}, {"step": 0.02}, symmetry_point=0.4),
        "power": law(laws.Power, {"step": 0.05, "exponent": 1.6}, {"step": 0.04, "exponent": 1.3}),
        "exp_step": _spanned(laws.ExpStep, {"A": 0.08, "gamma": 2.2}, {"A": 0.7, "gamma": 1.5}, a=0.5, b=0.0, zero=0.0),
        "logistic": law(laws.Logistic, {"pulses": 90, "curvature": 2.5}, {"pulses": 110, "curvature": 1.8}),
        "piecewise": table((0.5, 1.5, 1.2, 0.8, 0.6), (0.6, 1.4, 1.1, 1.2, 0.7)),
    }


def measure(
    law: Law,
    rng: np.random.Generator,
    ramps: int = 4,
    write: tuple[str, float] = ("range", 0.003),
    read: tuple[str, float] = ("absolute", 0.004),
    window: tuple[float, float] = (LOW, HIGH),
    device: str = "",
    pulses: int | None = None,
) -> Measurement:
    """Ramps from end to end, without clipping; read noise `absolute` is in units of the window, `relative` of G."""
    low, span = window[0], window[1] - window[0]
    out = []
    for way in DIRECTIONS:
        count = pulses or getattr(law.branch(way), "pulses", PULSES)
        x = np.full(ramps, 0.0 if way == "up" else 1.0)
        states = [x]
        for _ in range(count):
            step = np.broadcast_to(law.step(way, x), x.shape)
            x = x + step + write[1] * rng.standard_normal(ramps) * (step if write[0] == "step" else 1.0)
            states.append(x)
        g = low + span * np.array(states).T
        g = g + read[1] * rng.standard_normal(g.shape) * (g if read[0] == "relative" else span)
        out += [Ramp(device, way, row, "synthetic") for row in g]
    return Measurement(tuple(out), ())


def truth(law: Law, window: tuple[float, float] = (LOW, HIGH)) -> dict[str, float]:
    """Numbers that a fit of it should find, by name."""
    out = {"conductance.min": window[0], "conductance.max": window[1]}
    for way in DIRECTIONS:
        branch = law.branch(way)
        for key in type(branch).model_fields:
            if key == "steps":
                out |= {f"programming.{way}.steps.{k}": value for k, value in enumerate(branch.steps)}  # type: ignore[attr-defined]
            elif key not in ("amplitude", "width", "nodes"):
                out[f"programming.{way}.{key}"] = float(getattr(branch, key))
    if law.model == "soft_bounds_reference":
        out["programming.symmetry_point"] = law.symmetry_point  # type: ignore[attr-defined]
    return out
