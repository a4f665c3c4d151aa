"""From circuit equations to equilibria: integration in circuit time, guarded, with joules, or Newton's method."""

from analogep.network.relaxed import Circled, Relaxed
from analogep.relaxation.equilibrium import equilibrium
from analogep.relaxation.euler import march_phases, one_pass
from analogep.relaxation.solver import Method, method_of, relax
from analogep.relaxation.transient import explicit_evaluations
from analogep.relaxation.work import check_work

__all__ = [
    "Circled",
    "Method",
    "Relaxed",
    "check_work",
    "equilibrium",
    "explicit_evaluations",
    "march_phases",
    "method_of",
    "one_pass",
    "relax",
]
