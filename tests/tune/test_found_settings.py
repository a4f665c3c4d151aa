"""What a search finds for a shipped device on the bundled digits: minutes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analogep.tune import Search
from analogep.tune.found import found as collected


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("objectives", [("accuracy",), ("accuracy", "joules")])
def test_settings_for_rram_are_at_least_as_good_as_those_of_the_shipped_card(
    tmp_path: Path, objectives: tuple[str, ...]
) -> None:
    """Twenty minutes on two cores, three seeds that no trial had, on the validation part: one standard error of the
    mean difference, paired by the seed, is allowed below nothing; joules are to be at most two thirds of the card's."""
    search = Search("rram", "digits", objectives=objectives, set={"solver.method": "euler"})
    store = search.store(tmp_path)
    search.run(store, minutes=20, workers=2)
    found = collected(search, store)
    accuracy = found["confirmed_accuracy"]
    gain = (accuracy.sel(which="best") - accuracy.sel(which="card")).values
    assert gain.mean() >= -gain.std(ddof=1) / np.sqrt(len(gain))
    if "joules" in objectives:
        joules = found["confirmed_joules"].mean("seed")
        assert float(joules.sel(which="best")) <= 2 / 3 * float(joules.sel(which="card"))
