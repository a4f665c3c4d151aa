"""Every cost: pull and curvature are derivatives of its value, and its compiled rows and netlist say the same."""

import math
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from analogep import CircuitCard, jit
from analogep.costs import Cost, SoftmaxCrossEntropy, SquaredError
from analogep.engine.nodes import pull, pull_on_circle
from analogep.errors import CardError
from analogep.jit import kernel

VOLTS = 0.2
COSTS = {
    "squared_error": SquaredError(),
    "softmax": SoftmaxCrossEntropy(kind="softmax_cross_entropy", inverse_temperature=4.0),
    "sharp softmax": SoftmaxCrossEntropy(kind="softmax_cross_entropy", inverse_temperature=300.0),
}
EVERY = pytest.mark.parametrize("cost", COSTS.values(), ids=COSTS)


def scene() -> tuple[np.ndarray, np.ndarray]:
    """Scores and targets of five samples: of one class, and of whatever a user may want."""
    rng = np.random.default_rng(1)
    target = VOLTS * np.eye(4)[[0, 1, 2, 3, 0]]
    target[4] = rng.uniform(0.0, 0.1, 4)
    return rng.uniform(-0.1, 0.3, (5, 4)), target


def slopes(function, scores: np.ndarray, h: float = 1e-6) -> np.ndarray:
    """Derivatives by each score, last axis."""
    found = []
    for k in range(scores.shape[1]):
        step = h * np.eye(scores.shape[1])[k]
        found.append((function(scores + step) - function(scores - step)) / (2 * h))
    return np.stack(found, axis=-1)


@EVERY
def test_the_pull_is_what_lowers_the_value_and_the_curvature_its_slope(cost: Cost) -> None:
    scores, target = scene()
    found = -(VOLTS**2) * slopes(lambda s: cost.value(s, target, VOLTS), scores)
    scale = np.abs(found).max()
    np.testing.assert_allclose(cost.pull(scores, target, VOLTS), found, atol=1e-6 * scale)
    np.testing.assert_allclose(cost.slope(scores, target, VOLTS), -found / VOLTS**2, atol=1e-6 * scale / VOLTS**2)
    bent = -slopes(lambda s: cost.pull(s, target, VOLTS), scores)
    np.testing.assert_allclose(cost.curvature(scores, target, VOLTS), bent, atol=1e-5 * np.abs(bent).max() + 1e-9)


@EVERY
def test_no_curvature_is_larger_than_the_steepest_and_one_comes_close(cost: Cost) -> None:
    rng = np.random.default_rng(2)
    scores = VOLTS * rng.uniform(-1, 1, (200, 3)) * np.geomspace(1e-3, 1.0, 200)[:, None]
    scores[:, 2] -= 100.0
    target = np.tile([VOLTS, 0.0, 0.0], (200, 1))
    largest = np.linalg.eigvalsh(cost.curvature(scores, target, VOLTS))[:, -1].max()
    assert 0.95 * cost.steepest < largest <= cost.steepest * (1 + 1e-12)


def test_cross_entropy_is_that_of_probabilities() -> None:
    cost, scores = COSTS["softmax"], np.array([[0.1, 0.2, -0.1]])
    chances = np.exp(4.0 * scores / VOLTS) / np.exp(4.0 * scores / VOLTS).sum()
    target = np.array([[0.0, VOLTS, 0.0]])
    assert cost.value(scores, target, VOLTS)[0] == pytest.approx(-math.log(chances[0, 1]), rel=1e-14)
    np.testing.assert_allclose(cost.pull(scores, target, VOLTS), 4.0 * VOLTS * (target / VOLTS - chances), rtol=1e-13)


@kernel()
def _row(numbers, scores, target, out):  # type: ignore[no-untyped-def]
    pull(numbers, scores, target, out)


@kernel()
def _circle(numbers, scores, imaginary, target, out, turned):  # type: ignore[no-untyped-def]
    pull_on_circle(numbers, scores, imaginary, target, out, turned)


@EVERY
@pytest.mark.parametrize(("kind", "close"), [(np.float64, 1e-14), (np.float32, 1e-5)])
def test_compiled_rows_are_the_pull_on_the_real_axis_and_analytic_beside_it(cost: Cost, kind, close: float) -> None:
    scores, target = (part.astype(kind) for part in scene())
    numbers, exact = cost.numbers(VOLTS, kind), cost.pull(scores.astype(float), target.astype(float), VOLTS)
    scale = np.abs(exact).max()
    for s, d, p in zip(scores, target, exact, strict=True):
        out, turned, none = np.empty_like(s), np.empty_like(s), np.zeros_like(s)
        _row(numbers, s, d, out)
        np.testing.assert_allclose(out, p, rtol=0, atol=close * scale)
        _circle(numbers, s, none, d, out, turned)
        np.testing.assert_allclose(out, p, rtol=0, atol=close * scale)
        np.testing.assert_array_equal(turned, 0.0)
        if kind is np.float64:
            # A step of i h changes the imaginary part by h times the derivative, to second order.
            h = 1e-6 * np.array([1.0, -0.5, 0.2, 0.7])
            _circle(numbers, s, h, d, out, turned)
            bent = cost.curvature(s[None], d[None], VOLTS)[0]
            np.testing.assert_allclose(turned, -bent @ h, rtol=0, atol=1e-6 * np.abs(bent).max() * 1e-3 + 1e-15)


@EVERY
def test_a_netlist_computes_the_same_pull(cost: Cost) -> None:
    scores, target = scene()
    for s, d, p in zip(scores, target, cost.pull(scores, target, VOLTS), strict=True):
        texts = [f"({score!r})" for score in s.tolist()]
        found = [eval(cost.expression(k, d.tolist(), texts, VOLTS), {"exp": math.exp}) for k in range(4)]
        np.testing.assert_allclose(found, p, rtol=1e-12, atol=1e-14)


def test_a_card_without_a_cost_has_the_squared_error_and_one_with_it_reads_its_keys() -> None:
    assert CircuitCard.load("digits").cost == SquaredError()
    given = "cost={kind: softmax_cross_entropy, inverse_temperature: 4}"
    assert CircuitCard.load("digits", [given]).cost == COSTS["softmax"]
    with pytest.raises(CardError, match="inverse_temperature"):
        CircuitCard.load("digits", ["cost={kind: softmax_cross_entropy}"])
    with pytest.raises(CardError, match="kind"):
        CircuitCard.load("digits", ["cost={kind: hinge}"])
    with pytest.raises(ValidationError):
        SoftmaxCrossEntropy(kind="softmax_cross_entropy", inverse_temperature=-1.0)


def test_a_change_of_a_cost_is_a_change_of_the_kernels_that_it_is_compiled_into(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its file counts in the stamp of what is kept on disk."""
    read, known = Path.read_bytes, jit.sources()
    jit.sources.cache_clear()
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + (b"#" if path.name == "softmax.py" else b""))
    assert jit.sources() != known
    jit.sources.cache_clear()
