"""Does maximum pooling spoil equilibrium propagation between spiking neurons, and the average restore it?

    python studies/spiking_pooling.py [--samples 20] [--epochs 6]

The claim is that of Lin, Bal and Sengupta 2024 (convolutional spiking networks). For `spiking-conv-digits` with either
pooling, untrained and after some epochs: cosine between the estimate of two nudged phases and the exact gradient of the
analog network that the rates should come to, for windows of 1 us to 256 us in which spikes are counted. A maximum
chooses in each step of the clock among what that step brings to its places (`kinds.spiking.charge`); the analog
network's among mean currents. In double precision, beta 0.2, without converters and noise.
"""

from __future__ import annotations

import argparse

import numpy as np
import xarray as xr

from analogep import Chip, CircuitCard, DeviceCard, Run, datasets
from analogep.learning import compare

POOLS = ("average", "max")
WINDOWS = (1.0, 4.0, 16.0, 64.0, 256.0)
GAINS = {"average": "[2, 1.5, 0.5]", "max": "[2, 0.5, 0.3]"}
"""A maximum makes larger signals than an average of four, and needs smaller weights for a loop gain below 1."""


QUIET = ("solver.precision=double", "adc.bits=null", "adc.booked=8", "sample_hold.noise=0 V", "nudging.beta=0.2")


def circuit(pool: str, *settings: str) -> CircuitCard:
    """The card with one kind of pooling."""
    layers = ", ".join(
        f"{{kind: conv, channels: {channels}, kernel: 3, padding: 1, pool: {{kind: {pool}, size: 2}}}}"
        for channels in (16, 32)
    )
    layers = f"layers=[{{kind: image, height: 8, width: 8}}, {layers}, 10]"
    given = (layers, f"learning.initial_gain={GAINS[pool]}", "network.unstable=true", *settings)
    return CircuitCard.load("spiking-conv-digits", given)


def cosines(pool: str, trained: xr.Dataset | None, window: float, samples: int) -> list[float]:
    """Of each layer's estimate against the exact gradient, spikes counted for `window` us after 1.5 us."""
    times = [f"network.window={window:g} us"]
    times += [f"timing.{name}.duration={window + 1.5:g} us" for name in ("free", "nudged")]
    chip = Chip("ideal", circuit(pool, *QUIET, *times), 0)
    if trained is not None:
        chip.place(trained, exact=True)
    data = datasets.load(None, np.random.default_rng(0))
    x, y = data.train_x[:samples], data.train_y[:samples]
    return [compare(*both)[0] for both in zip(chip.gradient(x, y), chip.exact_gradient(x, y), strict=True)]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=6)
    parsed = parser.parse_args()
    print("| pooling | state | window [us] | cosine of layers 1, 2, 3 |\n| --- | --- | --- | --- |")
    for pool in POOLS:
        run = Run(DeviceCard.load("ideal"), circuit(pool, f"learning.epochs={parsed.epochs}"), 0).execute()
        said = f"trained: test accuracy {100 * float(run.accuracy[-1]):.1f} %"
        for state, trained in (("untrained", None), ("trained", run)):
            for window in WINDOWS:
                shown = ", ".join(f"{value:.3f}" for value in cosines(pool, trained, window, parsed.samples))
                print(f"| {pool} | {state if trained is None else said} | {window:g} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
