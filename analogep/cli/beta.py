"""`analogep beta DEVICE`: which nudging strength, predicted from bias and noise, and measured."""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analogep.cli.numbers import plain

if TYPE_CHECKING:
    import xarray as xr

    from analogep.beta import FiniteBeta
    from analogep.run import Run

HELP = "predict the best nudging strength of each estimator, and measure it"
DESCRIPTION = (
    "Measure what a finite beta costs on DEVICE: the bias of each gradient estimator and the noise of its own reads, "
    "on the untrained and on the trained network. Predict from both the beta with the smallest error, and hold it "
    "against the errors of noisy estimates. Writes beta.nc and beta.png."
)
_MOST_LEVELS = 6
_TRAININGS, _FIRST, _LAST = 6, 0.03, 2.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    from analogep.cli.simulate import _count, _seed

    add = parser.add_argument
    add("device", metavar="DEVICE", help="device card: YAML file, or the name of a shipped one")
    add("--circuit", default="digits", metavar="CARD", help="circuit card: YAML file or name (default: digits)")
    add("--data", metavar="SOURCE", help="IDX folder or NPZ file (default: bundled 8x8 digits)")
    add("--noise", type=_fractions, default=[], metavar="A,B,...", help="noise of one sample as shares of full scale, "
        "such as 0.01,0.03,0.1, instead of the circuit card's")  # fmt: skip
    add("--seed", type=_seed, default=0, metavar="N", help="seed of fabrication, operation and data (default: 0)")
    add("--epochs", type=_count, metavar="N", help="epochs of training, instead of the circuit card's")
    add("--train", action="store_true", help="train at several beta as well, each for as many epochs: accuracy "
        "of held-out training samples against beta")  # fmt: skip
    add("--set", action="append", default=[], metavar="KEY=VALUE", help="set any key of either card; may be repeated")
    add("--out", metavar="DIR", help="output folder (default: runs/, named from the cards' digest)")
    add("--json", action="store_true", help="print the numbers as JSON instead of text")
    add("--quiet", action="store_true", help="no progress, no warnings, no text")
    add("--force", action="store_true", help="replace beta.nc and beta.png in the output folder")


def _fractions(text: str) -> list[float]:
    values = []
    for part in text.split(","):
        value = plain(part)
        if not 0.0 <= value <= 10.0:
            raise argparse.ArgumentTypeError(f"needs shares of full scale from 0 to 10, as 0.01,0.1; got '{part[:40]}'")
        values.append(value)
    if len(set(values)) < len(values) or len(values) > _MOST_LEVELS:
        raise argparse.ArgumentTypeError(f"needs at most {_MOST_LEVELS} different values, got '{text[:60]}'")
    return sorted(values)


def run(parsed: argparse.Namespace) -> int:
    """Measure, draw, and print."""
    job = _job(parsed)
    folder = _folder(parsed, job)
    # What a mistake above needs none of.
    from analogep import plots, results
    from analogep.beta import FiniteBeta

    noise = [share * job.circuit.target_voltage for share in parsed.noise]
    question = FiniteBeta(job, noise)
    report = _Stages(sys.stderr.isatty() and not parsed.quiet)
    found = question.measure(report=report)
    if parsed.train:
        found = _trainings(question, found, report)
    results.write(found, folder / "beta.nc")
    results.write_bytes(folder / "beta.png", plots.render(plots.finite_beta(found), ".png"))
    if not parsed.quiet:
        for sentence in cautions(found):
            print(f"warning: {sentence}", file=sys.stderr)
    if parsed.json:
        from analogep.cli.summary import as_json

        print(as_json(numbers(found) | {"folder": str(folder)}))
    elif not parsed.quiet:
        print(text(found))
        print(f"  written to {folder}: beta.nc, beta.png")
    return 0


class _Stages:
    """What is being done, on stderr when it is a terminal."""

    def __init__(self, show: bool) -> None:
        self.show = show

    def __call__(self, stage: str) -> None:
        if self.show:
            print(f"  {stage} ...", file=sys.stderr, flush=True)


def _job(parsed: argparse.Namespace) -> Run:
    from analogep.cli import overrides
    from analogep.network import suspicious
    from analogep.run import Run

    texts = list(parsed.set)
    if parsed.epochs is not None:
        texts.append(f"learning.epochs={parsed.epochs}")
    device, circuit = overrides.load(parsed.device, parsed.circuit, texts)
    if not parsed.quiet:
        for warning in suspicious(device, circuit):
            print(f"warning: {warning}", file=sys.stderr)
    return Run(device, circuit, parsed.seed, parsed.data)


def _folder(parsed: argparse.Namespace, job: Run) -> Path:
    """Output folder, made before anything is computed.

    Raises
    ------
    UsageError
        If it holds such a result and --force is not given, or is no folder.
    """
    from analogep.errors import UsageError

    default = job.default_folder
    folder = Path(parsed.out) if parsed.out else default.with_name(f"beta-{default.name}")
    for name in ("beta.nc", "beta.png"):
        # os.path answers False where pathlib raises: a name too long for the file system
        if os.path.exists(folder / name) and not parsed.force:
            raise UsageError(f"{folder / name}: exists; --force replaces it, --out writes to another folder")
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise UsageError(f"--out {folder}: is a file; name a folder")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _trainings(question: FiniteBeta, found: xr.Dataset, report: _Stages) -> xr.Dataset:
    """Accuracy against beta with the card's own estimator, up to the bound of the trained network."""
    import numpy as np

    from analogep.beta import accuracies, with_accuracy

    bound = float(found["bound"].sel(estimator=question.run.circuit.nudging.estimator).min())
    betas = np.geomspace(_FIRST, max(min(bound, _LAST), 2.0 * _FIRST), _TRAININGS)
    return with_accuracy(found, betas, accuracies(question.run, betas.tolist(), question.levels.tolist(), report))


