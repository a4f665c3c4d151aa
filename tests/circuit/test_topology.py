"""Layers on a grid: sizes that follow, and mistakes that are answered with what would fit."""

import pytest

from analogep.circuit import CircuitCard
from analogep.circuit.topology import Conv, Grid, Image, Pool, grids
from analogep.errors import CardError

IMAGE = "{kind: image, height: 8, width: 8}"


def load(layers: str, *settings: str) -> CircuitCard:
    return CircuitCard.load("conv-digits", [f"layers={layers}", "learning.rate=[0.1]", "mapping.weight_range=[1]",
                                            "learning.initial_gain=[1]", *settings])  # fmt: skip


def test_sizes_follow_from_kernels_strides_padding_and_pooling():
    image = Image(kind="image", height=28, width=28)
    first = Conv(kind="conv", channels=16, kernel=5, pool=Pool(kind="average", size=2))
    second = Conv(kind="conv", channels=32, kernel=3, stride=2, padding=1)
    assert grids([image, first, second, 10]) == [Grid(28, 28, 1), Grid(12, 12, 16), Grid(6, 6, 32), None]


def test_a_card_knows_nodes_arrays_fans_and_products():
    card = CircuitCard.load("conv-mnist")
    assert card.sizes == (784, 12 * 12 * 32, 4 * 4 * 64, 10)
    assert card.shapes == ((26, 32), (25 * 32 + 1, 64), (1025, 10))
    assert card.fans == ((25, 25 * 32), (800, 25 * 64), (1024, 10))
    assert card.products == ((25, 32, 24 * 24), (800, 64, 64), (1024, 10, 1))
    assert card.outline == "28x28-32c5a2-64c5a2-10"
    assert CircuitCard.load("mnist").products == ((784, 1024, 1), (1024, 10, 1))


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            "[{kind: image, height: 8, width: 8}, {kind: conv, channels: 4, kernel: 9}, 10]",
            "kernel: 9 x 9 is larger than the image before it, 8 x 8; give at most 8, or more padding",
        ),
        (
            "[{kind: image, height: 8, width: 8}, {kind: conv, channels: 4, kernel: 11, padding: 1}, 10]",
            "11 x 11 is larger than the image before it, 10 x 10 with its padding",
        ),
        (
            f"[{IMAGE}, {{kind: conv, channels: 4, kernel: 3, pool: {{kind: max, size: 4}}}}, 10]",
            r"pool.size: 4 does not divide the 6 x 6 places of the convolution; give 2 or 3 or 6, or another kernel",
        ),
        (
            f"[{IMAGE}, {{kind: conv, channels: 4, kernel: 2, pool: {{kind: max, size: 2}}}}, 10]",
            "2 does not divide the 7 x 7 places of the convolution; give 7, or another kernel",
        ),
        ("[64, {kind: conv, channels: 4, kernel: 3}, 10]", "a convolution needs an image or a convolution before it"),
        (
            "[{kind: image, height: 8, width: 8}, 20, {kind: conv, channels: 4, kernel: 3}, 10]",
            "a convolution needs an image or a convolution before it",
        ),
        ("[64, {kind: image, height: 8, width: 8}, 10]", "an image can only be the inputs"),
        (
            "[{kind: image, height: 8, width: 8}, {kind: conv, channels: 4, kernel: 3}]",
            "the outputs must be a number, that of the classes",
        ),
        (
            "[{kind: image, height: 8, width: 8}, {kind: conv, channels: 4, kernel: 3, padding: 3}, 10]",
            "padding: 3 lets patches of nothing but padding in; give at most 2",
        ),
        ("[{kind: image, height: 8, width: 8}, {kind: conv, channels: 4, kernal: 3}, 10]", "did you mean 'kernel'"),
        (
            "[{kind: picture, height: 8, width: 8}, 10]",
            r"layers.0.kind: unknown kind 'picture', known are 'image', 'conv'",
        ),
        ("[0, 10]", "layers.0: must be at least 1, got 0"),
    ],
)
def test_what_does_not_fit_is_named_with_what_would(layers, message):
    with pytest.raises(CardError, match=message):
        load(layers)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("wires={kind: exact, word: 1 ohm, bit: 1 ohm, tile: [8, 8]}", "wires.kind: must be 'none' with convolutions"),
        ("learning.center_inputs=0.1", "center_inputs: is for inputs of a dense layer"),
        ("network={kind: passive, gain: [1]}", "must be 'rc' or 'spiking' with convolutions, got 'passive'"),
        ("nudging.estimator=holomorphic", "'holomorphic' needs dense layers; take 'centered' or 'richardson'"),
    ],
)
def test_what_a_convolution_cannot_have_is_refused(setting, message):
    with pytest.raises(CardError, match=message):
        CircuitCard.load("conv-digits", [setting])
