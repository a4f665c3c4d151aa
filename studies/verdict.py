"""Analog against digital at the same memory model, node and batch: joules, seconds, area of inference and training.

    python studies/verdict.py [--mnist DIR] [--only CARD,CARD] [--keep]

Prints the table of docs/results/verdict.md; `--keep` stores the joules, from which `python studies` draws the figure
and writes the table again. Circuits that are left out keep the joules that are stored.

A chip of each pair of cards learns some batches of real samples and then classifies test samples; a second one learns
sample by sample. Joules are those of the ledger: array, columns, amplifiers, converters, pulses, verify reads, digital
products and memory of the update, clock and control. The other side is the same network in integers of 8 bits at the
same node (`analogep.digital`), for the same batch and for one sample. Its weights come from one bank of memory, or from
banks of 8 KB, which is the range that is drawn; the memory of the analog update has the same banks. Cards whose name
does not end in -chip are limits: their columns, lines or noise are no circuit's. Means and 95 % intervals over seeds.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import stored

from analogep.budget.paired import estimate

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

CASES = (
    ("digits", "digits-chip", "rram"),
    ("digits", "digits-chip", "ideal"),
    ("digits", "digits", "ideal"),
    ("MNIST", "mnist-chip", "rram"),
    ("MNIST", "mnist-chip", "ideal"),
    ("MNIST", "mnist", "ideal"),
    ("convolution, digits", "conv-digits-chip", "ideal"),
    ("convolution, digits", "conv-digits", "ideal"),
    ("convolution, MNIST", "conv-mnist", "ideal"),
    ("spikes, digits", "spiking-digits-chip", "ideal"),
    ("spikes, digits", "spiking-digits", "ideal"),
    ("spikes, MNIST", "spiking-mnist-chip", "ideal"),
    ("spikes, MNIST", "spiking-mnist", "ideal"),
)
NODE, BANK = "65 nm", 8192
SAMPLES, ALONE, TESTED = 400, 40, 100
"""Samples learned in batches, learned one by one, and classified."""


class Sides(NamedTuple):
    """Joules of the analog circuit, one number a seed, and of integers with one bank and with small ones [J]."""

    analog: list[float]
    digital: tuple[float, float]

    @property
    def ratio(self) -> tuple[float, float, float]:
        """Digital over analog joules: mean, and the ends of its interval [1]."""
        found = estimate(np.array([self.analog]))
        low, high = (self.digital[0] / (found.mean + side * found.half) for side in (1.0, -1.0))
        return self.digital[0] / found.mean, low, high


def circuit_of(name: str, **keys: Any) -> Any:
    """A circuit card at the node, with keys of its own."""
    from analogep import CircuitCard

    return CircuitCard.load(name, [f"node={NODE}", *(f"{key}={value}" for key, value in keys.items())])


def measured(name: str, device: str, data: Any, seed: int) -> dict[str, dict[str, float]]:
    """Joules of a sample by component: of an inference, and of training in the card's batches and one by one [J]."""
    from analogep import Chip
    from analogep.energy import COMPONENTS, PHASES, TRAINING

    order = np.random.default_rng(seed).permutation(len(data.train_y))
    found = {}

    def spent(chip: Any, before: Any, phases: tuple[str, ...], samples: int) -> dict[str, float]:
        each = (chip.emulator.joules - before)[:, [PHASES.index(phase) for phase in phases]].sum(axis=1) / samples
        return {key: float(f"{value:.4g}") for key, value in zip(COMPONENTS, each, strict=True) if value > 0.0}

    for key, batch, samples in (("training", circuit_of(name).learning.batch, SAMPLES), ("alone", 1, ALONE)):
        chip = Chip(device, circuit_of(name, **{"learning.batch": batch}), seed)
        if chip.circuit.learning.center_inputs is not None:
            chip.mean_input = data.train_x.mean(axis=0)
        before = chip.emulator.joules.copy()
        for start in range(0, samples, batch):
            chosen = order[start : start + batch]
            chip.train(data.train_x[chosen], data.train_y[chosen])
        found[key] = spent(chip, before, TRAINING, samples)
        if key == "training":
            before = chip.emulator.joules.copy()
            chip.predict(data.test_x[:TESTED])
            found["inference"] = spent(chip, before, ("inference",), TESTED)
    return found


def record(name: str, device: str, data: Any, seeds: int) -> dict[str, Any]:
    """All that is kept of a case."""
    from analogep import DeviceCard, clock
    from analogep.area import areas, total

    card, circuit = DeviceCard.load(device), circuit_of(name)
    alone = circuit_of(name, **{"learning.batch": 1})
    return {
        "circuit": name,
        "device": device,
        "batch": circuit.learning.batch,
        "joules": [measured(name, device, data, seed) for seed in range(seeds)],
        "latency": clock.latency(circuit, card),
        "sample": clock.batch(circuit, card) / circuit.learning.batch,
        "alone": clock.batch(alone, card),
        "area": total(areas(card, circuit)),
    }


def sides(kept: dict[str, Any], what: str) -> Sides:
    """Joules of both sides: `what` is inference, inference alone, training, or alone."""
    from analogep.digital import DigitalNetwork

    batch = 1 if "alone" in what else kept["batch"]
    kind = "inference" if what.startswith("inference") else "training"
    banks = (DigitalNetwork(circuit_of(kept["circuit"], **keys), batch) for keys in ({}, {"memory.bank": BANK}))
    one, small = (getattr(network, kind) for network in banks)
    return Sides([sum(seed[what.split()[0]].values()) for seed in kept["joules"]], (one, small))


