"""Joules of the same network in digital arithmetic, as a result says them."""

from __future__ import annotations

import pytest

from analogep import results
from analogep.errors import ResultError

from ..plots import synthetic


def test_the_yardstick_is_read_by_unit() -> None:
    dataset = synthetic.result(epochs=1, free=3, nudged=3)
    training, inference = (results.digital_joules(dataset, kind) for kind in ("training", "inference"))
    assert list(training) == list(inference) == list(synthetic.DIGITAL)
    assert inference[synthetic.DIGITAL[1]] == 8.6e-10


@pytest.mark.parametrize("said", [None, "no JSON", "[1, 2]", '{"a": "b"}', '{"a": null}', 3])
def test_a_result_that_does_not_say_is_refused(said: object) -> None:
    dataset = synthetic.result(epochs=1, free=3, nudged=3)
    del dataset.attrs["digital_training_joules"]
    if said is not None:
        dataset.attrs["digital_training_joules"] = said
    with pytest.raises(
        ResultError, match=r"no joules of digital arithmetic in its attribute 'digital_training_joules'"
    ):
        results.digital_joules(dataset, "training")
