"""A virtual probe station writes `pulses.csv`, in place of a measurement."""

from analogep import DeviceCard, characterise

pulse = {"step": 0.03, "amplitude": 1.6, "width": 50e-9}
truth = DeviceCard.load("rram").changed(
    {
        "conductance": {"min": 2e-6, "max": 20e-6},
        "programming": {"model": "soft_bounds", "up": pulse, "down": pulse | {"step": 0.04, "amplitude": -1.6}},
        "variation.device_to_device.max": 0.08,
        "variation.device_to_device.min": 0.1,
        "variation.device_to_device.step": 0.12,
        "variation.device_to_device.asymmetry": 0.0,
        "variation.cycle_to_cycle.sigma": 0.01,
        "read.noise.sigma": 0.005,
        "read.iv": {"kind": "linear"},
    }
)
measured = characterise.measure(truth, cells=6, pulses=100, ramps=3)["conductance"]
lines = ["device,ramp,direction,pulse,conductance [uS]"]
for cell in measured.cell.values:
    for ramp in measured.ramp.values:
        for way in ("up", "down"):
            readings = measured.sel(cell=cell, ramp=ramp, direction=way).values
            lines += [f"cell{cell},{ramp},{way},{pulse},{1e6 * g:.5g}" for pulse, g in enumerate(readings)]
with open("pulses.csv", "w") as file:
    file.write("\n".join(lines) + "\n")
