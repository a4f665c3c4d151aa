"""Settings that `analogep tune` finds for each device card, beside the card's own, judged by test samples at the end.

    python studies/tuned.py [--circuit digits-chip] [--devices mram,enode] [--trials 24] [--keep]
    python studies/tuned.py --circuit mnist-chip --data D --images 4000 --held-out 1000 --search-epochs 1 --only-search

A search turns what matters to a device (rates, weight ranges, beta, estimator, rule, threshold, most pulses of a write)
on a training and a validation part; its seeds choose among trials, as many others ask whether the best one is better
than the card, whose settings are kept where it is not. Then both are trained with five seeds that no trial had, on
training and validation samples, and the test samples are read once. Beside them stand scikit-learn's logistic
regression and a network of rectifiers with as many hidden nodes, on the same samples. All is kept in --out: the same
command goes on after an interruption. About four minutes of one core a card. --keep stores what is finished.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import stored
from digits import joules

if TYPE_CHECKING:
    import xarray as xr

    from analogep import CircuitCard
    from analogep.datasets import Dataset

FIRST: Final = ("enode", "rram_sky130", "pcm", "mram", "ecram_mo", "rram", "ecram", "rram_cmo")
"""Cards that come first, those that have most to gain before the others; these follow in the order of their names."""
KNOBS: Final = (
    "learning.rate", "mapping.weight_range", "nudging.beta", "nudging.estimator", "update.rule", "update.threshold",
    "update.max_pulses",
)  # fmt: skip
REACH: Final = (0.05, 2.5)
"""Bounds of a weight range, in multiples of the card's: a cell of two states needs a narrow one."""
BEGUN: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("digits-chip", "mram"): {"mapping.weight_range": [0.1, 0.05]},
}
"""Where a search begins with something else than the card, of (circuit, device): two states are no weights of +-0.3."""
FIRST_SEED, DATA_SEED = 100, 0
"""The first seed of the table, and that which splits the samples."""
NUMBERS: Final = {"accuracy": "1", "training": "J", "inference": "J", "sample": "s"}
"""Of a training: test accuracy, joules of a training sample and of an inference, seconds of a training sample."""
HEADS: Final = (
    "device", "settings found", "test accuracy, card's settings", "found", "difference, paired",
    "joules of a training sample, card's settings", "found", "of an inference, card's settings", "found",
    "time of a training sample, found",
)  # fmt: skip
SHORT: Final = {"learning.rate": "rates", "mapping.weight_range": "ranges", "nudging.beta": "beta",
                "nudging.estimator": "estimator"}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What is asked for.

    Attributes
    ----------
    circuit : str
    source : str or None
    trials, search_epochs, search_seeds : int
    images, held_out : int or None
        Of the training samples those that a search may use, and how many of them judge; None for all, and as many as
        the test has.
    epochs, seeds : int
        Of the trainings that are tested.
    out : Path
    """

    circuit: str
    source: str | None
    trials: int
    search_epochs: int
    search_seeds: int
    images: int | None
    held_out: int | None
    epochs: int
    seeds: int
    out: Path

    @property
    def said(self) -> dict[str, Any]:
        """What decides a row."""
        return {key: value for key, value in asdict(self).items() if key not in ("out", "trials")}

    @cached_property
    def data(self) -> Dataset:
        """Training samples, those of the validation part among them, and test samples."""
        from analogep import load_data

        return load_data(self.source, DATA_SEED)

    @property
    def shown(self) -> Dataset:
        """What a search may use."""
        number = None if self.images is None else self.images + (self.held_out or 0)
        return replace(self.data, train_x=self.data.train_x[:number], train_y=self.data.train_y[:number])


@dataclass(frozen=True)
class Found:
    """What a search says: changes of the circuit card, none where the card's settings are kept, and trials tried.

    Attributes
    ----------
    changes : dict
    said : list of str
        The same as people write them.
    trials : int
    card, best : float
        Validation accuracy of that with which the search began and of its best, with its fresh seeds [1].
    """

    changes: dict[str, Any]
    said: list[str]
    trials: int
    card: float
    best: float


def searched(device: str, plan: Plan) -> Found:
    """Search, or look up what a search found."""
    from analogep import CircuitCard
    from analogep.tune import Search
    from analogep.tune.found import found as collected

    begun, circuit = BEGUN.get((plan.circuit, device), {}), CircuitCard.load(plan.circuit)
    ranges = circuit.per_layer(circuit.mapping.weight_range)
    bounds = {f"mapping.weight_range.{k}": f"{REACH[0] * w:.4g}..{REACH[1] * w:.4g}" for k, w in enumerate(ranges)}
    search = Search(
        device, plan.circuit, plan.shown, names=KNOBS, bounds=bounds, seeds=plan.search_seeds, seed=DATA_SEED,
        held_out=plan.held_out, set={"learning.epochs": plan.search_epochs} | begun,
    )  # fmt: skip
    store = search.store(plan.out / plan.circuit / device)
    search.run(store, minutes=60.0, trials=plan.trials, report=_tell)
    kept = collected(search, store)
    accuracy, best = kept["confirmed_accuracy"].mean("seed"), str(kept.attrs["best"])
    card, tuned = (float(accuracy.sel(which=which)) for which in ("card", "best"))
    changes = begun | (json.loads(kept.attrs["settings"])[best] if tuned > card else {})
    said = list(circuit.changed(changes).changes) if changes else []
    return Found(changes, said, int(kept.attrs["trials"]), card, tuned)


def trained(device: str, changes: dict[str, Any], plan: Plan, seed: int) -> dict[str, float]:
    """Train on training and validation samples and read the test samples, or look up what that gave."""
    from analogep import Run
    from analogep.results import write_bytes
    from analogep.streams import Seeds

    run = Run(device, _circuit(plan, changes), Seeds.of(FIRST_SEED + seed), plan.data)
    path = plan.out / plan.circuit / "trained.json"
    known: dict[str, dict[str, float]] = json.loads(path.read_text()) if path.exists() else {}
    key = run.identity["digest"]
    if key not in known:
        result = run.execute()
        known[key] = {
            "accuracy": float(result["accuracy"][-1]),
            "training": float(result["training_energy"].mean()),
            "inference": float(result["inference_energy"][-1]),
            "sample": float(result["training_seconds"].mean()),
        }
        write_bytes(path, json.dumps(known, indent=1).encode())
    return known[key]


def _circuit(plan: Plan, changes: dict[str, Any]) -> CircuitCard:
    from analogep import CircuitCard

    return CircuitCard.load(plan.circuit).changed({**changes, "learning.epochs": plan.epochs, "learning.probe": 1})


def row(device: str, plan: Plan) -> dict[str, Any]:
    """Everything about a card, done once."""
    known = finished(device, plan)
    if known is not None:
        return known
    found, seeds = searched(device, plan), range(plan.seeds)
    card = [trained(device, {}, plan, seed) for seed in seeds]
    best = [trained(device, found.changes, plan, seed) for seed in seeds] if found.changes else card
    made = {"found": asdict(found), "card": card, "best": best, "words": words(device, plan, found)}
    _row_file(device, plan).write_text(json.dumps({"plan": plan.said, **made}, indent=1), encoding="utf-8")
    return made


def finished(device: str, plan: Plan) -> dict[str, Any] | None:
    """The row of a card that this plan has made before."""
    path = _row_file(device, plan)
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return known if known.pop("plan", None) == plan.said else None


def _row_file(device: str, plan: Plan) -> Path:
    return plan.out / plan.circuit / device / "row.json"


def words(device: str, plan: Plan, found: Found) -> str:
    """The settings in a cell of a table."""
    from analogep import DeviceCard

    if not found.changes:
        return "the card's, none better"
    circuit = _circuit(plan, found.changes)
    rule = circuit.update.active(DeviceCard.load(device).recommended)
    said = [rule.rule.replace("_", " ")]
    if rule.accumulates:
        most = getattr(rule, "max_pulses", None)
        said[0] += f" {getattr(rule, 'threshold', 0.0):g}" + (f"/{most}" if most else "")
    values = dict(text.split("=", 1) for text in found.said)
    return "; ".join([*said, *(f"{name} {values[key]}" for key, name in SHORT.items() if key in values)])


def floats(plan: Plan) -> dict[str, list[float]]:
    """Test accuracy of networks of real numbers on the same samples, one a seed [1]."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    data, hidden = plan.data, _circuit(plan, {}).sizes[1]
    made = {
        "logistic regression": lambda seed: LogisticRegression(max_iter=1000, random_state=seed),
        f"network of {hidden} rectifiers": lambda seed: MLPClassifier((hidden,), max_iter=500, random_state=seed),
    }
    fitted = {name: [make(FIRST_SEED + k).fit(data.train_x, data.train_y) for k in range(plan.seeds)]
              for name, make in made.items()}  # fmt: skip
    return {name: [float(one.score(data.test_x, data.test_y)) for one in several] for name, several in fitted.items()}