def banked(kept: dict[str, Any], what: str) -> float:
    """Mean joules of the analog circuit with memory in small banks: its memory, and control as its share [J]."""
    from analogep import DeviceCard
    from analogep.memory import DigitalMemory

    batch = 1 if what == "alone" else kept["batch"]
    cards = (circuit_of(kept["circuit"], **{"learning.batch": batch}, **keys) for keys in ({}, {"memory.bank": BANK}))
    device = DeviceCard.load(kept["device"])
    one, small = (DigitalMemory(device, card).joules_per_bit for card in cards)
    saved = [
        (1.0 + circuit_of(kept["circuit"]).memory.control)
        * seed[what.split()[0]].get("memory", 0.0)
        * (1 - small / one)
        for seed in kept["joules"]
    ]
    return float(np.mean([sum(seed[what.split()[0]].values()) for seed in kept["joules"]]) - np.mean(saved))


QUESTIONS = ("inference", "inference alone", "training", "alone")
TITLES = (
    "inference, batch of the card",
    "inference, one sample",
    "training, batch of the card",
    "training, one sample",
)


def title(kept: dict[str, Any], subject: str) -> str:
    """Name of a case; limits are said to be such."""
    limit = "" if kept["circuit"].endswith("-chip") else " (limit)"
    return f"{subject}: {kept['circuit']}, {kept['device']}{limit}"


def cases(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    """What `record` made of each case, by title."""
    found: dict[str, dict[str, Any]] = json.loads(dataset.attrs["cases"])
    return found


def table(dataset: xr.Dataset) -> str:
    """Markdown: joules of both sides, digital over analog with intervals, seconds, area."""
    from analogep.area.blocks import technology_of
    from analogep.digital import DigitalNetwork
    from analogep.energy import inference_macs
    from analogep.units import format_si, spoken

    heads = (
        "circuit, device", *TITLES, "latency", "products a second for the same latency", "time a training sample",
        "mm^2 (digital at least)",
    )  # fmt: skip
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    for name, kept in cases(dataset).items():
        circuit, cells = circuit_of(kept["circuit"]), []
        for what in QUESTIONS:
            both = sides(kept, what)
            mean, low, high = both.ratio
            small = both.digital[1] / banked(kept, what)
            joules = [format_si(float(f"{value:.3g}"), "J") for value in (np.mean(both.analog), both.digital[0])]
            cells.append(f"{joules[0]} / {joules[1]}: {mean:.3g} ({low:.3g} to {high:.3g}); {small:.3g}")
        network = DigitalNetwork(circuit, kept["batch"])
        assert technology_of(circuit) is not None
        lines.append(
            f"| {name} | "
            + " | ".join(cells)
            + f" | {spoken(kept['latency'])} | {inference_macs(circuit.products) / kept['latency'] / 1e9:.3g} G"
            + f" | {spoken(kept['sample'])} | {1e6 * kept['area']:.3g} ({1e6 * network.least_area:.3g}) |"
        )
    return "\n".join(lines)


def draw(dataset: xr.Dataset) -> Figure:
    """A panel for inference and one for training: digital over analog joules, with intervals and the range of banks."""
    from matplotlib.figure import Figure

    found = cases(dataset)
    figure = Figure(figsize=(11.0, 0.42 * len(found) + 1.8), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (heading, asked) in zip(
        panels, (("inference", QUESTIONS[:2]), ("training sample", QUESTIONS[2:])), strict=True
    ):
        for what, colour, shift, label in zip(
            asked, ("#0072B2", "#D55E00"), (-0.15, 0.15), ("batch of the card", "one sample at a time"), strict=True
        ):
            for k, kept in enumerate(found.values()):
                both, limit = sides(kept, what), not kept["circuit"].endswith("-chip")
                mean, low, high = both.ratio
                small = both.digital[1] / banked(kept, what)
                axes.plot([mean, small], [k + shift] * 2, color=colour, alpha=0.35, linewidth=4, solid_capstyle="butt")
                axes.errorbar(
                    mean, k + shift, xerr=[[mean - low], [high - mean]], marker="o", color=colour, capsize=3,
                    markerfacecolor="white" if limit else colour, label=label if k == 0 else None,
                )  # fmt: skip
        axes.axvline(1.0, color="0.4", linewidth=1)
        axes.set(xscale="log", title=heading, xlabel="joules of integers over joules of the analog circuit")
        axes.grid(alpha=0.3, axis="x")
    panels[0].set_yticks(range(len(found)), list(found))
    panels[0].invert_yaxis()
    panels[1].legend(fontsize=8)
    figure.suptitle(
        f"{NODE}, same memory model; right of 1 the analog circuit takes less. Full: chips; hollow: limits; "
        "bars: one bank of memory to 8 KB banks",
        fontsize=9,
    )
    return figure


def main() -> None:
    """Measure, print, keep."""
    import xarray as xr

    from analogep import datasets

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", default="", help="folder of MNIST; circuits of its size are left out without")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="", help="circuit cards to measure, with commas")
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    parsed = parser.parse_args()
    found = cases(stored.read("verdict")) if stored.place("verdict").exists() else {}
    for subject, name, device in CASES:
        where = parsed.mnist if "mnist" in name else "digits"
        if where and (not parsed.only or name in parsed.only.split(",")):
            kept = record(name, device, datasets.load(where, np.random.default_rng(0)), parsed.seeds)
            found[title(kept, subject)] = kept
    names = [title({"circuit": name, "device": device}, subject) for subject, name, device in CASES]
    dataset = xr.Dataset(attrs={"cases": json.dumps({name: found[name] for name in names if name in found})})
    print(table(dataset))
    if parsed.keep:
        more = f" --only {parsed.only}" if parsed.only else ""
        stored.keep(dataset, "verdict", f"python studies/verdict.py --mnist DIR --seeds {parsed.seeds}{more} --keep")


if __name__ == "__main__":
    main()
