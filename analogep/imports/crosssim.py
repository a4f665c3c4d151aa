"""Devices of CrossSim: the block `xbar.device` of the JSON of its parameters.

CrossSim sets conductances G between 1/Rmax and 1/Rmin, adds an error of programming once and a noise of each read, in
units of 1/Rmin, and says nothing of pulses: the law of the card is a default. Names and meanings of CrossSim 3's
parameters (simulator/parameters, simulator/devices); no code of it is here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from analogep.imports.draft import Draft, Field, Known

ORIGIN: Final = {
    "cite": "CrossSim, Sandia National Laboratories: device parameters",
    "title": "CrossSim",
    "url": "https://github.com/sandialabs/cross-sim",
}

_SHIPPED = "a model of measured devices; shipped cards have them with their sources: sonos, pcm, rram"
FIELDS: Final[dict[str, Field]] = {
    "Rmin": Field("card", "1 over it is `conductance.max` [ohm]"),
    "Rmax": Field("card", "1 over it is `conductance.min` [ohm]"),
    "infinite_on_off_ratio": Field("effect", "a cell of a card conducts something in its lowest state; say Rmax"),
    "cell_bits": Field("card", "`conductance.levels` = 2^cell_bits; 0 is analog"),
    "Vread": Field("card", "`read.voltage` [V]"),
    "read_noise.model": Field(
        "card", "`read.noise.kind`: `relative` for ...ProportionalDevice, `absolute` for ...IndependentDevice; a "
        "uniform one becomes a normal one of its variance; " + _SHIPPED
    ),
    "read_noise.magnitude": Field("card", "`read.noise.sigma`; of 1/Rmin where it is independent of the state"),
    "read_noise.enable": Field("card", "false: there is none"),
    "programming_error.model": Field(
        "card", "`variation.write_noise`, for ...IndependentDevice; an error that goes with the state has no place here"
    ),
    "programming_error.magnitude": Field("card", "`variation.write_noise.sigma`, times G_max/(G_max - G_min)"),
    "programming_error.enable": Field("card", "false: there is none"),
    "drift_error.model": Field("effect", "give the card a `retention` of its own; " + _SHIPPED, ("IdealDevice",)),
    "drift_error.magnitude": Field("record", "of the model of drift"),
    "drift_error.enable": Field("record", "whether the model of drift is used"),
    "nonlinear_IV.model": Field("effect", "give the card a `read.iv` of its own", ("IdealDevice",)),
    "nonlinear_IV.magnitude": Field("record", "of the model of the curve"),
    "nonlinear_IV.enable": Field("record", "whether the model of the curve is used"),
    "read_noise.lumped": Field("circuit", "how a column's noise is drawn"),
    "time": Field("record", "when a simulation looks at the array"),
    "clip_conductance": Field("record", "states stay within the window always"),
}  # fmt: skip
"""Name -> what becomes of it; fields of blocks with a dot. All outside of `device` is of arrays and converters."""

_IDEAL: Final = ("IdealDevice", "EmptyDevice")


def block(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Fields of the device in a document, those of blocks with a dot; None where it is not CrossSim's."""
    xbar = found.get("xbar")
    inner = xbar.get("device") if isinstance(xbar, Mapping) else found.get("device", found)
    if not isinstance(inner, Mapping) or not {"Rmin", "Rmax"} <= set(inner):
        return None
    out: dict[str, Any] = {}
    for name, value in inner.items():
        if isinstance(value, Mapping):
            out |= {f"{name}.{key}": one for key, one in value.items()}
        else:
            out[name] = value
    if inner is not found:
        rest = sorted({*found, *(xbar if isinstance(xbar, Mapping) else ())} - {"xbar", "device"})
        out["(around the device)"] = ", ".join(rest)
    return out


