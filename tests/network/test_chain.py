"""Block elimination of layered systems against dense linear algebra."""

import itertools

import numpy as np
import pytest

from analogep.network.chain import Chain, squares
from tests.physics.circuits import (
    CURVES,
    DIODES,
    IVS,
    SINH,
    Floats,
    data,
    nudged,
    passive,
    resistive,
)

SIZES = [(4,), (5, 3), (6, 4, 3), (4, 6, 5, 3), (3, 40, 5)]
SAMPLES = 3


def chain(sizes: tuple[int, ...], *, arrays: str, full: str, held: bool, zeros: bool, seed: int = 1) -> Chain:
    """Random blocks, diagonally heavy; `arrays` are `one` for all samples, with products that are `known`, or `many`;

    `full` says which layers have matrices of their own.
    """
    rng = np.random.default_rng(seed)
    lead = (SAMPLES,) if arrays == "many" else ()
    pairs = list(itertools.pairwise(sizes))
    cross = [rng.uniform(0.1, 1.0, (*lead, a, b)) for a, b in pairs]
    reverse = [rng.uniform(0.1, 1.0, (*lead, a, b)) for a, b in pairs]
    wide = sum(sizes)
    extra: list[Floats | None] = []
    for k, n in enumerate(sizes):
        here = full == "all" or (full == "last" and k == len(sizes) - 1)
        # Wires of curved cells give each sample a matrix of its own.
        extra.append(rng.uniform(-0.2, 0.2, (*lead, n, n)) if here else None)
    seen = [rng.uniform(0.2, 1.0, (SAMPLES, n)) for n in sizes]
    if zeros:
        seen = [part * (rng.random(part.shape) < 0.6) for part in seen]
    return Chain(
        diagonal=[rng.uniform(1.0, 2.0, (SAMPLES, n)) + wide for n in sizes],
        full=extra,
        cross=cross,
        reverse=reverse,
        squares=[squares(x, y) if arrays == "known" else None for x, y in zip(cross, reverse, strict=True)],
        down=[0.9, 1.3, 0.7][: len(pairs)],
        up=[0.5, 1.1, 0.8][: len(pairs)],
        seen=seen,
        held=held,
    )


def written(c: Chain) -> Floats:
    """The matrix, entry by entry, from the equation of the module (samples, nodes, nodes)."""
    sizes = [part.shape[1] for part in c.diagonal]
    edges = np.cumsum([0, *sizes])
    out = np.zeros((SAMPLES, edges[-1], edges[-1]))
    for b in range(SAMPLES):
        for k, n in enumerate(sizes):
            for i in range(n):
                row = edges[k] + i
                out[b, row, row] += c.diagonal[k][b, i]
                extra = c.full[k]
                for j in range(n) if extra is not None else ():
                    entry = extra[b, i, j] if extra.ndim == 3 else extra[i, j]
                    out[b, row, edges[k] + j] += entry * (c.seen[k][b, j] if c.held else 1.0)
                for j in range(sizes[k - 1]) if k > 0 else ():
                    x = c.cross[k - 1][b] if c.cross[k - 1].ndim == 3 else c.cross[k - 1]
                    out[b, row, edges[k - 1] + j] -= c.down[k - 1] * x[j, i] * c.seen[k - 1][b, j]
                for j in range(sizes[k + 1]) if k + 1 < len(sizes) else ():
                    y = c.reverse[k][b] if c.reverse[k].ndim == 3 else c.reverse[k]
                    out[b, row, edges[k + 1] + j] -= c.up[k] * y[i, j] * c.seen[k + 1][b, j]
    return out


EVERY = [
    pytest.mark.parametrize("sizes", SIZES, ids=str),
    pytest.mark.parametrize("arrays", ["one", "known", "many"]),
    pytest.mark.parametrize("full", ["none", "last", "all"]),
    pytest.mark.parametrize(("held", "zeros"), [(False, False), (True, False), (True, True)]),
]


def every(function):
    for mark in EVERY:
        function = mark(function)
    return function


