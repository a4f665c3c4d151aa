"""The ledger of joules and seconds: one row per component or span and phase, summed over samples.

Joules are energy that a circuit takes from its supplies; they are never the Hopfield energy or the pseudo-power.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

COMPONENTS: Final = (
    "array",
    "leak",
    "diode",
    "amplifier",
    "driver",
    "column",
    "nudging",
    "spikes",
    "lines",
    "dac",
    "adc",
    "sample_hold",
    "programming",
    "half_select",
    "digital",
    "idle",
    "memory",
    "control",
    "pump",
)
"""Where joules go: devices and wires while they are read, leaks, diodes, amplifier bias,
losses of line drivers, signal currents of columns, nudging source, making spikes,
charge on word and bit lines, converters, sampling capacitors, pulsed devices, half-selected devices, digital
multiply-accumulates, bias of circuits that wait, digital memory of the update, its clock and control, losses of what
makes pulses."""

SINCE: Final = ("idle", "memory", "control", "pump")
"""Components that results of earlier versions lack; nothing of them was booked."""

SPANS: Final = ("relaxation", "auto_zero", "load", "conversion", "programming", "reading")
"""Where seconds go on the chip: phases of the network, auto-zeros in them, converters that load lines, converters that
are waited for, pulses, verify reads with their conversions."""

PHASES: Final = ("initial", "free", "nudged", "update", "verify", "inference")
"""When: writing the initial weights, the phases of training, pulses, verify reads, inference on test samples."""

TRAINING: Final = ("free", "nudged", "update", "verify")
"""Phases that make up the joules of a training sample."""


class Ledger:
    """Joules by component and phase, and seconds by span and phase, of one epoch.

    Attributes
    ----------
    joules : ndarray (components, phases) [J]
    seconds : ndarray (spans, phases) [s]
        Of the chip's own clock, which runs on from one phase to the next: nothing is counted twice.
    """

    def __init__(self, joules: NDArray[np.float64] | None = None) -> None:
        self.joules = np.zeros((len(COMPONENTS), len(PHASES))) if joules is None else joules
        self.seconds = np.zeros((len(SPANS), len(PHASES)))

    def book(self, phase: str, **joules: float) -> None:
        """Add joules of components to a phase.

        Raises
        ------
        ValueError
            If the component or phase has no row.
        """
        column = PHASES.index(phase)
        for component, amount in joules.items():
            self.joules[COMPONENTS.index(component), column] += amount

    def spend(self, phase: str, seconds: Mapping[str, float]) -> None:
        """Add seconds of spans to a phase.

        Raises
        ------
        ValueError
            If the span or phase has no row.
        """
        column = PHASES.index(phase)
        for span, amount in seconds.items():
            self.seconds[SPANS.index(span), column] += amount

    def total(self, *phases: str) -> float:
        """Joules of all components in these phases; of all phases if none is named."""
        return float(self.joules[:, self._columns(phases)].sum())

    def elapsed(self, *phases: str) -> float:
        """Seconds of all spans in these phases [s]; of all phases if none is named."""
        return float(self.seconds[:, self._columns(phases)].sum())

    def watts(self) -> NDArray[np.float64]:
        """Mean power of training, and that of the phase that takes most while it lasts (2,) [W].

        P = E/t of all phases of training together, and the largest of the E_p/t_p of each of them and of inference; 0
        where none took time. What is booked in a phase is taken to be used up while it lasts.
        """
        names = [name for name in (*TRAINING, "inference") if self.elapsed(name) > 0.0]
        peak = max((self.total(name) / self.elapsed(name) for name in names), default=0.0)
        spent = self.elapsed(*TRAINING)
        return np.array([self.total(*TRAINING) / spent if spent else 0.0, peak])

    @staticmethod
    def _columns(phases: Sequence[str]) -> list[int]:
        return [PHASES.index(phase) for phase in phases or PHASES]


MAC_JOULES: Final = {
    "fp32 at 45 nm (Horowitz 2014)": 4.6e-12,
    "int8 at 45 nm (Horowitz 2014)": 0.23e-12,
    "A100 bf16 at data-sheet peak": 2.56e-12,
}
"""Published energy of one digital multiply-accumulate [J]: 3.7 + 0.9 pJ, 0.2 + 0.03 pJ (M. Horowitz, ISSCC 2014,
doi 10.1109/ISSCC.2014.6757323), and 2 FLOP x 1.28 pJ (400 W at 312 TFLOP/s)."""


Products = Sequence[tuple[int, int, int]]
"""Inputs, outputs and patches of each layer of weights; one patch in a dense layer."""


def inference_macs(layers: Products) -> int:
    """Multiply-accumulates of one digital inference of a network with biases."""
    return sum((rows + 1) * columns * patches for rows, columns, patches in layers)


def training_macs(layers: Products) -> int:
    """Multiply-accumulates of one training sample by backpropagation: forward, weight gradients, deltas."""
    deltas = sum(rows * columns * patches for rows, columns, patches in layers)
    return 2 * inference_macs(layers) + deltas
