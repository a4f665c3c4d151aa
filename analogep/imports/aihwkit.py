"""Devices of aihwkit: presets, `SingleRPUConfig` and unit cells, as JSON of their parameters or as Python prints them.

aihwkit moves a weight w, dimensionless, between bounds of each device. A card has conductances,

    G = G_min + (w - w_min) (G_max - G_min)/(w_max - w_min),

so that a step, a bound and a noise of aihwkit are divided by w_max - w_min, the bounds of a device are spread by
w_max_dtod |w_max| (G_max - G_min)/((w_max - w_min) G_max) of G_max, and weight 0 stands at -w_min/(w_max - w_min) of
the window. Of a device that is made there, w_max (1 + w_max_dtod xi) and w_min (1 + w_min_dtod xi) are the bounds,
dw_min (gain + r + min(up_down, 0)) and dw_min (gain - r - max(up_down, 0)) the steps up and down, with gain = 1 +
dw_min_dtod xi or e^(dw_min_dtod xi), and r = up_down_dtod xi. Facts of aihwkit 1.2
(src/rpucuda/rpu_pulsed_device.cpp) and its documentation; no code of it is here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from analogep.imports.aihwkit_fields import COMPOUNDS, FIELDS, PRESETS, USUAL
from analogep.imports.draft import Draft, Known, UntranslatableError
from analogep.imports.spread import bounded, shortened, window

ORIGIN: Final = {
    "cite": "aihwkit, IBM Analog Hardware Acceleration Kit: device parameters",
    "title": "IBM Analog Hardware Acceleration Kit",
    "url": "https://github.com/IBM/aihwkit",
}


def draft(file: str, given: dict[str, Any], known: Known) -> Draft:
    """A card of a pulsed device, a unit cell or a configuration that holds one.

    Parameters
    ----------
    file : str
        Name of the file, for messages.
    given : dict
        Its fields; `_class` names the device.
    known : Known

    Raises
    ------
    UntranslatableError
        Naming the field and value that no card can hold.
    """
    fields, outer = _device(file, given)
    kind = _class(file, fields)
    usual = {} if kind in PRESETS else {**USUAL["PulsedDevice"], **USUAL.get(PRESETS.get(kind, kind), {})}
    made = Draft(file, {**outer, **fields}, FIELDS, usual, known)
    law = PRESETS.get(kind, kind)
    made.spent("programming.model", "_class")
    made.idle = {name: "of the tile and not of a cell" for name in outer if name.startswith("tile ")}
    if law == "SoftBoundsPmaxDevice":
        _from_pmax(made)
    _conductance(made)
    _LAWS[law](made)
    _pulses(made)
    _variation(made, law)
    _retention(made)
    _one_sided(made)
    made.word("technology", known.technology or "unknown")
    made.data |= {"energy": {"write": "unknown"}}
    absent = sorted(name for name in usual if not made.has(name) and name in made.used)
    if absent:
        said = ", ".join(f"{name} {made.value(name)}" for name in absent)
        made.remarks.append(f"not in the file, taken as aihwkit does by itself: {said}")
    return made


def _device(file: str, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(fields of the device, fields of what is around it)."""
    outer: dict[str, Any] = {}
    here = given
    for _ in range(4):
        inner = here.get("device") or here.get("unit_cell_devices") or here.get("unit_cell_device")
        if inner is None:
            return here, outer
        kind = str(here.get("_class", ""))
        outer |= {
            (f"tile {name}" if "device" in here else name): value
            for name, value in here.items()
            if name not in ("device", "unit_cell_devices", "unit_cell_device")
        }
        if isinstance(inner, list):
            if not inner or any(one != inner[0] for one in inner):
                raise UntranslatableError(
                    f"{file}: unit_cell_devices: {len(inner)} devices that are not alike; a card is of one device: "
                    "import one of them by itself"
                )
            outer |= {"_unit_cell": kind, "unit_cell_devices": f"{len(inner)} alike"}
            inner = inner[0]
        if not isinstance(inner, dict):
            raise UntranslatableError(f"{file}: device: {inner!r:.60} is no device with fields")
        here = inner
    raise UntranslatableError(f"{file}: device: more than three unit cells within each other")


