"""Parameters as files of other simulators have them; values of published presets and examples."""

from __future__ import annotations

import json
from typing import Any

PULSED: dict[str, Any] = {
    "construction_seed": 0, "corrupt_devices_prob": 0.0, "corrupt_devices_range": 0.01, "diffusion": 0.0,
    "diffusion_dtod": 0.0, "drift": {"nu": 0.0, "t_0": 1.0}, "dw_min_dtod_log_normal": False,
    "enforce_consistency": True, "lifetime": 0.0, "lifetime_dtod": 0.0, "perfect_bias": False, "reset": 0.0,
    "reset_dtod": 0.0, "reset_std": 0.01, "up_down": 0.0, "up_down_dtod": 0.01,
}  # fmt: skip
REFERENCE: dict[str, Any] = {
    "mult_noise": False, "apply_write_noise_on_set": True, "slope_up_dtod": 0.0, "slope_down_dtod": 0.0,
    "reference_mean": 0.0, "reference_std": 0.0, "subtract_symmetry_point": False,
}  # fmt: skip
RERAM_SB = PULSED | REFERENCE | {
    "_class": "ReRamSBPresetDevice", "dw_min": 0.002, "w_max": 1.25, "w_min": -0.75, "dw_min_dtod": 0.3,
    "w_max_dtod": 0.24, "w_min_dtod": 0.4, "dw_min_std": 3.75, "write_noise_std": 56,
}  # fmt: skip
RERAM_OM = PULSED | REFERENCE | {
    "_class": "ReRamArrayOMPresetDevice", "dw_min": 0.0949, "dw_min_dtod": 0.7829, "dw_min_dtod_log_normal": True,
    "w_max": 1.0, "w_min": -1.0, "w_max_dtod": 0.3499, "w_min_dtod": 0.5695, "dw_min_std": 0.4158,
    "write_noise_std": 1.4113, "subtract_symmetry_point": True, "reference_std": 0.05,
}  # fmt: skip
PCM = PULSED | {
    "_class": "PCMPresetDevice", "dw_min": 0.01, "w_max": 2.0, "w_min": 0.0, "a": -1.0, "b": 0.0, "gamma_up": 2.5,
    "gamma_down": 2.5, "A_up": -27.235, "A_down": -2.235, "dw_min_dtod": 0.2, "up_down_dtod": 0.05, "w_max_dtod": 0.1,
    "w_min_dtod": 0.0, "dw_min_std": 0.6, "dw_min_std_add": 0.042, "dw_min_std_slope": 0.108, "write_noise_std": 0.0,
    "reset": 0.01, "reset_dtod": 0.02,
}  # fmt: skip
ONE_SIDED = {
    "_class": "UnitCellRPUConfig",
    "device": {
        "_class": "OneSidedUnitCell", "unit_cell_devices": [PCM, PCM], "refresh_every": 100, "units_in_mbatch": True,
        "refresh_upper_thres": 0.75, "refresh_lower_thres": 0.25,
    },
    "forward": {"inp_res": 0.008},
}  # fmt: skip
CAPACITOR = """SingleRPUConfig(
    device=CapacitorPresetDevice(dw_min=0.005, up_down=0.0, w_max=1.0, w_min=-1.0, mult_noise=False, gamma_up=0.05,
        gamma_down=0.05, dw_min_dtod=0.1, up_down_dtod=0.06, w_max_dtod=0.07, w_min_dtod=0.07, gamma_up_dtod=0.01,
        gamma_down_dtod=0.01, dw_min_std=0.3, mean_bound_reference=True, lifetime=1000000.0, lifetime_dtod=0.3,
        reset=0.0), forward=IOParameters(inp_res=0.007, bound_management=<BoundManagementType.NONE: 'None'>)
)"""
POWER = {"_class": "PowStepDevice", "pow_gamma": 1.5, "pow_up_down": 0.2, "w_max_dtod": 0.1, "w_min_dtod": 0.1}
PIECEWISE = {"_class": "PiecewiseStepDevice", "piecewise_up": [1.5, 1.0, 0.3], "piecewise_down": [0.2, 1.0, 1.6]}
PMAX = {"_class": "SoftBoundsPmaxDevice", "p_max": 1000, "alpha": 0.001, "range_min": -1.0, "range_max": 1.0}

CELL = """
/* Real Device */
RealDevice::RealDevice(int x, int y) {
	this->x = x; this->y = y;	// Cell location
	maxConductance = 3.8462e-8;	// S
	minConductance = 3.0769e-9;	// S
	conductance = minConductance;
	readVoltage = 0.5;
	readPulseWidth = 5e-9;
	writeVoltageLTP = 3.2;
	writeVoltageLTD = 2.8;
	writePulseWidthLTP = 300e-6;
	writePulseWidthLTD = 300e-6;
	maxNumLevelLTP = 97;
	maxNumLevelLTD = 100;
	cmosAccess = true;
	FeFET = false;
	gateCapFeFET = 2.1717e-18;
	nonlinearIV = true;
	NL = 10;
	nonlinearWrite = true;
	nonIdenticalPulse = false;
	if (nonIdenticalPulse) {
		VinitLTP = 2.85;
	}
	readNoise = false;
	sigmaReadNoise = 0.0289;
	NL_LTP = 2.4;
	NL_LTD = -4.88;
	sigmaDtoD = 0.1;
	sigmaCtoC = 0.035 * (maxConductance - minConductance);
	conductanceRangeVar = true;
	maxConductanceVar = 1e-9;
	minConductanceVar = 1e-10;
	heightInFeatureSize = cmosAccess? 4 : 2;
}
double RealDevice::Read(double voltage) { maxConductance = 3; }
"""
TABLE = """name,maxConductance,onOffRatio,levels,NL_LTP,NL_LTD,c2cVari,writeVoltageLTP,writePulseWidthLTP
agsi,38.46e-9,12.5,97,2.4,-4.88,0.035,3.2,300e-6
taox,2e-7,2,102,1.85,-1.79,0.01,3,40e-3
"""
INI = """[device]
resistanceOn = 1e5
resistanceOff = 17e5
max_level : 32
nonlinearityLTP = 1.75
nonlinearityLTD = 1.46
FeFET = true
gateCapFeFET = 2e-16
sigmaReadNoise = 0.02
"""
CROSSSIM = {
    "core": {"style": 1},
    "xbar": {
        "device": {
            "cell_bits": 4, "Rmin": 10000, "Rmax": 100000, "Vread": 0.15, "time": 0, "infinite_on_off_ratio": False,
            "clip_conductance": False,
            "read_noise": {"enable": True, "model": "UniformIndependentDevice", "magnitude": 0.02},
            "programming_error": {"enable": True, "model": "NormalIndependentDevice", "magnitude": 0.01},
            "drift_error": {"enable": False, "model": "PCMJoshi", "magnitude": 0},
        },
        "adc": {"bits": 8},
    },
}  # fmt: skip

FILES: dict[str, str] = {
    "sb.json": json.dumps(RERAM_SB),
    "om.json": json.dumps(RERAM_OM),
    "pcm.json": json.dumps(PCM),
    "one.json": json.dumps(ONE_SIDED),
    "power.json": json.dumps(POWER),
    "piecewise.json": json.dumps(PIECEWISE),
    "pmax.json": json.dumps(PMAX),
    "Cell.cpp": CELL,
    "neurosim.ini": INI,
    "crosssim.json": json.dumps(CROSSSIM),
}
"""Name -> a file that becomes a card with nothing said about it."""
