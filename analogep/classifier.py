"""A chip behind scikit-learn's conventions: `fit`, `predict`, `score`, `get_params`, `partial_fit`."""

from __future__ import annotations

import copy
import sys
import warnings
from collections.abc import Mapping, Sequence
from inspect import signature
from numbers import Integral
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analogep.chip import Chip
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.keys import load
from analogep.streams import Streams

Floats = NDArray[np.float64]

_KINDS_OF_LABELS = "buifUSO"
_SETTINGS: Mapping[str, Any] = {"solver.method": "euler", "learning.center_inputs": 0.0, "learning.final": 0.1}
"""What the classifier changes of the circuit card before `settings`: equal steps, which come to the same rest, and
inputs that are centred in the update, because features have means of any size, and rates that fall within `fit`."""


class EPClassifier:
    """A classifier on a simulated chip that learns by equilibrium propagation.

    Features are brought to [0, 1] by the least and the largest value of each in the first training data (`fit`, or the
    first `partial_fit`); what lies beyond in other data is clipped, as lines cannot be driven beyond the read voltage.
    Reads are noisy; each call of `predict` or `decision_function` has the same draw of the noise, so that it can be
    repeated, and the noise of a sample depends on its place among the samples.

    Parameters
    ----------
    device, circuit : card, str or Path
        Device and circuit card, as `Chip` takes them. The circuit must be a network of dense layers.
    hidden : sequence of int
        Neurons of each hidden layer.
    epochs : int
        Passes through the training data of `fit`.
    batch : int or None
        Samples of a batch; None for the circuit card's.
    settings : mapping or None
        Keys of either card and the values to change them to, such as `{"learning.rate": [0.3]}`.
    random_state : int, numpy.random.RandomState, Generator or None
        Seed of fabrication, operation and order of the samples; None draws one.

    Attributes
    ----------
    chip_ : Chip
    classes_ : ndarray (classes,)
        Class labels, sorted.
    n_features_in_ : int
    n_iter_ : int
        Passes done.
    lowest_, highest_ : ndarray (features,)
        Values that 0 and 1 stand for, in the units of the features.

    Examples
    --------
    >>> from analogep import EPClassifier, load_data
    >>> data = load_data("digits")
    >>> model = EPClassifier("ideal", hidden=(16,), epochs=3, random_state=0)
    >>> model.fit(data.train_x[:400], data.train_y[:400]).score(data.test_x, data.test_y) > 0.5
    True
    """

    def __init__(
        self,
        device: DeviceCard | str | Path = "rram",
        circuit: CircuitCard | str | Path = "digits",
        hidden: Sequence[int] = (32,),
        epochs: int = 40,
        batch: int | None = 20,
        settings: Mapping[str, Any] | None = None,
        random_state: Any = 0,
    ) -> None:
        self.device, self.circuit, self.hidden, self.epochs = device, circuit, hidden, epochs
        self.batch, self.settings, self.random_state = batch, settings, random_state

    @classmethod
    def _names(cls) -> list[str]:
        return [name for name in signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; `deep` is there for scikit-learn, no parameter has parameters of its own."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters by name.

        Raises
        ------
        ValueError
            If there is none of that name.
        """
        for name, value in parameters.items():
            if name not in self._names():
                raise ValueError(f"EPClassifier has no parameter '{name}'; it has {', '.join(self._names())}")
            setattr(self, name, value)
        return self

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Make a chip and train it.

        Parameters
        ----------
        X : array_like (samples, features)
            In units of any kind: features are scaled.
        y : array_like (samples,)
            Class labels: numbers or text.

        Raises
        ------
        ValueError
            If the data are not what a classifier takes.
        CardError
            If cards or settings are wrong.
        """
        if not isinstance(self.epochs, Integral) or self.epochs < 0:
            raise ValueError(f"epochs is {self.epochs!r}; give a whole number from 0 on")
        x, labels = _samples(X), _labels(y)
        _same_length(x, labels)
        self._make(x, np.unique(labels), X)
        learning = self.chip_.circuit.learning
        for epoch in range(int(self.epochs)):
            self._pass(x, labels, learning.share(epoch))
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Train for one pass more.

        Parameters
        ----------
        X, y
            As in `fit`.
        classes : array_like (classes,) or None
            All classes that will ever come; needed in the first call.

        Raises
        ------
        ValueError
            If the data are not what a classifier takes, or the classes are not known.
        """
        first = not hasattr(self, "chip_")
        x, labels = _samples(X), _labels(y)
        _same_length(x, labels)
        if first:
            if classes is None:
                raise ValueError("classes: all classes that will come must be given in the first call of partial_fit")
            self._make(x, np.unique(np.asarray(classes)), X)
        elif classes is not None and not np.array_equal(np.unique(np.asarray(classes)), self.classes_):
            raise ValueError(
                f"classes: {np.unique(np.asarray(classes))}, and not those of the first call, {self.classes_}"
            )
        self._check_features(x, X)
        unknown = np.setdiff1d(labels, self.classes_)
        if unknown.size:
            raise ValueError(f"y has the class {unknown[0]!r}, which is none of {self.classes_}")
        self._pass(x, labels)
        return self

    def _make(self, x: Floats, classes: NDArray[Any], given: Any) -> None:
        """A new chip for data like these."""
        if classes.size < 2:
            raise ValueError(f"y has 1 class, '{classes[0]}'; a classifier needs at least two")
        self.classes_, self.n_features_in_, self.n_iter_ = classes, x.shape[1], 0
        names = _names_of_features(given)
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        self.lowest_, self.highest_ = x.min(axis=0), x.max(axis=0)
        self._seed = _seed(self.random_state)
        layers = [x.shape[1], *(int(size) for size in self.hidden), classes.size]
        changes = {
            "layers": layers,
            "learning.epochs": max(int(self.epochs), 1),
            **_stretched(load(self.device, self.circuit)[1], len(layers) - 1),
        }
        changes |= {} if self.batch is None else {"learning.batch": int(self.batch)}
        self.chip_ = Chip(self.device, self.circuit, self._seed, set={**changes, **_SETTINGS, **(self.settings or {})})
        self.chip_.mean_input = self._scaled(x).mean(axis=0)

    def _pass(self, x: Floats, labels: NDArray[Any], share: float = 1.0) -> None:
        """Train once on all samples, in random order, at a share of the card's rates."""
        inputs, targets = self._scaled(x), np.searchsorted(self.classes_, labels)
        order = Streams(self._seed).rng("order", self.n_iter_).permutation(len(inputs))
        learning = self.chip_.circuit.learning
        size, rates = learning.batch, [share * rate for rate in self.chip_.circuit.per_layer(learning.rate)]
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            self.chip_.train(inputs[chosen], targets[chosen], rates=rates)
        self.n_iter_ += 1

    def _scaled(self, x: Floats) -> Floats:
        """Features as shares of the read voltage (samples, features) [1]; those that never changed are 0."""
        span = self.highest_ - self.lowest_
        with np.errstate(over="ignore", invalid="ignore"):
            found = np.divide(x - self.lowest_, span, out=np.zeros_like(x), where=(span > 0.0) & np.isfinite(span))
        return np.asarray(np.clip(found, 0.0, 1.0))

    def decision_function(self, X: ArrayLike) -> Floats:
        """Scores of the classes (samples, classes) [V], or where there are two second less first (samples,) [V].

        `X` (samples, features) are features in the units of `fit`.

        Raises
        ------
        ValueError
            If the classifier is not fitted, or `X` does not have the features that it was fitted to.
        """
        self._check_fitted()
        x = _samples(X)
        self._check_features(x, X)
        scores = self.chip_.scores(self._scaled(x), draw=0)
        return np.asarray(scores[:, 1] - scores[:, 0]) if self.classes_.size == 2 else scores

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Class of each sample (samples,); parameters as in `decision_function`, and errors too."""
        found = self.decision_function(X)
        chosen = (found > 0.0).astype(int) if found.ndim == 1 else found.argmax(axis=1)
        return np.asarray(self.classes_[chosen])

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Share of the samples that are classified as `y` says, or their weighted share [1].

        `X` and `y` are as in `fit`; `sample_weight` (samples,) [1] are weights of the samples, all the same if None.
        """
        labels = _labels(y)
        return float(
            np.average(self.predict(X) == labels, weights=None if sample_weight is None else np.asarray(sample_weight))
        )

    def _check_fitted(self) -> None:
        if not hasattr(self, "chip_"):
            message = "this EPClassifier is not fitted: call fit first"
            try:
                from sklearn.exceptions import NotFittedError
            except ImportError:
                raise ValueError(message) from None
            raise NotFittedError(message)

    def _check_features(self, x: Floats, given: Any) -> None:
        if x.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {x.shape[1]} features, but EPClassifier is expecting {self.n_features_in_} features as input"
            )

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "chip_")

    def __sklearn_clone__(self) -> EPClassifier:
        return type(self)(**{name: copy.copy(value) for name, value in self.get_params().items()})

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator; only it calls this, so it is there."""
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(),
            non_deterministic=True,
        )

    def __repr__(self) -> str:
        default = signature(type(self).__init__).parameters
        said = [f"{name}={value!r}" for name, value in self.get_params().items() if value is not default[name].default]
        return f"EPClassifier({', '.join(said)})"


def _samples(X: Any) -> Floats:
    """Features as (samples, features), finite."""
    if hasattr(X, "toarray"):
        raise TypeError("X is a sparse matrix, and EPClassifier takes dense data only; use X.toarray()")
    found = np.asarray(X)
    if found.dtype.kind == "c":
        raise ValueError("Complex data not supported: EPClassifier takes real features")
    if found.ndim != 2:
        raise ValueError(
            f"Expected 2D array, got {found.ndim}D array instead. Reshape your data: X.reshape(1, -1) for one sample"
        )
    if found.shape[0] == 0 or found.shape[1] == 0:
        what = "sample" if found.shape[0] == 0 else "feature"
        raise ValueError(f"Found array with 0 {what}(s) (shape={found.shape}) while a minimum of 1 is required.")
    found = found.astype(np.float64)
    if not np.isfinite(found).all():
        raise ValueError(f"Input X contains {'NaN' if np.isnan(found).any() else 'infinity'}: replace or remove it")
    return found


def _labels(y: Any) -> NDArray[Any]:
    """Classes as (samples,)."""
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    found = np.asarray(y)
    if found.ndim == 2 and found.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected; it is taken as y.ravel()",
            _conversion(),
            stacklevel=4,
        )
        found = found.ravel()
    if found.ndim != 1:
        raise ValueError(f"y has the shape {found.shape}; give one class a sample, such as y.argmax(axis=1)")
    if found.dtype.kind not in _KINDS_OF_LABELS:
        raise ValueError(f"Unknown label type: {found.dtype}")
    if found.dtype.kind == "f":
        if not np.isfinite(found).all():
            raise ValueError(f"Input y contains {'NaN' if np.isnan(found).any() else 'infinity'}")
        if (found != np.floor(found)).any():
            raise ValueError("Unknown label type: continuous. EPClassifier takes classes, and y has fractions")
    return found


def _conversion() -> type[Warning]:
    """Warning of a converted target: scikit-learn's own where it is in use."""
    known = sys.modules.get("sklearn.exceptions")
    return UserWarning if known is None else known.DataConversionWarning