def _class(file: str, fields: dict[str, Any]) -> str:
    """Name of the device's class, or the one that only it has fields of."""
    kind = fields.get("_class")
    if kind is None:
        telling = {
            "A_up": "ExpStepDevice", "pow_gamma": "PowStepDevice", "piecewise_up": "PiecewiseStepDevice",
            "reference_std": "SoftBoundsReferenceDevice", "gamma_up": "LinearStepDevice",
            "p_max": "SoftBoundsPmaxDevice",
        }  # fmt: skip
        kind = next((found for name, found in telling.items() if name in fields), None)
        if kind is None:
            raise UntranslatableError(
                f'{file}: _class: is missing, and these fields are of several laws; add "_class": "SoftBoundsDevice", '
                "or what the device is called"
            )
        fields["_class"] = kind
    kind = str(kind)
    known = {**{name: name for name in _LAWS}, **PRESETS}
    if kind not in known:
        why = COMPOUNDS.get(kind, "is not a pulsed device that is known")
        raise UntranslatableError(f"{file}: _class: {kind[:60]}: {why}; known are {', '.join(sorted(known))}")
    return kind


def _from_pmax(made: Draft) -> None:
    """Bounds and step of SoftBoundsPmaxDevice from its curve, as aihwkit's documentation derives them."""
    pulses, alpha = made.number("p_max", 1.0), made.number("alpha", 1e-12)
    low, high = made.number("range_min"), made.number("range_max")
    reach = (high - low) / -math.expm1(-pulses * alpha)
    made.spent("conductance, programming", "p_max", "alpha", "range_min", "range_max")
    made.given |= {"w_min": low, "w_max": low + reach, "dw_min": reach * alpha, "up_down": 1.0 + 2.0 * low / reach}


def _span(made: Draft) -> float:
    """w_max - w_min."""
    low, high = made.number("w_min", high=0.0), made.number("w_max", low=0.0)
    if not high > low:
        raise made.refused("w_max", f"must be above w_min, {low:g}")
    return high - low


def _conductance(made: Draft) -> None:
    """The window, which aihwkit does not have: as the user says, or a default in which the bounds' spread fits."""
    span = _span(made)
    sides = {end: abs(made.number(f"w_{end}")) * made.number(f"w_{end}_dtod", 0.0) / span for end in ("min", "max")}
    low, high, cut = window(made, sides)
    for end, value in (("min", low), ("max", high)):
        made.told(f"conductance.{end}", None if made.known.window is None else value, value, "S")
        made.spent(f"conductance.{end}", f"w_{end}")
    bounded(made, sides, (low, high), cut, {end: (f"w_{end}_dtod", f"w_{end}") for end in sides})


def _steps(made: Draft) -> dict[str, float]:
    """Mean step of each direction as a fraction of the window."""
    size = made.number("dw_min", 0.0) / _span(made)
    if made.flag("dw_min_dtod_log_normal"):
        # Its gain e^(s xi) has the median 1; a card's factors have the mean 1.
        size *= math.exp(0.5 * made.number("dw_min_dtod", 0.0) ** 2)
    bias = made.number("up_down", -0.999, 0.999)
    return {"up": size * (1.0 + min(bias, 0.0)), "down": size * (1.0 - max(bias, 0.0))}


def _put_steps(made: Draft, steps: dict[str, float]) -> None:
    for way, step in steps.items():
        made.put(f"programming.{way}.step", step, "%", ("dw_min", "up_down", "w_max", "w_min"), "derived")


def _constant(made: Draft) -> None:
    made.word("programming.model", "constant")
    _put_steps(made, _steps(made))


