import contextlib
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analogep.cards import shipped_dir
from analogep.cards.reader import MAX_BYTES, MOST_ENTRIES, Document, read, read_file, read_value
from analogep.errors import CardError
from analogep.study.card import ready_dir

CARD = """\
# a comment
name: rram
conductance: {min: 1 uS, max: 10 uS, levels: 128}
up:
  pulses: 1e6
  list:
    - 1
    - {a: [2.5, x]}
"""


def where(text: str | bytes) -> str:
    with pytest.raises(CardError) as caught:
        read(text, "my.yaml")
    return str(caught.value)


def test_data_is_plain_and_every_value_has_its_line() -> None:
    document = read(CARD, "my.yaml")
    assert document.data == {
        "name": "rram",
        "conductance": {"min": "1 uS", "max": "10 uS", "levels": 128},
        "up": {"pulses": 1e6, "list": [1, {"a": [2.5, "x"]}]},
    }
    assert document.lines[()] == 2
    assert document.lines["conductance", "max"] == 3
    assert document.lines["up", "list"] == 6
    assert document.lines["up", "list", 1] == 8
    assert document.lines["up", "list", 1, "a", 0] == 8
    assert document.text == CARD


def test_where_falls_back_to_the_nearest_ancestor() -> None:
    document = read(CARD, "my.yaml")
    assert document.where(("up", "width")) == "my.yaml:4"
    assert document.where(("nothing", "at", "all")) == "my.yaml:2"
    assert Document({}, {}, "my.yaml").where(("a",)) == "my.yaml"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-6", 1e-6),
        ("1e9", 1e9),
        ("-.5", -0.5),
        ("3.", 3.0),
        ("+7", 7),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("no", "no"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("2020-01-01", "2020-01-01"),
        ("'1'", "1"),
        ('"null"', "null"),
        ("=", "="),
        ("18446744073709551615", 2**64 - 1),
    ],
)
def test_plain_scalars_follow_yaml_1_2(text: str, value: Any) -> None:
    found = read(f"a: {text}", "my.yaml").data["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "my.yaml:1: is empty"),
        ("# nothing", "my.yaml:1: is empty"),
        ("---\n", "my.yaml:1: is empty"),
        ("- a", "my.yaml:1: needs a block of keys at the top, got a list of 1"),
        ("3", "my.yaml:1: needs a block of keys at the top, got 3"),
        ("a: 1\nb: 2\na: 3", "my.yaml:3: a: stands twice, in lines 1 and 3"),
        ("x: {a: 1, 'a': 2}", "my.yaml:1: x.a: stands twice, in lines 1 and 1"),
        ("a: &x 1", "my.yaml:1: a: anchors are not read, remove &x"),
        ("a: *x", "my.yaml:1: a: aliases are not read, write the value again instead of \\*x"),
        ("a: !!str 1", "my.yaml:1: a: tags are not read, remove tag:yaml.org,2002:str"),
        ("a: !x 1", "my.yaml:1: a: tags are not read, remove !x"),
        ("a: !!python/name:os.system x", "my.yaml:1: a: tags are not read"),
        ("a:\n  <<: {b: 1}", "my.yaml:2: a: merge keys are not read, write the keys out instead of <<"),
        ("1: a", "my.yaml:1: key 1 is not text; put it in quotes"),
        ("null: a", "my.yaml:1: key null is not text; put it in quotes"),
        ("? [a]\n: b", "my.yaml:1: key a list of 1 is not text; put it in quotes"),
        ("a: 1\n---\nb: 2", "my.yaml:2: holds more than one document, in lines 1 and 2"),
        ("a: .nan", "my.yaml:1: a: .nan is not a finite number"),
        ("a: -.inf", "my.yaml:1: a: -.inf is not a finite number"),
        ("a: 1e999", "my.yaml:1: a: number 1e999 is too large"),
        ("a: 18446744073709551616", "my.yaml:1: a: integer 18446744073709551616 does not fit into 64 bits"),
        ("a: " + "9" * 6000, "does not fit into 64 bits"),
        ("a: 1\nb: [1", "my.yaml:2: is not valid YAML: expected ',' or ']'"),
        ("a:\n\tb: 1", "my.yaml:2: is not valid YAML: .*; indent with spaces, not tabs"),
        ("a: 1\nb: \x07", r"my.yaml:2: character U\+0007 is not allowed"),
        ("a: \ud800", r"my.yaml:1: character U\+D800 is not allowed"),
        ('a: "\\ud800"', "my.yaml:1: a: half of a surrogate pair is not a character"),
        ('a: "\\UFFFFFFFF"', "my.yaml: is not valid YAML"),
        (f"%YAML 1.{'1' * 5000}\n---\na: 1", "my.yaml: is not valid YAML"),
        (b"a: 1\nb: \xff", "my.yaml:2: is not UTF-8: byte 0xff"),
        ("a: " + "x" * 1_000_000, "my.yaml: is larger than 1 MB, too large for a card"),
        ("a: " + "[" * 41 + "]" * 41, r"my.yaml:1: a.0.0: is nested deeper than 40 levels"),
        ("[" * 100_000, r"my.yaml:1: 0.0.0: is nested deeper than 40 levels"),
        ("- " * 100_000, r"my.yaml:1: 0.0.0: is nested deeper than 40 levels"),
    ],
)
def test_what_a_card_cannot_mean_is_refused_with_its_line(text: str | bytes, message: str) -> None:
    with pytest.raises(CardError, match=message):
        read(text, "my.yaml")


