"""The limits of the hardware, one by one: what each of them being ideal says about the cards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from analogep.budget import pulses
from analogep.budget.pulses import block
from analogep.circuit import CircuitCard
from analogep.circuit.phases import Phase
from analogep.device import DeviceCard
from analogep.device.iv import LinearIV
from analogep.device.retention import NoRetention

NEAR: Final = 1.1
"""Factor within which a beta is as good as the best one."""
LONGER: Final = 4.0
"""Factor by which `settling` being ideal multiplies the phases."""


@dataclass(frozen=True)
class Limit:
    """One non-ideality.

    Attributes
    ----------
    name : str
    ideal : str
        What making it ideal means, for people.
    overrides : callable
        (device card, circuit card) -> what `--set` would say to make it ideal; nothing where it is so already.
    """

    name: str
    ideal: str
    overrides: Callable[[DeviceCard, CircuitCard], list[str]]


def _device_to_device(device: DeviceCard, _circuit: CircuitCard) -> list[str]:
    spread = device.variation.device_to_device
    key = "variation.device_to_device"
    out = [f"{key}.{name}=0 %" for name in ("max", "min", "step", "asymmetry") if getattr(spread, name)]
    return [*out, f"{key}.shape=0"] if spread.shape else out


def _cycle_to_cycle(device: DeviceCard, _circuit: CircuitCard) -> list[str]:
    return pulses.silent(device)


def _asymmetry(device: DeviceCard, _circuit: CircuitCard) -> list[str]:
    return pulses.mirrored(device)


def _nonlinearity(device: DeviceCard, _circuit: CircuitCard) -> list[str]:
    return pulses.straight(device)


def _read_noise(device: DeviceCard, _circuit: CircuitCard) -> list[str]:
    return [] if not device.read.components else [block("read.noise", {"kind": "none"})]


def _iv(device: DeviceCard, _circuit: CircuitCard) -> list[str]:
    return [] if isinstance(device.read.iv, LinearIV) else [block("read.iv", {"kind": "linear"})]


def _drift(device: DeviceCard, _circuit: CircuitCard) -> list[str]:
    return [] if isinstance(device.retention, NoRetention) else [block("retention", {"kind": "none"})]


def _faults(device: DeviceCard, _circuit: CircuitCard) -> list[str]:
    names = ("dead", "stuck_min", "stuck_max", "stuck_random")
    return [f"faults.{name}=0 %" for name in names if getattr(device.faults, name)]


def _converters(_device: DeviceCard, circuit: CircuitCard) -> list[str]:
    # Their joules stay those of the real ones.
    changes = []
    for name, converter in (("dac", circuit.dac), ("adc", circuit.adc)):
        if converter.bits is not None and converter.effective is not None:
            changes += [f"{name}.bits=null", f"{name}.booked={converter.effective:g}"]
    return [*changes, "adc.enob=null"] if circuit.adc.enob is not None else changes


def _sampling(_device: DeviceCard, circuit: CircuitCard) -> list[str]:
    # With thermal noise a sample has kT/C at least: both go together.
    return ["sample_hold.noise=0 V"] if circuit.sample_noise and circuit.noise.thermal == "off" else []


def _thermal(_device: DeviceCard, circuit: CircuitCard) -> list[str]:
    return ["noise.thermal=off", "sample_hold.noise=0 V"] if circuit.noise.thermal == "on" else []


def _wires(_device: DeviceCard, circuit: CircuitCard) -> list[str]:
    return [] if circuit.wires.kind == "none" else [block("wires", {"kind": "none"})]


def _neurons(*keys: str) -> Callable[[DeviceCard, CircuitCard], list[str]]:
    """Neurons alike in these keys of the mismatch."""

    def overrides(_device: DeviceCard, circuit: CircuitCard) -> list[str]:
        spread = () if circuit.mismatch is None else circuit.mismatch.spread
        found = []
        for key in keys:
            if key in spread and key == "offset":
                # Without an offset an auto-zero has nothing to do, and the card would be refused.
                found += ["mismatch.offset=0 V", "mismatch.pelgrom=null", "mismatch.auto_zero=null"]
            elif key in spread:
                found.append(f"mismatch.{key}=0 {'V' if key == 'rails' else '%'}")
        return found

    return overrides


def _mirror(_device: DeviceCard, circuit: CircuitCard) -> list[str]:
    mirrored = circuit.feedback is not None and circuit.feedback.kind == "mirrored"
    return ["feedback.kind=shared", "feedback.refresh=null"] if mirrored else []


def _turns(_device: DeviceCard, circuit: CircuitCard) -> list[str]:
    taking = circuit.feedback is not None and circuit.feedback.kind == "alternating"
    # Columns that integrate for a turn cannot do without.
    return _both_ways(circuit) if taking and not circuit.column.windowed else []


def _both_ways(circuit: CircuitCard) -> list[str]:
    turns = None if circuit.feedback is None else circuit.feedback.turns
    return [] if turns is None else ["feedback.kind=shared", "feedback.turns=null"]


def _columns(device: DeviceCard, circuit: CircuitCard) -> list[str]:
    # Arrays take turns only where columns settle in them.
    if circuit.column.limiting:
        return []
    return [block("column", {"kind": "ideal"}), block("driver", {}), *_both_ways(circuit)]


def _no_beta(_device: DeviceCard, _circuit: CircuitCard) -> list[str]:
    """Nothing: what the best beta is has to be measured (`with_beta`)."""
    return []


def _settling(_device: DeviceCard, circuit: CircuitCard) -> list[str]:
    # Here, because a command that only checks its words does without compiled kernels.
    from analogep.relaxation import method_of

    if not method_of(circuit.solver).follows:  # every phase ends at its equilibrium, however short it is
        return []
    phases: dict[str, Phase] = {"free": circuit.timing.free, "nudged": circuit.timing.nudged}
    return [f"timing.{name}.duration={phase.duration * LONGER!r} s" for name, phase in phases.items()]


LIMITS: Final = (
    Limit("device_to_device", "all cells alike", _device_to_device),
    Limit("cycle_to_cycle", "pulses and writes without noise", _cycle_to_cycle),
    Limit("asymmetry", "a pulse down is the pulse up, mirrored: d_down(x) = -d_up(1 - x)", _asymmetry),
    Limit("nonlinearity", "everywhere the steps of the middle of the window", _nonlinearity),
    Limit("states", "pulses in parts of 0.01 % of the window, their noise and joules kept; no levels", pulses.fine),
    Limit("read_noise", "reads without noise", _read_noise),
    Limit("iv", "I = G V", _iv),
    Limit("drift", "states keep for ever", _drift),
    Limit("faults", "no dead or stuck cells", _faults),
    Limit("converters", "DAC and ADC without steps and without clipping", _converters),
    Limit("sampling", "samples without noise", _sampling),
    Limit("thermal", "nodes, columns and samples without thermal noise", _thermal),
    Limit("wires", "lines without resistance", _wires),
    Limit("columns", "lines held at ground at once, without noise and swing, both ways at a time", _columns),
    Limit("turns", "arrays read both ways at the same time", _turns),
    Limit("mirror", "both directions read the same array", _mirror),
    Limit("neuron_offset", "neurons without offsets, and without auto-zeroing", _neurons("offset")),
    Limit("neuron_gain", "neurons of one gain", _neurons("gain")),
    Limit("neuron_reverse_gain", "each neuron drives both directions alike", _neurons("reverse_gain")),
    Limit("neuron_rails", "neurons with the same rails", _neurons("rails")),
    Limit("neuron_bandwidth", "neurons with one time constant", _neurons("bandwidth")),
    Limit("neuron_threshold", "neurons with one threshold", _neurons("threshold")),
    Limit("beta", "the beta with the smallest error of the gradient", _no_beta),
    Limit("settling", f"phases {LONGER:g} times as long", _settling),
)
"""In the order in which they are made ideal together."""


def with_beta(best: float | None) -> tuple[Limit, ...]:
    """All limits, of which `beta` being ideal means this nudging strength [1]; None for one that is not known."""
    if best is None:
        return LIMITS

    def overrides(_device: DeviceCard, circuit: CircuitCard) -> list[str]:
        ratio = best / circuit.nudging.beta
        if 1.0 / NEAR < ratio < NEAR:
            return []
        solver, finer = circuit.solver, min(ratio, 1.0)
        # Differences of phases shrink with beta, and an error of the computation is no limit of the hardware.
        tolerances = [
            f"solver.absolute_tolerance={solver.absolute_tolerance * finer!r} V",
            f"solver.relative_tolerance={max(solver.relative_tolerance * finer, 1e-13)!r}",
        ]
        return [f"nudging.beta={best!r}", *(tolerances if finer < 1.0 else [])]

    said = f"beta {best:g}, with the smallest error of the gradient on a trained chip as it is"
    return tuple(Limit("beta", said, overrides) if limit.name == "beta" else limit for limit in LIMITS)


def applicable(device: DeviceCard, circuit: CircuitCard, aged: bool, best: float | None = None) -> Iterator[Limit]:
    """Limits that these cards have; drift only where the network is tested some time after training.

    Parameters
    ----------
    device, circuit : card
    aged : bool
    best : float or None
        As in `with_beta`.
    """
    for limit in with_beta(best):
        if limit.overrides(device, circuit) and (aged or limit.name != "drift"):
            yield limit
