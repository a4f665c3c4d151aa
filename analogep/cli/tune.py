"""`analogep tune DEVICE`: settings of a circuit that make a device accurate, and frugal, found on a validation part."""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analogep.cli.numbers import plain

if TYPE_CHECKING:
    import xarray as xr

    from analogep.tune.choice import Wish
    from analogep.tune.search import Search
    from analogep.tune.store import Store

HELP = "find the settings of a circuit that make a device accurate, and frugal"
DESCRIPTION = (
    "Search for settings of the circuit card (rates, weight range, beta, estimator, phases, full scale, capacitances, "
    "converter bits, update rule, columns: those that it has) with which DEVICE becomes accurate, and takes few "
    "joules, little time or little area if they are asked for. Every trial is judged on a validation part of the "
    "training samples; test samples are not looked at. Trials begin with a ninth of the training and go on as long as "
    "they are not hopeless; the best one and the card as it is are trained again with seeds that no trial had. The "
    "same command goes on where it was stopped. Writes best.yaml, front.csv, knobs.csv, tune.nc and tune.png, of which "
    "'analogep report' makes a page. Circuits that SciPy integrates are searched several times as fast with --set "
    "solver.method=euler. Needs Optuna: pip install 'analogep[tune]'."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    from analogep.cli.simulate import _count, _seed

    add = parser.add_argument
    add("device", metavar="DEVICE", help="device card: YAML file or name")
    add("--circuit", default="digits", metavar="CARD", help="circuit card: YAML file or name (default: digits)")
    add("--data", metavar="SOURCE", help="IDX folder or NPZ file (default: bundled 8x8 digits)")
    add("--held-out", type=_count, metavar="N", help="training samples of the validation part (default: as many as the "
        "test has, at most a quarter)")  # fmt: skip
    add("--for", dest="objectives", default="accuracy", metavar="A,B,...", help="what is to become good: accuracy, and "
        "beside it joules or seconds (of a training sample), inference or latency (joules, seconds of one), or area of "
        "the chip (default: accuracy)")  # fmt: skip
    add("--accuracy", type=_percent, metavar="PERCENT", help="the best settings are the cheapest that reach this "
        "validation accuracy, such as '97.5 %%'")  # fmt: skip
    add("--knobs", metavar="A,B,...", help="keys to search over (default: all settings that the card has)")
    add("--knob", action="append", default=[], metavar="KEY=LOW..HIGH", help="bounds of a key, such as "
        "timing.free.duration='100 ns..1 us', or choices as a|b; any number of the circuit card; may be "
        "repeated")  # fmt: skip
    add("--minutes", type=_minutes, default=30.0, metavar="TIME", help="time for all of it (default: 30)")
    add("--trials", type=_count, metavar="N", help="stop after so many trials, those of earlier commands included")
    add("--seeds", type=_count, default=3, metavar="N", help="seeds of the last rung, and as many others for the best "
        "settings (default: 3)")  # fmt: skip
    add(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="the first seed, and that of parts and proposals (default: 0)",
    )
    add("--workers", type=_count, default=1, metavar="K", help="worker processes (default: 1)")
    add("--set", action="append", default=[], metavar="KEY=VALUE", help="set any key of either card before the search; "
        "may be repeated")  # fmt: skip
    add("--out", metavar="FOLDER", help="output folder (default: runs/tune-DEVICE-CIRCUIT)")
    add("--storage", metavar="URL", help="database that keeps the trials, such as postgresql://host/name, for several "
        "machines (default: search.db in the folder)")  # fmt: skip
    add("--json", action="store_true", help="print the numbers as JSON instead of text")
    add("--quiet", action="store_true", help="no progress, no warnings, no text")


def _minutes(text: str) -> float:
    value = plain(text)
    if not 0.0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"needs minutes above 0, such as 30; got '{text[:40]}'")
    return value


def _percent(text: str) -> float:
    value = plain(text.removesuffix("%").strip()) if text.endswith("%") else -1.0
    if not 0.0 < value <= 100.0:
        raise argparse.ArgumentTypeError(f"needs a share up to 100 %, such as '97.5 %'; got '{text[:40]}'")
    return value / 100.0


def run(parsed: argparse.Namespace) -> int:
    """Search, write what was found, and answer."""
    from analogep.network import suspicious
    from analogep.tune.choice import Wish, finalists

    wish, search = Wish(parsed.accuracy), _search(parsed)
    folder = Path(parsed.out) if parsed.out else search.default_folder
    store = search.store(folder, parsed.storage)
    if not parsed.quiet:
        for problem in suspicious(search.device, search.circuit):
            print(f"warning: {problem}", file=sys.stderr)
    talk = _say if sys.stderr.isatty() and not parsed.quiet else None
    try:
        search.run(store, minutes=parsed.minutes, trials=parsed.trials, workers=parsed.workers, wish=wish, report=talk)
    except KeyboardInterrupt:
        # At exit Python looks for cycles among all objects, the longest part of a Ctrl-C; none of them matters now.
        gc.freeze()
        raise KeyboardInterrupt(_kept(search, store, folder, parsed, wish)) from None
    found = _written(search, store, folder, parsed, wish)
    if parsed.json:
        from analogep.cli.summary import as_json

        print(as_json(numbers(found) | {"folder": str(folder)}))
    elif not parsed.quiet:
        print(text(found))
        print(f"written to {folder}: best.yaml, front.csv, knobs.csv, tune.nc, tune.png")
    wish.check(finalists(store.trials()))
    return 0