def _soft(made: Draft) -> None:
    made.word("programming.model", "soft_bounds_reference")
    _put_steps(made, _steps(made))
    made.put("programming.symmetry_point", _zero(made, 0.01), "%", ("w_min", "w_max"), "derived; w = 0")


def _linear(made: Draft) -> None:
    made.word("programming.model", "linear")
    _put_steps(made, _steps(made))
    for way in ("up", "down"):
        slope = made.number(f"gamma_{way}", -1.0, 1.0)
        made.put(f"programming.{way}.slope", slope, "", (f"gamma_{way}",))
    made.put("programming.zero", _zero(made, 0.001), "%", ("w_min", "w_max"), "derived; w = 0")


def _exponential(made: Draft) -> None:
    made.word("programming.model", "exp_step")
    _put_steps(made, _steps(made))
    for way in ("up", "down"):
        for key, name in (("A", f"A_{way}"), ("gamma", f"gamma_{way}")):
            made.put(f"programming.{way}.{key}", made.number(name), "", (name,))
    for key in ("a", "b"):
        made.put(f"programming.{key}", made.number(key), "", (key,))
    made.put("programming.zero", _zero(made, 0.0), "%", ("w_min", "w_max"), "derived; w = 0")


def _power(made: Draft) -> None:
    made.word("programming.model", "power")
    _put_steps(made, _steps(made))
    exponent, apart = made.number("pow_gamma", 0.0, 50.0), made.number("pow_up_down", -1.0, 1.0)
    for way, sign in (("up", 1.0), ("down", -1.0)):
        fields = ("pow_gamma", "pow_up_down")
        made.put(f"programming.{way}.exponent", exponent * (1.0 + sign * apart), "", fields, "derived")


def _piecewise(made: Draft) -> None:
    made.word("programming.model", "piecewise")
    for way, step in _steps(made).items():
        name, sign = f"piecewise_{way}", 1.0 if way == "up" else -1.0
        table = made.value(name)
        numbers = isinstance(table, list) and all(
            isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one) for one in table
        )
        if not numbers or not 2 <= len(table) <= 4096:
            raise made.refused(name, "must be a list of 2 numbers or more, steps in units of dw_min")
        nodes = [k / (len(table) - 1) for k in range(len(table))]
        made.put(f"programming.{way}.nodes", nodes, "%", (name,), "derived; equally spaced")
        fields = (name, "dw_min", "up_down", "w_max", "w_min")
        made.put(f"programming.{way}.steps", [sign * step * one for one in table], "%", fields, "derived")


def _zero(made: Draft, margin: float) -> float:
    """State of w = 0 [window]."""
    zero = -made.number("w_min") / _span(made) + 0.0
    if not margin <= zero <= 1.0 - margin:
        raise made.refused(
            "w_min", f"w = 0 stands at {100 * zero:.4g} % of the range up to w_max {made.number('w_max'):g}; "
            f"this law needs it between {100 * margin:g} and {100 - 100 * margin:g} %"
        )  # fmt: skip
    return zero


_LAWS: Final[dict[str, Callable[[Draft], None]]] = {
    "ConstantStepDevice": _constant,
    "LinearStepDevice": _linear,
    "SoftBoundsDevice": _soft,
    "SoftBoundsPmaxDevice": _soft,
    "SoftBoundsReferenceDevice": _soft,
    "ExpStepDevice": _exponential,
    "PowStepDevice": _power,
    "PiecewiseStepDevice": _piecewise,
}


def _pulses(made: Draft) -> None:
    """Amplitudes, widths and the read: aihwkit has none of them."""
    known = made.known
    up = made.told("programming.up.amplitude", known.amplitude_up, 1.0, "V")
    made.told("programming.up.width", known.width_up, 1e-7, "s")
    made.told("programming.down.amplitude", known.amplitude_down, -up, "V")
    made.told("programming.down.width", known.width_down, 1e-7, "s")
    made.told("read.voltage", known.read_voltage, 0.1, "V")
    made.told("read.width", known.read_width, 1e-8, "s")
    made.data["read"] |= {"noise": {"kind": "unknown"}, "iv": {"kind": "unknown"}}


