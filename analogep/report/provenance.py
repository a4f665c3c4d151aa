"""Where a result comes from: its cards as they were used, the command that makes it again, its sources."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from analogep.cards import bibtex, origin, overrides, reader, record
from analogep.cards.reader import Document
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import AnalogepError
from analogep.report.blocks import Listing, Reference
from analogep.run import RESULT

Attributes = Mapping[str, Any]

_KINDS: dict[str, type[DeviceCard] | type[CircuitCard]] = {"device": DeviceCard, "circuit": CircuitCard}
_SEED = re.compile(r"(fabrication|operation|data) (\d+)(?: sample (\d+))?")
_IGNORED = ("sources", "provenance", "changes", "title", "name", "schema")


def overrides_of(attrs: Attributes, kind: str) -> list[str]:
    """Return what was set for a result's device or circuit card: on the command line, then in Python."""
    card = _KINDS[kind]
    return [*record.overrides_of(attrs, card), *record.changes_of(attrs, card)]


def changes(attrs: Attributes, kind: str) -> list[str]:
    """Return what was changed in Python in a result's device or circuit card."""
    return record.changes_of(attrs, _KINDS[kind])


def used(attrs: Attributes, kind: str) -> Document | None:
    """Read a result's device or circuit card with all that was set; None if this version cannot."""
    try:
        text = record.text_of(attrs, _KINDS[kind])
        if not text:  # a card made in Python has nothing but its values
            return Document(dict(record.card_of(attrs, _KINDS[kind]).raw), {}, str(attrs[kind]))
        document = reader.read(text, str(attrs[kind]))
        return overrides.apply(document, [overrides.parse(text) for text in overrides_of(attrs, kind)])
    except AnalogepError:
        return None


def settings(attrs: Attributes, kind: str) -> dict[str, str]:
    """Return every key of a result's card with its value as the card writes it; words about the card left out."""
    document = used(attrs, kind)
    if document is None:
        return {}
    data = {key: value for key, value in document.data.items() if key not in _IGNORED}
    return dict(_flat(data, ""))


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, entry in value.items():
            yield from _flat(entry, f"{path}.{key}" if path else str(key))
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)


def command(attrs: Attributes) -> tuple[str, list[str]]:
    """Return the command that makes a run again, and what has to be at hand for it.

    Cards that are shipped as they were used are named; others have to be saved as files first. Where text and overrides
    do not say what ran, as of cards that were changed in Python, the result itself is run again: it holds the values.
    """
    words, needs = _repeated(attrs) if any(not _said(attrs, kind) for kind in _KINDS) else _simulated(attrs)
    needs += [f"the part {one}: --parts with its file" for one in origin.parts_of(attrs)]
    if watched := str(attrs.get("watched_by", "")):
        needs.append(
            f"the functions that watched the run from Python ({watched}): without them the numbers may be others"
        )
    return shlex.join(words), needs


def _simulated(attrs: Attributes) -> tuple[list[str], list[str]]:
    """The command that says all that ran."""
    words, needs = ["analogep", "simulate"], []
    for kind in _KINDS:
        given = str(attrs[kind])
        if not _shipped(attrs, kind):
            given = f"{given}.yaml"
            needs.append(f"the {kind} card below, saved as {given}")
        words += [given] if kind == "device" else ["--circuit", given]
    if attrs["data"] != "digits":
        words += ["--data", str(attrs["data"])]
        needs.append(_data(attrs))
    if held_out := str(attrs.get("held_out", "")):
        words += ["--held-out", held_out]
    said, missing = _seeds(str(attrs["seeds"]))
    words += said
    needs += missing
    for text in json.loads(attrs["overrides"]):
        words += ["--set", str(text)]
    return words, needs


def _repeated(attrs: Attributes) -> tuple[list[str], list[str]]:
    """The command that runs a result again from what it records."""
    words = ["analogep", "repeat", RESULT]
    needs = [f"{RESULT}, which holds the values of both cards as they ran"]
    if attrs["data"] != "digits":
        words += ["--data", str(attrs["data"])]
        needs.append(_data(attrs))
    return words, needs


