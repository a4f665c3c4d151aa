"""The reference experiment remade: runs what is missing of the studies of this folder, and writes one page about it.

    python studies/reference/page.py --data DIR [--out DIR] [--epochs N] [--samples N] [--workers N] [--force]
    python studies/reference/page.py --data DIR --curves [--samples N] [--epochs N]

--data holds MNIST as four IDX files. The page, `reference.html`, has the figures 4 to 12 of the text, each with what
the text says beside what was measured, what limits the text's settings and what lifts them, and the joules. Everything
is kept in --out (runs/reference): an interrupted run goes on from there. For a quick look: --samples 2000 --epochs 1.
In full it takes about 35 minutes on two cores, half of it the five sweeps. `--curves` trains the network with both
initial weights and by backpropagation alone, and prints what is right after the last epoch.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import sections
from experiments import Found, Options, run

from analogep.errors import AnalogepError
from analogep.report import html
from analogep.report.blocks import Page
from analogep.results import write_bytes
from analogep.results.interval import binomial_interval

PAGE = "reference.html"


def page(found: Found) -> Page:
    """The page about what was found."""
    epochs = {name: one.dataset.sizes["epoch"] for name, one in found.studies.items()}
    data = found.data
    subtitle = (
        f"Equilibrium propagation in a Hopfield network on {data.name}, {len(data.train_y):,} training and "
        f"{len(data.test_y):,} test images: the figures of a student report, remade with analogep. "
        f"Epochs of a point of the sweeps: {epochs['beta']}; of the curves against epochs: {epochs['epochs']}."
    )
    return Page("The reference experiment, remade", subtitle, [build(found) for build in sections.SECTIONS])


def make(options: Options) -> Path:
    """Run what is missing and write the page; returns its path."""
    found = run(options, _tell)
    path = options.out / PAGE
    write_bytes(path, html(page(found)).encode())
    return path


def curves(options: Options) -> list[str]:
    """Test accuracy after the last epoch of both initial weights and of backpropagation, one seed, as rows of a table.

    The interval is Wilson's, for other images like these.
    """
    found = run(options, _tell, ("epochs",))
    epochs = found.studies["epochs"]
    starts = ("its settings", "output weights at 0.3 of Glorot's", "backpropagation")
    shares = (*epochs.seeds()[:, 0], found.backprop.accuracy[-1])
    data = found.data
    rows = [f"{len(data.train_y)} training and {len(data.test_y)} test images, {epochs.dataset.sizes['epoch']} epochs"]
    for name, share in zip(starts, shares, strict=True):
        low, high = binomial_interval(float(share), len(data.test_y))
        rows.append(f"| {name} | {100 * share:.2f} % | {100 * low:.1f} to {100 * high:.1f} % |")
    return rows


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Read the options, run, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of MNIST's IDX files, or an NPZ file")
    parser.add_argument("--out", type=Path, default=Path("runs/reference"))
    parser.add_argument("--epochs", type=int, help="instead of those of the study files")
    parser.add_argument("--samples", type=int, help="training and test images to use, for a quick look")
    parser.add_argument("--workers", type=int, help="processes (default: as many as cores)")
    parser.add_argument("--force", action="store_true", help="replace studies of other cards or data in that folder")
    parser.add_argument("--curves", action="store_true", help="accuracies after the last epoch alone")
    parsed = parser.parse_args()
    options = Options(parsed.data, parsed.out, parsed.epochs, parsed.samples, parsed.workers, parsed.force)
    try:
        if parsed.curves:
            print("\n".join(curves(options)))
            return 0
        path = make(options)
    except AnalogepError as error:
        print(f"page.py: {error}", file=sys.stderr)
        return 1
    print(f"written to {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
