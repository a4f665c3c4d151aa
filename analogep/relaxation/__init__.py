"""From circuit equations to equilibria: integration in circuit time, guarded, with joules."""

from analogep.relaxation.transient import Relaxed, relax

__all__ = ["Relaxed", "relax"]
