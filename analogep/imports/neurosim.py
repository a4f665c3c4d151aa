"""Devices of NeuroSim: the labels, levels, widths and voltages of a `RealDevice`, or of a line of a table.

NeuroSim's curve is the law `exponential`, whose label in the direction's own sense is NL_LTP up and -NL_LTD down:
there a negative label of LTD is a depression that saturates, and a positive one goes back along the curve of LTP. The
numbers of levels are pulses from one end of the window to the other. Parameter names of MLP+NeuroSim V3.0 (Cell.cpp)
and of the training version of DNN+NeuroSim (arguments of its Python part); no code of either is here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from analogep.imports.draft import Draft, Field, Known, UntranslatableError

ORIGIN: Final = {
    "cite": "NeuroSim: device parameters",
    "author": "P.-Y. Chen and X. Peng and Y. Luo and S. Yu",
    "title": "MLP+NeuroSim V3.0",
    "url": "https://github.com/neurosim/MLP_NeuroSim_V3.0",
}

_ALIAS: Final[dict[str, tuple[str, ...]]] = {
    "maxConductance": ("G_max", "Gmax"),
    "minConductance": ("G_min", "Gmin"),
    "resistanceOn": ("R_on", "Ron", "RON"),
    "resistanceOff": ("R_off", "Roff", "ROFF"),
    "onOffRatio": ("onoffratio", "on_off_ratio", "onoff", "on/off"),
    "maxNumLevelLTP": ("numLevelLTP", "levels_up", "max_level", "levels"),
    "maxNumLevelLTD": ("numLevelLTD", "levels_down"),
    "NL_LTP": ("nonlinearityLTP", "label_LTP"),
    "NL_LTD": ("nonlinearityLTD", "label_LTD"),
    "sigmaDtoD": ("d2dVari",),
    "sigmaCtoC": ("c2cVari",),
    "writeVoltageLTP": ("writeVoltage",),
    "writePulseWidthLTP": ("writePulseWidth",),
}
"""Other names of a field, of other versions and of people's tables."""

_RECORD = "a variable of the simulation"
FIELDS: Final[dict[str, Field]] = {
    "maxConductance": Field("card", "`conductance.max` [S]; else 1/resistanceOn"),
    "minConductance": Field("card", "`conductance.min` [S]; else 1/resistanceOff, or the maximum over onOffRatio"),
    "resistanceOn": Field("card", "1 over it is `conductance.max` [ohm]"),
    "resistanceOff": Field("card", "1 over it is `conductance.min` [ohm]"),
    "onOffRatio": Field("card", "`conductance.min` where no other field says it"),
    "maxNumLevelLTP": Field("card", "`programming.up.pulses`, of `exponential`"),
    "maxNumLevelLTD": Field("card", "`programming.down.pulses`; that of LTP where it is missing"),
    "NL_LTP": Field("card", "`programming.up.nonlinearity`"),
    "NL_LTD": Field("card", "`programming.down.nonlinearity` is its negative"),
    "nonlinearWrite": Field("card", "false: both labels are 0"),
    "writeVoltageLTP": Field("card", "`programming.up.amplitude` [V]"),
    "writeVoltageLTD": Field("card", "`programming.down.amplitude` [V], with the sign that the file has"),
    "writePulseWidthLTP": Field("card", "`programming.up.width` [s]"),
    "writePulseWidthLTD": Field("card", "`programming.down.width` [s]"),
    "readVoltage": Field("card", "`read.voltage` [V]"),
    "readPulseWidth": Field("card", "`read.width` [s]"),
    "readNoise": Field("card", "`read.noise.kind`: `relative` where true"),
    "sigmaReadNoise": Field("card", "`read.noise.sigma`, where readNoise is true"),
    "sigmaDtoD": Field("card", "`variation.device_to_device.shape`, the spread of the label"),
    "sigmaCtoC": Field(
        "card", "`variation.cycle_to_cycle.sigma` of `kind: range`; up to the window's width it is taken as siemens, "
        "above as a fraction of the window"
    ),
    "conductanceRangeVar": Field("card", "whether the two spreads below count"),
    "maxConductanceVar": Field("card", "`variation.device_to_device.max` [S]"),
    "minConductanceVar": Field("card", "`variation.device_to_device.min` [S]"),
    "nonlinearIV": Field("card", "`read.iv.kind`: `sinh` where true"),
    "NL": Field("card", "I(V_w)/I(V_w/2) gives `read.iv.v0` = V_w/(2 arcosh(NL/2)), where nonlinearIV is true"),
    "FeFET": Field("card", "`energy.write: capacitive` and three terminals where true, else `ohmic`"),
    "gateCapFeFET": Field("card", "`energy.gate_capacitance` [F], where FeFET is true"),
    "nonIdenticalPulse": Field("effect", "pulses that grow from one to the next follow no law of equal pulses"),
    **dict.fromkeys(
        ("VinitLTP", "VstepLTP", "VinitLTD", "VstepLTD", "PWinitLTP", "PWstepLTP", "PWinitLTD", "PWstepLTD"),
        Field("record", "counts only with nonIdenticalPulse"),
    ),
    **dict.fromkeys(("cmosAccess", "resistanceAccess"), Field("circuit", "of the access transistor")),
    **dict.fromkeys(("heightInFeatureSize", "widthInFeatureSize"), Field("circuit", "size of the cell in the array")),
    **dict.fromkeys(
        ("x", "y", "conductance", "conductancePrev", "avgMaxConductance", "avgMinConductance", "writeEnergy",
         "numPulse",
         "gaussian_dist", "gaussian_dist2", "gaussian_dist3", "gaussian_dist_maxConductance",
         "gaussian_dist_minConductance", "paramALTP", "paramALTD", "writeVoltageSquareSum", "Vr_exp"),
        Field("record", _RECORD),
    ),
}  # fmt: skip
"""Name -> what becomes of it. Other fields are listed with the note that they are not known."""

