"""How the chip cards were chosen: by training samples that were held out, and by no test sample.

    python studies/chip_cards.py digits
    python studies/chip_cards.py conv-digits
    python studies/chip_cards.py mnist --data FOLDER [--device rram]
    python studies/chip_cards.py conv-mnist --data FOLDER
    python studies/chip_cards.py spiking-mnist --data FOLDER
    python studies/chip_cards.py resistive
    python studies/chip_cards.py resistive-xs --data FOLDER
    python studies/chip_cards.py spiking-digits
    python studies/chip_cards.py conv-digits --limits
    python studies/chip_cards.py resistive-digits --limits
    python studies/chip_cards.py digits-chip --limits --device pcm

Each row changes some keys of a card and trains on a part of the training samples; its accuracy is that on others of
them, beside the first row's with the same seeds. `PLAN` has their numbers, epochs and seeds, fewer where networks take
long; `--rows`, `--seeds` and `--epochs` ask for others. Intervals are standard errors over the seeds.

`--limits` asks instead what keeps the card without columns from learning with `rram`: each row makes something ideal.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from analogep import Chip, load_data

SHARED = {"feedback.kind": "shared", "feedback.turns": None}
MIRRORED = {"feedback.kind": "mirrored", "feedback.turns": None}
LIMIT = {**SHARED, "column": {"kind": "ideal"}, "mismatch": None, "noise.thermal": "off"}


def scale(volts: float, low: float, high: float) -> dict[str, float]:
    """Another full scale; rails of the outputs, and of the converter, in units of it."""
    return {
        "mapping.read_voltage": volts,
        "neurons.hidden.activation.high": volts,
        "neurons.output.activation.low": low * volts,
        "neurons.output.activation.high": high * volts,
        "adc.low": low * volts,
        "adc.high": high * volts,
    }


def phases(free: float, nudged: float) -> dict[str, float]:
    """Phases of other lengths."""
    return {"timing.free.duration": free, "timing.nudged.duration": nudged}


def turns(seconds: float, free: float, nudged: float) -> dict[str, float]:
    """Both turns of a length, and phases."""
    return {"feedback.turns.forward": seconds, "feedback.turns.reverse": seconds} | phases(free, nudged)


def target(volts: float, bias: float) -> dict[str, Any]:
    """The target of a resistive network's outputs, and the bias of its last array [V]."""
    return {"network.target": volts, "network.bias": [0.5, bias]}


