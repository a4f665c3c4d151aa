"""What public docstrings say: shape and unit of every array that goes in, comes out or is kept, and the errors raised.

The sources are read as text, nothing is imported. An array is named by its annotation: `NDArray`, `ndarray`,
`ArrayLike`, or a name that a module of the package gives to one of these. Of a parameter the docstring names it, in
backquotes or in a Parameters section, and says its shape in round brackets and its unit in square ones in the rest of
that sentence; of a result it says both in its first paragraph or under Returns. Labels, counts, indices and truth
values have no unit.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from functools import cache
from keyword import iskeyword
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
TRANSLATED = {("datasets/arrays.py", "member", "ValueError")}
"""Errors that a context manager around the `raise` turns into others."""

_ARRAYS = {"NDArray", "ndarray", "ArrayLike"}
_SIZE = r"[\w .+*/'-]{0,40}"
_SHAPE = re.compile(
    rf"\(\.\.\.\)|\({_SIZE}(?:,{_SIZE})+\)|\b(?:any|same|one|its|their|the|whose) shapes?\b|\bscalars?\b"
)
_UNIT = re.compile(r"\[[^\[\]]+\]")
_WITHOUT_UNIT = re.compile(
    r"\b(?:labels?|classe?s?|ind(?:ex|ices)|counts?|keys?|seeds?|bool(?:ean)?s?|true|false|whether|u?int\d*|integers?|units?)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"\bas (?:in|for|of) `([\w.]+)`", re.IGNORECASE)
_ALL_ELSEWHERE = re.compile(
    r"\b(?:Parameters|Arguments|Shapes and units)\b[\w ,]* as (?:in|for|of) `([\w.]+)`", re.IGNORECASE
)
_HEADING = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)
_ENTRY = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: : .*)?$")


class Written(NamedTuple):
    """A public function or method: where it stands, its class if any, and its source."""

    path: str
    owner: str
    node: ast.FunctionDef

    @property
    def name(self) -> str:
        return f"{self.owner}.{self.node.name}" if self.owner else self.node.name

    @property
    def doc(self) -> str:
        return ast.get_docstring(self.node) or ""


@cache
def _trees() -> dict[str, ast.Module]:
    package = ROOT / "analogep"
    return {str(path.relative_to(package)): ast.parse(path.read_text()) for path in sorted(package.rglob("*.py"))}


@cache
def _classes() -> dict[str, list[ast.ClassDef]]:
    found: dict[str, list[ast.ClassDef]] = {}
    for tree in _trees().values():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(node)
    return found


def _names(node: ast.AST) -> set[str]:
    """Names in an expression, the last part of dotted ones, but not those in the types of functions that go in."""
    if isinstance(node, ast.Subscript) and _names(node.value) & {"Callable", "Literal"}:
        return set()
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        word = node.value.isidentifier() and not iskeyword(node.value)
        return _names(ast.parse(node.value, mode="eval").body) if word else set()
    own = {node.id} if isinstance(node, ast.Name) else {node.attr} if isinstance(node, ast.Attribute) else set()
    return own.union(*(_names(child) for child in ast.iter_child_nodes(node)))


@cache
def _own_aliases(path: str) -> frozenset[str]:
    """Names that a module gives to arrays, and those of arrays that numpy has."""
    known = set(_ARRAYS)
    for node in _trees()[path].body:
        if isinstance(node, ast.Assign) and _names(node.value) & known and not isinstance(node.value, ast.Call):
            known |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(known)


@cache
def _aliases(path: str) -> frozenset[str]:
    """Names that stand for arrays in a module, those that it imports from the package included."""
    known = set(_own_aliases(path))
    for node in _trees()[path].body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("analogep."):
            stem = (node.module or "").removeprefix("analogep.").replace(".", "/")
            for source in _trees():
                if source == f"{stem}.py" or source.startswith(f"{stem}/"):
                    known |= {name.asname or name.name for name in node.names if name.name in _own_aliases(source)}
    return frozenset(known)


def _is_array(annotation: ast.expr | None, path: str) -> bool:
    return annotation is not None and bool(_names(annotation) & _aliases(path))


def _files() -> Iterator[tuple[str, ast.Module]]:
    for path, tree in _trees().items():
        hidden = any(part.startswith("_") and part != "__init__.py" for part in Path(path).parts)
        if not hidden:
            yield path, tree


def _public() -> Iterator[Written]:
    for path, tree in _files():
        owners = [("", tree.body)] + [(n.name, n.body) for n in tree.body if isinstance(n, ast.ClassDef)]
        for owner, body in owners:
            for node in body:
                if isinstance(node, ast.FunctionDef) and not (owner.startswith("_") or node.name.startswith("_")):
                    decorators = set().union(*(_names(decorator) for decorator in node.decorator_list))
                    if not decorators & {"register", "setter", "overload"}:
                        yield Written(path, owner, node)


def _base_names(node: ast.ClassDef) -> set[str]:
    return set().union(*(_names(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases))


def _ancestors(owner: str, seen: frozenset[str] = frozenset()) -> Iterator[ast.ClassDef]:
    """Base classes within the package, near ones first."""
    for node in _classes().get(owner, []):
        for name in _base_names(node) - seen:
            yield from _classes().get(name, [])
            yield from _ancestors(name, seen | {owner})


def _inherited(function: Written) -> str:
    """Docstring of the method that this one overrides, empty if there is none."""
    if function.owner:
        for parent in _ancestors(function.owner):
            for node in parent.body:
                if isinstance(node, ast.FunctionDef) and node.name == function.node.name:
                    return ast.get_docstring(node) or ""
    return ""


def _sections(doc: str) -> dict[str, str]:
    """Text of a docstring by heading; what stands before the first has the heading ''."""
    pieces = _HEADING.split(doc)
    return {"": pieces[0], **dict(zip(pieces[1::2], pieces[2::2], strict=True))}


def _entries(section: str) -> Iterator[tuple[list[str], str]]:
    """Names and text of each entry in a Parameters section."""
    entry: list[str] = []
    for line in [*section.splitlines(), "end"]:
        if line and not line.startswith(" "):
            if entry and (match := _ENTRY.match(entry[0])):
                yield [name.strip(" *") for name in match[1].split(",")], "\n".join(entry)
            entry = []
        entry.append(line)


def _said(doc: str, name: str) -> list[str]:
    """What a docstring says of a parameter: its entry, or what follows its name in sentences of the prose."""
    sections = _sections(doc)
    said = [
        text
        for heading in ("Parameters", "Attributes")
        for names, text in _entries(sections.get(heading, ""))
        if name in names
    ]
    prose = re.sub(r"\s+", " ", sections[""])
    for match in re.finditer(rf"`\*{{0,2}}{name}(?:\[[^`]*\])?`", prose):
        said.append(re.split(r"(?<=[.:;]) (?=[A-Z`])", prose[match.start() :])[0])
    return said


def _complete(text: str) -> bool:
    return bool(_SHAPE.search(text) and (_UNIT.search(text) or _WITHOUT_UNIT.search(text))) or _refers(text, _ELSEWHERE)


def _refers(text: str, how: re.Pattern[str]) -> bool:
    """Whether a text sends the reader to a function or class of the package that exists."""
    targets = how.findall(text)
    return bool(targets) and all(target.split(".")[-1] in _defined() for target in targets)


@cache
def _defined() -> frozenset[str]:
    kinds = (ast.FunctionDef, ast.ClassDef)
    return frozenset(n.name for tree in _trees().values() for n in ast.walk(tree) if isinstance(n, kinds))


def _missing_of_arrays(function: Written) -> Iterator[str]:
    doc, arguments = function.doc, function.node.args
    if _refers(re.sub(r"\s+", " ", doc), _ALL_ELSEWHERE) or _inherited(function):
        return
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]:
        if argument is not None and _is_array(argument.annotation, function.path):
            said = _said(doc, argument.arg)
            if not said:
                yield f"`{argument.arg}` is not named"
            elif not any(_complete(text) for text in said):
                yield f"`{argument.arg}` has no shape or no unit"
    if _is_array(function.node.returns, function.path):
        sections = _sections(doc)
        result = [sections[""].split("\n\n")[0], sections.get("Returns", ""), sections.get("Yields", "")]
        if not any(_complete(text) for text in result):
            yield "the result has no shape or no unit"


@cache
def _ancestry(name: str) -> frozenset[str]:
    """Names of an exception class and of its bases, of the package and of Python."""
    own = {name, *(base for node in _ancestors(name) for base in (node.name, *_base_names(node)))}
    own |= {base for node in _classes().get(name, []) for base in _base_names(node)}
    return frozenset(own.union(*({kind.__name__ for kind in getattr(builtins, one, object).__mro__} for one in own)))


def _caught(node: ast.Try) -> set[str]:
    """Classes that the handlers of a `try` catch."""
    return set().union(*({"Exception"} if one.type is None else _names(one.type) for one in node.handlers))


def _raised(nodes: list[ast.stmt]) -> Iterator[str]:
    """Names of the errors that leave these statements by a `raise` of their own, not by one in a function in them."""
    for node in nodes:
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            (name,) = _names(node.exc.func) if isinstance(node.exc.func, ast.Name) else ("",)
            if "Exception" in _ancestry(name):
                yield name
        elif isinstance(node, ast.Try):
            yield from (name for name in _raised(node.body) if not _ancestry(name) & _caught(node))
            yield from _raised([*(line for one in node.handlers for line in one.body), *node.orelse, *node.finalbody])
        elif not isinstance(node, ast.FunctionDef | ast.ClassDef):
            for block in ("body", "orelse", "cases"):
                yield from _raised(getattr(node, block, []))


def _missing_of_errors(function: Written) -> Iterator[str]:
    said = _sections(function.doc).get("Raises", "") + _sections(_inherited(function)).get("Raises", "")
    for name in sorted(set(_raised(function.node.body)) - {"NotImplementedError"}):
        told = (function.path, function.name, name) in TRANSLATED
        if not told and not re.search(rf"^(?:\w+, )*{name}\b", said, re.MULTILINE):
            yield f"Raises does not name {name}"


def _missing_of_fields(path: str, node: ast.ClassDef) -> Iterator[str]:
    """Arrays that a class is made of: annotated in its body, or given to its constructor."""
    doc = ast.get_docstring(node) or ""
    for here, after in zip(node.body, [*node.body[1:], None], strict=True):
        fields: list[tuple[str, ast.expr | None]] = []
        if isinstance(here, ast.AnnAssign) and isinstance(here.target, ast.Name):
            fields = [(here.target.id, here.annotation)]
        elif isinstance(here, ast.FunctionDef) and here.name == "__init__":
            fields = [(one.arg, one.annotation) for one in [*here.args.args, *here.args.kwonlyargs]]
        for name, annotation in fields:
            if _is_array(annotation, path) and not name.startswith("_"):
                below = (
                    [after.value.value] if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else []
                )
                if not any(_complete(str(text)) for text in [*_said(doc, name), *below]):
                    yield f"`{name}` has no shape or no unit"


def _missing(what: str) -> Iterator[str]:
    if what == "fields":
        for path, tree in _files():
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    yield from (f"{path}:{node.lineno}: {node.name}: {said}" for said in _missing_of_fields(path, node))
        return
    check = {"arrays": _missing_of_arrays, "errors": _missing_of_errors}[what]
    for function in _public():
        yield from (f"{function.path}:{function.node.lineno}: {function.name}: {said}" for said in check(function))


def test_parameters_sections_name_what_there_is() -> None:
    for path, tree in _files():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                section = _sections(ast.get_docstring(node) or "").get("Parameters", "")
                said = {name for names, _ in _entries(section) for name in names}
                known = {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
                assert said <= known, f"{path}:{node.lineno}: {node.name}: {said - known}"


@pytest.mark.parametrize("what", ["arrays", "errors", "fields"])
def test_public_docstrings_say_what_they_must(what: str) -> None:
    missing = list(_missing(what))
    assert not missing, "\n" + "\n".join(missing)


@pytest.mark.parametrize(
    ("doc", "missing"),
    [
        ("Power [W].", 2),
        ("Power (...) [W].", 1),
        ("Power (...) [W] at the voltages `v` [V].", 1),
        ("Power (...) [W] at the voltages `v` (..., rows).", 1),
        ("Power (...) [W] at the voltages `v` (..., rows) [V].", 0),
        ("Power (...) [W] of `v`. The other side is at 0 V, (rows,) [V].", 1),
        ("Power (...) [W].\n\nParameters\n----------\nv : ndarray (..., rows) [V]\n    At the ports.", 0),
        ("Power (...) [W]; parameters as in `read_nonlinear`.", 0),
        ("Power (...) [W]; parameters as in `a_name_that_is_nowhere`.", 1),
        ("True where `v` (rows,) [V] is above the threshold, any shape.", 0),
    ],
)
def test_the_rule_for_arrays_tells_what_is_said_from_what_is_not(doc: str, missing: int) -> None:
    source = f"def power(v: NDArray[np.float64], count: int) -> NDArray[np.float64]:\n    {doc!r}"
    assert len([*_missing_of_arrays(_function(source))]) == missing


@pytest.mark.parametrize(
    ("doc", "body", "missing"),
    [
        ("A curve.", "x: NDArray[Any]", 1),
        ("A curve.", "x: NDArray[Any]\n    '(points,) [V]'", 0),
        ("A curve.\n\nAttributes\n----------\nx : ndarray (points,) [V]\n    In order.", "x: NDArray[Any]", 0),
        ("A curve.\n\nAttributes\n----------\nx : ndarray [V]\n    In order.", "x: NDArray[Any]", 1),
        ("A curve.", "def __init__(self, x: NDArray[Any]) -> None: ...", 1),
        ("A curve through `x` (points,) [V].", "def __init__(self, x: NDArray[Any]) -> None: ...", 0),
    ],
)
def test_the_rule_for_classes_looks_at_what_they_are_made_of(doc: str, body: str, missing: int) -> None:
    (node,) = ast.parse(f"class Curve:\n    {doc!r}\n    {body}").body
    assert isinstance(node, ast.ClassDef)
    assert len([*_missing_of_fields("jit.py", node)]) == missing


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ("raise ValueError('no')", 1),
        ("raise NotImplementedError('yet')", 0),
        ("if n:\n        raise CardError('no')", 1),
        ("try:\n        raise CardError('no')\n    except AnalogepError:\n        pass", 0),
        ("try:\n        n()\n    except KeyError as odd:\n        raise ResultError('no') from odd", 1),
        ("raise", 0),
    ],
)
def test_the_rule_for_errors_finds_those_that_leave_a_function(body: str, missing: int) -> None:
    assert len([*_missing_of_errors(_function(f"def f(n):\n    'Do it.'\n    {body}"))]) == missing


def _function(source: str) -> Written:
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef)
    return Written("jit.py", "", node)
