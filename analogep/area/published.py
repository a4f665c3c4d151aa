"""Chips that were built, or designed in detail, and what their publications say of them.

What a publication does not say, or was not found in text, is None. One multiply-accumulate is two operations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Published:
    """A published chip.

    Attributes
    ----------
    name, kind : str
    node : float or None [m]
    efficiency : float or None [operations/J]
        TOPS/W are 1e12 of these.
    density : float or None [operations/(s m^2)]
        TOPS/mm^2 are 1e18 of these.
    area : float or None [m^2]
    latency : float or None [s]
        Of a matrix-vector product.
    built : bool
        Whether it was measured on silicon.
    source : str
    note : str
        What the numbers are of, and what was derived from them.
    """

    name: str
    kind: str
    node: float | None
    efficiency: float | None
    density: float | None
    area: float | None
    latency: float | None
    built: bool
    source: str
    note: str

    @property
    def mac(self) -> float | None:
        """Joules of a multiply-accumulate [J]."""
        return None if self.efficiency is None else 2.0 / self.efficiency


CHIPS: Final = (
    Published("HERMES core", "analog PCM", 14e-9, 10.5e12, 1.59e18, 1.008e12 / 1.59e18, 130e-9, True,
              "R. Khaddam-Aljameh et al., IEEE JSSC 57, 1027 (2022), doi 10.1109/JSSC.2022.3140414",
              "256 x 256, inputs of 8 bits as pulse widths; area from 1.008 TOPS at 1.59 TOPS/mm^2"),
    Published("HERMES chip", "analog PCM", 14e-9, 9.76e12, 1.55e18, None, 133e-9, True,
              "M. Le Gallo et al., Nature Electronics 6, 680 (2023), doi 10.1038/s41928-023-01010-1",
              "64 cores of 256 x 256, one-phase reads; latency from 63.1 TOPS; 2.48 TOPS/W in four phases"),
    Published("NeuRRAM", "analog RRAM", 130e-9, 15.95e12, 0.744e12 / 48 / 1.161e-6, 1.161e-6, 4.23e-6, True,
              "W. Wan et al., Nature 608, 504 (2022), doi 10.1038/s41586-022-04992-8",
              "core of 256 x 256, both ways, inputs of 4 bits, outputs of 6; area from 256 neurons of 1270 um^2, 28 %; "
              "second-hand: its figures as CiMLoop has them (doi 10.1109/ISPASS61541.2024.00012)"),
    Published("ISAAC", "analog RRAM", 32e-9, 479e15 * 85.4e-6 / 65.8, 0.479e18, 85.4e-6, 1.6e-6, False,
              "A. Shafiee et al., ISCA 2016, doi 10.1109/ISCA.2016.12",
              "a design: 128 x 128, weights and inputs of 16 bits in 16 cycles of 100 ns; efficiency from "
              "479 GOPS/mm^2, 85.4 mm^2 and 65.8 W"),
    Published("4 Mb RRAM macro", "analog RRAM, binary cells", 22e-9, 15.6e12, None, None, 15.2e-9, True,
              "J.-M. Hung et al., Nature Electronics 4, 921 (2021), doi 10.1038/s41928-021-00676-9",
              "inputs and weights of 8 bits"),
    Published("2 Mb RRAM macro", "analog RRAM, binary cells", 22e-9, 36.61e12, None, None, 18.3e-9, True,
              "C.-X. Xue et al., Nature Electronics 4, 81 (2021), doi 10.1038/s41928-020-00505-5",
              "inputs and weights of a few bits"),
    Published("SRAM macro", "digital, in memory", 22e-9, 89e12, 16.3e18, None, None, True,
              "Y.-D. Chih et al., ISSCC 2021, doi 10.1109/ISSCC42613.2021.9365766",
              "a macro of 4-bit numbers, without the memory around it"),
    Published("Colonnade", "digital, in memory", 65e-9, 2.0 / 1.170e-12, None, 0.2272e-6, None, True,
              "H. Kim et al., IEEE JSSC 56, 2221 (2021), doi 10.1109/JSSC.2021.3061508",
              "128 x 128 bits, each with an adder, inputs bit by bit, of 8 bits at 0.8 V; "
              "second-hand: its figures as CiMLoop has them (doi 10.1109/ISPASS61541.2024.00012)"),
    Published("TPU", "digital, int8", 28e-9, 92e12 / 40.0, None, None, None, True,
              "N. P. Jouppi et al., ISCA 2017, doi 10.1145/3079856.3080246",
              "peak of 65,536 multipliers, 92 TOPS, over the 40 W that it takes while busy"),
    Published("LNPU", "digital, trains", 65e-9, 25.3e12, None, None, None, True,
              "J. Lee et al., ISSCC 2019, doi 10.1109/ISSCC.2019.8662302",
              "8- and 16-bit floating point, peak of sparse operands"),
    Published("ODIN", "digital, spikes, trains", 28e-9, 2.0 / 12.7e-12, None, 0.086e-6, None, True,
              "C. Frenkel et al., IEEE TBioCAS 13, 145 (2019), arXiv 1804.07858",
              "12.7 pJ a synaptic event, taken as a multiply-accumulate; memories of 8192 x 32 and 256 x 128 bits by "
              "its published RTL (github.com/ChFrenkel/ODIN)"),
    Published("nonlinear learning network", "analog board, trains", None, None, None, None, 1e-6, True,
              "S. Dillavou et al., PNAS 121, e2319718121 (2024), doi 10.1073/pnas.2319718121",
              "a board of transistors that learns by contrast of two states: microseconds and picojoules a transistor"),
)  # fmt: skip
