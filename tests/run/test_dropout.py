"""Input lines switched off at random in training: how many, how the others swing, and that a test has all on."""

import numpy as np
import pytest

from analogep.learning import Experimenter
from tests.run.tiny import digits, tiny

SHARE = 0.4


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[np.ndarray]]:
    """Line voltages of each batch of training, and inputs of each relaxation outside of it."""
    kept: dict[str, list[np.ndarray]] = {"training": [], "all": []}
    phases, lines = Experimenter.phases, Experimenter.lines

    def record_phases(self, *args):
        found = phases(self, *args)
        kept["training"].append(found[1])
        return found

    def record_lines(self, x):
        kept["all"].append(x)
        return lines(self, x)

    monkeypatch.setattr(Experimenter, "phases", record_phases)
    monkeypatch.setattr(Experimenter, "lines", record_lines)
    return kept


def test_the_given_share_of_lines_is_off_and_the_others_swing_by_as_much_more(
    seen: dict[str, list[np.ndarray]],
) -> None:
    run = tiny(
        "learning.epochs=4", f"learning.input_dropout={SHARE}", "dac.bits=null", "dac.booked=8", "learning.batch=60"
    )
    run.execute()
    full = run.circuit.mapping.read_voltage * np.sort(digits().train_x, axis=0)
    # The probe takes its phases with all lines on.
    batches = [lines for lines in seen["training"] if len(lines) == 60]
    lit = sum(np.count_nonzero(lines) for lines in batches) / (4 * np.count_nonzero(full))
    assert lit == pytest.approx(1.0 - SHARE, abs=4 * np.sqrt(SHARE * (1 - SHARE) / (4 * np.count_nonzero(full))))
    allowed = np.unique(np.round(full / (1.0 - SHARE), 9))
    assert all(np.isin(np.round(lines, 9), allowed).all() for lines in batches)


def test_each_sample_and_each_epoch_draws_anew(seen: dict[str, list[np.ndarray]]) -> None:
    tiny("learning.epochs=2", f"learning.input_dropout={SHARE}", "learning.batch=60").execute()
    masks = [np.sort((lines > 0).sum(axis=1)) for lines in seen["training"] if len(lines) == 60]
    assert (masks[0] != masks[1]).any()


def test_a_test_has_all_lines_on(seen: dict[str, list[np.ndarray]]) -> None:
    tiny("learning.epochs=1", f"learning.input_dropout={SHARE}").execute()
    assert any(np.array_equal(x, digits().test_x) for x in seen["all"])


def test_without_dropout_the_lines_are_the_inputs(seen: dict[str, list[np.ndarray]]) -> None:
    run = tiny("learning.epochs=1", "dac.bits=null", "dac.booked=8", "learning.batch=60")
    run.execute()
    lines = next(lines for lines in seen["training"] if len(lines) == 60)
    np.testing.assert_allclose(lines.sum(), digits().train_x.sum() * run.circuit.mapping.read_voltage, rtol=1e-12)
