"""Open families: what a user's class must have, how it is named, found, recorded, and told apart from another one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar, Literal

import pytest

import analogep
from analogep import DeviceCard, Run, Study, results
from analogep.cards import NamedFamily, family, origin
from analogep.cards.schema import json_schema
from analogep.circuit import CircuitCard
from analogep.cli.main import main
from analogep.costs import Cost
from analogep.device.laws import LAWS, Constant, Law, StepBranch
from analogep.errors import CardError, ResultError, UsageError
from analogep.estimators import ESTIMATORS, Estimator
from analogep.run import RESULT
from tests.parts.test_touch_points import OWN, PARTS, said

BLOCK = json.dumps(said({"it": PARTS["law"][2]["programming"]})["it"])
SMALL = ["--set", "layers=[64,8,10]", "--set", "solver.method=euler", "--epochs", "1", "--quiet", "--force"]


def test_a_class_of_no_family_is_refused() -> None:
    with pytest.raises(UsageError, match=r"Stray is no part: derive it from the base class of a family"):

        @analogep.register
        class Stray:
            pass


def test_a_part_without_a_name_is_refused_with_how_to_name_it() -> None:
    with pytest.raises(UsageError, match=r"needs the name by which cards call it: kind: Literal\['nameless'\]"):

        @analogep.register
        class Nameless(Cost):
            pass

    with pytest.raises(UsageError, match=r"name: ClassVar\[str\] = 'anonymous'"):

        @analogep.register
        class Anonymous(Estimator):
            def stencil(self, beta: float, sign: float, points: int) -> tuple[tuple[float, float], ...]:
                return ()


def test_a_part_that_lacks_something_is_refused_with_what_it_lacks() -> None:
    with pytest.raises(UsageError, match=r"Hollow is no pulse law yet: it needs 'numbers'"):

        @analogep.register
        class Hollow(Law):
            model: Literal["hollow"]


def test_a_name_that_is_taken_is_refused_and_a_cell_that_is_run_again_is_not() -> None:
    with pytest.raises(UsageError, match=r"model 'constant' of .*Mine is that of .*affine\.Constant; choose another"):

        @analogep.register
        class Mine(Constant):
            pass

    for step in (1, 2):

        class Again(Constant):
            model: Literal["again"]  # type: ignore[assignment]
            made: ClassVar[int] = step

        assert analogep.register(Again) is Again
    assert LAWS.find("again").made == 2


def test_an_unknown_name_is_told_with_all_names_that_there_are() -> None:
    with pytest.raises(CardError, match=r"model: unknown model 'fatiged', known are 'constant'.*'kinetic'$"):
        DeviceCard.load("ideal", ["programming={model: fatiged}"])
    origin.load_file(OWN / "law.py")
    with pytest.raises(CardError, match=r"'kinetic', 'fatigued'; did you mean 'fatigued'\?"):
        DeviceCard.load("ideal", ["programming={model: fatiged}"])
    with pytest.raises(CardError, match=r"nudging.estimator: 'centred' is not one of .*; did you mean 'centered'\?"):
        CircuitCard.load("digits", ["nudging.estimator=centred"])


def test_a_mistake_in_a_users_block_is_told_as_in_ours() -> None:
    origin.load_file(OWN / "law.py")
    with pytest.raises(CardError, match=r"programming.up.step: must be at most 100 %, got 200 %"):
        DeviceCard.load("ideal", [f"programming={BLOCK}", "programming.up.step=200 %"])
    with pytest.raises(CardError, match=r"programming.up.amplitud: unknown key, did you mean 'amplitude'"):
        DeviceCard.load("ideal", [f"programming={BLOCK}", "programming.up.amplitud=1 V"])


def test_the_json_schema_knows_what_is_registered() -> None:
    assert "fatigued" not in json.dumps(json_schema(DeviceCard))
    origin.load_file(OWN / "law.py")
    origin.load_file(OWN / "estimator.py")
    assert "fatigued" in json.dumps(json_schema(DeviceCard))
    assert "forward" in json.dumps(json_schema(CircuitCard))


def test_a_card_with_a_users_part_is_written_and_read_as_any() -> None:
    origin.load_file(OWN / "law.py")
    card = DeviceCard.load("ideal", [f"programming={BLOCK}"])
    again = DeviceCard.from_text(card.to_yaml())
    assert again.values == card.values
    assert again.digest == card.digest
    assert card.changed({"programming.up.step": 0.01}).programming.up.step == 0.01  # type: ignore[attr-defined]


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    """Entry points of pretended packages."""
    found: list[EntryPoint] = []
    monkeypatch.setattr(family, "entry_points", lambda group: found if group == "analogep.parts" else [])
    monkeypatch.setattr(family._Offered, "looked", False)
    monkeypatch.syspath_prepend(str(OWN))
    return found


def test_an_installed_package_offers_its_parts(entries: list[EntryPoint]) -> None:
    entries.append(EntryPoint("forward", "estimator:Forward", "analogep.parts"))
    assert CircuitCard.load("digits", ["nudging.estimator=forward"]).nudging.stencil()[0] == (0.5, 4.0)
    del sys.modules["estimator"]


def test_an_entry_point_that_fails_is_told_and_left_out(entries: list[EntryPoint]) -> None:
    entries.append(EntryPoint("gone", "no_such_module_here:Part", "analogep.parts"))
    with pytest.warns(analogep.cautions.AnalogepWarning, match=r"part 'gone' of package .* cannot be used: Modul"):
        assert "forward" not in ESTIMATORS.names()


def test_a_file_without_parts_or_with_an_error_is_refused(tmp_path: Path) -> None:
    empty, wrong = tmp_path / "empty.py", tmp_path / "wrong.py"
    empty.write_text("x = 1\n")
    wrong.write_text("1 / 0\n")
    with pytest.raises(UsageError, match=r"empty.py: registers no part; put @analogep.register before its classes"):
        origin.load_file(empty)
    with pytest.raises(UsageError, match=r"wrong.py: ZeroDivisionError: division by zero"):
        origin.load_file(wrong)
    with pytest.raises(UsageError, match=r"nowhere.py: is no Python file with parts"):
        origin.load_file(tmp_path / "nowhere.py")


def test_other_source_is_another_card_and_its_numbers_are_not_taken_for_the_old(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    shutil.copy(OWN / "estimator.py", file)
    origin.load_file(file)
    settings = {"layers": [64, 8, 10], "learning.epochs": 1, "solver.method": "euler", "nudging.estimator": "forward"}
    run = Run("ideal", "digits", set=settings)
    result = run.execute(tmp_path / "run")
    (one,) = origin.read(result.attrs["parts"])
    assert str(one) == f"estimator 'forward': Forward of {one.module}, SHA-256 {one.digest[:16]}"
    assert analogep.again(result).identity == run.identity
    del sys.modules[one.module]
    ESTIMATORS.forget()
    origin.source_digest.cache_clear()
    file.write_text(file.read_text() + "# another\n")
    origin.load_file(file)
    other = Run("ideal", "digits", set=settings)
    assert other.circuit.values == run.circuit.values
    assert other.identity["digest"] != run.identity["digest"]
    with pytest.raises(ResultError, match=r"used another source of its parts than there is now: then estimator"):
        analogep.again(result)
    with pytest.raises(ResultError):
        other.execute(tmp_path / "run")


def test_a_named_family_has_no_blocks() -> None:
    assert isinstance(ESTIMATORS, NamedFamily)
    assert ESTIMATORS.blocks() == ()
    assert family.family_named("estimator") is ESTIMATORS
    with pytest.raises(UsageError, match=r"no family of parts is called 'estimater'; did you mean 'estimator'\?"):
        family.family_named("estimater")


def test_the_command_takes_a_file_of_parts(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the file the same is no card; with it the chip is trained, and its result names the part."""
    monkeypatch.setattr("analogep.plots.save", lambda _dataset, _folder: [])
    words = ["simulate", "ideal", "--set", f"programming={BLOCK}", "--data", str(few), *SMALL]
    words += ["--out", str(tmp_path / "run")]
    assert main(words) == 2
    assert "unknown model 'fatigued'" in capsys.readouterr().err
    assert main([*words, "--parts", str(OWN / "law.py")]) == 0
    (part,) = json.loads(results.read(tmp_path / "run" / RESULT).attrs["parts"])
    assert (part["family"], part["name"]) == ("pulse law", "fatigued")


