"""A page and its square arrays as a Dataset, for figures and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from analogep.macro.page import Page
from analogep.macro.sweep import Point

if TYPE_CHECKING:
    import xarray as xr


def dataset(page: Page, points: Sequence[Point] = ()) -> xr.Dataset:
    """Numbers of a macro.

    Returns
    -------
    xarray.Dataset
        `area` (block) [m^2], NaN where it is not known; `joules` (what, component) [J] of an inference and of a
        training sample; of square arrays `efficiency` [1/J], `density` [1/(s m^2)], `mac` [J], each (size, bits);
        attributes in SI units.
    """
    import xarray as xr

    components = list(dict.fromkeys([*page.inference, *page.training]))
    kinds = {"inference": page.inference, "training": page.training}
    joules = [[values.get(name, 0.0) for name in components] for values in kinds.values()]
    sizes, bits = (list(dict.fromkeys(getattr(point, key) for point in points)) for key in ("size", "bits"))
    shape = len(sizes), len(bits)
    swept = {
        key: (("size", "bits"), np.array([getattr(p.merit, key) or np.nan for p in points], np.float64).reshape(shape))
        for key in ("efficiency", "density", "mac")
    }
    return xr.Dataset(
        {
            "area": ("block", [np.nan if one.each is None else one.total for one in page.areas]),
            "joules": (("what", "component"), joules),
            **swept,
        },
        {
            "block": [one.name for one in page.areas],
            "component": components,
            "what": list(kinds),
            "size": sizes,
            "bits": bits,
        },
        {
            "title": f"{page.device}, {page.circuit}" + (f" at {page.node}" if page.node else ""),
            "area": page.area,
            "latency": page.latency,
            "batch": page.batch,
            "batch_seconds": page.batch_seconds,
            "update_joules": page.update,
            "inference_watts": page.inference_watts,
            "training_watts": page.training_watts,
            "macs": page.merit.macs,
            "efficiency": page.merit.efficiency,
            "density": page.merit.density or np.nan,
            "mac": page.merit.mac,
        },
    )