def dataset(rows: dict[str, dict[str, Any]], beside: dict[str, list[float]], plan: Plan) -> xr.Dataset:
    """What is kept: numbers (which, device, seed), settings, and accuracies of real numbers (network, seed)."""
    import xarray as xr

    gain = {name: np.mean([one["accuracy"] for one in each["best"]]) for name, each in rows.items()}
    order = sorted(rows, key=lambda name: -gain[name])
    variables: dict[str, Any] = {
        name: (("which", "device", "seed"), np.array([[[one[name] for one in rows[device][which]] for device in order]
               for which in ("card", "best")]), {"units": unit}) for name, unit in NUMBERS.items()
    }  # fmt: skip
    each = [Found(**rows[device]["found"]) for device in order]
    variables |= {
        "settings": ("device", np.array([rows[device]["words"] for device in order], dtype=object)),
        "changes": ("device", np.array([json.dumps(one.said) for one in each], dtype=object)),
        "trials": ("device", [one.trials for one in each]),
        "validation": (("which", "device"), [[one.card for one in each], [one.best for one in each]], {"units": "1"}),
        "real_numbers": (("network", "seed"), np.array(list(beside.values())), {"units": "1"}),
    }
    attrs = {"circuit": plan.circuit, "epochs": plan.epochs, "search_epochs": plan.search_epochs,
             "test_samples": len(plan.data.test_y), "data_seed": DATA_SEED}  # fmt: skip
    coordinates = {"which": ["card", "best"], "device": order, "seed": [FIRST_SEED + k for k in range(plan.seeds)]}
    return xr.Dataset(variables, coordinates | {"network": list(beside)}, attrs)