COLD = {"noise.thermal": "off", "sample_hold.noise": 0.0}
"""No thermal noise of circuit and samples."""
SILENT = {"noise.thermal": "off"}
"""No thermal noise of the circuit."""
FAST = {"column.ratio": 5.0}
WIDE = {"feedback.gain": 0.8}
HARDER = {"nudging.beta": 0.95, "feedback.gain": 0.9, "mapping.weight_range": [0.1, 0.14]}
"""More of a nudge, all the way back; a pulse moves less in the second layer, whose weights close the loop."""
SEARCHES: dict[str, dict[str, dict[str, Any]]] = {
    "digits": {
        "the card": {},
        "full scale 0.2 V": scale(0.2, -0.25, 1.1),
        "phases of 800 ns": turns(50e-9, 800e-9, 800e-9),
        "turns of 25 ns, columns 10 times as fast": {**turns(25e-9, 600e-9, 600e-9), "column.ratio": 10.0},
        "lines without resistance": {"wires": {"kind": "none"}},
        "both ways at once": SHARED,
        "mirrored": MIRRORED,
        "limit: ideal lines, no noise, identical neurons": {**LIMIT, "wires": {"kind": "none"}},
    },
    "conv-digits": {
        "phases of 500 and 400 ns, a swing back of 0.8": phases(500e-9, 400e-9) | WIDE,
        "800 and 500 ns, 0.8": phases(800e-9, 500e-9) | WIDE,
        "1000 and 600 ns, 0.8": phases(1000e-9, 600e-9) | WIDE,
        "1000 and 800 ns, 0.8": WIDE,
        "the card: 1000 and 800 ns, 0.5": {},
        "weight ranges [0.5, 0.4, 0.3]": {"mapping.weight_range": [0.5, 0.4, 0.3]},
        "0.8, beta 0.2": WIDE | {"nudging.beta": 0.2},
        "0.8, half the rates": WIDE | {"learning.rate": [1.0, 0.25, 0.05]},
        "limit: ideal lines, no noise, identical neurons": LIMIT,
    },
    "mnist": {
        "the card": {},
        "full scale 0.2 V": scale(0.2, -0.05, 1.1125),
        "weight ranges [0.2, 0.25]": {"mapping.weight_range": [0.2, 0.25]},
        "twice the beta": {"nudging.beta": 1.0},
        "twice the rates": {"learning.rate": [2.0, 0.05]},
        "half the rates": {"learning.rate": [0.5, 0.0125]},
        "twice the beta, twice the rates": {"nudging.beta": 1.0, "learning.rate": [2.0, 0.05]},
        "a swing back of 0.5": {"feedback.gain": 0.5},
        "five times the load": {"column.load": 1e-12},
        "half the load": {"column.load": 1e-13},
        "columns in one piece": {"column.tile": None},
        "both ways at once": SHARED,
        "limit: ideal lines, no noise, identical neurons": LIMIT,
        "limit, weight ranges of mnist": {**LIMIT, "mapping.weight_range": [0.5, 0.25]},
        "pairs in the middle of the window": {"mapping.common_mode": 0.5},
        "nudged harder": HARDER,
        "nudged harder, pairs at 20 %": HARDER | {"mapping.common_mode": 0.2},
        "nudged harder, pairs in the middle": HARDER | {"mapping.common_mode": 0.5},
    },
    "resistive": {
        "the card": {},
        "half the rates": {"learning.rate": [0.23, 0.16]},
        "targets of 16 mV, half the rates": {"network.target": 0.016, "learning.rate": [0.23, 0.16]},
        "targets of 50 mV": {"network.target": 0.05},
        "hidden nodes of 10 pF": {"network.hidden.capacitance": 1e-11},
        "identical amplifiers": {"mismatch": None},
        "without thermal noise": COLD,
        "limit: identical amplifiers, no thermal noise": {**COLD, "mismatch": None},
    },
    "resistive-xs": {
        "the card": {},
        "targets of 14 mV": target(0.014, 8.4e-3),
        "half the rates": {"learning.rate": [2.0, 1.0]},
        "a quarter of the way back": {"network.amplifiers.back": 1.0},
        "beta 0.3": {"nudging.beta": 0.3},
        "a third of the amplifiers' load": {"network.amplifiers.bias.load": 10.5e-12},
        "limit: identical amplifiers, no thermal noise": {**COLD, "mismatch": None},
    },
    "spiking-digits": {
        "the card": {},
        "limit: ideal lines, no noise, identical neurons": LIMIT,
        "columns of half a pulse": {"column.ratio": 2.0},
        "columns of 1/1.2 of a pulse": {"column.ratio": 1.2},
        "columns of a fifth of a pulse": FAST,
        "the same, pulses of 10 ns": FAST | {"network.width": 10e-9},
        "the same, full scale 0.4 V": FAST | {"mapping.read_voltage": 0.4, "adc.low": -0.4, "adc.high": 0.8},
        "the same, twice the rates": FAST | {"learning.rate": [0.4, 0.2]},
    },
    "spiking-mnist": {
        "the card": {},
        "columns of half a pulse": {"column.ratio": 2.0},
        "columns of a fifth of a pulse": FAST,
        "the same, rates of spiking-mnist": FAST | {"learning.rate": [2.0, 0.05]},
        "the same, without thermal noise": FAST | SILENT,
        "limit: ideal lines, no noise, identical neurons": LIMIT,
    },
    "conv-mnist": {
        "the card": {},
        "phases of 500 and 400 ns": phases(500e-9, 400e-9),
        "without thermal noise": SILENT,
        "limit: ideal lines, no noise, identical neurons": LIMIT,
    },
}
PLAN = {
    "digits": (1100, 338, 12, 3),
    "conv-digits": (1100, 338, 20, 3),
    "mnist": (50_000, 10_000, 3, 1),
    "resistive": (1100, 338, 20, 3),
    "resistive-xs": (10_000, 5000, 4, 1),
    "spiking-digits": (1100, 338, 4, 3),
    "spiking-mnist": (2000, 1000, 1, 1),
    "conv-mnist": (2000, 1000, 1, 1),
}
"""Samples that are learned and held out, epochs, seeds."""
STILL = {"read.noise": {"kind": "none"}}
PULSES = {"variation.cycle_to_cycle": {"kind": "none"}}
COMMON = {"read.between_phases": "common"}
BEFORE = {"network.target": 0.016, "nudging.beta": 0.3, "learning.rate": [0.23, 0.16]}
"""Settings of `resistive-digits` when its limits were measured."""
LIMITS: dict[str, dict[str, dict[str, Any]]] = {
    "digits-chip": {"the card": {}, "slow read noise wanders": {"read.between_samples": "wander"}},
    "conv-digits": {
        "the card": {},
        "read noise common to the phases of a sample": COMMON,
        "reads without noise": STILL,
        "reads and pulses without noise": STILL | PULSES,
        "pulses without noise": PULSES,
    },
    "resistive-digits": {
        "the card as it was": BEFORE,
        "read noise common to the phases of a sample": BEFORE | COMMON,
        "reads without noise": BEFORE | STILL,
        "half the read noise": BEFORE | {"read.noise.sigma": 0.0075},
        "pulses without noise": BEFORE | PULSES,
        "a third of the rates": BEFORE | {"learning.rate": [0.07, 0.05]},
        "one-sided, beta 3": BEFORE | {"nudging.estimator": "positive", "nudging.beta": 3.0},
    },
}
LIMITED = (1100, 338, 3, 2)
"""The same for limits."""


