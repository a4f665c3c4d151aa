"""What a circuit card leaves out, from its technology node."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from analogep.circuit.node import Node, node
from analogep.columns.base import COLUMNS
from analogep.errors import CardError
from analogep.scaling import mac_joules
from analogep.units import Metres

FOLLOWED: Final = (
    ("neurons", "hidden", "amplifier", "supply"),
    ("neurons", "hidden", "amplifier", "gm_over_id"),
    ("neurons", "output", "amplifier", "supply"),
    ("neurons", "output", "amplifier", "gm_over_id"),
    ("column", "supply"),
    ("column", "gm_over_id"),
    ("driver", "supply"),
    ("dac", "supply"),
    ("adc", "node"),
    ("digital", "mac"),
    ("lines", "capacitance_per_cell"),
    ("wires", "word"),
    ("wires", "bit"),
)
"""Keys of a circuit card that follow its node where they are left out."""
_METRES: Final = TypeAdapter(Metres)


def _named(data: Mapping[str, Any]) -> Node | None:
    """The node that a card's data name, if there is one."""
    try:
        return node(_METRES.validate_python(data["node"]))
    except (CardError, ValidationError, KeyError):
        return None  # what is wrong with it is said where the card is validated


def filled(data: dict[str, Any]) -> dict[str, Any]:
    """Data of a circuit card with what its node gives in the places that are left out.

    Supplies and gm/I_d of amplifiers and columns, the DAC's supply and the ADC's technology where their joules follow
    from them, joules of a multiply-accumulate of the ADC's bits, capacitance and resistance of lines from cell to cell,
    and a memory. Data without a node that is known come back as they are.
    """
    one = _named(data)
    if one is None:
        return data
    gm = one.amplifier_gm_over_id
    stage = {"supply": _quantity(one.supply, "V")} | ({} if gm == "unknown" else {"gm_over_id": gm})
    out = {"memory": {}} | data
    neurons = out.get("neurons")
    if isinstance(neurons, dict):
        out["neurons"] = {name: _amplified(neuron, stage) for name, neuron in neurons.items()}
    column = out.get("column")
    if isinstance(column, dict) and COLUMNS.knows(column.get("kind")):
        follows = COLUMNS.find(column["kind"]).from_node
        out["column"] = {key: value for key, value in stage.items() if key in follows} | column
    for name, values in (("dac", {"supply": stage["supply"]}), ("adc", {"node": _quantity(one.size, "m")})):
        if isinstance(out.get(name), dict) and out[name].get("energy") is None:
            out[name] = values | out[name]
    lines = out.get("lines", {})
    cell = str(lines.get("cell", "")) if isinstance(lines, dict) else ""
    if isinstance(out.get("wires"), dict) and out["wires"].get("kind") == "exact":
        ohms = _quantity(one.resistance(cell), "ohm")
        out["wires"] = {"word": ohms, "bit": ohms} | out["wires"]
    for name, values in (
        ("digital", {"mac": _quantity(one.mac * _wide(out.get("adc")), "J")}),
        ("lines", {"capacitance_per_cell": _quantity(one.capacitance(cell), "F")}),
    ):
        if isinstance(out.get(name, {}), dict):
            out[name] = values | out.get(name, {})
    return out


def _quantity(value: float, unit: str) -> str:
    return f"{value!r} {unit}"


def _amplified(neuron: Any, stage: dict[str, Any]) -> Any:
    """A neuron whose amplifier has what it leaves out."""
    if not isinstance(neuron, dict) or not isinstance(neuron.get("amplifier"), dict):
        return neuron
    return neuron | {"amplifier": stage | neuron["amplifier"]}


def _wide(adc: Any) -> float:
    """Energy of a product of two numbers with the ADC's bits over that of 8 bits."""
    own = adc if isinstance(adc, dict) else {}
    bits = own.get("bits") or own.get("booked")
    if isinstance(bits, bool) or not isinstance(bits, int | float):
        return 1.0
    return mac_joules(bits, bits, 2.0 * bits) / mac_joules(8.0, 8.0, 16.0)


def without(data: Mapping[str, Any], kept: Collection[tuple[str, ...]] = ()) -> dict[str, Any]:
    """Values of a circuit card without those that follow a node, which are left to one, but for `kept` keys."""
    out = {key: _copied(value) for key, value in data.items()}
    for *path, last in FOLLOWED:
        if any((*path, last)[: len(key)] == key for key in kept):
            continue
        block: Any = out
        for key in path:
            block = block.get(key) if isinstance(block, dict) else None
        if isinstance(block, dict):
            block.pop(last, None)
    if out.get("memory") is None:
        out.pop("memory", None)
    return out


def _copied(value: Any) -> Any:
    return {key: _copied(entry) for key, entry in value.items()} if isinstance(value, dict) else value