def table(kept: xr.Dataset) -> str:
    """The table of docs/results/devices.md: means over seeds, and halves of 95 % intervals of these means."""
    from analogep.tune.answer import percent
    from analogep.units import spoken

    lines = ["| " + " | ".join(HEADS) + " |", "|" + " --- |" * len(HEADS)]
    for device in kept["device"].values:
        one = kept.sel(device=device)
        card, best = (one.sel(which=which) for which in ("card", "best"))
        same = json.loads(str(one["changes"].values)) == []
        change = "-" if same else f"{percent((best['accuracy'] - card['accuracy']).values, sign=True)} points"
        spent = [joules(float(each[name].mean())) for name in ("training", "inference") for each in (card, best)]
        accuracies = [f"{percent(each['accuracy'].values)} %" for each in (card, best)]
        cells = [str(device), str(one["settings"].values), *accuracies, change, *spent,
                 spoken(float(best["sample"].mean()))]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    for network in kept["network"].values:
        accuracy = kept["real_numbers"].sel(network=network).values
        said = percent(accuracy if np.ptp(accuracy) > 0.0 else accuracy[:1])
        lines.append("| " + " | ".join([str(network), "scikit-learn's", "", f"{said} %", *[""] * 6]) + " |")
    return "\n".join(lines)


def command(device: str, found: Found, plan: Plan) -> str:
    """The command that trains with the settings found, on all training samples."""
    parts = ["analogep", "simulate", device, "--circuit", plan.circuit]
    parts += [] if plan.source is None else ["--data", plan.source]
    for text in found.said:
        parts += ["--set", text]
    return shlex.join([*parts, "--epochs", str(plan.epochs)])


def _tell(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--circuit", default="digits-chip")
    parser.add_argument("--data", help="folder of IDX files or an NPZ file (default: the digits)")
    parser.add_argument("--devices", default="", help="names, with commas (default: all)")
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--search-epochs", type=int, default=5)
    parser.add_argument("--search-seeds", type=int, default=2, help="that choose, and as many others that ask again")
    parser.add_argument("--images", type=int, help="training samples that a search learns from (default: all)")
    parser.add_argument("--held-out", type=int, help="training samples that judge (default: as many as the test has)")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only-search", action="store_true", help="read no test samples; print commands of trainings")
    parser.add_argument("--finished", action="store_true", help="leave out cards of which nothing is kept in --out")
    parser.add_argument("--out", type=Path, default=Path("runs/tuned"))
    parser.add_argument("--keep", action="store_true", help="keep the result for `python studies`")
    return parser


def every_card(asked: str) -> list[str]:
    """Names that are asked for, or all in the order in which they are done."""
    from analogep import DeviceCard

    return asked.split(",") if asked else [*FIRST, *(name for name in DeviceCard.names() if name not in FIRST)]


def main() -> None:
    """Run one card after the other."""
    parsed = _options().parse_args()
    names = ("circuit", "trials", "search_epochs", "search_seeds", "images", "held_out", "epochs", "seeds", "out")
    plan = Plan(source=parsed.data, **{name: getattr(parsed, name) for name in names})
    rows: dict[str, dict[str, Any]] = {}
    for device in every_card(parsed.devices):
        if parsed.only_search:
            print(command(device, searched(device, plan), plan), flush=True)
        elif not parsed.finished or finished(device, plan):
            rows[device] = row(device, plan)
            one = {which: np.mean([seed["accuracy"] for seed in rows[device][which]]) for which in ("card", "best")}
            _tell(f"{device}: {100 * one['card']:.2f} % -> {100 * one['best']:.2f} %, {rows[device]['words']}")
    if not rows:
        return
    result = dataset(rows, floats(plan), plan)
    print(table(result))
    if parsed.keep:
        stored.keep(result, "tuned", "python studies/tuned.py --keep")


if __name__ == "__main__":
    main()
