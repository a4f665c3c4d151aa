"""Recipes of a conda package and of an image ask for what `pyproject.toml` asks for, and the image needs no rights."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

import analogep

ROOT = Path(__file__).parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = SETTINGS["project"]
CONDA = {"matplotlib": "matplotlib-base"}
"""What a package is called there, where that differs."""


def requirement(text: str) -> tuple[str, str]:
    """Name and lowest version of `numpy>=2.1`."""
    name, lowest = re.fullmatch(r"([A-Za-z0-9_-]+) ?>=([0-9.]+)", text).groups()
    return name, lowest


def recipe() -> dict[str, Any]:
    """The conda recipe, its `context` put in."""
    text = (ROOT / "recipes" / "conda" / "recipe.yaml").read_text()
    context = yaml.safe_load(text)["context"]
    put = re.sub(r"\$\{\{ (\w+) \}\}", lambda found: context.get(found[1], found[0]), text)
    return dict(yaml.safe_load(put))


def image() -> list[list[str]]:
    """Instructions of the image's stages, in order."""
    text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", (ROOT / "Containerfile").read_text(), flags=re.MULTILINE))
    stages: list[list[str]] = []
    for line in filter(None, text.splitlines()):
        if line.startswith("FROM "):
            stages.append([])
        stages[-1].append(line)
    return stages


def test_the_conda_package_needs_what_the_wheel_needs() -> None:
    needs = recipe()["requirements"]
    python, *rest = needs["run"]
    assert python == f"python {PROJECT['requires-python']}"
    wanted = [requirement(text) for text in PROJECT["dependencies"]]
    assert [requirement(text) for text in rest] == [(CONDA.get(name, name), lowest) for name, lowest in wanted]
    (backend,) = SETTINGS["build-system"]["requires"]
    assert requirement(backend) in [requirement(text) for text in needs["host"] if ">=" in text]
    assert f"python {PROJECT['requires-python'].removeprefix('>=')}.*" in needs["host"]


def test_the_conda_package_is_this_version_with_its_commands() -> None:
    found = recipe()
    assert found["package"] == {"name": PROJECT["name"], "version": analogep.__version__}
    assert found["build"]["python"]["entry_points"] == [f"{name} = {to}" for name, to in PROJECT["scripts"].items()]
    assert found["about"]["license"] == PROJECT["license"]
    assert found["about"]["summary"] == PROJECT["description"]


def test_the_image_has_all_that_the_wheel_is_built_of() -> None:
    build = image()[0]
    copied = {word for line in build if line.startswith("COPY ") for word in line.split()[1:-1]}
    wheel = SETTINGS["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {"pyproject.toml", PROJECT["readme"], *PROJECT["license-files"], *wheel["packages"]}
    needed |= {Path(name).parts[0] for name in wheel["force-include"]}
    assert copied == needed
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_runs_the_command_as_a_user_without_rights() -> None:
    build, last = image()
    promised = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if "Python :: 3." in line]
    bases = {re.search(r"/python:([\d.]+)-slim", stage[0])[1] for stage in (build, last)}
    assert len(bases) == 1
    assert bases <= set(promised)
    users = [line.split()[1] for line in last if line.startswith("USER ")]
    assert users
    assert all(user.isdigit() and int(user) > 0 for user in users)
    assert f"--uid {users[-1]} " in "\n".join(last)
    after = last[last.index(f"USER {users[-1]}") :]
    assert [line for line in after if line.startswith("ENTRYPOINT")] == ['ENTRYPOINT ["analogep"]']
    assert "analogep" in PROJECT["scripts"]
    assert not any(word in line for line in (*build, *last) for word in ("ADD ", "sudo", "curl ", "wget "))
