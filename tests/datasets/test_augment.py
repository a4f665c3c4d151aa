"""Training images moved and mirrored at random: against a plain loop, and how often."""

import numpy as np
import pytest

from analogep.datasets.augment import augmented

SHAPE = (5, 7, 2)


def images(samples: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(0.1, 1.0, (samples, *SHAPE)).astype(np.float32)


def moved(image: np.ndarray, down: int, right: int) -> np.ndarray:
    """The image (height, width, channels), pixel by pixel, dark where nothing came from."""
    out = np.zeros_like(image)
    for y in range(SHAPE[0]):
        for x in range(SHAPE[1]):
            if 0 <= y + down < SHAPE[0] and 0 <= x + right < SHAPE[1]:
                out[y + down, x + right] = image[y, x]
    return out


def seen_as(image: np.ndarray, shown: np.ndarray, most: int) -> list[tuple[int, int, bool]]:
    """All moves and reflections that make `shown` of `image`."""
    sides = ((image, False), (image[:, ::-1], True))
    span = range(-most, most + 1)
    return [(d, r, m) for side, m in sides for d in span for r in span if np.array_equal(moved(side, d, r), shown)]


def test_every_image_is_moved_by_whole_pixels_and_mirrored_as_often_as_said() -> None:
    x = images(1200)
    shown = augmented(x.reshape(1200, -1), SHAPE, np.random.default_rng(2), shift=1, mirror=True)
    assert shown.dtype == np.float32
    found = [seen_as(a, b.reshape(SHAPE), 1) for a, b in zip(x, shown, strict=True)]
    assert all(len(ways) == 1 for ways in found)
    counts = np.unique([ways[0] for ways in found], axis=0, return_counts=True)[1]
    assert len(counts) == 18
    # 18 equal chances: four standard errors of a count of 1200/18.
    assert np.abs(counts - 1200 / 18).max() < 4 * np.sqrt(1200 / 18)


@pytest.mark.parametrize(("shift", "mirror"), [(2, False), (0, True), (0, False)])
def test_only_what_is_asked_for_is_done(shift: int, mirror: bool) -> None:
    x = images(200)
    shown = augmented(x.reshape(200, -1), SHAPE, np.random.default_rng(2), shift=shift, mirror=mirror)
    ways = np.array([seen_as(a, b.reshape(SHAPE), 2)[0] for a, b in zip(x, shown, strict=True)])
    assert np.abs(ways[:, :2]).max() == shift
    assert ways[:, 2].any() == mirror


def test_the_images_that_are_given_stay_as_they_are() -> None:
    x = images(20).reshape(20, -1)
    kept = x.copy()
    augmented(x, SHAPE, np.random.default_rng(2), shift=1, mirror=True)
    np.testing.assert_array_equal(x, kept)
