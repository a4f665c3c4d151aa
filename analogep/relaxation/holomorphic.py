"""Equal steps of an RC network whose outputs are nudged by a complex beta: an ideal network with complex voltages.

    tau dz/dt = -z + W rho(z_before) + M' rho(s z_behind) + beta (d - rho(z))           z = v + i w

The equations are those of `LayeredRC` with linear devices, continued to complex voltages: real arrays act on the real
and on the imaginary parts, which makes two real networks that only neurons and nudging couple. For neurons with an
analytic curve the equilibrium is an analytic function of beta, near enough to 0, and z(beta*) = z(beta)*.

No circuit is known that does this. Joules are those of the two real networks: arrays and leaks take G |z|^2.

Source: Laborieux and Zenke 2022, NeurIPS, arXiv 2209.00530.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Phase, Solver
from analogep.crossbar import threads
from analogep.errors import SimulationError
from analogep.jit import kernel
from analogep.network import Drive, LayeredRC, RCDrive
from analogep.relaxation.deep import curve
from analogep.relaxation.euler import steps
from analogep.relaxation.guard import MOST_VOLTS
from analogep.relaxation.sweeps import DOUBLINGS, exponential

Floats = NDArray[np.float64]
Reals = NDArray[Any]


@dataclass(frozen=True)
class Circled:
    """End of a phase under a complex beta.

    Attributes
    ----------
    v : ndarray (samples, nodes), complex [V]
    rates : list of ndarray (samples, neurons), complex [V]
        Lines of each layer.
    residual : ndarray (samples,) [1]
        Largest remaining current of each sample over leak and read voltage, in magnitude.
    duration : float [s]
    energy : ndarray (samples, 3) [J]
        Of arrays, leaks and nudging in the two real networks.
    """

    v: NDArray[np.complex128]
    rates: list[NDArray[np.complex128]]
    residual: Floats
    duration: float
    energy: Floats


@kernel(fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
def saturated(v, w, centre, swing, terms, r, s):  # type: ignore[no-untyped-def]
    """r + i s = centre + swing tanh((v + i w - centre)/swing), flat, as in `sweeps.saturated` with complex numbers."""
    one, two, most = v.dtype.type(1), v.dtype.type(2), v.dtype.type(20)
    scale, last = one / swing, terms.size - 1
    for j in range(v.size):
        r[j], s[j] = terms[last], v.dtype.type(0)
    # A term after the other over all nodes, and u last of all without a branch: so sixteen are computed at once.
    for n in range(last - 1, -1, -1):
        for j in range(v.size):
            x, y = min(max((v[j] - centre) * scale, -most), most), w[j] * scale
            a = r[j] * x - s[j] * y + terms[n]
            s[j] = r[j] * y + s[j] * x
            r[j] = a
    for j in range(v.size):
        x, y = min(max((v[j] - centre) * scale, -most), most), w[j] * scale
        a, b = r[j] * x - s[j] * y, r[j] * y + s[j] * x
        for _ in range(DOUBLINGS):
            a, b = a * a - b * b + two * a, two * b * (a + one)
        # u/(u + 2), numerator and denominator times the conjugate of the latter.
        c = a + two
        size = c * c + b * b
        r[j] = centre + swing * ((a * c + b * b) / size)
        s[j] = swing * (two * b / size)


@dataclass(frozen=True)
class _Circle:
    """The network's numbers, its weights forward and in reverse (before, here), and what all points share."""

    network: LayeredRC
    weights: list[tuple[Reals, Reals]]
    drive: RCDrive
    kind: Any
    count: int
    h: float

    def march(self, v0: Floats, beta: complex) -> Circled:
        """All steps of one point."""
        network, samples = self.network, v0.shape[0]
        z = [np.stack([v0[:, part], np.zeros_like(v0[:, part])]).astype(self.kind) for part in network.slices]
        shares = [self.h * layer.leak / layer.capacitance for layer in network.layers]
        energy = np.zeros((samples, 3))
        for step in range(self.count + 1):
            rates = self._rates(z)
            nudging = self._nudging(rates[-1], beta)
            energy += (0.5 if step in (0, self.count) else 1.0) * self._powers(z, rates, nudging)
            drift = [bracket - part for bracket, part in zip(self._brackets(rates, nudging), z, strict=True)]
            if step < self.count:
                for part, share, change in zip(z, shares, drift, strict=True):
                    part += float(share) * change
        furthest = np.max([np.abs(_complex(part)).max(axis=1) for part in drift], axis=0)
        return Circled(
            np.concatenate([_complex(part) for part in z], axis=1),
            [_complex(part) for part in rates],
            furthest / network.read_voltage,
            self.count * self.h,
            energy * self.h,
        )

    def _rates(self, z: Sequence[Reals]) -> list[Reals]:
        out = []
        for layer, part in zip(self.network.layers, z, strict=True):
            r = np.empty_like(part)
            _, _, centre, swing = np.array(curve(layer.activation), dtype=self.kind)
            flat = part.reshape(2, -1), r.reshape(2, -1)
            saturated(flat[0][0], flat[0][1], centre, swing, exponential(self.kind), flat[1][0], flat[1][1])
            out.append(r)
        return out

    def _nudging(self, r: Reals, beta: complex) -> Reals:
        """beta (d - r), or the frozen pull in place of the bracket, real and imaginary part."""
        if self.drive.frozen is not None:
            pull = np.stack([self.drive.frozen, np.zeros_like(self.drive.frozen)])
        else:
            assert self.drive.target is not None
            pull = np.stack([self.drive.target - r[0], -r[1]])
        real, imaginary = beta.real * pull[0] - beta.imag * pull[1], beta.real * pull[1] + beta.imag * pull[0]
        return np.stack([real, imaginary]).astype(self.kind, copy=False)

    def _brackets(self, rates: Sequence[Reals], nudging: Reals) -> list[Reals]:
        """What drives the nodes of each layer, real and imaginary part [V]."""
        network = self.network
        out = [np.zeros_like(r) for r in rates]
        out[0][0] = self.drive.inputs
        for k, (weights, reverse) in enumerate(self.weights, 1):
            # Both parts in one product each way.
            forward = rates[k - 1].reshape(-1, weights.shape[0]) @ weights
            back = rates[k].reshape(-1, weights.shape[1]) @ reverse.T
            out[k] += forward.reshape(out[k].shape)
            out[k - 1] += float(network.gain) * back.reshape(out[k - 1].shape)
            constant = network.constants[k]
            if constant is not None:
                out[k][0] += constant
        out[-1] += nudging
        return out

    def _powers(self, z: Sequence[Reals], rates: Sequence[Reals], nudging: Reals) -> Floats:
        """Powers (samples, 3) [W] of both real networks, as in `LayeredRC.powers`."""
        network, last = self.network, self.network.layers[-1]
        out = np.zeros((nudging.shape[1], 3))
        out[:, 0] = self.drive.power
        for k, layer in enumerate(network.layers):
            line = np.zeros(layer.size)
            if k + 1 < len(network.layers):
                line += network.layers[k + 1].row_total[: layer.size]
            if k > 0:
                line += network.gain**2 * layer.column_total
                if network.bias:
                    out[:, 0] += network.read_voltage * network.bias_drive * layer.row_total[-1]
            out[:, 0] += np.square(rates[k]).sum(axis=0) @ line
            out[:, 1] += layer.leak * np.square(z[k]).sum(axis=(0, 2))
        if self.drive.target is not None:
            across = np.abs(self.drive.target - _complex(z[-1]))
            out[:, 2] = last.leak * (np.abs(_complex(nudging)) * across).sum(axis=1)
        return out