def _same_length(x: Floats, labels: NDArray[Any]) -> None:
    if len(x) != len(labels):
        raise ValueError(f"Found input variables with inconsistent numbers of samples: [{len(x)}, {len(labels)}]")


def _names_of_features(X: Any) -> NDArray[Any] | None:
    """Column names of a data frame, if all of them are text."""
    columns = getattr(X, "columns", None)
    if columns is None:
        return None
    names = np.asarray(columns, dtype=object)
    return names if all(isinstance(name, str) for name in names) else None


def _seed(random_state: Any) -> int:
    """A seed from what scikit-learn calls a random state."""
    if random_state is None:
        return int(np.random.default_rng().integers(2**31))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    if isinstance(random_state, Integral) and int(random_state) >= 0:
        return int(random_state)
    raise ValueError(f"random_state is {random_state!r}; give a whole number from 0 on, a generator, or None")


def _stretched(circuit: CircuitCard, depth: int) -> dict[str, Any]:
    """Lists with one number a layer for another depth: the first one's, and the last one's for all layers behind."""
    lists = {
        "mapping.weight_range": circuit.mapping.weight_range,
        "learning.rate": circuit.learning.rate,
        "learning.initial_gain": circuit.learning.initial_gain or (),
    }
    return {
        key: [values[0], *[values[-1]] * (depth - 1)]
        for key, values in lists.items()
        if len(values) > 1 and len(values) != depth
    }
