"""From circuit equations to equilibria: integration in circuit time, guarded, with joules, or Newton's method."""

from analogep.network.relaxed import Circled, Relaxed
from analogep.relaxation.equilibrium import equilibrium, settle
from analogep.relaxation.euler import march_phases, one_pass
from analogep.relaxation.transient import relax
from analogep.relaxation.work import check_work, explicit_evaluations

__all__ = [
    "Circled",
    "Relaxed",
    "check_work",
    "equilibrium",
    "explicit_evaluations",
    "march_phases",
    "one_pass",
    "relax",
    "settle",
]
