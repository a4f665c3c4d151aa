"""Recorded traces of another simulator, law by law: 500 pulses up, then 500 down (shared data, not committed)."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analogep.device import Law
from analogep.device.laws import (
    Constant,
    ExpStep,
    ExpStepBranch,
    Linear,
    Piecewise,
    Power,
    PowerBranch,
    SlopedBranch,
    SoftBounds,
    SoftBoundsReference,
    StepBranch,
    TableBranch,
)
from tests.device.examples import PULSE, programmed

TRACES = (
    "EcRam", "PCM", "ReRamES", "model_ConstantStep", "model_ExpStep", "model_LinearStep", "model_PiecewiseStep",
    "model_PowStep", "model_SoftBounds", "model_SoftBoundsReference",
)  # fmt: skip
PULSES = 500


class Device:
    """One recorded device: its bounds, steps and shape as numbers."""

    def __init__(self, trace: Any, kind: str, index: int) -> None:
        self.numbers = {
            key[len(kind) + 1 :]: float(trace[key].ravel()[min(index, trace[key].size - 1)])
            for key in trace.files
            if key.startswith(kind)
        }
        self.parameters = json.loads(str(trace["parameters"]))

    def __getattr__(self, name: str) -> float:
        if name.startswith("_") or name == "numbers":
            raise AttributeError(name)
        return self.numbers[name]

    @property
    def span(self) -> float:
        return self.max_bound - self.min_bound

    def state(self, w: Any) -> Any:
        return (w - self.min_bound) / self.span

    def law(self) -> Law:
        """The package's law with this device's numbers, in units of its window."""
        up, down, zero = self.dwmin_up / self.span, self.dwmin_down / self.span, float(self.state(0.0))
        match self.parameters["_class"].removesuffix("Device"):
            case "ConstantStep":
                return Constant(model="constant", up=StepBranch(step=up, **PULSE), down=StepBranch(step=down, **PULSE))
            case "SoftBounds":
                # `step` is the change at the far end, where the whole window is left.
                far = self.dwmin_up / self.max_bound, self.dwmin_down / -self.min_bound
                branches = [StepBranch(step=step, **PULSE) for step in far]
                return SoftBounds(model="soft_bounds", up=branches[0], down=branches[1])
            case "SoftBoundsReference":
                branches = [StepBranch(step=step, **PULSE) for step in (up, down)]
                return SoftBoundsReference(
                    model="soft_bounds_reference", symmetry_point=zero, up=branches[0], down=branches[1]
                )
            case "LinearStep":
                gamma_up = -self.slope_up * self.max_bound / self.dwmin_up
                gamma_down = self.slope_down * -self.min_bound / self.dwmin_down
                return Linear(
                    model="linear", zero=zero, up=SlopedBranch(step=up, slope=gamma_up, **PULSE),
                    down=SlopedBranch(step=down, slope=gamma_down, **PULSE),
                )  # fmt: skip
            case "PowStep":
                return Power(
                    model="power", up=PowerBranch(step=up, exponent=self.gamma_up, **PULSE),
                    down=PowerBranch(step=down, exponent=self.gamma_down, **PULSE),
                )  # fmt: skip
            case "PiecewiseStep":
                tables = np.array(self.parameters["piecewise_up"]), np.array(self.parameters["piecewise_down"])
                nodes = tuple(np.linspace(0.0, 1.0, tables[0].size))
                return Piecewise(
                    model="piecewise", up=TableBranch(nodes=nodes, steps=tuple(up * tables[0]), **PULSE),
                    down=TableBranch(nodes=nodes, steps=tuple(-down * tables[1]), **PULSE),
                )  # fmt: skip
            case other:
                assert other == "ExpStep"
                p = self.parameters
                return ExpStep(
                    model="exp_step", a=p["a"], b=p["b"], zero=zero,
                    up=ExpStepBranch(step=up, A=p["A_up"], gamma=p["gamma_up"], **PULSE),
                    down=ExpStepBranch(step=down, A=p["A_down"], gamma=p["gamma_down"], **PULSE),
                )  # fmt: skip

    def trace(self) -> np.ndarray:
        """w after each pulse, by the law."""
        law = self.law()
        up = law.path("up", float(self.state(0.0)), PULSES)
        return self.min_bound + self.span * np.concatenate([up, law.path("down", up[-1], PULSES)[1:]])


@pytest.fixture(params=TRACES)
def trace(request: pytest.FixtureRequest, shared_data: Path) -> Any:
    return np.load(shared_data / "responses" / f"{request.param}.npz")


def test_the_nominal_device_follows_its_recorded_trace(trace: Any) -> None:
    """Within 2e-5 of single-precision recordings."""
    assert np.abs(Device(trace, "nominal", 0).trace() - trace["noise_free"]).max() < 2e-5


def test_devices_with_spread_follow_their_recorded_traces(trace: Any) -> None:
    """24 devices, each with its own numbers: within 2e-5."""
    for k in range(24):
        assert np.abs(Device(trace, "device", k).trace() - trace["varied"][:, k]).max() < 2e-5


def test_the_compiled_kernel_follows_the_recorded_traces(trace: Any) -> None:
    """The states after 500 pulses up and 500 down, which a run would see: within 2e-5."""
    for k in range(0, 24, 5):
        device = Device(trace, "device", k)
        law, x = device.law(), np.full((1, 1), float(device.state(0.0)))
        top = programmed(law, np.full((1, 1), PULSES), x)
        end = programmed(law, np.full((1, 1), -PULSES), top)
        for state, index in ((top, PULSES), (end, 2 * PULSES)):
            found = device.min_bound + device.span * float(state[0, 0])
            assert found == pytest.approx(float(trace["varied"][index, k]), abs=2e-5)


CELLS = 600
STRIDE = 125


def with_spread(nominal: Device, rng: np.random.Generator) -> Device:
    """A device as the recorder fabricates it: normal factors on step and bounds, the shape parameters moved."""
    device, p = copy.copy(nominal), nominal.parameters
    draw = rng.standard_normal
    step = abs(p["dw_min"] * (1.0 + p["dw_min_dtod"] * draw()))
    # A preference for one direction only ever shrinks the step of the other.
    prefer = p["up_down"] + p["up_down_dtod"] * draw()
    device.numbers = numbers = dict(nominal.numbers)
    numbers["dwmin_up"], numbers["dwmin_down"] = step * (1.0 + min(prefer, 0.0)), step * (1.0 - max(prefer, 0.0))
    for end, key in (("max_bound", "w_max_dtod"), ("min_bound", "w_min_dtod")):
        numbers[end] *= max(1.0 + p[key] * draw(), 0.05)
    if "gamma_up_dtod" in p:
        for side, sign, end in (("up", -1.0, "max_bound"), ("down", -1.0, "min_bound")):
            gamma = p[f"gamma_{side}"] + p[f"gamma_{side}_dtod"] * draw()
            numbers[f"slope_{side}"] = sign * gamma * numbers[f"dwmin_{side}"] / nominal.numbers[end]
    if "pow_gamma_dtod" in p:
        numbers["gamma_up"] = numbers["gamma_down"] = p["pow_gamma"] * (1.0 + p["pow_gamma_dtod"] * draw())
    return device


def noise_of(device: Device, direction: str) -> tuple[float, float, float]:
    """Additive, relative and state-dependent noise of a pulse, in windows of the device."""
    p = device.parameters
    if p.get("dw_min_std_add"):
        return (
            p["dw_min_std"] * p["dw_min_std_add"] / device.span,
            p["dw_min_std"],
            p["dw_min_std"] * p["dw_min_std_slope"],
        )
    if p.get("mult_noise", True):
        return 0.0, p["dw_min_std"], 0.0
    return p["dw_min_std"] * device.numbers[f"dwmin_{direction}"] / device.span, 0.0, 0.0


def noisy_path(device: Device, key: int) -> list[float]:
    """w at every STRIDE-th pulse of one noisy device, by the compiled kernel."""
    law, x = device.law(), np.full((1, 1), float(device.state(0.0)))
    out = [0.0]
    for turn in range(2 * PULSES // STRIDE):
        direction, sign = ("up", 1) if turn < PULSES // STRIDE else ("down", -1)
        x = programmed(law, np.full((1, 1), sign * STRIDE), x, noise_of(device, direction), key=100 * key + 4 * turn)
        out.append(device.min_bound + device.span * float(x[0, 0]))
    return out


def test_noisy_devices_with_spread_have_the_recorded_moments(trace: Any) -> None:
    """600 devices against the recorded 200: means within 4 standard errors of both; spreads within 15 %, or within 4
    standard errors of the spread of 200 devices where a few of them make it (PCM on its way down: 15 % each).

    The recorder draws its noise from a coarse table, so that its spreads are known no better than that.
    """
    rng, nominal = np.random.default_rng(17), Device(trace, "nominal", 0)
    found = np.array([noisy_path(with_spread(nominal, rng), key) for key in range(CELLS)])[:, 1:]
    name = "noisy_hidden" if "noisy_hidden_mean" in trace.files else "noisy"
    mean, std = (trace[f"{name}_{what}"][STRIDE::STRIDE] for what in ("mean", "std"))
    assert np.all(np.abs(found.mean(axis=0) - mean) < 4.0 * std * np.sqrt(1.0 / 200.0 + 1.0 / CELLS) + 1e-6)
    resampled = np.array([found[rng.choice(CELLS, 200)].std(axis=0) for _ in range(300)])
    assert np.all(np.abs(found.std(axis=0) - std) < np.maximum(0.15 * std, 4.0 * resampled.std(axis=0)))


def test_write_noise_lies_on_top_of_the_hidden_state(shared_data: Path) -> None:
    """ReRamES: apparent variance = hidden variance + (75 dw_min)^2, as recorded; spread within 15 %."""
    trace = np.load(shared_data / "responses" / "ReRamES.npz")
    p = json.loads(str(trace["parameters"]))
    expected = np.hypot(trace["noisy_hidden_std"], p["write_noise_std"] * p["dw_min"])
    np.testing.assert_allclose(trace["noisy_std"], expected, rtol=0.15)