def test_workers_of_a_study_have_the_parts(tmp_path: Path) -> None:
    origin.load_file(OWN / "law.py")
    settings = {"programming": json.loads(BLOCK), "layers": [64, 8, 10], "learning.epochs": 1, "solver.method": "euler"}
    found = Study(device="ideal", set=settings, chips=2).run(tmp_path / "study", workers=1)
    assert found["accuracy"].notnull().all()
    assert "fatigued" in found.attrs["parts"]


def test_a_class_that_was_typed_at_a_prompt_is_refused_for_workers() -> None:
    namespace: dict[str, object] = {"__name__": "typed_at_a_prompt"}
    exec(
        "from typing import ClassVar\nfrom analogep import register\n"
        "from analogep.estimators.centered import Centered\n"
        "@register\nclass Typed(Centered):\n    name: ClassVar[str] = 'typed'\n",
        namespace,
    )
    card = CircuitCard.load("digits", ["nudging.estimator=typed"])
    assert len(origin.origins(card)[0].digest) == 64
    with pytest.raises(UsageError, match=r"typed_at_a_prompt.Typed is in no file, so that worker processes"):
        origin.needed([card])


def test_steps_of_a_users_law_are_stepbranches() -> None:
    origin.load_file(OWN / "law.py")
    law = DeviceCard.load("ideal", [f"programming={BLOCK}"]).programming
    assert isinstance(law.up, StepBranch)
    finer = law.finer(10.0)
    assert finer is not None
    assert finer.up.step == pytest.approx(0.1 * law.up.step)  # type: ignore[attr-defined]


def test_changed_source_is_compiled_anew(tmp_path: Path) -> None:
    """Two processes with the folder of kernels of all tests. With steps of a tenth the same change takes ten times the
    pulses, and comes out the same; the old code would go ten times as far."""
    file, program = tmp_path / "mine.py", tmp_path / "program.py"
    program.write_text(
        "import json, sys\n"
        "import numpy as np\n"
        "from analogep import DeviceCard\n"
        "from analogep.cards import origin\n"
        "from analogep import Chip\n"
        f"origin.load_file({str(file)!r})\n"
        f"card = DeviceCard.load('ideal', ['programming=' + {BLOCK!r}])\n"
        "chip = Chip(card, 'digits', seed=1, set={'layers': [64, 8, 10], 'solver.method': 'euler'})\n"
        "store = chip.emulator.hardware.stores[0]\n"
        "before = store.weights.copy()\n"
        "done = chip.program([np.full(before.shape, 0.2), np.zeros((9, 10))])\n"
        "print(float((store.weights - before).mean()), int(done.pulses))\n"
    )
    source, moved = (OWN / "law.py").read_text(), []
    for factor in ("p *", "0.1 * p *"):
        file.write_text(source.replace("return p *", f"return {factor}"))
        done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
        moved.append([float(text) for text in done.stdout.split()])
    assert moved[1][0] == pytest.approx(moved[0][0], rel=0.2)
    assert moved[1][1] == pytest.approx(10.0 * moved[0][1], rel=0.1)