def numbers(found: xr.Dataset) -> dict[str, Any]:
    """Everything in the table, by network, noise level and estimator; shares of full scale, relative errors [1]."""
    import numpy as np

    full, rows = float(found.attrs["full_scale"]), []
    level = ("predicted_leading", "predicted", "measured", "measured_direction", "best_cosine",
             "noise_fresh", "noise_still", "unsettled")  # fmt: skip
    for name in found["network"].values:
        for k, volts in enumerate(found["noise"].values):
            for estimator in found["estimator"].values:
                one = found.isel(noise=k).sel(network=name, estimator=estimator)
                said = {key: float(one[key]) for key in ("order", "coefficient", "bound", *level)}
                known = one["beta"].values[np.isfinite(one["error"])]
                said["measured_at_end"] = bool(said["measured"] >= known.max(initial=0.0))
                head = {"network": str(name), "noise": float(volts) / full, "estimator": str(estimator)}
                rows.append(head | said)
    chips = [
        {"network": str(name)}
        | {key: float(found[key].sel(network=name)) for key in ("pole", "rest_bias", "fit_reach", "fit_residual")}
        for name in found["network"].values
    ]
    out: dict[str, Any] = {"networks": chips, "estimators": rows, "card_beta": float(found.attrs["card_beta"])}
    out["answers"] = answers(found)
    if "accuracy" in found:
        out["trainings"] = [
            {"noise": float(volts) / full, "beta": float(beta), "accuracy": float(found["accuracy"].values[k, n])}
            for k, volts in enumerate(found["noise"].values)
            for n, beta in enumerate(found["train_beta"].values)
        ]
    return out


def answers(found: xr.Dataset) -> list[str]:
    """Which beta to set, a sentence for each noise level."""
    from analogep.beta import sentence

    return [sentence(found, k) for k in range(found.sizes["noise"])]


def cautions(found: xr.Dataset) -> list[str]:
    """What a reader of the numbers should know."""
    from analogep.beta.answer import POOR_FIT

    out, card = [], float(found.attrs["card_beta"])
    for name in found["network"].values:
        one = found.sel(network=name)
        bound = float(one["bound"].sel(estimator=found.attrs["card_estimator"]))
        if card > bound:
            out.append(
                f"{name} network: negative nudging cancels the outputs' leak at {float(one['pole']):.3g}; the card's "
                f"{found.attrs['card_estimator']} estimator at beta {card:g} comes too close, use at most {bound:.2g}"
            )
        if float(one["fit_residual"]) > POOR_FIT:
            out.append(
                f"{name} network: the expansion describes the bias to {100 * float(one['fit_residual']):.0f} % only, "
                "hard rails make it uneven in beta; trust the measured column"
            )
    return out


def text(found: xr.Dataset) -> str:
    """Return the table that a person reads."""
    said = numbers(found)
    lines = [str(found.attrs["title"])]
    for chip in said["networks"]:
        lines.append(
            f"{chip['network']} network: {_pole(chip['pole'])}; bias left at beta 0: "
            f"{100 * chip['rest_bias']:.2g} % of the gradient"
        )
        lines.append(
            f"  {'noise':>7} {'estimator':<12}{'bias':>15}{'noise/beta':>11}{'formula':>9}{'predicted':>11}"
            f"{'measured':>10}{'cosine':>8}{'phases':>8}{'for cosine':>12}"
        )
        lines += [_row(row) for row in said["estimators"] if row["network"] == chip["network"]]
    lines += [
        "  bias and noise: relative to the exact gradient of a batch; formula: best beta from the leading term;",
        "  predicted: from the whole expansion; measured: smallest mean squared error, and the cosine there; * at the",
        "  bound or at the end of the grid; phases: error that the card's own phases add at the predicted beta; for",
        "  cosine: beta with the largest measured cosine",
    ]
    for row in said.get("trainings", ()):
        lines.append(
            f"  trained at beta {row['beta']:.3g}, noise {100 * row['noise']:.3g} %: "
            + (f"{100 * row['accuracy']:.2f} % of held-out samples" if math.isfinite(row["accuracy"]) else "failed")
        )
    return "\n".join([*lines, *said["answers"]])


def _pole(pole: float) -> str:
    return f"pole at beta {pole:.3g}" if math.isfinite(pole) else "no pole"


def _row(row: dict[str, Any]) -> str:
    capped = "*" if row["predicted"] >= row["bound"] * (1.0 - 1e-9) else " "
    ended = "*" if row["measured_at_end"] else " "
    bias = f"{row['coefficient']:.3g} beta" + (f"^{row['order']:.0f}" if row["order"] > 1 else "  ")
    return (
        f"  {100 * row['noise']:>6.3g}% {row['estimator']:<12}{bias:>15}{_cell(row['noise_fresh'], 11)}"
        f"{_cell(row['predicted_leading'], 9)}{_cell(row['predicted'], 10)}{capped}{_cell(row['measured'], 9)}{ended}"
        f"{_cell(row['best_cosine'], 8, '.3f')}{_cell(100 * row['unsettled'], 6, '.2g')} %"
        f"{_cell(row['measured_direction'], 12)}"
    )


def _cell(value: float, width: int, form: str = ".3g") -> str:
    """A number of the table; a dash where there was nothing to measure."""
    return f"{value:{width}{form}}" if math.isfinite(value) else f"{'-':>{width}}"
