"""Convolutions on crossbars: patches against plain sums, exact transposes, noise, loads, reads in turn."""

import numpy as np
import pytest
from scipy.signal import correlate2d

from analogep.circuit.topology import Conv, Grid, Pool
from analogep.network.connection import DENSE
from analogep.network.convolution import Convolution

BEFORE = Grid(9, 8, 3)
CASES = {
    "plain": (BEFORE, {"kernel": 3}),
    "stride": (BEFORE, {"kernel": 3, "stride": 2}),
    "padding": (BEFORE, {"kernel": 3, "padding": 2}),
    "whole image": (Grid(4, 4, 2), {"kernel": 4}),
    "average": (Grid(9, 11, 3), {"kernel": 2, "pool": Pool(kind="average", size=2)}),
    "average of three, stride, padding": (
        Grid(9, 9, 2),
        {"kernel": 3, "stride": 2, "padding": 2, "pool": Pool(kind="average", size=3)},
    ),
    "max": (Grid(9, 11, 3), {"kernel": 2, "pool": Pool(kind="max", size=2)}),
    "max, stride, padding": (
        Grid(7, 7, 2),
        {"kernel": 3, "stride": 2, "padding": 1, "pool": Pool(kind="max", size=2)},
    ),
}


def made(name: str) -> Convolution:
    before, settings = CASES[name]
    conv = Conv(kind="conv", channels=4, **settings)
    assert not list(conv.problems(before)), list(conv.problems(before))
    return Convolution(conv, before)


