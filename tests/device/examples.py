"""Laws that every contract is tested on: at least one of each class, gentle and extreme ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from analogep.crossbar.program import SUMS, Shown, Sums, update_rows
from analogep.crossbar.row import Half, buffers, pulsing
from analogep.crossbar.write import exact, wanted_counts
from analogep.device import Law
from analogep.device.laws import (
    Branch,
    Constant,
    CountedBranch,
    Exponential,
    ExpStep,
    ExpStepBranch,
    InverseCdf,
    Kinetic,
    Kinetics,
    Linear,
    Logistic,
    LogisticBranch,
    Piecewise,
    Power,
    PowerBranch,
    QuantileBranch,
    SinhRate,
    SlopedBranch,
    SoftBounds,
    SoftBoundsReference,
    StepBranch,
    TableBranch,
    Vteam,
    Yakopcic,
)
from analogep.device.laws.kinetic import Joglekar, LinearWindow, NoWindow
from analogep.device.laws.rates import Pulse
from analogep.device.variation import PolynomialNoise
from analogep.draws import key_of

PULSE: dict[str, float] = {"amplitude": 1.0, "width": 1e-9}


def constant(up: float, down: float) -> Constant:
    return Constant(model="constant", up=StepBranch(step=up, **PULSE), down=StepBranch(step=down, **PULSE))


def soft_bounds(up: float, down: float) -> SoftBounds:
    return SoftBounds(model="soft_bounds", up=StepBranch(step=up, **PULSE), down=StepBranch(step=down, **PULSE))


def reference(step: float, point: float) -> SoftBoundsReference:
    branch = StepBranch(step=step, **PULSE)
    return SoftBoundsReference(model="soft_bounds_reference", symmetry_point=point, up=branch, down=branch)


def linear(step: float, up: float, down: float, zero: float = 0.5) -> Linear:
    return Linear(
        model="linear",
        zero=zero,
        up=SlopedBranch(step=step, slope=up, **PULSE),
        down=SlopedBranch(step=step, slope=down, **PULSE),
    )


def exponential(pulses: int, up: float, down: float) -> Exponential:
    return Exponential(
        model="exponential",
        up=CountedBranch(pulses=pulses, nonlinearity=up, **PULSE),
        down=CountedBranch(pulses=pulses, nonlinearity=down, **PULSE),
    )


def power(step: float, up: float, down: float) -> Power:
    return Power(
        model="power",
        up=PowerBranch(step=step, exponent=up, **PULSE),
        down=PowerBranch(step=step, exponent=down, **PULSE),
    )


def exp_step(step: float, up: tuple[float, float], down: tuple[float, float], a: float, b: float) -> ExpStep:
    return ExpStep(
        model="exp_step",
        a=a,
        b=b,
        up=ExpStepBranch(step=step, A=up[0], gamma=up[1], **PULSE),
        down=ExpStepBranch(step=step, A=down[0], gamma=down[1], **PULSE),
    )


def logistic(pulses: int, up: float, down: float) -> Logistic:
    return Logistic(
        model="logistic",
        up=LogisticBranch(pulses=pulses, curvature=up, **PULSE),
        down=LogisticBranch(pulses=pulses, curvature=down, **PULSE),
    )


def piecewise(step: float) -> Piecewise:
    nodes = (0.0, 0.2, 0.5, 0.9, 1.0)
    return Piecewise(
        model="piecewise",
        up=TableBranch(nodes=nodes, steps=tuple(step * s for s in (1.5, 1.2, 1.0, 0.7, 0.3)), **PULSE),
        down=TableBranch(nodes=nodes, steps=tuple(-step * s for s in (0.2, 0.6, 1.0, 1.3, 1.6)), **PULSE),
    )


def inverse_cdf(step: float) -> InverseCdf:
    nodes, quantiles = (0.0, 0.4, 1.0), (0.0, 0.1, 0.5, 0.9, 1.0)
    up = [[step * (q + s) for s in (1.0, 0.8, 0.3)] for q in (-1.0, -0.5, 0.0, 0.6, 1.5)]
    down = [[-step * (s - q) for s in (0.4, 0.9, 1.2)] for q in (-2.0, -0.6, 0.0, 0.4, 0.9)]
    rows = {"nodes": nodes, "quantiles": quantiles, **PULSE}
    return InverseCdf(
        model="inverse_cdf",
        up=QuantileBranch(steps=tuple(map(tuple, up)), **rows),
        down=QuantileBranch(steps=tuple(map(tuple, down)), **rows),
    )


VTEAM = Vteam(kind="vteam", k_on=2e4, v_on=-0.8, a_on=2.0, k_off=1e4, v_off=0.6, a_off=3.0)
YAKOPCIC = Yakopcic(kind="yakopcic", a_p=4e3, v_p=0.5, a_n=4e3, v_n=0.6)
SINH = SinhRate(kind="sinh", k=1e3, v_s=0.3)


def kinetic(window: NoWindow | LinearWindow | Joglekar, rate: Vteam | Yakopcic | SinhRate, volts: float) -> Kinetic:
    return Kinetic(
        model="kinetic",
        rate=rate,
        window=window,
        up=Branch(amplitude=volts, width=1e-6),
        down=Branch(amplitude=-volts, width=1e-6),
    )


def dosed() -> Exponential:
    """An exponential law whose card pulses are shorter and higher than the reference pulses."""
    law = exponential(64, 2.0, 1.0)
    pulse = Pulse(amplitude=1.0, width=1e-9), Pulse(amplitude=-1.0, width=1e-9)
    return Exponential(
        model="exponential",
        kinetics=Kinetics(rate=SINH, up=pulse[0], down=pulse[1]),
        up=CountedBranch(pulses=64, nonlinearity=law.up.nonlinearity, amplitude=1.2, width=5e-10),
        down=CountedBranch(pulses=64, nonlinearity=1.0, amplitude=-0.9, width=2e-9),
    )


EXAMPLES: dict[type[Law], list[Law]] = {
    Constant: [constant(0.01, 0.03), constant(1.0, 1e-4)],
    SoftBounds: [soft_bounds(0.02, 0.05), soft_bounds(1.0, 0.5)],
    SoftBoundsReference: [reference(0.01, 0.4), reference(0.005, 0.75)],
    Linear: [
        linear(0.01, 0.5, 0.1),
        linear(0.02, -0.7, -1.0),
        linear(0.01, 1.0, 0.0, 0.41),
        linear(0.5, 1.0, -0.5),
    ],
    Exponential: [
        exponential(128, 0.04, 0.63),
        exponential(97, 2.4, 4.88),
        exponential(188, -1.45, 0.24),
        exponential(64, -4.88, -0.5),
        exponential(5, 9.0, -9.0),
        exponential(1, 0.0, 3.0),
        dosed(),
    ],
    Power: [power(0.01, 1.5, 1.5), power(0.02, 0.0, 3.0), power(0.3, 0.5, 1.0)],
    ExpStep: [
        exp_step(0.0011, (-1.18445, 5.0), (-0.081404, 5.0), -0.5, -0.5),
        exp_step(0.01, (0.00081, 12.4), (0.36833, 12.8), 0.244, 0.2425),
    ],
    Logistic: [logistic(100, 2.0, 3.0), logistic(20, 8.0, 0.5)],
    Piecewise: [piecewise(0.01), piecewise(0.05)],
    InverseCdf: [inverse_cdf(0.004), inverse_cdf(0.02)],
    Kinetic: [
        kinetic(NoWindow(kind="none"), SINH, 0.8),
        kinetic(LinearWindow(kind="linear"), YAKOPCIC, 1.0),
        kinetic(Joglekar(kind="joglekar", p=1), YAKOPCIC, 1.2),
        kinetic(Joglekar(kind="joglekar", p=3), SINH, 1.0),
    ],
}


def by_name() -> dict[str, Law]:
    """Each example with a name of its own."""
    return {f"{kind.__name__}-{k}": law for kind, laws in EXAMPLES.items() for k, law in enumerate(laws)}


def off_bounds(law: Law, pulses: int) -> bool:
    """Whether that many pulses from the middle stay well within the window."""
    return all(abs(float(law.after(side, 0.5, pulses)) - 0.5) < 0.35 for side in law.directions)


STATES = np.linspace(0.0, 1.0, 101)


def noise_of(additive: float, multiplicative: float, share: float = 0.0) -> Any:
    """Numbers of the noise of a pulse, of the type that holds all three: an engine more for each law, not three."""
    silent = additive == multiplicative == share == 0.0
    return None if silent else PolynomialNoise(additive, multiplicative, share)


def programmed(
    law: Law,
    counts: np.ndarray,
    start: np.ndarray,
    noise: tuple[float, ...] = (0.0, 0.0),
    scale: float = 1.0,
    key: int = 7,
) -> np.ndarray:
    """Hidden state after the engine has applied `counts` to cells of window 0..1; additive and relative noise of a
    pulse, and its share of the state."""
    hidden = np.array(np.broadcast_to(start, counts.shape), dtype=np.float64)
    (rows, columns), nothing = counts.shape, np.zeros((0, 0))
    half = Half(
        hidden, nothing, nothing, np.array([scale, scale, 0.0, 1.0]), np.zeros((0, 0, 0)), np.zeros((0, 0), bool),
        np.zeros((0, 0), np.int32), *pulsing(law.numbers(), noise_of(*noise), np.float64), 0.0, 0.0, 1.0, -np.inf,
        (key_of(key), key_of(key + 1)), nothing, np.zeros(0),
    )  # fmt: skip
    sums = Sums(
        np.zeros((2, rows)), np.zeros((2, rows)), np.zeros((1, rows, SUMS)), np.zeros((1, 2, columns)),
        np.zeros((1, 1, columns)), np.zeros((2, rows)),
    )  # fmt: skip
    update_rows(
        np.array([0, rows]), np.zeros(1, np.int64), wanted_counts(counts, np.float64), (half,),
        Shown(nothing, nothing, nothing, 1.0, 0.0), exact(np.float64), sums, buffers(columns, 0, np.float64),
    )  # fmt: skip
    return hidden
