"""Compiled code on disk: kept where something can be written; whatever the disk holds, the kernel gives its number."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import pickle
import resource
import stat
import sys
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from analogep import cautions, kernel_files
from analogep.cautions import AnalogepWarning
from analogep.jit import kernel

TEXT = "def kernel(x):\n    return x + 1\n"
NOBODY = 65534


class Places(NamedTuple):
    """Where kernels of `source` may be kept, best first."""

    source: Path
    beside: Path
    users: Path
    temporary: Path


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Places]:
    """A source file, and folders that only this test knows."""
    monkeypatch.setattr(cautions, "_said", set())
    monkeypatch.setattr(kernel_files.config, "CACHE_DIR", "")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "code").mkdir()
    source = tmp_path / "code" / f"made_{uuid.uuid4().hex}.py"
    source.write_text(TEXT)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "users"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    yield Places(source, source.parent / "__pycache__", tmp_path / "users", tmp_path / "temporary")
    sys.modules.pop(source.stem, None)


def called(places: Places, x: float = 1) -> str:
    """Call the kernel as a new process would, check its number, and say where its code came from."""
    specification = importlib.util.spec_from_file_location(places.source.stem, places.source)
    assert specification is not None
    assert specification.loader is not None
    module = sys.modules[places.source.stem] = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    compiled: Any = kernel()(module.kernel)
    assert compiled(x) == x + 1
    return "loaded" if sum(compiled.stats.cache_hits.values()) else "compiled"


def silently(places: Places, x: float = 1) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return called(places, x)


def kept(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.nbc"))


def the_one(folder: Path) -> Path:
    (path,) = kept(folder)
    return path


def test_code_is_kept_beside_its_source_and_found_by_the_next_process(places: Places) -> None:
    assert [silently(places) for _ in range(3)] == ["compiled", "loaded", "loaded"]
    assert the_one(places.beside)
    assert silently(places, 1.5) == "compiled"
    assert [silently(places, x) for x in (1, 1.5)] == ["loaded", "loaded"]
    assert len(kept(places.beside)) == 2
    assert not places.users.exists()
    assert list(places.temporary.iterdir()) == []


def overwritten(path: Path, place: int, content: bytes) -> None:
    whole = bytearray(path.read_bytes())
    whole[place : place + len(content)] = content
    path.write_bytes(whole)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "emptied": lambda path: path.write_bytes(b""),
    "a few bytes": lambda path: path.write_bytes(path.read_bytes()[:7]),
    "checksum alone": lambda path: path.write_bytes(path.read_bytes()[:32]),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "all but one byte": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "one byte more": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "garbage": lambda path: path.write_bytes(b"garbage" * 1000),
    "a pickle": lambda path: path.write_bytes(pickle.dumps({"a": 1})),
    "one bit": lambda path: overwritten(path, 9000, bytes([path.read_bytes()[9000] ^ 1])),
    "wrong inside": lambda path: path.write_bytes(sealed(b"no pickle")),
    "something else inside": lambda path: path.write_bytes(sealed(pickle.dumps([1, 2]))),
    "code that is none": lambda path: path.write_bytes(sealed(gutted(path))),
}


def sealed(content: bytes) -> bytes:
    return hashlib.sha256(content).digest() + content


def gutted(path: Path) -> bytes:
    """The right stamp and signature, and no code."""
    stamp, key, _ = pickle.loads(path.read_bytes()[32:])
    return bytes(pickle.dumps((stamp, key, (1, 2))))


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_code_is_said_removed_and_compiled_again(places: Places, damage: Callable[[Path], object]) -> None:
    called(places)
    path = the_one(places.beside)
    damage(path)
    with pytest.warns(AnalogepWarning, match=f"^{path}: a compiled kernel cannot be used .*; it is compiled again$"):
        assert called(places) == "compiled"
    assert silently(places) == "loaded"
    assert the_one(places.beside) == path


def test_of_many_damaged_files_a_process_says_one(places: Places) -> None:
    for x in (1, 1.5):
        called(places, x)
    for path in kept(places.beside):
        path.write_bytes(b"")
    with pytest.warns(AnalogepWarning) as said:
        assert [called(places, x) for x in (1, 1.5)] == ["compiled", "compiled"]
    assert len(said) == 1


@pytest.mark.parametrize("full", [False, True], ids=["empty", "full"])
def test_a_folder_in_place_of_the_file_sends_the_code_elsewhere(places: Places, full: bool) -> None:
    called(places)
    path = the_one(places.beside)
    path.unlink()
    path.mkdir()
    if full:
        (path / "mine").touch()
    assert [silently(places) for _ in range(2)] == ["compiled", "loaded"]
    assert path.is_dir()
    assert the_one(places.users).name == path.name


def test_code_under_the_name_of_another_signature_is_not_run(places: Places) -> None:
    called(places, 1)
    whole = the_one(places.beside)
    content = whole.read_bytes()
    called(places, 1.5)
    (real,) = (path for path in kept(places.beside) if path != whole)
    real.write_bytes(content)
    assert [silently(places, 1.5) for _ in range(2)] == ["compiled", "loaded"]


def test_code_of_other_sources_is_not_run_and_goes_when_new_code_is_kept(places: Places) -> None:
    called(places)
    old = the_one(places.beside)
    content = old.read_bytes()
    places.source.write_text(TEXT + "\n# changed\n")
    kernel_files._digest_of.cache_clear()
    assert [silently(places) for _ in range(2)] == ["compiled", "loaded"]
    new = the_one(places.beside)
    assert new != old
    new.write_bytes(content)
    assert [silently(places) for _ in range(2)] == ["compiled", "loaded"]


def test_flush_forgets_the_code(places: Places) -> None:
    called(places)
    places_of: Any = kernel_files.KernelFiles(compiled_function(places), "sources")
    assert places_of.cache_path == str(places.beside)
    places_of.flush()
    assert kept(places.beside) == []


def compiled_function(places: Places) -> Any:
    space: dict[str, Any] = {}
    exec(compile(places.source.read_text(), str(places.source), "exec"), space)
    return space["kernel"]


def test_without_sources_to_name_nothing_is_kept(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analogep.jit.sources", lambda: "")
    assert [silently(places) for _ in range(2)] == ["compiled", "compiled"]
    assert kept(places.source.parents[1]) == []


def closed(folder: Path) -> None:
    """Put a file where the folder should be: nobody, not even root, can write into it."""
    folder.write_text("mine")


CLOSED = (
    r"{}.*: compiled kernels cannot be kept there: .*; they are kept {}.*; set NUMBA_CACHE_DIR to a folder that can"
)


@pytest.mark.parametrize("given", [False, True], ids=["usual", "NUMBA_CACHE_DIR"])
def test_code_is_kept_in_the_first_folder_that_takes_it(
    places: Places, given: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = places.beside
    if given:
        first = places.source.parents[1] / "given"
        monkeypatch.setattr(kernel_files.config, "CACHE_DIR", str(first))
        assert [silently(places) for _ in range(2)] == ["compiled", "loaded"]
        the_one(first).unlink()
        for folder in (*first.iterdir(), first):
            folder.rmdir()
        closed(first)
    else:
        closed(first)
        assert [silently(places) for _ in range(2)] == ["compiled", "loaded"]
        the_one(places.users).unlink()
        (places.users / "numba" / the_one_folder(places.users / "numba")).rmdir()
        (places.users / "numba").rmdir()
        closed(places.users / "numba")
    with pytest.warns(AnalogepWarning, match=CLOSED.format(first, f"in {places.temporary}/analogep-[0-9]+, until")):
        assert called(places) == "compiled"
    assert silently(places) == "loaded"
    own = the_one(places.temporary).parents[1]
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    assert first.read_text() == "mine"


def the_one_folder(folder: Path) -> str:
    (path,) = folder.iterdir()
    return path.name


def test_where_nothing_can_be_written_every_process_compiles_and_one_line_says_so(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (places.beside, places.users):
        closed(folder)
    monkeypatch.setattr(tempfile, "tempdir", str(places.beside))
    with pytest.warns(AnalogepWarning, match=CLOSED.format(places.beside, "nowhere, and compiled by every process")):
        assert [called(places, x) for x in (1, 1.5)] == ["compiled", "compiled"]
    assert silently(places) == "compiled"


def test_a_full_disk_ends_nothing_and_leaves_nothing(places: Places) -> None:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores SIGXFSZ, so that a write beyond the limit fails like one on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, old[1]))
    try:
        with pytest.warns(AnalogepWarning, match=CLOSED.format(places.beside, "nowhere")):
            assert called(places) == "compiled"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    everything = [path for path in places.source.parents[1].rglob("*") if path.is_file()]
    assert everything == [places.source]
    assert [silently(places) for _ in range(2)] == ["compiled", "loaded"]


@contextlib.contextmanager
def as_somebody() -> Iterator[None]:
    """Without the rights of root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_may_be_read_and_not_written_serves_what_it_holds(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    called(places)
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        # Where everybody may go; folders of tests are closed to others.
        Path(name).chmod(0o755)
        open_to_all = places._replace(source=Path(name) / places.source.name, beside=Path(name) / "__pycache__")
        open_to_all.source.write_text(TEXT)
        assert called(open_to_all) == "compiled"
        for folder in (open_to_all.beside, Path(name)):
            folder.chmod(0o555)
        monkeypatch.setattr(tempfile, "tempdir", name)
        with as_somebody():
            assert silently(open_to_all) == "loaded"
            monkeypatch.setenv("XDG_CACHE_HOME", name)
            with pytest.warns(AnalogepWarning, match=CLOSED.format(open_to_all.beside, "nowhere")):
                assert called(open_to_all, 1.5) == "compiled"
        for folder in (open_to_all.beside, Path(name)):
            folder.chmod(0o755)


@pytest.mark.parametrize("kind", ["open to others", "a link", "a file"])
def test_a_temporary_folder_that_others_could_write_to_is_not_used(places: Places, kind: str) -> None:
    for folder in (places.beside, places.users):
        closed(folder)
    folder = places.temporary / f"analogep-{os.geteuid()}"
    if kind == "a link":
        (places.temporary / "theirs").mkdir(mode=0o700)
        folder.symlink_to(places.temporary / "theirs")
    elif kind == "a file":
        closed(folder)
    else:
        folder.mkdir()
        folder.chmod(0o777)
    with pytest.warns(AnalogepWarning, match=CLOSED.format(places.beside, "nowhere")):
        assert called(places) == "compiled"
    assert kept(places.temporary) == []


def test_without_a_home_no_folder_named_tilde_is_made(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(places.temporary)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    closed(places.beside)
    with pytest.warns(AnalogepWarning, match=CLOSED.format(places.beside, f"in {places.temporary}")):
        assert called(places) == "compiled"
    assert [path.name for path in places.temporary.iterdir()] == [f"analogep-{os.geteuid()}"]
