"""Does EP need a decade of resistance? Pulse laws against the on/off ratio of the window.

    python studies/on_off_ratio.py [--seeds 3] [--epochs 4] [--laws constant,...] [--keep]

M. Döll, A. Müller, B. Ulmann (2025, arXiv 2512.12428) report that EP converges with nonlinear memristor updates if the
resistance range is at least an order of magnitude. Here laws are pulsed by the stochastic rule, without noise between
pulses or cells, in two circuits:

- *rescaled*: the read-out maps the window, whatever it is, onto the same weights (pairs at a virtual ground, as in the
  card `digits`). The ratio matters only through read noise, which is relative to G and so grows against the window:
  1.5 % of G as for `rram`.
- *fixed gain*: the read-out is set for a window of one decade and stays so; the geometric mean of the window is held.
  The weight range is then proportional to sqrt(ratio) - 1/sqrt(ratio), and narrows below a decade.

Accuracies are compared with those of a decade on the same seeds, in which the split of the samples drops out.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import curves
import numpy as np
import stored
from digits import Kept

if TYPE_CHECKING:
    import xarray as xr

RATIOS = (2.0, 5.0, 10.0)
DECADE = RATIOS.index(10.0)
CIRCUITS = ("rescaled", "fixed gain")
_P = "amplitude: {v} V, width: 50 ns"
LAWS = {
    "constant": "model: constant, up: {{step: 1 %, {p}}}, down: {{step: 1 %, {m}}}",
    "soft bounds": "model: soft_bounds, up: {{step: 3 %, {p}}}, down: {{step: 3 %, {m}}}",
    "exponential 2.4/4.9": "model: exponential, up: {{pulses: 100, nonlinearity: 2.4, {p}}}, "
    "down: {{pulses: 100, nonlinearity: 4.88, {m}}}",
    "power of 2": "model: power, up: {{step: 5 %, exponent: 2, {p}}}, down: {{step: 5 %, exponent: 2, {m}}}",
    "exp step (Gong 2018)": "model: exp_step, a: -0.5, b: -0.5, up: {{step: 0.6 %, A: -1.18, gamma: 5, {p}}}, "
    "down: {{step: 0.45 %, A: -0.0814, gamma: 5, {m}}}",
    "VTEAM": "model: kinetic, window: {{kind: joglekar, p: 2}}, rate: {{kind: vteam, k_on: 400 kHz, "
    "v_on: 0.8 V, a_on: 1, k_off: 200 kHz, v_off: -0.8 V, a_off: 1}}, up: {{{p}}}, down: {{{m}}}",
}
"""About a hundred pulses from end to end each; the last three move differently up and down."""
READ_NOISE = "{kind: relative, sigma: 1.5 %}"
MIDDLE = 3.162e-6
"""Geometric mean of the window of `rram` [S]."""


def settings(law: str, ratio: float, circuit: str) -> dict[str, Any]:
    """Keys of both cards of one point."""
    import yaml

    programming = "{" + LAWS[law].format(p=_P.format(v="1.6"), m=_P.format(v="-1.6")) + "}"
    still = dict.fromkeys((f"variation.device_to_device.{key}" for key in ("max", "min", "step", "asymmetry")), 0.0)
    found = {
        "programming": yaml.safe_load(programming),
        "conductance": {"min": MIDDLE / math.sqrt(ratio), "max": MIDDLE * math.sqrt(ratio)},
        "variation.cycle_to_cycle": {"kind": "none"},
        **still,
        "read.noise": yaml.safe_load(READ_NOISE),
        "update": {"rule": "stochastic"},
    }
    if circuit == "fixed gain" and ratio != RATIOS[DECADE]:
        span = (math.sqrt(ratio) - 1.0 / math.sqrt(ratio)) / (math.sqrt(10.0) - 1.0 / math.sqrt(10.0))
        found["mapping.weight_range"] = [0.3 * span, 0.3 * span]
    return found


def result(kept: Kept, laws: list[str], seeds: int, epochs: int) -> xr.Dataset:
    """Test accuracy (circuit, law, ratio, seed) [1]."""
    import xarray as xr

    accuracy = [
        [
            [[kept.accuracy("rram", settings(law, r, circuit), k, epochs) for k in range(seeds)] for r in RATIOS]
            for law in laws
        ]
        for circuit in CIRCUITS
    ]
    return xr.Dataset(
        {"accuracy": (("circuit", "law", "ratio", "seed"), np.array(accuracy), {"units": "1"})},
        {"circuit": list(CIRCUITS), "law": laws, "ratio": list(RATIOS)},
        {"epochs": epochs},
    )


def lost(dataset: xr.Dataset) -> curves.Floats:
    """Points against a decade on the same seeds (circuit, law, ratio, seed)."""
    accuracy: curves.Floats = dataset["accuracy"].values
    return 100.0 * (accuracy - accuracy[:, :, DECADE : DECADE + 1])


def table(dataset: xr.Dataset) -> str:
    """Markdown: points against a decade on the same seeds."""
    heads = ["read-out", "law", *(f"{ratio:g}" for ratio in RATIOS)]
    lines = [heads, ["---"] * len(heads)]
    for circuit, some in zip(dataset["circuit"].values, lost(dataset), strict=True):
        for law, values in zip(dataset["law"].values, some, strict=True):
            lines.append([str(circuit), str(law), *(curves.said(one) for one in values)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    """Run all points."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--laws", default=",".join(name for name in LAWS if "," not in name), help="names, with commas")
    parser.add_argument("--folder", type=Path, default=Path("runs/on-off-ratio"))
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    laws = parsed.laws.split(",")
    found = result(Kept(parsed.folder), laws, parsed.seeds, parsed.epochs)
    print(table(found))
    if parsed.keep:
        given = f"--laws '{parsed.laws}' --seeds {parsed.seeds} --epochs {parsed.epochs}"
        stored.keep(found, "on_off_ratio", f"python studies/on_off_ratio.py {given} --keep")


if __name__ == "__main__":
    main()
