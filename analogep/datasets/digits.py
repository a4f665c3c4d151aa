"""The bundled handwritten digits: 1797 images of 8 x 8 pixels with 17 grey values.

Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository
(1998), doi 10.24432/C50P49, CC BY 4.0; see DIGITS.md.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analogep.datasets import arrays
from analogep.datasets.data import Dataset, stratified_split

CITATION = (
    "E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository "
    "(1998), doi 10.24432/C50P49 (CC BY 4.0)"
)
LEVELS = 16
BUNDLED = Path(__file__).with_name("digits.npz")


def load(rng: np.random.Generator, test_fraction: float = 0.2) -> Dataset:
    """Split the bundled digits into training and test.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the split; a generator in the same state gives the same split.
    test_fraction : float
        Part of each class that goes to the test.

    Returns
    -------
    Dataset
        Images (samples, 64) of float64, grey values divided by 16; ten classes.
    """
    arrays.names_in(BUNDLED)
    bundled = arrays.read(BUNDLED, ("x", "y"))
    x, y = bundled["x"] / LEVELS, bundled["y"].astype(np.int64)
    train, test = stratified_split(y, rng, test_fraction)
    return Dataset("digits", x[train], y[train], x[test], y[test], 10, (8, 8), CITATION)
