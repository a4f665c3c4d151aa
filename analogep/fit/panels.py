"""Points and curves of other measurements than ramps, as one xarray.Dataset for the figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from analogep.fit.finding import Finding

if TYPE_CHECKING:
    import xarray as xr

_MOST = 12


def panels(findings: Sequence[Finding]) -> xr.Dataset:
    """Panels of some findings, at most twelve.

    Parameters
    ----------
    findings : sequence of Finding

    Returns
    -------
    Dataset
        For each panel k: `x_k`, `y_k` and `curve_k` on (point_k), in the units that their `label` attributes end with;
        attributes `title_k` and `logarithmic_k` (of x and y, 0 or 1).
    """
    import xarray as xr

    variables: dict[str, Any] = {}
    attributes: dict[str, Any] = {"title": "measurements", "panels": 0}
    flat = [(finding, panel) for finding in findings for panel in finding.panels][:_MOST]
    for k, (finding, panel) in enumerate(flat):
        for name, values, label in (
            ("x", panel.x, panel.labels[0]),
            ("y", panel.y, panel.labels[1]),
            ("curve", panel.curve, panel.labels[1]),
        ):
            variables[f"{name}_{k}"] = ((f"point_{k}",), values, {"label": label})
        attributes[f"title_{k}"] = f"{finding.source.name}: {finding.model}"
        attributes[f"logarithmic_{k}"] = [int(one) for one in panel.logarithmic]
    attributes["panels"] = len(flat)
    return xr.Dataset(variables, attrs=attributes)