def test_forty_levels_are_read() -> None:
    assert read("a: " + "[" * 39 + "]" * 39, "my.yaml").lines[("a", *[0] * 38)] == 1


def test_all_refusals_that_do_not_end_reading_come_at_once() -> None:
    with pytest.raises(CardError) as caught:
        read("a: &x 1\nb: *x\na: .inf\n2: 3\n", "my.yaml")
    assert [problem.where for problem in caught.value.problems] == [f"my.yaml:{n}" for n in (1, 2, 3, 3, 4)]


def test_reading_ends_behind_the_hundredth_problem() -> None:
    assert "and more" not in where("a: 1\n" * 101)
    lines = where("a: 1\n" * 102).splitlines()
    assert len(lines) == 101
    assert lines[-2:] == [
        "my.yaml:101: a: stands twice, in lines 1 and 101",
        "and more; these are the first 100 problems",
    ]


LONG = {
    "keys twice": ("name: a\n", "stands twice"),
    "aliases": ("- *a\n", "aliases are not read"),
    "anchors": ("- &a 1\n", "anchors are not read"),
    "tags": ("- !t 1\n", "tags are not read"),
    "merge keys": ("<<: 1\n", "merge keys are not read"),
    "keys that are no text": ("? [1]\n: 1\n", "key a list of 1 is not text"),
    "numbers that are not finite": ("- .nan\n", "is not a finite number"),
    "tabs": ("\ta: 1\n", "indent with spaces, not tabs"),
    "items": ("- x\n", "my.yaml:10001: has more than 10000 entries, too many for a card"),
    "items of items": ("- [x, y, z]\n", "holds more than 30000 keys and values, too many for a card"),
    "depth": ("[", "nested deeper than 40 levels"),
    "keys of keys": ("? ", "nested deeper than 40 levels"),
}


