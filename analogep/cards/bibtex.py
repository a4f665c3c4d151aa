"""BibTeX of sources: one entry for each publication, data set or program, with keys that differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from analogep.cards.provenance import Source

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    **{sign: f"\\{sign}" for sign in "&%$#_"},
}
_DOI = re.compile(r"\b10\.[0-9]{4,9}/[^\s,;()]*[^\s,;().]")
_ENDING = frozenset("{}\\\"' \t\r\n")


def escaped(text: str) -> str:
    """Write text so that BibTeX keeps its braces balanced and LaTeX prints it as it stands; spaces are joined."""
    return "".join(_SPECIAL.get(sign, sign) for sign in " ".join(text.split()) if sign.isprintable())


def comment(text: str) -> str:
    """Write a line that BibTeX skips: it ignores everything outside of entries, and `@` opens one."""
    return "% " + " ".join(text.replace("@", "(at)").split())


def from_text(cite: str) -> Source:
    """Return the source of a citation in one line, with the DOI that it may hold."""
    found = _DOI.search(cite)
    return Source(cite=cite, doi=found[0] if found else None)


def bibliography(references: Iterable[tuple[str, Source]]) -> str:
    """Write entries, separated by empty lines.

    Parameters
    ----------
    references : iterable of (key, source)
        Keys need not differ and need not be legal. What has the same DOI, or the same title and place, is one entry;
        its notes are joined.

    Returns
    -------
    str
        BibTeX, each entry with a key of its own.
    """
    groups: dict[tuple[str, ...], list[tuple[str, Source]]] = {}
    for key, source in references:
        groups.setdefault(_identity(source), []).append((key, source))
    taken: set[str] = set()
    entries: list[str] = []
    for members in groups.values():
        key = _free(_legal(members[0][0]), taken)
        taken.add(key.lower())
        entries.append(_entry(key, [source for _, source in members]))
    return "\n\n".join(entries)


def _identity(source: Source) -> tuple[str, ...]:
    """What two sources of the same work share."""
    if source.doi:
        return ("doi", source.doi.lower())
    if source.title and source.url:
        return ("title", source.title, source.url)
    return ("cite", source.cite)


def _legal(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9_:.+/-]+", "-", key).strip("-") or "source"


def _free(key: str, taken: set[str]) -> str:
    """The key, or the key with the first number from 2 that nobody has; BibTeX does not tell cases apart."""
    number, found = 1, key
    while found.lower() in taken:
        number += 1
        found = f"{key}-{number}"
    return found


def _entry(key: str, sources: Sequence[Source]) -> str:
    """One entry from all that name the same work; the first gives the fields, all of them give notes."""
    source = sources[0]
    kind = "article" if source.journal else "inproceedings" if source.booktitle else "misc"
    fields = {
        name: escaped(str(value))
        for name in ("author", "journal", "booktitle", "year", "volume", "number", "pages")
        if (value := getattr(source, name)) is not None
    }
    if source.author and _balanced(source.author):
        fields["author"] = escaped(source.author).replace(_SPECIAL["{"], "{").replace(_SPECIAL["}"], "}")
    if source.pages is not None:
        fields["pages"] = re.sub("-+", "--", fields["pages"])
    fields["title"] = f"{{{escaped(source.title or source.cite)}}}"  # doubled braces keep its capitals
    fields |= _places(source)
    fields["note"] = escaped("; ".join(_notes(sources, of_program=kind == "misc" and source.title is not None)))
    order = ("author", "title", "journal", "booktitle", "year", "volume", "number", "pages", "doi", "url",
             "howpublished", "note")  # fmt: skip
    lines = [f"  {name} = {{{fields[name]}}}," for name in order if fields.get(name)]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def _balanced(text: str) -> bool:
    """Whether braces group, as around the name of an institution."""
    depth = 0
    for sign in text:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0


def _places(source: Source) -> Mapping[str, str]:
    """DOI and address as they are: packages typeset them verbatim, so that only what ends a field is encoded."""
    places = {"doi": _verbatim(source.doi)} if source.doi else {}
    if source.url and re.match(r"https?://\S+$", source.url):
        return places | {"url": _verbatim(source.url)}
    return places | ({"howpublished": escaped(source.url)} if source.url else {})


def _verbatim(text: str) -> str:
    return "".join(f"%{ord(sign):02X}" if sign in _ENDING else sign for sign in text)


def _notes(sources: Sequence[Source], *, of_program: bool) -> list[str]:
    """What differs between those that name the same work: files and versions of a program, notes."""
    notes: dict[str, None] = {}
    for source in sources:
        if of_program and source.cite != source.title:
            notes[source.cite] = None
        if source.note:
            notes[source.note] = None
    return list(notes)
