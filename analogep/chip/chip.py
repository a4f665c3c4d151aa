"""The handle: a chip as a person holds it.

device card + circuit card + seed -> chip of crossbars -> relax, learn by pulses, answer; joules booked all along
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analogep.chip import observed, stored
from analogep.chip.emulator import Emulator, Programmed, Trained, scores
from analogep.chip.inputs import inputs, matrices, pair, rates_of, targets
from analogep.chip.threads import one_blas_thread
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.display import line, table
from analogep.errors import UsageError
from analogep.keys import load
from analogep.network import Network
from analogep.streams import Seeds
from analogep.units import TIME, format_si

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]


class Chip:
    """A simulated chip: crossbars of one device in one circuit, fabricated, with its initial weights written.

    Parameters
    ----------
    device : DeviceCard, str or Path
        Card, name of a shipped one, or YAML file.
    circuit : CircuitCard, str or Path
        The same of the circuit.
    seed : int or Seeds
        Fabrication, operation and data seeds; one number serves all three.
    set : mapping or None
        Keys of either card and the values to change them to, as `Card.changed` takes them.

    Attributes
    ----------
    device, circuit : cards
    seeds : Seeds
    emulator : Emulator
        What the chip is inside; for the package itself.
    mean_input : ndarray (inputs,) or None [1]
        Mean of the training inputs; needed for training where the card has `learning.center_inputs`.

    Raises
    ------
    CardError
        If a card is wrong, or the cards do not go together.

    Notes
    -----
    Inputs `x` are arrays (samples, inputs) in [0, 1]. Targets are classes (samples,) from 0, or shares of the target
    voltage (samples, classes) in [0, 1]. Lists of weights and of gradients have one array (rows, columns) [1] for each
    store of weights, from the inputs on, with the bias line in the last row.

    Every call is an operation of the chip: reads are noisy, and joules are booked. The numbers depend on the seed and
    on the order of the calls, and on nothing else.

    Every method raises UsageError for arrays, targets, rates or weights that do not fit the circuit, and for pulses on
    a chip that is for reading only; `phases` and `gradient` raise CardError for an estimator or beta that does not fit.

    Examples
    --------
    >>> from analogep import Chip, load_data
    >>> data = load_data("digits")
    >>> chip = Chip("ideal", "digits", seed=1, set={"layers": [64, 16, 10], "solver.method": "euler"})
    >>> change = [-0.3 * slope for slope in chip.gradient(data.train_x[:20], data.train_y[:20])]
    >>> chip.program(change).pulses > 0
    True
    >>> chip.predict(data.test_x[:5]).shape
    (5,)
    """

    def __init__(
        self,
        device: DeviceCard | str | Path,
        circuit: CircuitCard | str | Path = "digits",
        seed: int | Seeds = 0,
        *,
        set: Mapping[str, Any] | None = None,
    ) -> None:
        cards = load(device, circuit, set)
        self._take(Emulator(*cards, seed if isinstance(seed, Seeds) else Seeds.of(seed)))
        with one_blas_thread():
            self.emulator.start()

    def _take(self, emulator: Emulator, only: str = "") -> None:
        """Be the handle of an emulator; `only` says why it can be read and not programmed, where that is so."""
        self.emulator, self._only, hardware = emulator, only, emulator.hardware
        self.device, self.circuit, self.seeds = hardware.device, hardware.circuit, hardware.seeds

    @classmethod
    def of(cls, emulator: Emulator, only: str = "") -> Self:
        """Handle of an emulator as it is; `only` as the reason why it can be read and not programmed."""
        chip = cls.__new__(cls)
        chip._take(emulator, only)
        return chip

    @property
    def mean_input(self) -> Floats | None:
        """Mean of the training inputs (inputs,) [1], for `learning.center_inputs`."""
        return self.emulator.mean_input

    @mean_input.setter
    def mean_input(self, value: ArrayLike | None) -> None:
        mean = None if value is None else np.asarray(value, dtype=np.float64)
        if mean is not None and (mean.shape != (self.circuit.sizes[0],) or not np.isfinite(mean).all()):
            raise UsageError(f"mean_input has the shape {mean.shape}; give ({self.circuit.sizes[0]},) finite numbers")
        self.emulator.mean_input = mean

    def network(self) -> Network:
        """Return the circuit with the conductances of this instant: Kirchhoff's equations, powers, Jacobian."""
        return self.emulator.hardware.network()

    def relax(
        self, x: ArrayLike, *, target: ArrayLike | None = None, beta: float | None = None, record: bool = False
    ) -> xr.Dataset:
        """Free phase from discharged nodes and, with targets, one nudged phase after it.

        Parameters
        ----------
        x : array_like (samples, inputs) [1]
        target : array_like (samples,) of int, or (samples, classes) [1], or None
            None for the free phase alone.
        beta : float or None
            Nudging strength; None for the circuit card's first one that is not 0.
        record : bool
            Whether to keep the way there: `path` (time, sample, node) [V].

        Returns
        -------
        xarray.Dataset
            `voltage` (phase, sample, node) [V], `rate_1`, ... (phase, sample, neuron) [V], `score`
            (phase, sample, class) [V], `residual` (phase, sample) [1], `settled`, `duration` (phase) [s],
            `joules` (phase, component) [J]; coordinate `beta`.

        Raises
        ------
        SimulationError
            If the circuit diverges or the integrator gives up.
        UsageError
            If there is a beta and no target.
        """
        given = inputs(x, self.circuit)
        wanted = None if target is None else targets(target, len(given), self.circuit)
        if wanted is None and beta is not None:
            raise UsageError(f"beta is {beta:g} and there are no targets to nudge to; give target=")
        with one_blas_thread():
            return observed.relaxation(self.emulator, given, wanted, beta, record=record)

    def phases(
        self, x: ArrayLike, target: ArrayLike, *, estimator: str | None = None, beta: float | None = None
    ) -> xr.Dataset:
        """All phases of an estimator, as the update sees them: sampled with noise and quantised.

        Parameters
        ----------
        x : array_like (samples, inputs) [1]
        target : array_like (samples,) of int, or (samples, classes) [1]
        estimator, beta : str, float or None
            Instead of the circuit card's.

        Returns
        -------
        xarray.Dataset
            `rate_1`, ... (phase, sample, neuron) [V], with the coordinates `beta` and `weight` of each phase: the
            estimate is the sum over phases of the weight times the gradient of the network's energy there.
        """
        given, wanted = pair(x, target, self.circuit)
        with one_blas_thread():
            return observed.phases(self.emulator, given, wanted, observed.nudging(self.circuit, estimator, beta))

    def gradient(
        self,
        x: ArrayLike,
        target: ArrayLike,
        *,
        estimator: str | None = None,
        beta: float | None = None,
        noisy: bool = True,
    ) -> list[Floats]:
        """Gradient of the mean cost (rows, columns) [1] by the weights of each store, as the estimator finds it.

        Parameters
        ----------
        x, target, estimator, beta
            As in `phases`.
        noisy : bool
            Whether reads and samples are disturbed and converters quantise.
        """
        given, wanted = pair(x, target, self.circuit)
        with one_blas_thread():
            chosen = observed.nudging(self.circuit, estimator, beta)
            runner, network, contour = observed.runner(self.emulator, chosen, noisy=noisy)
            found, lines, _ = runner.phases(network, given, wanted, contour)
            return network.gradient(found, lines)

    def exact_gradient(self, x: ArrayLike, target: ArrayLike) -> list[Floats]:
        """Gradient of the mean cost by the adjoint at the free equilibrium: no finite beta, no noise, no converters.

        Nothing is booked: no chip does this. Parameters and result as in `gradient`.

        Raises
        ------
        SimulationError
            If the network is close to an instability.
        """
        given, wanted = pair(x, target, self.circuit)
        with one_blas_thread():
            network = self.network()
            quiet = observed.silent(self.emulator)
            lines = quiet.lines(given)
            return network.exact_gradient(quiet.equilibrium(network, lines), lines, wanted)

    def program(self, change: Sequence[ArrayLike]) -> Programmed:
        """Program a wanted change of the weights by pulses, as the update rule of the circuit card says.

        Parameters
        ----------
        change : sequence of array_like (rows, columns) [1]
            One for each store of weights. Stochastic rules round to whole pulses, accumulating ones remember what they
            have not written.
        """
        self._programmable()
        wanted = matrices(change, self._shapes, "change")
        return self._written(lambda: float(self.emulator.program(wanted).sum()))

    def _written(self, write: Callable[[], float]) -> Programmed:
        """Let something write that returns its pulses, and say what came of it."""
        before, spent = self.weights, self.emulator.joules.sum()
        with one_blas_thread():
            pulses = write()
        moved = [after - old for after, old in zip(self.weights, before, strict=True)]
        return Programmed(moved, pulses, float(self.emulator.joules.sum() - spent))

    def train(self, x: ArrayLike, target: ArrayLike, *, rates: float | Sequence[float] | None = None) -> Trained:
        """One batch of training as the circuit card has it: phases, estimate, pulses.

        Parameters
        ----------
        x : array_like (samples, inputs) [1]
        target : array_like (samples,) of int, or (samples, classes) [1]
        rates : float, sequence of float or None
            Learning rate of each layer, or of all of them; None for the circuit card's.
        """
        self._programmable()
        given, wanted = pair(x, target, self.circuit)
        chosen = self.emulator.rates if rates is None else rates_of(rates, self.circuit.depth)
        with one_blas_thread():
            return self.emulator.train(given, wanted, chosen)

    def scores(self, x: ArrayLike, *, draw: int | None = None) -> Floats:
        """Scores of the classes (samples, classes) [V]: a free phase, and the outputs through the converter.

        Parameters
        ----------
        x : array_like (samples, inputs) [1]
        draw : int or None
            Which draw of the noise, so that the same call gives the same numbers; None for a new one.
        """
        given = inputs(x, self.circuit)
        with one_blas_thread():
            return scores(self.emulator.observer(draw=draw), given)

    def predict(self, x: ArrayLike, *, draw: int | None = None) -> NDArray[np.int64]:
        """Class of each sample (samples,), the one with the largest score; parameters as in `scores`."""
        return np.asarray(self.scores(x, draw=draw).argmax(axis=1))

    def accuracy(self, x: ArrayLike, labels: ArrayLike) -> float:
        """Share of the samples `x` (samples, inputs) [1] that are classified as their `labels` (samples,) say [1]."""
        found = self.predict(x)
        known = targets(labels, len(found), self.circuit).argmax(axis=1)
        return float(np.mean(found == known))

    @property
    def _shapes(self) -> list[tuple[int, int]]:
        return [store.shape for store in self.emulator.hardware.stores]

    @property
    def weights(self) -> list[Floats]:
        """Weights of each store now (rows, columns) [1]; copies that cannot be written to: `place` writes weights."""
        found = [np.array(store.weights, dtype=np.float64) for store in self.emulator.hardware.stores]
        for one in found:
            one.setflags(write=False)
        return found

    def conductances(self) -> xr.Dataset:
        """Conductances of all cells now [S]: `g_plus_1`, `g_minus_1`, ... (rows, columns), inputs and bias as rows."""
        return observed.conductances(self.emulator.hardware)

    def windows(self) -> xr.Dataset:
        """Ends of each cell's own window [S]: `low_plus_1`, `high_plus_1`, ... (rows, columns)."""
        return observed.windows(self.emulator.hardware)

    def place(self, weights: Sequence[Any] | xr.Dataset, *, exact: bool = False) -> Programmed:
        """Write weights onto the chip, such as those of a network that was trained elsewhere.

        Parameters
        ----------
        weights : sequence of array_like (rows, columns) [1], or xarray.Dataset
            One for each store; what lies beyond its range is clipped. A Dataset has conductances, as `conductances` and
            the results of runs do.
        exact : bool
            Whether cells are put at their conductances, as far as their windows reach, without pulses, noise and
            joules, instead of by pulses and verify reads. No chip can do that: it is for comparisons.
        """
        self._programmable()
        if isinstance(weights, Sequence):
            wanted = matrices(weights, self._shapes, "weights")
            cells = observed.holding(self.emulator.hardware, wanted)
        else:
            cells = observed.cells(self.emulator.hardware, weights)
            wanted = observed.held(self.emulator.hardware, cells)
        return self._written(lambda: self.emulator.put(cells) if exact else self.emulator.place(wanted).pulses)

    def aged(self, after: float | str, inferences: float = 0.0) -> Self:
        """Return the chip as it stands some time after its weights were written, for reading only.

        Parameters
        ----------
        after : float [s] or str
            Such as 86400.0 or '1 d'; the device card's retention says what it does to each cell.
        inferences : float
            In that time; what their voltages do by `disturb` of the card, or by its rate law, is done at its end. A
            card that says neither is warned of: they move nothing.

        Raises
        ------
        UsageError, ValueError
            If one is below 0 or not finite, or so many take longer; if a text is not a time.
        """
        seconds = TIME.parse(after) if isinstance(after, str) else float(after)
        if not 0.0 <= seconds < np.inf:
            raise UsageError(f"after is {after!r}; give a time from 0 s on, such as 86400.0 or '1 d'")
        later = self.emulator.aged(seconds, inferences)
        only = f"it shows the chip {format_si(seconds, 's')} after it was written"
        return type(self).of(later, only + later.used(inferences))

    def _programmable(self) -> None:
        if self._only:
            raise UsageError(f"this chip is for reading only: {self._only}")

    @property
    def joules(self) -> xr.DataArray:
        """Joules of all that the chip has done (component, phase) [J]; `float(chip.joules.sum())` is the total."""
        return observed.joules(self.emulator)

    @property
    def seconds(self) -> xr.DataArray:
        """Seconds of all that the chip has done, on its own clock (span, phase) [s]."""
        return observed.seconds(self.emulator)

    def save(self, path: str | Path) -> Path:
        """Save the chip as a NetCDF file: cards, seeds, cells, memory of the update rule, joules, random streams.

        A chip that is loaded goes on as this one would, number for number.

        Raises
        ------
        ResultError, UsageError
            If the file cannot be written, or the chip is for reading only.
        """
        self._programmable()
        return stored.save(self.emulator, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load what `save` has written.

        Raises
        ------
        ResultError
            If the file is missing, damaged, or not a chip.
        """
        return cls.of(stored.load(Path(path)))

    def __repr__(self) -> str:
        return line("Chip", f"{self.device.name} in {self.circuit.name}", observed.shown(self.emulator, self._only))

    def _repr_html_(self) -> str:
        return table(f"Chip: {self.device.name} in {self.circuit.name}", observed.shown(self.emulator, self._only))

    def __getstate__(self) -> dict[str, Any]:
        return {"only": self._only, **stored.state(self.emulator)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._take(stored.of_state(state), state["only"])
