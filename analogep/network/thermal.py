"""Thermal noise of the nodes: what the conductances of a circuit do to voltages on capacitors, at a temperature.

Every conductance G that ends at a node makes a current of the one-sided density 4kT G (Johnson 1928, Nyquist 1928).
With all of them, and the currents that come through amplifiers multiplied by these, Kirchhoff's law becomes

    dv = f(v) dt + sqrt(D) dW,      D_ii = (2 kT/C_i^2) sum_G (gain from G's current to the node)^2 G

and around a stable state with the Jacobian A of f the voltages have the covariance P of A P + P A' = -D. A single node
has D tau/2, which is kT/C where all that it has are the conductances that load it (equipartition). Each kind of network
says its D (`Network.agitation`, `kicks`); `network.langevin` adds the noise to a phase.

What nudges an output with the conductance beta g is a transconductor between target and output, for a negative beta one
of crossed inputs. Its current noise has the density 4kT gamma |beta| g, as if beside it stood gamma |beta| g more:
gamma = 1 of a conductance to a source at the target, 2/3 of each of two transistors of a pair that compares the two.
Frozen nudging is the same current, sampled, and as noisy.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Thermal:
    """Thermal noise of one phase.

    Attributes
    ----------
    kt : float [J]
    key : int
        Of its random numbers.
    excess : float [1]
        gamma of the nudging sources.
    """

    kt: float
    key: int
    excess: float = 0.0
