"""`analogep beta`: table, JSON, files, cautions, and what it refuses before it computes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analogep import plots, results
from analogep.cli.beta import cautions

from .commands import SMALL
from .conftest import Said

Beta = Callable[..., Said]
QUICK = ("--epochs", "1", "--set", "learning.probe=20")


@pytest.fixture
def beta(say: Callable[..., Said], few: Path) -> Beta:
    def run(*arguments: str, device: str = "ideal") -> Said:
        return say("beta", device, "--data", str(few), *SMALL, *QUICK, *arguments)

    return run


def test_the_table_has_every_estimator_at_every_noise_level_of_both_networks(beta: Beta, tmp_path: Path) -> None:
    said = beta("--noise", "0.03,0.01", "--out", str(tmp_path / "out"))
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert lines[0] == "ideal, 64-6-10 on few: bias and noise against beta"
    for network in ("untrained", "trained"):
        assert sum(line.startswith(f"{network} network: pole at beta 0.") for line in lines) == 1
    for estimator in ("positive", "negative", "random_sign", "centered", "richardson"):
        rows = [line for line in lines if f"% {estimator} " in line]
        assert [row.split()[0] for row in rows] == 2 * ["1%", "3%"]
    heads = [f"On the trained network, at a noise of {share} % of full scale in a sample, " for share in (1, 3)]
    assert all(line.startswith(head) for line, head in zip(lines[-3:-1], heads, strict=True))
    found = results.read(tmp_path / "out" / "beta.nc")
    assert dict(found.sizes) | {"beta": 0} == {"network": 2, "noise": 2, "estimator": 5, "beta": 0}
    np.testing.assert_allclose(found["noise"], [2e-3, 6e-3])
    assert (tmp_path / "out" / "beta.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == ["beta.nc", "beta.png"]


def test_json_has_the_numbers_of_the_file_and_trainings(beta: Beta, tmp_path: Path) -> None:
    said = beta("--train", "--json", "--quiet", "--out", str(tmp_path / "out"), device="rram")
    assert (said.code, said.err) == (0, "")
    numbers, found = json.loads(said.out), results.read(tmp_path / "out" / "beta.nc")
    row = next(r for r in numbers["estimators"] if (r["network"], r["estimator"]) == ("trained", "centered"))
    one = found.isel(noise=0).sel(network="trained", estimator="centered")
    assert row["predicted"] == float(one["predicted"])
    assert row["noise"] == pytest.approx(0.21 / 200)
    assert len(numbers["trainings"]) == 6
    assert [entry["accuracy"] for entry in numbers["trainings"]] == found["accuracy"].values[0].tolist()
    # one panel row more for the accuracies
    figure = plots.finite_beta(found)
    assert len(figure.axes) == 6
    assert figure.axes[4].get_ylabel() == "validation accuracy [%]"


def test_a_card_beta_too_near_to_the_pole_is_warned_of(beta: Beta, tmp_path: Path) -> None:
    said = beta("--set", "nudging.beta=0.9", "--out", str(tmp_path / "out"))
    assert said.code == 0
    assert "untrained network: negative nudging cancels the outputs' leak at 0." in said.err
    assert "the card's centered estimator at beta 0.9 comes too close, use at most 0." in said.err
    found = results.read(tmp_path / "out" / "beta.nc")
    assert (found["predicted"].sel(estimator="centered") <= 0.8 * found["pole"]).all()
    assert (found["predicted"].sel(estimator="richardson") <= 0.4 * found["pole"]).all()
    assert any("comes too close" in sentence for sentence in cautions(found))


def test_constant_nudging_has_no_pole_and_no_bound(beta: Beta, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = beta("--set", "nudging.kind=constant", "--set", "nudging.beta=0.9", "--out", str(out))
    assert said.code == 0, said.err
    assert "untrained network: no pole; bias left at beta 0:" in said.out
    assert "comes too close" not in said.err
    found = results.read(out / "beta.nc")
    assert np.isinf(found["pole"]).all()
    # frozen currents leave the circuit as it is: less bias at every beta than nudging by a conductance
    assert (found["coefficient"].sel(estimator="positive") < 0.5).all()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--noise", "1 %"), 2, "needs shares of full scale from 0 to 10, as 0.01,0.1; got '1 %'"),
        (("--noise", "0.1,,0.2"), 2, "needs shares of full scale"),
        (("--noise", "-0.1"), 2, "--noise"),
        (("--noise", "0.1,0.1"), 2, "needs at most 6 different values"),
        (("--noise", "nan"), 2, "got 'nan'"),
        (("--set", "nudging.beta=0"), 2, "nudging.beta: must be greater than 0"),
        (("--epochs", "0"), 2, "needs a whole number from 1"),
    ],
)
def test_bad_arguments_are_one_sentence(
    beta: Beta, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    said = beta(*arguments, "--out", str(tmp_path / "out"))
    assert (said.code, said.out) == (code, "")
    assert message in said.err
    assert not (tmp_path / "out").exists()


def test_a_result_is_replaced_only_by_force(beta: Beta, tmp_path: Path) -> None:
    (tmp_path / "beta.nc").write_bytes(b"mine")
    said = beta("--out", str(tmp_path))
    assert said.code == 2
    assert "beta.nc: exists; --force replaces it, --out writes to another folder" in said.err
    assert (tmp_path / "beta.nc").read_bytes() == b"mine"
    (tmp_path / "file").write_text("")
    assert "is a file; name a folder" in beta("--out", str(tmp_path / "file")).err
    assert beta("--out", str(tmp_path), "--force", "--quiet").code == 0
    assert results.read(tmp_path / "beta.nc").sizes["network"] == 2


def test_a_network_of_spikes_is_refused_in_one_sentence(say: Callable[..., Said], few: Path, tmp_path: Path) -> None:
    said = say(
        "beta", "ideal", "--circuit", "spiking-digits", "--data", str(few), *QUICK, "--out", str(tmp_path / "out")
    )
    assert said.code == 2
    assert "never comes to rest" in said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "out" / "beta.nc").exists()


def test_where_no_estimate_has_a_direction_the_table_has_a_dash_and_json_null(beta: Beta, tmp_path: Path) -> None:
    # Converters of two bits do not see what small beta move: those estimates are zero, and have no cosine.
    said = beta("--set", "adc.bits=2", "--out", str(tmp_path / "out"))
    assert said.code == 0, said.err
    assert not re.search(r"\bnan\b", said.out)
    found = results.read(tmp_path / "out" / "beta.nc")
    best = found["best_cosine"].values
    assert np.isnan(best).any()
    # a dash stands in the column of cosines, eight wide
    assert said.out.count("       -") == int(np.isnan(best).sum())
    nothing = found.copy(deep=True)
    nothing["cosine"][:] = np.nan
    nothing["error"][:] = np.nan
    texts = [text.get_text() for axes in plots.finite_beta(nothing).axes for text in axes.texts]
    assert "no gradient in any estimate" in texts
    assert "no beta could be measured" in texts
