"""The history of the benchmarks can be read, says what an entry needs, and shows how ratios moved."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import history

GOOD: dict[str, Any] = {
    "benchmark": "fit",
    "arguments": [],
    "date": "2026-11-30T18:05:00Z",
    "commit": "a" * 40,
    "load": 0.5,
    "processor": "AMD EPYC",
    "cores": 2,
    "found": {"loop_over_ours": 10.0, "ours_s": 2},
    "versions": dict.fromkeys(("analogep", "python", "numpy", "numba"), "1.0"),
}


def test_what_is_kept_can_be_read_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    names = {path.stem for path in history.STORE.iterdir()}
    assert {"programming", "fit"} <= names <= {path.stem for path in history.HERE.glob("*.py")}
    assert all(history.read(name) for name in names)
    assert history.main(["show", "programming"]) == 0
    assert "_over_rram_" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"load": None}, "'load' is no float: None"),
        ({"note": 1}, "has 'note', which no entry has"),
        ({"benchmark": "wires"}, "is of benchmark 'wires' and stands in the file of 'fit'"),
        ({"date": "30.11.2026"}, "date '30.11.2026' is not like 2026-11-30T18:05:00Z"),
        ({"commit": ""}, "commit '' has no 40 hex digits"),
        ({"cores": 0}, "says no processor or no cores"),
        ({"versions": {"numpy": "2.1"}}, "lacks the version of analogep, Python, NumPy or numba"),
        ({"found": {"a": float("nan")}}, "found no finite numbers: {'a': nan}"),
    ],
)
def test_an_entry_that_says_too_little_is_refused(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    (tmp_path / "fit.jsonl").write_text(json.dumps(GOOD) + "\n" + json.dumps(GOOD | change) + "\n")
    with pytest.raises(ValueError, match=r"fit\.jsonl:2: ") as refused:
        history.read("fit", tmp_path)
    assert str(refused.value).endswith(said)


def test_a_benchmark_is_run_and_kept_with_what_it_was_run_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps({"loop_over_ours": 12.5})
    script = f"import sys\n# as one that ends in report(...)\nprint({line!r} if '--json' in sys.argv else '')\n"
    (tmp_path / "short.py").write_text(script)
    monkeypatch.setattr(history, "HERE", tmp_path)
    # The sources may have been unpacked from an archive, which is no checkout.
    monkeypatch.setattr(history.circumstances, "commit", lambda: "c" * 40)
    made = history.add("short", ["--repeats", "3"], tmp_path / "history")
    assert history.read("short", tmp_path / "history") == [made]
    assert made["found"] == {"loop_over_ours": 12.5}
    assert made["arguments"] == ["--repeats", "3"]
    assert made["versions"]["python"] == sys.version.split()[0]
    with pytest.raises(ValueError, match=r"^'nothing' is no benchmark; there are short$"):
        history.add("nothing", [], tmp_path)


def test_moves_are_those_of_one_kind_of_machine() -> None:
    later = GOOD | {"date": "2026-12-02T00:00:00Z", "found": {"loop_over_ours": 12.0, "ours_s": 3}}
    other = GOOD | {"processor": "other", "found": {"loop_over_ours": 7.0}}
    here, heads, ratio, there, _, single = history.moves([GOOD, later, other])
    assert here == "fit on AMD EPYC, 2 cores, 2 x, 2026-11-30 to 2026-12-02, load before 0.5 0.5"
    assert heads.split() == ["first", "before", "last", "last/first"]
    assert ratio.split() == ["10", "10", "12", "1.200", "loop_over_ours"]
    assert there == "fit on other, 2 cores, 1 x, 2026-11-30 to 2026-11-30, load before 0.5"
    assert single.split() == ["7", "-", "7", "-", "loop_over_ours"]
    assert any("ours_s" in line for line in history.moves([GOOD], every=True))
