"""Whose a folder is: finished runs answer, other runs and strangers are left alone, nothing is lost by mistake."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import xarray as xr

from analogep import cautions
from analogep.cautions import AnalogepWarning
from analogep.errors import ResultError, SimulationError
from analogep.run import CHECKPOINT, IDENTITY, RESULT, Run
from analogep.run.folder import Folder
from analogep.run.owned import Owned
from analogep.streams import Seeds, Streams
from analogep.study.folder import Folder as StudyFolder

from .test_resume import interrupting
from .tiny import tiny


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir() if path.name != ".lock"
    }


def short(*circuit: str, seed: int | Seeds = 1) -> Run:
    return tiny("learning.epochs=1", *circuit, seed=seed)


def test_a_finished_run_is_answered_from_its_file_which_stays_as_it_is(tmp_path: Path) -> None:
    first = short().execute(tmp_path)
    before = contents(tmp_path)
    for force in (False, True):
        record: list[object] = []
        xr.testing.assert_identical(short().execute(tmp_path, force=force, report=record.append), first)
        assert record == []
    assert contents(tmp_path) == before


def test_the_identity_is_readable_and_holds_all_that_decides_the_numbers(tmp_path: Path) -> None:
    run = short()
    run.execute(tmp_path)
    said = json.loads((tmp_path / IDENTITY).read_text())
    assert said == run.identity
    assert set(said) == {
        "device", "device card", "circuit", "circuit card", "seeds", "data", "data digest", "version", "digest"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (
            lambda: short(seed=2),
            "seeds: fabrication 1, operation 1, data 1 there, fabrication 2, operation 2, data 2 here",
        ),
        (lambda: short("nudging.beta=0.4"), r"circuit card: [0-9a-f]{12}\.\.\. there, [0-9a-f]{12}\.\.\. here"),
        (lambda: tiny("learning.epochs=1", card="ideal"), "device: rram there, ideal here"),
    ],
    ids=["seed", "circuit", "device"],
)
def test_another_runs_folder_is_refused_by_what_differs_and_stays_as_it_is(
    tmp_path: Path, other: object, difference: str
) -> None:
    short().execute(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(
        ResultError, match=rf"belongs to another run \({difference}\); choose another --out, or --force"
    ):
        other().execute(tmp_path)  # type: ignore[operator]
    assert contents(tmp_path) == before


def test_force_replaces_another_run_finished_or_not(tmp_path: Path) -> None:
    wanted = short(seed=2).execute()
    short().execute(tmp_path / "finished")
    with pytest.raises(KeyboardInterrupt):
        tiny().execute(tmp_path / "begun", report=interrupting(8))
    assert (tmp_path / "begun" / CHECKPOINT).exists()
    for name in ("finished", "begun"):
        xr.testing.assert_identical(short(seed=2).execute(tmp_path / name, force=True), wanted)
        assert json.loads((tmp_path / name / IDENTITY).read_text())["seeds"].startswith("fabrication 2")
        assert not (tmp_path / name / CHECKPOINT).exists()


def test_a_run_that_was_forced_and_interrupted_goes_on_by_the_same_call(tmp_path: Path) -> None:
    short().execute(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        tiny(seed=2).execute(tmp_path, force=True, report=interrupting(8))
    record: list[object] = []
    xr.testing.assert_identical(
        tiny(seed=2).execute(tmp_path, force=True, report=record.append), tiny(seed=2).execute()
    )
    assert len(record) == 13


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("thesis.tex", b"years of work"),
        (RESULT, b"somebody's"),
        (CHECKPOINT, b"somebody's"),
        (IDENTITY, b'{"circuit": 5, "device": [1, 2]}'),
        (IDENTITY, b"[1, 2]"),
        (IDENTITY, b"\xff\xfe not text"),
        (IDENTITY, b""),
        (IDENTITY, b"[" * 100_000),
        (".hidden", b"x"),
        ("photo.png.part", b"x"),
    ],
)
def test_a_folder_with_strange_files_is_refused_even_with_force_and_untouched(
    tmp_path: Path, name: str, content: bytes, force: bool
) -> None:
    (tmp_path / name).write_bytes(content)
    before = contents(tmp_path)
    with pytest.raises(ResultError, match=rf"the folder holds '{name}' and no run of analogep; choose an empty --out"):
        short().execute(tmp_path, force=force)
    assert contents(tmp_path) == before


def test_files_that_the_user_puts_beside_the_results_survive_force(tmp_path: Path) -> None:
    short().execute(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    short(seed=2).execute(tmp_path, force=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_file_in_place_of_the_folder_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for out in ("file", "file/below", "file/below/deeper"):
        with pytest.raises(ResultError, match=rf"{out}: cannot be made: (File exists|Not a directory); choose another"):
            short().execute(tmp_path / out)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_name_too_long_for_the_file_system_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="cannot be made: File name too long"):
        short().execute(tmp_path / ("a" * 300))


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
@pytest.mark.parametrize("mode", [0o555, 0o000, 0o333])
def test_a_folder_without_the_right_to_write_or_list_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a").chmod(mode)
    try:
        with pytest.raises(ResultError, match="the folder cannot be used: Permission denied; choose another --out"):
            short().execute(tmp_path / "a")
    finally:
        (tmp_path / "a").chmod(0o755)


@pytest.mark.parametrize("method", ["iterdir", "open"])
def test_a_folder_that_the_system_forbids_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def forbidden(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    run = short()
    monkeypatch.setattr(Path, method, forbidden)
    with pytest.raises(ResultError, match="the folder cannot be used: Permission denied; choose another --out"):
        run.execute(tmp_path)


def test_a_second_process_in_the_same_folder_is_refused_until_the_first_has_gone(tmp_path: Path) -> None:
    program = (
        "import fcntl, sys\n"
        "with open(sys.argv[1], 'a') as file:\n"
        "    fcntl.flock(file, fcntl.LOCK_EX)\n"
        "    print('held', flush=True)\n"
        "    input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / ".lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ResultError, match="another process is working in this folder; wait for it"):
            short().execute(tmp_path)
        holder.kill()
    assert set(contents(tmp_path)) == set()
    short().execute(tmp_path)


def test_the_lock_is_given_back_when_a_run_fails(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(SimulationError, match="unstable as written"):
            short("learning.initial_gain=[1,20]", "mapping.weight_range=[5,5]").execute(tmp_path)


def test_a_damaged_result_is_called_so_and_kept(tmp_path: Path) -> None:
    short().execute(tmp_path)
    (tmp_path / RESULT).write_bytes(b"damaged")
    with pytest.raises(ResultError, match=r"result\.nc: is damaged .* remove it to run again"):
        short().execute(tmp_path)
    assert (tmp_path / RESULT).read_bytes() == b"damaged"
    (tmp_path / RESULT).unlink()
    xr.testing.assert_identical(short().execute(tmp_path), short().execute())


def test_a_result_of_another_run_in_the_folder_is_no_answer(tmp_path: Path) -> None:
    short().execute(tmp_path / "a")
    short(seed=2).execute(tmp_path / "b")
    (tmp_path / "a" / RESULT).replace(tmp_path / "b" / RESULT)
    with pytest.raises(ResultError, match=r"result\.nc: is not the result of the run that run\.json names; remove it"):
        short(seed=2).execute(tmp_path / "b")


def test_the_default_folder_is_named_from_cards_and_digest(tmp_path: Path) -> None:
    one, same, other = short(), short(), short(seed=2)
    assert one.default_folder == Path("runs") / f"rram-digits-{one.identity['digest'][:10]}"
    assert same.default_folder == one.default_folder
    assert other.default_folder != one.default_folder


def test_each_seed_and_monte_carlo_sample_has_a_folder_of_its_own() -> None:
    seeds = [Seeds.of(1), Seeds.of(1, fabrication=2), Seeds.of(1, operation=2), Seeds.of(1, data=2)]
    seeds += [Seeds(Streams(1, sample), Streams(1, sample), Streams(1, 0)) for sample in (1, 2)]
    assert len({short(seed=seed).default_folder for seed in seeds}) == 6


KINDS = {"run": Folder, "study": StudyFolder}


@pytest.fixture
def flock(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let every lock fail with an error of the system."""
    monkeypatch.setattr(cautions, "_said", set())

    def fail(number: int) -> None:
        def refused(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(fcntl, "flock", refused)

    return fail


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("name", ["ENOLCK", "EOPNOTSUPP", "ENOSYS", "EINVAL", "EIO", "EACCES"])
def test_a_file_system_without_locks_is_said_once_and_worked_with(
    tmp_path: Path, flock: Callable[[int], None], kind: type[Owned], name: str
) -> None:
    flock(getattr(errno, name))
    folder = kind(tmp_path / "out", {"digest": "a"})
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for part in ("", "1-of-2", "2-of-2"):
            with folder.claim(part):
                assert (tmp_path / "out" / folder.file).exists()
    (only,) = said
    assert only.category is AnalogepWarning
    assert re.search(r"out: this file system gives no locks \(.*\); see to it that no two processes", str(only.message))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("number", sorted({errno.EWOULDBLOCK, errno.EAGAIN}))
def test_a_lock_that_would_have_to_wait_means_that_the_folder_is_in_use(
    tmp_path: Path, flock: Callable[[int], None], kind: type[Owned], number: int
) -> None:
    flock(number)
    with (
        pytest.raises(ResultError, match="another process is working in this folder; wait for it"),
        kind(tmp_path / "out", {"digest": "a"}).claim(),
    ):
        pass
