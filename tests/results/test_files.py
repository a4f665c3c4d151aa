"""Files are whole or absent, say what is wrong with them, and need no analogep to be read."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from analogep import results
from analogep.errors import ResultError


def dataset(size: int = 5000) -> xr.Dataset:
    values = np.random.default_rng(1).standard_normal(size)
    return xr.Dataset(
        {"v": (("point",), values, {"units": "V", "long_name": "voltage"}), "n": (("k",), np.arange(3))},
        {"node": ("k", ["hidden 1", "hidden 2", "output 0"])},
        {"device_card": "schema: analogep.device/1\n# 10 µS\n", "beta": 0.5, "count": 7},
    )


def entries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_read_back_to_the_bit_and_nothing_else_is_left(tmp_path: Path) -> None:
    results.write(dataset(), tmp_path / "a.nc")
    xr.testing.assert_identical(results.read(tmp_path / "a.nc"), dataset())
    assert entries(tmp_path) == ["a.nc"]


def test_integers_booleans_and_single_precision_keep_their_type(tmp_path: Path) -> None:
    made = xr.Dataset(
        {
            "b": ("x", np.array([True, False])),
            "f": ("x", np.array([1, np.nan], dtype=np.float32)),
            "i": ("x", np.array([2**60, -1])),
            "u": ("y", np.arange(100, dtype=np.uint64) + 2**63),
        }
    )
    results.write(made, tmp_path / "a.nc")
    found = results.read(tmp_path / "a.nc")
    xr.testing.assert_identical(found, made)
    assert all(found[name].dtype == made[name].dtype for name in made)


def test_a_plain_file_is_readable_by_h5py_and_xarray_alone(tmp_path: Path) -> None:
    results.write(dataset(), tmp_path / "a.nc")
    with h5py.File(tmp_path / "a.nc") as file:
        np.testing.assert_array_equal(file["v"][:], dataset()["v"].values)
        assert file["v"].attrs["units"] == "V"
        assert file.attrs["device_card"] == dataset().attrs["device_card"]
    program = (
        "import sys, xarray as xr\n"
        "with xr.open_dataset(sys.argv[1], engine='h5netcdf') as d: print(float(d.v.sum()), d.v.units)\n"
        "assert not any(name.startswith('analogep') for name in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "a.nc")], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stdout.split() == [str(float(dataset().v.sum())), "V"], done.stderr


def failing(error: BaseException) -> Callable[..., None]:
    def fail(*_arguments: object, **_named: object) -> None:
        raise error

    return fail


FULL = OSError(errno.ENOSPC, "No space left on device")


UNKNOWN = [("fsync", name) for name in ("EINVAL", "EBADF", "ENOSYS", "ENOTSUP", "EACCES")]


@pytest.mark.parametrize(("call", "name"), [*UNKNOWN, ("chmod", "EPERM"), ("open", "EACCES")])
def test_what_a_file_system_does_not_know_ends_no_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, name: str
) -> None:
    """No fsync of files or folders, folders that cannot be opened, files whose mode is not ours to set."""
    number, real = getattr(errno, name), getattr(os, call)

    def refused(path: object, *arguments: object, **named: object) -> object:
        if call == "open" and path != tmp_path:
            return real(path, *arguments, **named)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, refused)
    results.write_bytes(tmp_path / "b.txt", b"new")
    assert (tmp_path / "b.txt").read_bytes() == b"new"
    assert entries(tmp_path) == ["b.txt"]


@pytest.mark.parametrize("place", ["analogep.results.files.os.fsync", "analogep.results.files.os.replace"])
def test_a_failure_before_the_rename_leaves_the_old_file_and_no_scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    results.write(dataset(10), tmp_path / "a.nc")
    results.write_bytes(tmp_path / "b.txt", b"old")
    monkeypatch.setattr(place, failing(FULL))
    with pytest.raises(ResultError, match=r"a\.nc: cannot be written: No space left on device; choose another --out"):
        results.write(dataset(), tmp_path / "a.nc")
    with pytest.raises(ResultError, match=r"b\.txt: cannot be written: No space left on device"):
        results.write_bytes(tmp_path / "b.txt", b"new")
    monkeypatch.undo()
    xr.testing.assert_identical(results.read(tmp_path / "a.nc"), dataset(10))
    assert (tmp_path / "b.txt").read_bytes() == b"old"
    assert entries(tmp_path) == ["a.nc", "b.txt"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError()])
def test_what_interrupts_a_write_passes_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    results.write(dataset(10), tmp_path / "a.nc")
    for place in ("os.fsync", "os.replace", "os.fdopen"):
        with monkeypatch.context() as patched:
            patched.setattr(f"analogep.results.files.{place}", failing(error))
            with pytest.raises(type(error)):
                results.write(dataset(), tmp_path / "a.nc")
    xr.testing.assert_identical(results.read(tmp_path / "a.nc"), dataset(10))
    assert entries(tmp_path) == ["a.nc"]


def test_a_failure_of_the_library_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results.write(dataset(10), tmp_path / "a.nc")
    with monkeypatch.context() as patched:
        patched.setattr(h5py.Group, "create_dataset", failing(RuntimeError("library")))
        with pytest.raises(RuntimeError, match="library"):
            results.write(dataset(), tmp_path / "a.nc")
    xr.testing.assert_identical(results.read(tmp_path / "a.nc"), dataset(10))
    assert entries(tmp_path) == ["a.nc"]


def test_a_full_disk_is_one_sentence_and_costs_nothing(tmp_path: Path) -> None:
    results.write(dataset(10), tmp_path / "a.nc")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores SIGXFSZ, so that a write beyond the limit fails like one on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, old[1]))
    try:
        with pytest.raises(ResultError, match=r"a\.nc: cannot be written: File too large; choose another --out$"):
            results.write(dataset(200_000), tmp_path / "a.nc")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    xr.testing.assert_identical(results.read(tmp_path / "a.nc"), dataset(10))
    assert entries(tmp_path) == ["a.nc"]


def test_a_folder_that_is_missing_or_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for folder, reason in (("missing", "No such file or directory"), ("file", "Not a directory")):
        for write in (lambda path: results.write(dataset(), path), lambda path: results.write_bytes(path, b"x")):
            with pytest.raises(ResultError, match=rf"{folder}/a\.nc: cannot be written: {reason}"):
                write(tmp_path / folder / "a.nc")
    assert (tmp_path / "file").read_text() == "mine"
    assert entries(tmp_path) == ["file"]


def test_a_missing_file_is_called_missing(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"none\.nc: no such result"):
        results.read(tmp_path / "none.nc")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99])
def test_a_truncated_file_is_called_damaged(tmp_path: Path, share: float) -> None:
    results.write(dataset(), tmp_path / "a.nc")
    whole = (tmp_path / "a.nc").read_bytes()
    (tmp_path / "a.nc").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ResultError, match=r"a\.nc: is damaged or not a result of analogep \(.*\); remove it"):
        results.read(tmp_path / "a.nc")


@pytest.mark.parametrize("content", [b"garbage" * 100, b"\x89HDF\r\n\x1a\n" + bytes(1000), b"PK\x03\x04", b"CDF\x01"])
def test_a_file_of_another_kind_is_called_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.nc").write_bytes(content)
    with pytest.raises(ResultError, match="is damaged or not a result of analogep"):
        results.read(tmp_path / "a.nc")


def test_a_folder_in_place_of_the_file_is_called_damaged(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="is damaged or not a result of analogep"):
        results.read(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file as it was written."""
    path = tmp_path_factory.mktemp("whole") / "a.nc"
    results.write(dataset(), path)
    return path.read_bytes()


@pytest.fixture
def rest_frozen() -> Iterator[None]:
    """`gc.collect` looks at what the test has made, and not through all that other tests have left."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("rest_frozen")
@pytest.mark.parametrize("seed", range(30))
def test_bytes_overwritten_at_random_are_an_error_or_harmless_never_a_crash(
    tmp_path: Path, whole: bytes, seed: int
) -> None:
    rng, content = np.random.default_rng(seed), bytearray(whole)
    # The first bytes hold the structure, whose damage is the nastier one.
    place = int(rng.integers(0, min(len(content), 4000) if seed % 2 else len(content)) - 16)
    content[max(place, 0) : max(place, 0) + 16] = rng.bytes(16)
    (tmp_path / "a.nc").write_bytes(bytes(content))
    with contextlib.suppress(ResultError):
        results.read(tmp_path / "a.nc")
    gc.collect()  # what a library left half-open must not complain when it goes


def test_a_file_that_was_read_is_closed_again(tmp_path: Path) -> None:
    results.write(dataset(), tmp_path / "a.nc")
    results.read(tmp_path / "a.nc")
    held = {os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")}
    assert str(tmp_path / "a.nc") not in held
