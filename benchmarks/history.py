"""Numbers of the benchmarks over time: one line of JSON a measurement, in `benchmarks/history/NAME.jsonl`.

    python benchmarks/history.py add programming [--repeats 15...]
    python benchmarks/history.py show [programming...] [--all]

`add` runs `benchmarks/NAME.py` with `--json` and what else is given, and keeps its last line with commit, date,
versions, processor, cores and the load that the machine had before. `show` prints, for each kind of machine, the first,
the last but one and the last value of every ratio (`..._over_...`; with `--all`, or where there are none, of every
number), and the last over the first.

asv and pytest-benchmark keep seconds of one function and compare them between runs of one machine; ours are ratios to a
yardstick that was measured in the same run, which hold on a machine that others use too. Hence these lines.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import math
import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import analogep
from analogep.results import circumstances

HERE: Final = Path(__file__).parent
STORE: Final = HERE / "history"
YARDSTICKS: Final = ("torch", "aihwkit")
"""Libraries that are no dependencies, whose versions belong to a ratio against them."""
KEYS: Final = {
    "benchmark": str,
    "arguments": list,
    "date": str,
    "commit": str,
    "processor": str,
    "cores": int,
    "load": float,
    "versions": dict,
    "found": dict,
}
"""What an entry says, and the type of it."""


def problems(entry: object, name: str) -> list[str]:
    """What is wrong with one entry of the history of benchmark `name`, in words; nothing of a good one."""
    if not isinstance(entry, dict):
        return ["is no JSON object"]
    found = [f"lacks {key!r}" for key in KEYS if key not in entry]
    found += [f"has {key!r}, which no entry has" for key in entry if key not in KEYS]
    found += [
        f"{key!r} is no {kind.__name__}: {entry[key]!r}"
        for key, kind in KEYS.items()
        if key in entry and not isinstance(entry[key], kind)
    ]
    if found:
        return found
    if entry["benchmark"] != name:
        found.append(f"is of benchmark {entry['benchmark']!r} and stands in the file of {name!r}")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry["date"]):
        found.append(f"date {entry['date']!r} is not like 2026-11-30T18:05:00Z")
    if not re.fullmatch(r"[0-9a-f]{40}(-dirty)?", entry["commit"]):
        found.append(f"commit {entry['commit']!r} has no 40 hex digits")
    if entry["cores"] < 1 or not entry["processor"]:
        found.append("says no processor or no cores")
    if not {"analogep", "python", "numpy", "numba"} <= set(entry["versions"]):
        found.append("lacks the version of analogep, Python, NumPy or numba")
    wrong = {key: value for key, value in entry["found"].items() if not _is_number(value)}
    if wrong or not entry["found"]:
        found.append(f"found no finite numbers: {wrong}")
    return found


def _is_number(value: object) -> bool:
    """Whether a value of JSON is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def read(name: str, store: Path = STORE) -> list[dict[str, Any]]:
    """Entries of a benchmark, oldest first.

    Raises
    ------
    ValueError
        If a line is no entry: file, line, and what is wrong.
    """
    path = store / f"{name}.jsonl"
    entries = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{path}:{number}: is no JSON: {error}") from None
        wrong = problems(entry, name)
        if wrong:
            raise ValueError(f"{path}:{number}: {'; '.join(wrong)}")
        entries.append(entry)
    return sorted(entries, key=lambda entry: str(entry["date"]))


def entry(name: str, arguments: Sequence[str], found: dict[str, float], load: float) -> dict[str, Any]:
    """An entry of what a benchmark has found here and now; `load` is the machine's before it."""
    versions = {"analogep": analogep.__version__} | circumstances.libraries()
    for library in YARDSTICKS:
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "benchmark": name,
        "arguments": list(arguments),
        "date": circumstances.clock.date(),
        "commit": circumstances.commit(),
        "processor": processor(),
        "cores": os.cpu_count() or 1,
        "load": load,
        "versions": versions,
        "found": found,
    }


def processor() -> str:
    """Name of this machine's processor, as its system says it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def add(name: str, arguments: Sequence[str], store: Path = STORE) -> dict[str, Any]:
    """Run a benchmark and keep what it finds.

    Raises
    ------
    ValueError
        If there is no such benchmark, or what it prints cannot be kept.
    """
    script = HERE / f"{name}.py"
    known = sorted(path.stem for path in HERE.glob("*.py") if "report(" in path.read_text() and path.stem != "timing")
    if name not in known:
        raise ValueError(f"{name!r} is no benchmark; there are {', '.join(known)}")
    load = os.getloadavg()[0]
    command = [sys.executable, str(script), *arguments, "--json"]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    print(said, end="")
    made = entry(name, arguments, json.loads(said.splitlines()[-1]), load)
    wrong = problems(made, name)
    if wrong:
        raise ValueError(f"not kept: {'; '.join(wrong)}")
    store.mkdir(exist_ok=True)
    with (store / f"{name}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(made) + "\n")
    return made


def moves(entries: Sequence[dict[str, Any]], *, every: bool = False) -> list[str]:
    """Lines that say how the numbers of one benchmark moved, apart for each kind of machine and each set of options."""
    kinds: dict[tuple[str, int, str], list[dict[str, Any]]] = {}
    for one in entries:
        kinds.setdefault((one["processor"], one["cores"], " ".join(one["arguments"])), []).append(one)
    lines = []
    for (name, cores, options), rows in kinds.items():
        days = f"{rows[0]['date'][:10]} to {rows[-1]['date'][:10]}"
        loads = " ".join(f"{row['load']:.1f}" for row in rows)
        what = f"{rows[0]['benchmark']} {options}".rstrip()
        lines.append(f"{what} on {name}, {cores} cores, {len(rows)} x, {days}, load before {loads}")
        found = dict.fromkeys(key for row in rows for key in row["found"])
        ratios = [key for key in found if "_over_" in key]
        lines.append(f"  {'first':>9} {'before':>9} {'last':>9} {'last/first':>10}")
        for key in found if every or not ratios else ratios:
            values = [row["found"][key] for row in rows if key in row["found"]]
            before = f"{values[-2]:9.4g}" if len(values) > 1 else f"{'-':>9}"
            moved = f"{values[-1] / values[0]:10.3f}" if len(values) > 1 and values[0] else f"{'-':>10}"
            lines.append(f"  {values[0]:9.4g} {before} {values[-1]:9.4g} {moved}  {key}")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """`add` or `show`; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    adds = commands.add_parser("add", help="run a benchmark and keep what it finds; its options stand behind its name")
    adds.add_argument("name")
    shows = commands.add_parser("show", help="print how numbers moved")
    shows.add_argument("names", nargs="*", help="benchmarks; all that have a history where none is named")
    shows.add_argument("--all", action="store_true", help="every number, not ratios alone")
    parsed, rest = parser.parse_known_args(arguments)
    if parsed.command == "show" and rest:
        shows.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        if parsed.command == "add":
            add(parsed.name, rest)
            return 0
        for name in parsed.names or sorted(path.stem for path in STORE.glob("*.jsonl")):
            print("\n".join(moves(read(name), every=parsed.all)))
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"history: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
