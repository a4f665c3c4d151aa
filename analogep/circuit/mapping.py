"""From weights to conductance pairs and lines: window, pair scheme, reverse direction, wiring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from analogep.cards import Block
from analogep.circuit.kind import Scheme
from analogep.units import Amperes, Farads, Fraction, Seconds, Volts

Path = tuple[str | int, ...]


class Mapping(Block):
    """w = range (g_plus - g_minus)/(G_max - G_min), with the nominal window of the device card.

    `push_pull` moves both halves of a pair in opposite directions about the common mode; `reference` keeps
    g_minus there and moves g_plus alone, which leaves half of the range. At a virtual ground a current
    conveyor of gain k = g_leak range/(G_max - G_min) brings the pair's current to the summing node, so that
    W = k (g_plus - g_minus). Of a passive network `separate` lets each half descend its own gradient; a resistive one
    has `single` conductances, w = range (g - G_min)/(G_max - G_min).
    """

    read_voltage: Annotated[Volts, Field(gt=0)]
    """Full-scale voltage on a line: an input of 1, and the unit of rates and targets."""
    weight_range: tuple[Annotated[float, Field(gt=0, le=1000)], ...]
    """Largest |weight| of each layer with push-pull pairs; one number serves all layers."""
    scheme: Scheme = "push_pull"
    common_mode: Annotated[Fraction, Field(gt=0, lt=1)] = 0.5
    """Where in the window both halves of a pair stand as the chip is made, G_0 = G_min + share (G_max - G_min): what
    their mean stays near. Less of it leaves less current on the lines, hence less bias in their columns, and less of
    the noise that grows with conductance; a half that has come to the lower end leaves the rest of a weight to the
    other one. Devices whose pulses only go up begin at their reset state instead."""


class Turns(Block):
    """How an array that is read both ways takes turns: bit lines, a guard, word lines, a guard, and so on.

    In a turn the columns of one direction follow their lines; the values of the other one stand on capacitors, which
    sampled them at the end of their own turn with the noise kT/C, and from which charge leaks.
    """

    forward: Annotated[Seconds, Field(gt=0)]
    """Length of a turn in which word lines are driven and bit lines read."""
    reverse: Annotated[Seconds, Field(gt=0)]
    """Length of a turn in which bit lines are driven and word lines read."""
    guard: Annotated[Seconds, Field(ge=0)]
    """Between two turns, while switches are open."""
    hold: Annotated[Farads, Field(gt=0)]
    """Capacitor that holds the value of a column."""
    droop: Annotated[Seconds, Field(gt=0)]
    """Time constant with which it leaks."""

    @property
    def period(self) -> float:
        """Of both turns and guards [s]."""
        return self.forward + self.reverse + 2.0 * self.guard


class Feedback(Block):
    """Reverse direction: from each layer back to the one before it.

    `shared` reads the forward array from both sides at once, which no line can do: a driven output is no virtual
    ground. It is the limit of short turns, and their joules are booked as if both were always on. `alternating` reads
    it one way and then the other (`turns`). `mirrored` has a second array behind each layer but the first, with cells
    of its own, which is to hold the same weights. Where the update rule verifies what it wrote, the mirror is verified
    by reads of its own and pulsed towards the weight that is wanted of its array; under any other rule it gets the same
    pulses, whose noise and spread take it away from its array, which biases the gradient, unless `refresh` compares
    the two. Pulses, reads and joules of a mirror are booked with those of its array.

    Lines driven in reverse swing by `gain` times the forward swing: gain < 1 lowers the loop gain of the network, hence
    its settling time and the joules of reverse reads. It is a change of variables, not an error: the gradient of the
    layers before a gain s comes out s times the true one, which the update divides out.
    """

    kind: Literal["shared", "alternating", "mirrored"]
    gain: Annotated[float, Field(gt=0, le=10)] = 1.0
    turns: Turns | None = None
    """Of `alternating` feedback."""
    refresh: Annotated[int | None, Field(ge=1, le=10**6)] = None
    """Of mirrored arrays, updates between two comparisons with what their arrays are read to be: every cell of both is
    read, and the mirror gets at most one write of a pair where it is off by the device card's recommended threshold.
    Null for none."""

    def rules(self) -> Iterator[tuple[Path, str]]:
        if self.kind == "alternating" and self.turns is None:
            yield ("turns",), "is missing: 'alternating' feedback needs the lengths of its turns"
        if self.kind != "alternating" and self.turns is not None:
            yield ("turns",), f"is for kind 'alternating'; '{self.kind}' has none, remove it"
        if self.refresh is not None and self.kind != "mirrored":
            yield ("refresh",), f"is of mirrored arrays, and kind is '{self.kind}'; write kind: mirrored, or remove it"


class Lines(Block):
    """Word and bit lines: C V^2 for each edge."""

    from_node: ClassVar[tuple[str, ...]] = ("capacitance_per_cell",)
    capacitance_per_cell: Annotated[Farads, Field(ge=0)]
    cell: Literal["one_transistor", "crosspoint"] = "one_transistor"
    """Least cell that lines pass, with a transistor beside the device (12 F^2) or without (4 F^2): its size at the
    card's node gives their capacitance and resistance where these are left out, and bounds the area of the cells."""
    current: Annotated[Amperes | None, Field(gt=0)] = None
    """Largest current that a line may carry, by its width and what its metal stands; null where none is known."""
