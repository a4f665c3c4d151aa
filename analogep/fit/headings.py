"""What the name of a column says: the quantity, its unit, and the direction, in English, German and French."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from analogep.units import Quantity

_SPELLINGS: Final = {
    "time": "time t zeit temps elapsed elapsed_time timestamp dauer_seit_beginn",
    "read_voltage": "meas_v read_v v_read vread read_voltage lesespannung tension_de_lecture u_read",
    "amplitude": (
        "amplitude pulse_v v_pulse vpulse pulse_voltage pulse_amplitude pulsamplitude pulsspannung "
        "amplitude_de_l_impulsion tension_d_impulsion pulse_height v_prog v_write"
    ),
    "width": (
        "width pulse_width t_pulse tpulse pulse_duration pulsbreite pulsdauer breite largeur "
        "largeur_d_impulsion duree duration pw"
    ),
    "pulse": (
        "pulse pulses pulse_number pulse_index pulse_no pulse_count n k number puls pulsnummer impuls "
        "impulsion numero num_applied anzahl nombre"
    ),
    "direction": "direction dir polarity operation mode process richtung sens polaritaet polarite set_reset",
    "cycle": "cycle ramp run trace sweep repetition loop zyklus durchlauf rampe cycles index",
    "device": (
        "device cell dut sample device_id devid cell_id dev bauelement zelle probe dispositif cellule "
        "echantillon deviceid"
    ),
    "conductance": "conductance g cond g_read conductivity leitwert leitfaehigkeit conductivite",
    "current": "current i i_read iread id ids i_d read_current drain_current strom courant lesestrom",
    "resistance": "resistance r r_read res widerstand",
    "voltage": "voltage v u spannung tension volt bias vd v_d",
    "low": "lrs ilrs i_lrs rlrs r_lrs glrs g_lrs ion i_on ron r_on g_on",
    "high": "hrs ihrs i_hrs rhrs r_hrs ghrs g_hrs ioff i_off roff r_off g_off",
    "v_set": "vset v_set set_voltage",
    "v_reset": "vreset v_reset reset_voltage",
}
WORDS: Final = {role: tuple(words.split()) for role, words in _SPELLINGS.items()}
"""Role -> spellings, lower case without accents; words between `_`."""

QUANTITIES: Final[dict[str, Quantity]] = {
    "conductance": Quantity("S", "conductance", "siemens", "10 uS"),
    "current": Quantity("A", "current", "amperes", "1 uA"),
    "resistance": Quantity("ohm", "resistance", "ohms", "10 kohm"),
    "voltage": Quantity("V", "voltage", "volts", "0.1 V"),
    "time": Quantity("s", "time", "seconds", "100 ns"),
}
READINGS: Final = ("conductance", "current", "resistance")
_TAGS: Final = {
    "up": ("ltp", "pot", "potentiation", "up", "set", "auf", "haut"),
    "down": ("ltd", "dep", "depression", "down", "reset", "ab", "bas"),
}
_KIND: Final = {
    "amplitude": "voltage", "read_voltage": "voltage", "v_set": "voltage", "v_reset": "voltage", "width": "time",
}  # fmt: skip
_BRACKET: Final = re.compile(r"[\[(]([^\[\]()]*)[\])]")


@dataclass(frozen=True)
class Heading:
    """One column.

    Parameters
    ----------
    index : int
    name : str
        As the file has it.
    role : str or None
        Key of `WORDS`, or None where neither name nor unit says anything.
    scale : float or None
        SI value of 1 in the column; None where no unit is named.
    kind : str or None
        Quantity of the unit.
    tag : str
        `up` or `down` where the name ends so, else empty.
    word : str
        The name without unit and tag, spelled as in `WORDS`.
    """

    index: int
    name: str
    role: str | None
    scale: float | None
    kind: str | None
    tag: str
    word: str


def plain(text: str) -> str:
    """Lower case without accents, words joined by `_`: `Leitfähigkeit` -> `leitfaehigkeit`."""
    text = text.lower()
    for umlaut, two in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.replace(umlaut, two)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[\s\-.'’:#]+", "_", text).strip("_")


def unit_of(text: str) -> tuple[str, float] | None:
    """(kind, SI value) of a unit, or None."""
    text = text.strip().replace("Ohms", "ohm").replace("ohms", "ohm").replace("Ohm", "ohm").replace("sec", "s")
    if not text or len(text) > 6:
        return None
    for kind, quantity in QUANTITIES.items():
        try:
            return kind, quantity.parse(f"1 {text}")
        except ValueError:
            continue
    return None


def _split(name: str) -> tuple[str, tuple[str, float] | None]:
    """(name without its unit, unit)."""
    for found in _BRACKET.finditer(name):
        if (unit := unit_of(found[1])) is not None:
            return _BRACKET.sub("", name).strip(), unit
    bare = _BRACKET.sub("", name).strip()
    end = re.fullmatch(r"(.+?)\s*(?:/|\bin\b|[_ ])\s*([^\s/_]{1,5})", bare)
    if (
        end
        and (unit := unit_of(end[2])) is not None
        and (end[2] not in ("V", "S", "s", "A", "min", "h", "d") or "/" in bare)
    ):
        return end[1], unit
    return bare, None


def heading(name: str, index: int) -> Heading:
    """Read the name of the column at `index`."""
    bare, unit = _split(name)
    word, tag = plain(bare), ""
    for way, words in _TAGS.items():
        for end in words:
            if word.endswith(f"_{end}") and not word.endswith((f"v_{end}", "set_reset")):
                word, tag = word[: -len(end) - 1], way
    word = word.strip("_")
    kind, scale = unit if unit else (None, None)
    role = _role(word, kind)
    return Heading(index, name, role, scale, kind, tag, word)


def _role(word: str, kind: str | None) -> str | None:
    """Role of a word, of its last part, or of its unit; one that contradicts the unit is none."""
    for candidate in (word, re.sub(r"_?[0-9]+$", "", word), word.rsplit("_", 1)[-1]):
        for role, words in WORDS.items():
            if candidate in words and (kind is None or _KIND.get(role, role) == kind):
                return role
    return kind