_TELLING: Final = frozenset(
    {"maxConductance", "minConductance", "NL_LTP", "NL_LTD", "maxNumLevelLTP", "onOffRatio", "resistanceOn"}
)


def matches(fields: Mapping[str, Any]) -> bool:
    """Whether fields are of a device of NeuroSim: two or more of its own names, and a label or a number of levels."""
    found = {_own(name) for name in fields} & _TELLING
    return len(found) >= 2 and bool(found & {"NL_LTP", "NL_LTD", "maxNumLevelLTP"})


def _own(name: str) -> str:
    """NeuroSim's own name of a field."""
    return next((own for own, others in _ALIAS.items() if name in others), name)


def draft(file: str, given: dict[str, Any], known: Known) -> Draft:
    """A card of the parameters of one device.

    Parameters
    ----------
    file : str
        Name of the file, for messages.
    given : dict
        Its fields.
    known : Known

    Raises
    ------
    UntranslatableError
        Naming the field and value that no card can hold.
    """
    fields: dict[str, Any] = {}
    for name, value in given.items():
        fields.setdefault(_own(name), value)
    fields.pop("name", None)
    made = Draft(file, fields, FIELDS, {}, known)
    _conductance(made)
    _programming(made)
    _variation(made)
    _read(made)
    _energy(made)
    return made


def _conductance(made: Draft) -> None:
    if made.has("maxConductance") or made.has("resistanceOn"):
        made.windowed()
    fields: tuple[str, ...] = ()
    if made.has("maxConductance"):
        high, fields = made.number("maxConductance", 1e-15), ("maxConductance",)
    elif made.has("resistanceOn"):
        high, fields = 1.0 / made.number("resistanceOn", 1e-6), ("resistanceOn",)
    elif made.known.window is not None:
        high, fields = made.known.window[1], fields
    else:
        raise UntranslatableError(
            f"{made.file}: maxConductance: is missing, and so is resistanceOn; give the window in siemens"
        )
    if fields:
        made.put("conductance.max", high, "S", fields)
    else:
        made.told("conductance.max", high, high, "S")
    for name, power, scale in (("minConductance", 1, 1.0), ("resistanceOff", -1, 1.0), ("onOffRatio", -1, high)):
        if made.has(name):
            low = scale * made.number(name, 1e-15) ** power
            made.put("conductance.min", low, "S", (name,))
            break
    else:
        raise UntranslatableError(f"{made.file}: minConductance: is missing, and so are resistanceOff and onOffRatio")
    for name in ("resistanceOn", "resistanceOff", "onOffRatio"):
        if name not in made.used and made.has(name):
            made.idle[name] = "the window is that of another field"
    if not high > low:
        raise made.refused(next(iter(made.used)), f"the window would end at {high:g} S and begin at {low:g} S")


def _ends(made: Draft) -> tuple[float, float]:
    from analogep.units import Quantity

    unit = Quantity("S", "conductance", "siemens", "10 uS")
    low, high = (unit.parse(made.data["conductance"][end]) for end in ("min", "max"))
    return low, high