def _variation(made: Draft, law: str) -> None:
    """Spread of steps and shape, noise of pulses, write noise."""
    _spread(made, law)
    _noise(made, law)
    size, span = made.number("dw_min", 0.0), _span(made)
    if made.has("write_noise_std"):
        sigma = made.number("write_noise_std", 0.0) * size / span
        made.put("variation.write_noise.sigma", sigma, "%", ("write_noise_std", "dw_min"), "derived")


def _spread(made: Draft, law: str) -> None:
    path, sigma = "variation.device_to_device", made.number("dw_min_dtod", 0.0)
    if made.flag("dw_min_dtod_log_normal"):
        sigma = math.sqrt(math.expm1(sigma**2))
        made.word(f"{path}.distributions", {"step": "lognormal"}, "dw_min_dtod_log_normal")
    else:
        made.spent(f"{path}.distributions", "dw_min_dtod_log_normal")
    made.put(f"{path}.step", sigma, "%", ("dw_min_dtod",))
    made.put(f"{path}.asymmetry", made.number("up_down_dtod", 0.0), "%", ("up_down_dtod",))
    if not made.flag("dw_min_dtod_log_normal"):
        shortened(made, "step", sigma, "dw_min_dtod")
    shortened(made, "asymmetry", made.number("up_down_dtod"), "up_down_dtod")
    bias = abs(made.number("up_down"))
    if bias and sigma:
        made.remarks.append(
            f"dw_min_dtod adds to up_down in aihwkit, so that the shrunk step spreads by "
            f"{100 * sigma / (1 - bias):.3g} % of itself; on the card both steps have one factor and spread by "
            f"{100 * sigma:.3g} %"
        )
    made.word(f"{path}.steps", "absolute")
    shape = _shape(made)
    if shape:
        made.put(f"{path}.shape", shape[0], "", shape[1])
    nominal = law in ("SoftBoundsDevice", "SoftBoundsPmaxDevice", "SoftBoundsReferenceDevice", "ExpStepDevice")
    if law == "LinearStepDevice":
        nominal = made.flag("mean_bound_reference")
        made.spent(f"{path}.reference", "mean_bound_reference")
    if nominal:
        made.word(f"{path}.reference", "nominal")


def _shape(made: Draft) -> tuple[float, tuple[str, ...]] | None:
    """Spread of the law's shape and the fields that say it."""
    law = made.data["programming"]["model"]
    if law == "power":
        return made.number("pow_gamma_dtod", 0.0, 100.0), ("pow_gamma_dtod",)
    if law != "linear":
        return None
    up, down = made.number("gamma_up_dtod", 0.0), made.number("gamma_down_dtod", 0.0)
    if up != down:
        raise made.refused("gamma_down_dtod", f"differs from gamma_up_dtod, {up:g}; a card has one spread of slopes")
    return up, ("gamma_up_dtod", "gamma_down_dtod")


def _noise(made: Draft, law: str) -> None:
    """What pulses add: of the step at the state (mult_noise), of the step at w = 0, or aihwkit's three terms."""
    path, sigma = "variation.cycle_to_cycle", made.number("dw_min_std", 0.0)
    terms = {name: made.number(name, 0.0) for name in ("dw_min_std_add", "dw_min_std_slope") if made.has(name)}
    if law == "ExpStepDevice" and any(terms.values()):
        _three_terms(made, sigma, terms)
        return
    made.spent(path, *terms)
    flat = law in ("ConstantStepDevice", "ExpStepDevice", "PowStepDevice", "PiecewiseStepDevice")
    kind = "step" if flat or made.flag("mult_noise") else "nominal_step"
    made.word(f"{path}.kind", kind if sigma else "none", "mult_noise")
    if sigma:
        made.put(f"{path}.sigma", sigma, "%", ("dw_min_std",))
    else:
        made.spent(path, "dw_min_std")


