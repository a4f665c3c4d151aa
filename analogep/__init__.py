"""analogep: an emulator of analog crossbar hardware that learns by equilibrium propagation.

device card + circuit card -> network of crossbars -> relaxation (free, nudged) -> gradient -> pulses -> crossbars'
joules are booked all along; the result is one xarray.Dataset; reports and plots read only that
"""
