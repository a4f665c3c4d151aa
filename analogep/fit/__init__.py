"""From measurements to a device card: pulse laws, noise, retention, endurance, spread, each with its error.

A measurement is a set of ramps: conductances y_0, y_1, ... after successive equal pulses in one direction.

Files of any kind are read by `read` (`layouts` is the table of what is recognised) and fitted together by `fit`; the
modules `fit_*` say how reads, retention, endurance, sweeps, kinetics and tables are. What follows is of ramps.

**Model.** G_{k+1} = G_k + d(G_k) + w_k and y_k = G_k + v_k. d is the law's step, w_k the write (cycle-to-cycle) noise
with variance q, v_k the read noise with variance s^2. Write noise stays in the cell and wanders; read noise does not.

**Law** (`levels`). The parameters of d, for both directions together, and one start per ramp minimise

    sum over ramps and pulses of [y_k - G_k(theta, G_0)]^2,   G_k the noise-free path.

Levels and not increments are fitted: where a law is not quite the device's, this keeps the simulated ramp close to the
measured one, and it is the field's convention, so that a NeuroSim label fitted here is comparable with published ones.

**Standard errors** (`covariance`). Write noise accumulates, so that neighbouring residuals are alike and the errors of
plain least squares would be several times too small. The exact covariance of the linearised estimate under this noise
is used; with 20 ramps or more in each direction the scatter of the ramps' contributions takes its place, which also
holds when the device changes from ramp to ramp. Everything derived (window, label, pulses) is propagated to first
order. The bias that noise makes of curvature is simulated and taken off (`bias`). In simulation (tests/fit/
test_recovery.py) estimates scatter around the truth by one standard error.

**Noise** (`noise`). From u_k = y_{k+1} - y_k - d(y_k) = w_k + v_{k+1} - r_k v_k with r = 1 + d', whose lag-1 covariance
is -s^2 and whose variance is q + 2 s^2 (for small steps): restricted maximum likelihood with that tridiagonal matrix,
after the mean of u along the ramp is taken out. q is constant or goes with the step, s is constant or goes with G: the
likelihood chooses. A mean-reverting displacement of the state takes the place of w, or stands beside it, where
likelihood asks for it (`whiten`). All steps of a ramp may differ by a factor from those of the next, and write noise
down from that up (`between`). `structure` compares what is left with what the noise would leave.

**Choice of the law** (`choose`, `covariance`). C = sum e^2 + ln(N) tr(H Sigma): BIC for residuals with covariance
Sigma. The lowest C wins among the laws that can describe the curve within about the measured range; laws that draw the
same curve (linear, exponential; soft bounds, soft bounds with reference) tie, and the first in `translate.FORMS` is
taken. If the best law misses the levels by more than 2 % of the range beyond noise, a table of steps is taken instead.

**Window** (`translate`). Laws with bounds of their own bring them; others get the mean ends of the fitted ramps.
NeuroSim's pulses are whole on the card: the fitted real number stands beside it, as a comment and in the provenance.

**Spread** (`spread`). With several devices each is fitted; the card gets the mean of the numbers, and the standard
deviations over devices, less the measurement's, as its `device_to_device`.
"""

from analogep.fit.card import Written, make_card
from analogep.fit.choose import Candidate
from analogep.fit.dataset import dataset
from analogep.fit.describe import Value
from analogep.fit.estimate import DeviceFit, Fit, check_model, fit_ramps
from analogep.fit.finding import Finding, Number
from analogep.fit.known import Known
from analogep.fit.laboratory import files_of, read, read_text
from analogep.fit.panels import panels
from analogep.fit.predict import predicted
from analogep.fit.ramps import FitError, Measurement, Ramp, Source
from analogep.fit.reading import Options, from_text, parse_scale, read_pulses
from analogep.fit.records import Devices, Endurance, Kinetics, Pulses, Reads, Record, Retention, Steps, Sweep
from analogep.fit.scatter import scatter
from analogep.fit.spread import Spread
from analogep.fit.together import LaboratoryFit, fit, fit_records
from analogep.fit.write import plus_minus

__all__ = [
    "Candidate",
    "DeviceFit",
    "Devices",
    "Endurance",
    "Finding",
    "Fit",
    "FitError",
    "Kinetics",
    "Known",
    "LaboratoryFit",
    "Measurement",
    "Number",
    "Options",
    "Pulses",
    "Ramp",
    "Reads",
    "Record",
    "Retention",
    "Source",
    "Spread",
    "Steps",
    "Sweep",
    "Value",
    "Written",
    "check_model",
    "dataset",
    "files_of",
    "fit",
    "fit_ramps",
    "fit_records",
    "from_text",
    "make_card",
    "panels",
    "parse_scale",
    "plus_minus",
    "predicted",
    "read",
    "read_pulses",
    "read_text",
    "scatter",
]