def draft(file: str, given: dict[str, Any], known: Known) -> Draft:
    """A card of the parameters of a device.

    Parameters
    ----------
    file : str
        Name of the file, for messages.
    given : dict
        Its fields, those of blocks with a dot.
    known : Known

    Raises
    ------
    UntranslatableError
        Naming the field and value that no card can hold.
    """
    made = Draft(file, given, FIELDS, {}, known)
    made.idle["(around the device)"] = "of arrays, converters and the mapping of weights"
    made.windowed()
    high, low = 1.0 / made.number("Rmin", 1e-6), 1.0 / made.number("Rmax", 1e-6, 1e20)
    if not high > low:
        raise made.refused("Rmax", f"must be above Rmin, {made.number('Rmin'):g} ohm")
    for end, value, name in (("max", high, "Rmin"), ("min", low, "Rmax")):
        made.put(f"conductance.{end}", value, "S", (name,))
    levels = _levels(made)
    _programming(made, levels)
    _variation(made, high, low)
    _read(made, high)
    for name in ("drift_error", "nonlinear_IV"):
        if made.has(f"{name}.model") and not made.flag(f"{name}.enable"):
            made.idle[f"{name}.model"] = f"{name}.enable is false"
    made.word("technology", known.technology or "unknown")
    made.word("energy.write", "unknown")
    return made


def _levels(made: Draft) -> int | None:
    bits = made.number("cell_bits", 0.0, 29.0) if made.has("cell_bits") else 0.0
    levels = 2 ** round(bits) if bits else None
    if levels:
        made.put("conductance.levels", levels, "", ("cell_bits",), "derived")
    made.spent("conductance.levels", "cell_bits")
    return levels


def _programming(made: Draft, levels: int | None) -> None:
    """Constant steps, from level to level where there are levels: CrossSim sets states without pulses."""
    known = made.known
    made.word("programming.model", "constant")
    step = 0.01 if levels is None else 1.0 / (levels - 1)
    up = known.amplitude_up or 1.0
    for way, volts, mine, width in (
        ("up", 1.0, known.amplitude_up, known.width_up), ("down", -up, known.amplitude_down, known.width_down)
    ):  # fmt: skip
        made.told(f"programming.{way}.step", None, step, "%")
        made.told(f"programming.{way}.amplitude", mine, volts, "V")
        made.told(f"programming.{way}.width", width, 1e-7, "s")
    made.remarks.append("CrossSim sets states and has no pulses: the law of this card is a default, replace it")


def _variation(made: Draft, high: float, low: float) -> None:
    path = "variation.device_to_device"
    made.word(f"{path}.distribution", "normal")
    made.told(f"{path}.truncate", None, 3.0, "")
    size = _size(made, "programming_error", ("Independent",))
    if size is not None:
        fields = ("programming_error.magnitude", "programming_error.model")
        made.put("variation.write_noise.sigma", size[1] * high / (high - low), "%", fields, "derived")


def _read(made: Draft, high: float) -> None:
    made.word("read.noise.kind", "unknown")
    made.word("read.iv.kind", "unknown")
    if made.known.read_voltage is None and made.has("Vread"):
        made.put("read.voltage", made.number("Vread"), "V", ("Vread",))
    else:
        made.told("read.voltage", made.known.read_voltage, 0.1, "V")
        made.spent("read.voltage", "Vread")
    made.told("read.width", made.known.read_width, 1e-8, "s")
    size = _size(made, "read_noise", ("Independent", "Proportional"))
    if size is not None:
        fields = ("read_noise.magnitude", "read_noise.model")
        flat = size[0] == "Independent"
        made.word("read.noise.kind", "absolute" if flat else "relative")
        made.put("read.noise.sigma", size[1] * (high if flat else 1.0), "S" if flat else "%", fields, "derived")


def _size(made: Draft, name: str, ways: tuple[str, ...]) -> tuple[str, float] | None:
    """(how an error goes with the state, its standard deviation in G_max or in the state); None without one."""
    model, magnitude = f"{name}.model", f"{name}.magnitude"
    if not made.has(model) or not made.flag(f"{name}.enable") or made.value(model) in _IDEAL:
        for key in (model, magnitude):
            made.idle[key] = f"{name} is off"
        made.spent(name, f"{name}.enable")
        return None
    made.spent(name, f"{name}.enable")
    given = str(made.value(model))
    for shape, factor in (("Normal", 1.0), ("Uniform", 1.0 / math.sqrt(12.0))):
        for way in ways:
            if given in (f"{shape}{way}Device", f"{shape}{way}"):
                if shape == "Uniform":
                    made.remarks.append(f"{model}: a uniform error is a normal one of its variance on the card")
                return way, factor * made.number(magnitude, 0.0)
    if model in made.known.leave_out:
        made.idle[model] = "left out on purpose"
        made.idle[magnitude] = f"of {model}"
        return None
    raise made.refused(model, f"{FIELDS[model].text}; leave it out on purpose to go on without it")
