"""The summary of a run says whether its neurons were taken as identical."""

from __future__ import annotations

import pytest

from analogep import Run
from analogep.cli import summary

SAID = "  neurons   taken as identical: the circuit card has no block 'mismatch'"


@pytest.mark.parametrize(("block", "said"), [(None, True), ({"offset": 1e-3}, False)])
def test_a_run_without_the_block_says_so(block: object, said: bool) -> None:
    settings = {"layers": [64, 4, 10], "learning.epochs": 0, "solver.method": "euler", "mismatch": block}
    assert (SAID in summary.text(Run("ideal", "digits", set=settings).execute()).splitlines()) == said
