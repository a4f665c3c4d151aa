"""A few samples through every kind of network; as a program, without compiled code, into an NPZ file.

`NUMBA_DISABLE_JIT=1 python -m tests.plain_python FILE`
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from tests.warm import DOUBLE, SINGLE, STOCHASTIC

_IMAGE = "{kind: image, height: 8, width: 8}"
_CONV = f"[{_IMAGE}, {{kind: conv, channels: 2, kernel: 3, padding: 1, pool: {{kind: POOL, size: 2}}}}, 10]"
_DENSE = ("layers=[64,6,10]", "timing.free.duration=100 ns", "timing.nudged.duration=50 ns")
_PASSIVE = ("learning.rate=[0.3,0.1]", "learning.initial_gain=[1,0.3]", "network.gain=[24,4]", "nudging.beta=0.1")
_WARM = ("noise.thermal=on", "network.window=200 ns", "timing.free.duration=400 ns", "timing.nudged.duration=400 ns")
_TWO = ("mapping.weight_range=[1,0.5]", "learning.rate=[2,0.2]", "learning.initial_gain=[1,0.2]")
RUNS = {
    # Device, circuit and settings. Devices that are written slowly would take minutes here.
    "rc, SciPy": ("ideal", "digits", _DENSE),
    "rc, single": ("ideal", "digits", (*_DENSE, *SINGLE, *STOCHASTIC)),
    "rc, double": ("ideal", "digits", (*_DENSE, *DOUBLE, *STOCHASTIC)),
    # Two hidden neurons: cells of this device take the most pulses to be written.
    "curved law": ("enode", "digits", (*_DENSE, *SINGLE, "layers=[64,2,10]")),
    "noisy pulses": ("fefet", "digits", (*_DENSE, *SINGLE, "update={rule: mixed_precision, threshold: 3}")),
    "passive": ("ideal", "passive-digits", ("layers=[64,6,10]", *_PASSIVE, *_DENSE[1:])),
    "resistive": ("ideal", "resistive-digits", ()),
    "spiking": ("ideal", "spiking-digits", ("layers=[64,6,10]",)),
    "predictive": ("ideal", "spiking-digits", ("layers=[64,6,10]", "network.coding={kind: predictive}")),
    "spiking, warm": ("ideal", "spiking-digits", (*_WARM, "layers=[64,6,10]")),
    "predictive, warm": ("ideal", "spiking-digits", (*_WARM, "layers=[64,6,10]", "network.coding={kind: predictive}")),
    "convolution": ("ideal", "conv-digits", (f"layers={_CONV.replace('POOL', 'average')}", *_TWO, *_DENSE[1:])),
    "largest of pool": ("ideal", "conv-digits", (f"layers={_CONV.replace('POOL', 'max')}", *_TWO, *_DENSE[1:])),
}


def found() -> dict[str, np.ndarray]:
    """Every array of every run's result, by the names of both."""
    from analogep import CircuitCard, DeviceCard, Run, datasets
    from analogep.datasets import Dataset

    whole = datasets.load(None, np.random.default_rng(0))
    few = whole.train_x[:2], whole.train_y[:2], whole.test_x[:2], whole.test_y[:2]
    data = Dataset(whole.name, *few, whole.classes, whole.shape)
    out = {}
    for name, (device, circuit, settings) in RUNS.items():
        shortest = ("learning.epochs=1", "learning.batch=2", "learning.probe=1", *settings)
        result = Run(DeviceCard.load(device), CircuitCard.load(circuit, shortest), data=data).execute()
        for variable, array in result.data_vars.items():
            if array.dtype.kind in "fiu":
                out[f"{name}: {variable}"] = array.values
    return out


if __name__ == "__main__":
    np.savez(Path(sys.argv[1]), **found())
