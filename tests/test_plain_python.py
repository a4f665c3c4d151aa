"""NUMBA_DISABLE_JIT=1: every kernel as the Python that it is written in, with the numbers of the compiled one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from numba import njit

from analogep import draws
from tests.plain_python import found

ROOT = Path(__file__).parents[1]
SINGLE = ("rc, single", "curved", "noisy", "spiking", "predictive", "convolution", "largest")
"""Runs in single precision, whose sums compiled code adds in another order."""


def test_a_run_of_every_kind_gives_the_numbers_of_compiled_code(tmp_path: Path) -> None:
    """1e-9 of the largest number in double precision, 1e-4 in single."""
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-W", "error::RuntimeWarning", "-m", "tests.plain_python", str(tmp_path / "plain.npz")]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        compiled = found()
        _, said = process.communicate()
    assert (process.returncode, said) == (0, "")
    with np.load(tmp_path / "plain.npz") as plain:
        assert set(plain.files) == set(compiled)
        for name, values in compiled.items():
            tolerance = (1e-4 if name.startswith(SINGLE) else 1e-9) * np.abs(values).max(
                initial=0.0, where=values == values
            )
            np.testing.assert_allclose(plain[name], values, rtol=0.0, atol=tolerance, err_msg=name)


@njit
def _fused(a, b, c, out):  # type: ignore[no-untyped-def]
    for k in range(a.size):
        out[k] = draws._fma(a[k], b[k], c[k])


def test_the_fused_product_is_that_of_the_processor_to_the_last_bit() -> None:
    """Also where rounding twice, first to double precision, would go wrong."""
    rng = np.random.default_rng(1)
    a, b, c = (rng.normal(size=30_000).astype(np.float32) for _ in range(3))
    # Products in the middle between two numbers of single precision; a hair off it, double precision sees none of.
    hard = [(1 + 2.0**-12, 1 + k * 2.0**-12, sign * 2.0**-80) for k in (1, 3) for sign in (1, 0, -1)]
    naive = [np.float32(float(x) * float(y) + z) for x, y, z in hard]
    exact = [draws._fused_in_python(*terms) for terms in hard]
    assert sum(x != y for x, y in zip(naive, exact, strict=True)) == 2
    a, b, c = (
        np.append(all_of, column).astype(np.float32)
        for all_of, column in zip((a, b, c), np.transpose(hard), strict=True)
    )
    c[:10_000] = (-a[:10_000] * b[:10_000]).astype(np.float32)
    out = np.empty_like(a)
    _fused(a, b, c, out)
    plain = [draws._fused_in_python(*terms) for terms in zip(a, b, c, strict=True)]
    np.testing.assert_array_equal(np.array(plain, np.float32).view(np.uint32), out.view(np.uint32))
