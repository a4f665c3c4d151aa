"""Fields of aihwkit's devices and what becomes of them; values that it takes by itself; names of its presets."""

from __future__ import annotations

from typing import Any, Final

from analogep.imports.draft import Field

_NO = (0, 0.0)

FIELDS: Final[dict[str, Field]] = {
    "_class": Field("card", "`programming.model`: the class of the device, or of the preset's"),
    "w_min": Field("card", "`conductance.min`; w = 0 is the state -w_min/(w_max - w_min)"),
    "w_max": Field("card", "`conductance.max`"),
    "w_min_dtod": Field(
        "card", "`variation.device_to_device.min`, times |w_min| of w_max - w_min, in siemens of G_min"
    ),
    "w_max_dtod": Field("card", "`variation.device_to_device.max`, likewise"),
    "dw_min": Field(
        "card", "`programming.up.step` and `down.step`, over w_max - w_min; times e^(dtod^2/2) where log-normal"
    ),
    "up_down": Field(
        "card", "the step down times 1 - up_down where it is positive, else the step up times 1 + up_down"
    ),
    "dw_min_dtod": Field("card", "`variation.device_to_device.step`, with `steps: absolute`"),
    "dw_min_dtod_log_normal": Field("card", "`variation.device_to_device.distributions: {step: lognormal}`"),
    "up_down_dtod": Field("card", "`variation.device_to_device.asymmetry`"),
    "dw_min_std": Field("card", "`variation.cycle_to_cycle.sigma`, of the step"),
    "mult_noise": Field("card", "`variation.cycle_to_cycle.kind`: `step` where true, else `nominal_step`"),
    "dw_min_std_add": Field("card", "`variation.cycle_to_cycle.floor` of `kind: state_polynomial`"),
    "dw_min_std_slope": Field("card", "`variation.cycle_to_cycle.slope`, where w_min is 0"),
    "write_noise_std": Field("card", "`variation.write_noise.sigma`, times dw_min; a share of each cell's own window"),
    "gamma_up": Field("card", "`programming.up.slope` of `linear`, or `up.gamma` of `exp_step`"),
    "gamma_down": Field("card", "`programming.down.slope`, or `down.gamma`"),
    "gamma_up_dtod": Field("card", "`variation.device_to_device.shape`"),
    "gamma_down_dtod": Field("card", "the same number; another one is refused"),
    "mean_bound_reference": Field("card", "`variation.device_to_device.reference`: `nominal` where true, else `own`"),
    "A_up": Field("card", "`programming.up.A`"),
    "A_down": Field("card", "`programming.down.A`"),
    "a": Field("card", "`programming.a`"),
    "b": Field("card", "`programming.b`"),
    "pow_gamma": Field("card", "`programming.up.exponent` and `down.exponent`"),
    "pow_up_down": Field("card", "exponents up times 1 + pow_up_down, down times 1 - pow_up_down"),
    "pow_gamma_dtod": Field("card", "`variation.device_to_device.shape`; of each direction by itself"),
    "piecewise_up": Field("card", "`programming.up.steps` on equally spaced `nodes`, times dw_min"),
    "piecewise_down": Field("card", "`programming.down.steps`"),
    "p_max": Field("card", "soft bounds: B = (range_max - range_min)/(1 - e^(-p_max alpha)), w_max = range_min + B"),
    "alpha": Field("card", "soft bounds: dw_min = B alpha"),
    "range_min": Field("card", "soft bounds: w_min, and up_down = 1 + 2 range_min/B"),
    "range_max": Field("card", "soft bounds: see p_max"),
    "lifetime": Field("effect", "decay counts in mini-batches; `retention.tau` where the time of one is given", _NO),
    "lifetime_dtod": Field("effect", "`retention.sigma`, together with lifetime", _NO),
    "reset": Field("record", "only explicit resets go there; `retention.rest`, or `reset.to` of a one-sided cell"),
    "reset_std": Field("record", "only explicit resets use it; `programming.reset.sigma` of a one-sided cell"),
    "reset_dtod": Field("record", "only explicit resets use it; a card's reset has no spread between cells"),
    "diffusion": Field("effect", "states that diffuse between pulses have no place on a card", _NO),
    "diffusion_dtod": Field("effect", "see diffusion", _NO),
    "drift": Field("effect", "a drift that is applied by an explicit call; give the card a `retention` of its own"),
    "corrupt_devices_prob": Field(
        "effect", "devices stuck near w = 0; a card's faults are open, or stuck elsewhere", _NO
    ),
    "corrupt_devices_range": Field("record", "see corrupt_devices_prob"),
    "slope_up_dtod": Field("effect", "slopes that spread beside the bounds have no place on a card", _NO),
    "slope_down_dtod": Field("effect", "see slope_up_dtod", _NO),
    "pow_up_down_dtod": Field("effect", "exponents of up against down that spread have no place on a card", _NO),
    "reverse_up": Field("effect", "a step that grows towards its bound; write it as a table of steps (piecewise)"),
    "reverse_down": Field("effect", "see reverse_up"),
    "reverse_offset": Field("record", "counts only with reverse_up or reverse_down"),
    "allow_increasing": Field(
        "record", "whether a slope may change its sign from cell to cell; a card keeps slopes where steps keep theirs"
    ),
    "enforce_consistency": Field("record", "bounds and steps on the wrong side are folded back; a card cuts them off"),
    "perfect_bias": Field("effect", "the devices of a bias row are a matter of the circuit"),
    "subtract_symmetry_point": Field(
        "circuit", "a reference device that is read beside it: here the other half of a pair"
    ),
    "reference_mean": Field("circuit", "of the reference device"),
    "reference_std": Field("circuit", "of the reference device"),
    "apply_write_noise_on_set": Field("record", "of weights that are set without pulses"),
    "construction_seed": Field("record", "seeds are those of a run"),
    "count_pulses": Field("record", "pulses are counted always"),
    "n_estimation_steps": Field("record", "of a calibration"),
    "bindings_class": Field("record", "name of the class that computes"),
    "bindings_module": Field("record", "name of the module that computes"),
    "_unit_cell": Field(
        "circuit", "how devices are combined is the circuit's; OneSidedUnitCell makes it unidirectional"
    ),
    "unit_cell_devices": Field("circuit", "how many devices make a weight"),
    "refresh_upper_thres": Field("card", "`programming.reset.refresh_above` of a one-sided cell"),
    "refresh_every": Field("card", "`programming.reset.every` of a one-sided cell", (0,)),
    "refresh_lower_thres": Field("circuit", "of the refresh"),
    "refresh_forward": Field("circuit", "converters of the refresh"),
    "refresh_update": Field("circuit", "pulses of the refresh"),
    "units_in_mbatch": Field("circuit", "what the refresh counts"),
}
"""Name -> what becomes of it; fields of tiles (forward, backward, update, mapping) are listed as the circuit's."""

