"""Seconds, joules and watts of a result, and what it takes to reach an accuracy."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.cli import summary
from analogep.results import clock
from tests.plots.synthetic import result


def test_what_an_accuracy_took_includes_the_initial_weights() -> None:
    dataset = result(epochs=3)
    dataset["accuracy"].values[:] = [0.4, 0.92, 0.91]
    dataset["elapsed"].values[:] = [10.0, 25.0, 45.0]
    dataset["training_energy"].values[:] = [1.0, 2.0, 4.0]
    dataset["energy"].loc[{"phase": "initial"}] = 0.0
    dataset["energy"].values[0, 0, 0] = 7.0
    found = clock.reached(dataset, 0.9)
    assert found == {"accuracy": 0.9, "epoch": 2, "seconds": 25.0, "joules": pytest.approx(7.0 + 3.0 * 1437)}
    assert clock.reached(dataset, 0.95) is None
    assert [one["accuracy"] for one in clock.numbers(dataset)["to_accuracy"]] == [0.5, 0.8, 0.9]


def test_numbers_are_those_of_the_variables() -> None:
    dataset = result(epochs=2)
    said = clock.numbers(dataset)
    assert said["seconds_per_epoch"] == pytest.approx(float(dataset["training_seconds"].mean()) * 1437)
    assert said["seconds_of_training"] == pytest.approx(2.0 * said["seconds_per_epoch"])
    assert said["seconds_initial"] == pytest.approx(dataset["seconds"].values[:, :, 0].sum())
    assert said["watts_at_most"] == dataset["watts"].values[:, 1].max()


def test_a_result_from_before_there_was_a_clock_says_nothing() -> None:
    dataset = result().drop_vars(["seconds", "training_seconds", "inference_seconds", "elapsed", "watts"])
    assert clock.numbers(dataset) == {}
    assert clock.reached(dataset, 0.1) is None


def test_the_summary_says_long_times_as_people_do() -> None:
    from tests.cli.test_commands import summarised

    dataset = summarised()
    dataset["training_seconds"].values[:] = 10_886_400.0 / float(dataset.attrs["train_samples"])
    lines = summary.text(dataset).splitlines()
    (line,) = (one for one in lines if one.startswith("  time      "))
    assert line.startswith("  time      126 days an epoch, ")
    start = next(k for k, one in enumerate(lines) if "time per sample on the chip" in one)
    assert np.all([one.startswith("    ") for one in lines[start + 1 : start + 3]])
