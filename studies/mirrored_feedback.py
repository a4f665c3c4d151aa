"""A second array for the reverse direction: accuracy, gradient and joules of mirrored against shared feedback.

    python studies/mirrored_feedback.py [--only closed_loop] [--epochs 8]

`digits` as its card has it, but for the number of epochs, which is given beforehand. Each case is trained with the same
seeds, from 1, with one array read both ways (shared) and with a mirror of its own cells. Test samples are looked at
once, after the last epoch. Prints a table: means and standard errors over seeds, of the differences seed by seed; the
cosine of the first layer's gradient without noise of reads, after training; pulses, and joules of pulses and verify
reads, per training sample.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from digits import joules

from analogep import Run


class Case(NamedTuple):
    """A device card, its update rule, the number of seeds, and the times between two refreshes to try [updates]."""

    device: str
    rule: dict[str, object]
    seeds: int
    refreshes: tuple[int | None, ...]


CASES = {
    "closed_loop": Case("rram", {"rule": "closed_loop", "threshold": 4, "max_pulses": 1}, 20, (None,)),
    "mixed_precision": Case("rram", {"rule": "mixed_precision", "threshold": 8}, 5, (None, 8, 1)),
    "stochastic": Case("rram", {"rule": "stochastic"}, 5, (None, 8, 1)),
    "ecram": Case("ecram", {"rule": "stochastic"}, 5, (None, 72)),
}
HEADS = ("device, rule", "feedback", "accuracy, mean of seeds", "against shared, points", "cosine", "pulses", "joules")


def outcome(case: Case, feedback: dict[str, object], seed: int, epochs: int) -> tuple[float, ...]:
    """Accuracy [%], cosine [1], and pulses [1] and their joules with those of verify reads [J], per training sample."""
    changes = {"update": case.rule, "feedback": {"gain": 0.5, **feedback}, "learning.epochs": epochs}
    found = Run(case.device, "digits", seed, set=changes).execute()
    samples = found.attrs["train_samples"] * epochs
    writing = found["energy"].sel(phase=["update", "verify"]).drop_sel(component="digital")
    quiet = float(found["quiet_cosine"][0])
    return (
        100.0 * float(found["accuracy"][-1]),
        quiet,
        float(found["pulses"].sum()) / samples,
        float(writing.sum()) / samples,
    )


def spread(values: Sequence[float]) -> str:
    """Mean and its standard error."""
    return f"{np.mean(values):.2f} +- {np.std(values, ddof=1) / np.sqrt(len(values)):.2f}"


def rows(case: Case, epochs: int) -> list[str]:
    """Lines of the table: shared, and each way to mirror."""
    ways = {"shared": {"kind": "shared"}} | {
        "mirrored" if every is None else f"mirrored, refresh: {every}": {"kind": "mirrored", "refresh": every}
        for every in case.refreshes
    }
    lines, accuracy = [], dict[str, np.ndarray]()
    for way, feedback in ways.items():
        found = np.array([outcome(case, feedback, seed, epochs) for seed in range(1, case.seeds + 1)])
        accuracy[way], means = found[:, 0], found.mean(axis=0)
        cells = [
            f"{case.device}, {case.rule['rule']}", way, f"{spread(found[:, 0])} % of {case.seeds}",
            "" if way == "shared" else spread(accuracy[way] - accuracy["shared"]), f"{means[1]:.2f}", f"{means[2]:.1f}",
            joules(means[3]),
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    """Run the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=CASES)
    parser.add_argument("--epochs", type=int, default=8)
    given = parser.parse_args()
    print("| " + " | ".join(HEADS) + " |", "|" + " --- |" * len(HEADS), sep="\n")
    for name in [given.only] if given.only else CASES:
        print("\n".join(rows(CASES[name], given.epochs)), flush=True)


if __name__ == "__main__":
    main()
