"""Files that say things about the project say the same: version, Python versions, extras, commands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import analogep
from recipes import release

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = {path.stem: path.read_text() for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
BUILD = "python -m sphinx -W --keep-going -b html docs docs/_build"


def steps(name: str) -> list[dict[str, Any]]:
    """Steps of all jobs of a workflow."""
    return [step for job in yaml.safe_load(WORKFLOWS[name])["jobs"].values() for step in job["steps"]]


def test_the_version_stands_in_one_place() -> None:
    """The newest release of the changelog, the citation and the recipe say it as well, and the same date."""
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]
    assert PROJECT["dynamic"] == ["version"]
    assert hatch["version"]["path"] == "analogep/__init__.py"
    assert release.version(ROOT) == analogep.__version__
    assert release.disagreements() == []


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The files that the release check reads, without the addresses that may have been filled in."""
    for name in ("analogep/__init__.py", "CHANGELOG.md", "CITATION.cff", "recipes/conda/recipe.yaml", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text())
    change(tmp_path / "CITATION.cff", r"^repository-code:.*\n", "")
    change(tmp_path / "pyproject.toml", r"^\[project.urls\]\n(.+\n)*", "")
    change(tmp_path / "recipes/conda/recipe.yaml", r"^  repository:.*\n", "")
    return tmp_path


def change(path: Path, pattern: str, by: str) -> None:
    """Replace what matches in a file."""
    path.write_text(re.sub(pattern, by, path.read_text(), flags=re.MULTILINE))


def test_a_release_is_refused_until_its_addresses_are_filled_in(copied: Path) -> None:
    change(copied / "CHANGELOG.md", r"\A# Changelog\n", "# Changelog\n\n## Unreleased\n")
    assert release.missing(copied) == [
        "CITATION.cff: lacks repository-code, the address of the repository",
        "pyproject.toml: [project.urls] lacks Repository, Documentation, Issues, Changelog",
        "recipes/conda/recipe.yaml: about lacks repository",
        "CHANGELOG.md: has a section 'Unreleased'; give it the version and the date",
    ]
    change(copied / "CHANGELOG.md", "## Unreleased\n", "")
    change(copied / "CITATION.cff", "^license:", "repository-code: https://example.org/analogep\nlicense:")
    change(copied / "recipes/conda/recipe.yaml", "^about:\n", "about:\n  repository: https://example.org/analogep\n")
    urls = "".join(f'{name} = "https://example.org"\n' for name in release.URLS)
    change(copied / "pyproject.toml", r"\A", f"[project.urls]\n{urls}")
    assert release.missing(copied) == []


def test_files_of_another_version_are_named(copied: Path) -> None:
    change(copied / "analogep/__init__.py", r'^__version__ = ".*"', '__version__ = "9.8.7"')
    change(copied / "CITATION.cff", "^date-released:.*", 'date-released: "2020-01-02"')
    assert [text.partition(" is ")[0] for text in release.disagreements(copied)] == [
        "CHANGELOG.md: its newest release",
        "CITATION.cff: version",
        "recipes/conda/recipe.yaml: context.version",
        "CITATION.cff: date-released",
    ]


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


def test_the_changelog_is_cut_into_releases() -> None:
    """Heads are versions with their dates, both falling; only what is unreleased may stand before them."""
    heads = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    releases = release.HEAD.findall((ROOT / "CHANGELOG.md").read_text())
    assert len(releases) == len(heads) - heads[:1].count("Unreleased")
    assert releases == sorted(releases, key=lambda one: [int(part) for part in one[0].split(".")], reverse=True)
    assert [date for _, date in releases] == sorted((date for _, date in releases), reverse=True)


def test_the_changelog_says_everything_once() -> None:
    """Merged branches leave entries twice: in each release no two begin alike, and no theme comes again."""
    for text in re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)[1:]:
        begin = [entry[:60] for entry in re.findall(r"^- (.*)$", text, re.MULTILINE)]
        assert sorted(set(begin)) == sorted(begin)
        themes = re.findall(r"^####? (.*)$", text, re.MULTILINE)
        assert sorted(set(themes)) == sorted(themes)
        assert not re.search(r"^<{7}|^={7}$|^>{7}", text, re.MULTILINE)