def _three_terms(made: Draft, sigma: float, terms: dict[str, float]) -> None:
    """sigma (add + |dw| + slope |w|): |w| = (G - G_min)/k where w_min is 0; the floor is less by slope G_min."""
    path, low, high = "variation.cycle_to_cycle", *(_siemens(made, end) for end in ("min", "max"))
    slope = sigma * terms.get("dw_min_std_slope", 0.0)
    if slope and made.number("w_min") != 0.0:
        raise made.refused(
            "dw_min_std_slope", f"goes with |w| on both sides of 0, as w_min is {made.number('w_min'):g}"
        )
    floor = sigma * terms.get("dw_min_std_add", 0.0) * (high - low) / _span(made) - slope * low
    if floor < 0.0:
        raise made.refused(
            "dw_min_std_slope", f"goes with w and a card's with G: at {low:g} S it is more than all noise there; "
            "give a window that begins lower"
        )  # fmt: skip
    made.word(f"{path}.kind", "state_polynomial")
    made.put(f"{path}.step", sigma, "%", ("dw_min_std",))
    made.put(
        f"{path}.floor", floor, "S", ("dw_min_std_add", "dw_min_std"), "derived, less what the slope gives at G_min"
    )
    made.put(f"{path}.slope", slope, "%", ("dw_min_std_slope", "dw_min_std"), "derived")


def _siemens(made: Draft, end: str) -> float:
    from analogep.units import Quantity

    return Quantity("S", "conductance", "siemens", "10 uS").parse(made.data["conductance"][end])


def _retention(made: Draft) -> None:
    """A weight that decays by 1/lifetime each mini-batch, towards `reset`."""
    lifetime = made.number("lifetime", 0.0) if made.has("lifetime") else 0.0
    if not lifetime:
        made.spent("retention", "lifetime", "lifetime_dtod")
        return
    if made.known.mini_batch is None:
        return
    made.word("retention.kind", "leak")
    made.put("retention.tau", lifetime * made.known.mini_batch, "s", ("lifetime",), "derived")
    made.put("retention.sigma", made.number("lifetime_dtod", 0.0), "%", ("lifetime_dtod",))
    rest = (made.number("reset") - made.number("w_min")) / _span(made)
    made.put("retention.rest", min(max(rest, 0.0), 1.0), "%", ("reset",), "derived")


def _one_sided(made: Draft) -> None:
    """A cell of OneSidedUnitCell has no gradual pulse down: a reset brings it back."""
    if made.given.get("_unit_cell") != "OneSidedUnitCell":
        return
    span, low = _span(made), made.number("w_min")
    down = made.data["programming"].pop("down")
    told = {key: made.provenance.pop(key) for key in list(made.provenance) if key.startswith("programming.down")}
    made.defaults = [line.replace("programming.down", "programming.reset") for line in made.defaults]
    made.word("programming.unidirectional", True, "_unit_cell", "unit_cell_devices")
    for name in ("A_down", "gamma_down"):
        if name in made.used:
            made.used.pop(name)
            made.idle[name] = "this cell has no pulses down"
    for key in ("amplitude", "width"):
        made._set(f"programming.reset.{key}", down[key])
        made.provenance[f"programming.reset.{key}"] = told[f"programming.down.{key}"]
    made.put("programming.reset.to", max((made.number("reset") - low) / span, 0.0), "%", ("reset",), "derived")
    made.put("programming.reset.sigma", made.number("reset_std", 0.0) / span, "%", ("reset_std",), "derived")
    made.put(
        "programming.reset.refresh_above", made.number("refresh_upper_thres", 0.01, 0.99), "%", ("refresh_upper_thres",)
    )
    if made.has("refresh_every") and made.number("refresh_every") >= 1.0:
        made.put("programming.reset.every", made.number("refresh_every", 1.0, 1e9), "", ("refresh_every",))
