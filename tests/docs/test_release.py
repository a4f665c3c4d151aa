"""Files that say things about the project say the same: version, Python versions, extras, commands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

import analogep

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = {path.stem: path.read_text() for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
BUILD = "python -m sphinx -W --keep-going -b html docs docs/_build"


def steps(name: str) -> list[dict[str, Any]]:
    """Steps of all jobs of a workflow."""
    return [step for job in yaml.safe_load(WORKFLOWS[name])["jobs"].values() for step in job["steps"]]


def test_the_version_stands_in_one_place() -> None:
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]
    assert PROJECT["dynamic"] == ["version"]
    source = (ROOT / hatch["version"]["path"]).read_text()
    assert re.findall(r'^__version__ = "(.*)"$', source, re.MULTILINE) == [analogep.__version__]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == analogep.__version__


def test_workflows_run_on_every_python_that_is_promised() -> None:
    promised = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if "Python :: 3." in line]
    for name in ("tests", "wheels"):
        tables = [job.get("strategy", {}).get("matrix", {}) for job in yaml.safe_load(WORKFLOWS[name])["jobs"].values()]
        assert [table["python"] for table in tables if table] == [promised]


def test_one_job_installs_the_lowest_versions_that_are_allowed() -> None:
    """A promise only where every dependency has a lowest version, and on the oldest Python that is promised."""
    asked = [*PROJECT["dependencies"], *(text for extra in PROJECT["optional-dependencies"].values() for text in extra)]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+>=[0-9.]+", text) for text in asked)
    job = yaml.safe_load(WORKFLOWS["tests"])["jobs"]["lowest"]
    (python,) = (step["with"]["python-version"] for step in job["steps"] if "setup-python" in step.get("uses", ""))
    assert f">={python}" == PROJECT["requires-python"]
    lines = [line for step in job["steps"] if (line := step.get("run"))]
    install = next(k for k, line in enumerate(lines) if "--resolution lowest-direct" in line)
    assert any(line.startswith("python -m pytest") for line in lines[install:])


def test_workflows_build_the_image_of_the_recipe() -> None:
    lines = [line for step in steps("wheels") if (line := step.get("run"))]
    assert "docker build -f Containerfile -t analogep ." in lines
    assert any(line.startswith("docker run --rm analogep ") for line in lines)


def test_workflows_run_what_there_is() -> None:
    assert set(WORKFLOWS) == {"docs", "tests", "wheels"}
    lines = [line for name in WORKFLOWS for step in steps(name) if (line := step.get("run"))]
    assert ".ci/run" in lines
    assert BUILD in lines
    for extra in re.findall(r'"\.\[([a-z]+)\]"', "\n".join(lines)):
        assert extra in PROJECT["optional-dependencies"]


def test_the_command_that_builds_the_pages_is_the_same_everywhere() -> None:
    for name in ("CONTRIBUTING.md", "README.md", "docs/conf.py", ".github/pull_request_template.md"):
        assert BUILD in (ROOT / name).read_text(), name


def test_forms_and_hooks_are_read() -> None:
    for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"):
        form = yaml.safe_load(path.read_text())
        assert {"name", "description", "body"} <= set(form)
        assert all(part["type"] == "textarea" and part["attributes"]["label"] for part in form["body"])
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    conventions = (ROOT / "tests" / "test_conventions.py").read_text()
    for words in ("ruff", "mypy", "lint-imports"):
        assert any(words in hook["entry"] for hook in hooks)
        assert words in conventions


def test_sections_of_the_changelog_have_dates_that_fall() -> None:
    heads = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    dates = [re.findall(r"\d{4}-\d{2}-\d{2}", head)[-1:] for head in heads if head != "Unreleased"]
    assert all(dates)
    assert dates == sorted(dates, reverse=True)
