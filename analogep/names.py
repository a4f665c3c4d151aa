"""Names of files as text that every result, page and figure can hold."""

from __future__ import annotations


def legible(name: str) -> str:
    """The name, read as UTF-8 whatever the environment takes letters for; bytes that are no letters become U+FFFD.

    Parameters
    ----------
    name : str
        As the system gave it: Python keeps bytes that it cannot read as lone surrogates, which no file takes as text.
    """
    try:
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return name.encode("utf-8", "replace").decode()
