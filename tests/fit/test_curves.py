"""Paths of curves are their rates, pulse by pulse."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.fit.curves import AffineCurve, ConstantCurve, Curve, ExpStepCurve, PowerCurve, TableCurve


@pytest.mark.parametrize(
    ("curve", "theta"),
    [
        (ConstantCurve(), [1.1]),
        (AffineCurve(), [1.0, 0.8]),
        (PowerCurve(), [1.0, 1.02, 1.6]),
        (ExpStepCurve(), [1.2, -0.9, 2.2]),
        (TableCurve(5, -0.1, 1.1), [0.5, 1.5, 1.2, 0.0, 0.6]),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Curve) else "",
)
def test_a_path_is_its_rate_after_each_pulse(curve: Curve, theta: list[float]) -> None:
    """Of a batch of perturbed parameters and several ramps, some of which run into the bound: to 1e-12."""
    rng = np.random.default_rng(1)
    batch = np.array(theta) * (1.0 + 0.05 * rng.random((6, len(theta))))
    state = rng.uniform(-0.05, 0.3, (6, 3))
    path = curve.path(batch, state, 90.0, 120)
    for k in range(120):
        np.testing.assert_allclose(path[..., k], state, rtol=0, atol=1e-12)
        state = state + curve.rate(batch, state) / 90.0
