"""The study of step-by-step gradients on few images: agreement, memory."""

import numpy as np
import pytest

from .conftest import load_study

study = load_study("step_gradients")


@pytest.mark.parametrize("pool", ["average", "max"])
def test_every_step_points_where_backpropagation_points(pool: str) -> None:
    """Untrained, three images: cosine above 0.999 in every step and layer that has a gradient."""
    cosine, error = study.compared(study.network_of(pool, 0), 3)
    known = np.isfinite(cosine)
    assert known[-1].all()
    assert (cosine[known] > 0.999).all()
    assert (error[known] < 0.05).all()


def test_the_memory_of_propagation_does_not_grow_with_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "LENGTHS", (10, 40))
    (_, ours, theirs), (_, later, grown) = study.memory(study.network_of("average", 0), 3)
    assert later < 1.1 * ours
    assert grown > 2.5 * theirs > 2.5 * ours
