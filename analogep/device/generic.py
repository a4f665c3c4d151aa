"""Stated values for what no source says of a device, so that a comparison does not reward silence: `--assume generic`.

They are those of other devices, each with where it comes from, and are as good as that. Only what is `unknown` is
filled; I-V curve, endurance and energy of a pulse have no value that suits devices of all kinds, and stay unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from analogep.device.unknown import QUANTITIES, unknown_keys

if TYPE_CHECKING:
    from analogep.device.card import DeviceCard

Values = Mapping[str, Any]
ASSUMPTIONS: Final = ("generic",)
"""What may be assumed: `--assume`, and `assume` of a study."""

_VLASOV: Final = (
    "T. Gokmen and Y. Vlasov, Front. Neurosci. 10, 333 (2016), as coded in aihwkit, GokmenVlasovPresetDevice, "
    "src/aihwkit/simulator/presets/devices.py"
)


class Generic(NamedTuple):
    """Values for one quantity: what they are in words, where they come from, and the keys that they set."""

    words: str
    source: str
    values: Callable[[DeviceCard], Values]


def _windows(card: DeviceCard) -> Values:
    """Bounds that spread by 30 % of half of the window, at most by 30 % of themselves, so that none reaches zero."""
    window, cut = card.conductance, card.variation.device_to_device.truncate
    share, most = min(0.15, 0.45 / cut) * window.span, min(0.3, 0.9 / cut)
    return {
        "variation.device_to_device.max": min(share / window.max, most),
        "variation.device_to_device.min": min(share / window.min, most),
    }


def _steps(card: DeviceCard) -> Values:
    cut = card.variation.device_to_device.truncate
    return {"variation.device_to_device.step": min(0.3, 0.9 / cut), "variation.device_to_device.asymmetry": 0.01}


GENERIC: Final[Mapping[str, Generic]] = {
    "pulse noise": Generic(
        "30 % of a step",
        f"dw_min_std of {_VLASOV}",
        lambda card: {"variation.cycle_to_cycle": {"kind": "step", "sigma": 0.3}},
    ),
    "spread of windows": Generic(
        "each end by 30 % of half of the window, at most 30 % of itself",
        f"w_max_dtod and w_min_dtod of {_VLASOV}; the limit is a choice of this project",
        _windows,
    ),
    "spread of steps": Generic("30 %, and 1 % up against down", f"dw_min_dtod and up_down_dtod of {_VLASOV}", _steps),
    "read noise": Generic(
        "1.5 % of the conductance",
        "repeated reads of 100 RRAM cells, 2001 reads each (akashlevy/NI-RRAM-Test-Setup, data/target100-120.csv): "
        "medians of 1.3 to 1.8 %, computed for this project; the spacing of the reads is not stated",
        lambda card: {"read.noise": {"kind": "relative", "sigma": 0.015}},
    ),
    "retention": Generic(
        "0.42 % a decade of time from 1 s on, with a spread of 47 %",
        "CMO/HfOx cells in the ReRAM inference noise model of aihwkit, src/aihwkit/inference/noise/reram.py: 0.205 +- "
        "0.0967 uS a decade, of the 48.6 uS in the middle of their window",
        lambda card: {"retention": {"kind": "logarithmic", "t0": 1.0, "rate": 0.205 / 48.6, "sigma": 0.0967 / 0.205}},
    ),
    "yield": Generic(
        "0.9 % of the cells stuck at G_min",
        "V. Joshi et al., Nat. Commun. 11, 2473 (2020): 99.1 % of the non-zero devices of a PCM array converged; "
        "younger technologies do worse (11 % of 128x64 Ta/HfO2 cells did not respond, C. Li et al., Nat. Commun. 9, "
        "2385 (2018))",
        lambda card: {"faults.stuck_min": 0.009},
    ),
}
"""Quantity -> what is assumed of it."""


def filled(card: DeviceCard) -> DeviceCard:
    """The card with generic values at what is unknown of it; itself where there is nothing to fill.

    The card's `changes` name them, and so does a result. Of a spread that is known in part the rest is filled.

    Raises
    ------
    CardError
        If the card cannot hold them.
    """
    changes: dict[str, Any] = {}
    for name, keys in unknown_keys(card).items():
        if name in GENERIC:
            values = GENERIC[name].values(card)
            changes |= {key: value for key, value in values.items() if key in keys or key not in QUANTITIES[name]}
    return card.changed(changes) if changes else card


def assumed(card: DeviceCard) -> tuple[str, ...]:
    """Quantities that `filled` has filled, of a card that may come from a result."""
    said = {text.partition("=")[0] for text in card.changes}
    return tuple(
        name
        for name, one in GENERIC.items()
        if any(key in said and _same(card, key, value) for key, value in one.values(card).items())
    )


def _same(card: DeviceCard, key: str, value: object) -> bool:
    found: Any = card
    for part in key.split("."):
        found = getattr(found, part)
    return bool((found.model_dump(include=set(value)) if isinstance(value, Mapping) else found) == value)
