"""What measurements do not tell of a device, as its user or its file knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analogep.device.laws import DIRECTIONS
from analogep.device.told import Told
from analogep.fit.records import Pulses


@dataclass(frozen=True)
class Known(Told):
    """What ramps do not tell of a device, as far as the user knows it."""

    of_files: frozenset[str] = frozenset()
    """Which of these a file says."""

    def with_files(self, records: Sequence[Pulses]) -> Known:
        """The same with what the files say of their pulses, where the user said nothing."""
        found: dict[str, float] = {}
        for record in records:
            for way in DIRECTIONS:
                for name, values in (("amplitude", record.amplitude), ("width", record.width)):
                    if way in values:
                        found.setdefault(f"{name}_{way}", values[way])
            if record.read_voltage:
                found.setdefault("read_voltage", record.read_voltage)
        new = {name: value for name, value in found.items() if getattr(self, name) is None}
        return replace(self, of_files=frozenset(new), **new)  # type: ignore[arg-type]