def plain(one: Convolution, x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The convolution of each channel by SciPy, then pooling by a reshape."""
    height, width, channels = one.before
    conv, kernel = one.conv, one.conv.kernel
    images = np.pad(x.reshape(-1, height, width, channels), ((0, 0), *[(conv.padding,) * 2] * 2, (0, 0)))
    kernels = weights.reshape(kernel, kernel, channels, -1)
    out = np.stack(
        [
            np.stack(
                [
                    sum(correlate2d(image[:, :, c], kernels[:, :, c, o], "valid") for c in range(channels))
                    for o in range(conv.channels)
                ],
                axis=-1,
            )
            for image in images
        ]
    )[:, :: conv.stride, :: conv.stride]
    p = conv.pooled
    parts = out.reshape(len(x), out.shape[1] // p, p, out.shape[2] // p, p, -1)
    maximum = conv.pool is not None and conv.pool.kind == "max"
    return (parts.max(axis=(2, 4)) if maximum else parts.mean(axis=(2, 4))).reshape(len(x), -1)


def numbers(one: Convolution) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(1)
    neurons = one.places * one.conv.channels
    return tuple(
        rng.standard_normal(shape)
        for shape in ((3, one.before.size), (one.rows, one.conv.channels), (3, neurons), (3, one.before.size))
    )


@pytest.mark.parametrize("name", CASES)
def test_patches_give_the_convolution_of_plain_sums(name):
    one = made(name)
    x, weights, _, _ = numbers(one)
    assert np.allclose(one.forward(x, weights), plain(one, x, weights), rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", CASES)
def test_feedback_is_the_exact_transpose(name):
    """y . forward(z) = backward(y) . z for any z, with the patches that x chose."""
    one = made(name)
    x, weights, y, z = numbers(one)
    winners = one.winners(x, weights)
    ahead, back = one.forward(z, weights, winners), one.backward(y, weights, winners)
    assert abs(float((y * ahead).sum()) - float((back * z).sum())) < 1e-12 * np.linalg.norm(y) * np.linalg.norm(ahead)


@pytest.mark.parametrize("name", CASES)
def test_products_are_the_derivative_by_the_weights(name):
    """Linear in the weights while the winners stay: exact to rounding."""
    one = made(name)
    x, weights, y, _ = numbers(one)
    winners = one.winners(x, weights)
    change = np.random.default_rng(2).standard_normal(weights.shape)
    found = float((one.products(x, y, winners) * change).sum())
    assert found == pytest.approx(float((y * one.forward(x, change, winners)).sum()), rel=1e-11)


@pytest.mark.parametrize("name", CASES)
def test_the_unrolled_matrix_does_the_same(name):
    one = made(name)
    x, weights, y, _ = numbers(one)
    winners = one.winners(x, weights)
    matrix = one.matrices(weights, winners)
    ahead = np.einsum("bi,bij->bj" if matrix.ndim == 3 else "bi,ij->bj", x, matrix)
    back = np.einsum("bj,bij->bi" if matrix.ndim == 3 else "bj,ij->bi", y, matrix)
    assert np.allclose(ahead, one.forward(x, weights, winners), rtol=0, atol=1e-12)
    assert np.allclose(back, one.backward(y, weights, winners), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["padding", "average", "max"])
def test_noise_of_every_read_by_itself_adds_up_to_the_variance(name):
    """Deviates drawn for each weight in each read; 20,000 draws, every variance within six standard errors."""
    one = made(name)
    x, weights, y, _ = numbers(one)
    x, y, draws = x[:1], y[:1], 20_000
    winners, rng = one.winners(x, weights), np.random.default_rng(3)
    deviation = rng.uniform(0.5, 1.5, weights.shape)
    pooled = one.conv.pooled**2 if one.linear else 1
    bare = Convolution(one.conv.model_copy(update={"pool": None}), one.before)
    patches, lines = bare.patches(x)[0], one._lines(y, winners)[0]
    # With the average a bit line is driven in all patches of its neuron.
    members = members_of(one)
    ahead, back = np.zeros((draws, one.places, weights.shape[1])), np.zeros((draws, one.before.size))
    for start in range(0, draws, 500):
        xi = rng.standard_normal((500, len(patches), *weights.shape)) * deviation
        sums = np.einsum("npro,pr->npo", xi, patches)
        if one.linear:
            for n in range(one.places):
                ahead[start : start + 500, n] = sums[:, members == n].mean(axis=1)
            drive = lines[members] / pooled
        else:
            assert winners is not None
            ahead[start : start + 500] = np.take_along_axis(sums, np.broadcast_to(winners, (500, *winners[0].shape)), 1)
            drive = lines
        into = np.einsum("npro,po->npr", xi, drive)
        back[start : start + 500] = bare.unpatched(np.ascontiguousarray(into), 1.0)
    error = 6.0 * np.sqrt(2.0 / draws)
    for seen, wanted in (
        (ahead.reshape(draws, -1), one.variance(np.square(x), np.square(deviation), winners)[0]),
        (back, one.variance_back(np.square(y), np.square(deviation), winners)[0]),
    ):
        moved = wanted > 0
        assert np.allclose(seen.var(axis=0)[moved] / wanted[moved], 1.0, rtol=0, atol=error)
        assert not seen[:, ~moved].any()


def members_of(one: Convolution) -> np.ndarray:
    """Neuron of each unpooled place."""
    p, out = one.conv.pooled, one.conv.unpooled(one.before)
    rows, columns = np.divmod(np.arange(out.height * out.width), out.width)
    return rows // p * (out.width // p) + columns // p


@pytest.mark.parametrize("name", CASES)
def test_the_load_of_a_node_is_what_its_patches_draw(name):
    """Row power of all patches, each for its share of the time, is r^2 times the load."""
    one = made(name)
    x, _, _, _ = numbers(one)
    g = np.random.default_rng(4).random(one.rows)
    whole = Convolution(one.conv.model_copy(update={"pool": None}), one.before)
    drawn = float((np.square(whole.patches(x)) @ g).sum()) * one.share
    assert float((np.square(x) @ one.row_load(g)).sum()) == pytest.approx(drawn, rel=1e-12)


def test_reads_in_turn_follow_from_patches_and_copies():
    conv, before = Conv(kind="conv", channels=2, kernel=3, pool=Pool(kind="average", size=2)), Grid(10, 10, 1)
    assert Convolution(conv, before).slots == 16
    assert Convolution(conv.model_copy(update={"copies": 5}), before).slots == 4
    assert Convolution(conv.model_copy(update={"pool": Pool(kind="max", size=2)}), before).slots == 64
    assert DENSE.slots == 1


def test_single_precision_stays_single():
    one = made("average")
    x, weights, y, _ = (array.astype(np.float32) for array in numbers(one))
    assert one.forward(x, weights).dtype == one.backward(y, weights).dtype == np.float32