def trained(
    card: str, plan: tuple[int, int, int, int], device: str, source: str, changes: dict[str, Any], seed: int
) -> tuple[float, float, float]:
    """Accuracy on what was held out [1], joules of a training sample and of an inference [J]; `plan` as in `PLAN`."""
    data, (learned, held, epochs, _) = load_data(source), plan
    order = np.random.default_rng(5).permutation(len(data.train_y))
    test, train = order[:held], order[held : held + learned]
    chip = Chip(device, card, seed=seed, set={"learning.epochs": epochs, **changes})
    if chip.circuit.learning.center_inputs is not None:
        chip.mean_input = data.train_x[train].mean(axis=0, dtype=np.float64)
    learning = chip.circuit.learning
    size = learning.batch
    for epoch in range(epochs):
        rates = [learning.share(epoch) * rate for rate in chip.circuit.per_layer(learning.rate)]
        given = np.random.default_rng([seed, epoch]).permutation(train)
        for start in range(0, len(given) - size + 1, size):
            part = given[start : start + size]
            chip.train(data.train_x[part], data.train_y[part], rates=rates)
    spent = chip.joules.sel(phase=["free", "nudged", "update", "verify"])
    right = chip.predict(data.train_x[test]) == data.train_y[test]
    read = chip.joules.sel(phase="inference")
    return float(right.mean()), float(spent.sum()) / (epochs * len(train)), float(read.sum()) / len(test)


def with_error(values: np.ndarray, sign: str = "") -> str:
    """Mean, and standard error where there are more values than one."""
    spread = f" +- {values.std(ddof=1) / np.sqrt(len(values)):.2f}" if len(values) > 1 else ""
    return f"{values.mean():{sign}.2f}{spread}"


def main() -> None:
    """Print the rows of a search."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("card", choices=sorted({*SEARCHES, *LIMITS}))
    parser.add_argument("--data", default="", help="folder of MNIST")
    parser.add_argument("--device", default=None)
    parser.add_argument("--limits", action="store_true", help="what keeps the card without columns from learning")
    parser.add_argument("--rows", nargs="+", help="some rows of the search; the first is what others are compared with")
    parser.add_argument("--seeds", type=int, nargs="+", help="other seeds than 1, 2, ...")
    parser.add_argument("--epochs", type=int, help="another number of them")
    parsed = parser.parse_args()
    listed = LIMITS if parsed.limits else SEARCHES
    if parsed.card not in listed:
        parser.error(f"{parsed.card}: {'no limits are' if parsed.limits else 'no chip is'} listed; see --help")
    if unknown := [row for row in parsed.rows or [] if row not in listed[parsed.card]]:
        parser.error(f"--rows: {unknown[0]!r} is no row of {parsed.card}; there are {', '.join(listed[parsed.card])}")
    source = parsed.data if "mnist" in parsed.card or parsed.card == "resistive-xs" else "digits"
    card = parsed.card if parsed.limits else f"{parsed.card}-chip"
    learned, held, epochs, seeds = LIMITED if parsed.limits else PLAN[parsed.card]
    plan = (learned, held, parsed.epochs or epochs, seeds)
    device = parsed.device or ("rram" if parsed.limits else "ideal")
    head = ("change of the card", "accuracy [%]", "above the first row", "training sample [nJ]", "inference [nJ]")
    print(f"| {' | '.join(head)} |\n{5 * '| --- '}|", flush=True)
    first = None
    for label in parsed.rows or listed[parsed.card]:
        changes = listed[parsed.card][label]
        chosen = parsed.seeds or range(1, seeds + 1)
        found = np.array([trained(card, plan, device, source, changes, seed) for seed in chosen])
        accuracy, joules = 100 * found[:, 0], 1e9 * found[:, 1:].mean(axis=0)
        first = accuracy if first is None else first
        above = "" if first is accuracy else with_error(accuracy - first, "+")
        print(f"| {label} | {with_error(accuracy)} | {above} | {joules[0]:.4g} | {joules[1]:.4g} |", flush=True)


if __name__ == "__main__":
    main()