@every
def test_layers_are_eliminated_to_the_solution_of_the_dense_system(sizes, arrays, full, held, zeros):
    """dense() is the matrix of the docstring; solve(f) is its solution, to 1e-12 of the largest."""
    c = chain(sizes, arrays=arrays, full=full, held=held, zeros=zeros)
    matrix = written(c)
    np.testing.assert_allclose(c.dense(), matrix, rtol=1e-13, atol=1e-14)
    f = np.random.default_rng(2).standard_normal((SAMPLES, matrix.shape[1]))
    before = f.copy()
    expected = np.linalg.solve(matrix, f[:, :, None])[:, :, 0]
    np.testing.assert_allclose(c.solve(f), expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    np.testing.assert_array_equal(f, before)


@every
def test_the_adjoint_is_the_solution_of_the_transposed_system(sizes, arrays, full, held, zeros):
    """A' mu = m slope; `full` symmetric where nodes are held, as conductances are."""
    c = chain(sizes, arrays=arrays, full=full, held=held, zeros=zeros)
    if held:
        c.full[:] = [None if part is None else part + np.swapaxes(part, -1, -2) for part in c.full]
    matrix, seen = written(c), np.concatenate(c.seen, axis=1)
    slope = np.random.default_rng(2).standard_normal(seen.shape)
    expected = np.linalg.solve(np.swapaxes(matrix, 1, 2), (seen * slope)[:, :, None])[:, :, 0]
    np.testing.assert_allclose(c.adjoint(slope), expected, rtol=0, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("full", ["none", "last", "all"])
@pytest.mark.parametrize("sizes", [(5, 3), (4, 6, 5, 3)], ids=str)
def test_the_loop_gain_of_a_chain_is_the_largest_eigenvalue_of_what_couples_its_layers(sizes, full):
    """D^-1 (D - A) with D the blocks of each layer by itself: 1e-6."""
    c = chain(sizes, arrays="one", full=full, held=False, zeros=False)
    matrix = written(c)
    own = np.zeros_like(matrix)
    for a, b in itertools.pairwise(np.cumsum([0, *sizes])):
        own[:, a:b, a:b] = matrix[:, a:b, a:b]
    exact = np.linalg.eigvals(np.linalg.solve(own, own - matrix)).real.max(axis=1)
    np.testing.assert_allclose(c.loop_gain(), exact, rtol=1e-6)


def couplings(matrix: Floats, slices: tuple[slice, ...]) -> Floats:
    """Largest eigenvalue of D^-1 (D - A) of each sample, D the blocks of the layers."""
    own = np.zeros_like(matrix)
    for part in slices:
        own[:, part, part] = matrix[:, part, part]
    return np.linalg.eigvals(np.linalg.solve(own, own - matrix)).real.max(axis=1)


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
@pytest.mark.parametrize("iv", IVS.values(), ids=IVS)
@pytest.mark.parametrize("feedback", [1.0, 0.5])
def test_the_loop_gain_of_a_passive_network_is_an_eigenvalue_of_its_jacobian(curve, iv, feedback):
    """1e-4, and with linear cells never above the bound."""
    network = passive((4, 6, 5, 3), curve, iv, feedback=feedback)
    x, _ = data(network, 6)
    drive = network.drive(x)
    v = np.random.default_rng(3).uniform(-0.03, 0.05, (6, network.nodes))
    matrix = -network.jacobian(v, drive) * network.capacitance[:, None]
    found = network.loop_gain(v, drive)
    np.testing.assert_allclose(found, couplings(matrix, network.slices), rtol=1e-4, atol=1e-9)
    if iv.kind == "linear":
        assert found.max() <= network.loop_gain_bound() * (1 + 1e-9)


@pytest.mark.parametrize("diodes", DIODES.values(), ids=DIODES)
def test_the_loop_gain_of_a_resistive_network_is_below_one(diodes):
    """Its Jacobian is an M-matrix: one stable equilibrium, whatever its state and amplifiers."""
    network = resistive((4, 6, 5, 4), diodes, SINH, gain=4.0, back=0.25)
    x, target = data(network, 6)
    v = np.random.default_rng(3).uniform(-0.06, 0.06, (6, network.nodes))
    drive = network.drive(x)
    matrix = -network.jacobian(v, drive) * network.capacitance[:, None]
    found = network.loop_gain(v, drive)
    np.testing.assert_allclose(found, couplings(matrix, network.slices), rtol=1e-6, atol=1e-9)
    assert found.max() < 1.0
    assert network.loop_gain_bound() == 0.0
    assert network.loop_gain(v, nudged(network, x, target, 0.5)).max() < 1.0


@pytest.mark.parametrize("make", [passive, resistive], ids=["passive", "resistive"])
def test_a_newton_step_layer_by_layer_is_the_dense_one(make):
    """network.step against J^-1 by LU, 1e-10 of the largest."""
    network = make((4, 6, 5, 4))
    x, target = data(network, 5)
    drive = nudged(network, x, target, 0.5)
    v = np.random.default_rng(3).uniform(-0.05, 0.05, (5, network.nodes))
    derivative = network.derivative(v, drive)
    dense = -np.linalg.solve(network.jacobian(v, drive), derivative[:, :, None])[:, :, 0]
    np.testing.assert_allclose(network.step(v, drive, derivative), dense, rtol=0, atol=1e-10 * np.abs(dense).max())


@pytest.mark.parametrize("beta", [0.5, -0.3, -4.0])
@pytest.mark.parametrize("doubled", [False, True])
@pytest.mark.parametrize("diodes", DIODES.values(), ids=DIODES)
def test_a_resistive_state_is_stable_where_all_eigenvalues_of_its_jacobian_are_negative(beta, doubled, diodes):
    """`stable` against the eigenvalues of dv/dt's Jacobian, sample by sample, amplifiers included."""
    for sizes in ((5, 7, 4), (5, 7, 6, 4)):
        network = resistive(sizes, diodes, doubled=doubled, gain=2.0, back=0.5)
        x, target = data(network, 6)
        drive = nudged(network, x, target, beta)
        v = 0.02 * np.random.default_rng(3).standard_normal((6, network.nodes))
        expected = [np.linalg.eigvals(one).real.max() < 0.0 for one in network.jacobian(v, drive)]
        np.testing.assert_array_equal(network.stable(v, drive), expected)
        assert set(expected) == {beta > -1.0}
