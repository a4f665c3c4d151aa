"""Whether a law's reference state moves with a cell's own window: against the recursion in units of a weight."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analogep import DeviceCard
from analogep.crossbar.array import Array
from analogep.errors import CardError
from analogep.streams import Streams

SPREAD = (
    "variation.device_to_device={distribution: normal, truncate: 2, max: 12 %, min: 20 %, step: 20 %, asymmetry: 5 %, "
)
PULSE = "amplitude: 1 V, width: 50 ns}"
LAWS = {
    "linear": (
        f"{{model: linear, up: {{step: 1 %, slope: 0.4, {PULSE}, down: {{step: 2 %, slope: 0.7, {PULSE}, zero: 41 %}}"
    ),
    "soft_bounds_reference": (
        f"{{model: soft_bounds_reference, up: {{step: 1 %, {PULSE}, down: {{step: 2 %, {PULSE}, "
        "symmetry_point: 37.5 %}"
    ),
    "exp_step": (
        f"{{model: exp_step, a: -0.5, b: -0.5, zero: 45 %, up: {{step: 1 %, A: -1.2, gamma: 2, {PULSE}, "
        f"down: {{step: 2 %, A: 0.1, gamma: 3, {PULSE}}}"
    ),
}
REFERENCE = {"linear": 0.41, "soft_bounds_reference": 0.375, "exp_step": 0.45}


def made(law: str, reference: str, shape: tuple[int, int] = (20, 30)) -> Array:
    device = DeviceCard.load(
        "ideal", [f"programming={LAWS[law]}", f"{SPREAD}steps: absolute, reference: {reference}}}"]
    )
    return Array(device, shape, Streams(3), "a")


def pulsed(law: str, array: Array, g: np.ndarray, up: bool) -> np.ndarray:
    """One pulse in siemens, as aihwkit has it: steps in units of the nominal window, bounds of the cell's own.

    w = G - G(reference); up dw = s f (1 - gamma w/(G_max - G_ref)) with nominal bounds, or s f (1 - w/w_max) with own;
    s f max(1 - A e^(+-gamma z), 0), z = 2 a w/(w_max - w_min) + b with own.
    """
    window, zero = array.device.conductance, REFERENCE[law]
    middle = window.min + zero * window.span
    w, own = g - middle, (array.g_max - array.g_min) / window.span
    step = window.span * (0.01 * array.step_up if up else 0.02 * array.step_down) * own
    if law == "linear":
        bound = (1.0 - zero) * window.span if up else zero * window.span
        size = step * (1.0 - 0.4 * w / bound if up else 1.0 + 0.7 * w / bound)
    elif law == "exp_step":
        z = -w / (array.g_max - array.g_min) - 0.5
        size = step * np.maximum(1.0 + 1.2 * np.exp(2.0 * z) if up else 1.0 - 0.1 * np.exp(-3.0 * z), 0.0)
    else:
        size = step * (1.0 - w / (array.g_max - middle) if up else 1.0 + w / (middle - array.g_min))
    return np.clip(g + (size if up else -size), array.g_min, array.g_max)


@pytest.mark.parametrize("law", LAWS)
def test_with_a_nominal_reference_cells_follow_the_recursion_in_siemens(law: str) -> None:
    array = made(law, "nominal")
    assert array.g_max.std() > 0.05 * array.g_max.mean()
    expected = array.g.copy()
    for call, n in enumerate((9, -25, 40, -3)):
        array.program(np.full(array.shape, n, np.int32), Streams(1), 0, call)
        for _ in range(abs(n)):
            expected = pulsed(law, array, expected, n > 0)
        np.testing.assert_allclose(array.g, expected, rtol=1e-9)


def test_the_symmetry_point_stands_still_or_moves_with_the_window() -> None:
    """Alternating pulses end where up and down cancel: at one conductance for all cells, or at 37.5 % of each window.

    s_up (1 - x)/(1 - p) = s_down x/p; the spread of steps moves it a little in both, so that steps are equal here.
    """
    window = DeviceCard.load("ideal").conductance
    for reference in ("nominal", "own"):
        law = LAWS["soft_bounds_reference"].replace("step: 2 %", "step: 1 %")
        spread = SPREAD.replace("step: 20 %, asymmetry: 5 %", "step: 0 %, asymmetry: 0 %")
        device = DeviceCard.load("ideal", [f"programming={law}", f"{spread}reference: {reference}}}"])
        array = Array(device, (10, 10), Streams(3), "a")
        ones = np.ones(array.shape, np.int32)
        for call in range(1200):
            array.program(ones * (-1) ** call, Streams(1), 0, call)
        point = window.min + 0.375 * window.span
        if reference == "own":
            point = array.g_min + 0.375 * (array.g_max - array.g_min)
            assert point.std() > 0.05 * point.mean()
        np.testing.assert_allclose(array.g, np.broadcast_to(point, array.shape), atol=0.01 * window.span)


def test_windows_that_do_not_spread_have_one_reference() -> None:
    """Both are the same law then, to rounding."""
    for law in LAWS:
        still = SPREAD.replace("max: 12 %, min: 20 %", "max: 0 %, min: 0 %")
        found = []
        for reference in ("own", "nominal"):
            device = DeviceCard.load("ideal", [f"programming={LAWS[law]}", f"{still}reference: {reference}}}"])
            array = Array(device, (4, 5), Streams(3), "a")
            array.program(np.full((4, 5), 17, np.int32), Streams(1), 0, 0)
            found.append(array.g)
        np.testing.assert_allclose(*found, rtol=1e-12)


def test_a_law_without_a_reference_is_refused_and_presets_are_nominal() -> None:
    with pytest.raises(CardError, match=r"reference: the law 'constant' has no state that could stand still"):
        DeviceCard.load("ideal", ["variation.device_to_device.reference=nominal"])
    for name in ("capacitor", "ecram_mo"):
        assert DeviceCard.load(name).variation.device_to_device.reference == "nominal"


def test_each_quantity_has_a_distribution_of_its_own() -> None:
    """Means and standard deviations of 40,000 cells within five standard errors; lognormal ones are skewed."""
    sets = [
        "variation.device_to_device={distribution: normal, truncate: 6, max: 5 %, min: 40 %, step: 30 %, "
        "asymmetry: 0 %, distributions: {min: lognormal, step: lognormal}}",
        "conductance.max=40 uS",
    ]
    device = DeviceCard.load("ideal", sets)
    array, window = Array(device, (200, 200), Streams(2), "a"), device.conductance
    for values, sigma, skewed in (
        (array.g_max / window.max, 0.05, False), (array.g_min / window.min, 0.4, True), (array.step_up, 0.3, True),
    ):  # fmt: skip
        error = sigma / math.sqrt(values.size)
        assert abs(values.mean() - 1.0) < 5.0 * error
        assert abs(values.std() / sigma - 1.0) < 0.05
        skew = np.mean(((values - values.mean()) / values.std()) ** 3)
        assert skew > 0.8 if skewed else abs(skew) < 5.0 * math.sqrt(6.0 / values.size)
    with pytest.raises(CardError, match=r"device_to_device.min: a normal spread of 40 % truncated at 6 sigma reaches"):
        DeviceCard.load("ideal", [sets[0].replace("min: lognormal, ", ""), sets[1]])