def _programming(made: Draft) -> None:
    made.word("programming.model", "exponential")
    curved = not made.has("nonlinearWrite") or made.flag("nonlinearWrite")
    made.spent("programming", "nonlinearWrite")
    known = made.known
    for way, side, sign, default in (("up", "LTP", 1.0, 1.0), ("down", "LTD", -1.0, -1.0)):
        path = f"programming.{way}"
        levels = f"maxNumLevel{side}" if made.has(f"maxNumLevel{side}") else "maxNumLevelLTP"
        made.put(f"{path}.pulses", round(made.number(levels, 1.0, 1e9)), "", (levels,))
        label = f"NL_{side}"
        if curved and made.has(label):
            value = sign * made.number(label, -9.98, 9.98)
            made.put(
                f"{path}.nonlinearity", value, "", (label,), "published" if sign > 0.0 else "derived; its negative"
            )
        elif curved and way == "up":
            raise UntranslatableError(
                f"{made.file}: {label}: is missing; say nonlinearWrite = false for a straight line"
            )
        elif curved:
            made.put(f"{path}.nonlinearity", made.number("NL_LTP"), "", ("NL_LTP",), "derived; as LTP, none of LTD")
        else:
            made.word(f"{path}.nonlinearity", 0, label)
        for key, name, unit, mine, other in (
            ("amplitude", f"writeVoltage{side}", "V", getattr(known, f"amplitude_{way}"), default),
            ("width", f"writePulseWidth{side}", "s", getattr(known, f"width_{way}"), 1e-7),
        ):
            if mine is None and made.has(name):
                made.put(f"{path}.{key}", made.number(name), unit, (name,))
            else:
                made.told(f"{path}.{key}", mine, other, unit)
                made.spent(f"{path}.{key}", name)

    volts = [made.value(f"writeVoltage{side}") for side in ("LTP", "LTD")]
    numbers = all(isinstance(one, int | float) for one in volts)
    if numbers and volts[0] * volts[1] > 0.0 and known.amplitude_down is None:
        made.remarks.append(
            "writeVoltageLTD has the sign of writeVoltageLTP, as NeuroSim writes magnitudes: that of a bipolar device "
            "is the other one"
        )


def _variation(made: Draft) -> None:
    low, high = _ends(made)
    path = "variation.device_to_device"
    made.word(f"{path}.distribution", "normal")
    made.told(f"{path}.truncate", None, 3.0, "")
    if made.has("sigmaDtoD"):
        made.put(f"{path}.shape", made.number("sigmaDtoD", 0.0, 100.0), "", ("sigmaDtoD",))
    for end, value in (("max", high), ("min", low)):
        name = f"{end}ConductanceVar"
        if made.flag("conductanceRangeVar") and made.has(name):
            made.put(f"{path}.{end}", made.number(name, 0.0) / value, "%", (name,), "derived")
        elif made.has(name):
            made.idle[name] = "conductanceRangeVar is false"
    made.spent(path, "conductanceRangeVar")
    if made.has("sigmaCtoC"):
        sigma = made.number("sigmaCtoC", 0.0)
        share = sigma / (high - low) if sigma <= high - low else sigma
        made.word("variation.cycle_to_cycle.kind", "range")
        made.put("variation.cycle_to_cycle.sigma", share, "%", ("sigmaCtoC",))


def _read(made: Draft) -> None:
    known = made.known
    for key, name, unit, mine, other in (
        ("voltage", "readVoltage", "V", known.read_voltage, 0.1),
        ("width", "readPulseWidth", "s", known.read_width, 1e-8),
    ):  # fmt: skip
        if mine is None and made.has(name):
            made.put(f"read.{key}", made.number(name), unit, (name,))
        else:
            made.told(f"read.{key}", mine, other, unit)
            made.spent(f"read.{key}", name)
    made.word("read.noise.kind", "unknown", "readNoise")
    if made.has("sigmaReadNoise") and (made.flag("readNoise") or not made.has("readNoise")):
        made.word("read.noise.kind", "relative")
        made.put("read.noise.sigma", made.number("sigmaReadNoise", 0.0), "%", ("sigmaReadNoise",))
    elif made.has("sigmaReadNoise"):
        made.idle["sigmaReadNoise"] = "readNoise is false"
    made.word("read.iv.kind", "unknown", "nonlinearIV")
    if made.flag("nonlinearIV"):
        ratio, volts = made.number("NL", 2.0001), abs(made.number("writeVoltageLTP"))
        made.word("read.iv.kind", "sinh")
        made.put("read.iv.v0", volts / (2.0 * math.acosh(0.5 * ratio)), "V", ("NL", "writeVoltageLTP"), "derived")
    elif made.has("NL"):
        made.idle["NL"] = "nonlinearIV is not true"


def _energy(made: Draft) -> None:
    made.word("technology", made.known.technology or ("fefet" if made.flag("FeFET") else "unknown"), "FeFET")
    if made.flag("FeFET"):
        made.word("energy.write", "capacitive")
        made.put("energy.gate_capacitance", made.number("gateCapFeFET", 1e-21), "F", ("gateCapFeFET",))
        made.data["terminals"] = 3
    else:
        made.word("energy.write", "ohmic")
        if made.has("gateCapFeFET"):
            made.idle["gateCapFeFET"] = "FeFET is not true"
