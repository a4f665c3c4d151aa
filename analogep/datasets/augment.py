"""Training images moved and mirrored at random, so that none is shown twice as it is.

Source: LeCun et al. 1998, Proc. IEEE 86, 2278 (translated digits); Krizhevsky et al. 2012, NeurIPS 25 (translations and
reflections of images).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Inputs = NDArray[np.floating[Any]]


def augmented(
    x: Inputs, shape: tuple[int, int, int], rng: np.random.Generator, *, shift: int = 0, mirror: bool = False
) -> Inputs:
    """Each image moved by its own random number of pixels in both directions, and mirrored or not.

    Parameters
    ----------
    x : ndarray (samples, height * width * channels) [1]
        Images row by row, channels innermost.
    shape : tuple of int
        Height, width, channels.
    rng : numpy.random.Generator
    shift : int
        Rows and columns of -shift to shift, all equally likely. What moves in is 0, what moves out is lost.
    mirror : bool
        Whether an image is seen in a mirror, left for right, with probability 1/2.

    Returns
    -------
    ndarray (samples, height * width * channels) [1]
        New array of the type of `x`.
    """
    height, width, channels = shape
    images = x.reshape(-1, height, width, channels)
    samples = len(images)
    if mirror:
        turned = rng.random(samples) < 0.5
        images = np.where(turned[:, None, None, None], images[:, :, ::-1], images)
    if shift:
        rows, columns = rng.integers(-shift, shift + 1, size=(2, samples, 1))
        dark = np.pad(images, ((0, 0), (shift, shift), (shift, shift), (0, 0)))
        down, right = np.arange(height) - rows + shift, np.arange(width) - columns + shift
        images = dark[np.arange(samples)[:, None, None], down[:, :, None], right[:, None, :]]
    return np.ascontiguousarray(images).reshape(samples, -1)
