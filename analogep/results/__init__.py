"""Results: one `xarray.Dataset` a run, and files that are either whole or absent."""

from analogep.results.files import glance, read, write, write_bytes
from analogep.results.run_file import check_run, read_run
from analogep.results.schema import SPIKING, VALIDATION, VARIABLES, conductance_name, conductances, describe, variable
from analogep.results.together import together
from analogep.results.watched import inferred, watched, watched_by
from analogep.results.yardstick import digital_joules

__all__ = [
    "SPIKING",
    "VALIDATION",
    "VARIABLES",
    "check_run",
    "conductance_name",
    "conductances",
    "describe",
    "digital_joules",
    "glance",
    "inferred",
    "read",
    "read_run",
    "together",
    "variable",
    "watched",
    "watched_by",
    "write",
    "write_bytes",
]
