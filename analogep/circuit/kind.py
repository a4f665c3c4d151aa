"""What a kind of network is to the circuit card: its block, and what the rest of the card has to know of it.

All else of a kind, its equations, its learning rule, its exact gradient, its netlist, stands in a folder of its own
beside this block, and is reached through it: nothing outside of the folder names a kind but the list below.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final, Literal, Protocol

from analogep.cards import Block, Family

Path = tuple[str | int, ...]
Scheme = Literal["push_pull", "reference", "separate", "single"]

KINDS: Final = Family(
    "kind of network",
    tag="kind",
    home="analogep.kinds",
    members={
        "rc": "rc.card.RC",
        "passive": "passive.card.Passive",
        "resistive": "resistive.card.Resistive",
        "spiking": "spiking.card.Spiking",
    },
)
"""Every kind of network, by the `kind` of a circuit card's `network`."""


class Window(Protocol):
    """A device's nominal window."""

    @property
    def min(self) -> float:
        """Lower end [S]."""

    @property
    def max(self) -> float:
        """Upper end [S]."""

    def at(self, share: float) -> float:
        """The conductance at a `share` of the window [1], from its lower end [S]."""


class Kind(Block, ABC):
    """A kind of network.

    Attributes
    ----------
    schemes : tuple of str
        How its arrays may be programmed (`mapping.scheme`).
    neurons : bool
        Whether the card's `neurons` are its own.
    pairs : bool
        Whether weights are pairs with a feedback direction and an initial spread.
    convolves : bool
        Whether layers may be convolutions.
    centers_inputs : bool
        Whether the update of the first layer may be that of centred inputs (`learning.center_inputs`).
    projects : bool
        Whether nodes may be put back onto the rails of their neurons (`solver.projected`).
    complex_voltages : bool
        Whether its equations go on to complex voltages, as estimators with a complex beta need it.
    loads_nodes : bool
        Whether the arrays load the nodes, which then have other time constants than their neurons alone.
    rests : bool
        Whether a phase comes to rest, at an equilibrium that Newton's method finds.
    sums : bool
        Whether its arrays end in summing lines that a column circuit holds (`column`).
    turns : bool
        Whether its arrays may be read one way after the other (`feedback.turns`).
    thermal : bool
        Whether the network knows its thermal noise (`Network.agitation`).
    mismatches : tuple of str
        Keys of `mismatch` that its neurons have, `offset` among them where they have any.
    input_lines, bias_lines : int
        Word lines of an input and of the bias.
    """

    family: ClassVar[Family] = KINDS
    schemes: ClassVar[tuple[Scheme, ...]]
    neurons: ClassVar[bool] = False
    pairs: ClassVar[bool] = True
    convolves: ClassVar[bool] = False
    centers_inputs: ClassVar[bool] = False
    projects: ClassVar[bool] = False
    complex_voltages: ClassVar[bool] = False
    loads_nodes: ClassVar[bool] = False
    rests: ClassVar[bool] = True
    sums: ClassVar[bool] = False
    turns: ClassVar[bool] = False
    thermal: ClassVar[bool] = False
    mismatches: ClassVar[tuple[str, ...]] = ()
    input_lines: ClassVar[int] = 1
    bias_lines: ClassVar[int] = 1
    kind: str

    @abstractmethod
    def builder(self) -> Any:
        """The class that makes such networks of a chip (`network.build.Builder`)."""

    @property
    def output_nodes(self) -> int:
        """Nodes of a class."""
        return 1

    @property
    def measured(self) -> bool:
        """Whether rates are sampled and converted in training."""
        return True

    @property
    def gathered(self) -> bool:
        """Whether changes are summed beside the devices, weight by weight, until a batch ends."""
        return False

    @property
    def outer(self) -> bool:
        """Whether the gradients of its dense layers are sums of outer products of what is measured."""
        return False

    @property
    def latest(self) -> float:
        """Longest time constant of columns that the network can follow [s]."""
        return math.inf

    def full_score(self, read_voltage: float) -> float:
        """Score of the right class [V]; that of the others is 0 V."""
        return read_voltage

    def may_run_away(self) -> bool:
        """Whether training may begin with a loop gain of 1 or more."""
        return False

    def lists(self) -> Iterator[tuple[str, tuple[object, ...]]]:
        """Keys of the block with one number for each layer of weights, or one for all."""
        yield from ()

    def rules_with(self, circuit: Any) -> Iterator[tuple[Path, str]]:
        """Rules between the block and the rest of the circuit card, as (path in the card, message)."""
        yield from ()

    def node_capacitances(self, circuit: Any) -> tuple[float | None, float | None]:
        """Capacitance of a hidden node and of an output node [F]; None where it follows from columns."""
        if circuit.neurons is None:
            return 0.0, 0.0
        return circuit.neurons.hidden.capacitance, circuit.neurons.output.capacitance

    def amplifiers_in(self, circuit: Any) -> int:
        """Amplifiers of its neurons."""
        return 0 if circuit.neurons is None else sum(circuit.sizes[1:])

    def amplifier_noise(self, layer: int, depth: int, kelvin: float) -> float:
        """Standard deviation of what an amplifier adds to a sample of a layer (0: the first of weights) [V]."""
        return 0.0

    def output_limit(self, window: Window, circuit: Any) -> tuple[float, float] | None:
        """Conductance of the nudging at beta = 1, and that which holds an output at least [S].

        None where negative nudging cannot cancel what holds an output.
        """
        return None

    @property
    def nudges_with(self) -> str:
        """Key of the circuit card that sets the conductance of the nudging."""
        return "neurons.output.leak"


AnyKind = Annotated[Kind, KINDS]
"""Any kind of network; `kind` names it."""


def kinds_with(trait: str) -> str:
    """Names of the kinds whose class attribute is true, in words."""
    return " or ".join(f"'{name}'" for name in KINDS.names() if getattr(KINDS.find(name), trait))
