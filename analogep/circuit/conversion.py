"""What one conversion takes, and how large its converter is, by resolution, rate and technology.

An ADC of n effective bits at f conversions a second in a technology of w nanometres takes

    E = (1/2) 10^((S - F)/10) exp(24.5794 + 1.8800 ln w - 2.8291 ln n) pJ,    S = 10 lg(1.5 4^n) dB,
    F = min(213.781 - 2.8719 ln f, 128.307 + 3.2205 n) dB,
    A = exp(1.3462 + 0.99328 ln w + 0.18072 ln f + 0.29912 ln(E/1 pJ)) um^2,

the better fifth of the converters in B. Murmann's ADC Performance Survey, fitted by T. Andrulis, R. Chen, H.-S. Lee,
J. S. Emer and V. Sze, "Modeling Analog-Digital-Converter Energy and Area for Compute-In-Memory Accelerator Design",
arXiv 2404.06553 (2024); coefficients of its released code, hwcomponents-adc 1.0.21. S is the signal-to-noise ratio of n
bits, F Schreier's figure of merit. Three things are ours:

- F has n itself where the code rounds it up, so that 7.1 effective bits do not take less than 7; whole bits are alike.
- E falls and rises again with n: it is least at 4.4 bits, or where F changes its branch. Below, it stays at that least
  value, for a converter with more bits can take the place of one with fewer; the survey says little of so few bits.
- F is an empirical figure, and the factor of w and n comes on top of it: it is no bound of physics. Small w and many
  bits would fall below the thermal noise of a sample, so that E is 4 kT 1.5 4^n at least (`thermal_joules`).

A DAC of n bits with the supply V takes n (50 fF) V^2, the cost model of ZigZag (`get_dac_cost` in KULeuven-MICAS/zigzag
on GitHub; P. Houshmand, J. Sun and M. Verhelst, "Benchmarking and modeling of analog and digital SRAM in-memory
computing architectures", arXiv 2305.18335, 2023), for one bit as well, and 4 kT 1.5 4^n at least: the array of
capacitors whose kT/C is no more than the error of rounding, half of it charged to V.
"""

from __future__ import annotations

import math
from typing import Final

from analogep.circuit.noise import BOLTZMANN

MOST_RATE: Final = 1e10
"""Conversions a second up to which the survey's converters were fitted [Hz]."""
_PER_BIT_OF_DAC: Final = 50e-15
_PER_RATE, _OF_RATE = -2.8719030399529957, 213.7806687348118
_PER_BIT, _OF_BITS = 3.2205115109775617, 128.3068287398817
_PER_NODE, _PER_LOG_BITS, _OF_ENERGY = 1.8800369206815004, -2.8291256050594527, 26.0496215686518 - 1.4702022133784405
_DECIBELS_OF_A_BIT: Final = 20.0 * math.log10(2.0)


def thermal_joules(bits: float, temperature: float = 300.0) -> float:
    """Least energy of a sample with the signal-to-noise ratio of so many bits [J].

    A full-scale sine of amplitude V/2 on a capacitor C with the noise kT/C has the ratio C V^2/(8 kT); a period takes
    C V^2 = 8 kT ratio from a supply of V, half of that for each of its two samples: 4 kT 1.5 4^n.

    Parameters
    ----------
    bits : float
        Effective number n.
    temperature : float [K]
    """
    return float(4.0 * BOLTZMANN * temperature * 1.5 * 4.0**bits)


def adc_joules(bits: float, rate: float, node: float) -> float:
    """Energy of a conversion [J]; equation above.

    Parameters
    ----------
    bits : float
        Effective number n.
    rate : float [Hz]
        Conversions a second of one converter.
    node : float [m]
    """
    by_rate = _OF_RATE + _PER_RATE * math.log(rate)
    # Slope of ln E over n: s - 2.83/n, with s where F grows with n, and where the rate holds it.
    slopes = (_DECIBELS_OF_A_BIT - _PER_BIT, _DECIBELS_OF_A_BIT)
    early, late = (-_PER_LOG_BITS / (0.1 * math.log(10.0) * slope) for slope in slopes)
    n = max(bits, min(max((by_rate - _OF_BITS) / _PER_BIT, late), early))
    signal = _DECIBELS_OF_A_BIT * n + 10.0 * math.log10(1.5)
    merit = min(by_rate, _OF_BITS + _PER_BIT * n)
    log = _OF_ENERGY + _PER_NODE * math.log(node * 1e9) + _PER_LOG_BITS * math.log(n)
    return max(0.5e-12 * math.exp(0.1 * math.log(10.0) * (signal - merit) + log), thermal_joules(bits))


def adc_area(bits: float, rate: float, node: float) -> float:
    """Area of a converter [m^2]; parameters as in `adc_joules`."""
    log = 1.3461916439910742 + 0.9932794744745022 * math.log(node * 1e9) + 0.18071538424508238 * math.log(rate)
    return 1e-12 * math.exp(log + 0.29912426192653485 * math.log(adc_joules(bits, rate, node) * 1e12))


def dac_joules(bits: float, supply: float) -> float:
    """Energy of a conversion [J]; equation above.

    Parameters
    ----------
    bits : float
    supply : float [V]
    """
    return max(_PER_BIT_OF_DAC * bits * supply**2, thermal_joules(bits))