def _search(parsed: argparse.Namespace) -> Search:
    from analogep.cli import overrides
    from analogep.errors import UsageError
    from analogep.tune import Search

    bounds: dict[str, str] = {}
    for one in parsed.knob:
        key, equals, values = (part.strip() for part in one.partition("="))
        if not (key and equals and values):
            raise UsageError(f"--knob {one[:120]}: needs the form key=low..high, such as nudging.beta=0.1..0.9")
        bounds[key] = values
    device, circuit = overrides.load(parsed.device, parsed.circuit, parsed.set)
    return Search(
        device,
        circuit,
        parsed.data,
        objectives=tuple(name.strip() for name in parsed.objectives.split(",")),
        names=None if parsed.knobs is None else [name.strip() for name in parsed.knobs.split(",")],
        bounds=bounds,
        seeds=parsed.seeds,
        seed=parsed.seed,
        held_out=parsed.held_out,
    )


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


def _kept(search: Search, store: Store, folder: Path, parsed: argparse.Namespace, wish: Wish) -> str:
    """What an interrupted search leaves."""
    from analogep.errors import ResultError

    try:
        found = _written(search, store, folder, parsed, wish)
    except ResultError:
        return f" after {store.begun()} trials, none trained to the end; the same command goes on from there"
    return (
        f" after {found.attrs['trials']} trials, {found.attrs['finalists']} trained to the end, the best of them in "
        f"{folder / 'best.yaml'}; the same command goes on from there"
    )


def _command(parsed: argparse.Namespace) -> str:
    """What makes the search again on a command line, but for its time, its workers and where it is kept."""
    import shlex

    words = ["analogep", "tune", parsed.device, "--circuit", parsed.circuit, "--for", parsed.objectives]
    accuracy = None if parsed.accuracy is None else f"{100.0 * parsed.accuracy:g} %"
    asked = {"--data": parsed.data, "--held-out": parsed.held_out, "--accuracy": accuracy, "--knobs": parsed.knobs}
    asked |= {"--seeds": parsed.seeds, "--seed": parsed.seed}
    words += [word for name, value in asked.items() if value is not None for word in (name, str(value))]
    words += [word for name in ("knob", "set") for value in getattr(parsed, name) for word in (f"--{name}", value)]
    return shlex.join(words)


def _written(search: Search, store: Store, folder: Path, parsed: argparse.Namespace, wish: Wish) -> xr.Dataset:
    """Write everything that is known, and return it."""
    from analogep import plots, results
    from analogep.tune import tables
    from analogep.tune.answer import card_file
    from analogep.tune.found import TUNED
    from analogep.tune.found import found as collected

    found = collected(search, store, wish)
    found.attrs["command"] = _command(parsed)
    results.write(found, folder / TUNED)
    results.write_bytes(folder / "best.yaml", card_file(search.circuit, found, int(found.attrs["best"])).encode())
    results.write_bytes(folder / "front.csv", tables.front(found).encode())
    results.write_bytes(folder / "knobs.csv", tables.knobs(found).encode())
    results.write_bytes(folder / "tune.png", plots.render(plots.tuned_settings(found), ".png"))
    return found


def numbers(found: xr.Dataset) -> dict[str, Any]:
    """Everything that is said, for programs: shares of 1, joules, null where nothing is known."""
    import json

    from analogep.cli.numbers import finite
    from analogep.tune.objectives import OBJECTIVES

    attrs, out = found.attrs, {}
    for which in ("card", "best"):
        out[which] = {name: finite(found[f"confirmed_{name}"].sel(which=which).values) for name in OBJECTIVES}
    front = found.isel(trial=found["front"].values)
    points = [
        {
            "trial": int(number),
            "settings": json.loads(attrs["settings"])[str(number)],
            **{name: finite(front[name].sel(trial=number).values) for name in (*OBJECTIVES, "accuracy_ci")},
        }
        for number in front["trial"].values
    ]
    whole = {key: attrs[key] for key in ("title", "data", "train_samples", "validation_samples", "trials", "finalists")}
    settings = json.loads(attrs["settings"])[str(attrs["best"])]
    return {**whole, "trial": int(attrs["best"]), "settings": settings, "seeds": found["seed"].values.tolist(), **out,
            "front": points}  # fmt: skip


def text(found: xr.Dataset) -> str:
    """What the search found, for people: the front, the knobs, and the answer at the end."""
    from analogep.tune import tables
    from analogep.tune.answer import answer

    attrs = found.attrs
    head = (
        f"{attrs['title']}\n{attrs['trials']} trials, {attrs['finalists']} trained to the end; "
        f"{attrs['train_samples']} samples learned, {attrs['validation_samples']} held out; no test sample was seen"
    )
    return "\n".join([head, "", *tables.text(found), "", *answer(found)])
