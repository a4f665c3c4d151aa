"""What is drawn of a spiking network: spikes and membranes of one sample's phases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analogep import results
from analogep.kinds.spiking.equations import SpikingEquations
from analogep.network.relaxed import Relaxed

_HIDDEN_ROWS = 60
"""Hidden neurons whose spikes are kept."""


def fired(network: SpikingEquations, free: Relaxed, nudged: Relaxed, shown: Sequence[int]) -> dict[str, object]:
    """Spikes of some hidden neurons, from the most inhibited to the most active, and of all outputs; membranes.

    Parameters
    ----------
    network : SpikingEquations
    free, nudged, shown
        As in `Network.figures`.
    """
    ranked = np.argsort(free.v[0, network.slices[0]], kind="stable")
    picked = np.linspace(0, ranked.size - 1, min(_HIDDEN_ROWS, ranked.size)).astype(int)
    outputs = network.slices[-1]
    rows = [*(int(ranked[k]) for k in picked), *range(outputs.start, outputs.stop)]
    step, raster = network.card.step, np.concatenate([one.raster for one in (free, nudged) if one.raster is not None])
    when, which = np.nonzero(raster[:, rows])
    membranes = np.concatenate([phase.path for phase in (free, nudged)])[:, 0, network.neurons + np.array(shown)]
    if network.card.coding.kind == "predictive":
        membranes = membranes + 0.5  # phi fires at 1/2
    return {
        "spike_time": results.variable("spike_time", step * (1.0 + when)),
        "spike_row": results.variable("spike_row", which),
        "trace_membrane": results.variable("trace_membrane", membranes),
        "outputs from": len(picked),
    }