@pytest.mark.parametrize("kind", LONG)
def test_a_megabyte_of_problems_is_refused_in_a_fraction_of_a_second(kind: str) -> None:
    line, message = LONG[kind]
    text = line * ((MAX_BYTES - 10) // len(line))
    start = time.process_time()
    told = where(text)
    # 42 s before reading ended at the hundredth problem; 0.7 s where all that a card may hold is looked at.
    assert time.process_time() - start < 3
    assert re.search(message, told)
    assert len(told.splitlines()) <= 101


def test_as_many_entries_as_a_card_may_have_are_read() -> None:
    assert len(read("a: [" + "1," * MOST_ENTRIES + "]", "my.yaml").data["a"]) == MOST_ENTRIES
    with pytest.raises(CardError, match=r"my.yaml:10001: has more than 10000 keys, too many for a card"):
        read("".join(f"a{k}: 1\n" for k in range(MOST_ENTRIES + 1)), "my.yaml")


def test_a_byte_order_mark_is_read_over() -> None:
    assert read("\ufeffa: 1".encode(), "my.yaml").data == {"a": 1}


def test_messages_never_hold_control_characters() -> None:
    assert where('"\\e[31m": 1\n"\\e[31m": 2\n').isprintable()


def test_files_that_cannot_be_read_are_card_errors(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"none.yaml: no such file"):
        read_file(tmp_path / "none.yaml")
    with pytest.raises(CardError, match=r"is a directory, not a card"):
        read_file(tmp_path)
    with pytest.raises(CardError, match=r"cannot be read: embedded null byte"):
        read_file("a\0b")
    with pytest.raises(CardError, match=r"cannot be read: "):
        read_file("a" * 5000)
    with pytest.raises(CardError, match=r"cannot be read: Not a directory"):
        read_file("/dev/null/x")
    (tmp_path / "large.yaml").write_bytes(b"#" * 2_000_000)
    with pytest.raises(CardError, match=r"is larger than 1 MB"):
        read_file(tmp_path / "large.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nb: \xb5S\n")
    with pytest.raises(CardError, match=r"latin.yaml:2: is not UTF-8: byte 0xb5"):
        read_file(tmp_path / "latin.yaml")


def test_file_is_named_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my.yaml").write_text("a: 1\n")
    monkeypatch.chdir(tmp_path)
    assert read_file("my.yaml").name == "my.yaml"


def test_value_is_a_scalar_or_stands_in_brackets() -> None:
    assert read_value("{a: [1, 2]}", "x") == {"a": [1, 2]}
    with pytest.raises(CardError, match="is a block, not a value"):
        read_value("a: 1", "x")


def attempt(text: str | bytes) -> None:
    start = time.process_time()
    with contextlib.suppress(CardError):
        assert isinstance(read(text, "my.yaml").data, dict)
    assert time.process_time() - start < 1


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read_or_a_card_error(text: str) -> None:
    attempt(text)


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_read_or_a_card_error(data: bytes) -> None:
    attempt(data)


SCRAPS = st.sampled_from(
    [
        *"[]{}:-?|>'\"\t\n\0\x85\u2028\ufeff",
        *("&a ", "*a", "!t ", "<<: ", "...\n", "---\n", "%YAML 1.2\n"),
        *("\\U", "0x", "1e999", ".nan", "9" * 5000, "[" * 60),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_mutated_card_is_read_or_a_card_error(data: st.DataObject) -> None:
    text = CARD
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 20)))
        text = text[:start] + data.draw(SCRAPS | st.text(max_size=5)) + text[end:]
    attempt(text)


@pytest.mark.parametrize(
    "folder", [shipped_dir("device"), shipped_dir("circuit"), ready_dir()], ids=lambda path: path.name
)
def test_a_file_of_the_package_reads_the_same_with_and_without_libyaml(folder: Path) -> None:
    """libyaml differs from PyYAML in corners of YAML; nothing that comes with the package goes there."""
    pytest.importorskip("yaml._yaml", reason="this PyYAML has no libyaml")
    paths = sorted(folder.glob("*.yaml"))
    assert paths
    for path in paths:
        text = path.read_bytes()
        # A repr tells 1 from 1.0 and from True, which are equal.
        fast, slow = read(text, path.name, shipped=True), read(text, path.name)
        assert (repr(fast.data), fast.lines) == (repr(slow.data), slow.lines), path
