"""The reference of what a result holds, from the list that writes it."""

from __future__ import annotations

import inspect

from analogep.energy import COMPONENTS, PHASES
from analogep.results import schema
from analogep_docs.words import inline


def page() -> str:
    """The page of the variables of a result, in MyST."""
    opening, _, table = inspect.cleandoc(schema.__doc__ or "").partition("\n\n")
    return "\n\n".join(
        [
            "# Variables of a result",
            f"{inline(opening)} A result is one `xarray.Dataset`, written as NetCDF-4 (`result.nc` in a run's folder); "
            "every variable has `units` and `long_name`. Any NetCDF reader opens it without this package.",
            "## Dimensions",
            table,
            "Components: " + ", ".join(f"`{name}`" for name in COMPONENTS) + ".",
            "Phases: " + ", ".join(f"`{name}`" for name in PHASES) + ".",
            "## Of every run",
            _listed(schema.VARIABLES),
            "Conductances of every array after training are `g_plus_1`, `g_minus_1`, `mirror_g_plus_2`... [S], named "
            "by half and layer.",
            "## Of spiking networks besides",
            _listed(schema.SPIKING),
            "## Of runs with a validation part besides",
            _listed(schema.VALIDATION),
        ]
    )


def _listed(variables: dict[str, tuple[tuple[str, ...], str, str]]) -> str:
    return "\n\n".join(
        f"`{name}`\n: ({', '.join(dims)}) \\[{units}\\]: {inline(text)}."
        for name, (dims, units, text) in variables.items()
    )
