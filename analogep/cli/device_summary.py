"""What a characterised device is in numbers, as text and as JSON; read from the Dataset alone."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import analogep
from analogep.device.unknown import told
from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr

_SPREAD = {"max": "G_max", "min": "G_min", "step": "steps", "asymmetry": "up against down"}
_FAULTS = {
    "dead": "dead",
    "stuck_min": "stuck at G_min",
    "stuck_max": "stuck at G_max",
    "stuck_random": "stuck anywhere",
}


def numbers(dataset: xr.Dataset) -> dict[str, Any]:
    """Return the numbers of a device for programs; SI units; step, noise and joules of a pulse mid-window."""
    attrs, middle = dataset.attrs, dataset.sel(state=0.5)
    low, high = float(dataset["window_min"]), float(dataset["window_max"])
    each = {name: middle[name].values for name in ("step", "noise")}
    # A binary device has no middle: its pulses start at the ends.
    starts = (0.0, 1.0) if int(attrs["levels"]) == 2 else (0.5, 0.5)
    out = {key: attrs[key] for key in ("name", "title", "technology", "law", "exact", "iv", "retention", "digest")}
    out["unknown"] = json.loads(attrs["unknown"])
    out |= {
        "unidirectional": bool(attrs["unidirectional"]),
        "window_min": low,
        "window_max": high,
        "on_off_ratio": high / low,
        "levels": int(attrs["levels"]) or None,
        "read_voltage": float(dataset["read_voltage"]),
        "read_noise": float(dataset["read_noise"]),
        "write_noise": float(dataset["write_noise"]),
        "device_to_device": json.loads(attrs["device_to_device"]),
        "faults": json.loads(attrs["faults"]),
        "endurance": float(attrs["endurance"]),
        "window_left_after_1_day": float(dataset["retained_day"]),
        "window_left_after_10_years": float(dataset["retained_decade"]),
    }
    for k, direction in enumerate(("up", "down")):
        out[direction] = {
            "pulses": int(dataset["span_pulses"].values[k]),
            "step": float(each["step"][k]),
            "noise": float(each["noise"][k]),
            "joules_per_pulse": float(dataset["pulse_energy"].sel(direction=direction, state=starts[k])),
            "train_pulses": int(dataset["train_pulses"].values[k]),
            "train_joules": float(dataset["train_energy"].values[k]),
        }
    return out | {"seed": attrs["seed"], "cells": int(attrs["cells"]), "version": analogep.__version__}


def text(dataset: xr.Dataset) -> str:
    """Return the summary that a person reads."""
    said, attrs = numbers(dataset), dataset.attrs
    span = said["window_max"] - said["window_min"]
    window = f"{format_si(said['window_min'], 'S')} to {format_si(said['window_max'], 'S')}"
    lines = {
        "window": f"{window}, on/off {said['on_off_ratio']:.4g}; read at {format_si(said['read_voltage'], 'V')}, "
        f"{said['iv']} I-V",
        "law": f"{said['law']}: {said['exact']}",
        "pulses": _pulses(said, span),
        "states": f"{said['levels']} levels" if said["levels"] else "analog",
        "pulse noise": _noise(said, span, str(attrs["noise_kind"])),
        "read noise": _read_noise(said, str(attrs["read_noise_kind"])),
        "cells": _cells(said, str(attrs["distribution"]), str(attrs["shape_name"])),
        "faults": ", ".join(f"{100 * share:.3g} % {_FAULTS[key]}" for key, share in said["faults"].items())
        or ("unknown" if "yield" in said["unknown"] else "none"),
        "endurance": _endurance(said),
        "retention": _retention(said),
        "energy": "unknown" if "energy of a pulse" in said["unknown"] else _energy(said),
        "unknown": told(said["unknown"]),
    }
    rows = [str(attrs["title"]), *(f"  {key:<12} {value}" for key, value in lines.items())]
    longest = int(attrs["longest_train"])
    if max(said["up"]["pulses"], said["down"]["pulses"]) > longest:
        rows.append(f"  note: the figure shows the first {longest:,} pulses of a train")
    return "\n".join(rows + [f"  warning: {warning}" for warning in json.loads(attrs["warnings"])])


def _pulses(said: dict[str, Any], span: float) -> str:
    up, down = said["up"], said["down"]
    size = f"{100 * abs(up['step']) / span:.3g} %"
    if said["unidirectional"]:
        return f"{up['pulses']:,} up from the reset state to the end, then a reset; a step mid-window is {size}"
    other = f"{100 * abs(down['step']) / span:.3g} %"
    return f"{up['pulses']:,} up and {down['pulses']:,} down, end to end; a step mid-window is {size} up, {other} down"


def _noise(said: dict[str, Any], span: float, kind: str) -> str:
    directions = ["up"] if said["unidirectional"] else ["up", "down"]
    if any(said[direction]["noise"] for direction in directions):
        parts = [
            f"{100 * said[direction]['noise'] / span:.3g} % of the window, "
            f"{100 * said[direction]['noise'] / abs(said[direction]['step']):.3g} % of a step, {direction}"
            for direction in directions
        ]
        words = f"{'; '.join(parts)} ({kind})"
    else:
        words = "unknown" if "pulse noise" in said["unknown"] else "none"
    return words + (
        f"; write noise {100 * said['write_noise'] / span:.3g} % of the window" if said["write_noise"] else ""
    )


def _read_noise(said: dict[str, Any], kind: str) -> str:
    if not said["read_noise"]:
        return "unknown" if "read noise" in said["unknown"] else "none"
    middle = 0.5 * (said["window_min"] + said["window_max"])
    share = f"{100 * said['read_noise'] / middle:.3g} %"
    return f"{format_si(said['read_noise'], 'S')} mid-window, {share} of the conductance ({kind})"


def _cells(said: dict[str, Any], distribution: str, shape_name: str) -> str:
    spread = said["device_to_device"]
    words = [f"{_SPREAD[key]} {100 * value:.3g} %" for key, value in spread.items() if key in _SPREAD]
    if "shape" in spread:
        words.append(f"{shape_name} {spread['shape']:.3g}")
    unknown = [name for name in said["unknown"] if name.startswith("spread")]
    found = [f"{', '.join(words)} from cell to cell ({distribution})"] if words else []
    found += [f"{', '.join(unknown)} unknown"] if unknown else []
    return "; ".join(found) or "all alike"


def _retention(said: dict[str, Any]) -> str:
    if said["retention"] in ("none", "unknown"):
        return {"none": "no drift in the card", "unknown": "unknown"}[said["retention"]]
    day, decade = (100 * said[f"window_left_after_{time}"] for time in ("1_day", "10_years"))
    return f"{day:.3g} % of the window is left after 1 d, {decade:.3g} % after 10 y ({said['retention']})"


def _endurance(said: dict[str, Any]) -> str:
    if math.isnan(said["endurance"]):
        return "unknown" if "endurance" in said["unknown"] else "without end"
    return f"{said['endurance']:.3g} pulses"


def _energy(said: dict[str, Any]) -> str:
    words = []
    for direction, name in (("up", "pulse up"), ("down", "reset" if said["unidirectional"] else "pulse down")):
        one = said[direction]
        train = (
            f", {format_si(one['train_joules'], 'J')} for {one['train_pulses']:,}" if one["train_pulses"] > 1 else ""
        )
        words.append(f"{format_si(one['joules_per_pulse'], 'J')} a {name}{train}")
    return "; ".join(words)
