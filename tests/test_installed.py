"""The package as installed is the one that is tested here, and finds its cards and data by itself."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import analogep

ROOT = Path(__file__).parents[1]
PROGRAM = """
import hashlib, json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
try:
    version("analogep")
except PackageNotFoundError:
    print("null")
    raise SystemExit
import numpy, analogep
from analogep import CircuitCard, DeviceCard, datasets
folder = Path(analogep.__file__).parent
files = {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
         for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts}
data = datasets.load(None, numpy.random.default_rng(0))
cards = [DeviceCard.load("rram").name, CircuitCard.load("digits").name, data.name]
print(json.dumps({"files": files, "cards": cards}))
"""


def test_what_is_installed_is_what_is_tested(tmp_path):
    """Isolated from this folder and from PYTHONPATH: every module and file of data is there, and the same."""
    command = [sys.executable, "-I", "-c", PROGRAM]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    if found is None:
        pytest.skip("analogep is not installed: pip install '.[test]'")
    folder = Path(analogep.__file__).parent
    assert folder == ROOT / "analogep"
    ours = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    ours = {name for name in ours if "__pycache__" not in name}
    missing = ours - set(found["files"])
    assert not missing, f"not installed: {sorted(missing)}; pip install '.[test]' again"
    same = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(ours)}
    other = [name for name, sha in same.items() if found["files"][name] != sha]
    assert not other, f"another version is installed of {other}; pip install '.[test]' again"
    assert found["cards"] == ["rram", "digits", "digits"]
