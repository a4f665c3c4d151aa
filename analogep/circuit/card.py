"""The circuit card: all that a YAML file says about network, neurons, converters, timing and learning."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from analogep.cards import Card, written
from analogep.circuit.column_rules import column_rules
from analogep.circuit.converters import Adc, Dac, Digital, SampleHold
from analogep.circuit.defaults import filled, without
from analogep.circuit.driver import Driver
from analogep.circuit.holomorphic_rules import holomorphic_rules
from analogep.circuit.imperfection_rules import mismatch_rules, noise_rules
from analogep.circuit.kind import AnyKind, kinds_with
from analogep.circuit.learning import Learning
from analogep.circuit.mapping import Feedback, Lines, Mapping
from analogep.circuit.memory import Memory
from analogep.circuit.mismatch import Mismatch
from analogep.circuit.neuron import Neurons
from analogep.circuit.node import Node, known, node, said
from analogep.circuit.noise import CircuitNoise
from analogep.circuit.phases import Nudging, Solver, Timing
from analogep.circuit.topology import Conv, Grid, Layer, grids, problems
from analogep.circuit.wires import ExactWires, NoWires, Wires
from analogep.columns import IDEAL, AnyColumn
from analogep.costs import SQUARED_ERROR, AnyCost
from analogep.errors import Problem
from analogep.rules import UpdateRule
from analogep.units import Metres, format_si

Path = tuple[str | int, ...]


class CircuitCard(Card):
    """All that surrounds the devices."""

    kind: ClassVar[Literal["circuit"]] = "circuit"

    node: Annotated[Metres | None, Field(gt=0)] = None
    """Technology, by the length that it is called by (`circuits/nodes`): gives what amplifiers, columns, converters,
    lines and digital side leave out, areas, and the energy of the memory, which is then booked. Null for none."""
    network: AnyKind
    layers: Annotated[tuple[Layer, ...], Field(min_length=2, max_length=20)]
    """From inputs to outputs: sizes, or an image and convolutions before them."""
    bias: bool
    """An input line at full scale in every layer, whose weights are the biases."""
    neurons: Neurons | None = None
    """Neuron circuits of an `rc` or `passive` network."""
    mapping: Mapping
    feedback: Feedback | None = None
    """Reverse direction of an `rc` or `passive` network."""
    mismatch: Mismatch | None = None
    """How neurons differ; null for neurons that are alike."""
    wires: Wires = NoWires(kind="none")
    column: AnyColumn = IDEAL
    """What holds the summing lines of an `rc` or `spiking` network."""
    driver: Driver = Driver()
    """What drives lines."""
    dac: Dac
    adc: Adc
    sample_hold: SampleHold
    noise: CircuitNoise = CircuitNoise()
    """Thermal noise."""
    lines: Lines
    digital: Digital
    memory: Memory | None = None
    """Memory, clock and control of the update, at the card's `node`; null for none, a limit and no circuit."""
    cost: AnyCost = SQUARED_ERROR
    """What is learned, and what the nudging currents are made of."""
    nudging: Nudging
    timing: Timing
    solver: Solver
    learning: Learning
    update: UpdateRule
    idle: Literal["gated", "on"] = "gated"
    """Whether the bias of neurons and columns is switched off, and costs nothing to switch, while converters are waited
    for and cells are written, or stays on, which is booked as `idle`."""

    @classmethod
    def _completed(cls, data: dict[str, Any]) -> dict[str, Any]:
        return filled(data)

    def _plain(self) -> dict[str, Any]:
        # A card with a node has a memory unless it says null: that is no default there.
        return written.data(self, ("memory",) if self.memory is None and self.technology is not None else ())

    @property
    def technology(self) -> Node | None:
        """Numbers of the card's node; None for a card without one."""
        return None if self.node is None else node(self.node)

    def at(self, size: float, kept: Collection[str] = ()) -> Self:
        """The circuit in the technology `size` [m], which gives all that follows a node, stated here or not.

        Values of `kept` keys, such as `column.supply`, stay as they are.

        Raises
        ------
        CardError
            If there is no such node.
        """
        values = without(self.values, [tuple(key.split(".")) for key in kept])
        return type(self).from_values(values | {"node": node(size).size})

    @property
    def grids(self) -> list[Grid | None]:
        """Nodes of each layer that lie on a grid."""
        return grids(self.layers)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Nodes of each layer, from inputs to outputs."""
        found = zip(self.layers, self.grids, strict=True)
        return tuple(layer if isinstance(layer, int) else grid.size if grid else 0 for layer, grid in found)

    @property
    def outline(self) -> str:
        """The layers in a word, such as 784-1024-10 or 28x28-32c5a2-10."""
        return "-".join(map(str, self.layers))

    @property
    def convolutional(self) -> bool:
        """Whether any layer is a convolution."""
        return any(isinstance(layer, Conv) for layer in self.layers)

    @property
    def depth(self) -> int:
        """Number of layers of weights."""
        return len(self.layers) - 1

    @property
    def target_voltage(self) -> float:
        """Score of the right class [V]: the read voltage where neurons drive lines, less in a resistive network."""
        return self.network.full_score(self.mapping.read_voltage)

    @property
    def sample_noise(self) -> float:
        """Standard deviation of one sample [V]: the card's, or kT/C of its capacitor."""
        stated = self.sample_hold.noise
        return self.sample_hold.thermal_noise(self.noise.temperature) if stated is None else stated

    def per_layer(self, values: tuple[float, ...]) -> tuple[float, ...]:
        """One value for each layer of weights from a list of one or of as many."""
        return values if len(values) == self.depth else values * self.depth

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Word and bit lines of the array of each layer.

        One word line for the bias; in a resistive network two, two for each input, and two bit lines for each doubled
        output. The array of a convolution has the word lines of a patch and a bit line for each channel.
        """
        kind, grids = self.network, self.grids
        ends = (self.sizes[0], *self.nodes)
        out = []
        for k in range(self.depth):
            rows, columns = ends[k] * (kind.input_lines if k == 0 else 1), ends[k + 1]
            layer, before = self.layers[k + 1], grids[k]
            if isinstance(layer, Conv) and before is not None:
                rows, columns = layer.kernel**2 * before.channels, layer.channels
            out.append((rows + int(self.bias) * kind.bias_lines, columns))
        return tuple(out)

    @property
    def nodes(self) -> tuple[int, ...]:
        """Nodes of each layer behind the inputs, whose voltages are sampled: two for each doubled output."""
        return (*self.sizes[1:-1], self.sizes[-1] * self.network.output_nodes)

    @property
    def copies(self) -> tuple[int, ...]:
        """Arrays with the same weights in each layer."""
        return tuple(layer.copies if isinstance(layer, Conv) else 1 for layer in self.layers[1:])

    @property
    def fans(self) -> tuple[tuple[int, int], ...]:
        """Weights that meet in a neuron and weights that a node drives, in each layer, without pooling and edges."""
        out = []
        for (rows, columns), layer in zip(self.shapes, self.layers[1:], strict=True):
            out.append((rows - int(self.bias), columns * (layer.kernel**2 if isinstance(layer, Conv) else 1)))
        return tuple(out)

    @property
    def products(self) -> tuple[tuple[int, int, int], ...]:
        """Inputs, outputs and patches of each layer of weights, the bias left out."""
        out, sizes = [], self.sizes
        for k, (rows, columns) in enumerate(self.shapes):
            layer, before = self.layers[k + 1], self.grids[k]
            if isinstance(layer, Conv) and before is not None:
                places = layer.unpooled(before)
                out.append((rows - int(self.bias), columns, places.height * places.width))
            else:
                out.append((sizes[k], sizes[k + 1], 1))
        return tuple(out)

    def rules(self) -> Iterator[tuple[Path, str]]:
        broken = [(("layers", *path), message) for path, message in problems(self.layers)]
        yield from broken
        if broken:
            return  # no sizes to judge the rest by
        yield from self._node_rules()
        yield from self._length_rules()
        yield from self._convolution_rules()
        yield from self._network_rules()
        yield from self._solver_rules()
        if self.learning.center_inputs is not None and not (self.network.centers_inputs and self.bias):
            yield (
                ("learning", "center_inputs"),
                f"needs a network of kind {kinds_with('centers_inputs')}, and bias: true, to take up the mean",
            )
        yield from noise_rules(self)
        yield from self.network.rules_with(self)
        yield from holomorphic_rules(self)
        yield from mismatch_rules(self)
        yield from column_rules(self)

    def _node_rules(self) -> Iterator[tuple[Path, str]]:
        """A node that is known, and one for the memory."""
        if self.node is not None and not known(self.node):
            yield ("node",), said(self.node)
        if self.node is None and self.memory is not None:
            yield ("memory",), "needs the technology that it is made in; write node: 65 nm, or remove it"

    def _length_rules(self) -> Iterator[tuple[Path, str]]:
        """Lists with one number for each layer of weights."""
        lists: list[tuple[Path, tuple[object, ...]]] = [
            (("mapping", "weight_range"), self.mapping.weight_range),
            (("learning", "rate"), self.learning.rate),
        ]
        if self.learning.initial_gain is not None:
            lists.append((("learning", "initial_gain"), self.learning.initial_gain))
        lists += [(("network", key), values) for key, values in self.network.lists()]
        for path, values in lists:
            if len(values) not in (1, self.depth):
                yield (
                    path,
                    f"needs 1 number or {self.depth}, one for each layer of weights; got {len(values)}",
                )

    def _convolution_rules(self) -> Iterator[tuple[Path, str]]:
        """What a convolution cannot have."""
        if not self.convolutional:
            return
        if not self.network.convolves:
            known = kinds_with("convolves")
            yield ("network", "kind"), f"must be {known} with convolutions, got '{self.network.kind}'"
        if isinstance(self.wires, ExactWires):
            yield ("wires", "kind"), "must be 'none' with convolutions, whose arrays are taken with perfect wires"
        if self.learning.center_inputs is not None and isinstance(self.layers[1], Conv):
            yield (
                ("learning", "center_inputs"),
                "is for inputs of a dense layer; remove it from a convolutional network",
            )

    def _solver_rules(self) -> Iterator[tuple[Path, str]]:
        """Keys of the solver that would be left unheard."""
        solver = self.solver
        if solver.projected and (solver.method != "euler" or not self.network.projects):
            known = kinds_with("projects")
            yield ("solver", "projected"), f"needs method 'euler' and a network of kind {known}"
        if solver.precision == "single" and solver.method != "euler":
            yield ("solver", "precision"), f"'single' needs method 'euler'; '{solver.method}' computes in double"

    def _network_rules(self) -> Iterator[tuple[Path, str]]:
        """Rules between the kind of network and the blocks that it needs."""
        network, full = self.network, self.mapping.read_voltage
        if self.mapping.scheme not in network.schemes:
            known = " or ".join(f"'{scheme}'" for scheme in network.schemes)
            yield (
                ("mapping", "scheme"),
                f"must be {known} in networks of kind '{network.kind}', got '{self.mapping.scheme}'",
            )
        if not network.pairs and self.mapping.common_mode != 0.5:
            yield ("mapping", "common_mode"), f"is of pairs, which networks of kind '{network.kind}' lack; remove it"
        needed: tuple[tuple[Path, object, bool], ...] = (
            (("neurons",), self.neurons, network.neurons),
            (("feedback",), self.feedback, network.pairs),
            (("learning", "initial_gain"), self.learning.initial_gain, network.pairs),
        )
        for path, block, need in needed:
            if need and block is None:
                yield path, f"is missing: a network of kind '{network.kind}' needs it"
            if not need and block is not None:
                yield path, f"a {network.kind} network has none; remove it"
        if self.neurons is not None:
            low, high = self.neurons.output.activation.rails
            if low > 0.0 or high < full:
                yield (
                    ("neurons", "output", "activation"),
                    f"the targets 0 V and {format_si(full, 'V')} must lie within its rails, "
                    f"{format_si(low, 'V')} to {format_si(high, 'V') if math.isfinite(high) else 'none'}",
                )

    def understood(self) -> str:
        """As of any card, and that neurons are taken as identical where no block says otherwise."""
        said = [super().understood()]
        if not self.mismatch:
            said.append("# all neurons of a chip are taken as identical (no block 'mismatch')")
        if self.column.limiting and self.network.sums:
            said.append("# what holds the lines is ideal, a limit and no circuit (no block 'column')")
        if self.memory is None:
            said.append("# joules leave out memory, clock and control of the update (no block 'memory', or 'node')")
        elif self.driver.pump is None:
            said.append("# joules leave out what charge pumps for programming pulses lose (no 'driver.pump')")
        if self.noise.thermal == "off" and self.network.thermal:
            said.append("# conductances make no thermal noise, a limit and no circuit (noise.thermal: off)")
        return "\n".join(said)

    def warnings(self) -> list[Problem]:
        """Return what is allowed but suspicious about the circuit."""
        found: list[tuple[Path, str]] = []
        kelvin, stated = self.noise.temperature, self.sample_hold.noise
        thermal = self.sample_hold.thermal_noise(kelvin)
        if self.noise.thermal == "off" and stated is not None and 0.0 < stated < thermal:
            found.append(
                (
                    ("sample_hold", "noise"),
                    f"is below kT/C of its capacitor, {format_si(thermal, 'V')} at {format_si(kelvin, 'K')}",
                )
            )
        found += self._converter_warnings()
        found += self._neuron_warnings()
        return [*super().warnings(), *(self.warning(path, message) for path, message in found)]

    def _converter_warnings(self) -> Iterator[tuple[Path, str]]:
        """Joules and areas that stay what a source says of other bits."""
        for name, converter in (("dac", self.dac), ("adc", self.adc)):
            moved = [key for key in ("bits", "enob") if (name, key) in self.overridden]
            for key, text in converter.said.items() if moved else ():
                if (name, key) not in self.overridden:
                    yield (
                        (name, key),
                        f"stays at {text}, as its source says, though {name}.{moved[0]} was changed; with "
                        f"{name}.{key}=null and {name}.source=null it follows the bits",
                    )

    def _neuron_warnings(self) -> list[tuple[Path, str]]:
        """What is suspicious about the neurons of an `rc` or `passive` network."""
        found: list[tuple[Path, str]] = []
        if self.neurons is None:
            return found
        signs = self.nudging.chosen.signs
        strongest = -min(beta for sign in signs for beta, _ in self.nudging.stencil(sign)) * self.cost.steepest
        if strongest >= 1.0 and self.nudging.kind == "proportional":
            found.append(
                (
                    ("nudging", "beta"),
                    f"negative nudging of {1.0 / self.cost.steepest:g} or more cancels the output leak",
                )
            )
        low, full = self.neurons.output.activation.rails[0], self.mapping.read_voltage
        # A node below the rail by more than what nudging adds stays below it, and its rate does not move.
        one = full * np.eye(self.sizes[-1])[0]
        pull = float(self.cost.pull(np.full_like(one, low), one, full)[0])
        lift = max(0.0, *(beta for beta, _ in self.nudging.stencil())) * pull
        if lift - low < 0.25 * full:
            found.append(
                (
                    ("neurons", "output", "activation"),
                    "an output that sits at its lower rail in both phases gets no gradient; "
                    f"put the rail further below 0 V, or raise nudging.beta, which lifts it by {format_si(lift, 'V')}",
                )
            )
        for name, neuron in (("hidden", self.neurons.hidden), ("output", self.neurons.output)):
            if not math.isfinite(neuron.activation.rails[1]):
                found.append((("neurons", name, "activation"), "has no upper rail: a grown loop gain has no bound"))
            shortest = min(self.timing.free.duration, self.timing.nudged.duration)
            # The node of a passive network is loaded by its array, which alone sets its time constant.
            tau = neuron.time_constant
            if not self.network.loads_nodes and tau is not None and shortest < tau:
                found.append((("timing",), f"a phase is shorter than the {name} time constant {format_si(tau, 's')}"))
        return found
