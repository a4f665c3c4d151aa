"""The README is short, leads somewhere, and shows what its commands and its lines of Python print."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from analogep import Run
from analogep.cli import summary

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROSE = "\n".join(
    line
    for line in re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL).splitlines()
    if not line.startswith(("|", "    "))
)
SHOWN = README.partition("<!-- output of the first command -->\n```text\n")[2].partition("\n```")[0]
FIRST = "python -m analogep.simulate devices/rram.yaml"


def numbers(text: str) -> list[float]:
    """All numbers of a text."""
    return [float(number) for number in re.findall(r"(?<![\w.-])-?\d+(?:\.\d+)?(?:e-?\d+)?", text)]


def labels(text: str) -> set[str]:
    """First words of the lines of a summary."""
    return set(re.findall(r"^ +([a-z_]+)", text, re.MULTILINE)) - {"caution", "reached", "written"}


def test_the_readme_is_read_in_three_minutes() -> None:
    """Tables and code apart; what stands behind links counts by its words alone."""
    assert len(re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", PROSE).split()) < 700


def test_every_link_of_the_readme_leads_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", PROSE)
    assert len(targets) > 20
    for target in targets:
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_the_readme_shows_the_output_of_its_first_command() -> None:
    """A short run of the same cards has the same lines; if not, put what the first command prints into the README."""
    assert FIRST in README
    said = summary.text(Run("rram", "digits", set={"layers": [64, 16, 10], "learning.epochs": 1}).execute())
    assert labels(said) == labels(SHOWN)


def test_six_lines_print_what_stands_below_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Sums in another order may move a sample or two of 359 across a border."""
    code, shown = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```", README, re.MULTILINE | re.DOTALL)[0]
    assert len([line for line in code.splitlines() if line.strip()]) == 6
    exec(compile(code, "README.md", "exec", dont_inherit=True), {"__name__": "__main__"})
    accuracy, *costs = numbers(capsys.readouterr().out)
    assert abs(accuracy - numbers(shown)[0]) < 1.0
    assert costs == pytest.approx(numbers(shown)[1:], rel=0.01)


@pytest.mark.slow
def test_the_first_command_prints_what_the_readme_shows(tmp_path: Path) -> None:
    """Half a minute: accuracy within two points, joules of training within 2 %."""
    command = [sys.executable, *FIRST.split()[1:], "--out", str(tmp_path / "run")]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert labels(said) == labels(SHOWN)
    for name, rel in (("accuracy", 0.02), ("total", 0.02)):
        ours, theirs = (numbers(re.search(rf"^ +{name} .*", text, re.MULTILINE)[0])[0] for text in (said, SHOWN))
        assert ours == pytest.approx(theirs, rel=rel)