USUAL: Final[dict[str, dict[str, Any]]] = {
    "PulsedDevice": {
        "dw_min": 0.001, "dw_min_dtod": 0.3, "dw_min_dtod_log_normal": False, "dw_min_std": 0.3, "up_down": 0.0,
        "up_down_dtod": 0.01, "w_max": 0.6, "w_max_dtod": 0.3, "w_min": -0.6, "w_min_dtod": 0.3, "reset": 0.0,
        "reset_std": 0.01, "lifetime_dtod": 0.0, "refresh_upper_thres": 0.75,
    },
    "LinearStepDevice": {
        "gamma_up": 0.0, "gamma_down": 0.0, "gamma_up_dtod": 0.05, "gamma_down_dtod": 0.05, "mult_noise": True,
        "mean_bound_reference": True,
    },
    "SoftBoundsDevice": {"mult_noise": True},
    "SoftBoundsPmaxDevice": {"mult_noise": True, "p_max": 1000, "alpha": 0.0005, "range_min": -1.0, "range_max": 1.0},
    "SoftBoundsReferenceDevice": {"mult_noise": False},
    "ExpStepDevice": {
        "A_up": 0.00081, "A_down": 0.36833, "gamma_up": 12.44625, "gamma_down": 12.78785, "a": 0.244, "b": 0.2425,
    },
    "PowStepDevice": {"pow_gamma": 1.0, "pow_gamma_dtod": 0.1, "pow_up_down": 0.0},
}  # fmt: skip
"""What aihwkit 1.2 takes where its user says nothing: its documentation of these classes."""

PRESETS: Final[dict[str, str]] = {
    "ReRamESPresetDevice": "ExpStepDevice",
    "ReRamSBPresetDevice": "SoftBoundsReferenceDevice",
    "CapacitorPresetDevice": "LinearStepDevice",
    "EcRamPresetDevice": "LinearStepDevice",
    "EcRamMOPresetDevice": "LinearStepDevice",
    "IdealizedPresetDevice": "ConstantStepDevice",
    "GokmenVlasovPresetDevice": "ConstantStepDevice",
    "PCMPresetDevice": "ExpStepDevice",
    "ReRamArrayOMPresetDevice": "SoftBoundsReferenceDevice",
    "ReRamArrayHfO2PresetDevice": "SoftBoundsReferenceDevice",
}
"""Presets and the classes that they derive from."""

COMPOUNDS: Final[dict[str, str]] = {
    "IdealDevice": "moves weights by floating-point numbers and has no pulses",
    "FloatingPointDevice": "moves weights by floating-point numbers and has no pulses",
    "PowStepReferenceDevice": "is a device with its reference; import it as PowStepDevice, without that",
    "InferenceRPUConfig": "has no device that is pulsed",
    "TorchInferenceRPUConfig": "has no device that is pulsed",
    "FloatingPointRPUConfig": "has no device that is pulsed",
}
"""Classes that are known and make no card."""
