"""`analogep cite RUN|CARD...`: BibTeX of what was used."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import analogep

if TYPE_CHECKING:
    from analogep.cards.provenance import Source
    from analogep.device import DeviceCard

HELP = "print BibTeX of the sources of cards and runs"
DESCRIPTION = (
    "Print BibTeX of the sources that the numbers of device cards come from; for a run also of its data, with the "
    "values that were replaced by --set or in Python left out. analogep itself comes last. Estimates are listed in "
    "comments."
)

TITLE = "analogep: an emulator of analog crossbar hardware that learns by equilibrium propagation"
AUTHOR = "The analogep maintainers"

Reference = tuple[str, "Source"]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "given", nargs="+", metavar="RUN|CARD", help="folder of a run, its result.nc, a YAML file, or a shipped card"
    )


def run(parsed: argparse.Namespace) -> int:
    """Print the entries; what could not be found ends the command before anything is printed."""
    from analogep.cards import bibtex

    references: list[Reference] = []
    comments: list[str] = []
    for given in parsed.given:
        found, said = _of_run(given) if _is_run(given) else _of_card(given)
        references.extend(found)
        comments.extend(said)
    references.append(("analogep", _itself()))
    for line in dict.fromkeys(comments):
        print(bibtex.comment(line))
    print(("\n" if comments else "") + bibtex.bibliography(references))
    return 0


def _is_run(given: str) -> bool:
    return given.endswith(".nc") or os.path.isdir(given)


def _of_card(given: str) -> tuple[list[Reference], list[str]]:
    """References and comments of a card of either kind."""
    from analogep.cli import check
    from analogep.device import DeviceCard

    card = check.load(given)
    if isinstance(card, DeviceCard):
        return _of_device(card)
    return [], [f"{card.name}: a circuit card; its numbers are choices of a design and name no sources"]


def _of_device(card: DeviceCard) -> tuple[list[Reference], list[str]]:
    from analogep.cards import provenance

    references: list[Reference] = []
    comments: list[str] = []
    for key, numbers in provenance.used(card.provenance, card.overridden).items():
        source = card.sources[key]
        if provenance.is_estimate(source, list(numbers.values())):
            comments.append(f"{card.name}: without a publication ({source.cite}): {', '.join(numbers)}")
        else:
            references.append((key, source))
    return references, comments


def _of_run(given: str) -> tuple[list[Reference], list[str]]:
    """References of a run: of its device card as it was used, and of its data."""
    from analogep import results
    from analogep.cards import bibtex
    from analogep.cards.record import card_of
    from analogep.device import DeviceCard
    from analogep.errors import CardError, ResultError
    from analogep.run import RESULT

    path = Path(given)
    path = path / RESULT if path.is_dir() else path
    attrs = results.glance(path).attrs
    try:
        citations, data = [str(text) for text in json.loads(attrs["citations"])], str(attrs["data"])
        comments = [f"{attrs['title']}: made with analogep {attrs['analogep_version']}"]
        try:
            references, said = _of_device(card_of(attrs, DeviceCard))
            comments += said
        except (CardError, ResultError):
            # A card that this version does not read: the citations of the run say less, but of the same sources.
            references = [("source", bibtex.from_text(text)) for text in citations[:-1] if text]
        # The last citation is that of the data; who brought arrays of their own has none.
        references += [(data, bibtex.from_text(text)) for text in citations[-1:] if text]
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError):
        raise ResultError(f"{path}: holds no card and no citations; give the result of a simulation") from None
    return references, comments


def _itself() -> Source:
    from analogep.cards.provenance import Source

    title = f"{TITLE}, version {analogep.__version__}"
    return Source(cite=title, title=title, author=f"{{{AUTHOR}}}")
