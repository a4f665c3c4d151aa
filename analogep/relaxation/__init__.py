"""From circuit equations to equilibria: integration in circuit time, guarded, with joules, or Newton's method."""

from analogep.relaxation.equilibrium import equilibrium, settle
from analogep.relaxation.euler import march_phases, one_pass
from analogep.relaxation.holomorphic import Circled, relax_on_circle
from analogep.relaxation.relaxed import Relaxed
from analogep.relaxation.spikes import Fired
from analogep.relaxation.transient import relax
from analogep.relaxation.work import check_work, explicit_evaluations

__all__ = [
    "Circled",
    "Fired",
    "Relaxed",
    "check_work",
    "equilibrium",
    "explicit_evaluations",
    "march_phases",
    "one_pass",
    "relax",
    "relax_on_circle",
    "settle",
]
