"""JSON Schema of the cards: valid itself, equal to the files beside the cards, kind to cards and not to mistakes."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import Field

from analogep.cards import Block, reader, schema
from analogep.cards.base import shipped_dir
from analogep.cards.docstrings import described
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard

KINDS: tuple[type[DeviceCard] | type[CircuitCard], ...] = (DeviceCard, CircuitCard)
VALIDATORS = {kind: Draft202012Validator(schema.json_schema(kind)) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_is_a_schema(kind: type[DeviceCard] | type[CircuitCard]) -> None:
    Draft202012Validator.check_schema(schema.json_schema(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_beside_the_cards_is_what_the_command_prints(kind: type[DeviceCard] | type[CircuitCard]) -> None:
    name = kind.kind
    found = schema.path(name).read_text(encoding="utf-8")
    assert found == schema.text(kind), f"run: analogep schema {name} > {name}s/{name}.schema.json"


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in KINDS for name in kind.names()])
def test_a_shipped_card_is_valid_and_its_first_line_names_the_schema(
    kind: type[DeviceCard] | type[CircuitCard], name: str
) -> None:
    card = kind.load(name)
    assert [error.message for error in VALIDATORS[kind].iter_errors(card.raw)] == []
    assert card.text.splitlines()[0] == f"# yaml-language-server: $schema={kind.kind}.schema.json"
    assert (shipped_dir(kind.kind) / f"{kind.kind}.schema.json").is_file()


def changed(card: DeviceCard | CircuitCard, path: str, value: Any) -> dict[str, Any]:
    """The card's plain data with one value set, or removed."""
    data: dict[str, Any] = deepcopy(dict(card.raw))
    *above, last = path.split(".")
    block = data
    for key in above:
        block = block[key]
    if value is ...:
        del block[last]
    else:
        block[last] = value
    return data


MISTAKES: list[tuple[str, Any]] = [
    ("conductance.gmin", "1 uS"),
    ("conductance.min", ...),
    ("conductance.min", 1e-6),
    ("conductance.min", "1"),
    ("conductance.min", "1 uV"),
    ("conductance.min", "-1 uS"),
    ("conductance.min", "1,5 uS"),
    ("conductance.levels", 1),
    ("conductance.levels", "128"),
    ("conductance.levels", 12.5),
    ("schema", "analogep.circuit/1"),
    ("name", "My Card"),
    ("programming.model", "exponental"),
    ("programming.up.pulses", 0),
    ("programming.up.pulses", "128"),
    ("programming.up.nonlinearity", 10.2),
    ("programming.up.width", "50 nS"),
    ("programming.up.step", "1 %"),
    ("variation.cycle_to_cycle.sigma", 0.037),
    ("variation.cycle_to_cycle.kind", "ranges"),
    ("variation.device_to_device.distribution", "gaussian"),
    ("read.iv", {"kind": "sinh"}),
    ("read.noise", "none"),
    ("terminals", 5),
    ("faults.stuck_min", "5"),
    ("endurance.pulses", "1e6 V"),
    ("energy", {"write": "capacitive"}),
    ("temperature.kind", "arrhenius"),
    ("recommended.rule", "sgd"),
    ("recommended.threshold", "4 %"),
    ("sources.wu2018.cite", ...),
    ("sources.wu2018.doi", "https://doi.org/10.1109/VLSIT.2018.8510690"),
    ("provenance", {"conductance.min": "wu2018"}),
    ("energies", {}),
]


@pytest.mark.parametrize(("path", "value"), MISTAKES, ids=lambda entry: str(entry).replace("Ellipsis", "missing"))
def test_a_typical_mistake_is_not_valid(path: str, value: Any) -> None:
    card = DeviceCard.load("rram")
    assert not VALIDATORS[DeviceCard].is_valid(changed(card, path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("layers", [64]),
        ("layers", "64-128-10"),
        ("bias", "yes"),
        ("timing.free.duration", "500"),
        ("nudging.estimator", "centred"),
        ("neurons.hidden.activation.kind", "sigmoid"),
        ("solver.method", "heun"),
        ("update", {"rule": "closed_loop"}),
        ("dac.bit", 8),
    ],
)
def test_a_typical_mistake_in_a_circuit_is_not_valid(path: str, value: Any) -> None:
    card = CircuitCard.load("digits")
    assert not VALIDATORS[CircuitCard].is_valid(changed(card, path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("conductance.min", "+1 µS"),
        ("conductance.min", "1e3 nS"),
        ("programming.up.amplitude", "-1.6 V"),
        ("variation.cycle_to_cycle", {"kind": "none"}),
        ("retention", {"kind": "leak", "tau": "3 d", "rest": "10 %"}),
        ("temperature", {"kind": "arrhenius", "reference": "300 K", "operating": "350 K", "retention": "1.1 eV"}),
        ("sources.wu2018.volume", "12"),
        ("conductance.levels", None),
    ],
)
def test_what_a_card_may_say_is_valid_and_a_card(path: str, value: Any) -> None:
    data = changed(DeviceCard.load("rram"), path, value)
    assert VALIDATORS[DeviceCard].is_valid(data)
    key = path.partition(".")[0] if isinstance(value, dict) else path
    for name in [name for name in data["provenance"] if name.startswith(key) and isinstance(value, dict)]:
        if not _holds(data, name):
            del data["provenance"][name]
    for name in _numbers(value):
        data["provenance"][f"{path}.{name}"] = ["assumed", "estimate"]
    assert DeviceCard.from_text(json.dumps(data), "my.yaml").raw == reader.read(json.dumps(data), "my.yaml").data


def _holds(data: dict[str, Any], name: str) -> bool:
    block: Any = data
    for key in name.split("."):
        if not isinstance(block, dict) or key not in block:
            return False
        block = block[key]
    return True


def _numbers(value: Any) -> list[str]:
    return [key for key in value if key not in ("kind",)] if isinstance(value, dict) else []


def test_a_rule_between_keys_is_beyond_the_schema() -> None:
    """Both directions or `unidirectional`: `analogep check` knows it."""
    assert VALIDATORS[DeviceCard].is_valid(changed(DeviceCard.load("rram"), "programming.down", ...))


def test_every_block_of_the_schema_says_what_it_is_and_nothing_has_a_title_besides() -> None:
    """Editors show the description of a block; a title would repeat its key."""
    for kind in KINDS:
        made = schema.json_schema(kind)
        for name, block in made["$defs"].items():
            assert block.get("description"), name
            assert "title" not in block
        for block in [made, *made["$defs"].values()]:
            for key, found in block.get("properties", {}).items():
                assert "title" not in found, key


class Plain(Block):
    """A block."""

    first: int
    """Said in one line."""
    second: int = Field(alias="other")
    """Said

    in several.
    """
    third: int = 1
    fourth: int = 2

    def rules(self) -> Any:
        """No docstring of a field."""
        return iter(())


class Longer(Plain):
    """What it inherits keeps its docstring, what it declares again needs a new one."""

    first: int
    third: int = 3
    """Now with words."""


def test_a_key_is_described_by_the_docstring_below_its_field() -> None:
    assert described(Plain) == {"first": "Said in one line.", "other": "Said\n\nin several."}
    assert described(Longer) == {"other": "Said\n\nin several.", "third": "Now with words."}


def test_a_block_without_a_source_has_no_descriptions() -> None:
    space: dict[str, Any] = {"__name__": "nowhere", "Block": Block}
    exec('class Typed(Block):\n    first: int\n    """Words."""\n', space)
    assert described(space["Typed"]) == {}