def relax_on_circle(
    network: LayeredRC, drive: Drive, v0: Floats, betas: Sequence[complex], phase: Phase, solver: Solver
) -> list[Circled]:
    """Relax a batch under each of several complex betas, for the whole length of a phase.

    Parameters
    ----------
    network : LayeredRC
        With saturating neurons, linear devices and perfect wires.
    drive : Drive
        Of a nudged phase without read noise; its own beta is not looked at.
    v0 : ndarray (samples, nodes) [V]
        Real node voltages at the beginning.
    betas : sequence of complex
    phase, solver
        Length, and steps as `relax` takes them by `euler`.

    Raises
    ------
    SimulationError
        If a node goes further than any circuit does.
    """
    assert isinstance(drive, RCDrive)
    count, h = steps(network, phase, solver)
    kind = np.float32 if solver.precision == "single" else np.float64
    pairs = [(network.inner(layer), layer.reverse) for layer in network.layers[1:] if layer.reverse is not None]
    weights = [(one.astype(kind, copy=False), other.astype(kind, copy=False)) for one, other in pairs]
    circle, ends = _Circle(network, weights, drive, kind, count, h), {}

    def job(k: int) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            ends[k] = circle.march(v0, betas[k])

    threads.share(job, len(betas), threads.worth(v0.size * count))
    found = [ends[k] for k in range(len(betas))]
    for beta, end in zip(betas, found, strict=True):
        furthest = float(np.abs(end.v).max())
        if not furthest <= MOST_VOLTS:
            raise SimulationError(
                f"nudging by {beta:.3g} carried a node to {furthest:.3g} V: complex states of saturating neurons have "
                "poles, and the circle must stay clear of them; lower nudging.beta"
            )
    return found


def _complex(parts: Reals) -> NDArray[np.complex128]:
    """Real and imaginary part (2, ...) as complex numbers (...)."""
    return np.asarray(parts[0].astype(np.float64) + 1j * parts[1])