def _data(attrs: Attributes) -> str:
    digest = str(attrs["data_digest"])[:16]
    brought = int(attrs.get("validation_samples", 0)) and not attrs.get("held_out")
    part = "; they brought a validation part of their own, which Python alone can give" if brought else ""
    return (
        f"the data '{attrs['data']}' (SHA-256 {digest}...): give its own path; arrays that were given in Python have "
        f"to be saved with numpy.savez first{part}"
    )


def _said(attrs: Attributes, kind: str) -> bool:
    """Whether a result's card is what its text and its overrides say; of older versions nothing else is known."""
    if f"{kind}_values" not in attrs:
        return True
    card = _KINDS[kind]
    try:
        if record.changes_of(attrs, card):
            return False
        read = card.from_text(record.text_of(attrs, card), str(attrs[kind]), record.overrides_of(attrs, card))
        return read.digest == record.card_of(attrs, card).digest
    except AnalogepError:
        return False


def values(attrs: Attributes, kind: str) -> str:
    """YAML of a result's card with the values that ran, where its text and overrides do not say them; else empty."""
    if _said(attrs, kind):
        return ""
    try:
        return record.card_of(attrs, _KINDS[kind]).to_yaml()
    except AnalogepError as error:
        return f"# this version cannot read them: {error}"


def _shipped(attrs: Attributes, kind: str) -> bool:
    """Whether this version ships the card under its name and with this text."""
    name, card = str(attrs[kind]), _KINDS[kind]
    return name in card.names() and card.load(name).text == attrs[f"{kind}_card"]


def _seeds(text: str) -> tuple[list[str], list[str]]:
    """Arguments that give the seeds `text` names, and a sentence where a Monte-Carlo sample has no argument."""
    found = _SEED.findall(text)
    words: list[str] = []
    if len({seed for _, seed, _ in found}) == 1:
        words = ["--seed", found[0][1]]
    else:
        for stream, seed, _ in found:
            words += [f"--{stream}-seed", seed]
    samples = [f"sample {sample} of {stream}" for stream, _, sample in found if sample]
    needs = [f"the Monte-Carlo {', '.join(samples)}: 'analogep repeat {RESULT}' takes it"] if samples else []
    return words, needs


def made_by(attrs: Attributes) -> list[tuple[str, str]]:
    """Name and value of what a result says of its code, its libraries, its date, and of others that made a part."""
    said = [(name, str(attrs[name])) for name in ("commit", "date") if attrs.get(name)]
    if attrs.get("code"):
        said.append(("digest of the code", str(attrs["code"])))
    said += [(name, str(version)) for name, version in json.loads(attrs.get("libraries", "{}")).items()]
    if "wall_seconds" in attrs:
        said.append(("wall time", f"{float(attrs['wall_seconds']):.3g} s"))
    return said + [("made in part by", text) for text in json.loads(attrs.get("went_on_from", "[]"))]


def references(attrs: Attributes) -> list[Reference]:
    """Return the citations of a result, with a link where the card or the citation itself holds one."""
    places = _places(attrs)
    cites = dict.fromkeys(str(text) for text in json.loads(attrs["citations"]) if text)
    return [Reference(cite, places.get(cite) or _doi(bibtex.from_text(cite).doi)) for cite in cites]


def listings(attrs: Attributes) -> list[Listing]:
    """Both cards of a result as they were read, where it has their text."""
    return [
        Listing(f"{kind.capitalize()} card: {attrs[kind]}", str(attrs[f"{kind}_card"]))
        for kind in _KINDS
        if attrs.get(f"{kind}_card")
    ]


def _places(attrs: Attributes) -> dict[str, str]:
    """Citation -> address, as the sources of the device cards have them."""
    found = {}
    for text in json.loads(attrs["device_cards"]).values() if "device_cards" in attrs else [attrs["device_card"]]:
        for source in _sources(str(text)):
            url = str(source.get("url") or "")
            safe = url if re.match(r"https?://\S+$", url) else ""
            found[str(source.get("cite"))] = _doi(source.get("doi")) or safe
    return found


def _sources(text: str) -> list[dict[str, Any]]:
    """Sources of a device card; none if this version cannot read it."""
    try:
        sources = reader.read(text, "card").data.get("sources")
    except AnalogepError:
        return []
    return [source for source in sources.values() if isinstance(source, dict)] if isinstance(sources, dict) else []


def _doi(doi: object) -> str:
    return f"https://doi.org/{doi}" if doi else ""
